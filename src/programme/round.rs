//! What happens to a whole round at once: the deadline with its country cap, groups that become partnerships, the end
//! of the pool, the end of the round. The proposal and its release are in `review`.

use std::collections::{BTreeMap, BTreeSet};

use super::application::Answer;
use super::decision::{Change, Decision, Occasion};
use super::event::Group;
use super::facts::{Applicant, ApplicationState, Facts, PartnershipState};
use super::letter::{About, Letter, LetterKind, Recipient, ReplyTo};
use super::partnership::ending::FINISHED;
use super::settings::{Cap, Role, Round, Settings};
use super::{applying, timetable};
use crate::ids::{PartnershipId, PersonId};
use crate::{places, schedule};

pub fn country(applicant: &Applicant) -> String {
    applicant
        .application
        .answers
        .get("country")
        .and_then(Answer::as_str)
        .unwrap_or("??")
        .to_string()
}

/// Applications close: the cap is applied, and who is over it goes to the next round with priority.
pub fn deadline(settings: &Settings, facts: &Facts, round_id: &str) -> Decision {
    let Some(round) = timetable::round(settings, round_id) else {
        return Decision::ignored("the round is no longer in the config");
    };
    let in_time: Vec<&Applicant> = facts
        .applicants
        .iter()
        .filter(|it| it.application.state == ApplicationState::Accepted)
        .collect();
    let over = settings
        .cap
        .as_ref()
        .filter(|_| round.capped)
        .map(|cap| over_cap(settings, cap, &in_time))
        .unwrap_or_default();
    let mut decision = Decision::noting(format!(
        "round {round_id} closed: {} applications are in, {} over the country cap",
        in_time.len() - over.len(),
        over.len()
    ));
    let next = timetable::next_round(settings, round_id);
    let mut fresh = facts.fresh.application;
    for applicant in in_time
        .into_iter()
        .filter(|applicant| over.contains(&applicant.person.id))
    {
        decision.changes.push(Change::ApplicationState {
            application: applicant.application.id,
            state: ApplicationState::Capped,
        });
        decision.changes.extend(applying::moved_to_next_round(
            settings,
            &applicant.application,
            &mut fresh,
        ));
        decision.letters.push(Letter::to(
            applicant.person.id,
            LetterKind::Capped {
                name: applicant.person.name.clone(),
                dates: timetable::dates(round),
                country: places::country_name(&country(applicant), &applicant.person.language),
                next: next.map(timetable::dates),
            },
            round_id.to_string(),
            About::round(round_id),
        ));
    }
    decision
}

/// Who is over the cap. Those who waited from an earlier round are in first, then those who applied first.
///
/// With one country over the limit, its share of those accepted is exactly the cap. With several over it, that
/// equation can end with nobody at all (five countries at a fifth each), so each is then held to the cap's share of
/// the applications instead.
///
/// In a programme with two roles each role is held to it by itself: who needs a mentor abroad is helped by mentors.
pub fn over_cap(settings: &Settings, cap: &Cap, applicants: &[&Applicant]) -> BTreeSet<PersonId> {
    let Some(roles) = &settings.pairing.roles else {
        return over_cap_of(cap, applicants);
    };
    let (mentees, mentors): (Vec<&Applicant>, Vec<&Applicant>) = applicants
        .iter()
        .partition(|it| roles.of(&it.application.answers) == Some(Role::Mentee));
    let mut over = over_cap_of(cap, &mentees);
    over.extend(over_cap_of(cap, &mentors));
    over
}

fn over_cap_of(cap: &Cap, applicants: &[&Applicant]) -> BTreeSet<PersonId> {
    let mut by_country: BTreeMap<String, Vec<&Applicant>> = BTreeMap::new();
    for applicant in applicants {
        by_country
            .entry(country(applicant))
            .or_default()
            .push(applicant);
    }
    let total = applicants.len();
    let percent = cap.percent.clamp(1, 100) as usize;
    let exceeds = |country: &str, count: usize| {
        count * 100 > total * percent
            && !cap
                .exempt
                .iter()
                .any(|exempt| exempt.eq_ignore_ascii_case(country))
    };
    let exceeding = by_country
        .iter()
        .filter(|(country, list)| exceeds(country, list.len()))
        .count();
    let mut over = BTreeSet::new();
    for (country, mut list) in by_country {
        if !exceeds(&country, list.len()) || percent == 100 {
            continue;
        }
        let limit = if exceeding == 1 {
            (total - list.len()) * percent / (100 - percent)
        } else {
            total * percent / 100
        };
        // A share of a few is less than one; no country is shut out by its first applicant.
        let limit = limit.max(1);
        list.sort_by_key(|it| {
            (
                !it.application.priority,
                it.application.arrived,
                it.application.id,
            )
        });
        over.extend(
            list.into_iter()
                .skip(limit)
                .map(|applicant| applicant.person.id),
        );
    }
    over
}

