//! What people may ask about their own data, and how long it is kept (PROGRAMME section 10).
//!
//! Whoever asks is not believed: a question goes to the address on file, and only its answer does anything. So a forged
//! sender gets nothing, and nobody is locked out whose mail host vouches for nothing (RELIABILITY d.3, L4).

use chrono::{Days, Months, NaiveDate, TimeDelta};

use super::conversation::{answer, ask_again, free_words};
use super::decision::{Change, Decision, Occasion};
use super::event::{Evidence, Intent, Message};
use super::facts::{Challenge, Facts, Inactive, Participation, Person, Purpose};
use super::letter::{About, Asked, Ended, Letter, LetterKind, Recipient, ReplyTo};
use super::newcomers::{behind_the_ceiling, newcomer_at};
use super::settings::Settings;
use super::trust::{Action, may};
use super::{moving, pace, partnership, timetable};
use crate::ids::{ChallengeId, PersonId};
use crate::time::Moment;

/// So long the question to the address on file can be answered.
pub const CHALLENGE_HOURS: u32 = 72;
/// Somebody's data are sent once in so many days.
const DATA_EVERY_DAYS: u64 = 30;
/// Questions a day: one where anybody may have asked, a few where the owner seems to.
const CHALLENGES_A_DAY: u32 = 1;
const CHALLENGES_A_DAY_TO_OWNER: u32 = 3;
/// An erasure waits so long for the last letter; then that letter is not sent.
const LAST_LETTER_DAYS: i64 = 3;
const LOOK_AGAIN_MINUTES: i64 = 10;

/// The answer to the notice that somebody will be erased: any word of theirs is a wish to stay, unless it is another wish.
pub fn stays(settings: &Settings, facts: &Facts, person: &Person, message: &Message) -> Decision {
    let mut decision = Decision::noting(format!("person {} would like to stay", person.id));
    let today = facts.now.with_timezone(&person.zone).date_naive();
    let kind = LetterKind::Staying {
        name: person.name.clone(),
        until: today
            .checked_add_months(Months::new(settings.retention.months))
            .unwrap_or(today),
    };
    decision
        .letters
        .push(answer(person, message, kind, About::default()));
    decision
}

/// What a message says about its sender's data, if it does; before anything else is made of it, whoever sent it.
pub fn asked(
    settings: &Settings,
    facts: &Facts,
    person: &Person,
    message: &Message,
) -> Option<Decision> {
    if let Some(challenge) = &facts.rights.challenge
        && challenge.person == person.id
        && let Some(decision) = answered(settings, facts, person, message, challenge)
    {
        return Some(decision);
    }
    match message.said.intent? {
        Intent::MyData => Some(question(facts, person, message, Purpose::Data, None)),
        Intent::ForgetMe => Some(question(facts, person, message, Purpose::Erase, None)),
        // Whoever has not applied simply writes from the other address.
        Intent::NewAddress if !person.name.is_empty() => {
            Some(moving::asked(settings, facts, person, message))
        }
        _ => None,
    }
}

/// Somebody unknown asks about data, or wants no mail: there is none. The address is kept for a day, so that it is not
/// written to again and again.
pub fn nothing_kept(settings: &Settings, facts: &Facts, message: &Message) -> Decision {
    let Some(address) = &message.from else {
        return Decision::ignored("no sender to answer");
    };
    let newcomer = newcomer_at(settings, facts, address);
    let id = newcomer.id;
    let mut decision = Decision::noting("somebody of whom nothing is kept asks about data or mail");
    decision.changes.push(Change::new_person(&newcomer));
    decision.changes.push(Change::FormSent { person: id });
    decision.letters.push(Letter::to(
        id,
        LetterKind::NothingKept {
            address: address.clone(),
        },
        format!("message-{}", message.inbox),
        About::default(),
    ));
    behind_the_ceiling(facts, &mut decision);
    decision.occasions.push((
        Occasion::Erase {
            person: id,
            since: facts.now.date_naive(),
        },
        facts.now + TimeDelta::hours(25),
    ));
    decision
}

/// A question to the address on file, wherever the wish came from. `address` is where letters shall go, where that is the
/// question.
pub fn question(
    facts: &Facts,
    person: &Person,
    message: &Message,
    purpose: Purpose,
    address: Option<String>,
) -> Decision {
    let by_owner = message.evidence >= Evidence::TokenAndAddress;
    if purpose == Purpose::Data
        && let Some(last) = facts.rights.last_data
    {
        let sent_on = last.with_timezone(&person.zone).date_naive();
        let again_on = sent_on + Days::new(DATA_EVERY_DAYS);
        if facts.now.with_timezone(&person.zone).date_naive() < again_on {
            if !by_owner {
                return Decision::ignored("their data went to them less than thirty days ago");
            }
            let mut decision = Decision::noting(format!(
                "person {} had their data less than thirty days ago",
                person.id
            ));
            let kind = LetterKind::MyDataLater {
                name: person.name.clone(),
                sent_on,
                again_on,
            };
            decision
                .letters
                .push(answer(person, message, kind, About::default()));
            return decision;
        }
    }
    let most = match by_owner {
        true => CHALLENGES_A_DAY_TO_OWNER,
        false => CHALLENGES_A_DAY,
    };
    if facts.rights.challenges_last_day >= most {
        return Decision::ignored("a question about it went to the address on file today");
    }
    let id = ChallengeId(facts.fresh.challenge);
    let mut decision = Decision::noting(format!(
        "person {} is asked to confirm what was asked for: {purpose:?}",
        person.id
    ));
    decision.changes.push(Change::NewChallenge {
        id,
        person: person.id,
        purpose,
    });
    let kind = LetterKind::Confirm {
        name: person.name.clone(),
        purpose,
        hours: CHALLENGE_HOURS,
        address: address.clone(),
    };
    let about = About {
        challenge: Some(id),
        other_address: address,
        ..About::default()
    };
    let mut letter = answer(person, message, kind, about);
    letter.reply_to = ReplyTo::Challenge;
    decision.letters.push(letter);
    decision
}

