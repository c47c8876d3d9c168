//! Surveys: who is asked and when, and what becomes of the answers.
//!
//! Answers are kept apart from names. That somebody has answered is a fact about them; what was answered stands on a
//! sheet whose name follows from the person only under the master key, so that a later answer can take the place of an
//! earlier one. The mail that brought the answers is not kept. When the surveys of a round close, the sheets get other names,
//! and nothing leads back.

use chrono::Days;

use super::application::Answers;
use super::applying::open_questions;
use super::conversation::{answer, free_words};
use super::decision::{Change, Decision, Occasion};
use super::event::{Due, Message};
use super::facts::{ApplicationState, Facts, Person};
use super::letter::{About, Letter, LetterKind};
use super::settings::{Round, Settings, Survey};
use super::{form_text, pace, report, timetable};

/// Asks those who are in the round and may be written to; the reminder goes to those who have not answered.
pub fn ask(
    settings: &Settings,
    facts: &Facts,
    due: &Due,
    round_id: &str,
    survey_id: &str,
    reminder: bool,
) -> Decision {
    let (Some(round), Some(survey)) = (
        timetable::round(settings, round_id),
        settings.survey(survey_id),
    ) else {
        return Decision::ignored("the round or the survey is no longer in the config");
    };
    let (Some(person), Some(application)) = (&facts.person, &facts.application) else {
        return Decision::ignored("the application is gone");
    };
    if !matches!(
        application.state,
        ApplicationState::Paired | ApplicationState::Pool
    ) {
        return Decision::ignored("no longer in the round");
    }
    if application.state == ApplicationState::Paired && facts.partnership.is_none() {
        return Decision::ignored("a safety contact looks after them");
    }
    let today = facts.now.with_timezone(&person.zone).date_naive();
    if !person.may_be_written_to(today) {
        return Decision::ignored("no unprompted mail to this person");
    }
    if today > round.end || newer_survey_is_due(settings, round, survey, today) {
        return Decision::ignored("too late to be useful");
    }
    let late_hours = (facts.now - due.due_at).num_hours();
    if reminder && late_hours > i64::from(settings.catch_up.reminders_hours) {
        return Decision::ignored("too late to be useful");
    }
    if facts.survey.as_ref().is_some_and(|it| it.has_answered) {
        return Decision::ignored("they have answered");
    }
    let is_being_asked = facts
        .under_way()
        .filter_map(|it| it.member(person.id))
        .any(|member| member.silent_since.is_some());
    if is_being_asked {
        return Decision::ignored("they have been asked whether they are there");
    }
    if let Some(later) = pace::not_today(settings, facts, person) {
        return later;
    }
    let which = if reminder { "reminder of " } else { "" };
    let mut decision = Decision::noting(format!(
        "{which}survey {survey_id} of round {round_id} for person {}",
        person.id
    ));
    decision.changes.push(Change::SurveyAsked {
        round: round.id.clone(),
        survey: survey.id.clone(),
        person: person.id,
    });
    decision.letters.push(Letter::to(
        person.id,
        letter(round, survey, person, &Answers::new(), reminder, false),
        match reminder {
            true => format!("{}-{}-reminder", round.id, survey.id),
            false => format!("{}-{}", round.id, survey.id),
        },
        about(round, survey),
    ));
    if let (false, Some(days)) = (reminder, survey.reminder_after_days) {
        let occasion = Occasion::Survey {
            round: round.id.clone(),
            person: person.id,
            survey: survey.id.clone(),
            reminder: true,
        };
        let date = today + Days::new(u64::from(days));
        decision
            .occasions
            .push((occasion, timetable::morning(settings, date, person.zone)));
    }
    decision
}

/// After downtime nobody is asked about the middle of the round when its end is asked about, too.
fn newer_survey_is_due(
    settings: &Settings,
    round: &Round,
    survey: &Survey,
    today: chrono::NaiveDate,
) -> bool {
    settings
        .surveys
        .iter()
        .filter(|other| other.day > survey.day)
        .any(|other| round.start + Days::new(u64::from(other.day)) <= today)
}

