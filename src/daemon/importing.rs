//! Tables from outside, row by row on the one path: applications of a spreadsheet or a web form, pairs of former rounds.
//!
//! A trial goes the same way to its end and is then taken back, so that it tells exactly what would happen.

use serde::Serialize;

use super::engine::Engine;
use super::identify::address_key;
use super::path::Going;
use crate::mail::address;
use crate::mail::inbound::form_reply::cells::{self, Cell};
use crate::programme::decision::{Change, Decision, Outcome};
use crate::programme::event::{Authority, Command, CommandKind, Event, Said};
use crate::programme::facts::ApplicationState;
use crate::programme::importing::{IMPORTED_BEFORE, Met, Row};
use crate::programme::letter::LetterKind;
use crate::store::facts;
use crate::time::Moment;

/// A row of a table as it was written.
#[derive(Debug, Clone, Default)]
pub struct Written {
    pub address: String,
    pub arrived: Option<Moment>,
    /// Question id (or `must`, `like`) and what stands in its column.
    pub cells: Vec<(String, String)>,
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Taken {
    /// "accepted", "waiting" (for a coordinator), "incomplete", "remembered" (a pair), "known" or "refused".
    pub result: &'static str,
    /// What is asked for, or why it was refused.
    pub why: String,
    pub person: Option<i64>,
}

impl Taken {
    /// A row that cannot be used.
    pub fn refused(why: impl Into<String>) -> Taken {
        Taken {
            result: "refused",
            why: why.into(),
            person: None,
        }
    }
}

/// Refuses what cannot be written to.
fn check(written: &str) -> Result<(), Taken> {
    match address::comparable(written) {
        Ok(_) => Ok(()),
        Err(_) => Err(Taken::refused(format!(
            "\"{}\" is no mail address",
            address::clean(written, 80)
        ))),
    }
}

impl Engine {
    /// Takes a row as an application. With `only_try` nothing is kept.
    ///
    /// # Errors
    /// The store cannot be written; a row that cannot be used is no error.
    pub fn import_application(
        &mut self,
        written: &Written,
        now: Moment,
        only_try: bool,
    ) -> anyhow::Result<Taken> {
        let settings = &self.path.config.settings;
        if let Err(refused) = check(&written.address) {
            return Ok(refused);
        }
        let key = address_key(&written.address);
        if address_key(&settings.address) == key {
            return Ok(Taken::refused("this is the programme's own address"));
        }
        let language = settings.default_language();
        let row: Vec<Cell<'_>> = written
            .cells
            .iter()
            .map(|(question, text)| Cell { question, text })
            .collect();
        let read = cells::read(&row, &settings.form, language);
        let mut parts: Vec<&str> = vec![&key];
        for (question, text) in &written.cells {
            parts.extend([question.as_str(), text.as_str()]);
        }
        let event = Event::Command(Command {
            by: "command line".into(),
            what: CommandKind::Import(Box::new(Row {
                address: written.address.trim().to_string(),
                said: Said {
                    answers: read.answers,
                    unclear: read.unclear,
                    ..Said::default()
                },
                arrived: written.arrived,
                mark: self.path.keys.row_mark(&parts),
            })),
            inbox: None,
            authority: Authority::Machine,
        });
        let tx = self.store.transaction()?;
        let sender = facts::person_at(&tx, &key)?;
        let gone = self.path.go(
            &tx,
            now,
            &Going {
                event: &event,
                sender,
                cause: "import",
                answering: None,
            },
        )?;
        if !only_try {
            tx.commit()?;
            self.remember(gone.ordered);
        }
        Ok(taken(&gone.decision))
    }
}

impl Engine {
    /// Remembers that two people were partners before. Addresses are kept as a keyed hash only, where their owners are
    /// not in the programme.
    ///
    /// # Errors
    /// The store cannot be written; a row that cannot be used is no error.
    pub fn import_pair(
        &mut self,
        first: &str,
        second: &str,
        now: Moment,
        only_try: bool,
    ) -> anyhow::Result<Taken> {
        for written in [first, second] {
            if let Err(refused) = check(written) {
                return Ok(refused);
            }
        }
        let (one, other) = (address_key(first), address_key(second));
        if one == other {
            return Ok(Taken::refused("both addresses are the same"));
        }
        let tx = self.store.transaction()?;
        let people = facts::person_at(&tx, &one)?.zip(facts::person_at(&tx, &other)?);
        let event = Event::Command(Command {
            by: "command line".into(),
            what: CommandKind::Met(Met {
                pair_hash: self.path.keys.pair_hash(&one, &other),
                people,
            }),
            inbox: None,
            authority: Authority::Machine,
        });
        let gone = self
            .path
            .go(&tx, now, &Going::by_itself(&event, "import"))?;
        if !only_try {
            tx.commit()?;
        }
        Ok(match gone.decision.outcome {
            Outcome::Ignored(why) => Taken {
                result: "known",
                why,
                person: None,
            },
            _ => Taken {
                result: "remembered",
                why: String::new(),
                person: None,
            },
        })
    }
}

fn taken(decision: &Decision) -> Taken {
    if let Outcome::Ignored(why) | Outcome::NeedsPerson(why) = &decision.outcome {
        return Taken {
            result: match why.as_str() {
                IMPORTED_BEFORE => "known",
                _ => "refused",
            },
            why: why.clone(),
            person: None,
        };
    }
    let application = decision.changes.iter().find_map(|change| match change {
        Change::Application { person, state, .. } => Some((*person, *state)),
        _ => None,
    });
    let Some((person, state)) = application else {
        return Taken::refused("it did not become an application");
    };
    let open: Vec<String> = decision
        .letters
        .iter()
        .find_map(|letter| match &letter.kind {
            LetterKind::Missing { open_questions, .. } => Some(
                open_questions
                    .iter()
                    .filter(|question| question.required)
                    .map(|question| question.label.clone())
                    .collect(),
            ),
            _ => None,
        })
        .unwrap_or_default();
    Taken {
        result: match state {
            ApplicationState::Incomplete => "incomplete",
            ApplicationState::Complete => "waiting",
            _ => "accepted",
        },
        why: open.join(", "),
        person: Some(person.0),
    }
}