/// The answer to such a question. `None` where it says something else, comes from somebody else, or too late: it is read
/// like any message then.
fn answered(
    settings: &Settings,
    facts: &Facts,
    person: &Person,
    message: &Message,
    challenge: &Challenge,
) -> Option<Decision> {
    let says_it = matches!(
        (message.said.intent?, challenge.purpose),
        (Intent::Answer, _) | (Intent::MyData, Purpose::Data) | (Intent::ForgetMe, Purpose::Erase)
    );
    let action = match challenge.purpose {
        Purpose::Data => Action::MyData,
        Purpose::Erase => Action::ForgetMe,
        Purpose::OldAddress | Purpose::NewAddress => Action::ChangeAddress,
    };
    if !says_it || !may(action, message.evidence) {
        return None;
    }
    if challenge.used {
        return Some(Decision::ignored(
            "this question has been answered before; it counts once",
        ));
    }
    if facts.now - challenge.made > TimeDelta::hours(i64::from(CHALLENGE_HOURS)) {
        return Some(match challenge.purpose {
            Purpose::Data | Purpose::Erase => {
                question(facts, person, message, challenge.purpose, None)
            }
            // Nothing changed; they can ask anew.
            Purpose::OldAddress | Purpose::NewAddress => {
                ask_again(person, message, Asked::Word, None)
            }
        });
    }
    let mut decision = match challenge.purpose {
        Purpose::Data => data(facts, person, message),
        Purpose::Erase => forget(settings, facts, person, Some(message)),
        Purpose::OldAddress => moving::old_confirmed(settings, facts, person, message),
        Purpose::NewAddress => moving::new_confirmed(facts, person, message),
    };
    decision.changes.insert(
        0,
        Change::ChallengeUsed {
            challenge: challenge.id,
        },
    );
    Some(decision)
}

fn data(facts: &Facts, person: &Person, message: &Message) -> Decision {
    let mut decision = Decision::noting(format!("person {} gets their data", person.id));
    let today = facts.now.with_timezone(&person.zone).date_naive();
    let kind = LetterKind::MyData {
        name: person.name.clone(),
        again_on: today + Days::new(DATA_EVERY_DAYS),
    };
    decision
        .letters
        .push(answer(person, message, kind, About::default()));
    decision
}

/// Takes somebody out of everything and erases them once their last letter has left. Partners are told kindly.
pub fn forget(
    settings: &Settings,
    facts: &Facts,
    person: &Person,
    message: Option<&Message>,
) -> Decision {
    let mut decision = leave(settings, facts, person);
    decision.note = format!("person {} is to be erased", person.id);
    let kind = LetterKind::Forgotten {
        name: person.name.clone(),
        backups_days: settings.retention.backups_days,
    };
    decision.letters.push(match message {
        Some(message) => answer(person, message, kind, About::default()),
        None => {
            let occurrence = format!("command-{}", facts.now.timestamp());
            Letter::to(person.id, kind, occurrence, About::default())
        }
    });
    // From here on nothing else goes to them.
    decision.changes.push(Change::Stop { person: person.id });
    decision.occasions.push((
        Occasion::Erase {
            person: person.id,
            since: facts.now.date_naive(),
        },
        facts.now + TimeDelta::minutes(1),
    ));
    decision
}

/// Out of every partnership and every application, without a letter to themselves.
fn leave(settings: &Settings, facts: &Facts, person: &Person) -> Decision {
    partnership::leave(settings, facts, person.id, Ended::Withdrew)
}

/// The day has come: everything about them goes, as soon as nothing that concerns them is on its way.
pub fn erase(settings: &Settings, facts: &Facts, person: PersonId, since: NaiveDate) -> Decision {
    let Some(who) = &facts.person else {
        return Decision::ignored("there is no such person any more");
    };
    let waited = (facts.now.date_naive() - since).num_days();
    if facts.rights.is_under_way && waited <= LAST_LETTER_DAYS {
        return Decision {
            postpone: Some(facts.now + TimeDelta::minutes(LOOK_AGAIN_MINUTES)),
            ..Decision::noting("the last letter has not left yet")
        };
    }
    // They are out already, unless a coordinator has put them back in meanwhile.
    let mut decision = leave(settings, facts, who);
    decision.changes.push(Change::Erase { person });
    decision.note = "somebody was erased".into();
    decision
}