fn letter(
    round: &Round,
    survey: &Survey,
    person: &Person,
    answers: &Answers,
    reminder: bool,
    again: bool,
) -> LetterKind {
    LetterKind::Survey {
        name: person.name.clone(),
        dates: timetable::dates(round),
        title: survey.title.of(&person.language).to_string(),
        form: form_text::write(&survey.form, answers, &person.language),
        until: timetable::surveys_close(round),
        reminder,
        again,
    }
}

fn about(round: &Round, survey: &Survey) -> About {
    About {
        round: Some(round.id.clone()),
        survey: Some(survey.id.clone()),
        ..About::default()
    }
}

/// What somebody writes in answer to a survey; `None` where the message answers none. What could be read is kept, each
/// answer in the place of an earlier one to the same question; the rest is asked for once, without pressing.
pub fn answered(
    settings: &Settings,
    facts: &Facts,
    person: &Person,
    message: &Message,
) -> Option<Decision> {
    let asked = message.answers_letter.as_ref()?;
    let survey = settings.survey(asked.about.survey.as_deref()?)?;
    let round = timetable::round(settings, asked.about.round.as_deref()?)?;
    let sheet = facts.survey.as_ref()?;
    let (said, language) = (&message.said, &person.language);
    if said.answers.is_empty() && said.unclear.is_empty() {
        if message.text.trim().is_empty() {
            return Some(Decision::ignored("an answer without words"));
        }
        let is_thanks = asked.kind != "survey" || asked.about.number.is_some();
        if is_thanks || sheet.closed {
            // The questions were repeated, or all was said: these words are for a person.
            return Some(free_words(
                settings,
                facts,
                person,
                message,
                "writes after a survey, and no answers were found in it",
            ));
        }
        let mut decision = Decision::noting(format!(
            "person {}: no answers to survey {} were found, asked again",
            person.id, survey.id
        ));
        let kind = letter(round, survey, person, &Answers::new(), false, true);
        let about = About {
            number: Some(1),
            ..about(round, survey)
        };
        decision.letters.push(answer(person, message, kind, about));
        return Some(decision);
    }
    let mut decision = Decision::noting(format!(
        "person {} has answered survey {} of round {}",
        person.id, survey.id, round.id
    ));
    let mut answers = sheet.answers.clone();
    if sheet.closed {
        decision.note += ", after it was closed";
    } else if !said.answers.is_empty() {
        answers.extend(said.answers.clone());
        decision.changes.push(Change::SurveyAnswered {
            round: round.id.clone(),
            survey: survey.id.clone(),
            person: person.id,
        });
        decision.changes.push(Change::SurveySheet {
            round: round.id.clone(),
            survey: survey.id.clone(),
            sheet: sheet.sheet.clone(),
            answers: said.answers.clone(),
        });
    }
    // What was answered stands apart from names now. The mail that joins the two does not stay.
    decision.changes.push(Change::DropMessage {
        inbox: message.inbox,
    });
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let of_survey = |id: &&String| survey.form.question(id).is_some();
    let kind = LetterKind::AnswersKept {
        name: person.name.clone(),
        title: survey.title.of(language).to_string(),
        answered: count(answers.keys().filter(of_survey).count()),
        questions: count(survey.form.questions.len()),
        open_questions: open_questions(&survey.form, &answers, &said.unclear, language),
        until: timetable::surveys_close(round),
        closed: sheet.closed,
    };
    decision
        .letters
        .push(answer(person, message, kind, about(round, survey)));
    Some(decision)
}

/// From now on no answer can be traced to a person, not even with the master key; the figures of the round are final.
pub fn close(facts: &Facts, round: &str) -> Decision {
    let mut decision = Decision::noting(format!("the surveys of round {round} are closed"));
    decision.changes.push(Change::SurveysSealed {
        round: round.to_string(),
    });
    report::keep(facts, &mut decision);
    decision
}
