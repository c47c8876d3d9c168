use super::*;
use crate::programme::application::{Choice, MatchingPart, Question, QuestionKind, Text, Why};
use crate::programme::form_text;

#[path = "../../../../tests/mail/form.rs"]
mod museum_form;

use museum_form::form;

fn answers(text: &str) -> BTreeMap<String, serde_json::Value> {
    let reply = read(text, &form(), "en", true);
    assert!(reply.unclear.is_empty(), "{:?}", reply.unclear);
    reply
        .answers
        .into_iter()
        .map(|(id, answer)| (id, serde_json::to_value(answer).unwrap()))
        .collect()
}

fn full() -> Answers {
    Answers::from([
        ("name".into(), Answer::One("Anna Bérg".into())),
        ("country".into(), Answer::One("KE".into())),
        ("place".into(), Answer::One("Nairobi".into())),
        ("zone".into(), Answer::One("Africa/Nairobi".into())),
        ("languages".into(), Answer::Many(vec!["en".into(), "sw".into()])),
        ("sector".into(), Answer::One("special".into())),
        ("stage".into(), Answer::One("mid".into())),
        ("interests".into(), Answer::Many(vec!["reading".into(), "community".into(), "open_access".into()])),
        ("about".into(), Answer::One("I run a small library for a law firm, and I have done so for nine years now. We are three.\n\nIn the evening I paint.".into())),
        ("learn".into(), Answer::One("How others serve readers who never come in.".into())),
        ("handles".into(), Answer::One("@anna@books.example".into())),
        ("second_address".into(), Answer::One("anna.home@example.net".into())),
        (
            "wishes".into(),
            Answer::Wishes(Wishes {
                must: BTreeMap::from([("sector".into(), vec!["public".into(), "academic".into()])]),
                like: BTreeMap::from([("region".into(), vec!["asia".into()]), ("stage".into(), vec!["late".into()]), ("interests".into(), vec!["local_history".into()])]),
            }),
        ),
        ("promise".into(), Answer::YesNo(true)),
    ])
}

#[test]
fn what_the_letter_shows_is_what_the_reply_says() {
    for language in ["en", "fr", "es"] {
        let text = form_text::write(&form(), &full(), language);
        for reply in [
            text.clone(),
            text.lines().map(|line| format!("> {line}\n")).collect(),
            text.lines().map(|line| format!(">> {line}\r\n")).collect(),
            text.replace('\n', "\r\n"),
            format!("Here is my form.\n\n{text}\n-- \nAnna Bérg\nLibrarian\n"),
        ] {
            let read = read(&reply, &form(), language, true);
            assert_eq!(read.unclear, [], "{reply}");
            assert_eq!(read.answers, full(), "{reply}");
        }
    }
}

#[test]
fn an_empty_form_answers_nothing() {
    for language in ["en", "fr", "es"] {
        let text = form_text::write(&form(), &Answers::new(), language);
        let quoted: String = text.lines().map(|line| format!("> {line}\n")).collect();
        for reply in [text, quoted] {
            assert_eq!(
                read(&reply, &form(), language, true),
                FormReply::default(),
                "{reply}"
            );
        }
    }
}

#[test]
fn answers_above_the_empty_form_count() {
    let empty: String = form_text::write(&form(), &Answers::new(), "en")
        .lines()
        .map(|line| format!("> {line}\n"))
        .collect();
    let reply = format!(
        "Name: Anna\nCountry: kenya\nCity: Nairobi\n\nOn Mon, 1 Feb 2027 at 09:00, Pairpost <p@example.org> wrote:\n{empty}"
    );
    let said = answers(&reply);
    assert_eq!(said["name"], "Anna");
    assert_eq!(said["country"], "KE");
    assert_eq!(said["zone"], "Africa/Nairobi");
    assert_eq!(said.len(), 4);
}

#[test]
fn answers_between_the_quoted_lines_count() {
    let said = answers(
        "> Name:\n> (As your partner should call you.)\nAnna\n>\n> Country:\n> (Where you live now.)\n\nNew Zealand\n> About me:\n> (A few sentences about you and your work, for\nyour partner.)\nI am Anna.\n\nI read.\n> What I would like to learn:\n",
    );
    assert_eq!(said["name"], "Anna");
    assert_eq!(said["country"], "NZ");
    assert_eq!(said["about"], "I am Anna.\n\nI read.");
}

#[test]
fn boxes_are_ticked_in_many_ways() {
    for (lines, id) in [
        ("[x] 2 Academic or research library", "academic"),
        ("[X]2 Academic or research library", "academic"),
        ("[ ] x 3 School library", "school"),
        ("x [ ] 3 School library", "school"),
        ("[✓] School library", "school"),
        ("☑ 3 School library", "school"),
        ("[ x ] 5 National or state library", "national"),
        ("(x) 7 Student", "student"),
        ("[ ] 3 School library  <--", "school"),
    ] {
        let said = answers(&format!(
            "Where you work or study:\n(tick one with an x; Tick one.)\n  [ ] 1 Public library\n  {lines}\n  [ ] 8 Something else\n"
        ));
        assert_eq!(said["sector"], id, "{lines}");
    }
    // All others deleted.
    assert_eq!(
        answers("Where you work or study:\n[ ] 3 School library\n\nCareer stage: 3")["sector"],
        "school"
    );
}

