//! What waits for a coordinator: each kind of it is a question to the database and a reading of its rows.

use rusqlite::{Connection, Row};

use crate::ids::{InboxId, LetterId, PartnershipId, PersonId, ProposalId};
use crate::programme::facts::Waiting;

/// Everything that waits, at most a letter's worth: kind by kind, and of each the oldest first.
pub fn everything(db: &Connection) -> rusqlite::Result<Vec<Waiting>> {
    let mut all = Vec::new();
    add(
        &mut all,
        db,
        "SELECT words FROM trouble ORDER BY since, what",
        |row| Ok(Waiting::Trouble { words: row.get(0)? }),
    )?;
    add(
        &mut all,
        db,
        "SELECT id, round FROM proposal WHERE state = 'waiting' ORDER BY id",
        |row| {
            Ok(Waiting::Proposal {
                proposal: ProposalId(row.get(0)?),
                round: row.get(1)?,
            })
        },
    )?;
    add(
        &mut all,
        db,
        // Nobody knows who wrote a message that could not be read.
        "SELECT id, iif(sender = '', 'somebody', sender),
                iif(state = 'quarantined', 'it could not be read (' || reason || ')', reason), kind = 'concern'
         FROM inbox WHERE id IN (SELECT id FROM inbox WHERE state = 'needs-person'
           UNION ALL SELECT id FROM inbox WHERE state = 'quarantined') ORDER BY id LIMIT 100",
        |row| {
            Ok(Waiting::Message {
                inbox: InboxId(row.get(0)?),
                from: row.get(1)?,
                why: row.get(2)?,
                safety: row.get(3)?,
            })
        },
    )?;
    add(
        &mut all,
        db,
        "SELECT inbox.person_id, iif(coalesce(person.name, '') = '', inbox.sender, person.name), count(*)
         FROM inbox INDEXED BY inbox_over_limit LEFT JOIN person ON person.id = inbox.person_id
         WHERE inbox.state = 'over-limit' GROUP BY coalesce(inbox.person_id, inbox.sender) ORDER BY 3 DESC LIMIT 20",
        |row| {
            Ok(Waiting::Flood {
                person: row.get::<_, Option<i64>>(0)?.map(PersonId),
                name: row.get(1)?,
                messages: row.get(2)?,
            })
        },
    )?;
    add(
        &mut all,
        db,
        // Held out of a release, and nobody has said what next.
        "SELECT person.id, person.name, proposal.round FROM proposal, json_each(proposal.adjustments, '$.held') held
         JOIN person ON person.id = held.value
         JOIN application ON application.person_id = person.id AND application.round = proposal.round
         WHERE proposal.state = 'released' AND application.state = 'accepted' ORDER BY person.id LIMIT 100",
        |row| {
            Ok(Waiting::HeldOut {
                person: PersonId(row.get(0)?),
                name: row.get(1)?,
                round: row.get(2)?,
            })
        },
    )?;
    add(
        &mut all,
        db,
        "SELECT person.id, person.name FROM application JOIN person ON person.id = application.person_id
         WHERE application.state = 'complete' ORDER BY application.id LIMIT 100",
        |row| {
            Ok(Waiting::Application {
                person: PersonId(row.get(0)?),
                name: row.get(1)?,
            })
        },
    )?;
    add(
        &mut all,
        db,
        "SELECT partnership.id FROM partnership
         JOIN occasion ON occasion.key = 'introduce/' || partnership.id
         WHERE partnership.state = 'planned' AND occasion.done_at IS NOT NULL ORDER BY partnership.id LIMIT 100",
        |row| {
            Ok(Waiting::Introduction {
                partnership: PartnershipId(row.get(0)?),
            })
        },
    )?;
    add(
        &mut all,
        db,
        "SELECT id, kind, envelope_to FROM outbox WHERE state = 'held' ORDER BY id LIMIT 100",
        |row| {
            Ok(Waiting::Held {
                letter: LetterId(row.get(0)?),
                kind: row.get(1)?,
                to: row.get(2)?,
            })
        },
    )?;
    add(
        &mut all,
        db,
        "SELECT id, kind, last_error FROM outbox WHERE state = 'failed' ORDER BY id LIMIT 100",
        |row| {
            Ok(Waiting::Letter {
                letter: LetterId(row.get(0)?),
                kind: row.get(1)?,
                why: row.get(2)?,
            })
        },
    )?;
    add(
        &mut all,
        db,
        // What is due and has failed more than once.
        "SELECT key, last_error FROM occasion WHERE done_at IS NULL AND attempts > 1 ORDER BY id LIMIT 20",
        |row| {
            Ok(Waiting::Defect {
                what: row.get(0)?,
                why: row.get(1)?,
            })
        },
    )?;
    Ok(all)
}

/// Whether this is known to be wrong.
pub fn is_trouble(db: &Connection, what: &str) -> rusqlite::Result<bool> {
    db.prepare_cached("SELECT count(*) FROM trouble WHERE what = ?1")?
        .query_row([what], |row| Ok(row.get::<_, i64>(0)? > 0))
}

fn add(
    all: &mut Vec<Waiting>,
    db: &Connection,
    question: &str,
    read: fn(&Row<'_>) -> rusqlite::Result<Waiting>,
) -> rusqlite::Result<()> {
    for one in db.prepare_cached(question)?.query_map([], read)? {
        all.push(one?);
    }
    Ok(())
}
