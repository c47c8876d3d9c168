//! Between applications and the matching: answers become numbers, groups of numbers become groups of people with
//! reasons that a letter can word. Holds no rule of its own: the hard rules and the score are in `matching`.

use std::collections::BTreeMap;

use chrono::Offset;
use chrono_tz::Tz;
use rusqlite::Connection;

use crate::ids::{ApplicationId, PersonId};
use crate::matching::{self, Candidate, ChangeError, Rule, Rules, Scoring, Side, Trait, Wish};
use crate::places;
use crate::programme::application::{Answer, Answers};
use crate::programme::applying::Recorded;
use crate::programme::event::{
    Act, Adjustments, Command, CommandKind, Event, Gain, Group, Insight, Obstacle, Proposed,
    Purpose, Reason, Revision, Without,
};
use crate::programme::facts::{
    Applicant, Application, ApplicationState, Demands, Person, Proposal,
};
use crate::programme::settings::{Different, Odd, Role, Roles, Round, Settings};
use crate::programme::{coordinating, form_text, review, timetable};
use crate::store::facts;
use crate::time::Moment;

/// Pairs for everybody who is accepted in a round.
pub fn for_round(
    db: &Connection,
    settings: &Settings,
    round: &str,
    now: Moment,
) -> anyhow::Result<Proposed> {
    let wanted = Wanted::of(Purpose::Round, Adjustments::default());
    propose(db, settings, round, now, wanted)?.map_err(|why| anyhow::anyhow!(why))
}

/// Pairs for everybody who is in a round's pool this morning.
pub fn for_pool(
    db: &Connection,
    settings: &Settings,
    round: &str,
    now: Moment,
) -> anyhow::Result<Proposed> {
    let wanted = Wanted::of(Purpose::Pool, Adjustments::default());
    propose(db, settings, round, now, wanted)?.map_err(|why| anyhow::anyhow!(why))
}

/// A command that wants other pairs than proposed becomes the proposal that answers it; where that cannot be, the reason
/// joins the command. All other events stay as they are.
pub fn worked_out(
    db: &Connection,
    settings: &Settings,
    event: Event,
    now: Moment,
) -> anyhow::Result<Event> {
    let Event::Command(command) = &event else {
        return Ok(event);
    };
    let CommandKind::Review { proposal, acts, .. } = &command.what else {
        return Ok(event);
    };
    let Some(before) =
        facts::proposal(db, *proposal)?.filter(|_| coordinating::may_command(settings, command))
    else {
        return Ok(event);
    };
    let applicants = facts::applicants(db, &before.round)?;
    let Ok(adjustments) = review::adjusted(&before, &applicants, acts) else {
        return Ok(event);
    };
    let revision = Revision {
        proposal: *proposal,
        by: command.by.clone(),
        inbox: command.inbox,
        acts: acts.clone(),
    };
    Ok(
        match again(db, settings, &before, adjustments, revision, now)? {
            Ok(proposed) => Event::Proposed(proposed),
            Err(why) => Event::Command(Command {
                what: CommandKind::Review {
                    proposal: *proposal,
                    acts: acts.clone(),
                    refused: Some(why),
                },
                ..command.clone()
            }),
        },
    )
}

/// A proposal worked out again as coordinators want it, with everybody who is in now.
///
/// The inner error is a sentence for the coordinator: what is asked cannot be.
fn again(
    db: &Connection,
    settings: &Settings,
    before: &Proposal,
    adjustments: Adjustments,
    revision: Revision,
    now: Moment,
) -> anyhow::Result<Result<Proposed, String>> {
    // A rerun looks at everything anew; a change leaves the floor where it was.
    let anew = revision.acts.contains(&Act::Rerun);
    let wanted = Wanted {
        floor: before.floor.filter(|_| !anew),
        revision: Some(revision),
        numbers: before.numbers.clone(),
        ..Wanted::of(Purpose::Round, adjustments)
    };
    propose(db, settings, &before.round, now, wanted)
}

/// What is asked of the matching beyond the rules.
struct Wanted {
    purpose: Purpose,
    adjustments: Adjustments,
    floor: Option<i64>,
    revision: Option<Revision>,
    /// How people are called in what went before, for sentences about them.
    numbers: Vec<PersonId>,
}

