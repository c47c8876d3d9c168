//! The only writer of the programme's tables: carries out what the rules decided, inside the caller's transaction.

use chrono_tz::Tz;
use rusqlite::Transaction;

use super::{to_json, word};
use crate::ids::PersonId;
use crate::programme::decision::{Change, Decision};
use crate::programme::facts::{ApplicationState, PartnershipState, ProposalState};
use crate::time::Moment;

/// Carries out the changes and writes down the occasions to come.
///
/// `address_key` turns an address into the form in which addresses are compared.
pub fn apply(
    tx: &Transaction<'_>,
    now: Moment,
    decision: &Decision,
    address_key: &dyn Fn(&str) -> String,
) -> rusqlite::Result<()> {
    for change in &decision.changes {
        carry_out(tx, now, change, address_key)?;
    }
    for (occasion, at) in &decision.occasions {
        super::occasions::plan(tx, occasion, *at)?;
    }
    Ok(())
}

fn carry_out(
    tx: &Transaction<'_>,
    now: Moment,
    change: &Change,
    address_key: &dyn Fn(&str) -> String,
) -> rusqlite::Result<()> {
    let seconds = now.timestamp();
    match change {
        Change::NewPerson {
            id,
            address,
            language,
        } => {
            tx.prepare_cached(
                "INSERT INTO person (id, address, address_key, language, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((id.0, address, address_key(address), language, seconds))?;
        }
        Change::Profile {
            person,
            name,
            language,
            zone,
            second_address,
        } => {
            tx.prepare_cached(
                "UPDATE person SET name = ?2, language = ?3, zone = ?4, second_address = ?5 WHERE id = ?1",
            )?
            .execute((person.0, name, language, Tz::name(*zone), second_address.as_deref().unwrap_or_default()))?;
        }
        Change::FormSent { person } => {
            tx.prepare_cached("UPDATE person SET form_sent = ?2 WHERE id = ?1")?
                .execute((person.0, seconds))?;
        }
        Change::Application {
            id,
            person,
            round,
            state,
            answers,
            unclear,
            arrived,
            priority,
        } => {
            tx.prepare_cached(
                "INSERT INTO application (id, person_id, round, state, answers, unclear, arrived_at, priority)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                 ON CONFLICT (person_id, round) DO UPDATE SET state = excluded.state, answers = excluded.answers,
                   unclear = excluded.unclear, priority = max(priority, excluded.priority)",
            )?
            .execute((
                id.0,
                person.0,
                round,
                word(state)?,
                to_json(answers)?,
                to_json(unclear)?,
                arrived.timestamp(),
                priority,
            ))?;
        }
        Change::ApplicationCarried {
            application,
            id,
            round,
        } => {
            tx.prepare_cached(
                "INSERT INTO application (id, person_id, round, state, answers, unclear, arrived_at, priority)
                 SELECT ?1, person_id, ?3, ?4, answers, unclear, arrived_at, 1 FROM application WHERE id = ?2
                 ON CONFLICT (person_id, round) DO UPDATE SET priority = 1",
            )?
            .execute((id.0, application.0, round, word(&ApplicationState::Accepted)?))?;
        }
        Change::ApplicationState { application, state } => {
            tx.prepare_cached("UPDATE application SET state = ?2 WHERE id = ?1")?
                .execute((application.0, word(state)?))?;
        }
        Change::ApplicationConfirmed { application } => {
            tx.prepare_cached(
                "UPDATE application SET confirmed_at = ?2, asked_at = NULL WHERE id = ?1",
            )?
            .execute((application.0, seconds))?;
        }
        Change::StillAsked { application } => {
            tx.prepare_cached("UPDATE application SET asked_at = ?2 WHERE id = ?1")?
                .execute((application.0, seconds))?;
        }
        Change::Owed { application } => {
            tx.prepare_cached("UPDATE application SET owed = 1 WHERE id = ?1")?
                .execute([application.0])?;
        }
        Change::LeavesAll { person } => {
            tx.prepare_cached(
                "UPDATE application SET state = 'withdrawn', owed = 0 WHERE person_id = ?1
                 AND state IN ('incomplete', 'complete', 'accepted', 'capped', 'pool', 'left-out')",
            )?
            .execute([person.0])?;
        }
        Change::ApplicationTakenBack { person, round } => {
            tx.prepare_cached("DELETE FROM application WHERE person_id = ?1 AND round = ?2")?
                .execute((person.0, round))?;
        }
        Change::SilenceRemembered { person, round } => {
            tx.prepare_cached(
                "INSERT INTO silence (person_id, round, at) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET at = excluded.at",
            )?
            .execute((person.0, round, seconds))?;
        }
        Change::SilenceLifted { person, round } => {
            tx.prepare_cached(
                "DELETE FROM silence WHERE person_id = ?1 AND (?2 IS NULL OR round = ?2)",
            )?
            .execute((person.0, round))?;
        }
        Change::MemberLeft {
            partnership,
            person,
        } => {
            tx.prepare_cached(
                "UPDATE member SET left_at = ?3 WHERE partnership_id = ?1 AND person_id = ?2",
            )?
            .execute((partnership.0, person.0, seconds))?;
        }
        Change::SecondUnreachable { person } => {
            tx.prepare_cached("UPDATE person SET second_unreachable = 1 WHERE id = ?1")?
                .execute([person.0])?;
        }
        Change::Delayed { letter, person } => {
            tx.prepare_cached(
                "INSERT OR IGNORE INTO delay (letter_id, person_id, at) VALUES (?1, ?2, ?3)",
            )?
            .execute((letter.0, person.0, seconds))?;
        }
        Change::AddressAsked { person, address } => {
            tx.prepare_cached(
                "INSERT INTO other_address (address_key, person_id, asked_at) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET asked_at = excluded.asked_at,
                   person_id = iif(left_at IS NULL, excluded.person_id, person_id)
                 WHERE linked_at IS NULL OR left_at IS NOT NULL",
            )?
            .execute((address_key(address), person.0, seconds))?;
        }
        Change::AddressLinked { person, address } => {
            tx.prepare_cached(
                "INSERT INTO other_address (address_key, person_id, asked_at, linked_at) VALUES (?1, ?2, ?3, ?3)
                 ON CONFLICT DO UPDATE SET person_id = excluded.person_id, linked_at = excluded.linked_at, left_at = NULL",
            )?
            .execute((address_key(address), person.0, seconds))?;
        }
        Change::AddressChanged {
            person,
            address,
            old_stays,
        } => super::addresses::change(
            tx,
            now,
            *person,
            &super::addresses::NewAddress {
                written: address,
                key: &address_key(address),
                old_stays: *old_stays,
            },
        )?,
        Change::LeavingOn { person, on } => {
            tx.prepare_cached("UPDATE person SET leaving_on = ?2 WHERE id = ?1")?
                .execute((person.0, on.map(|on| on.to_string())))?;
        }
        Change::PauseEnds { person } => {
            tx.prepare_cached(
                "UPDATE person SET paused_until = NULL, away_until = NULL WHERE id = ?1",
            )?
            .execute([person.0])?;
        }
        Change::TokensExposed { person } => {
            tx.prepare_cached("UPDATE person SET token_epoch = token_epoch + 1 WHERE id = ?1")?
                .execute([person.0])?;
        }
        Change::ReadAgain { inbox } => {
            tx.prepare_cached(
                "UPDATE inbox SET state = 'new', confirmed = 1, attempts = 0, retry_at = 0
                 WHERE id = ?1 AND state = 'waits-for-owner'
                   AND EXISTS (SELECT 1 FROM inbox_bytes WHERE inbox_id = inbox.id)",
            )?
            .execute([inbox.0])?;
        }
        Change::ReadWaiting { person } => {
            super::inbox::read_without_limit(tx, *person)?;
        }
        Change::Stop { person } => {
            tx.prepare_cached("UPDATE person SET stopped = 1 WHERE id = ?1")?
                .execute([person.0])?;
            // What nobody asked for and has not left yet stays here.
            tx.prepare_cached(
                "UPDATE outbox SET state = 'cancelled', last_error = 'its reader wants no unprompted mail'
                 WHERE person_id = ?1 AND unprompted = 1 AND state = 'queued'",
            )?
            .execute([person.0])?;
        }
        Change::TopicsOff { person } => {
            tx.prepare_cached("UPDATE person SET topics_off = 1 WHERE id = ?1")?
                .execute([person.0])?;
        }
        Change::Pause { person, until } => {
            tx.prepare_cached("UPDATE person SET paused_until = ?2 WHERE id = ?1")?
                .execute((person.0, until.to_string()))?;
        }
        Change::Away { person, until } => {
            tx.prepare_cached("UPDATE person SET away_until = ?2 WHERE id = ?1")?
                .execute((person.0, until.to_string()))?;
        }
        Change::Unreachable { person } => {
            tx.prepare_cached("UPDATE person SET unreachable = 1 WHERE id = ?1")?
                .execute([person.0])?;
        }
        Change::TopicSeen {
            person,
            topic,
            round,
        } => {
            tx.prepare_cached(
                "INSERT OR IGNORE INTO topic_seen (person_id, topic, round) VALUES (?1, ?2, ?3)",
            )?
            .execute((person.0, topic, round))?;
        }
        Change::NewProposal {
            id,
            proposed,
            numbers,
        } => {
            tx.prepare_cached(
                "INSERT INTO proposal (id, round, state, groups, unmatched, numbers, score, proof, made_at,
                   unproven, floor, adjustments, insight)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            )?
            .execute((
                id.0,
                &proposed.round,
                word(&ProposalState::Waiting)?,
                to_json(&proposed.groups)?,
                to_json(&proposed.unmatched)?,
                to_json(numbers)?,
                proposed.score,
                &proposed.proof,
                seconds,
                &proposed.unproven,
                proposed.floor,
                to_json(&proposed.adjustments)?,
                to_json(&proposed.insight)?,
            ))?;
        }
        Change::ProposalState { proposal, state } => {
            tx.prepare_cached("UPDATE proposal SET state = ?2 WHERE id = ?1")?
                .execute((proposal.0, word(state)?))?;
        }
        Change::NewAnnouncement {
            id,
            by,
            audience,
            subject,
            text,
        } => {
            tx.prepare_cached(
                "INSERT INTO announcement (id, by, audience, subject, text, state, made_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, 'shown', ?6)",
            )?
            .execute((id.0, by, to_json(audience)?, subject, text, seconds))?;
        }
        Change::AnnouncementSent { announcement } => {
            tx.prepare_cached(
                "UPDATE announcement SET state = 'sent', sent_at = ?2 WHERE id = ?1",
            )?
            .execute((announcement.0, seconds))?;
        }
        Change::ProgrammePaused { by } => {
            tx.prepare_cached("INSERT OR IGNORE INTO brake (id, since, by) VALUES (1, ?1, ?2)")?
                .execute((seconds, by))?;
        }
        Change::ProgrammeResumed => {
            tx.prepare_cached("DELETE FROM brake")?.execute([])?;
            tx.prepare_cached("INSERT OR REPLACE INTO released (id, at) VALUES (1, ?1)")?
                .execute([seconds])?;
        }
        Change::Trouble { what, words } => {
            tx.prepare_cached(
                "INSERT INTO trouble (what, words, since) VALUES (?1, ?2, ?3)
                 ON CONFLICT (what) DO UPDATE SET words = excluded.words",
            )?
            .execute((what, words, seconds))?;
        }
        Change::TroubleMended { what } => {
            tx.prepare_cached("DELETE FROM trouble WHERE what = ?1")?
                .execute([what])?;
        }
        Change::PairForbidden { a, b, by } => {
            let mut row = tx.prepare_cached(
                "INSERT OR IGNORE INTO forbidden_pair (person_id, other_person_id, by, at) VALUES (?1, ?2, ?3, ?4)",
            )?;
            row.execute((a.0, b.0, by, seconds))?;
            row.execute((b.0, a.0, by, seconds))?;
        }
        Change::NewPartnership {
            id,
            round,
            people,
            first_writer,
            reasons,
            score,
        } => {
            tx.prepare_cached(
                "INSERT INTO partnership (id, round, state, first_writer, reasons, score, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute((
                id.0,
                round,
                word(&PartnershipState::Planned)?,
                first_writer.0,
                to_json(reasons)?,
                score,
                seconds,
            ))?;
            let mut member = tx.prepare_cached(
                "INSERT INTO member (partnership_id, person_id, application_id) VALUES (?1, ?2, ?3)",
            )?;
            for (person, application) in people {
                member.execute((id.0, person.0, application.0))?;
            }
        }
        Change::PartnershipState {
            partnership,
            state,
            why,
        } => {
            let (started, ended) = match state {
                PartnershipState::Planned => (None, None),
                PartnershipState::Active => (Some(now.date_naive().to_string()), None),
                PartnershipState::Ended => (None, Some(seconds)),
            };
            tx.prepare_cached(
                "UPDATE partnership SET state = ?2, why_ended = ?3, started_on = coalesce(?4, started_on),
                   ended_at = ?5 WHERE id = ?1",
            )?
            .execute((partnership.0, word(state)?, why, started, ended))?;
        }
        Change::CheckInAsked {
            partnership,
            person,
            number,
        } => {
            tx.prepare_cached(
                "INSERT OR IGNORE INTO check_in (partnership_id, person_id, number, asked_at) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute((partnership.0, person.0, number, seconds))?;
        }
        Change::CheckInAnswered {
            partnership,
            person,
            number,
            choice,
            words,
        } => {
            tx.prepare_cached(
                "INSERT INTO check_in (partnership_id, person_id, number, choice, words, answered_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (partnership_id, person_id, number) DO UPDATE
                   SET choice = excluded.choice, words = excluded.words, answered_at = excluded.answered_at",
            )?
            .execute((partnership.0, person.0, number, choice, words, seconds))?;
        }
        Change::Silent {
            partnership,
            person,
            since,
        } => {
            tx.prepare_cached(
                "UPDATE member SET silent_since = ?3 WHERE partnership_id = ?1 AND person_id = ?2",
            )?
            .execute((
                partnership.0,
                person.0,
                since.map(|since| since.to_string()),
            ))?;
        }
        Change::SignOfLife {
            partnership,
            person,
        } => {
            tx.prepare_cached(
                "UPDATE member SET last_sign = ?3 WHERE partnership_id = ?1 AND person_id = ?2",
            )?
            .execute((partnership.0, person.0, seconds))?;
        }
        Change::LetterArrived { letter, by } => {
            super::unknown::arrived(tx, *letter, now, &format!("{by} says so"))?;
        }
        Change::LetterSentAgain { letter, by } => {
            super::unknown::send_again(tx, *letter, now, &format!("{by} says so"))?;
        }
        Change::InboxSettled { inbox, by } => {
            tx.prepare_cached(
                "UPDATE inbox SET state = 'settled', settled_by = ?2, settled_at = ?3
                 WHERE id = ?1 AND state IN ('needs-person', 'quarantined')",
            )?
            .execute((inbox.0, by, seconds))?;
        }
        Change::SurveyAsked {
            round,
            survey,
            person,
        } => super::surveys::asked(tx, now, round, survey, *person)?,
        Change::SurveyAnswered {
            round,
            survey,
            person,
        } => super::surveys::answered(tx, now, round, survey, *person)?,
        Change::SurveySheet {
            round,
            survey,
            sheet,
            answers,
        } => super::surveys::keep(tx, round, survey, sheet, answers)?,
        Change::MetBefore { pair_hash, people } => {
            super::tombstones::met(tx, pair_hash, *people)?;
        }
        Change::Imported { mark } => {
            tx.prepare_cached("INSERT OR IGNORE INTO imported_row (mark, at) VALUES (?1, ?2)")?
                .execute((mark, seconds))?;
        }
        Change::FiguresKept(figures) => super::report::keep(tx, figures)?,
        Change::SurveysSealed { round } => super::surveys::seal(tx, now, round)?,
        Change::HoldLetters { partnership } => super::erasure::hold_letters(tx, *partnership)?,
        Change::NewChallenge {
            id,
            person,
            purpose,
        } => super::rights::new_challenge(tx, now, *id, *person, *purpose)?,
        Change::ChallengeUsed { challenge } => super::rights::used(tx, now, *challenge)?,
        Change::Erase { person } => super::erasure::erase(tx, *person)?,
        Change::RetentionNoticed { person } => {
            tx.prepare_cached("UPDATE person SET retention_notice = ?2 WHERE id = ?1")?
                .execute((person.0, seconds))?;
        }
        Change::DropMessage { inbox } => super::erasure::forget_message(tx, *inbox)?,
        Change::DropBytes { before } => super::rights::drop_bytes(tx, *before)?,
    }
    Ok(())
}

/// Remembers that an unprompted letter goes to somebody, so that no second one follows on the same day.
pub fn note_unprompted(tx: &Transaction<'_>, person: PersonId, at: Moment) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "UPDATE person SET last_unprompted = max(coalesce(last_unprompted, 0), ?2) WHERE id = ?1",
    )?
    .execute((person.0, at.timestamp()))?;
    Ok(())
}
