//! Those without a partner while a round is under way: what they are told, what they can choose by reply, and how
//! somebody who has lost or given up a place comes back.

use super::application::{Answer, Answers, Wishes};
use super::applying;
use super::conversation::{answer, free_words};
use super::decision::{Change, Decision};
use super::event::{Answered, Message};
use super::facts::{Application, ApplicationState, Facts, Person};
use super::letter::{About, Letter, LetterKind, Relaxable, Taken};
use super::settings::{Round, Settings};
use super::{coordinating, form_text, timetable};

/// Why somebody has no partner now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// The matching found nobody.
    NobodyFits,
    /// The one who was found has left before the introduction.
    PartnerLeft,
}

/// "No partner yet", with the choices: keep looking, the next round, or a "must" that becomes a "would like". `gains` says
/// for the question of each "must" how many people could be their partner without it.
pub fn unmatched(
    settings: &Settings,
    round: &Round,
    person: &Person,
    answers: &Answers,
    because: Because,
    gains: &[(String, u32)],
    occurrence: String,
) -> Letter {
    let musts = wishes(answers)
        .map(|it| it.must.clone())
        .unwrap_or_default();
    let words = musts
        .iter()
        .map(|(question, options)| Relaxable {
            wish: form_text::wish_words(&settings.form, question, options, &person.language),
            possible: gains.iter().find(|it| it.0 == *question).map(|it| it.1),
        })
        .collect();
    Letter::to(
        person.id,
        LetterKind::Unmatched {
            name: person.name.clone(),
            dates: timetable::dates(round),
            pool_until: timetable::pool_end(settings, round),
            partner_left: because == Because::PartnerLeft,
            wishes: words,
            next: timetable::next_round(settings, &round.id).map(timetable::dates),
        },
        occurrence,
        About {
            round: Some(round.id.clone()),
            wishes: musts.into_keys().collect(),
            ..About::default()
        },
    )
}

fn wishes(answers: &Answers) -> Option<&Wishes> {
    match answers.get("wishes") {
        Some(Answer::Wishes(wishes)) => Some(wishes),
        _ => None,
    }
}

/// The number of a choice in answer to the letter about being without a partner.
pub fn chosen(
    settings: &Settings,
    facts: &Facts,
    person: &Person,
    message: &Message,
    asked: &Answered,
    choice: u8,
) -> Decision {
    let waiting = facts
        .application
        .as_ref()
        .filter(|application| application.state == ApplicationState::Pool)
        .and_then(|application| {
            Some((application, timetable::round(settings, &application.round)?))
        });
    let Some((application, round)) = waiting else {
        return free_words(
            settings,
            facts,
            person,
            message,
            "chooses what to do without a partner, but does not wait for one now",
        );
    };
    let pool_until = Some(timetable::pool_end(settings, round));
    match choice {
        1 => {
            let mut decision = Decision::noting(format!("person {} keeps waiting", person.id));
            decision
                .letters
                .push(taken(person, message, Taken::Waits, None, pool_until, None));
            decision
        }
        2 => next_round(settings, facts, person, message, application),
        _ => match asked.about.wishes.get(usize::from(choice) - 3) {
            Some(question) => relax(settings, person, message, application, question, pool_until),
            None => free_words(
                settings,
                facts,
                person,
                message,
                "names a choice that the letter does not have",
            ),
        },
    }
}

/// Whoever was left out wants the next round, and none has a date yet: they are invited when one has, and come first.
pub fn for_a_round_to_come(
    person: &Person,
    message: &Message,
    application: &Application,
) -> Decision {
    let mut decision = Decision::noting(format!(
        "person {} would like to be in the next round, which has no date yet",
        person.id
    ));
    decision.changes.push(Change::Owed {
        application: application.id,
    });
    decision
        .letters
        .push(taken(person, message, Taken::NextRound, None, None, None));
    decision
}

/// No more looking in this round: the next one, before the others.
fn next_round(
    settings: &Settings,
    facts: &Facts,
    person: &Person,
    message: &Message,
    application: &Application,
) -> Decision {
    let mut decision = Decision::noting(format!("person {} prefers the next round", person.id));
    decision.changes.push(Change::ApplicationState {
        application: application.id,
        state: ApplicationState::Finished,
    });
    decision.changes.push(Change::Owed {
        application: application.id,
    });
    let mut fresh = facts.fresh.application;
    decision.changes.extend(applying::moved_to_next_round(
        settings,
        application,
        &mut fresh,
    ));
    let next = timetable::next_round(settings, &application.round).map(timetable::dates);
    decision
        .letters
        .push(taken(person, message, Taken::NextRound, next, None, None));
    decision
}

