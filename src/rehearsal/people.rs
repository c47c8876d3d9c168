//! Who the invented people are: name, home, tongue, address, and what they would like to have recorded about
//! themselves. How they behave is in `habits`.

use chrono_tz::Tz;

use super::data::{
    ABOUT_BEGINNINGS, ABOUT_ENDINGS, COUNTRIES, Country, HEAD_SHARES, LEARN_TEXTS, REGIONS, names,
};
use super::dice::Dice;
use crate::programme::application::{
    Answer, Answers, Form, MatchingPart, Question, QuestionKind, Wishes,
};

/// One invented person.
#[derive(Debug, Clone)]
pub struct Person {
    /// From 0, in the order in which they were invented.
    pub number: usize,
    pub name: String,
    pub given: String,
    /// Ends in `.example`, so that it can belong to nobody (RFC 2606).
    pub address: String,
    pub second_address: Option<String>,
    pub country: &'static Country,
    pub zone: Tz,
    pub city: String,
    /// What they mean to say in the form, by question id, in the form of the stored answers.
    pub answers: Answers,
}

impl Person {
    /// BCP 47 code of the language that their mail program speaks.
    pub fn tongue(&self) -> &'static str {
        self.country.languages.first().copied().unwrap_or("en")
    }

    /// The mailbox that they move to, where they move.
    pub fn address_after_moving(&self) -> String {
        format!("{}.{}@newpost.example", plain(&self.given), self.number + 1)
    }

    /// A mailbox of theirs of which the programme knows nothing.
    pub fn address_elsewhere(&self) -> String {
        format!(
            "{}.{}@elsewhere.example",
            plain(&self.given),
            self.number + 1
        )
    }
}

/// How many countries so many people come from, as the programme's rounds had it: 92 people from 18 countries,
/// 1,162 from 95.
pub fn usual_countries(people: u32) -> u32 {
    let countries = 95.0 * (f64::from(people) / 1162.0).powf(0.656);
    (countries.round() as u32).clamp(1, COUNTRIES.len() as u32)
}

/// How many people come from each country: everybody has a home, no chosen country is empty while there are people
/// enough, and the shares are those of the programme's rounds, the tail falling as 1/n.
///
/// `chosen` are places in [`COUNTRIES`]; the result has one number for each of them.
pub fn people_by_country(people: u32, chosen: &[usize]) -> Vec<u32> {
    /// What the eighteen countries of the head leave to the others.
    const TAIL: f64 = 0.179;
    let in_tail = |place: usize| 1.0 / (place.saturating_sub(HEAD_SHARES.len()) + 2) as f64;
    let tail: f64 = chosen
        .iter()
        .filter(|&&place| place >= HEAD_SHARES.len())
        .map(|&place| in_tail(place))
        .sum();
    let weights: Vec<f64> = chosen
        .iter()
        .map(|&place| match HEAD_SHARES.get(place) {
            Some(share) => *share,
            None => TAIL * in_tail(place) / tail,
        })
        .collect();
    let total: f64 = weights.iter().sum();
    let mut counts = vec![0u32; chosen.len()];
    for (at, count) in counts.iter_mut().enumerate() {
        *count = u32::from(at < people as usize);
    }
    // Everybody else goes where most are still wanting.
    for _ in chosen.len()..people as usize {
        let wanting = |at: usize| weights[at] / total * f64::from(people) - f64::from(counts[at]);
        let most = (0..counts.len()).max_by(|&one, &other| {
            wanting(one)
                .total_cmp(&wanting(other))
                .then(other.cmp(&one))
        });
        if let Some(most) = most {
            counts[most] += 1;
        }
    }
    counts
}

/// What a person is invented from besides their country.
pub struct Invention<'a> {
    pub number: usize,
    pub form: &'a Form,
    /// The programme's language: everybody knows it.
    pub language: &'a str,
    pub has_second_address: bool,
    pub has_wishes: bool,
}

