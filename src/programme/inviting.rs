//! Who is asked to come again: alumni when a round opens, old applications before the matching. Whoever was silent
//! through two rounds is asked first whether they have the time.

use chrono::TimeDelta;

use super::decision::{Change, Decision, Occasion};
use super::facts::{Applicant, ApplicationState, Facts};
use super::letter::{About, Letter, LetterKind};
use super::settings::{Round, Settings};
use super::{applying, form_text, pace, timetable};
use crate::ids::ApplicationId;

/// Applications open: everybody from an earlier round gets an invitation, each in their own morning.
pub fn opens(settings: &Settings, facts: &Facts, round_id: &str) -> Decision {
    let Some(round) = timetable::round(settings, round_id) else {
        return Decision::ignored("the round is no longer in the config");
    };
    if timetable::deadline(round) <= facts.now {
        return Decision::ignored("its deadline has passed");
    }
    let invited: Vec<&Applicant> = facts
        .alumni
        .iter()
        .filter(|it| is_invited(it) && !it.person.unreachable)
        .collect();
    let mut decision = Decision::noting(format!(
        "round {round_id} opens: {} people are invited",
        invited.len()
    ));
    for alumna in invited {
        let occasion = Occasion::Invite {
            round: round.id.clone(),
            person: alumna.person.id,
        };
        let at = timetable::morning(settings, round.opens, alumna.person.zone).max(facts.now);
        decision.occasions.push((occasion, at));
    }
    decision
}

/// Who left, or was not taken, has had a last word; who never finished the form never was with us.
fn is_invited(alumna: &Applicant) -> bool {
    matches!(
        alumna.application.state,
        ApplicationState::Finished
            | ApplicationState::Paired
            | ApplicationState::Pool
            | ApplicationState::Silent
            | ApplicationState::LeftOut
            | ApplicationState::Capped
    )
}

/// One invitation: the last application, pre-filled, to confirm or correct by reply; or the question.
pub fn invite(settings: &Settings, facts: &Facts, round_id: &str) -> Decision {
    let (Some(person), Some(last)) = (&facts.person, &facts.earlier) else {
        return Decision::ignored("the earlier application is gone");
    };
    let Some(round) = timetable::round(settings, round_id) else {
        return Decision::ignored("the round is no longer in the config");
    };
    if facts.application.is_some() {
        return Decision::ignored("has applied already");
    }
    if timetable::deadline(round) <= facts.now {
        return Decision::ignored("the deadline has passed");
    }
    if !person.may_be_written_to(facts.now.with_timezone(&person.zone).date_naive()) {
        return Decision::ignored("no unprompted mail to this person");
    }
    if let Some(later) = pace::not_today(settings, facts, person) {
        return later;
    }
    let mut decision = Decision::noting(format!("person {} is invited to {round_id}", person.id));
    let kind = if person.was_silent_twice(facts.now) {
        decision.note += ", with a question";
        LetterKind::InvitationQuestion {
            name: person.name.clone(),
            dates: timetable::dates(round),
        }
    } else {
        // Whoever had no place because of the cap was told that they need not apply again.
        let carried = last.state == ApplicationState::Capped;
        if carried {
            let id = ApplicationId(facts.fresh.application);
            decision.changes.push(applying::carried_to(round, last, id));
        }
        LetterKind::Invitation {
            name: person.name.clone(),
            dates: timetable::dates(round),
            form: form_text::write(&settings.form, &last.answers, &person.language),
            carried,
            first: last.owed || carried,
        }
    };
    decision.letters.push(unprompted(person.id, kind, round));
    decision
}

/// Whoever applied long ago, and has not been heard of since, is asked whether they are still with us.
pub fn ask_still(settings: &Settings, facts: &Facts, round_id: &str) -> Decision {
    let Some(round) = timetable::round(settings, round_id) else {
        return Decision::ignored("the round is no longer in the config");
    };
    if timetable::matching(settings, round) <= facts.now {
        return Decision::ignored("the matching has begun");
    }
    let limit = timetable::deadline(round)
        - TimeDelta::days(i64::from(settings.still_with_us.older_than_days));
    let old: Vec<&Applicant> = facts
        .applicants
        .iter()
        .filter(|it| {
            matches!(
                it.application.state,
                ApplicationState::Accepted | ApplicationState::Complete
            ) && it.application.confirmed < limit
        })
        .collect();
    let mut decision = Decision::noting(format!(
        "round {round_id}: {} old applications are asked whether they still count",
        old.len()
    ));
    for applicant in old {
        let person = &applicant.person;
        let today = facts.now.with_timezone(&person.zone).date_naive();
        // Who wants no unprompted mail cannot be asked; they are taken at their word.
        if !person.may_be_written_to(today) {
            continue;
        }
        decision.changes.push(Change::StillAsked {
            application: applicant.application.id,
        });
        let kind = LetterKind::StillWithUs {
            name: person.name.clone(),
            dates: timetable::dates(round),
            until: round.matching.pred_opt().unwrap_or(round.matching),
        };
        let mut letter = unprompted(person.id, kind, round);
        letter.not_before = Some(pace::next_free_morning(settings, facts, person));
        decision.letters.push(letter);
    }
    decision
}

/// Right before the matching: who did not answer is left out, and told; a `yes` still takes them into the next round.
pub fn leave_out(settings: &Settings, facts: &Facts, round_id: &str) -> Decision {
    let Some(round) = timetable::round(settings, round_id) else {
        return Decision::ignored("the round is no longer in the config");
    };
    let silent: Vec<&Applicant> = facts
        .applicants
        .iter()
        .filter(|it| {
            it.application.asked
                && matches!(
                    it.application.state,
                    ApplicationState::Accepted | ApplicationState::Complete
                )
        })
        .collect();
    let mut decision = Decision::noting(format!(
        "round {round_id}: {} did not say that they are still with us",
        silent.len()
    ));
    for applicant in silent {
        let person = &applicant.person;
        decision.changes.push(Change::ApplicationState {
            application: applicant.application.id,
            state: ApplicationState::LeftOut,
        });
        let kind = LetterKind::LeftOut {
            name: person.name.clone(),
            dates: timetable::dates(round),
            next: timetable::next_round(settings, round_id).map(timetable::dates),
        };
        let mut letter = unprompted(person.id, kind, round);
        letter.not_before = Some(pace::next_free_morning(settings, facts, person));
        decision.letters.push(letter);
    }
    // Places that they held under the cap go to those who wait, before the pairs are made.
    if !decision.letters.is_empty() {
        let mut left = facts.clone();
        let out: Vec<ApplicationId> = decision
            .changes
            .iter()
            .filter_map(|change| match change {
                Change::ApplicationState { application, .. } => Some(*application),
                _ => None,
            })
            .collect();
        left.applicants
            .retain(|it| !out.contains(&it.application.id));
        let freed = super::cap::place_freed(settings, &left, round_id);
        decision.changes.extend(freed.changes);
        decision.letters.extend(freed.letters);
    }
    decision
}

fn unprompted(to: crate::ids::PersonId, kind: LetterKind, round: &Round) -> Letter {
    Letter::to(to, kind, round.id.clone(), About::round(round.id.clone()))
}