/// A "must" becomes a "would like"; tomorrow's matching knows it.
fn relax(
    settings: &Settings,
    person: &Person,
    message: &Message,
    application: &Application,
    question: &str,
    pool_until: Option<chrono::NaiveDate>,
) -> Decision {
    let mut answers = application.answers.clone();
    let mut words = question.to_string();
    if let Some(Answer::Wishes(wishes)) = answers.get_mut("wishes") {
        let options = match wishes.must.remove(question) {
            Some(options) => {
                wishes.like.insert(question.to_string(), options.clone());
                options
            }
            // They said so before.
            None => wishes.like.get(question).cloned().unwrap_or_default(),
        };
        words = form_text::wish_words(&settings.form, question, &options, &person.language);
    }
    let mut decision = Decision::noting(format!(
        "application {}: a wish is no longer a must",
        application.id
    ));
    decision.changes.push(Change::Application {
        id: application.id,
        person: person.id,
        round: application.round.clone(),
        state: application.state,
        answers,
        unclear: application.unclear.clone(),
        arrived: application.arrived,
        priority: application.priority,
    });
    decision.letters.push(taken(
        person,
        message,
        Taken::Relaxed,
        None,
        pool_until,
        Some(words),
    ));
    decision
}

/// One word brings back whoever lost the place through silence, or left: into the pool while there is one, else into
/// the next round.
pub fn come_back(
    settings: &Settings,
    facts: &Facts,
    person: &Person,
    message: &Message,
) -> Decision {
    let Some(application) = &facts.application else {
        return applying::send_form(settings, facts, Some(person), message);
    };
    let under_way = timetable::round(settings, &application.round).filter(|round| {
        timetable::matching(settings, round) <= facts.now
            && timetable::pool_is_open(settings, round, facts.now)
    });
    let lost = matches!(
        application.state,
        ApplicationState::Silent | ApplicationState::Withdrawn | ApplicationState::LeftOut
    );
    match under_way {
        Some(round) if lost => {
            let mut decision = Decision::noting(format!("person {} is back", person.id));
            decision.changes.push(Change::ApplicationState {
                application: application.id,
                state: ApplicationState::Pool,
            });
            // Who comes back was not silent through the round.
            decision.changes.push(Change::SilenceLifted {
                person: person.id,
                round: Some(round.id.clone()),
            });
            let until = Some(timetable::pool_end(settings, round));
            decision
                .letters
                .push(taken(person, message, Taken::Back, None, until, None));
            decision
        }
        _ if lost => applying::form_filled(settings, facts, person, message),
        _ => free_words(
            settings,
            facts,
            person,
            message,
            "says that they are back, and has not been away",
        ),
    }
}

/// Somebody tells what a letter has invited them to tell: why they have left, what stays with them. The coordinators read
/// it, and nobody has to act. `what` says what they did, as a notice words it.
pub fn told(
    settings: &Settings,
    facts: &Facts,
    person: &Person,
    message: &Message,
    what: &str,
) -> Decision {
    let mut decision = Decision::noting(format!("person {} {what}", person.id));
    let words: String = message.text.chars().take(WORDS_MAX_CHARS).collect();
    decision.letters = coordinating::notice(
        settings,
        &format!("told-{}", message.inbox),
        &format!(
            "{} (person {}) {what}. They have been thanked; nothing needs to be done.\n\n{words}",
            person.name, person.id
        ),
    );
    if facts.brakes.answers_last_day < settings.ceilings.answers_per_address_per_day {
        decision
            .letters
            .push(taken(person, message, Taken::ToldWhy, None, None, None));
    }
    decision
}

const WORDS_MAX_CHARS: usize = 4_000;

/// The answer to a choice.
pub fn taken(
    person: &Person,
    message: &Message,
    taken: Taken,
    dates: Option<super::letter::Dates>,
    pool_until: Option<chrono::NaiveDate>,
    wish: Option<String>,
) -> Letter {
    let kind = LetterKind::ChoiceTaken {
        name: person.name.clone(),
        taken,
        dates,
        wish,
        pool_until,
    };
    answer(person, message, kind, About::default())
}
