//! The letter that shows a proposal, and its table. The words are in the templates; here are the values.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::PersonId;
use crate::places;
use crate::programme::event::{Act, Group, Revision};
use crate::programme::facts::{Applicant, Facts, Proposal};
use crate::programme::letter::{
    About, Attachment, Letter, LetterKind, ProposalChange, ProposedPair, ProposedWithout,
};
use crate::programme::round::country;
use crate::programme::settings::{Odd, Release, Round, Settings};
use crate::programme::words::{Words, word};
use crate::programme::{coordinating, look_alike, reason_text, spreadsheet, timetable};

/// Pairs that a letter asks to look at first.
const WORST: usize = 10;

/// In the table, in the place of reasons.
const WITHOUT_PARTNER: Words = ["Without a partner.", "Sin pareja.", "Sans partenaire."];
const HELD: Words = ["Held.", "Apartada.", "Retenue."];

/// Number, name, country.
type Shown = (u32, String, String);

/// How people are named in one proposal.
struct Names<'a> {
    settings: &'a Settings,
    applicants: BTreeMap<PersonId, &'a Applicant>,
    numbers: BTreeMap<PersonId, u32>,
    language: &'a str,
}

impl<'a> Names<'a> {
    fn of(settings: &'a Settings, applicants: &'a [Applicant], proposal: &Proposal) -> Names<'a> {
        Names {
            settings,
            applicants: applicants.iter().map(|it| (it.person.id, it)).collect(),
            numbers: proposal.numbers.iter().copied().zip(1..).collect(),
            language: settings.default_language(),
        }
    }

    fn number(&self, person: &PersonId) -> u32 {
        self.numbers.get(person).copied().unwrap_or(0)
    }

    fn shown(&self, person: &PersonId) -> Shown {
        let applicant = self.applicants.get(person);
        let name = applicant.map_or_else(String::new, |it| {
            look_alike::remarked(&it.person.name, self.language)
        });
        let place = applicant.map_or_else(String::new, |it| {
            places::country_name(&country(it), self.language)
        });
        (self.number(person), name, place)
    }

    /// "12 Anna"
    fn short(&self, person: &PersonId) -> String {
        let (number, name, _) = self.shown(person);
        format!("{number} {name}").trim_end().to_string()
    }

    fn pair(&self, group: &Group, pinned: bool) -> ProposedPair {
        ProposedPair {
            people: group
                .people
                .iter()
                .map(|person| self.shown(person))
                .collect(),
            score: group.score,
            pinned,
            why: Vec::new(),
        }
    }

    fn why(&self, group: &Group) -> Vec<String> {
        reason_text::neutral(
            &group.reasons,
            &self.settings.form,
            self.language,
            &|person| self.number(person),
        )
    }
}

