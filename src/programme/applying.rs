//! The application: what a filled form means, what is still missing, when somebody is in.

use chrono_tz::Tz;

use super::application::{Answer, Answers, Form, QuestionKind, Unclear};
use super::decision::{Change, Decision, Occasion};
use super::event::{Due, Message};
use super::facts::{Application, ApplicationState, Facts, Person};
use super::letter::{About, Letter, LetterKind, Open, Recipient, ReplyTo};
use super::settings::{Acceptance, Round, Settings};
use super::{conversation, form_text, timetable};
use crate::ids::{ApplicationId, PersonId};

/// Answers a stranger, or somebody who wants to apply, with the form letter.
pub fn send_form(
    settings: &Settings,
    facts: &Facts,
    person: Option<&Person>,
    message: &Message,
) -> Decision {
    let Some(round) = timetable::round_for_application(settings, facts.now) else {
        return conversation::no_round(settings, facts, person, message);
    };
    let mut decision = Decision::noting(format!("form letter for round {}", round.id));
    let (id, language) = match person {
        Some(person) => (person.id, person.language.clone()),
        None => {
            let id = PersonId(facts.fresh.person);
            let language = settings
                .languages
                .first()
                .cloned()
                .unwrap_or_else(|| "en".into());
            let Some(address) = message.from.clone() else {
                return Decision::ignored("no sender to answer");
            };
            decision.changes.push(Change::NewPerson {
                id,
                address,
                language: language.clone(),
            });
            (id, language)
        }
    };
    // An alumna gets her last answers back to confirm or correct; for a stranger the form is empty.
    let known = facts
        .application
        .as_ref()
        .map(|application| application.answers.clone())
        .unwrap_or_default();
    decision.changes.push(Change::FormSent { person: id });
    decision.letters.push(Letter {
        to: Recipient::Person(id),
        kind: LetterKind::Form {
            dates: timetable::dates(round),
            open: round.opens <= facts.now.date_naive(),
            form: form_text::write(&settings.form, &known, &language),
        },
        occurrence: format!("message-{}", message.inbox),
        about: About {
            round: Some(round.id.clone()),
            ..About::default()
        },
        reply_to: ReplyTo::Token,
        not_before: None,
    });
    decision
}

/// A form came back, whole or in part, as a first answer or as a correction.
pub fn form_filled(
    settings: &Settings,
    facts: &Facts,
    person: &Person,
    message: &Message,
) -> Decision {
    let Some(round) = round_of_answers(settings, facts) else {
        return conversation::no_round(settings, facts, Some(person), message);
    };
    let before = facts
        .application
        .as_ref()
        .filter(|application| application.round == round.id);
    let mut answers = before
        .map(|application| application.answers.clone())
        .unwrap_or_default();
    let mut unclear: Vec<Unclear> = before
        .map(|application| application.unclear.clone())
        .unwrap_or_default();
    unclear.retain(|open| {
        !message.said.answers.contains_key(&open.question)
            && !message
                .said
                .unclear
                .iter()
                .any(|new| new.question == open.question)
    });
    unclear.extend(message.said.unclear.iter().cloned());
    answers.extend(
        message
            .said
            .answers
            .iter()
            .map(|(id, answer)| (id.clone(), answer.clone())),
    );

    let profile = Profile::of(settings, person, &answers);
    let open = open_questions(&settings.form, &answers, &unclear, &profile.language);
    let complete = !open.iter().any(|question| question.required);
    let state = match (complete, settings.acceptance) {
        (false, _) => ApplicationState::Incomplete,
        (true, Acceptance::ByRule) => ApplicationState::Accepted,
        // A correction does not take an acceptance back.
        (true, Acceptance::ByHand)
            if before.is_some_and(|it| it.state == ApplicationState::Accepted) =>
        {
            ApplicationState::Accepted
        }
        (true, Acceptance::ByHand) => ApplicationState::Complete,
    };
    let id = before.map_or(ApplicationId(facts.fresh.application), |application| {
        application.id
    });
    let mut decision = Decision::noting(format!(
        "application {id} for round {}: {state:?}",
        round.id
    ));
    decision.changes.push(profile.change(person.id));
    decision.changes.push(Change::Application {
        id,
        person: person.id,
        round: round.id.clone(),
        state,
        answers: answers.clone(),
        unclear,
        arrived: before.map_or(facts.now, |application| application.arrived),
        priority: before.is_some_and(|application| application.priority),
    });
    if !complete {
        decision
            .occasions
            .extend(reminders(settings, round, person.id, profile.zone, facts));
    }
    let kind = if complete {
        LetterKind::Complete {
            name: profile.name,
            dates: timetable::dates(round),
            recorded: form_text::lines(&settings.form, &answers, &profile.language, false),
            partner_sees: form_text::lines(&settings.form, &answers, &profile.language, true),
            accepted: state == ApplicationState::Accepted,
            for_next_round: settings.rounds.iter().any(|other| {
                other.id != round.id
                    && timetable::deadline(other) <= facts.now
                    && other.end >= facts.now.date_naive()
            }),
            few_partners: None,
        }
    } else {
        missing_letter(
            settings,
            round,
            &profile.name,
            &profile.language,
            open,
            &answers,
            false,
        )
    };
    decision.letters.push(Letter {
        to: Recipient::Person(person.id),
        kind,
        occurrence: format!("message-{}", message.inbox),
        about: About {
            round: Some(round.id.clone()),
            ..About::default()
        },
        reply_to: ReplyTo::Token,
        not_before: None,
    });
    decision
}

