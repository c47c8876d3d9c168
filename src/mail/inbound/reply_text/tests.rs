use super::{new_text, unquoted};

#[test]
fn the_answer_above_a_quote_is_kept_and_the_quote_is_not() {
    for header in [
        "On Mon, 1 Feb 2027 at 09:00, Pairpost <p@example.org> wrote:",
        "Le lun. 1 févr. 2027 à 09:00, Pairpost <p@example.org> a écrit :",
        "El lun, 1 feb 2027 a las 9:00, Pairpost (<p@example.org>) escribió:",
        "Am 01.02.2027 um 09:00 schrieb Pairpost:",
        "Il giorno lun 1 feb 2027 alle ore 09:00 Pairpost <p@example.org> ha scritto:",
        "Op ma 1 feb. 2027 om 09:00 schreef Pairpost <p@example.org>:",
        "Den mån 1 feb. 2027 kl 09:00 skrev Pairpost <p@example.org>:",
        "pon., 1 lut 2027 o 09:00 Pairpost <p@example.org> napisał(a):",
        "пн, 1 февр. 2027 г. в 09:00, Pairpost <p@example.org>:",
        "2027年2月1日(月) 9:00 Pairpost <p@example.org>:",
        "Pairpost <p@example.org> 于2027年2月1日周一 09:00写道：",
        "בתאריך יום ב׳, 1 בפבר׳ 2027 ב-9:00 מאת Pairpost <p@example.org>:",
    ] {
        let body =
            format!("1 going well\n\n{header}\n\n> Have you two been in touch?\n> 1 going well\n");
        assert_eq!(new_text(&body), "1 going well", "{header}");
    }
}

#[test]
fn an_outlook_header_block_cuts_and_form_answers_do_not() {
    let old = "From: Pairpost <p@example.org>\nSent: Monday, 1 February 2027 09:00\nTo: Anna\nSubject: Check-in\n\nHave you two been in touch?";
    assert_eq!(
        new_text(&format!(
            "All well\n\n________________________________\n{old}"
        )),
        "All well"
    );
    assert_eq!(new_text(&format!("All well\n\n{old}")), "All well");
    let form = "Name: Anna\nDate: today\nTo: whom it may concern\nCountry: Kenya";
    assert_eq!(new_text(form), form);
}

#[test]
fn answers_between_quoted_lines_stay() {
    let body = "> Name:\nAnna\n> Country:\nKenya\n";
    assert_eq!(unquoted(&new_text(body)), "Anna\nKenya");
}

#[test]
fn a_short_quote_that_its_sender_chose_stays_above_what_answers_it() {
    let chosen = "> Can you meet on Monday?\n\nYes, at nine.";
    assert_eq!(new_text(chosen), chosen);
    // One that a mail program put there does not, nor one that nothing answers.
    assert_eq!(
        new_text("On Mon, 1 Feb 2027, Bob wrote:\n> Can you meet?\n\nYes."),
        "Yes."
    );
    assert_eq!(new_text("Yes.\n\n> Can you meet?"), "Yes.");
    let whole = format!("{}\nYes.", "> a line of a whole letter\n".repeat(40));
    assert_eq!(new_text(&whole), "Yes.");
    // Quotes marked with initials are quotes.
    assert_eq!(new_text("Yes.\n\nBW> Can you meet?\nBW> Bob"), "Yes.");
}

#[test]
fn headers_that_clients_shorten_or_take_apart_are_found() {
    for header in [
        "2027-02-01 17:21 GMT+01:00 Bob Wu",
        "On Mon, 1 Feb 2027 at 11:16 Bob Wu\n\n<\nmailto:bob@library.example\n> wrote:",
        "Date: Mon, 1 Feb 2027 00:15:02 +0100\nTo: programme@pairs.example",
    ] {
        let body = format!("It goes well.\n\n{header}\n\nHow does it go?");
        assert_eq!(new_text(&body), "It goes well.", "{header}");
    }
    // Answers of a form are none of them.
    let form = "Date: 1 February\nTo: the coordinators\nI would like to join.";
    assert_eq!(new_text(form), form);
}

#[test]
fn how_to_reach_the_sender_is_a_signature_only_below_other_words() {
    let block = "Gina Rossi\ngina@library.example\n+39 06 555 0199\nwww.library.example";
    assert_eq!(
        new_text(&format!("Please call me.\n\n{block}")),
        "Please call me."
    );
    assert_eq!(new_text(block), block);
    let answer = "My new address and number:\n\nPlease write to gina@library.example\nor call +39 06 555 0199";
    assert_eq!(new_text(answer), answer);
    assert_eq!(new_text("It goes well.\n/Anna"), "It goes well.");
    assert_eq!(new_text("It goes well.\n- Anna"), "It goes well.\n- Anna");
}

#[test]
fn signatures_and_device_lines_go_and_sentences_about_them_stay() {
    assert_eq!(new_text("3\n\n-- \nAnna Berg\nLibrarian"), "3");
    assert_eq!(new_text("3\n\nSent from my iPhone"), "3");
    assert_eq!(
        new_text("I sent from my desk a letter.\nOn the other hand I wrote nothing."),
        "I sent from my desk a letter.\nOn the other hand I wrote nothing."
    );
}

#[test]
fn a_closing_formula_with_a_name_goes_and_alone_it_stays() {
    assert_eq!(
        new_text("All is well.\n\nKind regards,\nAnna Berg\n\n> old"),
        "All is well."
    );
    assert_eq!(new_text("Un saludo\nMaría"), "Un saludo\nMaría");
    assert_eq!(
        new_text("Give her my\nbest regards\nand tell her that I shall write on Monday morning."),
        "Give her my\nbest regards\nand tell her that I shall write on Monday morning."
    );
}

#[test]
fn a_wrapped_quote_that_lost_its_mark_is_no_answer_and_an_answer_between_quotes_is() {
    let quote = "> Please tell us in a few words how the two of you have been getting on in the\nlast fortnight, if you like.\n> Thank you";
    assert_eq!(new_text(quote), "");
    assert_eq!(
        unquoted(&new_text(
            "> Have you two been in touch since our last letter, which was sent to you in May?\nYes\n> Thank you"
        )),
        "Yes"
    );
}
