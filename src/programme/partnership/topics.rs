//! The fortnight's topic: which one a reader gets, and when the next is due.

use super::{under_way, unprompted};
use crate::ids::PersonId;
use crate::programme::decision::{Change, Decision, Occasion, Outcome};
use crate::programme::facts::{Facts, Member, Partnership, Person};
use crate::programme::letter::{LetterKind, TopicText};
use crate::programme::settings::{Position, Round, Settings};
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

/// A topic the reader has not had; the first and the last of a round have their fixed place.
pub(super) fn next_topic(
    settings: &Settings,
    person: &Person,
    position: Position,
) -> Option<TopicText> {
    let of_position = || {
        settings
            .topics
            .iter()
            .filter(|topic| topic.position == position)
    };
    of_position()
        .find(|topic| !person.topics_seen.contains(&topic.id))
        .or_else(|| of_position().next())
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
    if reader.topics_off || !reader.may_be_written_to(today) {
        decision.outcome = Outcome::Ignored("no topics to this person".into());
        return decision;
    }
    if let Some(later) = pace::not_today(settings, facts, reader) {
        return later;
    }
    let last = newest as usize >= dates.len();
    let mut seen = reader.clone();
    let mut missed = Vec::new();
    for _ in number..newest {
        if let Some(topic) = next_topic(settings, &seen, Position::Middle) {
            seen.topics_seen.insert(topic.id.clone());
            missed.push(topic);
        }
    }
    let position = if last {
        Position::Last
    } else {
        Position::Middle
    };
    let Some(topic) = next_topic(settings, &seen, position) else {
        return Decision {
            occasions: decision.occasions,
            ..Decision::ignored("no topic is left")
        };
    };
    for topic in missed.iter().chain([&topic]) {
        decision.changes.push(Change::TopicSeen {
            person,
            topic: topic.id.clone(),
        });
    }
    let kind = LetterKind::Topic {
        name: reader.name.clone(),
        partners: partnership.names_without(person),
        topic,
        missed,
        number: newest,
        last,
        channels: settings.channels.clone(),
    };
    decision.letters.push(unprompted(
        reader,
        kind,
        format!("{}-{newest}", partnership.id),
        partnership,
        newest,
    ));
    decision
}
