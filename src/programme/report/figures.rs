//! Counting: what a round's rows say, as numbers. People and their part in a round are counted apart from what surveys
//! say, which knows no people.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::interval::Rate;
use crate::ids::{PartnershipId, PersonId};
use crate::programme::application::{Answer, Answers, Form, Question, QuestionKind};
use crate::programme::applying::open_questions;
use crate::programme::facts::ApplicationState;
use crate::programme::form_text;
use crate::programme::partnership::Standing;
use crate::programme::partnership::ending::FINISHED;
use crate::programme::settings::{Round, Settings, Survey};
use crate::time::Moment;

/// Answers of fewer people than this are not shown: they could be told apart (RELIABILITY (e)).
pub const SMALLEST_GROUP: u32 = 5;

/// What the store knows of a round.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    pub applications: Vec<ApplicationRow>,
    /// Those that were introduced.
    pub partnerships: Vec<PartnershipRow>,
    /// People whom mail does not reach.
    pub unreachable: BTreeSet<PersonId>,
    /// People who had a partner in an earlier round.
    pub returners: BTreeSet<PersonId>,
    pub check_ins: Vec<CheckInRow>,
    pub surveys: Vec<SurveyRows>,
    /// Topic id -> how many people got it in this round.
    pub topics: BTreeMap<String, u32>,
    /// Messages that a person had to read while the round was under way.
    pub needed_a_person: u32,
    /// How many partnerships stand where, those that have not been introduced yet included.
    pub standings: BTreeMap<Standing, u32>,
    /// What went out and came in, by weeks.
    pub weeks: Vec<Week>,
}

#[derive(Debug, Clone)]
pub struct ApplicationRow {
    pub person: PersonId,
    pub state: ApplicationState,
    pub answers: Answers,
}

#[derive(Debug, Clone)]
pub struct PartnershipRow {
    pub id: PartnershipId,
    pub started: NaiveDate,
    pub ended: Option<Moment>,
    pub why_ended: String,
    pub members: Vec<PersonId>,
}

#[derive(Debug, Clone)]
pub struct CheckInRow {
    pub partnership: PartnershipId,
    pub person: PersonId,
    pub number: u32,
    /// 1 to 6; none where there was no answer.
    pub choice: Option<u8>,
}

#[derive(Debug, Clone, Default)]
pub struct SurveyRows {
    pub survey: String,
    pub asked: u32,
    pub answered: u32,
    /// One for each person who answered, in no order that means anything.
    pub sheets: Vec<Answers>,
}

/// The numbers of a round, as they are shown, exported and kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Figures {
    /// The round's id.
    pub round: String,
    pub name: String,
    pub start: NaiveDate,
    pub end: NaiveDate,
    pub applied: u32,
    pub complete: u32,
    pub capped: u32,
    pub declined: u32,
    /// Complete, and neither capped, declined nor waiting for a coordinator.
    pub accepted: u32,
    /// Introduced to a partner, once or more.
    pub matched: u32,
    /// Introduced to a second partner, or a third.
    pub rematched: u32,
    /// Days from the end of a partnership to the next introduction: half took no longer.
    pub rematch_days_median: Option<u32>,
    pub withdrawn: u32,
    /// Lost their place through silence.
    pub silent: u32,
    /// In a partnership that lasted to the end of the round.
    pub finished: u32,
    pub partnerships: u32,
    /// Countries of those who were matched.
    pub countries: u32,
    pub first_timers: u32,
    pub returners: u32,
    /// Of those who were matched.
    pub reached: u32,
    pub unreachable: u32,
    /// Messages that a coordinator had to read.
    pub needed_a_person: u32,
    pub contact: Vec<Contact>,
    pub surveys: Vec<SurveyFigures>,
    /// Id and title of each topic, and how many people got it.
    pub topics: Vec<(String, String, u32)>,
    /// ISO code of each country, and how many of those who were matched live there; the largest first.
    pub people_by_country: Vec<(String, u32)>,
    /// How many partnerships stand where.
    pub standings: Vec<(Standing, u32)>,
    /// Two countries in the order of their codes, and how many pairs of partners live there; the most first.
    pub country_pairs: Vec<(String, String, u32)>,
    pub weeks: Vec<Week>,
}

/// A week of a round: letters that left, messages of people that came, and those of them that a person had to read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Week {
    /// The introductions go out on the first day of week 1; the week before is 0.
    pub number: i32,
    pub from: NaiveDate,
    pub letters: u32,
    pub answers: u32,
    pub needed_a_person: u32,
}

