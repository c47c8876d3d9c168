//! How long a round's letters take within what the provider and the config allow (RELIABILITY (g)). Values in, values out.

use super::providers::Provider;
use crate::programme::settings::Ceilings;

/// What limits the letters that leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub per_hour: u64,
    pub per_day: Option<u64>,
}

impl Limits {
    /// The config's ceilings, and what is known of the provider: the lower of each counts.
    pub fn of(ceilings: &Ceilings, provider: Option<&Provider>) -> Limits {
        let least = |ours: Option<u32>, theirs: Option<u32>| {
            [ours, theirs].into_iter().flatten().min().map(u64::from)
        };
        let minute = least(
            Some(ceilings.letters_per_minute),
            provider.and_then(Provider::usable_per_minute),
        );
        let day = least(
            ceilings.letters_per_day,
            provider.and_then(Provider::usable_per_day),
        );
        let hour = u64::from(ceilings.letters_per_hour);
        Limits {
            per_hour: minute.map_or(hour, |minute| hour.min(minute * 60)).max(1),
            per_day: day.map(|day| day.max(1)),
        }
    }

    /// Minutes from the first letter to the last of so many that are due at the same time.
    pub fn minutes_for(self, letters: u64) -> u64 {
        const DAY_MINUTES: u64 = 24 * 60;
        let within_a_day = |letters: u64| (letters * 60).div_ceil(self.per_hour);
        match self.per_day {
            Some(day) if letters > day => {
                let whole_days = (letters - 1) / day;
                whole_days * DAY_MINUTES.max(within_a_day(day))
                    + within_a_day(letters - whole_days * day)
            }
            _ => within_a_day(letters),
        }
    }
}

/// "58 minutes", "3 hours", "2 days and 5 hours".
pub fn in_words(minutes: u64) -> String {
    let (days, hours) = (minutes / (24 * 60), minutes.div_ceil(60) % 24);
    match (days, minutes) {
        (0, minutes) if minutes < 120 => format!("{} minutes", minutes.max(1)),
        (0, minutes) => format!("{} hours", minutes.div_ceil(60)),
        (1, _) => format!("1 day and {hours} hours"),
        (days, _) => format!("{days} days and {hours} hours"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ceilings(letters_per_hour: u32) -> Ceilings {
        Ceilings {
            letters_per_hour,
            letters_per_day: None,
            letters_per_minute: 100_000,
            letters_per_domain_per_minute: 100_000,
            letters_per_address_per_day: 30,
            stranger_letters_per_hour_open: 200,
            stranger_letters_per_hour_closed: 20,
            answers_per_address_per_day: 3,
        }
    }

    fn of(id: &str, letters: u64) -> u64 {
        Limits::of(&ceilings(1_000), Provider::by_id(id)).minutes_for(letters)
    }

    #[test]
    fn a_round_of_1162_takes_what_the_provider_allows() {
        // 24 a minute, under the config's thousand an hour: 16 a minute.
        assert_eq!(of("microsoft-365", 1_162), 70);
        assert_eq!(of("google-workspace", 1_162), 70);
        // 400 a day: two whole days, and the rest of 362 on the third.
        assert_eq!(of("gmail", 1_162), 2 * 24 * 60 + 22);
        assert_eq!(of("own", 1_162), 70);
        assert_eq!(of("gmail", 400), 24);
    }

    #[test]
    fn the_slower_of_config_and_provider_counts() {
        let provider = Provider::by_id("microsoft-365");
        assert_eq!(Limits::of(&ceilings(100_000), provider).per_hour, 24 * 60);
        assert_eq!(Limits::of(&ceilings(100), provider).per_hour, 100);
    }

    #[test]
    fn the_configs_ceilings_of_a_day_and_a_minute_count_too() {
        let own = Ceilings {
            letters_per_day: Some(100),
            letters_per_minute: 5,
            ..ceilings(1_000)
        };
        let limits = Limits {
            per_hour: 5 * 60,
            per_day: Some(100),
        };
        for id in ["gmail", "microsoft-365", "own"] {
            assert_eq!(Limits::of(&own, Provider::by_id(id)), limits, "{id}");
        }
    }

    #[test]
    fn more_letters_never_take_less_time() {
        for id in ["gmail", "microsoft-365", "own"] {
            let mut before = 0;
            for letters in (1..3_000).step_by(7) {
                let now = of(id, letters);
                assert!(now >= before, "{id}: {letters}");
                before = now;
            }
        }
    }
}
