//! The fortnight's topic: which one a reader gets, and when the next is due.

use super::{leads, under_way, unprompted};
use crate::ids::PersonId;
use crate::programme::decision::{Change, Decision, Occasion, Outcome};
use crate::programme::facts::{Facts, Member, Partnership, TopicsSeen};
use crate::programme::letter::{LetterKind, TopicText};
use crate::programme::settings::{Audience, Position, Round, Settings, Topic};
use crate::programme::{pace, timetable};
use crate::time::Moment;

/// The next topic of this round, after number `after`, that lies in the future of the reader's calendar.
pub(super) fn topic_after(
    settings: &Settings,
    facts: &Facts,
    partnership: &Partnership,
    round: &Round,
    member: &Member,
    after: u32,
) -> Option<(Occasion, Moment)> {
    let (person, zone) = (member.person.id, member.person.zone);
    let today = facts.now.with_timezone(&zone).date_naive();
    timetable::topic_dates(settings, round)
        .into_iter()
        .zip(1..)
        .filter(|(date, number)| *number > after && *date > today)
        .map(|(date, number)| {
            let occasion = Occasion::Topic {
                person,
                partnership: partnership.id,
                number,
            };
            (occasion, timetable::morning(settings, date, zone))
        })
        .next()
}

/// A topic the reader has not had; the first and the last of a round have their fixed place. Whoever had topics in an
/// earlier round gets the second set, on the same themes in the same order, so that both partners can talk.
///
/// A new partner in the same round is no reason for another beginning: getting to know each other is asked again.
pub(super) fn next_topic(
    topics: &[Topic],
    topics_seen: &TopicsSeen,
    round: &str,
    position: Position,
) -> Option<TopicText> {
    let is_returner = topics_seen
        .values()
        .flatten()
        .any(|seen_in| seen_in != round);
    let own = match is_returner {
        true => Audience::Returners,
        false => Audience::Everybody,
    };
    let mut in_order: Vec<&Topic> = topics
        .iter()
        .filter(|topic| topic.position == position)
        .collect();
    in_order.sort_by_key(|topic| topic.audience != own);
    let seen = |topic: &&&Topic| {
        topics_seen.get(&topic.id).is_some_and(|rounds| {
            position != Position::First || rounds.iter().any(|seen_in| seen_in != round)
        })
    };
    let seen_in_this_round = |topic: &&&Topic| {
        topics_seen
            .get(&topic.id)
            .is_some_and(|rounds| rounds.contains(round))
    };
    in_order
        .iter()
        .find(|topic| !seen(topic))
        .or_else(|| in_order.iter().find(|topic| !seen_in_this_round(topic)))
        .or_else(|| in_order.first())
        .map(|topic| TopicText {
            id: topic.id.clone(),
        })
}