/// The number of the week in which a day lies.
pub fn week_of(round: &Round, day: NaiveDate) -> i32 {
    let days = (day - round.start).num_days();
    i32::try_from(days.div_euclid(7)).unwrap_or(0) + 1
}

/// What a check-in told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    pub number: u32,
    /// Days after the introduction.
    pub day: u32,
    pub asked: u32,
    pub going_well: u32,
    pub slow: u32,
    pub not_heard: u32,
    /// No good fit, has to stop, needs help.
    pub other: u32,
    /// Asked, and no answer: unknown, not out of touch.
    pub unknown: u32,
    pub pairs: PairContact,
}

/// The same by partnerships, whose members may say different things.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct PairContact {
    pub all_in_touch: u32,
    pub one_in_touch: u32,
    pub not_heard: u32,
    pub unknown: u32,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SurveyFigures {
    pub id: String,
    pub title: String,
    /// How many of those who were asked have answered.
    pub answered: Rate,
    /// None where too few people answered to show what they said.
    pub questions: Vec<QuestionFigures>,
    /// People who wrote something and said that it may be quoted; none where nobody was asked.
    pub may_be_quoted: Option<u32>,
    pub quotes: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct QuestionFigures {
    pub id: String,
    pub label: String,
    pub answers: u32,
    /// Each option with the share who chose it; empty for open questions and for small groups.
    pub options: Vec<(String, Rate)>,
    /// What people wrote to an open question, sorted, so that no order tells who wrote what.
    pub texts: Vec<String>,
}

/// Counts a round. Labels are in the programme's first language.
pub fn count(settings: &Settings, round: &Round, rows: &Rows) -> Figures {
    let language = settings.default_language();
    let complete = |row: &&ApplicationRow| {
        row.state != ApplicationState::Incomplete && is_complete(&settings.form, &row.answers)
    };
    let in_state = |state: ApplicationState| {
        number(
            rows.applications
                .iter()
                .filter(|it| it.state == state)
                .count(),
        )
    };
    let accepted = rows.applications.iter().filter(complete).filter(|row| {
        !matches!(
            row.state,
            ApplicationState::Complete | ApplicationState::Capped | ApplicationState::Declined
        )
    });
    let mut partners: BTreeMap<PersonId, Vec<&PartnershipRow>> = BTreeMap::new();
    for pair in &rows.partnerships {
        for person in &pair.members {
            partners.entry(*person).or_default().push(pair);
        }
    }
    for pairs in partners.values_mut() {
        pairs.sort_by_key(|pair| pair.started);
    }
    let matched: BTreeSet<PersonId> = partners.keys().copied().collect();
    let of_matched = |set: &BTreeSet<PersonId>| number(matched.intersection(set).count());
    let mut by_country: BTreeMap<String, u32> = BTreeMap::new();
    for row in rows
        .applications
        .iter()
        .filter(|it| matched.contains(&it.person))
    {
        if let Some(code) = row.answers.get("country").and_then(Answer::as_str) {
            *by_country.entry(code.to_string()).or_default() += 1;
        }
    }
    let countries = number(by_country.len());
    let mut people_by_country: Vec<(String, u32)> = by_country.into_iter().collect();
    people_by_country.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let finished = partners
        .values()
        .filter(|pairs| pairs.iter().any(|pair| pair.why_ended == FINISHED))
        .count();
    let (returners, unreachable) = (of_matched(&rows.returners), of_matched(&rows.unreachable));
    Figures {
        round: round.id.clone(),
        name: round.name.clone(),
        start: round.start,
        end: round.end,
        applied: number(rows.applications.len()),
        complete: number(rows.applications.iter().filter(complete).count()),
        capped: in_state(ApplicationState::Capped),
        declined: in_state(ApplicationState::Declined),
        accepted: number(accepted.count()),
        matched: number(matched.len()),
        rematched: number(partners.values().filter(|pairs| pairs.len() > 1).count()),
        rematch_days_median: median(partners.values().flat_map(|pairs| waits(pairs)).collect()),
        withdrawn: in_state(ApplicationState::Withdrawn),
        silent: in_state(ApplicationState::Silent),
        finished: number(finished),
        partnerships: number(rows.partnerships.len()),
        countries,
        first_timers: number(matched.len()) - returners,
        returners,
        reached: number(matched.len()) - unreachable,
        unreachable,
        needed_a_person: rows.needed_a_person,
        contact: contact(&settings.check_in_days, &rows.check_ins),
        surveys: settings
            .surveys
            .iter()
            .filter_map(|survey| {
                let rows = rows.surveys.iter().find(|rows| rows.survey == survey.id)?;
                Some(survey_figures(survey, rows, language))
            })
            .collect(),
        topics: settings
            .topics
            .iter()
            .filter_map(|topic| {
                let people = *rows.topics.get(&topic.id)?;
                Some((topic.id.clone(), topic.title.clone(), people))
            })
            .collect(),
        people_by_country,
        standings: rows
            .standings
            .iter()
            .map(|(standing, count)| (standing.clone(), *count))
            .collect(),
        country_pairs: country_pairs(rows),
        weeks: rows.weeks.clone(),
    }
}

/// Every two partners of a partnership, by their countries.
fn country_pairs(rows: &Rows) -> Vec<(String, String, u32)> {
    let countries: BTreeMap<PersonId, &str> = rows
        .applications
        .iter()
        .filter_map(|row| Some((row.person, row.answers.get("country")?.as_str()?)))
        .collect();
    let mut pairs: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    for partnership in &rows.partnerships {
        for (at, one) in partnership.members.iter().enumerate() {
            for other in partnership.members.iter().skip(at + 1) {
                if let (Some(one), Some(other)) = (countries.get(one), countries.get(other)) {
                    *pairs.entry((*one.min(other), *one.max(other))).or_default() += 1;
                }
            }
        }
    }
    let mut pairs: Vec<(String, String, u32)> = pairs
        .into_iter()
        .map(|((one, other), count)| (one.to_string(), other.to_string(), count))
        .collect();
    pairs.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| (&a.0, &a.1).cmp(&(&b.0, &b.1))));
    pairs
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn is_complete(form: &Form, answers: &Answers) -> bool {
    !open_questions(form, answers, &[], "en")
        .iter()
        .any(|question| question.required)
}