/// One letter for each coordinator who may act. `revised` is what asked for this proposal, and the one before it.
pub fn letters(
    settings: &Settings,
    facts: &Facts,
    round: &Round,
    proposal: &Proposal,
    reminder: u32,
    revised: Option<(&Revision, &Proposal)>,
) -> Vec<Letter> {
    let names = Names::of(settings, &facts.applicants, proposal);
    let pinned = |group: &Group| {
        let wanted =
            |(a, b): &(PersonId, PersonId)| group.people.contains(a) && group.people.contains(b);
        proposal.adjustments.pinned.iter().any(wanted)
    };
    let mut pairs: Vec<(ProposedPair, &Group)> = proposal
        .groups
        .iter()
        .map(|group| (names.pair(group, pinned(group)), group))
        .collect();
    pairs.sort_by(|(a, _), (b, _)| a.people.cmp(&b.people));
    let mut worst: Vec<&(ProposedPair, &Group)> = pairs.iter().collect();
    worst.sort_by_key(|(pair, _)| pair.score);
    let worst = worst
        .into_iter()
        .take(WORST)
        .map(|(pair, group)| ProposedPair {
            why: names.why(group),
            ..pair.clone()
        })
        .collect();
    let people: BTreeSet<PersonId> = proposal
        .groups
        .iter()
        .flat_map(|group| group.people.iter().copied())
        .chain(proposal.unmatched.iter().copied())
        .collect();
    let countries: BTreeSet<String> = people
        .iter()
        .filter_map(|person| names.applicants.get(person))
        .map(|applicant| country(applicant))
        .collect();
    let insight = &proposal.insight;
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let kind = LetterKind::Proposal {
        dates: timetable::dates(round),
        number: proposal.id,
        reminder,
        change: revised
            .map(|(revision, before)| Box::new(change(&names, proposal, revision, before))),
        people: count(people.len()),
        countries: count(countries.len()),
        worst,
        distribution: distribution(&proposal.groups),
        without: proposal
            .unmatched
            .iter()
            .map(|person| {
                let why = insight.without.iter().find(|it| it.person == *person);
                ProposedWithout {
                    person: names.shown(person),
                    possible: why.map_or(0, |why| why.possible),
                    closed: why.map(|why| why.closed.clone()).unwrap_or_default(),
                }
            })
            .collect(),
        held: proposal
            .adjustments
            .held
            .iter()
            .map(|it| names.shown(it))
            .collect(),
        odd_one: odd_one(settings, proposal).map(|it| names.shown(it)),
        competing: insight.competing,
        scarce: insight.scarce,
        gains: insight.gains.clone(),
        against_rules: insight
            .against_rules
            .iter()
            .map(|(a, b, rules)| {
                let pair = format!("{} + {}", names.short(a), names.short(b));
                (pair, rules.clone())
            })
            .collect(),
        score: proposal.score,
        proof: proposal.proof.clone(),
        unproven: proposal.unproven.clone(),
        releases_after_hours: match settings.release {
            Release::Wait => None,
            Release::AfterHours(hours) => Some(hours),
        },
        files: vec![Attachment {
            file_name: format!("proposal-{}.csv", proposal.id),
            content_type: spreadsheet::CONTENT_TYPE,
            bytes: rows(&names, proposal),
        }],
        pairs: pairs.into_iter().map(|(pair, _)| pair).collect(),
    };
    coordinating::readers(settings, false)
        .map(|coordinator| {
            Letter::to_coordinator(
                &coordinator.address,
                kind.clone(),
                format!("{}-{reminder}", proposal.id),
                About {
                    round: Some(round.id.clone()),
                    proposal: Some(proposal.id),
                    ..About::default()
                },
            )
        })
        .collect()
}

/// The last one of an odd number, while coordinators have not said what becomes of them.
fn odd_one<'p>(settings: &Settings, proposal: &'p Proposal) -> Option<&'p PersonId> {
    let said = &proposal.adjustments;
    match proposal.unmatched.as_slice() {
        [last] if settings.odd == Odd::Ask && !said.trio && said.left.is_empty() => Some(last),
        _ => None,
    }
}

/// What a reply has made of the proposal before.
fn change(
    names: &Names<'_>,
    proposal: &Proposal,
    revision: &Revision,
    before: &Proposal,
) -> ProposalChange {
    let same = |a: &Group, b: &Group| {
        let (mut a, mut b) = (a.people.clone(), b.people.clone());
        a.sort();
        b.sort();
        a == b
    };
    let not_in = |groups: &[Group], others: &[Group]| -> Vec<ProposedPair> {
        let mut pairs: Vec<ProposedPair> = groups
            .iter()
            .filter(|group| !others.iter().any(|other| same(group, other)))
            .map(|group| names.pair(group, false))
            .collect();
        pairs.sort_by(|a, b| a.people.cmp(&b.people));
        pairs
    };
    ProposalChange {
        replaced: before.id,
        by: coordinating::who(names.settings, &revision.by),
        did: revision
            .acts
            .iter()
            .map(|act| (act.to_string(), now_stands(names, proposal, act)))
            .collect(),
        gone: not_in(&before.groups, &proposal.groups),
        new: not_in(&proposal.groups, &before.groups),
        score_before: before.score,
    }
}