/// The fortnight's topic. Of several that were missed only the newest goes out, with the others listed.
pub fn topic(settings: &Settings, facts: &Facts, person: PersonId, number: u32) -> Decision {
    let (partnership, member) = match under_way(facts, person) {
        Ok(found) => found,
        Err(why) => return Decision::ignored(why),
    };
    let Some(round) = timetable::round(settings, &partnership.round) else {
        return Decision::ignored("the round is no longer in the config");
    };
    let reader = &member.person;
    let today = facts.now.with_timezone(&reader.zone).date_naive();
    let dates = timetable::topic_dates(settings, round);
    // How many have come due since: after downtime the newest stands for all.
    let newest = dates
        .iter()
        .zip(1..)
        .filter(|(date, _)| timetable::morning(settings, **date, reader.zone) <= facts.now)
        .map(|(_, number)| number)
        .max()
        .unwrap_or(number)
        .max(number);
    let mut decision = Decision::noting(format!("topic {newest} for person {person}"));
    decision.occasions.extend(topic_after(
        settings,
        facts,
        partnership,
        round,
        member,
        newest,
    ));
    if !leads(facts, partnership) {
        decision.outcome = Outcome::Ignored("their topics come with another partnership".into());
        return decision;
    }
    if reader.topics_off || !reader.may_be_written_to(today) {
        decision.outcome = Outcome::Ignored("no topics to this person".into());
        return decision;
    }
    if let Some(later) = pace::not_today(settings, facts, reader) {
        return later;
    }
    let last = newest as usize >= dates.len();
    let mut seen = reader.topics_seen.clone();
    let mut missed = Vec::new();
    for _ in number..newest {
        if let Some(topic) = next_topic(&settings.topics, &seen, &round.id, Position::Middle) {
            seen.entry(topic.id.clone())
                .or_default()
                .insert(round.id.clone());
            missed.push(topic);
        }
    }
    let position = if last {
        Position::Last
    } else {
        Position::Middle
    };
    let Some(topic) = next_topic(&settings.topics, &seen, &round.id, position) else {
        return Decision {
            occasions: decision.occasions,
            ..Decision::ignored("no topic is left")
        };
    };
    for topic in missed.iter().chain([&topic]) {
        decision.changes.push(Change::TopicSeen {
            person,
            topic: topic.id.clone(),
            round: round.id.clone(),
        });
    }
    let kind = LetterKind::Topic {
        name: reader.name.clone(),
        partners: facts.names_of_partners(person),
        topic,
        missed,
        number: newest,
        last,
        channels: settings.channels.clone(),
    };
    let mut letter = unprompted(
        reader,
        kind,
        format!("{}-{newest}", partnership.id),
        partnership,
        newest,
    );
    if facts.under_way().count() > 1 {
        // It speaks of all partners, so an answer to it names none.
        letter.about.partnership = None;
    }
    decision.letters.push(letter);
    decision
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topics(sets: &[(&str, Position, Audience)]) -> Vec<Topic> {
        sets.iter()
            .map(|(id, position, audience)| Topic {
                id: (*id).into(),
                title: (*id).into(),
                position: *position,
                audience: *audience,
            })
            .collect()
    }

    fn two_sets() -> Vec<Topic> {
        topics(&[
            ("hello", Position::First, Audience::Everybody),
            ("rooms", Position::Middle, Audience::Everybody),
            ("money", Position::Middle, Audience::Everybody),
            ("bye", Position::Last, Audience::Everybody),
            ("hello-again", Position::First, Audience::Returners),
            ("rooms-again", Position::Middle, Audience::Returners),
            ("money-again", Position::Middle, Audience::Returners),
            ("bye-again", Position::Last, Audience::Returners),
        ])
    }

    fn next(topics: &[Topic], seen: &mut TopicsSeen, round: &str, position: Position) -> String {
        let id = next_topic(topics, seen, round, position).unwrap().id;
        seen.entry(id.clone()).or_default().insert(round.into());
        id
    }

    /// The ids that somebody gets in a round of four topics, one after the other.
    fn a_round(topics: &[Topic], seen: &mut TopicsSeen, round: &str) -> Vec<String> {
        use Position::{First, Last, Middle};
        [First, Middle, Middle, Last]
            .into_iter()
            .map(|position| next(topics, seen, round, position))
            .collect()
    }

    #[test]
    fn a_returner_gets_the_second_set() {
        let topics = two_sets();
        let mut seen = TopicsSeen::new();
        assert_eq!(
            a_round(&topics, &mut seen, "1"),
            ["hello", "rooms", "money", "bye"]
        );
        assert_eq!(
            a_round(&topics, &mut seen, "2"),
            ["hello-again", "rooms-again", "money-again", "bye-again"]
        );
        // All are known by now; each comes at most once in a round.
        assert_eq!(
            a_round(&topics, &mut seen, "3"),
            ["hello-again", "rooms-again", "money-again", "bye-again"]
        );
    }

    #[test]
    fn a_new_partner_in_the_same_round_is_met_with_the_same_beginning_and_no_topic_twice() {
        let topics = two_sets();
        let mut seen = TopicsSeen::new();
        use Position::{First, Middle};
        assert_eq!(next(&topics, &mut seen, "1", First), "hello");
        assert_eq!(next(&topics, &mut seen, "1", Middle), "rooms");
        assert_eq!(next(&topics, &mut seen, "1", First), "hello");
        assert_eq!(next(&topics, &mut seen, "1", Middle), "money");
        // Where nothing else is left, the second set stands in.
        assert_eq!(next(&topics, &mut seen, "1", Middle), "rooms-again");
    }

    #[test]
    fn a_programme_with_one_set_repeats_it_only_when_it_is_used_up() {
        let one_set = topics(&[
            ("hello", Position::First, Audience::Everybody),
            ("rooms", Position::Middle, Audience::Everybody),
            ("money", Position::Middle, Audience::Everybody),
            ("bye", Position::Last, Audience::Everybody),
        ]);
        let mut seen = TopicsSeen::new();
        next(&one_set, &mut seen, "1", Position::First);
        next(&one_set, &mut seen, "1", Position::Middle);
        assert_eq!(
            a_round(&one_set, &mut seen, "2"),
            ["hello", "money", "rooms", "bye"]
        );
    }
}