const HOSTS: [&str; 24] = [
    "library",
    "lakeside",
    "university",
    "citylibrary",
    "archives",
    "college",
    "readers",
    "oakfield",
    "riverside",
    "bookshelf",
    "museum",
    "northern",
    "harbour",
    "school",
    "polytechnic",
    "council",
    "institute",
    "hillside",
    "postbox",
    "webpost",
    "southern",
    "academy",
    "parliament",
    "hospital",
];

pub fn invent(what: &Invention<'_>, country: &'static Country, dice: &mut Dice) -> Person {
    let names = names(country.names);
    let given = dice.one_of(&names.given).to_string();
    let family = dice.one_of(&names.family);
    let name = format!("{given} {family}");
    let number = what.number;
    let local = format!("{}.{}.{}", plain(&given), plain(family), number + 1);
    let host = dice.one_of(&HOSTS);
    let address = format!("{local}@mail.{host}.example");
    let second_address = what
        .has_second_address
        .then(|| format!("{}.{}@home.example", plain(&given), number + 1));
    let zone_name = dice.one_of(&country.zones);
    let zone: Tz = zone_name.parse().unwrap_or(Tz::UTC);
    let city = zone_name
        .rsplit('/')
        .next()
        .unwrap_or(zone_name)
        .replace('_', " ");
    let mut person = Person {
        number,
        name,
        given,
        address,
        second_address,
        country,
        zone,
        city,
        answers: Answers::new(),
    };
    for question in &what.form.questions {
        if let Some(answer) = answer(question, &person, what, dice) {
            person.answers.insert(question.id.clone(), answer);
        }
    }
    person
}

/// What this person answers to a question; none where they leave an optional one empty.
fn answer(
    question: &Question,
    person: &Person,
    what: &Invention<'_>,
    dice: &mut Dice,
) -> Option<Answer> {
    let skips = !question.required && dice.chance(0.3);
    match question.kind {
        QuestionKind::Country => Some(Answer::One(person.country.code.into())),
        QuestionKind::Place => Some(Answer::One(person.city.clone())),
        QuestionKind::YesNo => Some(Answer::YesNo(question.required || dice.chance(0.6))),
        QuestionKind::Languages => {
            let mut languages = vec![what.language.to_string()];
            for (place, code) in person.country.languages.iter().enumerate() {
                let speaks = place == 0 || dice.chance(0.4);
                if speaks && !languages.iter().any(|known| known == code) {
                    languages.push((*code).to_string());
                }
            }
            if dice.chance(0.25) {
                let code = dice.one_of(&["en", "es", "fr", "de", "ar", "pt"]);
                if !languages.iter().any(|known| known == code) {
                    languages.push(code.to_string());
                }
            }
            Some(Answer::Many(languages))
        }
        QuestionKind::Address => person.second_address.clone().map(Answer::One),
        QuestionKind::Handle => {
            (!skips).then(|| Answer::One(format!("@{}_{}", plain(&person.given), person.number)))
        }
        QuestionKind::Wishes => what
            .has_wishes
            .then(|| Answer::Wishes(wishes(what.form, dice)))
            .filter(|answer| *answer != Answer::Wishes(Wishes::default())),
        QuestionKind::OneOf => {
            if question.options.is_empty() || (skips && question.matching == MatchingPart::None) {
                return None;
            }
            let place = dice.weighted(&falling(question.options.len()));
            Some(Answer::One(question.options[place].id.clone()))
        }
        QuestionKind::SomeOf => {
            let most = question
                .at_most
                .unwrap_or(5)
                .min(question.options.len())
                .min(5);
            let wanted = dice.between(1, most as i64) as usize;
            let mut places = some_of(question.options.len(), wanted, dice);
            places.sort_unstable();
            let ids = places
                .into_iter()
                .map(|place| question.options[place].id.clone());
            Some(Answer::Many(ids.collect()))
        }
        QuestionKind::ShortText if question.id == "name" => Some(Answer::One(person.name.clone())),
        QuestionKind::ShortText => {
            (!skips).then(|| Answer::One(dice.one_of(&LEARN_TEXTS).to_string()))
        }
        QuestionKind::LongText if question.id == "learn" => {
            (!skips).then(|| Answer::One(dice.one_of(&LEARN_TEXTS).to_string()))
        }
        QuestionKind::LongText => (!skips).then(|| {
            Answer::One(format!(
                "{} in {}, {}",
                dice.one_of(&ABOUT_BEGINNINGS),
                person.city,
                dice.one_of(&ABOUT_ENDINGS)
            ))
        }),
    }
}