impl Wanted {
    fn of(purpose: Purpose, adjustments: Adjustments) -> Wanted {
        Wanted {
            purpose,
            adjustments,
            floor: None,
            revision: None,
            numbers: Vec::new(),
        }
    }
}

fn propose(
    db: &Connection,
    settings: &Settings,
    round: &str,
    now: Moment,
    wanted: Wanted,
) -> anyhow::Result<Result<Proposed, String>> {
    let state = match wanted.purpose {
        Purpose::Round => ApplicationState::Accepted,
        Purpose::Pool => ApplicationState::Pool,
    };
    let applicants = applicants_now(db, settings, round, state, now)?;
    let held = wanted.adjustments.held.clone();
    let mut proposed = Proposed {
        round: round.to_string(),
        purpose: wanted.purpose,
        groups: Vec::new(),
        unmatched: applicants
            .iter()
            .filter(|it| it.application.state == state)
            .map(|it| it.person.id)
            .filter(|person| !held.contains(person))
            .collect(),
        score: 0,
        proof: String::new(),
        unproven: None,
        floor: wanted.floor,
        adjustments: wanted.adjustments,
        insight: Insight::default(),
        revision: wanted.revision,
    };
    if applicants.len() < 2 {
        return Ok(Ok(proposed));
    }
    let numbering = Numbering::of(settings, &applicants);
    let forbidden = &proposed.adjustments.forbidden;
    let candidates = candidates_of(db, settings, round, now, &applicants, forbidden)?;
    let rules = rules(settings);
    let changes = changes(&proposed.adjustments, &applicants);
    if let Err(why) =
        changes_are_possible(&changes, &candidates, &rules, &applicants, &wanted.numbers)
    {
        return Ok(Err(why));
    }
    let options = matching::Options {
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        changes,
        floor: wanted.floor,
        ..matching::Options::default()
    };
    let answer = matching::propose(&candidates, &rules, &options);
    let scoring = Scoring::new(&candidates, &rules);
    proposed.groups = answer
        .groups
        .iter()
        .map(|group| Group {
            people: group
                .members
                .iter()
                .map(|&member| applicants[member].person.id)
                .collect(),
            score: group.score,
            reasons: numbering.reasons(&group.members, &candidates, &applicants, &rules, &scoring),
        })
        .collect();
    proposed.unmatched = answer
        .unmatched
        .iter()
        .map(|&person| &applicants[person])
        .filter(|it| it.application.state == state)
        .map(|it| it.person.id)
        .collect();
    proposed.score = answer.score;
    proposed.floor = answer.floor;
    proposed.proof = proof(&answer);
    // A proof that was promised and does not hold is a defect, and nobody should be introduced on the strength of it.
    // Work that was stopped early promises no more than its bound.
    proposed.unproven = (answer.certificate.is_some() && !answer.checked)
        .then(|| "the check against all possible pairs found something better".into());
    if proposed.purpose == Purpose::Round {
        proposed.insight = insight(
            &candidates,
            &rules,
            &answer,
            &options,
            &applicants,
            settings.pairing.different,
        );
    }
    Ok(Ok(proposed))
}