#[test]
fn options_are_named_by_number_name_or_the_beginning_of_it() {
    for (written, id) in [
        ("3", "school"),
        ("School library", "school"),
        ("academic", "academic"),
        ("archive", "archive"),
        ("Bibliothèque scolaire", "school"),
        ("scool library", "school"),
        ("special library", "special"),
        ("a public library", "public"),
    ] {
        assert_eq!(
            answers(&format!("Where you work or study: {written}\n"))["sector"],
            id,
            "{written}"
        );
    }
    let said = answers("Interests: 4, 8 and 17");
    assert_eq!(
        said["interests"],
        serde_json::json!(["reading", "community", "local_history"])
    );
    let said = answers("Interests: Local history and archives, makerspaces, reading");
    assert_eq!(
        said["interests"],
        serde_json::json!(["reading", "local_history", "making"])
    );
}

#[test]
fn what_cannot_be_read_is_unclear_with_its_words() {
    let reply = read(
        "Country: Atlantis\nInterests: 1, 2, 3, 4, 5, 6\nSecond email address: at home\nI promise: maybe\n",
        &form(),
        "en",
        true,
    );
    let why: Vec<(&str, Why)> = reply
        .unclear
        .iter()
        .map(|unclear| (unclear.question.as_str(), unclear.why))
        .collect();
    assert_eq!(
        why,
        [
            ("country", Why::Unknown),
            ("interests", Why::TooMany),
            ("second_address", Why::NoAddress),
            ("promise", Why::Unknown)
        ]
    );
    assert!(reply.answers.is_empty());
}

#[test]
fn labels_may_be_translated_misspelt_bare_or_run_together() {
    let said = answers("Naem: Anna\nPays: Kenia\n*Langues :* anglais, swahili\nCarreer stage: 4\n");
    assert_eq!(said["name"], "Anna");
    assert_eq!(said["country"], "KE");
    assert_eq!(said["languages"], serde_json::json!(["en", "sw"]));
    assert_eq!(said["stage"], "late");
    let said = answers("Name: Anna Country: Kenya City or time zone: Nairobi Languages: English");
    assert_eq!(
        (&said["name"], &said["country"], &said["place"]),
        (&"Anna".into(), &"KE".into(), &"Nairobi".into())
    );
    let said = answers("Name\tAnna\nCountry\tKenya\n");
    assert_eq!(said["country"], "KE");
}

#[test]
fn a_label_by_chance_is_no_form() {
    let reply = read(
        "Dear all,\nName: the rose\nwas a good book.",
        &form(),
        "en",
        false,
    );
    assert_eq!(reply, FormReply::default());
}

#[test]
fn wishes_name_options_and_regions() {
    let said = answers(
        "My partner must be: public or school library, in Europe\nI would like my partner to be: mid career, Latin America, makerspaces\n",
    );
    assert_eq!(
        said["wishes"],
        serde_json::json!({"must": {"sector": ["public", "school"], "region": ["europe"]}, "like": {"stage": ["mid"], "region": ["latin-america"], "interests": ["making"]}})
    );
    assert!(!answers("Name: A\nMy partner must be: none\n").contains_key("wishes"));
}

/// Whoever answers a few open questions above our letter signs below the last of them, as in any letter.
#[test]
fn a_greeting_and_a_name_below_the_last_answer_are_no_part_of_it() {
    for (farewell, end) in [
        ("Regards\nOusmane", ""),
        ("Kind regards,\nFemke\n\nVerstuurd vanaf mijn iPhone", ""),
        (
            "Thanks!\nAndrew",
            "\nOn Sun, Feb 7, 2027 at 2:33 PM Pairpost <p@example.org> wrote:\n\n> Dear Andrew,\n> Name: Andrew\n",
        ),
        ("Merci beaucoup,\nAminata", ""),
    ] {
        let said = answers(&format!(
            "Interests: Services for children, Library systems\nand technology\n\n{farewell}\n{end}"
        ));
        assert_eq!(
            said["interests"],
            serde_json::json!(["children", "technology"]),
            "{farewell}"
        );
        let said = answers(&format!("About me: I read.\n\nA lot.\n\n{farewell}\n{end}"));
        assert_eq!(said["about"], "I read.\n\nA lot.", "{farewell}");
    }
    // What stands below it and is no name may be part of the answer: it is asked about.
    let reply = read(
        "Interests: Services for children, Makerspaces and games\n\nThanks!\nAnd the newsletter of a regional association, which nobody here wants to write.\n",
        &form(),
        "en",
        true,
    );
    assert_eq!(reply.unclear.len(), 1);
}