/// How the people that a command names stand now.
fn now_stands(names: &Names<'_>, proposal: &Proposal, act: &Act) -> String {
    let numbers: Vec<u32> = match *act {
        Act::Swap(a, b) | Act::Pin(a, b) | Act::Forbid(a, b) => vec![a, b],
        Act::Hold(a) | Act::Leave(a) | Act::Free(a) => vec![a],
        Act::Trio => {
            let three = proposal.groups.iter().find(|group| group.people.len() > 2);
            return three.map_or_else(
                || "nobody is left over whom a pair could take in under the rules".into(),
                |group| {
                    let people = group.people.iter().map(|it| names.short(it));
                    people.collect::<Vec<_>>().join(" + ")
                },
            );
        }
        Act::Rerun => return "all pairs were worked out again".into(),
    };
    let mut told: Vec<String> = Vec::new();
    for person in numbers
        .into_iter()
        .filter_map(|number| proposal.person(number))
    {
        let group = proposal
            .groups
            .iter()
            .find(|group| group.people.contains(&person));
        let stands = match group {
            Some(group) => {
                let people: Vec<String> = group.people.iter().map(|it| names.short(it)).collect();
                people.join(" + ")
            }
            None if proposal.adjustments.held.contains(&person) => {
                format!("{} is left out of this release", names.short(&person))
            }
            None if proposal.adjustments.left.contains(&person) => {
                format!("{} waits in the pool", names.short(&person))
            }
            None => format!("{} has no partner", names.short(&person)),
        };
        if !told.contains(&stands) {
            told.push(stands);
        }
    }
    told.join("; ")
}

/// The whole proposal as a table, a row for each person: the same numbers as in the letter.
pub fn table(settings: &Settings, applicants: &[Applicant], proposal: &Proposal) -> Vec<u8> {
    rows(&Names::of(settings, applicants, proposal), proposal)
}

fn rows(names: &Names<'_>, proposal: &Proposal) -> Vec<u8> {
    let mut rows: Vec<(u32, Vec<String>)> = Vec::new();
    for group in &proposal.groups {
        let reasons = names.why(group).join(" ");
        for person in &group.people {
            let partners: Vec<Shown> = group
                .people
                .iter()
                .filter(|other| *other != person)
                .map(|other| names.shown(other))
                .collect();
            let all = |part: &dyn Fn(&Shown) -> String| {
                partners.iter().map(part).collect::<Vec<_>>().join("; ")
            };
            let (number, name, place) = names.shown(person);
            rows.push((
                number,
                vec![
                    number.to_string(),
                    name,
                    place,
                    all(&|it| it.0.to_string()),
                    all(&|it| it.1.clone()),
                    all(&|it| it.2.clone()),
                    group.score.to_string(),
                    reasons.clone(),
                ],
            ));
        }
    }
    let alone = proposal.unmatched.iter().map(|it| (it, WITHOUT_PARTNER));
    let held = proposal.adjustments.held.iter();
    for (person, why) in alone.chain(held.map(|it| (it, HELD))) {
        let (number, name, place) = names.shown(person);
        let mut row = vec![number.to_string(), name, place];
        row.resize(7, String::new());
        row.push(word(&why, names.language).into());
        rows.push((number, row));
    }
    rows.sort();
    spreadsheet::write(
        &[
            "number",
            "name",
            "country",
            "partner_number",
            "partner",
            "partner_country",
            "score",
            "reasons",
        ],
        rows.into_iter().map(|(_, row)| row),
    )
}

/// How many pairs lie in each tenth between the lowest and the highest score: (lower bound, pairs).
fn distribution(groups: &[Group]) -> Vec<(i64, u32)> {
    let (Some(low), Some(high)) = (
        groups.iter().map(|group| group.score).min(),
        groups.iter().map(|group| group.score).max(),
    ) else {
        return Vec::new();
    };
    let width = (high - low) / 10 + 1;
    let mut tenths: Vec<(i64, u32)> = (0..10).map(|tenth| (low + tenth * width, 0)).collect();
    for group in groups {
        let tenth = usize::try_from((group.score - low) / width)
            .unwrap_or(0)
            .min(9);
        tenths[tenth].1 += 1;
    }
    tenths.retain(|(bound, _)| *bound <= high);
    tenths
}