/// Days between the end of one partnership and the start of the next.
fn waits(pairs: &[&PartnershipRow]) -> Vec<u32> {
    pairs
        .windows(2)
        .filter_map(|two| {
            let ended = two[0].ended?.date_naive();
            u32::try_from((two[1].started - ended).num_days().max(0)).ok()
        })
        .collect()
}

fn median(mut days: Vec<u32>) -> Option<u32> {
    days.sort_unstable();
    days.get(days.len().checked_sub(1)? / 2).copied()
}

fn contact(days: &[u32], check_ins: &[CheckInRow]) -> Vec<Contact> {
    days.iter()
        .zip(1..)
        .filter_map(|(day, asked_as)| {
            let mut contact = Contact {
                number: asked_as,
                day: *day,
                ..Contact::default()
            };
            let mut pairs: BTreeMap<PartnershipId, Vec<Option<u8>>> = BTreeMap::new();
            for row in check_ins.iter().filter(|row| row.number == asked_as) {
                contact.asked += 1;
                match row.choice {
                    Some(1) => contact.going_well += 1,
                    Some(2) => contact.slow += 1,
                    Some(3) => contact.not_heard += 1,
                    Some(_) => contact.other += 1,
                    None => contact.unknown += 1,
                }
                pairs.entry(row.partnership).or_default().push(row.choice);
            }
            for choices in pairs.values() {
                let in_touch = |choice: &Option<u8>| matches!(choice, Some(1 | 2));
                if choices.iter().all(in_touch) {
                    contact.pairs.all_in_touch += 1;
                } else if choices.iter().any(in_touch) {
                    contact.pairs.one_in_touch += 1;
                } else if choices.contains(&Some(3)) {
                    contact.pairs.not_heard += 1;
                } else {
                    contact.pairs.unknown += 1;
                }
            }
            (contact.asked > 0).then_some(contact)
        })
        .collect()
}

