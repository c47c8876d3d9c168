//! Who may be paired with whom, and what counts how much.
//!
//! [`admissible`] is the plain statement of the hard rules, one pair at a time, naming the rule that stands in the
//! way. The row kernel in `score` says the same for thousands of pairs at once; a test holds the two together.

use super::candidate::{Candidate, Role};
use super::score::merged_wishes;

/// How a programme pairs people.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    pub different: Different,
    /// Whether partners need a language in common.
    pub shared_language: bool,
    /// Largest allowed difference between two clocks.
    pub max_hours_apart: Option<u32>,
    pub weights: Weights,
    pub odd: Odd,
    /// Nobody gets a pair that scores less than this share, in percent, of the best score that the worst pair could
    /// have. 0 switches the floor off.
    pub floor_percent: u32,
}

impl Default for Rules {
    /// ILN's rules: another country, a common language, a trio for the odd one.
    fn default() -> Rules {
        Rules {
            different: Different::Country,
            shared_language: true,
            max_hours_apart: None,
            weights: Weights::default(),
            odd: Odd::Trio,
            floor_percent: 80,
        }
    }
}

/// What partners must not have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Different {
    Country,
    Region,
    Nothing,
}

/// What happens to the one who is left over where the count is odd.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Odd {
    /// Joins a pair, if all hard rules hold between all three.
    Trio,
    Wait,
}

/// Points of the soft score. Each counts up to [`Weights::LARGEST`]; more is read as that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weights {
    /// For a person all of whose wishes are met; see [`contentment`](super::contentment) for some of them.
    pub wish: u32,
    /// For a shared interest, times the natural logarithm of how rare it is.
    pub interest: u32,
    /// For each half hour in which both are awake.
    pub waking_half_hour: u32,
    pub same_stage: u32,
    pub same_sector: u32,
    /// For somebody left out or let down before. It decides who is paired, not with whom.
    pub carry_over: u32,
}

impl Weights {
    /// Keeps every score below 2^25 or so: far from the edge of the kernel's 32-bit numbers.
    pub const LARGEST: u32 = 10_000;
}

impl Default for Weights {
    fn default() -> Weights {
        Weights {
            wish: 200,
            interest: 20,
            waking_half_hour: 3,
            same_stage: 10,
            same_sector: 10,
            carry_over: 100,
        }
    }
}

/// A hard rule, as the reason why two people cannot be partners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// Nobody is their own partner.
    SamePerson,
    SameCountry,
    SameRegion,
    PastPartners,
    Blocked,
    NoSharedLanguage,
    TooFarApart,
    /// A "must" wish of one of the two is not met.
    MustWish,
    /// Not one mentor and one mentee.
    Roles,
    /// The coordinators have said so.
    Forbidden,
    /// The pair would score below the floor.
    BelowFloor,
}

/// Whether two people may be partners; otherwise the first rule, in the order above, that forbids it.
pub fn admissible(a: &Candidate, b: &Candidate, rules: &Rules) -> Result<(), Rule> {
    match obstacles(a, b, rules).first() {
        None => Ok(()),
        Some(&rule) => Err(rule),
    }
}

/// Every hard rule that forbids the pair, in the order of [`Rule`].
pub fn obstacles(a: &Candidate, b: &Candidate, rules: &Rules) -> Vec<Rule> {
    let unmet = |wisher: &Candidate, partner: &Candidate| {
        merged_wishes(&wisher.must)
            .iter()
            .any(|wish| !partner.meets(wish))
    };
    let minutes_apart = minutes_apart(a.zone_offset_minutes, b.zone_offset_minutes);
    let too_far = rules
        .max_hours_apart
        .is_some_and(|hours| u64::from(minutes_apart) > 60 * u64::from(hours));
    [
        (Rule::SamePerson, a.id == b.id),
        (
            Rule::SameCountry,
            rules.different == Different::Country && a.country == b.country,
        ),
        (
            Rule::SameRegion,
            rules.different == Different::Region && a.region == b.region,
        ),
        (
            Rule::PastPartners,
            a.past_partners.contains(&b.id) || b.past_partners.contains(&a.id),
        ),
        (
            Rule::Blocked,
            a.blocked.contains(&b.id) || b.blocked.contains(&a.id),
        ),
        (
            Rule::NoSharedLanguage,
            rules.shared_language && a.languages & b.languages == 0,
        ),
        (Rule::TooFarApart, too_far),
        (Rule::MustWish, unmet(a, b) || unmet(b, a)),
        (Rule::Roles, !roles_fit(a.role, b.role)),
    ]
    .into_iter()
    .filter_map(|(rule, broken)| broken.then_some(rule))
    .collect()
}

fn roles_fit(a: Role, b: Role) -> bool {
    matches!(
        (a, b),
        (Role::Peer, Role::Peer)
            | (Role::Mentor { .. }, Role::Mentee)
            | (Role::Mentee, Role::Mentor { .. })
    )
}

/// How far apart two clocks are, in minutes, the short way round: 0 to 720.
pub fn minutes_apart(offset: i32, other_offset: i32) -> u32 {
    let apart = offset.abs_diff(other_offset) % (24 * 60);
    apart.min(24 * 60 - apart)
}
