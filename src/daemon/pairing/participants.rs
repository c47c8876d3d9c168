//! Who takes part in a matching: as people, and as the matching sees them.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use rusqlite::Connection;

use super::numbering::Numbering;
use super::rules;
use crate::ids::{ApplicationId, PersonId};
use crate::matching::{self, Candidate, Rules, Scoring};
use crate::programme::application::{Answer, Answers};
use crate::programme::applying::{self, Recorded};
use crate::programme::event::Reason;
use crate::programme::facts::{Applicant, Application, ApplicationState, Demands, Person};
use crate::programme::settings::{Role, Roles, Round, Settings};
use crate::programme::timetable;
use crate::store::facts;
use crate::time::Moment;

/// Who takes part in a matching of this round now.
pub(in crate::daemon) fn applicants_now(
    db: &Connection,
    settings: &Settings,
    round: &str,
    state: ApplicationState,
    now: Moment,
) -> anyhow::Result<Vec<Applicant>> {
    let mut applicants = facts::applicants_at(db, round, state)?;
    if state == ApplicationState::Pool && settings.pairing.roles.is_some() {
        // Mentors who have a mentee already may have a place for another one.
        let places = Places::of(db, settings, round)?;
        let paired = facts::applicants_at(db, round, ApplicationState::Paired)?;
        applicants.extend(paired.into_iter().filter(|it| places.free(it) > 0));
    }
    Ok(applicants
        .into_iter()
        // Whom mail reaches at a second address only has no address yet that a partner may see.
        .filter(|it| !it.person.unreachable && !it.person.stopped && !it.person.at_second)
        .filter(|it| {
            it.person
                .paused_until
                .is_none_or(|until| until <= now.date_naive())
        })
        .collect())
}

/// The applicants of a matching; each has the same place in both lists.
pub(in crate::daemon) struct Participants {
    pub applicants: Vec<Applicant>,
    pub candidates: Vec<Candidate>,
    pub numbering: Numbering,
}

impl Participants {
    /// `forbidden` are pairs that shall not be, beside those that never shall.
    pub fn of(
        db: &Connection,
        settings: &Settings,
        round: &str,
        now: Moment,
        applicants: Vec<Applicant>,
        forbidden: &[(PersonId, PersonId)],
    ) -> anyhow::Result<Participants> {
        let numbering = Numbering::of(settings, &applicants);
        let places = Places::of(db, settings, round)?;
        let mut past: BTreeMap<PersonId, Vec<i64>> = BTreeMap::new();
        for (a, b) in facts::past_pairs(db)? {
            past.entry(a).or_default().push(b.0);
            past.entry(b).or_default().push(a.0);
        }
        let mut blocked: BTreeMap<PersonId, Vec<i64>> = BTreeMap::new();
        // What is being forbidden now is a rule like what was forbidden before: it holds in a trio, too.
        for (a, b) in facts::forbidden_pairs(db)?.iter().chain(forbidden) {
            blocked.entry(*a).or_default().push(b.0);
        }
        let at = timetable::round(settings, round).map_or(now, |round| middle(settings, round));
        let candidates = applicants
            .iter()
            .map(|applicant| Candidate {
                past_partners: past.remove(&applicant.person.id).unwrap_or_default(),
                // Left out or let down last time counts for somebody, remembered silence against.
                carry_over: i32::from(applicant.application.priority)
                    - i32::from(applicant.person.was_silent_twice(now)),
                blocked: blocked.remove(&applicant.person.id).unwrap_or_default(),
                role: places.role(applicant),
                ..numbering.candidate(applicant, at)
            })
            .collect();
        Ok(Participants {
            applicants,
            candidates,
            numbering,
        })
    }

    pub fn person(&self, index: usize) -> PersonId {
        self.applicants[index].person.id
    }

    /// Their place in the lists; `None` where they take no part.
    pub fn index(&self, person: PersonId) -> Option<usize> {
        self.applicants.iter().position(|it| it.person.id == person)
    }

    /// What speaks for a group, in words of the form. For three people, what speaks for each two of them.
    pub fn reasons(&self, members: &[usize], rules: &Rules, scoring: &Scoring) -> Vec<Reason> {
        let mut reasons: Vec<Reason> = Vec::new();
        for (at, &a) in members.iter().enumerate() {
            for &b in &members[at + 1..] {
                let people = (self.person(a), self.person(b));
                let (one, other) = (&self.candidates[a], &self.candidates[b]);
                for reason in matching::explain(one, other, rules, scoring).reasons {
                    let reason = self.numbering.in_words(reason, people);
                    if !reasons.contains(&reason) {
                        reasons.push(reason);
                    }
                }
            }
        }
        reasons
    }
}

