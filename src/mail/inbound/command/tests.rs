use super::*;
use crate::programme::application::Form;
use crate::time::from_seconds;

fn said(text: &str, asked: Option<AskedFor>, language: &str) -> Words {
    let form = Form::default();
    // 10 February 2027, a Wednesday.
    let context = Context {
        form: &form,
        asked,
        own_address: "p@example.org",
        received: from_seconds(1_802_217_600),
        language,
    };
    read(text, "Re: Check-in", &context)
}

#[test]
fn a_new_address_is_named_in_one_line_or_two() {
    for text in [
        "new address: Anna.Berg@new.example",
        "My new email is <Anna.Berg@new.example>.",
        "Dear all,\nmy new email address is Anna.Berg@new.example, thank you",
        "Nouvelle adresse : Anna.Berg@new.example",
        "Mi nueva dirección es Anna.Berg@new.example",
        "new address:\n\nAnna.Berg@new.example",
    ] {
        let words = said(text, Some(AskedFor::CheckIn), "en");
        assert_eq!(words.intent, Some(Intent::NewAddress), "{text}");
        assert_eq!(
            words.address.as_deref(),
            Some("Anna.Berg@new.example"),
            "{text}"
        );
    }
    for text in [
        "My partner's new address is bilal@new.example",
        "Please write to anna@new.example and to ben@new.example",
        "new address: anna@new",
        "anna@new.example",
    ] {
        assert_eq!(said(text, None, "en").address, None, "{text}");
    }
}

#[test]
fn a_check_in_is_answered_by_number_word_or_sentence() {
    for (text, choice) in [
        ("3", 3),
        ("3.", 3),
        ("(2)", 2),
        ("1 going well", 1),
        ("4 - we are not a good fit", 4),
        ("[x] 3 I have not heard from my partner", 3),
        ("3️⃣", 3),
        ("Three", 3),
        ("Answer: 6", 6),
        ("Number 5 please", 5),
        ("Hi, I haven't heard from her since March.", 3),
        ("No reply yet, sorry", 3),
        ("My partner never answered my two mails", 3),
        ("It's going really well, thank you!", 1),
        ("We have been writing every week", 1),
        ("Yes", 1),
        ("A bit slow, but we are in touch from time to time", 2),
        ("I would like someone else please", 4),
        ("I'm afraid I have to stop, too much work", 5),
        ("I can't continue this round", 5),
        ("I don't have time for him, please find her someone else", 4),
        ("I need some help with finding a time", 6),
        ("Je n'ai pas eu de nouvelles depuis trois semaines", 3),
        ("Tout se passe très bien", 1),
        ("Je voudrais un autre partenaire", 4),
        ("Je dois malheureusement arrêter", 5),
        ("J'ai besoin d'aide", 6),
        ("No he recibido respuesta", 3),
        ("Todo va muy bien, gracias", 1),
        ("Vamos despacio", 2),
        ("Tengo que dejarlo", 5),
        ("Necesito ayuda", 6),
    ] {
        let words = said(text, Some(AskedFor::CheckIn), "en");
        assert_eq!(words.choice, Some(choice), "{text}");
        assert_eq!(words.intent, Some(Intent::Answer), "{text}");
    }
}

#[test]
fn what_could_mean_two_things_is_unclear() {
    for text in [
        "It was going well but I haven't heard from him since May",
        "2 weeks ago I wrote a letter about cats",
        "not going well",
        "What do you mean?",
        "1 or 2",
        "7",
    ] {
        let words = said(text, Some(AskedFor::CheckIn), "en");
        assert_eq!(words.choice, None, "{text}");
        assert_eq!(words.intent, Some(Intent::Unclear), "{text}");
    }
}