fn survey_figures(survey: &Survey, rows: &SurveyRows, language: &str) -> SurveyFigures {
    let answered = number(rows.sheets.len());
    let shown = answered >= SMALLEST_GROUP;
    let is_open = |question: &&Question| {
        matches!(
            question.kind,
            QuestionKind::LongText | QuestionKind::ShortText
        )
    };
    let quotable = |sheet: &&Answers| sheet.get(MAY_QUOTE) == Some(&Answer::YesNo(true));
    let mut quotes: Vec<String> = rows
        .sheets
        .iter()
        .filter(quotable)
        .flat_map(|sheet| {
            survey
                .form
                .questions
                .iter()
                .filter(is_open)
                .filter_map(|question| sheet.get(&question.id)?.as_str())
        })
        .map(str::to_string)
        .collect();
    quotes.sort();
    let may_be_quoted = rows.sheets.iter().filter(quotable).filter(|sheet| {
        survey
            .form
            .questions
            .iter()
            .filter(is_open)
            .any(|question| sheet.contains_key(&question.id))
    });
    SurveyFigures {
        id: survey.id.clone(),
        title: survey.title.of(language).to_string(),
        answered: Rate {
            count: rows.answered,
            of: rows.asked,
        },
        questions: survey
            .form
            .questions
            .iter()
            .filter(|_| shown)
            .map(|question| question_figures(question, &rows.sheets, language))
            .collect(),
        may_be_quoted: survey
            .form
            .question(MAY_QUOTE)
            .map(|_| number(may_be_quoted.count())),
        quotes: if shown { quotes } else { Vec::new() },
    }
}

/// The question whose "yes" allows to quote what stands on the same sheet.
pub const MAY_QUOTE: &str = "quote";

