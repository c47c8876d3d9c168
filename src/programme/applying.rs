//! The application: what a filled form means, what is still missing, when somebody is in.

use chrono_tz::Tz;

use super::application::{Answer, Answers, Form, QuestionKind, Unclear};
use super::decision::{Change, Decision, Occasion};
use super::event::{Due, Message};
use super::facts::{Application, ApplicationState, Facts, Person};
use super::letter::{About, Letter, LetterKind, Open, Taken};
use super::settings::{Acceptance, Round, Settings};
use super::{conversation, form_text, newcomers, timetable, waiting};
use crate::ids::{ApplicationId, PersonId};

/// Answers a stranger, or somebody who wants to apply, with the form letter.
pub fn send_form(
    settings: &Settings,
    facts: &Facts,
    person: Option<&Person>,
    message: &Message,
) -> Decision {
    let Some((round, in_pool)) = round_of_answers(settings, facts) else {
        return newcomers::no_round(settings, facts, person, message);
    };
    let mut decision = Decision::noting(format!("form letter for round {}", round.id));
    let (id, language) = match person {
        Some(person) => (person.id, person.language.clone()),
        None => {
            let Some(address) = &message.from else {
                return Decision::ignored("no sender to answer");
            };
            let newcomer = newcomers::newcomer_at(settings, facts, address);
            decision.changes.push(Change::new_person(&newcomer));
            (newcomer.id, newcomer.language)
        }
    };
    // An alumna gets her last answers back to confirm or correct; for a stranger the form is empty.
    let known = facts
        .application
        .as_ref()
        .map(|application| application.answers.clone())
        .unwrap_or_default();
    decision.changes.push(Change::FormSent { person: id });
    decision.letters.push(Letter::to(
        id,
        LetterKind::Form {
            dates: timetable::dates(round),
            open: round.opens <= facts.now.date_naive(),
            pool_until: in_pool.then(|| timetable::pool_end(settings, round)),
            form: form_text::write(&settings.form, &known, &language),
        },
        format!("message-{}", message.inbox),
        About::round(round.id.clone()),
    ));
    decision
}

/// A form came back, whole or in part, as a first answer or as a correction.
pub fn form_filled(
    settings: &Settings,
    facts: &Facts,
    person: &Person,
    message: &Message,
) -> Decision {
    let Some(recorded) = recorded(settings, facts, message) else {
        return newcomers::no_round(settings, facts, Some(person), message);
    };
    let Recorded {
        round,
        in_pool,
        answers,
    } = recorded;
    let last = facts.application.as_ref();
    let before = last.filter(|application| application.round == round.id);
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

    let profile = Profile::of(settings, person, &answers);
    let open = open_questions(&settings.form, &answers, &unclear, &profile.language);
    let complete = !open.iter().any(|question| question.required);
    let state = match (complete, settings.acceptance) {
        (false, _) => ApplicationState::Incomplete,
        (true, Acceptance::ByRule) if in_pool => ApplicationState::Pool,
        (true, _) if before.is_some_and(|it| it.state == ApplicationState::Pool) => {
            ApplicationState::Pool
        }
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
        priority: before.is_some_and(|application| application.priority)
            || last.is_some_and(|earlier| earlier.owed),
    });
    decision
        .changes
        .push(Change::ApplicationConfirmed { application: id });
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
            accepted: matches!(state, ApplicationState::Accepted | ApplicationState::Pool),
            for_next_round: !in_pool
                && settings.rounds.iter().any(|other| {
                    other.id != round.id
                        && timetable::deadline(other) <= facts.now
                        && other.end >= facts.now.date_naive()
                }),
            few_partners: few_partners(settings, facts, &answers, &profile.language),
            pool_until: in_pool.then(|| timetable::pool_end(settings, round)),
            until: correctable_until(settings, round),
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
    let about = About::round(round.id.clone());
    decision
        .letters
        .push(conversation::answer(person, message, kind, about));
    decision
}

/// The last day on which corrections count for the round: the one before the matching.
fn correctable_until(settings: &Settings, round: &Round) -> chrono::NaiveDate {
    let matching = timetable::matching(settings, round)
        .with_timezone(&settings.zone)
        .date_naive();
    matching.pred_opt().unwrap_or(matching)
}