/// Groups become partnerships, to be introduced together on day 0, or as soon as the day allows. Returns who is left
/// alone because the others of the group have gone since.
pub fn pair_up(
    settings: &Settings,
    facts: &Facts,
    round: &Round,
    groups: &[Group],
    decision: &mut Decision,
) -> Vec<PersonId> {
    let mut alone = Vec::new();
    let mut paired = BTreeSet::new();
    let mut fresh = facts.fresh.partnership;
    let roles = settings.pairing.roles.as_ref();
    let role = |applicant: &Applicant| roles.and_then(|it| it.of(&applicant.application.answers));
    for group in groups {
        let members: Vec<&Applicant> = group
            .people
            .iter()
            .filter_map(|person| {
                facts
                    .applicants
                    .iter()
                    .find(|applicant| applicant.person.id == *person)
            })
            .filter(|applicant| {
                let waits = matches!(
                    applicant.application.state,
                    ApplicationState::Accepted | ApplicationState::Pool
                );
                // A mentor may get a mentee beside those they have.
                let has_places = applicant.application.state == ApplicationState::Paired
                    && matches!(role(applicant), Some(Role::Mentor { .. }));
                (waits || has_places) && !applicant.person.unreachable && !applicant.person.stopped
            })
            .collect();
        if members.len() < 2 {
            alone.extend(members.iter().map(|left| left.person.id));
            continue;
        }
        let id = PartnershipId(fresh);
        fresh += 1;
        for member in &members {
            paired.insert(member.person.id);
            decision.changes.push(Change::ApplicationState {
                application: member.application.id,
                state: ApplicationState::Paired,
            });
        }
        // Anybody may be asked to write first; the number decides, so that no country always waits. A mentee takes the
        // first step towards a mentor.
        let first = members
            .iter()
            .position(|member| role(member) == Some(Role::Mentee))
            .unwrap_or_else(|| usize::try_from(id.0).unwrap_or(0) % members.len());
        decision.changes.push(Change::NewPartnership {
            id,
            round: round.id.clone(),
            people: members
                .iter()
                .map(|member| (member.person.id, member.application.id))
                .collect(),
            first_writer: members[first].person.id,
            reasons: group.reasons.clone(),
            score: group.score,
        });
        let zones: Vec<chrono_tz::Tz> = members.iter().map(|member| member.person.zone).collect();
        let today = facts.now.with_timezone(&settings.zone).date_naive();
        let joint = |date| schedule::joint_moment(date, &zones, settings.zone, settings.morning);
        let mut at = joint(round.start.max(today));
        if at < facts.now {
            at = joint(today.succ_opt().unwrap_or(today));
        }
        decision
            .occasions
            .push((Occasion::Introduce { partnership: id }, at));
    }
    alone.retain(|person| !paired.contains(person));
    alone
}

/// From now on nobody in this round gets a new partner: the next round, with priority.
pub fn pool_ends(settings: &Settings, facts: &Facts, round_id: &str) -> Decision {
    let mut decision = Decision::noting(format!("the pool of round {round_id} is closed"));
    let next = timetable::next_round(settings, round_id);
    let mut fresh = facts.fresh.application;
    for applicant in facts
        .applicants
        .iter()
        .filter(|it| it.application.state == ApplicationState::Pool)
    {
        decision.changes.push(Change::ApplicationState {
            application: applicant.application.id,
            state: ApplicationState::Finished,
        });
        decision.changes.push(Change::Owed {
            application: applicant.application.id,
        });
        decision.changes.extend(applying::moved_to_next_round(
            settings,
            &applicant.application,
            &mut fresh,
        ));
        let today = facts.now.with_timezone(&applicant.person.zone).date_naive();
        if applicant.person.may_be_written_to(today) {
            decision.letters.push(Letter {
                to: Recipient::Person(applicant.person.id),
                kind: LetterKind::PoolEnded {
                    name: applicant.person.name.clone(),
                    next: next.map(timetable::dates),
                },
                occurrence: round_id.to_string(),
                about: About::round(round_id),
                reply_to: ReplyTo::Token,
                not_before: Some(super::pace::next_free_morning(
                    settings,
                    facts,
                    &applicant.person,
                )),
            });
        }
    }
    decision
}

/// The formal part is over: whatever partnership is still open ends well.
pub fn round_ends(_settings: &Settings, facts: &Facts, round_id: &str) -> Decision {
    let mut decision = Decision::noting(format!(
        "round {round_id} has ended with {} partnerships",
        facts.partnerships.len()
    ));
    for partnership in &facts.partnerships {
        decision.changes.push(Change::PartnershipState {
            partnership: partnership.id,
            state: PartnershipState::Ended,
            why: FINISHED.into(),
        });
        for member in &partnership.members {
            decision.changes.push(Change::ApplicationState {
                application: member.application,
                state: ApplicationState::Finished,
            });
        }
    }
    // Whoever waited for a safety contact's word has taken part, too.
    let waiting = facts.applicants.iter().filter(|applicant| {
        facts
            .partnerships
            .iter()
            .all(|pair| pair.member(applicant.person.id).is_none())
    });
    for applicant in waiting {
        decision.changes.push(Change::ApplicationState {
            application: applicant.application.id,
            state: ApplicationState::Finished,
        });
    }
    decision
}