/// The round that a filled form speaks of: until the matching it corrects an application that is open, afterwards it is
/// one for the next round.
fn round_of_answers<'a>(settings: &'a Settings, facts: &Facts) -> Option<&'a Round> {
    let open = facts
        .application
        .as_ref()
        .filter(|application| application.state.open());
    open.and_then(|application| timetable::round(settings, &application.round))
        .filter(|round| timetable::morning(settings, round.matching, settings.zone) > facts.now)
        .or_else(|| timetable::round_for_application(settings, facts.now))
}

/// Asks once more for what is missing, while there is time.
pub fn reminder(settings: &Settings, facts: &Facts, due: &Due, number: u32) -> Decision {
    let (Some(person), Some(application)) = (&facts.person, &facts.application) else {
        return Decision::ignored("the application is gone");
    };
    let Some(round) = timetable::round(settings, &application.round) else {
        return Decision::ignored("the round is no longer in the config");
    };
    if application.state != ApplicationState::Incomplete {
        return Decision::ignored("the application is complete, or has ended");
    }
    if timetable::deadline(round) <= facts.now {
        return Decision::ignored("the deadline has passed");
    }
    if (facts.now - due.due_at).num_hours() > i64::from(settings.catch_up.reminders_hours) {
        return Decision::ignored("too late to be useful");
    }
    if !person.may_be_written_to(facts.now.with_timezone(&person.zone).date_naive()) {
        return Decision::ignored("no unprompted mail to this person");
    }
    if let Some(later) = super::pace::not_today(settings, facts, person) {
        return later;
    }
    let open = open_questions(
        &settings.form,
        &application.answers,
        &application.unclear,
        &person.language,
    );
    let mut decision = Decision::noting(format!(
        "reminder {number} for application {}",
        application.id
    ));
    decision.letters.push(Letter {
        to: Recipient::Person(person.id),
        kind: missing_letter(
            settings,
            round,
            &person.name,
            &person.language,
            open,
            &application.answers,
            true,
        ),
        occurrence: format!("{}-reminder-{number}", round.id),
        about: About {
            round: Some(round.id.clone()),
            ..About::default()
        },
        reply_to: ReplyTo::Token,
        not_before: None,
    });
    decision
}