/// The same in a database that was put back from a backup. Everybody was told when it happened, so nobody is written to.
pub fn erase_again(settings: &Settings, facts: &Facts) -> Decision {
    let Some(person) = &facts.person else {
        return Decision::ignored("no such person");
    };
    let mut decision = leave(settings, facts, person);
    decision.letters.clear();
    decision.occasions.clear();
    decision.changes.push(Change::Erase { person: person.id });
    decision.note = "somebody was erased anew".into();
    decision
}

/// A coordinator's word does the same as the person's own.
pub fn erase_command(settings: &Settings, facts: &Facts) -> Decision {
    match &facts.person {
        Some(person) => forget(settings, facts, person, None),
        None => Decision::ignored("no such person"),
    }
}

// ------------------------------------------------------------ certificates

/// A certificate, to the address on file.
pub fn certificate(
    settings: &Settings,
    facts: &Facts,
    person: &Person,
    message: &Message,
) -> Decision {
    let kind = facts
        .rights
        .participation
        .as_ref()
        .and_then(|taken_part| certificate_letter(settings, facts, person, taken_part));
    let Some(kind) = kind else {
        return free_words(
            settings,
            facts,
            person,
            message,
            "asks for a certificate, but has not been in a round to its end",
        );
    };
    let mut decision = Decision::noting(format!("person {} asks for a certificate", person.id));
    decision
        .letters
        .push(answer(person, message, kind, About::default()));
    decision
}

/// The certificate, or when there will be one; neither for who was not there to the end.
fn certificate_letter(
    settings: &Settings,
    facts: &Facts,
    person: &Person,
    taken_part: &Participation,
) -> Option<LetterKind> {
    let round = timetable::round(settings, &taken_part.round);
    let name = person.name.clone();
    let today = facts.now.with_timezone(&person.zone).date_naive();
    match (taken_part.until, round) {
        (Some(until), _) => taken_part.finished.then(|| LetterKind::Certificate {
            name,
            round_name: round.map_or_else(|| taken_part.round.clone(), |round| round.name.clone()),
            from: taken_part.from,
            // The day after the last one is when the round was closed.
            until: round.map_or(until, |round| round.end.min(until)),
        }),
        // The closing letter offers it, and the round is closed on the day after that.
        (None, Some(round)) if today >= round.end => Some(LetterKind::Certificate {
            name,
            round_name: round.name.clone(),
            from: taken_part.from,
            until: round.end,
        }),
        (None, Some(round)) => Some(LetterKind::CertificateLater {
            name,
            from: round.end,
        }),
        (None, None) => None,
    }
}

// ------------------------------------------------------------ retention

/// Nobody of whom something was heard after this moment needs to be looked at.
pub fn inactive_before(settings: &Settings, now: Moment) -> Moment {
    let rules = settings.retention;
    let told_on = now + TimeDelta::days(i64::from(rules.notice_days));
    told_on
        .checked_sub_months(Months::new(rules.months))
        .unwrap_or(now)
}

/// The daily look: who has not taken part for long is told, and erased when the notice has passed.
pub fn retention(settings: &Settings, facts: &Facts) -> Decision {
    let rules = settings.retention;
    let mut decision = Decision::default();
    let (mut told, mut erased) = (0, 0);
    for one in &facts.rights.inactive {
        let Inactive {
            person,
            since,
            noticed,
        } = one;
        let today = facts.now.with_timezone(&person.zone).date_naive();
        let on = since
            .date_naive()
            .checked_add_months(Months::new(rules.months))
            .unwrap_or(today);
        // A stranger's address was given for one answer; a letter about it a year later would be the second.
        let may_be_told = person.may_be_written_to(today) && !person.name.is_empty();
        let notice = TimeDelta::days(i64::from(rules.notice_days));
        match noticed {
            Some(noticed) if facts.now - *noticed >= notice => {
                erased += 1;
                decision.changes.push(Change::Erase { person: person.id });
            }
            Some(_) => {}
            None if may_be_told => {
                told += 1;
                decision
                    .changes
                    .push(Change::RetentionNoticed { person: person.id });
                decision.letters.push(Letter {
                    to: Recipient::Person(person.id),
                    kind: LetterKind::ErasureNotice {
                        name: person.name.clone(),
                        on: on.max(today + Days::new(u64::from(rules.notice_days))),
                        months: rules.months,
                    },
                    occurrence: timetable::day_word(today),
                    about: About::default(),
                    reply_to: ReplyTo::Token,
                    not_before: Some(pace::next_free_morning(settings, facts, person)),
                });
            }
            None if today >= on => {
                erased += 1;
                decision.changes.push(Change::Erase { person: person.id });
            }
            None => {}
        }
    }
    decision.changes.push(Change::DropBytes {
        before: facts.now - TimeDelta::days(i64::from(rules.mail_days)),
    });
    decision.occasions = timetable::calendar(settings, facts.now);
    decision.note = format!("{told} told that they will be erased, {erased} erased");
    decision
}