#[test]
fn the_silent_one_answers_the_question_whether_they_are_there() {
    for (text, choice, until) in [
        ("1", 1, None),
        ("Sorry! I'll write to her today", 1, None),
        ("2 until 5 March", 2, Some("2027-03-05")),
        ("I am on leave until 20 February", 2, Some("2027-02-20")),
        ("Je suis en congés jusqu'au 1er mars", 2, Some("2027-03-01")),
        (
            "Estoy de vacaciones hasta el 1 de marzo",
            2,
            Some("2027-03-01"),
        ),
        ("I have to stop, sorry", 3, None),
    ] {
        let words = said(text, Some(AskedFor::AreYouThere), "en");
        assert_eq!(words.choice, Some(choice), "{text}");
        assert_eq!(
            words.until.map(|day| day.to_string()).as_deref(),
            until,
            "{text}"
        );
    }
}

#[test]
fn what_may_be_wanted_at_any_time_is_understood() {
    for (text, intent) in [
        ("stop", Intent::Stop),
        ("STOP!", Intent::Stop),
        ("Unsubscribe please", Intent::Stop),
        ("Please stop sending me these emails.", Intent::Stop),
        ("désabonner", Intent::Stop),
        ("withdraw", Intent::Withdraw),
        ("Je me retire", Intent::Withdraw),
        ("Me retiro.", Intent::Withdraw),
        ("new partner", Intent::NewPartner),
        ("help", Intent::Help),
        ("Could someone help me with the form?", Intent::Help),
        ("concern", Intent::Concern),
        (
            "My partner asked me for money, which made me feel uncomfortable.",
            Intent::Concern,
        ),
        ("my data", Intent::MyData),
        ("Forget me", Intent::ForgetMe),
        ("topics off", Intent::TopicsOff),
        ("Certificate, please", Intent::Certificate),
        ("Mi certificado, por favor", Intent::Certificate),
        ("Please don't send me any more topics", Intent::TopicsOff),
        ("apply", Intent::Apply),
        ("Inscripción", Intent::Apply),
    ] {
        assert_eq!(said(text, None, "en").intent, Some(intent), "{text}");
    }
    let pause = said("pause until 5 March", None, "en");
    assert_eq!(
        (pause.intent, pause.until.map(|day| day.to_string())),
        (Some(Intent::Pause), Some("2027-03-05".into()))
    );
}

#[test]
fn what_ends_or_erases_needs_its_exact_word_alone() {
    for text in [
        "I think I want to withdraw from this",
        "Please delete all my data",
        "I would like another partner",
        "Send me a copy of my data please",
    ] {
        assert_eq!(
            said(text, None, "en").intent,
            Some(Intent::Unclear),
            "{text}"
        );
    }
    assert_eq!(
        said("Thank you for the nice introduction letter.", None, "en").intent,
        None
    );
}

/// Every line of `tests/mail/sentences.tsv` is read as it says.
#[test]
fn sentences_mean_what_the_table_says() {
    let mut wrong = Vec::new();
    let mut lines = 0;
    for line in include_str!("../../../../tests/mail/sentences.tsv").lines() {
        if line.starts_with('#') || line.is_empty() {
            continue;
        }
        lines += 1;
        let cells: Vec<&str> = line.split('\t').collect();
        let [asked, language, meant, text] = cells[..] else {
            panic!("four columns: {line}");
        };
        let asked = match asked {
            "-" => None,
            "check-in" => Some(AskedFor::CheckIn),
            "silence" => Some(AskedFor::AreYouThere),
            other => panic!("asked: {other}"),
        };
        let words = said(&text.replace(" / ", "\n"), asked, language);
        let name = |intent: Intent| {
            serde_json::to_value(intent)
                .unwrap()
                .as_str()
                .unwrap()
                .to_string()
        };
        let mut got = match (words.choice, words.seems, words.intent) {
            (Some(choice), ..) => choice.to_string(),
            (None, Some(seems), Some(Intent::Unclear)) => name(seems) + "?",
            (None, None, Some(intent)) => name(intent),
            (None, None, None) => "-".into(),
            other => format!("{other:?}"),
        };
        if let Some(until) = words.until {
            got.push_str(&format!(" {until}"));
        }
        if got != meant {
            wrong.push(format!("meant {meant}, read {got}: {line}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {lines}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(lines > 150);
}
