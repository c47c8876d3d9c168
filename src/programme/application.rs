//! The form and what people answered: shapes only, no reading of mail (that is `mail::inbound::form_reply`) and no
//! writing of it (that is `form_text` beside this file).

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// A text in several languages, by language code ("en"). English, else any, stands in where one is missing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Text(pub BTreeMap<String, String>);

impl Text {
    pub fn english(text: &str) -> Text {
        Text(BTreeMap::from([("en".into(), text.into())]))
    }

    pub fn of(&self, language: &str) -> &str {
        self.0
            .get(language)
            .or_else(|| self.0.get("en"))
            .or_else(|| self.0.values().next())
            .map_or("", String::as_str)
    }
}

/// The questions of a form or a survey, in the order in which they are asked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Form {
    pub questions: Vec<Question>,
}

impl Form {
    pub fn question(&self, id: &str) -> Option<&Question> {
        self.questions.iter().find(|question| question.id == id)
    }
}

/// One question. `id` is what the answers are stored under; people see the label only.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    pub id: String,
    pub kind: QuestionKind,
    pub label: Text,
    pub help: Text,
    pub required: bool,
    /// Longest answer in characters; longer ones are cut visibly.
    pub max_chars: usize,
    pub shown_to_partner: bool,
    /// For `OneOf` and `SomeOf`. For `Wishes` the labels of its two lines in the form, under the ids `must` and `like`.
    pub options: Vec<Choice>,
    /// For `SomeOf`: how many may be ticked.
    pub at_most: Option<usize>,
    pub matching: MatchingPart,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    pub id: String,
    pub label: Text,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuestionKind {
    ShortText,
    LongText,
    OneOf,
    SomeOf,
    Country,
    Languages,
    /// A city, an IANA zone name or an offset. The answer under the question's id is what was written; the IANA
    /// zone that it means stands under the id `zone`.
    Place,
    YesNo,
    /// A name on a social network, shown as written.
    Handle,
    /// A second mail address.
    Address,
    /// Wishes about the partner. It has two label lines in the form, which are its options `must` and `like`.
    Wishes,
}

/// The part that an answer plays when pairs are made.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum MatchingPart {
    #[default]
    None,
    /// A hard rule looks at it (country, languages).
    Hard,
    /// Partners can be wished for by it.
    Wish,
    /// Likeness counts, with this weight; partners can be wished for by it, too.
    Similarity(u32),
}

/// One answer. Its JSON is the plain value: `"AU"`, `["en","fr"]`, `true`, `{"must": {...}, "like": {...}}`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Answer {
    YesNo(bool),
    /// Text, an option's id, or a country's ISO 3166-1 alpha-2 code.
    One(String),
    /// Option ids, or BCP 47 language codes.
    Many(Vec<String>),
    Wishes(Wishes),
}

/// By hand, since serde tries one shape after the other and words an error for each that does not fit: answers are read
/// with every person of every event.
impl<'de> Deserialize<'de> for Answer {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Answer, D::Error> {
        from.deserialize_any(AnyAnswer)
    }
}

struct AnyAnswer;

impl<'de> Visitor<'de> for AnyAnswer {
    type Value = Answer;

    fn expecting(&self, words: &mut fmt::Formatter<'_>) -> fmt::Result {
        words.write_str("an answer: yes or no, a text, a list of texts, or wishes")
    }

    fn visit_bool<E>(self, answer: bool) -> Result<Answer, E> {
        Ok(Answer::YesNo(answer))
    }

    fn visit_str<E>(self, text: &str) -> Result<Answer, E> {
        Ok(Answer::One(text.to_string()))
    }

    fn visit_string<E>(self, text: String) -> Result<Answer, E> {
        Ok(Answer::One(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Answer, A::Error> {
        Deserialize::deserialize(SeqAccessDeserializer::new(list)).map(Answer::Many)
    }

    fn visit_map<A: MapAccess<'de>>(self, wishes: A) -> Result<Answer, A::Error> {
        Deserialize::deserialize(MapAccessDeserializer::new(wishes)).map(Answer::Wishes)
    }
}

impl Answer {
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Answer::One(text) => Some(text),
            _ => None,
        }
    }

    pub fn as_list(&self) -> &[String] {
        match self {
            Answer::Many(list) => list,
            _ => &[],
        }
    }
}

/// Wishes about the partner: question id -> option ids, any one of which fulfils the wish. `region` is a question id
/// here, too, though nobody is asked for their region: it follows from the country.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Wishes {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub must: BTreeMap<String, Vec<String>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub like: BTreeMap<String, Vec<String>>,
}

/// Question id -> answer.
pub type Answers = BTreeMap<String, Answer>;

/// An answer that could not be read with certainty: what was written, and why it was not enough.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unclear {
    pub question: String,
    pub written: String,
    pub why: Why,
}

/// Why an answer was not taken; the letter words it in the reader's language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// None of the options, or no country, language or zone that we know.
    Unknown,
    /// Several readings are possible.
    Ambiguous,
    /// More options ticked than the question allows.
    TooMany,
    /// No mail address.
    NoAddress,
}
