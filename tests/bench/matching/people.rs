//! Invented people: the same for the same number on every machine, with few large countries and many small ones, half
//! of them with wishes.

use pairpost::matching::reference::ReferencePerson;
use pairpost::matching::{Candidate, Trait, Wish};

/// Numbers that look random (Marsaglia's xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }

    /// Small numbers more often than large ones.
    fn roll_unevenly(&mut self, sides: u64) -> u64 {
        let highest = 1 + self.roll(sides);
        self.roll(highest)
    }
}

/// `percent_in_one` of them live in one country, if that is given.
pub fn invent(count: usize, percent_in_one: Option<u64>) -> Vec<ReferencePerson> {
    let mut dice = Dice(0x2545_F491_4F6C_DD1D ^ count as u64);
    let set = |dice: &mut Dice, sides: u64, members: u64| {
        (0..members).fold(0u32, |set, _| set | 1 << dice.roll_unevenly(sides))
    };
    (0..count)
        .map(|_| {
            let country = match percent_in_one {
                Some(percent) if dice.roll(100) < percent => 0,
                Some(_) => 1 + dice.roll_unevenly(119) as u16,
                None => dice.roll_unevenly(120) as u16,
            };
            let wishes = dice.roll(2) == 0;
            let wish = |dice: &mut Dice, sides: u64| {
                if wishes && dice.roll(2) == 0 {
                    1 << dice.roll(sides)
                } else {
                    0
                }
            };
            let interests = 1 + dice.roll(5);
            ReferencePerson {
                country,
                region: (country % 7) as u8,
                zone: i32::from(country * 13 % 48) - 24,
                languages: 1,
                sector: dice.roll_unevenly(8) as u8,
                stage: dice.roll(5) as u8,
                interests: set(&mut dice, 25, interests),
                wished_sectors: wish(&mut dice, 8),
                wished_stages: wish(&mut dice, 5),
                wished_regions: wish(&mut dice, 7),
                wished_interests: wish(&mut dice, 25),
                past: Vec::new(),
            }
        })
        .collect()
}

/// The same people as a programme knows them.
pub fn as_candidates(people: &[ReferencePerson]) -> Vec<Candidate> {
    (0i64..)
        .zip(people)
        .map(|(id, person)| {
            let wishes = [
                (Trait::Sector, person.wished_sectors),
                (Trait::Stage, person.wished_stages),
                (Trait::Region, person.wished_regions),
                (Trait::Interest, person.wished_interests),
            ];
            Candidate {
                id,
                country: person.country,
                region: person.region,
                zone_offset_minutes: 30 * person.zone,
                languages: person.languages.into(),
                sector: Some(person.sector),
                stage: Some(person.stage),
                interests: person.interests.into(),
                like: wishes
                    .into_iter()
                    .filter(|&(_, options)| options != 0)
                    .map(|(about, options)| Wish {
                        about,
                        any_of: options.into(),
                    })
                    .collect(),
                ..Candidate::default()
            }
        })
        .collect()
}
