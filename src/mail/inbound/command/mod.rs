//! What a person's words ask for: answers to a check-in or an are-you-there letter, and what may be wanted at any time
//! (stop, pause, withdraw ...). In English, French and Spanish, and as far as the choices of letters go in Arabic, whatever
//! language the reader was written to.
//!
//! What ends, erases or exports needs its exact word alone on the first line below the greeting (RELIABILITY d.4): a
//! sentence that says as much is *unclear*, and what it seems to ask for stands beside it. What only stops or pauses, and
//! answers to the question asked, may be read from sentences. What could mean two things is unclear, too.

pub mod dates;
mod exact;
mod sentences;

use chrono::NaiveDate;

use super::{AskedFor, Context};
use crate::places::fold::fold;
use crate::programme::event::Intent;
use sentences::{Meaning, Sentences};

/// What was understood.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Words {
    pub intent: Option<Intent>,
    pub until: Option<NaiveDate>,
    /// 1 to 6 for a check-in, 1 to 3 for an are-you-there letter.
    pub choice: Option<u8>,
    /// With [`Intent::NewAddress`]: the address.
    pub address: Option<String>,
    /// The intent was said by its exact word, alone on the first line.
    pub exact: bool,
    /// With an unclear intent: what the words seem to ask for, where only its exact word does it.
    pub seems: Option<Intent>,
}

/// The largest number of a choice in a letter that offers choices.
const CHOICES_MAX: u8 = 9;

pub fn read(text: &str, subject: &str, context: &Context<'_>) -> Words {
    let subject = subject_words(subject);
    let spoken = if text.trim().is_empty() {
        subject
    } else {
        without_greeting(text)
    };
    let first = spoken
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    let today = context.received.date_naive();
    let mut words = Words::default();

    if let Some(address) = exact::new_address(spoken) {
        words.exact = true;
        words.intent = Some(Intent::NewAddress);
        words.address = Some(address);
        return words;
    }
    if let Some(intent) = exact::intent(first) {
        // "yes" says something only where it answers a question.
        if intent != Intent::Answer {
            words.exact = true;
            words.intent = Some(intent);
            if intent == Intent::Pause {
                words.until = dates::until(spoken, today, context.language);
            }
            return words;
        }
        if matches!(
            context.asked,
            Some(AskedFor::Form | AskedFor::Survey | AskedFor::Confirmation)
        ) {
            words.intent = Some(intent);
            return words;
        }
    }
    if let Some(until) = exact::pause_until(first, today, context.language) {
        words.exact = true;
        words.intent = Some(Intent::Pause);
        words.until = Some(until);
        return words;
    }
    let sentences = Sentences::of(spoken);
    match context.asked {
        Some(AskedFor::Choice) if number(spoken, CHOICES_MAX).is_some() => {
            words.choice = number(spoken, CHOICES_MAX);
            words.intent = Some(Intent::Answer);
            return words;
        }
        Some(AskedFor::Command) => {}
        _ if sentences.say_nothing() => {}
        // What was done to somebody comes before whatever they answer beside it.
        _ if sentences.concern() => words.intent = Some(Intent::Concern),
        Some(AskedFor::CheckIn) => {
            let meaning = sentences.meaning();
            let chosen = sentences.check_in();
            words.choice = number(spoken, 6).or_else(|| {
                chosen.filter(|choice| match meaning {
                    // "I have to stop until May", or no more than the letters: not the fifth choice.
                    Some(Meaning::Certain(Intent::Pause)) => false,
                    Some(Meaning::Certain(Intent::Stop | Intent::TopicsOff)) => *choice == 6,
                    Some(Meaning::Seems(Intent::MyData | Intent::ForgetMe)) => false,
                    _ => true,
                })
            });
            words.intent = Some(match (words.choice, meaning) {
                (Some(_), _) => Intent::Answer,
                (None, Some(Meaning::Certain(intent @ (Intent::Stop | Intent::TopicsOff))))
                    if chosen.is_none() =>
                {
                    intent
                }
                // Nothing else is said beside it, but that they cannot go on.
                (None, Some(Meaning::Certain(Intent::Pause)))
                    if matches!(chosen, None | Some(5)) =>
                {
                    Intent::Pause
                }
                _ => Intent::Unclear,
            });
            words.seems = seems(meaning).filter(|_| words.choice.is_none());
        }
        Some(AskedFor::AreYouThere) => {
            let meaning = sentences.meaning();
            words.choice = number(spoken, 3).or_else(|| sentences.are_you_there());
            words.intent = Some(match (words.choice, meaning) {
                (Some(_), _) => Intent::Answer,
                (None, Some(Meaning::Certain(intent))) if intent != Intent::Apply => intent,
                _ => Intent::Unclear,
            });
            if words.choice == Some(2) {
                words.until = dates::until(spoken, today, context.language);
            }
            words.seems = seems(meaning).filter(|_| words.choice.is_none());
        }
        None
        | Some(AskedFor::Form | AskedFor::Survey | AskedFor::Confirmation | AskedFor::Choice) => {
            let meaning = sentences.meaning();
            words.intent = meaning.map(|meaning| match meaning {
                Meaning::Certain(intent) => intent,
                Meaning::Seems(_) | Meaning::Doubtful => Intent::Unclear,
            });
            words.seems = seems(meaning);
        }
    }
    if words.intent == Some(Intent::Pause) {
        words.until = dates::until(spoken, today, context.language);
    }
    words
}

fn seems(meaning: Option<Meaning>) -> Option<Intent> {
    match meaning {
        Some(Meaning::Seems(intent)) => Some(intent),
        _ => None,
    }
}

