//! What is known of a pair, from what its members have said. Silence is unknown, not dead.

use chrono::Days;
use serde::{Deserialize, Serialize};

use super::ending::{FINISHED, LEFT_BEFORE};
use crate::programme::concern;
use crate::programme::facts::{Member, Partnership, PartnershipState};
use crate::programme::letter::Ended;
use crate::programme::settings::Settings;
use crate::programme::words::{Words, word};
use crate::time::Moment;

/// One of the words in which a coordinator thinks of a pair.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    ToBeIntroduced,
    NotYetAsked,
    /// Asked, and no answer.
    Unknown,
    OneInTouch,
    BothInTouch,
    OneHeardNothing,
    BothHeardNothing,
    /// The day of its end has been named to a silent partner.
    Ending,
    /// With the reason.
    Ended(String),
}

impl Standing {
    /// In the language of whoever reads it. The reason of an end is named where it is one of ours.
    pub fn words(&self, language: &str) -> String {
        let words: Words = match self {
            Standing::ToBeIntroduced => ["to be introduced", "por presentar", "à présenter"],
            Standing::NotYetAsked => [
                "not yet asked",
                "aún sin preguntar",
                "pas encore interrogés",
            ],
            Standing::Unknown => [
                "unknown (asked, no answer)",
                "desconocido (sin respuesta)",
                "inconnu (sans réponse)",
            ],
            Standing::OneInTouch => [
                "one says in touch",
                "una persona dice que hay contacto",
                "une personne se dit en contact",
            ],
            Standing::BothInTouch => [
                "both say in touch",
                "ambas dicen que hay contacto",
                "les deux se disent en contact",
            ],
            Standing::OneHeardNothing => [
                "one has heard nothing",
                "una persona no ha sabido nada",
                "une personne est sans nouvelles",
            ],
            Standing::BothHeardNothing => [
                "both have heard nothing",
                "ambas no han sabido nada",
                "les deux sont sans nouvelles",
            ],
            Standing::Ending => ["ending", "por terminar", "sur le point de finir"],
            Standing::Ended(_) => ["ended", "terminado", "terminé"],
        };
        match self {
            Standing::Ended(why) if !why.is_empty() => {
                format!("{}: {}", word(&words, language), reason(why, language))
            }
            _ => word(&words, language).to_string(),
        }
    }
}

/// Why a partnership ended, as people may read it: what would tell of a concern says only that a coordinator ended it.
fn reason(why: &str, language: &str) -> String {
    let known: [(&str, Words); 7] = [
        (
            FINISHED,
            ["with the round", "con la ronda", "avec la session"],
        ),
        (
            Ended::Withdrew.reason(),
            [
                "a partner withdrew",
                "una persona se retiró",
                "une personne s'est retirée",
            ],
        ),
        (
            Ended::Silent.reason(),
            [
                "a partner was silent",
                "una persona no respondió",
                "une personne n'a pas répondu",
            ],
        ),
        (
            Ended::Unreachable.reason(),
            [
                "a partner cannot be reached by mail",
                "no llega el correo a una persona",
                "le courrier n'atteint pas une personne",
            ],
        ),
        (
            Ended::Fit.reason(),
            ["no good fit", "no encajaban", "ne convenait pas"],
        ),
        (
            LEFT_BEFORE,
            [
                "somebody left before the introduction",
                "alguien se retiró antes de la presentación",
                "quelqu'un est parti avant la présentation",
            ],
        ),
        (
            Ended::Coordinator.reason(),
            [
                "by a coordinator",
                "por la coordinación",
                "par la coordination",
            ],
        ),
    ];
    let shown = if why == concern::WHY {
        Ended::Coordinator.reason()
    } else {
        why
    };
    known.iter().find(|(known, _)| *known == shown).map_or_else(
        || shown.to_string(),
        |(_, words)| word(words, language).into(),
    )
}