fn missing_letter(
    settings: &Settings,
    round: &Round,
    name: &str,
    language: &str,
    open_questions: Vec<Open>,
    answers: &Answers,
    reminder: bool,
) -> LetterKind {
    LetterKind::Missing {
        name: name.to_string(),
        dates: timetable::dates(round),
        open_questions,
        form: form_text::write(&settings.form, answers, language),
        reminder,
    }
}

fn reminders(
    settings: &Settings,
    round: &Round,
    person: PersonId,
    zone: Tz,
    facts: &Facts,
) -> Vec<(Occasion, crate::time::Moment)> {
    round
        .reminders
        .iter()
        .zip(1..)
        .map(|(date, number)| {
            let occasion = Occasion::Reminder {
                round: round.id.clone(),
                person,
                number,
            };
            (occasion, timetable::morning(settings, *date, zone))
        })
        .filter(|(_, at)| *at > facts.now)
        .collect()
}

/// What the form still lacks: first what is required, then what was written but could not be read.
pub fn open_questions(
    form: &Form,
    answers: &Answers,
    unclear: &[Unclear],
    language: &str,
) -> Vec<Open> {
    let mut open: Vec<Open> = form
        .questions
        .iter()
        .filter_map(|question| {
            let unread = unclear
                .iter()
                .find(|unclear| unclear.question == question.id);
            let missing =
                question.required && !is_answered(question.kind, answers.get(&question.id));
            (unread.is_some() || missing).then(|| Open {
                label: question.label.of(language).to_string(),
                written: unread.map(|unclear| unclear.written.clone()),
                why: unread.map(|unclear| unclear.why),
                required: missing,
            })
        })
        .collect();
    open.sort_by_key(|question| !question.required);
    open
}

/// A required yes/no question is a promise: "no" does not answer it.
fn is_answered(kind: QuestionKind, answer: Option<&Answer>) -> bool {
    match answer {
        None => false,
        Some(Answer::YesNo(yes)) => *yes || kind != QuestionKind::YesNo,
        Some(Answer::One(text)) => !text.trim().is_empty(),
        Some(Answer::Many(list)) => !list.is_empty(),
        Some(Answer::Wishes(_)) => true,
    }
}

/// What the answers say about the person themselves, for every later letter.
struct Profile {
    name: String,
    language: String,
    zone: Tz,
    second_address: Option<String>,
}

impl Profile {
    fn of(settings: &Settings, person: &Person, answers: &Answers) -> Profile {
        let text = |id: &str| {
            answers
                .get(id)
                .and_then(Answer::as_str)
                .map(str::trim)
                .filter(|text| !text.is_empty())
        };
        let spoken = answers
            .get("languages")
            .map(Answer::as_list)
            .unwrap_or_default();
        // People name the language first that they like best.
        let language = spoken
            .iter()
            .find(|language| settings.languages.contains(language))
            .or(settings.languages.first())
            .cloned()
            .unwrap_or_else(|| person.language.clone());
        Profile {
            name: text("name").unwrap_or(&person.name).to_string(),
            language,
            zone: text("zone")
                .and_then(|zone| zone.parse().ok())
                .unwrap_or(settings.zone),
            second_address: text("second_address").map(str::to_string),
        }
    }

    fn change(&self, person: PersonId) -> Change {
        Change::Profile {
            person,
            name: self.name.clone(),
            language: self.language.clone(),
            zone: self.zone,
            second_address: self.second_address.clone(),
        }
    }
}

/// An application that moves on to the next round, keeping its answers and its arrival, with priority.
pub fn moved_to_next_round(
    settings: &Settings,
    application: &Application,
    fresh: &mut i64,
) -> Option<Change> {
    let next = timetable::next_round(settings, &application.round)?;
    let id = ApplicationId(*fresh);
    *fresh += 1;
    Some(Change::Application {
        id,
        person: application.person,
        round: next.id.clone(),
        state: ApplicationState::Accepted,
        answers: application.answers.clone(),
        unclear: application.unclear.clone(),
        arrived: application.arrived,
        priority: true,
    })
}