/// Weights that fall like those of favourite things: 1/2, 1/3, 1/4 ...
fn falling(count: usize) -> Vec<f64> {
    (0..count).map(|place| 1.0 / (place + 2) as f64).collect()
}

/// `wanted` different places below `count`, early ones more often.
fn some_of(count: usize, wanted: usize, dice: &mut Dice) -> Vec<usize> {
    let mut weights = falling(count);
    let mut chosen = Vec::new();
    while chosen.len() < wanted.min(count) {
        let place = dice.weighted(&weights);
        if weights[place] > 0.0 {
            weights[place] = 0.0;
            chosen.push(place);
        }
    }
    chosen
}

/// Wishes about the partner: mostly "would like", now and then "must".
fn wishes(form: &Form, dice: &mut Dice) -> Wishes {
    let mut wishes = Wishes::default();
    let wished_for = |question: &&Question| {
        question.matching == MatchingPart::Wish
            || ["sector", "stage", "interests"].contains(&question.id.as_str())
    };
    for question in form.questions.iter().filter(wished_for) {
        if question.options.is_empty() || !dice.chance(0.55) {
            continue;
        }
        let wanted = if dice.chance(0.3) { 2 } else { 1 };
        let mut places = some_of(question.options.len(), wanted, dice);
        places.sort_unstable();
        let ids = places
            .into_iter()
            .map(|place| question.options[place].id.clone())
            .collect();
        let kind = if dice.chance(0.15) {
            &mut wishes.must
        } else {
            &mut wishes.like
        };
        kind.insert(question.id.clone(), ids);
    }
    if dice.chance(0.3) {
        let (id, _) = REGIONS[dice.index(REGIONS.len())];
        wishes.like.insert("region".into(), vec![id.into()]);
    }
    wishes
}

/// Letters as they stand in an address: ASCII, lower case, nothing else.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase) {
        match letter {
            'a'..='z' | '0'..='9' => out.push(letter),
            'á' | 'à' | 'â' | 'ä' | 'ã' | 'å' | 'ą' | 'ă' | 'ā' => out.push('a'),
            'ç' | 'ć' | 'č' => out.push('c'),
            'é' | 'è' | 'ê' | 'ë' | 'ę' | 'ě' | 'ė' | 'ē' => out.push('e'),
            'í' | 'î' | 'ï' | 'ī' | 'ı' => out.push('i'),
            'ñ' | 'ń' | 'ň' | 'ņ' => out.push('n'),
            'ó' | 'ò' | 'ô' | 'ö' | 'õ' | 'ø' | 'ő' => out.push('o'),
            'ú' | 'ü' | 'ů' | 'ū' | 'ű' => out.push('u'),
            'š' | 'ś' | 'ş' | 'ș' => out.push('s'),
            'ž' | 'ź' | 'ż' => out.push('z'),
            'ł' | 'ļ' => out.push('l'),
            'ý' => out.push('y'),
            'ř' => out.push('r'),
            'ğ' | 'ģ' => out.push('g'),
            'đ' | 'ď' => out.push('d'),
            'ț' | 'ť' => out.push('t'),
            'ķ' => out.push('k'),
            _ => {}
        }
    }
    out
}