/// Of three people "both" means all. Where one says this and one that, the newer word counts.
pub fn standing(settings: &Settings, partnership: &Partnership, now: Moment) -> Standing {
    match partnership.state {
        PartnershipState::Planned => return Standing::ToBeIntroduced,
        PartnershipState::Ended => return Standing::Ended(partnership.why_ended.clone()),
        PartnershipState::Active => {}
    }
    let members = &partnership.members;
    let end_is_named = |member: &Member| {
        let firm = Days::new(u64::from(settings.silence.firm_after_days));
        member.silent_since.is_some_and(|since| {
            since + firm <= now.with_timezone(&member.person.zone).date_naive()
        })
    };
    if members.iter().any(end_is_named) {
        return Standing::Ending;
    }
    let newest = |wanted: &dyn Fn(u8) -> bool| {
        let at: Vec<Moment> = members
            .iter()
            .filter_map(|member| member.last_answer)
            .filter(|(choice, _)| wanted(*choice))
            .map(|(_, at)| at)
            .collect();
        (at.len(), at.into_iter().max())
    };
    let (in_touch, touch_at) = newest(&|choice| choice <= 2);
    let (unheard, unheard_at) = newest(&|choice| choice == 3);
    match (in_touch, unheard) {
        (0, 0) if members.iter().any(|member| member.asked) => Standing::Unknown,
        (0, 0) => Standing::NotYetAsked,
        (all, _) if all == members.len() => Standing::BothInTouch,
        (_, all) if all == members.len() => Standing::BothHeardNothing,
        _ if touch_at > unheard_at => Standing::OneInTouch,
        _ => Standing::OneHeardNothing,
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;
    use crate::config;
    use crate::ids::{ApplicationId, PartnershipId, PersonId};
    use crate::programme::facts::Person;

    fn now() -> Moment {
        DateTime::from_timestamp(1_805_000_000, 0).unwrap()
    }

    fn member(id: i64, asked: bool, said: Option<(u8, i64)>) -> Member {
        Member {
            person: Person::newcomer(
                PersonId(id),
                &format!("{id}@people.test"),
                "en",
                chrono_tz::UTC,
            ),
            answers: Default::default(),
            application: ApplicationId(id),
            asked,
            last_answer: said.map(|(choice, days_ago)| (choice, now() - TimeDelta::days(days_ago))),
            silent_since: None,
            last_sign: None,
            elsewhere: 0,
        }
    }

    fn pair(members: Vec<Member>) -> Partnership {
        Partnership {
            id: PartnershipId(1),
            round: "2027A".into(),
            state: PartnershipState::Active,
            first_writer: PersonId(1),
            members,
            reasons: Vec::new(),
            started: None,
            why_ended: String::new(),
        }
    }

    #[test]
    fn a_pair_stands_where_its_members_words_put_it() {
        use Standing::*;
        let settings = config::built_in().settings;
        let cases = [
            ((false, None), (false, None), NotYetAsked),
            ((true, None), (true, None), Unknown),
            ((true, Some((6, 1))), (true, None), Unknown),
            ((true, Some((1, 1))), (true, None), OneInTouch),
            ((true, Some((1, 1))), (true, Some((2, 5))), BothInTouch),
            ((true, Some((3, 1))), (true, None), OneHeardNothing),
            ((true, Some((3, 1))), (true, Some((3, 2))), BothHeardNothing),
            // One says this and one that: the newer word counts.
            ((true, Some((3, 9))), (true, Some((1, 2))), OneInTouch),
            ((true, Some((3, 2))), (true, Some((1, 9))), OneHeardNothing),
        ];
        for (first, second, expected) in cases {
            let pair = pair(vec![
                member(1, first.0, first.1),
                member(2, second.0, second.1),
            ]);
            assert_eq!(
                standing(&settings, &pair, now()),
                expected,
                "{first:?} {second:?}"
            );
        }
    }

    #[test]
    fn a_pair_is_ending_once_the_day_has_been_named_and_ended_with_its_reason() {
        let settings = config::built_in().settings;
        let mut ending = pair(vec![member(1, true, Some((3, 9))), member(2, true, None)]);
        let today = now().date_naive();
        ending.members[1].silent_since = Some(today - Days::new(6));
        assert_eq!(
            standing(&settings, &ending, now()),
            Standing::OneHeardNothing
        );
        ending.members[1].silent_since = Some(today - Days::new(7));
        assert_eq!(standing(&settings, &ending, now()), Standing::Ending);
        ending.state = PartnershipState::Ended;
        ending.why_ended = "silent".into();
        assert_eq!(
            standing(&settings, &ending, now()).words("en"),
            "ended: a partner was silent"
        );
        // Nobody learns of a concern from a table.
        ending.why_ended = concern::WHY.into();
        assert_eq!(
            standing(&settings, &ending, now()).words("fr"),
            "terminé: par la coordination"
        );
        ending.state = PartnershipState::Planned;
        assert_eq!(
            standing(&settings, &ending, now()),
            Standing::ToBeIntroduced
        );
    }
}