/// Who takes part in a matching of this round now.
pub(super) fn applicants_now(
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

/// The applicants as the matching sees them. `forbidden` are pairs that shall not be, beside those that never shall.
pub(super) fn candidates_of(
    db: &Connection,
    settings: &Settings,
    round: &str,
    now: Moment,
    applicants: &[Applicant],
    forbidden: &[(PersonId, PersonId)],
) -> anyhow::Result<Vec<Candidate>> {
    let numbering = Numbering::of(settings, applicants);
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
    Ok(applicants
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
        .collect())
}

/// What coordinators want, in the matching's numbers. Who is no longer among the candidates asks for nothing.
pub(super) fn changes(adjustments: &Adjustments, applicants: &[Applicant]) -> matching::Changes {
    let index: BTreeMap<PersonId, usize> = applicants
        .iter()
        .enumerate()
        .map(|(at, applicant)| (applicant.person.id, at))
        .collect();
    let of = |person: &PersonId| index.get(person).copied();
    let pinned = adjustments.pinned.iter();
    matching::Changes {
        pinned: pinned.filter_map(|(a, b)| Some((of(a)?, of(b)?))).collect(),
        forbidden: Vec::new(),
        held: adjustments.held.iter().filter_map(of).collect(),
    }
}

/// Coordinators may overrule the rules, but not the two that are promised to people: nobody meets twice, and who
/// shall not meet does not.
fn changes_are_possible(
    changes: &matching::Changes,
    candidates: &[Candidate],
    rules: &Rules,
    applicants: &[Applicant],
    numbers: &[PersonId],
) -> Result<(), String> {
    let named = |index: usize| {
        let Some(person) = applicants.get(index).map(|it| &it.person) else {
            return index.to_string();
        };
        let number = numbers.iter().position(|known| *known == person.id);
        format!("{} {}", number.map_or(0, |at| at + 1), person.name)
    };
    for &(a, b) in &changes.pinned {
        for obstacle in matching::obstacles(&candidates[a], &candidates[b], rules) {
            let why = match obstacle {
                Rule::PastPartners => "have been partners before",
                Rule::Blocked => "shall never be partners",
                _ => continue,
            };
            return Err(format!("{} and {} {why}.", named(a), named(b)));
        }
    }
    changes.check(candidates).map_err(|error| match error {
        ChangeError::NoSuchPerson(person) => format!("There is nobody with number {person}."),
        ChangeError::PinnedToThemselves(person) => {
            format!("{} cannot be their own partner.", named(person))
        }
        ChangeError::PinnedTooOften(person) => {
            format!("{} would have more partners than places.", named(person))
        }
        ChangeError::PinnedAndHeld(person) => {
            format!(
                "{} is put together with somebody and held at once.",
                named(person)
            )
        }
        ChangeError::PinnedAndForbidden(a, b) => {
            format!(
                "{} and {} are put together and forbidden at once.",
                named(a),
                named(b)
            )
        }
    })
}

/// What a coordinator should know before releasing: why some have no partner, and what each rule costs.
fn insight(
    candidates: &[Candidate],
    rules: &Rules,
    answer: &matching::Proposal,
    options: &matching::Options<'_>,
    applicants: &[Applicant],
    different: Different,
) -> Insight {
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let shortage = matching::shortage(candidates, answer);
    Insight {
        without: answer
            .unmatched
            .iter()
            .map(|&person| {
                let why = matching::why_unmatched(candidates, rules, person);
                Without {
                    person: applicants[person].person.id,
                    possible: count(why.admissible),
                    closed: why
                        .forbidden_by
                        .into_iter()
                        .map(|(rule, closed)| (obstacle(rule, different), count(closed)))
                        .collect(),
                }
            })
            .collect(),
        gains: matching::relaxations(candidates, rules, answer, options)
            .into_iter()
            .map(|gain| Gain {
                rule: obstacle(gain.rule, different),
                more_pairs: count(gain.more_pairs),
                freed: count(gain.freed.len()),
                score: gain.score,
            })
            .collect(),
        competing: count(shortage.competing.len()),
        scarce: count(shortage.scarce.len()),
        against_rules: options
            .changes
            .pinned
            .iter()
            .filter_map(|&(a, b)| {
                let against: Vec<Obstacle> =
                    matching::obstacles(&candidates[a], &candidates[b], rules)
                        .into_iter()
                        .map(|rule| obstacle(rule, different))
                        .collect();
                let (a, b) = (applicants[a].person.id, applicants[b].person.id);
                (!against.is_empty()).then_some((a, b, against))
            })
            .collect(),
    }
}

pub(super) fn obstacle(rule: Rule, different: Different) -> Obstacle {
    match rule {
        Rule::SameCountry if different == Different::Organisation => Obstacle::Organisation,
        Rule::SameCountry => Obstacle::Country,
        Rule::SameRegion => Obstacle::Region,
        Rule::PastPartners => Obstacle::Met,
        Rule::Blocked => Obstacle::Blocked,
        Rule::NoSharedLanguage => Obstacle::Language,
        Rule::TooFarApart => Obstacle::Hours,
        Rule::MustWish => Obstacle::Wish,
        Rule::Roles => Obstacle::Roles,
        Rule::SamePerson | Rule::Forbidden => Obstacle::Forbidden,
        Rule::BelowFloor => Obstacle::Score,
    }
}

/// How many of the round's people could be somebody's partner, and what each of their demands costs. `None` where they
/// demand nothing.
pub fn demands(
    db: &rusqlite::Connection,
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
    let mut applicants = facts::applicants_at(db, &round.id, state)?;
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
    candidate.past_partners = facts::past_pairs(db)?
        .into_iter()
        .filter_map(|(a, b)| match person.id {
            id if id == a => Some(b.0),
            id if id == b => Some(a.0),
            _ => None,
        })
        .collect();
    let possible = matching::possible_partners(&candidate, &candidates, &rules(settings));
    let few = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Ok(Some(Demands {
        possible: few(possible.count),
        without: possible
            .without
            .into_iter()
            .map(|(wish, count)| (numbering.asked(wish.about).0.to_string(), few(count)))
            .collect(),
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
    fn of(
        db: &rusqlite::Connection,
        settings: &'s Settings,
        round: &str,
    ) -> anyhow::Result<Places<'s>> {
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

/// What the certificate proves, in words for a coordinator.
fn proof(answer: &matching::Proposal) -> String {
    let pairs = match answer.groups.len() {
        1 => "1 pair".to_string(),
        pairs => format!("{pairs} pairs"),
    };
    match answer.gap() {
        Some(gap) if gap <= 0.0 && answer.checked => format!(
            "{pairs}, {} points. Checked against all {} possible pairs: no other proposal under these rules \
             pairs more people, and none of as many pairs scores higher.",
            answer.score, answer.admissible_pairs
        ),
        Some(gap) => format!(
            "{pairs}, {} points; at most {:.3} % more is possible.",
            answer.score,
            gap * 100.0
        ),
        None => format!(
            "{pairs}, {} points; how much more is possible is not known.",
            answer.score
        ),
    }
}

/// The config's rules as the matching knows them.
pub fn rules(settings: &Settings) -> Rules {
    let pairing = &settings.pairing;
    Rules {
        different: match pairing.different {
            // What has to differ stands where the matching has the country: equal numbers mean equal things to it.
            Different::Country | Different::Organisation => matching::Different::Country,
            Different::Region => matching::Different::Region,
            Different::Nothing => matching::Different::Nothing,
        },
        shared_language: pairing.shared_language,
        max_hours_apart: pairing.max_hours_apart,
        weights: matching::Weights {
            wish: pairing.weights.wish,
            interest: pairing.weights.interest,
            waking_half_hour: pairing.weights.waking_half_hour,
            same_stage: pairing.weights.same_stage,
            same_sector: pairing.weights.same_sector,
            carry_over: pairing.weights.carry_over,
        },
        odd: match settings.odd {
            Odd::Trio => matching::Odd::Trio,
            Odd::Wait => matching::Odd::Wait,
        },
        floor_percent: Rules::default().floor_percent,
    }
}

/// Words and their numbers: equal words get equal numbers, in alphabetical order.
pub(super) struct Numbering {
    different: Different,
    /// Countries, or organisations where these have to differ.
    apart: Vec<String>,
    languages: Vec<String>,
    regions: Vec<String>,
    sectors: Vec<String>,
    stages: Vec<String>,
    interests: Vec<String>,
    /// Further questions that can be wished for, with their options.
    others: Vec<(String, Vec<String>)>,
}

impl Numbering {
    pub(super) fn of(settings: &Settings, applicants: &[Applicant]) -> Numbering {
        let answers = applicants.iter().map(|it| &it.application.answers);
        Numbering::of_answers(settings, &answers.collect::<Vec<_>>())
    }

    fn of_answers(settings: &Settings, everybody_s: &[&Answers]) -> Numbering {
        let form = &settings.form;
        let different = settings.pairing.different;
        let options = |id: &str| -> Vec<String> {
            form.question(id)
                .map(|question| {
                    question
                        .options
                        .iter()
                        .map(|choice| choice.id.clone())
                        .collect()
                })
                .unwrap_or_default()
        };
        let all = |words: &dyn Fn(&Answers) -> Vec<String>| -> Vec<String> {
            let mut all: Vec<String> = everybody_s
                .iter()
                .flat_map(|answers| words(answers))
                .collect();
            all.sort();
            all.dedup();
            all
        };
        Numbering {
            different,
            apart: all(&|answers| vec![apart(different, answers)]),
            languages: all(&|answers| list(answers, "languages").to_vec()),
            regions: all(&|answers| {
                places::regions_of(country(answers))
                    .iter()
                    .map(ToString::to_string)
                    .collect()
            }),
            sectors: options("sector"),
            stages: options("stage"),
            interests: options("interests"),
            others: form_text::wishable(form)
                .map(|question| question.id.as_str())
                .filter(|id| !["sector", "stage", "interests"].contains(id))
                .map(|id| (id.to_string(), options(id)))
                .collect(),
        }
    }

    fn candidate(&self, applicant: &Applicant, at: Moment) -> Candidate {
        let answers = &applicant.application.answers;
        self.candidate_with(applicant.person.id.0, answers, applicant.person.zone, at)
    }

    fn candidate_with(&self, id: i64, answers: &Answers, zone: Tz, at: Moment) -> Candidate {
        let regions = places::regions_of(country(answers));
        let one = |words: &[String], id: &str| {
            answers
                .get(id)
                .and_then(Answer::as_str)
                .and_then(|it| number(words, it))
        };
        let (mut must, mut like) = (Vec::new(), Vec::new());
        if let Some(Answer::Wishes(wishes)) = answers.get("wishes") {
            must.extend(
                wishes
                    .must
                    .iter()
                    .filter_map(|(question, options)| self.wish(question, options)),
            );
            like.extend(
                wishes
                    .like
                    .iter()
                    .filter_map(|(question, options)| self.wish(question, options)),
            );
        }
        Candidate {
            id,
            country: position(&self.apart, &apart(self.different, answers))
                .and_then(|it| it.try_into().ok())
                .unwrap_or(u16::MAX),
            region: regions
                .iter()
                .find_map(|region| {
                    places::REGIONS
                        .iter()
                        .position(|continent| continent == region)
                })
                .and_then(|it| it.try_into().ok())
                .unwrap_or(63),
            zone_offset_minutes: at.with_timezone(&zone).offset().fix().local_minus_utc() / 60,
            languages: bits(&self.languages, list(answers, "languages")),
            sector: one(&self.sectors, "sector"),
            stage: one(&self.stages, "stage"),
            interests: bits(&self.interests, list(answers, "interests")),
            // All regions that the country lies in, so that "western Europe" can be wished for as well as "Europe".
            others: std::iter::once(bits(&self.regions, regions))
                .chain(self.others.iter().map(|(id, words)| match answers.get(id) {
                    Some(Answer::One(option)) => bits(words, &[option]),
                    Some(answer) => bits(words, answer.as_list()),
                    None => 0,
                }))
                .collect(),
            must,
            like,
            ..Candidate::default()
        }
    }

    /// A wish as bits; one about something that nobody in this round has is met by nobody, and stays a wish.
    fn wish(&self, question: &str, options: &[String]) -> Option<Wish> {
        let (about, words) = self.trait_of(question)?;
        Some(Wish {
            about,
            any_of: bits(words, options),
        })
    }

    fn trait_of(&self, question: &str) -> Option<(Trait, &[String])> {
        match question {
            "sector" => Some((Trait::Sector, &self.sectors)),
            "stage" => Some((Trait::Stage, &self.stages)),
            "interests" => Some((Trait::Interest, &self.interests)),
            "languages" => Some((Trait::Language, &self.languages)),
            "region" => Some((Trait::Other(0), &self.regions)),
            _ => {
                let at = self.others.iter().position(|(id, _)| id == question)?;
                let about = Trait::Other(u8::try_from(at + 1).ok()?);
                Some((about, &self.others[at].1))
            }
        }
    }

    /// The question that a trait stands for, and its options.
    pub(super) fn asked(&self, about: Trait) -> (&str, &[String]) {
        match about {
            Trait::Sector => ("sector", &self.sectors),
            Trait::Stage => ("stage", &self.stages),
            Trait::Interest => ("interests", &self.interests),
            Trait::Language => ("languages", &self.languages),
            Trait::Region | Trait::Other(0) => ("region", &self.regions),
            Trait::Other(at) => self
                .others
                .get(usize::from(at) - 1)
                .map_or(("", &[]), |(id, words)| (id, words)),
        }
    }

    /// The options that a wish asks for, in words of the form.
    pub(super) fn options_of(&self, wish: &Wish) -> Vec<String> {
        let words = self
            .trait_of(self.asked(wish.about).0)
            .map(|(_, words)| words);
        let words = words.unwrap_or_default().iter().take(64).enumerate();
        words
            .filter(|(option, _)| wish.any_of >> option & 1 == 1)
            .map(|(_, word)| word.clone())
            .collect()
    }

    /// What speaks for a group, in words of the form. For three people, what speaks for each two of them.
    pub(super) fn reasons(
        &self,
        members: &[usize],
        candidates: &[Candidate],
        applicants: &[Applicant],
        rules: &Rules,
        scoring: &Scoring,
    ) -> Vec<Reason> {
        let mut reasons: Vec<Reason> = Vec::new();
        let word = |words: &[String], option: u8| {
            words.get(usize::from(option)).cloned().unwrap_or_default()
        };
        for (at, &a) in members.iter().enumerate() {
            for &b in &members[at + 1..] {
                for reason in
                    matching::explain(&candidates[a], &candidates[b], rules, scoring).reasons
                {
                    let worded = match reason {
                        matching::Reason::SharedInterest { option, .. } => Reason::SharedInterest {
                            option: word(&self.interests, option),
                        },
                        matching::Reason::SharedLanguage { language } => Reason::SharedLanguage {
                            code: word(&self.languages, language),
                        },
                        matching::Reason::WakingHalfHours(halves) => {
                            Reason::WakingHours { hours: halves / 2 }
                        }
                        matching::Reason::SameStage(option) => Reason::SameStage {
                            option: word(&self.stages, option),
                        },
                        matching::Reason::SameSector(option) => Reason::SameSector {
                            option: word(&self.sectors, option),
                        },
                        matching::Reason::WishMet {
                            wisher,
                            about,
                            option,
                            ..
                        } => {
                            let person = match wisher {
                                Side::First => applicants[a].person.id,
                                Side::Second => applicants[b].person.id,
                            };
                            let (question, words) = self.asked(about);
                            Reason::WishMet {
                                person,
                                question: question.to_string(),
                                option: word(words, option),
                            }
                        }
                    };
                    if !reasons.contains(&worded) {
                        reasons.push(worded);
                    }
                }
            }
        }
        reasons
    }
}

/// What must not be the same for two partners, in one form whoever typed it.
fn apart(different: Different, answers: &Answers) -> String {
    match different {
        Different::Organisation => answers
            .get("organisation")
            .and_then(Answer::as_str)
            .map(places::fold::fold)
            .unwrap_or_default(),
        _ => country(answers).to_string(),
    }
}

fn country(answers: &Answers) -> &str {
    answers
        .get("country")
        .and_then(Answer::as_str)
        .unwrap_or("??")
}

fn list<'a>(answers: &'a Answers, id: &str) -> &'a [String] {
    answers.get(id).map(Answer::as_list).unwrap_or_default()
}

fn position(words: &[String], word: &str) -> Option<usize> {
    words.iter().position(|other| other == word)
}

/// The number of a word, below 64: a set of options is held in the bits of a u64.
fn number(words: &[String], word: &str) -> Option<u8> {
    position(words, word)
        .filter(|at| *at < 64)
        .and_then(|at| at.try_into().ok())
}

fn bits(words: &[String], chosen: &[impl AsRef<str>]) -> u64 {
    chosen
        .iter()
        .filter_map(|word| number(words, word.as_ref()))
        .fold(0, |bits, number| bits | 1 << number)
}