/// How many of the round's people could be somebody's partner, and what each of their demands costs: all of them where
/// they are few, at least so many where they are enough ([`applying::FEW_PARTNERS`]). `None` where nothing is demanded.
pub fn demands(
    db: &Connection,
    settings: &Settings,
    person: &Person,
    recorded: &Recorded<'_>,
    now: Moment,
) -> anyhow::Result<Option<Demands>> {
    let Some(Answer::Wishes(wishes)) = recorded.answers.get("wishes") else {
        return Ok(None);
    };
    if wishes.must.is_empty() {
        return Ok(None);
    }
    let round = recorded.round;
    let state = match recorded.in_pool {
        true => ApplicationState::Pool,
        false => ApplicationState::Accepted,
    };
    // Of many people a few hundred tell already that there are partners enough; who demands what is rare is held against
    // everybody.
    let some = facts::newest_applicants_at(db, &round.id, state, ASKED_FIRST)?;
    let everybody_asked = some.len() < ASKED_FIRST as usize;
    let among = |applicants| demands_among(db, settings, person, recorded, state, now, applicants);
    match among(some)? {
        Some(demands) if everybody_asked || demands.possible >= applying::FEW_PARTNERS => {
            Ok(Some(demands))
        }
        Some(_) => among(facts::applicants_at(db, &round.id, state)?),
        None => Ok(None),
    }
}

/// So many people are asked first what a demand leaves.
const ASKED_FIRST: u32 = 300;

fn demands_among(
    db: &Connection,
    settings: &Settings,
    person: &Person,
    recorded: &Recorded<'_>,
    state: ApplicationState,
    now: Moment,
    mut applicants: Vec<Applicant>,
) -> anyhow::Result<Option<Demands>> {
    let round = recorded.round;
    applicants.retain(|it| it.person.id != person.id);
    let mut own = person.clone();
    if let Some(zone) = recorded.answers.get("zone").and_then(Answer::as_str) {
        own.zone = zone.parse().unwrap_or(own.zone);
    }
    applicants.push(Applicant {
        person: own,
        application: Application {
            id: ApplicationId(0),
            person: person.id,
            round: round.id.clone(),
            state,
            answers: recorded.answers.clone(),
            unclear: Vec::new(),
            arrived: now,
            priority: false,
            confirmed: now,
            asked: false,
            owed: false,
        },
    });
    let numbering = Numbering::of(settings, &applicants);
    let at = middle(settings, round);
    let places = Places::of(db, settings, &round.id)?;
    let mut candidates: Vec<Candidate> = applicants
        .iter()
        .map(|applicant| Candidate {
            role: places.role(applicant),
            ..numbering.candidate(applicant, at)
        })
        .collect();
    let Some(mut candidate) = candidates.pop() else {
        return Ok(None);
    };
    candidate.past_partners = facts::met_by(db, person.id)?
        .into_iter()
        .map(|met| met.0)
        .collect();
    let possible = matching::possible_partners(&candidate, &candidates, &rules(settings));
    Ok(Some(Demands {
        possible: u32::try_from(possible.count).unwrap_or(u32::MAX),
        without: numbering.by_question(possible),
    }))
}

/// People who are in no database, as the matching sees them; their numbers are their places in the list. Clocks are
/// compared as they stand at `at`.
pub fn candidates(settings: &Settings, people: &[(Answers, Tz)], at: Moment) -> Vec<Candidate> {
    let answers = people.iter().map(|(answers, _)| answers);
    let numbering = Numbering::of_answers(settings, &answers.collect::<Vec<_>>());
    let roles = settings.pairing.roles.as_ref();
    (0i64..)
        .zip(people)
        .map(|(id, (answers, zone))| Candidate {
            role: role(roles, answers, 0),
            ..numbering.candidate_with(id, answers, *zone, at)
        })
        .collect()
}

/// What somebody is to the matching, where so many of their places are taken.
fn role(roles: Option<&Roles>, answers: &Answers, taken: u32) -> matching::Role {
    let Some(roles) = roles else {
        return matching::Role::Peer;
    };
    match roles.of(answers) {
        Some(Role::Mentee) => matching::Role::Mentee,
        Some(Role::Mentor { capacity }) => matching::Role::Mentor {
            capacity: capacity.saturating_sub(taken),
        },
        // Who does not say what they are is paired with nobody.
        None => matching::Role::Mentor { capacity: 0 },
    }
}

/// Clocks are compared as they will stand in the middle of the round.
fn middle(settings: &Settings, round: &Round) -> Moment {
    let date = round.start + (round.end - round.start) / 2;
    timetable::morning(settings, date, settings.zone)
}

/// How many more mentees each mentor can take in a round. In a programme of peers there is nothing to count.
struct Places<'s> {
    roles: Option<&'s Roles>,
    taken: BTreeMap<PersonId, u32>,
}

impl<'s> Places<'s> {
    fn of(db: &Connection, settings: &'s Settings, round: &str) -> anyhow::Result<Places<'s>> {
        let roles = settings.pairing.roles.as_ref();
        let taken = match roles {
            Some(_) => facts::places_taken(db, round)?,
            None => BTreeMap::new(),
        };
        Ok(Places { roles, taken })
    }

    fn role(&self, applicant: &Applicant) -> matching::Role {
        let taken = self.taken.get(&applicant.person.id).copied();
        role(
            self.roles,
            &applicant.application.answers,
            taken.unwrap_or(0),
        )
    }

    fn free(&self, applicant: &Applicant) -> u32 {
        match self.role(applicant) {
            matching::Role::Mentor { capacity } => capacity,
            matching::Role::Mentee | matching::Role::Peer => 0,
        }
    }
}
