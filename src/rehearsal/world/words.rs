//! The words in which people answer questions: as bare as the letter asks for, as a sentence, or in their own language.

use chrono::NaiveDate;

use crate::rehearsal::dice::Dice;
use crate::rehearsal::responder::written_date;

/// An answer to a check-in. `marker` is a word of this person's, by which it is known where their words are read.
pub(super) fn check_in_words(
    choice: u8,
    marker: &str,
    tongue: &str,
    english: bool,
    dice: &mut Dice,
) -> String {
    if !english {
        return choice.to_string();
    }
    let own_language = match tongue {
        "fr" => FRENCH.get(usize::from(choice)),
        "es" => SPANISH.get(usize::from(choice)),
        _ => None,
    };
    if let Some(words) = own_language.filter(|words| !words.is_empty())
        && dice.chance(0.2)
    {
        return (*words).to_string();
    }
    if dice.chance(0.35) {
        let long = match choice {
            1 => "1\n\nWe had a first call and talk about our projects MARKER.",
            2 => "2\n\nWe write every few weeks, mostly about MARKER.",
            3 => "3\n\nI wrote twice and told them about MARKER, but nothing came.",
            4 => "4\n\nWe have little in common, and MARKER did not interest my partner.",
            5 => "5\n\nI am sorry. The work on MARKER takes all my time now.",
            _ => "6\n\nI am not sure how to go on, could somebody advise me about MARKER?",
        };
        return long.replace("MARKER", marker);
    }
    let short: &[&str] = match choice {
        1 => &[
            "1",
            "1 going well",
            "1.",
            "We are in touch and it is going well.",
            "Yes, we write to each other every week.",
            "All good, thank you!",
            "It's going great, we had a video call on Sunday.",
        ],
        2 => &[
            "2",
            "2 slow, but in touch",
            "(2)",
            "2 - a bit slow, but we are in touch",
            "It is a bit slow, but we are in touch.",
            "We are both very busy, so it goes slowly, but we do write.",
        ],
        3 => &[
            "3",
            "3 I have not heard from my partner",
            "3.",
            "I have not heard from my partner yet.",
            "No answer so far.",
            "Nothing yet, I wrote two weeks ago.",
        ],
        4 => &[
            "4",
            "4 we are not a good fit",
            "4.",
            "We are not a good fit, I would like someone else.",
        ],
        5 => &["5", "5 I have to stop", "5.", "I have to stop, sorry."],
        _ => &["6", "6 I need help", "6.", "6 - please help"],
    };
    dice.one_of(short).to_string()
}

/// By choice; the first is none.
const FRENCH: [&str; 4] = [
    "",
    "Tout va bien, merci !",
    "C'est un peu lent, mais nous sommes en contact.",
    "Je n'ai pas encore eu de nouvelles.",
];
const SPANISH: [&str; 4] = [
    "",
    "Todo va muy bien, gracias.",
    "Va un poco lento, pero estamos en contacto.",
    "Todavía no he recibido respuesta.",
];

pub(super) fn away_words(back_on: NaiveDate, dice: &mut Dice) -> String {
    match dice.index(3) {
        0 => format!("2 I am away until {back_on}\n"),
        1 => format!("2\n\nI am away until {}.\n", written_date("en", back_on)),
        _ => format!("2 - away until {}\n", written_date("en", back_on)),
    }
}