fn question_figures(question: &Question, sheets: &[Answers], language: &str) -> QuestionFigures {
    let given: Vec<&Answer> = sheets
        .iter()
        .filter_map(|sheet| sheet.get(&question.id))
        .collect();
    let answers = number(given.len());
    let rate = |chosen: &dyn Fn(&Answer) -> bool| Rate {
        count: number(given.iter().filter(|answer| chosen(answer)).count()),
        of: answers,
    };
    let words = form_text::Words::of(language);
    let options = match question.kind {
        _ if answers < SMALLEST_GROUP => Vec::new(),
        QuestionKind::OneOf | QuestionKind::SomeOf => question
            .options
            .iter()
            .map(|option| {
                let chosen = |answer: &Answer| match answer {
                    Answer::One(id) => *id == option.id,
                    Answer::Many(ids) => ids.contains(&option.id),
                    _ => false,
                };
                (option.label.of(language).to_string(), rate(&chosen))
            })
            .collect(),
        QuestionKind::YesNo => vec![
            (
                words.yes.to_string(),
                rate(&|answer| *answer == Answer::YesNo(true)),
            ),
            (
                words.no.to_string(),
                rate(&|answer| *answer == Answer::YesNo(false)),
            ),
        ],
        _ => Vec::new(),
    };
    let mut texts: Vec<String> = match question.kind {
        QuestionKind::LongText | QuestionKind::ShortText => given
            .iter()
            .filter_map(|answer| answer.as_str())
            .map(str::to_string)
            .collect(),
        _ => Vec::new(),
    };
    texts.sort();
    QuestionFigures {
        id: question.id.clone(),
        label: question.label.of(language).to_string(),
        answers,
        options,
        texts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programme::application::{Choice, MatchingPart, Text};

    fn question(id: &str, kind: QuestionKind, options: &[&str]) -> Question {
        Question {
            id: id.into(),
            kind,
            label: Text::english(id),
            help: Text::default(),
            required: false,
            max_chars: 500,
            shown_to_partner: false,
            options: options
                .iter()
                .map(|option| Choice {
                    id: (*option).into(),
                    label: Text::english(option),
                })
                .collect(),
            at_most: None,
            matching: MatchingPart::None,
        }
    }

    fn survey() -> Survey {
        Survey {
            id: "end".into(),
            title: Text::english("Looking back"),
            day: 108,
            reminder_after_days: Some(7),
            form: Form {
                questions: vec![
                    question("satisfaction", QuestionKind::OneOf, &["very", "not"]),
                    question("impact", QuestionKind::LongText, &[]),
                    question("quote", QuestionKind::YesNo, &[]),
                ],
            },
        }
    }

    fn sheet(satisfaction: &str, impact: Option<&str>, quote: bool) -> Answers {
        let mut sheet = Answers::from([
            (
                "satisfaction".to_string(),
                Answer::One(satisfaction.to_string()),
            ),
            ("quote".to_string(), Answer::YesNo(quote)),
        ]);
        if let Some(impact) = impact {
            sheet.insert("impact".into(), Answer::One(impact.into()));
        }
        sheet
    }

    fn figures(sheets: Vec<Answers>) -> SurveyFigures {
        let rows = SurveyRows {
            survey: "end".into(),
            asked: 8,
            answered: number(sheets.len()),
            sheets,
        };
        survey_figures(&survey(), &rows, "en")
    }

    #[test]
    fn what_fewer_than_five_people_said_is_not_shown() {
        let few = figures(vec![sheet("very", Some("Much."), true); 4]);
        assert_eq!(few.answered, Rate { count: 4, of: 8 });
        assert!(few.questions.is_empty() && few.quotes.is_empty());

        let mut five = vec![sheet("very", None, false); 5];
        five[0].remove("satisfaction");
        let shown = figures(five);
        assert_eq!(shown.questions[0].answers, 4);
        assert!(
            shown.questions[0].options.is_empty(),
            "one question has fewer answers than the survey"
        );
        assert_eq!(shown.questions[2].options[0].1, Rate { count: 0, of: 5 });
    }

    #[test]
    fn only_words_whose_writer_allows_it_are_quoted() {
        let shown = figures(vec![
            sheet("very", Some("Zest."), true),
            sheet("very", Some("Not for others."), false),
            sheet("very", None, true),
            sheet("not", Some("A new friend."), true),
            sheet("not", None, false),
        ]);
        assert_eq!(shown.may_be_quoted, Some(2));
        assert_eq!(shown.quotes, ["A new friend.", "Zest."]);
        assert_eq!(shown.questions[0].options[0].1, Rate { count: 3, of: 5 });
        assert_eq!(shown.questions[1].texts.len(), 3);
    }

    #[test]
    fn every_two_partners_are_counted_by_their_countries() {
        let lives = |person, country: &str| ApplicationRow {
            person: PersonId(person),
            state: ApplicationState::Complete,
            answers: Answers::from([("country".to_string(), Answer::One(country.into()))]),
        };
        let together = |id, members: &[i64]| PartnershipRow {
            id: PartnershipId(id),
            started: NaiveDate::default(),
            ended: None,
            why_ended: String::new(),
            members: members.iter().copied().map(PersonId).collect(),
        };
        let rows = Rows {
            applications: vec![
                lives(1, "PE"),
                lives(2, "KE"),
                lives(3, "KE"),
                lives(4, "PE"),
                lives(5, "TO"),
            ],
            partnerships: vec![together(1, &[1, 2]), together(2, &[3, 4, 5])],
            ..Rows::default()
        };
        let pair = |a: &str, b: &str, count| (a.to_string(), b.to_string(), count);
        assert_eq!(
            country_pairs(&rows),
            [
                pair("KE", "PE", 2),
                pair("KE", "TO", 1),
                pair("PE", "TO", 1)
            ]
        );
    }

    #[test]
    fn silence_in_a_check_in_is_unknown() {
        let row = |partnership, person, choice| CheckInRow {
            partnership: PartnershipId(partnership),
            person: PersonId(person),
            number: 1,
            choice,
        };
        let told = contact(
            &[10, 28],
            &[
                row(1, 1, Some(1)),
                row(1, 2, Some(2)),
                row(2, 3, Some(1)),
                row(2, 4, None),
                row(3, 5, Some(3)),
                row(3, 6, None),
                row(4, 7, None),
                row(4, 8, None),
            ],
        );
        assert_eq!(told.len(), 1, "nobody was asked a second time");
        assert_eq!((told[0].asked, told[0].unknown), (8, 4));
        assert_eq!(
            told[0].pairs,
            PairContact {
                all_in_touch: 1,
                one_in_touch: 1,
                not_heard: 1,
                unknown: 1
            }
        );
    }

    #[test]
    fn the_days_to_a_new_partner_are_counted_from_the_end_of_the_old_one() {
        let day = |day| NaiveDate::from_ymd_opt(2027, 4, day).unwrap();
        let pair = |id, start, end: Option<u32>| PartnershipRow {
            id: PartnershipId(id),
            started: day(start),
            ended: end.map(|end| day(end).and_hms_opt(9, 0, 0).unwrap().and_utc()),
            why_ended: String::new(),
            members: vec![PersonId(1)],
        };
        let (first, second, third) = (pair(1, 1, Some(5)), pair(2, 7, Some(9)), pair(3, 19, None));
        assert_eq!(waits(&[&first, &second, &third]), [2, 10]);
        assert_eq!(median(vec![2, 10]), Some(2));
        assert_eq!(median(Vec::new()), None);
    }
}