/// A letter without its "Dear all," line: the first line that says something is the one below.
fn without_greeting(text: &str) -> &str {
    let text = text.trim_start();
    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
    let folded = fold(line);
    let greets = [
        "hello",
        "hi",
        "hey",
        "dear",
        "good",
        "greetings",
        "bonjour",
        "bonsoir",
        "salut",
        "cher",
        "chere",
        "chers",
        "cheres",
        "madame",
        "monsieur",
        "mesdames",
        "hola",
        "buenos",
        "buenas",
        "buen",
        "estimado",
        "estimada",
        "estimados",
        "estimadas",
        "querido",
        "querida",
        "queridos",
        "queridas",
        "مرحبا",
        "السلام",
        "تحية",
        "عزيزي",
        "عزيزتي",
    ]
    .contains(&folded.split(' ').next().unwrap_or_default());
    let ends =
        line.trim_end().ends_with([',', '!', '.', ':', ';']) || folded.split(' ').count() <= 2;
    let short = folded.split(' ').count() <= 5;
    // "Good so far" greets nobody.
    let good = folded.starts_with("good ")
        && !["good morning", "good day", "good afternoon", "good evening"]
            .iter()
            .any(|words| folded.starts_with(words));
    if greets && ends && short && !good && !rest.trim().is_empty() {
        rest
    } else {
        text
    }
}

/// The number of a choice on the first line that has words: "3", "(3)", "3 - I have not heard", "\[x\] 3", "3️⃣", "three".
/// A number that counts something ("2 weeks ago") is none.
pub fn number(text: &str, most: u8) -> Option<u8> {
    let line = text.lines().find(|line| !line.trim().is_empty())?;
    number_on(line, most).or_else(|| {
        // Below a first sentence, where a number stands alone and no other does.
        let mut alone = text.lines().filter_map(|line| {
            let bare = line.trim().trim_matches(['(', ')', '.', '*', '[', ']']);
            (bare.len() == 1 && bare.starts_with(|c: char| c.is_ascii_digit())).then_some(bare)
        });
        let one = alone.next()?;
        alone.next().is_none().then(|| number_on(one, most))?
    })
}

fn number_on(line: &str, most: u8) -> Option<u8> {
    let line = line
        .trim()
        .trim_start_matches(|c: char| "*_>#([{-–—•·\"'“‘«:= ".contains(c))
        .trim_start();
    let line = ["x]", "X]", "✓]", "✔]", "x )", "✓", "✔", "☑", "☒", "✅"]
        .iter()
        .find_map(|tick| line.strip_prefix(tick))
        .unwrap_or(line)
        .trim_start();
    let folded = fold(line);
    let folded = [
        "answer",
        "my answer is",
        "my answer",
        "option",
        "choice",
        "number",
        "no",
        "nr",
        "n",
        "reponse",
        "ma reponse est",
        "choix",
        "numero",
        "respuesta",
        "mi respuesta es",
        "opcion",
        "it s",
        "it is",
    ]
    .iter()
    .find_map(|word| {
        folded
            .strip_prefix(word)
            .and_then(|rest| rest.strip_prefix(' '))
    })
    .unwrap_or(&folded);
    let mut words = folded.split(' ');
    let first = words.next().unwrap_or_default();
    let named = match first {
        "one" | "un" | "uno" | "une" | "una" => Some(1),
        "two" | "deux" | "dos" => Some(2),
        "three" | "trois" | "tres" => Some(3),
        "four" | "quatre" | "cuatro" => Some(4),
        "five" | "cinq" | "cinco" => Some(5),
        "six" | "seis" => Some(6),
        _ => None,
    };
    let rest = words.clone().next();
    let value = match named {
        // "One of us was ill" is no choice.
        Some(value) => rest.is_none().then_some(value)?,
        None => first.trim_end_matches(['e', 'º']).parse::<u8>().ok()?,
    };
    let after = line
        .trim_start_matches(|c: char| !c.is_ascii_digit())
        .trim_start_matches(|c: char| c.is_ascii_digit());
    let decimal = after.starts_with(['.', ',', ':', '/', '-'])
        && after[1..].starts_with(|c: char| c.is_ascii_digit());
    let counts = rest.is_some_and(|word| {
        matches!(
            word,
            "week"
                | "weeks"
                | "day"
                | "days"
                | "month"
                | "months"
                | "time"
                | "times"
                | "mail"
                | "mails"
                | "email"
                | "emails"
                | "letters"
                | "messages"
                | "hours"
                | "hour"
                | "of"
                | "years"
                | "semaines"
                | "semaine"
                | "jours"
                | "jour"
                | "mois"
                | "fois"
                | "courriels"
                | "semanas"
                | "semana"
                | "dias"
                | "dia"
                | "meses"
                | "mes"
                | "veces"
                | "correos"
                | "mensajes"
                | "heures"
                | "horas"
                | "or"
                | "ou"
                | "o"
                | "and"
                | "et"
                | "y"
                | "january"
                | "february"
                | "march"
                | "april"
                | "may"
                | "june"
                | "july"
                | "august"
                | "september"
                | "october"
                | "november"
                | "december"
        )
    });
    ((1..=most).contains(&value) && !decimal && !counts).then_some(value)
}

/// A subject without the marks of replies and forwards.
fn subject_words(subject: &str) -> &str {
    let mut rest = subject.trim();
    while let Some((mark, after)) = rest.split_once(':') {
        let mark = fold(mark);
        if matches!(
            mark.as_str(),
            "re" | "aw"
                | "sv"
                | "vs"
                | "fw"
                | "fwd"
                | "wg"
                | "tr"
                | "rv"
                | "antw"
                | "odp"
                | "res"
                | "r"
                | "ref"
                | "rif"
                | "ynt"
        ) {
            rest = after.trim_start();
        } else {
            break;
        }
    }
    rest
}

#[cfg(test)]
mod tests;
