//! The life of a partnership: introduction, topics, check-ins, the silent partner, the end.

use chrono::{Days, NaiveDate, TimeDelta};

use super::conversation::{answer, free_words};
use super::decision::{Change, Decision, Occasion, Outcome};
use super::event::{Answered, Complaint, Due, Message, Undelivered};
use super::facts::{ApplicationState, Facts, Member, Partnership, PartnershipState, Person};
use super::letter::{
    About, ClockOf, Ended, Hours, Letter, LetterKind, Partner, Recipient, ReplyTo, TopicText,
};
use super::settings::{IntroductionReplyTo, Position, Round, Settings};
use super::{application::Answer, coordinating, form_text, reason_text, timetable};
use crate::ids::PersonId;
use crate::time::Moment;
use crate::{places, schedule};

/// At most one unprompted letter a person and day: where one went out today, the occasion waits for tomorrow.
pub fn not_today(settings: &Settings, facts: &Facts, person: &Person) -> Option<Decision> {
    let today = facts.now.with_timezone(&person.zone).date_naive();
    let last = person
        .last_unprompted?
        .with_timezone(&person.zone)
        .date_naive();
    (last >= today).then(|| {
        let tomorrow = last.checked_add_days(Days::new(1)).unwrap_or(last);
        Decision {
            postpone: Some(timetable::morning(settings, tomorrow, person.zone)),
            ..Decision::noting("one unprompted letter a day")
        }
    })
}

/// The next moment at which an unprompted letter may reach somebody: now by day, where none went out today, else
/// their next morning.
pub fn next_free_morning(settings: &Settings, facts: &Facts, person: &Person) -> Moment {
    use chrono::Timelike;
    let local = facts.now.with_timezone(&person.zone);
    let last = person
        .last_unprompted
        .map(|last| last.with_timezone(&person.zone).date_naive());
    let written_today = last.is_some_and(|last| last >= local.date_naive());
    if !written_today && (8..20).contains(&local.hour()) {
        return facts.now;
    }
    let next = schedule::next_morning(facts.now, person.zone, settings.morning);
    match last.and_then(|last| last.checked_add_days(Days::new(1))) {
        Some(after_last) => next.max(timetable::morning(settings, after_last, person.zone)),
        None => next,
    }
}

/// Both letters of a partnership, together. Too late after downtime, they wait for a coordinator's word.
pub fn introduce(settings: &Settings, facts: &Facts, due: &Due) -> Decision {
    let Some(partnership) = facts
        .partnership
        .as_ref()
        .filter(|it| it.state == PartnershipState::Planned)
    else {
        return Decision::ignored("the partnership is not waiting for its introduction");
    };
    let Some(round) = timetable::round(settings, &partnership.round) else {
        return Decision::ignored("the round is no longer in the config");
    };
    if (facts.now - due.due_at).num_hours() > i64::from(settings.catch_up.introductions_hours) {
        return Decision {
            outcome: Outcome::NeedsPerson(format!(
                "partnership {} could not be introduced in time",
                partnership.id
            )),
            ..Decision::noting("too late to introduce without asking")
        };
    }
    introduce_now(settings, facts, partnership, round)
}

pub fn introduce_now(
    settings: &Settings,
    facts: &Facts,
    partnership: &Partnership,
    round: &Round,
) -> Decision {
    let gone: Vec<&Member> = partnership
        .members
        .iter()
        .filter(|it| it.person.unreachable)
        .collect();
    if partnership.members.len() - gone.len() < 2 {
        let mut decision = Decision::noting(format!(
            "partnership {} lost a member before its introduction",
            partnership.id
        ));
        decision.changes.push(Change::PartnershipState {
            partnership: partnership.id,
            state: PartnershipState::Ended,
            why: "left before the introduction".into(),
        });
        for member in partnership
            .members
            .iter()
            .filter(|it| !it.person.unreachable)
        {
            decision.changes.push(Change::ApplicationState {
                application: member.application,
                state: ApplicationState::Pool,
            });
        }
        return decision;
    }
    let today = facts.now.with_timezone(&settings.zone).date_naive();
    let mut decision = Decision::noting(format!("partnership {} is introduced", partnership.id));
    decision.changes.push(Change::PartnershipState {
        partnership: partnership.id,
        state: PartnershipState::Active,
        why: String::new(),
    });
    for member in &partnership.members {
        let person = &member.person;
        let topic = next_topic(settings, person, Position::First);
        if let Some(topic) = &topic {
            decision.changes.push(Change::TopicSeen {
                person: person.id,
                topic: topic.id.clone(),
            });
        }
        decision.letters.push(introduction(
            settings,
            facts,
            partnership,
            round,
            member,
            topic,
        ));
        decision.occasions.extend(what_follows(
            settings,
            facts,
            partnership,
            round,
            member,
            today,
        ));
    }
    decision
}