/// Whether the answers in a message only came back quoted under other words. A letter that confirms shows what is
/// recorded, broken into lines and with our own words between: quoted, it is no form, and none of it is an answer.
/// Without any words of their own it may be, since some people write on the quoted lines.
pub fn only_quoted(message: &Message) -> bool {
    const CONFIRMATIONS: [&str; 4] = ["complete", "accepted", "capped", "still-with-us"];
    let answers_one = message
        .answers_letter
        .as_ref()
        .is_some_and(|asked| CONFIRMATIONS.contains(&asked.kind.as_str()));
    let said = &message.said;
    let has_answers = !said.answers.is_empty() || !said.unclear.is_empty();
    answers_one && has_answers && !said.answers_anew && !message.text.trim().is_empty()
}

/// What an application says once the message's answers are in it, and for which round.
pub struct Recorded<'a> {
    pub round: &'a Round,
    /// The applicant waits in the pool of a round that is under way.
    pub in_pool: bool,
    pub answers: Answers,
}

/// Answers are written over those of the last application, in whatever round that was: an alumna confirms or corrects
/// what she said before. `None` where no round takes applications.
pub fn recorded<'a>(
    settings: &'a Settings,
    facts: &Facts,
    message: &Message,
) -> Option<Recorded<'a>> {
    let (round, in_pool) = round_of_answers(settings, facts)?;
    let mut answers = facts
        .application
        .as_ref()
        .map(|application| application.answers.clone())
        .unwrap_or_default();
    let said = &message.said.answers;
    answers.extend(said.iter().map(|(id, answer)| (id.clone(), answer.clone())));
    Some(Recorded {
        round,
        in_pool,
        answers,
    })
}

/// The round that a filled form speaks of, and whether it is for the pool there. Until the matching it corrects an
/// application that is open, in the pool it helps to find a partner; what comes too late is for the pool where the
/// config takes late applicants, else for the next round.
fn round_of_answers<'a>(settings: &'a Settings, facts: &Facts) -> Option<(&'a Round, bool)> {
    let now = facts.now;
    if let Some(application) = &facts.application
        && let Some(round) = timetable::round(settings, &application.round)
    {
        let in_time =
            application.state != ApplicationState::Incomplete || timetable::deadline(round) > now;
        if application.state.open() && in_time && timetable::matching(settings, round) > now {
            return Some((round, false));
        }
        if application.state == ApplicationState::Pool
            && timetable::pool_is_open(settings, round, now)
        {
            return Some((round, true));
        }
    }
    let next = timetable::round_for_application(settings, now);
    let under_way = timetable::round_with_pool(settings, now).filter(|_| settings.late_to_pool);
    let next_is_open = next.is_some_and(|round| round.opens <= now.date_naive());
    // Whoever had a place in the round that is under way, and has it no more, waits for the next one.
    let has_had_a_place = |round: &Round| {
        facts
            .application
            .as_ref()
            .is_some_and(|it| it.round == round.id && it.state != ApplicationState::Incomplete)
    };
    match under_way.filter(|round| !next_is_open && !has_had_a_place(round)) {
        Some(round) => Some((round, true)),
        None => next.map(|round| (round, false)),
    }
}

/// A warning where "must" wishes leave few partners: how many so far, and the wish that costs most.
fn few_partners(
    settings: &Settings,
    facts: &Facts,
    answers: &Answers,
    language: &str,
) -> Option<(u32, String)> {
    let demands = facts
        .demands
        .as_ref()
        .filter(|demands| demands.possible < FEW_PARTNERS)?;
    let (question, without) = demands.without.iter().max_by_key(|(_, count)| *count)?;
    let Some(Answer::Wishes(wishes)) = answers.get("wishes") else {
        return None;
    };
    let options = wishes.must.get(question)?;
    (*without > demands.possible).then(|| {
        let words = form_text::wish_words(&settings.form, question, options, language);
        (demands.possible, words)
    })
}

/// Below so many, a partner is far from certain: the others have wishes, too.
pub const FEW_PARTNERS: u32 = 10;

/// Who was silent twice and has the time after all gets the invitation that the others got.
fn invited_again(
    settings: &Settings,
    facts: &Facts,
    person: &Person,
    message: &Message,
) -> Decision {
    let (Some(round), Some(last)) = (
        timetable::round_for_application(settings, facts.now),
        &facts.application,
    ) else {
        return send_form(settings, facts, Some(person), message);
    };
    let mut decision = Decision::noting(format!("person {} has the time again", person.id));
    let kind = LetterKind::Invitation {
        name: person.name.clone(),
        dates: timetable::dates(round),
        form: form_text::write(&settings.form, &last.answers, &person.language),
        carried: false,
        first: false,
    };
    let about = About::round(round.id.clone());
    decision
        .letters
        .push(conversation::answer(person, message, kind, about));
    decision
}

