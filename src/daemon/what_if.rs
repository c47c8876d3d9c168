//! What a coordinator asks about two people: what speaks for the pair, which wishes it leaves open, which rules stand in
//! the way, and what all others would lose if the two were put together. The answer to the last is solved, not guessed.
//!
//! Values for the command to word; nothing changes.

use rusqlite::Connection;

use super::pairing::{Participants, applicants_now, changes, obstacle, rules};
use crate::ids::PersonId;
use crate::matching::{Options, Scoring, Session, Side, explain};
use crate::programme::event::{Obstacle, Reason};
use crate::programme::facts::{ApplicationState, Proposal};
use crate::programme::settings::Settings;
use crate::time::Moment;

/// Two people, looked at as a pair.
#[derive(Debug, Clone)]
pub struct PairInQuestion {
    pub obstacles: Vec<Obstacle>,
    pub score: i64,
    /// Of what the two could have at most.
    pub percent: u32,
    pub reasons: Vec<Reason>,
    pub unmet: Vec<UnmetWish>,
    /// Points that the whole loses when the two are put together, and pairs.
    pub points_lost: i64,
    pub pairs_lost: usize,
}

/// A wish that the partner does not meet.
#[derive(Debug, Clone)]
pub struct UnmetWish {
    pub person: PersonId,
    pub question: String,
    pub options: Vec<String>,
    pub must: bool,
}

/// Looks at `a` and `b`, given a proposal and what coordinators have wanted of it. `None` where one of them takes no
/// part in it any longer.
pub fn pair(
    db: &Connection,
    settings: &Settings,
    proposal: &Proposal,
    (a, b): (PersonId, PersonId),
    now: Moment,
) -> anyhow::Result<Option<PairInQuestion>> {
    let round = &proposal.round;
    let applicants = applicants_now(db, settings, round, ApplicationState::Accepted, now)?;
    let index = |person: PersonId| applicants.iter().position(|it| it.person.id == person);
    let (Some(first), Some(second)) = (index(a), index(b)) else {
        return Ok(None);
    };
    let wanted = &proposal.adjustments;
    let field = Participants::of(db, settings, round, now, applicants, &wanted.forbidden)?;
    let candidates = &field.candidates;
    let rules = rules(settings);
    let scoring = Scoring::new(candidates, &rules);
    let explained = explain(&candidates[first], &candidates[second], &rules, &scoring);

    let options = Options {
        changes: changes(wanted, &field.applicants),
        floor: proposal.floor,
        ..Options::default()
    };
    let (mut session, before) = Session::new(candidates, &rules, &options);
    let mut together = options.changes.clone();
    together
        .held
        .retain(|held| *held != first && *held != second);
    let of_either = |pair: &(usize, usize)| {
        [pair.0, pair.1]
            .iter()
            .any(|it| [first, second].contains(it))
    };
    together.pinned.retain(|pair| !of_either(pair));
    together.pinned.push((first, second));
    let after = session.change(&together, &options);

    Ok(Some(PairInQuestion {
        obstacles: explained
            .obstacles
            .into_iter()
            .map(|rule| obstacle(rule, settings.pairing.different))
            .collect(),
        score: explained.parts.total(),
        percent: explained.percent,
        reasons: field.reasons(&[first, second], &rules, &scoring),
        unmet: explained
            .unmet
            .into_iter()
            .map(|unmet| UnmetWish {
                person: match unmet.wisher {
                    Side::First => a,
                    Side::Second => b,
                },
                question: field.numbering.asked(unmet.wish.about).0.to_string(),
                options: field.numbering.options_of(&unmet.wish),
                must: unmet.must,
            })
            .collect(),
        points_lost: before.score - after.score,
        pairs_lost: before.groups.len().saturating_sub(after.groups.len()),
    }))
}