/// The member's next topic, first check-in and closing letter. Each of them brings the one after it.
fn what_follows(
    settings: &Settings,
    facts: &Facts,
    partnership: &Partnership,
    round: &Round,
    member: &Member,
    started: NaiveDate,
) -> Vec<(Occasion, Moment)> {
    let (person, zone) = (member.person.id, member.person.zone);
    let mut occasions = Vec::new();
    occasions.extend(topic_after(settings, facts, partnership, round, member, 1));
    if let Some(date) = timetable::check_in_date(settings, round, started, 1) {
        let occasion = Occasion::CheckIn {
            person,
            partnership: partnership.id,
            number: 1,
        };
        occasions.push((occasion, timetable::morning(settings, date, zone)));
    }
    let closing = Occasion::Closing {
        person,
        partnership: partnership.id,
    };
    occasions.push((closing, timetable::morning(settings, round.end, zone)));
    occasions
}

/// The next topic of this round, after number `after`, that lies in the future of the reader's calendar.
fn topic_after(
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

fn introduction(
    settings: &Settings,
    facts: &Facts,
    partnership: &Partnership,
    round: &Round,
    member: &Member,
    topic: Option<TopicText>,
) -> Letter {
    let reader = &member.person;
    let today = facts.now.with_timezone(&reader.zone).date_naive();
    let others: Vec<&Member> = partnership.others(reader.id).collect();
    let partners = others
        .iter()
        .map(|other| Partner {
            name: other.person.name.clone(),
            address: other.person.address.clone(),
            country: other
                .answers
                .get("country")
                .and_then(Answer::as_str)
                .map(|code| places::country_name(code, &reader.language))
                .unwrap_or_default(),
            profile: form_text::lines(&settings.form, &other.answers, &reader.language, true),
        })
        .collect();
    let clocks = others
        .iter()
        .map(|other| clock(reader, &other.person, today))
        .collect();
    let zones: Vec<chrono_tz::Tz> = others.iter().map(|other| other.person.zone).collect();
    let awake = schedule::awake_hours(reader.zone, &zones, today)
        .into_iter()
        .map(|(from, to)| Hours { from, to })
        .collect();
    let first_writer = partnership
        .member(partnership.first_writer)
        .map_or_else(|| reader.name.clone(), |member| member.person.name.clone());
    let reply_reaches_partner = settings.introduction_reply_to == IntroductionReplyTo::Partner;
    // Those who live far apart are first awake together when day 0 has passed in UTC. A partnership out of the pool is
    // at least a day later than that.
    let all_zones: Vec<chrono_tz::Tz> = partnership
        .members
        .iter()
        .map(|it| it.person.zone)
        .collect();
    let first_from_pool = schedule::joint_moment(
        round.start + Days::new(1),
        &all_zones,
        settings.zone,
        settings.morning,
    );
    Letter {
        to: Recipient::Person(reader.id),
        kind: LetterKind::Introduction {
            name: reader.name.clone(),
            dates: timetable::dates(round),
            partners,
            why: reason_text::words(
                &partnership.reasons,
                &settings.form,
                reader.id,
                &reader.language,
            ),
            clocks,
            awake,
            first_writer,
            you_write_first: partnership.first_writer == reader.id,
            reply_reaches_partner,
            topic,
            channels: settings.channels.clone(),
            end: round.end,
            again: facts.now >= first_from_pool,
        },
        occurrence: partnership.id.to_string(),
        about: About {
            round: Some(round.id.clone()),
            partnership: Some(partnership.id),
            number: Some(1),
            ..About::default()
        },
        reply_to: if reply_reaches_partner {
            ReplyTo::Partners(
                others
                    .iter()
                    .map(|other| other.person.address.clone())
                    .collect(),
            )
        } else {
            ReplyTo::Token
        },
        not_before: None,
    }
}

fn clock(reader: &Person, other: &Person, date: NaiveDate) -> ClockOf {
    let (at_readers_noon, minutes_ahead) = schedule::clock_at_noon(reader.zone, other.zone, date);
    ClockOf {
        name: other.name.clone(),
        zone: other.zone.name().to_string(),
        at_readers_noon,
        minutes_ahead,
    }
}

/// A topic the reader has not had; the first and the last of a round have their fixed place.
fn next_topic(settings: &Settings, person: &Person, position: Position) -> Option<TopicText> {
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

/// A partnership that is under way, with the member that an occasion is about; else in words why there is nothing to do.
fn under_way(facts: &Facts, person: PersonId) -> Result<(&Partnership, &Member), &'static str> {
    let partnership = facts
        .partnership
        .as_ref()
        .filter(|it| it.state == PartnershipState::Active)
        .ok_or("the partnership has ended")?;
    let member = partnership
        .member(person)
        .ok_or("no longer a member of the partnership")?;
    Ok((partnership, member))
}

fn unprompted(
    to: &Person,
    kind: LetterKind,
    occurrence: String,
    partnership: &Partnership,
    number: u32,
) -> Letter {
    Letter {
        to: Recipient::Person(to.id),
        kind,
        occurrence,
        about: About {
            round: Some(partnership.round.clone()),
            partnership: Some(partnership.id),
            number: Some(number),
            ..About::default()
        },
        reply_to: ReplyTo::Token,
        not_before: None,
    }
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
    if let Some(later) = not_today(settings, facts, reader) {
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

/// Have you two been in touch?
pub fn check_in(settings: &Settings, facts: &Facts, person: PersonId, number: u32) -> Decision {
    let (partnership, member) = match under_way(facts, person) {
        Ok(found) => found,
        Err(why) => return Decision::ignored(why),
    };
    let Some(round) = timetable::round(settings, &partnership.round) else {
        return Decision::ignored("the round is no longer in the config");
    };
    let reader = &member.person;
    let today = facts.now.with_timezone(&reader.zone).date_naive();
    let started = partnership.started.unwrap_or(round.start);
    let following = (number + 1..)
        .map_while(|next| {
            Some((
                next,
                timetable::check_in_date(settings, round, started, next)?,
            ))
        })
        .find(|(_, date)| *date > today)
        .map(|(next, date)| {
            let occasion = Occasion::CheckIn {
                person,
                partnership: partnership.id,
                number: next,
            };
            (occasion, timetable::morning(settings, date, reader.zone))
        });
    let mut decision = Decision::noting(format!("check-in {number} for person {person}"));
    decision.occasions.extend(following);
    if !reader.may_be_written_to(today) {
        decision.outcome = Outcome::Ignored("no unprompted mail to this person".into());
        return decision;
    }
    if member.silent_since.is_some() {
        decision.outcome = Outcome::Ignored("they have been asked whether they are there".into());
        return decision;
    }
    if let Some(later) = not_today(settings, facts, reader) {
        return later;
    }
    decision.changes.push(Change::CheckInAsked {
        partnership: partnership.id,
        person,
        number,
    });
    let kind = LetterKind::CheckIn {
        name: reader.name.clone(),
        partners: partnership.names_without(person),
        number,
    };
    decision.letters.push(unprompted(
        reader,
        kind,
        format!("{}-{number}", partnership.id),
        partnership,
        number,
    ));
    decision
}

/// One of the six answers.
pub fn check_in_answered(
    settings: &Settings,
    facts: &Facts,
    person: &Person,
    message: &Message,
    asked: &Answered,
    choice: u8,
) -> Decision {
    let open = under_way(facts, person.id)
        .ok()
        .map(|(partnership, _)| partnership);
    let still_that_one = open.filter(|partnership| {
        asked
            .about
            .partnership
            .is_none_or(|id| id == partnership.id)
    });
    let Some(partnership) = still_that_one else {
        // A late answer for a partnership that has ended: leaving is leaving, anything else needs a person's eye.
        return match choice {
            5 => withdraw(settings, facts, person, Some(message)),
            _ => free_words(
                settings,
                facts,
                person,
                message,
                "answers for a partnership that has ended",
            ),
        };
    };
    let mut decision = match choice {
        1 | 2 => going_well(settings, facts, partnership, person, message, choice == 2),
        3 => heard_nothing(settings, facts, partnership, person, message),
        4 => new_partner(settings, facts, person, message),
        5 => withdraw(settings, facts, person, Some(message)),
        6 => free_words(
            settings,
            facts,
            person,
            message,
            "asks for help in answer to a check-in",
        ),
        _ => return Decision::ignored("no such answer"),
    };
    decision.changes.insert(
        0,
        Change::CheckInAnswered {
            partnership: partnership.id,
            person: person.id,
            number: asked.about.number.unwrap_or(0),
            choice,
            words: message.text.clone(),
        },
    );
    decision
}

fn going_well(
    settings: &Settings,
    facts: &Facts,
    partnership: &Partnership,
    person: &Person,
    message: &Message,
    slow: bool,
) -> Decision {
    let mut decision = Decision::noting(format!("partnership {}: in touch", partnership.id));
    let today = facts.now.with_timezone(&person.zone).date_naive();
    let next_question = timetable::round(settings, &partnership.round).and_then(|round| {
        let started = partnership.started.unwrap_or(round.start);
        (1..)
            .map_while(|number| timetable::check_in_date(settings, round, started, number))
            .find(|date| *date > today)
    });
    // Who is in touch with somebody has heard from them: a partner who was thought silent is not.
    for other in partnership
        .others(person.id)
        .filter(|other| other.silent_since.is_some())
    {
        decision.changes.push(Change::Silent {
            partnership: partnership.id,
            person: other.person.id,
            since: None,
        });
    }
    let kind = LetterKind::GoingWell {
        name: person.name.clone(),
        partners: partnership.names_without(person.id),
        slow,
        next_question,
    };
    decision
        .letters
        .push(answer(person, message, kind, about(partnership)));
    decision
}

fn about(partnership: &Partnership) -> About {
    About {
        round: Some(partnership.round.clone()),
        partnership: Some(partnership.id),
        ..About::default()
    }
}

/// "I have not heard from my partner": the silent one is asked kindly, and who asked is told what happens when.
fn heard_nothing(
    settings: &Settings,
    facts: &Facts,
    partnership: &Partnership,
    person: &Person,
    message: &Message,
) -> Decision {
    let mut decision = Decision::noting(format!(
        "partnership {}: a partner is silent",
        partnership.id
    ));
    let mut end_on = None;
    for other in partnership.others(person.id) {
        let silent = &other.person;
        let has_said_the_same = other
            .last_answer
            .is_some_and(|(choice, at)| choice == 3 && (facts.now - at) < TimeDelta::days(14));
        if has_said_the_same {
            // Both are there and neither hears the other: their mail goes astray, which a person must look into.
            decision.letters.extend(coordinating::notice(
                settings,
                &format!("both-unheard-{}", partnership.id),
                &format!(
                    "Both partners of partnership {} say that they hear nothing from each other, yet both answer us. \
                     Please look at their addresses: pairpost pair {}",
                    partnership.id, partnership.id
                ),
            ));
            continue;
        }
        if let Some(since) = other.silent_since {
            end_on = Some(end_date(settings, silent, since));
            continue;
        }
        let at = next_free_morning(settings, facts, silent);
        let since = at.with_timezone(&silent.zone).date_naive();
        end_on = Some(end_date(settings, silent, since));
        decision.changes.push(Change::Silent {
            partnership: partnership.id,
            person: silent.id,
            since: Some(since),
        });
        if silent.may_be_written_to(since) || !silent.unreachable {
            let kind = LetterKind::AreYouThere {
                name: silent.name.clone(),
                partners: partnership.names_without(silent.id),
                firm: false,
                end_on: end_date(settings, silent, since),
            };
            let mut letter = unprompted(
                silent,
                kind,
                format!("{}-{since}", partnership.id),
                partnership,
                1,
            );
            letter.not_before = Some(at);
            decision.letters.push(letter);
        }
        decision
            .occasions
            .push(silence_step(settings, partnership, silent, since, 1));
    }
    let today = facts.now.with_timezone(&person.zone).date_naive();
    let end_on = end_on.unwrap_or(today + Days::new(u64::from(settings.silence.end_after_days)));
    let firm_on = end_on
        - Days::new(u64::from(
            settings
                .silence
                .end_after_days
                .saturating_sub(settings.silence.firm_after_days),
        ));
    let kind = LetterKind::PartnerAsked {
        name: person.name.clone(),
        partners: partnership.names_without(person.id),
        firm_on,
        end_on,
    };
    decision
        .letters
        .push(answer(person, message, kind, about(partnership)));
    decision
}

fn end_date(settings: &Settings, silent: &Person, since: NaiveDate) -> NaiveDate {
    let end = since + Days::new(u64::from(settings.silence.end_after_days));
    match silent.away_until {
        Some(back) if back > since => {
            end.max(back + Days::new(u64::from(settings.silence.firm_after_days)))
        }
        _ => end,
    }
}

fn silence_step(
    settings: &Settings,
    partnership: &Partnership,
    silent: &Person,
    since: NaiveDate,
    step: u32,
) -> (Occasion, Moment) {
    let days = if step == 1 {
        settings.silence.firm_after_days
    } else {
        settings.silence.end_after_days
    };
    let date = since + Days::new(u64::from(days));
    let occasion = Occasion::Silence {
        person: silent.id,
        partnership: partnership.id,
        since,
        step,
    };
    (occasion, timetable::morning(settings, date, silent.zone))
}

/// The ladder's next step: the firm letter with a date, then the end without blame.
pub fn silence(
    settings: &Settings,
    facts: &Facts,
    person: PersonId,
    since: NaiveDate,
    step: u32,
) -> Decision {
    let (partnership, member) = match under_way(facts, person) {
        Ok(found) => found,
        Err(why) => return Decision::ignored(why),
    };
    if member.silent_since != Some(since) {
        return Decision::ignored("a sign of life has come");
    }
    let silent = &member.person;
    let today = facts.now.with_timezone(&silent.zone).date_naive();
    if let Some(back) = silent.away_until.filter(|back| *back >= today) {
        // The clock stands still while somebody is known to be away, and gives them days to answer afterwards.
        let resume = back + Days::new(u64::from(settings.silence.firm_after_days));
        return Decision {
            postpone: Some(timetable::morning(settings, resume, silent.zone)),
            ..Decision::noting(format!("person {person} is away until {back}"))
        };
    }
    if step == 1 {
        if let Some(later) = not_today(settings, facts, silent) {
            return later;
        }
        let end_on = today
            + Days::new(u64::from(
                settings
                    .silence
                    .end_after_days
                    .saturating_sub(settings.silence.firm_after_days)
                    .max(1),
            ));
        let mut decision = Decision::noting(format!("person {person} is asked a second time"));
        let kind = LetterKind::AreYouThere {
            name: silent.name.clone(),
            partners: partnership.names_without(person),
            firm: true,
            end_on,
        };
        decision.letters.push(unprompted(
            silent,
            kind,
            format!("{}-{since}-firm", partnership.id),
            partnership,
            2,
        ));
        let occasion = Occasion::Silence {
            person,
            partnership: partnership.id,
            since,
            step: 2,
        };
        decision
            .occasions
            .push((occasion, timetable::morning(settings, end_on, silent.zone)));
        return decision;
    }
    end(
        settings,
        facts,
        partnership,
        Some((person, ApplicationState::Silent)),
        Ended::Silent,
        "silent",
    )
}

/// An answer to "are you there?": 1 I'll write today, 2 I am away until a day, 3 I have to stop.
pub fn silence_answered(
    settings: &Settings,
    facts: &Facts,
    person: &Person,
    message: &Message,
    choice: u8,
) -> Decision {
    if choice == 3 {
        return withdraw(settings, facts, person, Some(message));
    }
    let Ok((partnership, _)) = under_way(facts, person.id) else {
        // The place was given up meanwhile; a person decides how they come back.
        return free_words(
            settings,
            facts,
            person,
            message,
            "is back after the partnership ended",
        );
    };
    let today = facts.now.with_timezone(&person.zone).date_naive();
    let away_until = match choice {
        2 => Some(message.said.until.unwrap_or(today + Days::new(14))),
        _ => None,
    };
    let mut decision = Decision::noting(format!("person {} is there", person.id));
    if let Some(until) = away_until {
        decision.changes.push(Change::Away {
            person: person.id,
            until,
        });
    }
    let kind = LetterKind::GoodToHear {
        name: person.name.clone(),
        partners: partnership.names_without(person.id),
        away_until,
    };
    decision
        .letters
        .push(answer(person, message, kind, about(partnership)));
    decision
}

/// "We are not a good fit": both go to the pool, and nobody is told who said so.
pub fn new_partner(
    settings: &Settings,
    facts: &Facts,
    person: &Person,
    message: &Message,
) -> Decision {
    let Ok((partnership, _)) = under_way(facts, person.id) else {
        return free_words(
            settings,
            facts,
            person,
            message,
            "asks for a new partner, but has none",
        );
    };
    let mut decision = end(
        settings,
        facts,
        partnership,
        None,
        Ended::Fit,
        "no good fit",
    );
    let (pool_until, next) = pool_or_next(settings, facts, partnership);
    let mut own = answer(
        person,
        message,
        LetterKind::NewPartner {
            name: person.name.clone(),
            partners: partnership.names_without(person.id),
            pool_until,
            next,
        },
        about(partnership),
    );
    // The answer takes the place of the letter that the others get.
    decision
        .letters
        .retain(|letter| letter.to != Recipient::Person(person.id));
    own.not_before = None;
    decision.letters.push(own);
    decision
}

fn pool_or_next(
    settings: &Settings,
    facts: &Facts,
    partnership: &Partnership,
) -> (Option<NaiveDate>, Option<super::letter::Dates>) {
    let Some(round) = timetable::round(settings, &partnership.round) else {
        return (None, None);
    };
    let pool_end = timetable::pool_end(settings, round);
    if facts.now.date_naive() <= pool_end {
        (Some(pool_end), None)
    } else {
        (
            None,
            timetable::next_round(settings, &round.id).map(timetable::dates),
        )
    }
}

/// A partnership ends. Whoever caused it is out in the given state; the others go to the pool, or, after its end, to
/// the next round with priority, and are told without blame.
pub fn end(
    settings: &Settings,
    facts: &Facts,
    partnership: &Partnership,
    leaver: Option<(PersonId, ApplicationState)>,
    why: Ended,
    reason: &str,
) -> Decision {
    let mut decision = Decision::noting(format!("partnership {} ends: {reason}", partnership.id));
    let introduced = partnership.state == PartnershipState::Active;
    decision.changes.push(Change::PartnershipState {
        partnership: partnership.id,
        state: PartnershipState::Ended,
        why: reason.to_string(),
    });
    let (pool_until, next) = pool_or_next(settings, facts, partnership);
    for member in &partnership.members {
        let person = &member.person;
        if let Some((_, state)) = leaver.filter(|(leaver, _)| *leaver == person.id) {
            decision.changes.push(Change::ApplicationState {
                application: member.application,
                state,
            });
            if state == ApplicationState::Silent && !person.unreachable {
                let kind = LetterKind::PlaceGiven {
                    name: person.name.clone(),
                    partners: partnership.names_without(person.id),
                };
                decision.letters.push(unprompted(
                    person,
                    kind,
                    partnership.id.to_string(),
                    partnership,
                    0,
                ));
            }
            continue;
        }
        let state = if pool_until.is_some() {
            ApplicationState::Pool
        } else {
            ApplicationState::Finished
        };
        decision.changes.push(Change::ApplicationState {
            application: member.application,
            state,
        });
        if introduced && !person.unreachable {
            let partners = match leaver {
                Some((leaver, _)) => partnership
                    .member(leaver)
                    .map_or_else(String::new, |member| member.person.name.clone()),
                None => partnership.names_without(person.id),
            };
            let kind = LetterKind::PartnershipEnded {
                name: person.name.clone(),
                partners,
                why,
                pool_until,
                next: next.clone(),
            };
            decision.letters.push(unprompted(
                person,
                kind,
                partnership.id.to_string(),
                partnership,
                0,
            ));
        }
    }
    decision
}

/// Somebody stops. Nothing is asked; the partner is told kindly and goes to the pool.
pub fn withdraw(
    settings: &Settings,
    facts: &Facts,
    person: &Person,
    message: Option<&Message>,
) -> Decision {
    let open = facts
        .partnership
        .as_ref()
        .filter(|it| it.state != PartnershipState::Ended);
    let mut decision = match open {
        Some(partnership) => end(
            settings,
            facts,
            partnership,
            Some((person.id, ApplicationState::Withdrawn)),
            Ended::Withdrew,
            "a partner withdrew",
        ),
        None => Decision::noting(format!("person {} withdraws", person.id)),
    };
    if let Some(application) = facts.application.as_ref() {
        let leaves = application.state.open() || application.state == ApplicationState::Pool;
        if leaves {
            decision.changes.push(Change::ApplicationState {
                application: application.id,
                state: ApplicationState::Withdrawn,
            });
        }
    }
    let kind = LetterKind::Withdrawn {
        name: person.name.clone(),
    };
    decision.letters.push(match message {
        Some(message) => answer(person, message, kind, About::default()),
        None => Letter {
            to: Recipient::Person(person.id),
            kind,
            occurrence: format!("withdrawn-{}", facts.now.timestamp()),
            about: About::default(),
            reply_to: ReplyTo::Token,
            not_before: None,
        },
    });
    decision
}

/// The formal part ends for one person.
pub fn closing(settings: &Settings, facts: &Facts, person: PersonId) -> Decision {
    let (partnership, member) = match under_way(facts, person) {
        Ok(found) => found,
        Err(why) => return Decision::ignored(why),
    };
    let Some(round) = timetable::round(settings, &partnership.round) else {
        return Decision::ignored("the round is no longer in the config");
    };
    let today = facts.now.with_timezone(&member.person.zone).date_naive();
    if !member.person.may_be_written_to(today) {
        return Decision::ignored("no unprompted mail to this person");
    }
    if let Some(later) = not_today(settings, facts, &member.person) {
        return later;
    }
    let mut decision = Decision::noting(format!("closing letter for person {person}"));
    let kind = LetterKind::Closing {
        name: member.person.name.clone(),
        dates: timetable::dates(round),
        partners: partnership.names_without(person),
        next: timetable::next_round(settings, &round.id).map(timetable::dates),
    };
    decision.letters.push(unprompted(
        &member.person,
        kind,
        partnership.id.to_string(),
        partnership,
        0,
    ));
    decision
}

/// A letter came back. For good, the reader counts as unreachable at once and the partner is told; a delay is only
/// noted.
pub fn undelivered(settings: &Settings, facts: &Facts, undelivered: &Undelivered) -> Decision {
    if !undelivered.permanent {
        return Decision::noting(format!("letter {} is delayed", undelivered.letter));
    }
    let Some(person) = &facts.person else {
        return Decision::noting(format!("letter {} came back", undelivered.letter));
    };
    if person.unreachable {
        return Decision::ignored("known to be unreachable");
    }
    let open = facts
        .partnership
        .as_ref()
        .filter(|it| it.state != PartnershipState::Ended);
    let mut unreachable = facts.clone();
    if let Some(partnership) = &mut unreachable.partnership {
        for member in partnership
            .members
            .iter_mut()
            .filter(|member| member.person.id == person.id)
        {
            member.person.unreachable = true;
        }
    }
    let mut decision = match (open, &unreachable.partnership) {
        (Some(_), Some(partnership)) => end(
            settings,
            facts,
            partnership,
            Some((person.id, ApplicationState::Withdrawn)),
            Ended::Unreachable,
            "a partner cannot be reached by mail",
        ),
        _ => Decision::noting(format!("person {} cannot be reached by mail", person.id)),
    };
    decision
        .changes
        .push(Change::Unreachable { person: person.id });
    if let Some(application) = facts
        .application
        .as_ref()
        .filter(|application| application.state.open())
    {
        decision.changes.push(Change::ApplicationState {
            application: application.id,
            state: ApplicationState::Withdrawn,
        });
    }
    decision.letters.extend(coordinating::notice(
        settings,
        &format!("unreachable-{}-{}", person.id, undelivered.letter),
        &format!(
            "Mail to {} comes back ({}). Nothing needs to be done; if you know another address, see: pairpost person {}",
            if person.name.is_empty() { "an applicant" } else { &person.name },
            undelivered.reason,
            person.id
        ),
    ));
    decision
}

/// A spam complaint stops unprompted mail at once.
pub fn complained(settings: &Settings, facts: &Facts, complaint: &Complaint) -> Decision {
    let Some(person) = &facts.person else {
        return Decision::noting(format!("a complaint about letter {}", complaint.letter));
    };
    let mut decision = Decision::noting(format!(
        "person {} complained about letter {}",
        person.id, complaint.letter
    ));
    decision.changes.push(Change::Stop { person: person.id });
    decision.letters = coordinating::notice(
        settings,
        &format!("complaint-{}", complaint.letter),
        &format!(
            "Person {} told their mail provider that a letter of ours is spam. They get no more unprompted mail. See: pairpost person {}",
            person.id, person.id
        ),
    );
    decision
}
