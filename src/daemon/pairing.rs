//! Between applications and the matching: answers become numbers, groups of numbers become groups of people with
//! reasons that a letter can word. Holds no rule of its own: the hard rules and the score are in `matching`.

use std::collections::BTreeMap;

use chrono::Offset;

use crate::ids::{ApplicationId, PersonId};
use crate::matching::{self, Candidate, Rules, Scoring, Side, Trait, Wish};
use crate::places;
use crate::programme::application::{Answer, Answers, Form};
use crate::programme::applying::Recorded;
use crate::programme::event::{Group, Proposed, Purpose, Reason};
use crate::programme::facts::{Applicant, Application, ApplicationState, Demands, Person};
use crate::programme::settings::{Different, Odd, Round, Settings};
use crate::programme::timetable;
use crate::store::{Store, facts};
use crate::time::Moment;

/// Pairs for everybody who is accepted in a round.
pub fn for_round(
    store: &Store,
    settings: &Settings,
    round: &str,
    now: Moment,
) -> anyhow::Result<Proposed> {
    propose(
        store,
        settings,
        round,
        now,
        Purpose::Round,
        ApplicationState::Accepted,
    )
}

/// Pairs for everybody who is in a round's pool this morning.
pub fn for_pool(
    store: &Store,
    settings: &Settings,
    round: &str,
    now: Moment,
) -> anyhow::Result<Proposed> {
    propose(
        store,
        settings,
        round,
        now,
        Purpose::Pool,
        ApplicationState::Pool,
    )
}

fn propose(
    store: &Store,
    settings: &Settings,
    round: &str,
    now: Moment,
    purpose: Purpose,
    state: ApplicationState,
) -> anyhow::Result<Proposed> {
    let applicants: Vec<Applicant> = facts::applicants_at(store.reader(), round, state)?
        .into_iter()
        // Whom mail reaches at a second address only has no address yet that a partner may see.
        .filter(|it| !it.person.unreachable && !it.person.stopped && !it.person.at_second)
        .filter(|it| {
            it.person
                .paused_until
                .is_none_or(|until| until <= now.date_naive())
        })
        .collect();
    let mut proposed = Proposed {
        round: round.to_string(),
        purpose,
        groups: Vec::new(),
        unmatched: applicants.iter().map(|it| it.person.id).collect(),
        score: 0,
        proof: String::new(),
    };
    if applicants.len() < 2 {
        return Ok(proposed);
    }
    let numbering = Numbering::of(&settings.form, &applicants);
    let mut past: BTreeMap<PersonId, Vec<i64>> = BTreeMap::new();
    for (a, b) in facts::past_pairs(store.reader())? {
        past.entry(a).or_default().push(b.0);
        past.entry(b).or_default().push(a.0);
    }
    let at = timetable::round(settings, round).map_or(now, |round| middle(settings, round));
    let candidates: Vec<Candidate> = applicants
        .iter()
        .map(|applicant| Candidate {
            past_partners: past.remove(&applicant.person.id).unwrap_or_default(),
            // Left out or let down last time counts for somebody, remembered silence against.
            carry_over: i32::from(applicant.application.priority)
                - i32::from(applicant.person.was_silent_twice(now)),
            ..numbering.candidate(applicant, at)
        })
        .collect();
    let rules = rules(settings);
    let options = matching::Options {
        threads: std::thread::available_parallelism().map_or(1, usize::from),
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
        .map(|&person| applicants[person].person.id)
        .collect();
    proposed.score = answer.score;
    proposed.proof = proof(&answer);
    Ok(proposed)
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
    let numbering = Numbering::of(&settings.form, &applicants);
    let at = middle(settings, round);
    let mut candidates: Vec<Candidate> = applicants
        .iter()
        .map(|applicant| numbering.candidate(applicant, at))
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
            .map(|(wish, count)| (question_about(wish.about).to_string(), few(count)))
            .collect(),
    }))
}

/// Clocks are compared as they will stand in the middle of the round.
fn middle(settings: &Settings, round: &Round) -> Moment {
    let date = round.start + (round.end - round.start) / 2;
    timetable::morning(settings, date, settings.zone)
}

fn question_about(about: Trait) -> &'static str {
    match about {
        Trait::Sector => "sector",
        Trait::Stage => "stage",
        Trait::Interest => "interests",
        Trait::Language => "languages",
        Trait::Region | Trait::Other(_) => "region",
    }
}

/// What the certificate proves, in words for a coordinator.
fn proof(answer: &matching::Proposal) -> String {
    let pairs = answer.groups.len();
    match answer.gap() {
        Some(gap) if gap <= 0.0 && answer.checked => format!(
            "{pairs} pairs, {} points. Checked against all {} possible pairs: no other proposal under these rules \
             pairs more people, and none of as many pairs scores higher.",
            answer.score, answer.admissible_pairs
        ),
        Some(gap) => format!(
            "{pairs} pairs, {} points; at most {:.3} % more is possible.",
            answer.score,
            gap * 100.0
        ),
        None => format!(
            "{pairs} pairs, {} points; how much more is possible is not known.",
            answer.score
        ),
    }
}

/// The config's rules as the matching knows them.
pub fn rules(settings: &Settings) -> Rules {
    let pairing = &settings.pairing;
    Rules {
        different: match pairing.different {
            Different::Country => matching::Different::Country,
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
struct Numbering {
    countries: Vec<String>,
    languages: Vec<String>,
    regions: Vec<String>,
    sectors: Vec<String>,
    stages: Vec<String>,
    interests: Vec<String>,
}

impl Numbering {
    fn of(form: &Form, applicants: &[Applicant]) -> Numbering {
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
            let mut all: Vec<String> = applicants
                .iter()
                .flat_map(|it| words(&it.application.answers))
                .collect();
            all.sort();
            all.dedup();
            all
        };
        Numbering {
            countries: all(&|answers| vec![country(answers).to_string()]),
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
        }
    }

    fn candidate(&self, applicant: &Applicant, at: Moment) -> Candidate {
        let answers = &applicant.application.answers;
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
            id: applicant.person.id.0,
            country: position(&self.countries, country(answers))
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
            zone_offset_minutes: at
                .with_timezone(&applicant.person.zone)
                .offset()
                .fix()
                .local_minus_utc()
                / 60,
            languages: bits(&self.languages, list(answers, "languages")),
            sector: one(&self.sectors, "sector"),
            stage: one(&self.stages, "stage"),
            interests: bits(&self.interests, list(answers, "interests")),
            // All regions that the country lies in, so that "western Europe" can be wished for as well as "Europe".
            others: vec![bits(&self.regions, regions)],
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
            _ => None,
        }
    }

    /// What speaks for a group, in words of the form. For three people, what speaks for each two of them.
    fn reasons(
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
                            let words: &[String] = match about {
                                Trait::Sector => &self.sectors,
                                Trait::Stage => &self.stages,
                                Trait::Interest => &self.interests,
                                Trait::Language => &self.languages,
                                Trait::Region | Trait::Other(_) => &self.regions,
                            };
                            Reason::WishMet {
                                person,
                                question: question_about(about).to_string(),
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
