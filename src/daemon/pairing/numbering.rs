//! Words and their numbers: answers as the matching reads them, and back into the words of the form.

use chrono::Offset;
use chrono_tz::Tz;

use crate::ids::PersonId;
use crate::matching::{self, Candidate, Side, Trait, Wish};
use crate::places;
use crate::programme::application::{Answer, Answers};
use crate::programme::event::Reason;
use crate::programme::facts::Applicant;
use crate::programme::form_text;
use crate::programme::settings::{Different, Settings};
use crate::time::Moment;

/// Equal words get equal numbers, in alphabetical order.
pub(in crate::daemon) struct Numbering {
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
    pub fn of(settings: &Settings, applicants: &[Applicant]) -> Numbering {
        let answers = applicants.iter().map(|it| &it.application.answers);
        Numbering::of_answers(settings, &answers.collect::<Vec<_>>())
    }

    pub fn of_answers(settings: &Settings, everybody_s: &[&Answers]) -> Numbering {
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

    pub fn candidate(&self, applicant: &Applicant, at: Moment) -> Candidate {
        let answers = &applicant.application.answers;
        self.candidate_with(applicant.person.id.0, answers, applicant.person.zone, at)
    }

    pub fn candidate_with(&self, id: i64, answers: &Answers, zone: Tz, at: Moment) -> Candidate {
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
    pub fn asked(&self, about: Trait) -> (&str, &[String]) {
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

    /// For the question of each demand, how many partners would be possible without it.
    pub fn by_question(&self, possible: matching::PossiblePartners) -> Vec<(String, u32)> {
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        possible
            .without
            .into_iter()
            .map(|(wish, without)| (self.asked(wish.about).0.to_string(), count(without)))
            .collect()
    }

    /// The options that a wish asks for, in words of the form.
    pub fn options_of(&self, wish: &Wish) -> Vec<String> {
        let words = self
            .trait_of(self.asked(wish.about).0)
            .map(|(_, words)| words);
        let words = words.unwrap_or_default().iter().take(64).enumerate();
        words
            .filter(|(option, _)| wish.any_of >> option & 1 == 1)
            .map(|(_, word)| word.clone())
            .collect()
    }

    /// What speaks for two people, in words of the form.
    pub fn in_words(
        &self,
        reason: matching::Reason,
        (first, second): (PersonId, PersonId),
    ) -> Reason {
        let word = |words: &[String], option: u8| {
            words.get(usize::from(option)).cloned().unwrap_or_default()
        };
        match reason {
            matching::Reason::SharedInterest { option, .. } => Reason::SharedInterest {
                option: word(&self.interests, option),
            },
            matching::Reason::SharedLanguage { language } => Reason::SharedLanguage {
                code: word(&self.languages, language),
            },
            matching::Reason::WakingHalfHours(halves) => Reason::WakingHours { hours: halves / 2 },
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
                let (question, words) = self.asked(about);
                Reason::WishMet {
                    person: match wisher {
                        Side::First => first,
                        Side::Second => second,
                    },
                    question: question.to_string(),
                    option: word(words, option),
                }
            }
        }
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
