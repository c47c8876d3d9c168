//! Who wants a partner, as the matching sees people: traits as numbers, no names, no mail.
//!
//! The caller numbers countries, regions and the options of each question as it likes; equal numbers mean equal
//! things, and nothing else about them matters. Options of one question are bits of a `u64`, option 0 being bit 0,
//! so a question can have up to 64 options.
//!
//! This file must not decide who may be paired (that is `rules`) or how well (that is `score`).

/// One person who takes part in this matching.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Candidate {
    /// The caller's id of the person. It puts people in an order that does not depend on the order of the slice,
    /// so that ties are broken the same way each time, and it is what `past_partners` and `blocked` speak of.
    /// No two candidates have the same.
    pub id: i64,
    pub country: u16,
    /// Below 64, so that it can be wished for.
    pub region: u8,
    /// Difference of the person's clock from UTC.
    pub zone_offset_minutes: i32,
    /// Languages spoken, as bits.
    pub languages: u64,
    /// The option chosen, below 64.
    pub sector: Option<u8>,
    /// The option chosen, below 64.
    pub stage: Option<u8>,
    /// Options ticked, as bits.
    pub interests: u64,
    /// Options ticked in further questions that can be wished for, as bits: [`Trait::Other`]`(0)` is the first.
    pub others: Vec<u64>,
    /// No partner who fails one of these.
    pub must: Vec<Wish>,
    /// Wished for, but not demanded.
    pub like: Vec<Wish>,
    /// Ids of the people who have been this person's partner in any round. One side's word is enough.
    pub past_partners: Vec<i64>,
    /// Ids of the people who shall not be paired with this one. One side's word is enough.
    pub blocked: Vec<i64>,
    /// How often this person was left out or let down; negative after being silent. Counts
    /// [`Weights::carry_over`](super::Weights::carry_over) points each, when somebody has to stay without a partner.
    pub carry_over: i32,
    pub role: Role,
}

/// The part that somebody plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Role {
    /// In a programme of equals: paired with another peer.
    #[default]
    Peer,
    /// Paired with up to `capacity` mentees.
    Mentor { capacity: u32 },
    /// Paired with one mentor.
    Mentee,
}

/// A wish about the partner: met by anyone who has at least one of the options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    pub about: Trait,
    /// Options as bits. None set: met by nobody.
    pub any_of: u64,
}

/// What a wish can be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trait {
    Sector,
    Stage,
    Region,
    Interest,
    Language,
    /// The question with this index in [`Candidate::others`].
    Other(u8),
}

impl Candidate {
    /// The options that this person has, as bits.
    pub fn options(&self, about: Trait) -> u64 {
        match about {
            Trait::Sector => self.sector.map_or(0, bit),
            Trait::Stage => self.stage.map_or(0, bit),
            Trait::Region => bit(self.region),
            Trait::Interest => self.interests,
            Trait::Language => self.languages,
            Trait::Other(question) => self.others.get(question as usize).copied().unwrap_or(0),
        }
    }

    /// Whether this person is what `wish` asks for.
    pub fn meets(&self, wish: &Wish) -> bool {
        self.options(wish.about) & wish.any_of != 0
    }
}

impl Wish {
    pub fn new(about: Trait, options: &[u8]) -> Wish {
        Wish {
            about,
            any_of: options.iter().fold(0, |bits, &option| bits | bit(option)),
        }
    }
}

/// The bit of an option; none for options that a set of 64 cannot hold.
fn bit(option: u8) -> u64 {
    1u64.checked_shl(option.into()).unwrap_or(0)
}
