//! What the daemon itself has noticed: more letters are planned than there can be a reason for, or the config was changed
//! and cannot be used; and what was done on the machine that the coordinators must hear of.

use super::notice;
use crate::programme::decision::{Change, Decision};
use crate::programme::event::Noticed;
use crate::programme::facts::Facts;
use crate::programme::settings::Settings;

/// Who has paused the programme where it was not a coordinator.
pub const GUARD: &str = "Pairpost itself";
/// Small programmes may have this many letters more than people.
const SPARE_LETTERS: u32 = 20;
/// More letters than this for every hundred people who get mail are a defect until a coordinator says otherwise.
const LETTERS_FOR_A_HUNDRED: u64 = 120;

/// Whether so many letters that nobody asked for, ordered within a day, are more than `people` can explain, of whom each gets
/// at most one a day (RELIABILITY F30).
pub fn is_runaway(planned: u32, people: u32) -> bool {
    let share = u64::from(people) * LETTERS_FOR_A_HUNDRED / 100;
    u64::from(planned) > share.max(u64::from(people.saturating_add(SPARE_LETTERS)))
}

pub fn noticed(settings: &Settings, facts: &Facts, noticed: &Noticed) -> Decision {
    match noticed {
        Noticed::Runaway { planned, people } => runaway(settings, facts, *planned, *people),
        Noticed::Trouble { what, words } => Decision {
            changes: vec![Change::Trouble {
                what: what.clone(),
                words: words.clone(),
            }],
            ..Decision::noting(format!("something is wrong: {what}"))
        },
        Noticed::Mended { what } => Decision {
            changes: vec![Change::TroubleMended { what: what.clone() }],
            ..Decision::noting(format!("mended: {what}"))
        },
        Noticed::KeyChanged {
            by,
            exposed,
            number,
        } => key_changed(settings, by, *exposed, *number),
    }
}

/// All letters are held, and the coordinators are asked.
fn runaway(settings: &Settings, facts: &Facts, planned: u32, people: u32) -> Decision {
    if facts.brake.is_some() {
        return Decision::ignored("the programme is paused already");
    }
    let mut decision = Decision::noting(format!(
        "held: {planned} letters that nobody asked for within a day, for {people} people"
    ));
    decision.changes.push(Change::ProgrammePaused {
        by: GUARD.to_string(),
    });
    let what = format!(
        "{planned} letters that nobody asked for are to go out within a day, and {people} people get mail. That is more than \
         one each, so something may be wrong, and no letter leaves except those to coordinators.\n\n\
         Please look at them before anything else (pairpost status), or ask whoever runs the machine. If all is as you want \
         it, answer this letter with the one word: resume"
    );
    decision.letters = notice(
        settings,
        &format!("runaway-{}", facts.now.timestamp()),
        &what,
    );
    decision
}

/// Whoever changes the key without a word to the others is found out.
fn key_changed(settings: &Settings, by: &str, exposed: bool, number: u32) -> Decision {
    let mut decision = Decision::noting(format!(
        "the master key was changed by {by}{}",
        match exposed {
            true => ", since others may have the one before",
            false => "",
        }
    ));
    let follows = match exposed {
        true => {
            "Others may have had the one before, so what it signed is no longer taken: people who answer an older letter are \
             asked first whether it was they."
        }
        false => {
            "Nothing changes for anybody: answers to letters of the last key are taken as before."
        }
    };
    let what = format!(
        "The master key, with which Pairpost signs the addresses that people answer to, was changed on the machine ({by}). \
         {follows}\n\n\
         There is nothing to do. If none of you knows of it, ask whoever runs the machine."
    );
    decision.letters = notice(settings, &format!("key-{number}"), &what);
    decision
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_letter_each_is_no_runaway_and_a_fifth_more_is() {
        for (planned, people) in [(0, 0), (20, 0), (25, 5), (1_162, 1_162), (1_394, 1_162)] {
            assert!(!is_runaway(planned, people), "{planned} for {people}");
        }
        for (planned, people) in [(21, 0), (26, 5), (1_395, 1_162), (11_620, 1_162)] {
            assert!(is_runaway(planned, people), "{planned} for {people}");
        }
    }
}