/// People answer a question in their own words: "Yes, I am still in." What only says that somebody takes part may be
/// read from a sentence, as long as it asks nothing back.
pub fn is_yes_in_a_sentence(message: &Message, asked: &str) -> bool {
    let asks_for_yes = matches!(
        asked,
        "invitation" | "invitation-question" | "still-with-us" | "left-out"
    );
    let text = message.text.trim();
    if !asks_for_yes
        || message.said.intent.is_some()
        || text.contains(['?', '¿'])
        || text.chars().count() > SENTENCE_MAX_CHARS
    {
        return false;
    }
    begins_with_yes(text)
}

fn begins_with_yes(text: &str) -> bool {
    let text = text.trim_start_matches(|c: char| !c.is_alphabetic());
    let end = text
        .find(|c: char| !c.is_alphabetic())
        .unwrap_or(text.len());
    let then = text[end..].chars().next();
    match text[..end].to_lowercase().as_str() {
        "yes" | "yep" | "sure" | "oui" | "sí" => true,
        // Written without its accent it is a yes where the sentence stops after it; else it is an "if".
        "si" => then.is_none_or(|c| ",.;:!\n\r".contains(c)),
        _ => false,
    }
}

const SENTENCE_MAX_CHARS: usize = 300;

/// "Yes" in answer to a letter that asks whether somebody is with us, still or again; `None` for other letters.
pub fn yes(
    settings: &Settings,
    facts: &Facts,
    person: &Person,
    message: &Message,
    asked: &str,
) -> Option<Decision> {
    let left_out = facts
        .application
        .as_ref()
        .filter(|application| application.state == ApplicationState::LeftOut);
    match (asked, left_out) {
        ("left-out", Some(application))
            if timetable::round_for_application(settings, facts.now).is_none() =>
        {
            return Some(waiting::for_a_round_to_come(person, message, application));
        }
        // They are here, some days too late for the matching: the pool of this round is still open.
        ("still-with-us", Some(_)) => {
            return Some(waiting::come_back(settings, facts, person, message));
        }
        _ => {}
    }
    match asked {
        "invitation" | "left-out" => Some(form_filled(settings, facts, person, message)),
        // A filled form says yes by itself; who sends it back as it was means the same.
        "form" if facts.application.is_some() => {
            Some(form_filled(settings, facts, person, message))
        }
        "invitation-question" => Some(invited_again(settings, facts, person, message)),
        "still-with-us" | "complete" | "accepted" | "capped" => {
            let application = facts
                .application
                .as_ref()
                .filter(|application| application.state.open())?;
            let round = timetable::round(settings, &application.round)?;
            let mut decision =
                Decision::noting(format!("application {} still counts", application.id));
            decision.changes.push(Change::ApplicationConfirmed {
                application: application.id,
            });
            let kind = LetterKind::ChoiceTaken {
                name: person.name.clone(),
                taken: Taken::Stays,
                dates: Some(timetable::dates(round)),
                wish: None,
                pool_until: None,
            };
            let about = About::round(round.id.clone());
            decision
                .letters
                .push(conversation::answer(person, message, kind, about));
            Some(decision)
        }
        _ => None,
    }
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
    decision.letters.push(Letter::to(
        person.id,
        missing_letter(
            settings,
            round,
            &person.name,
            &person.language,
            open,
            &application.answers,
            true,
        ),
        format!("{}-reminder-{number}", round.id),
        About::round(round.id.clone()),
    ));
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
    Some(carried_to(next, application, id))
}

/// The same application in another round, before the others there.
pub fn carried_to(round: &Round, application: &Application, id: ApplicationId) -> Change {
    Change::ApplicationCarried {
        application: application.id,
        id,
        round: round.id.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::begins_with_yes;

    #[test]
    fn a_sentence_says_yes_with_its_first_word() {
        for text in [
            "Yes, I am still in.",
            "¡Sí! Sigo con mucho gusto.",
            "Si, sigo.",
            "Si.",
            "Oui je reste.",
            "- sure",
        ] {
            assert!(begins_with_yes(text), "{text}");
        }
        // "If", in Spanish and in French.
        for text in [
            "Si encuentro tiempo, sigo.",
            "Si je trouve le temps.",
            "No, yes was last time",
            "Yesterday I thought so",
            "",
        ] {
            assert!(!begins_with_yes(text), "{text}");
        }
    }
}
