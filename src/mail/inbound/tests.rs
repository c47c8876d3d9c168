use super::*;
use crate::time::from_seconds;

fn reading(raw: &[u8]) -> Reading {
    let form = Form::default();
    let context = Context {
        form: &form,
        asked: None,
        own_address: "p@example.net",
        received: from_seconds(1_802_217_600),
        language: "en",
    };
    read(raw, &context)
}

const HEAD: &str = "From: Anna <anna@example.org>\r\nSubject: hello\r\nMIME-Version: 1.0\r\n";

#[test]
fn any_bytes_give_a_reading() {
    for raw in [
        &b""[..],
        b"\r\n\r\n",
        b"\0\0\0",
        b"From:",
        b":",
        b"\xff\xfe\xfd",
        b"Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\n----\r\n",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n--b--",
        b"Content-Transfer-Encoding: base64\r\n\r\n====",
    ] {
        assert_eq!(reading(raw).from, None, "{raw:?}");
    }
}

#[test]
fn bombs_are_refused_before_they_are_parsed_and_their_sender_is_still_named() {
    let nested = format!(
        "{HEAD}{}",
        "Content-Type: message/rfc822\r\n\r\n".repeat(100_000)
    );
    let parts = format!(
        "{HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n{}",
        "--b\r\n\r\nx\r\n".repeat(100_000)
    );
    let mut boundaries = String::from(HEAD);
    for number in 0..20_000 {
        boundaries.push_str(&format!(
            "Content-Type: multipart/mixed; boundary=b{number}\r\n\r\n--b{number}\r\n"
        ));
    }
    for bomb in [nested, parts, boundaries] {
        let reading = reading(bomb.as_bytes());
        assert!(
            reading
                .defects
                .iter()
                .any(|defect| defect.ends_with("not read")),
            "{:?}",
            reading.defects
        );
        assert_eq!(
            reading.from.map(|from| from.address).as_deref(),
            Some("anna@example.org")
        );
        // A person looks at what was not read: it is not taken for an empty message.
        assert_eq!(reading.kind, Kind::Person);
    }
}

/// Found by fuzzing: a letter that quoted such a text was not read.
#[test]
fn a_text_about_messages_within_messages_is_a_text() {
    let lines = "Content-Type: message/rfc822\r\n\r\nmultipart/digest; boundary=b\r\n".repeat(100);
    let plain = format!("{HEAD}\r\nWhat is this?\r\n{lines}");
    let part = "Content-Type: text/plain\r\n\r\nWhat is this?\r\n";
    let in_parts = format!(
        "{HEAD}Content-Type: multipart/alternative; boundary=\"=_1\"\r\n\r\n--=_1\r\n{part}{lines}\r\n--=_1--\r\n"
    );
    for raw in [plain, in_parts] {
        let reading = reading(raw.as_bytes());
        assert_eq!(reading.defects, Vec::<String>::new());
        assert!(reading.text.starts_with("What is this?"));
    }
}

/// T18: a mebibyte made of what each rule looks for. Each would take hours where a rule looked back from every line to the
/// first, or from every letter of a line to its beginning; read in a few moments, it says that none does.
#[test]
fn hostile_bodies_are_read_to_the_end_of_the_window() {
    const MEBIBYTE: usize = 1_000_000;
    // Some of them in each run, all of them in a long one: a debug build takes its time.
    let every = match std::env::var_os("PAIRPOST_LONG") {
        Some(_) => 1,
        None => 6,
    };
    let lines = [
        // Quotes, and the lines above them in many languages and programs.
        ">",
        "> > > > > > > >",
        ">>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>",
        "| ",
        "On Mon, 1 Feb 2027 at 10:00,",
        "On Mon, 1 Feb 2027 at 10:00, Anna",
        "Am 01.02.2027 um 10:00 schrieb",
        "Le lun. 1 févr. 2027 à 10:00,",
        "El lun, 1 feb 2027 a las 10:00,",
        "2027年2月1日(月) 10:00",
        "a@b",
        "<a@b.example> wrote",
        "From: x",
        "From: x / Sent: y / To: z",
        "-----Original Message-----",
        "____________",
        "*From:* x *Sent:* y",
        "Begin forwarded message:",
        // Signatures, footers, banners.
        "-- ",
        "--",
        "Sent from my phone",
        "[EXTERNAL]",
        "This e-mail is confidential",
        // Forms.
        "[x] 1",
        "[ ] [ ] [ ] [ ] [ ] [ ]",
        "Name: Name: Name: Name:",
        "Name:",
        "Country / Name / Languages:",
        "(((((((((((((((((((((((",
        "1 1 1 1 1 1 1",
        "1) 1) 1) 1) 1) 1)",
        // Sentences, commands, dates.
        "yes no yes no yes no",
        "pause until 1 June 2 June 3 June",
        "until until until until",
        "please do not not not stop stop",
        "stop",
        "new address a@b.example a@b.example",
        "we have not not not heard heard heard",
        // What reports say.
        "<a@b.example>: host mx.example said: 550 5.1.1",
        "Final-Recipient: rfc822; a@b.example",
        "the following address(es) failed: the following",
        "Delivery to the following recipients failed",
        // Letters without an end to the line.
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
        "\t \t \t \t \t \t",
    ];
    for line in lines.into_iter().step_by(every) {
        for end in ["\r\n", " "] {
            let repeated = format!("{line}{end}");
            let body = repeated.repeat(MEBIBYTE / repeated.len());
            let raw = format!("{HEAD}Content-Type: text/plain; charset=utf-8\r\n\r\n{body}");
            let reading = reading(raw.as_bytes());
            assert!(reading.body.len() <= clean::BODY_MAX, "{line}");
        }
    }
    for piece in [
        "<div><blockquote a=\"<\" b='",
        "<table><td>",
        "<!--",
        "<a href=",
        "&amp",
        "&#x",
        "<style>",
        "</div>",
        "<br>",
        "<p style=\"display:none\">",
    ] {
        let html = format!(
            "{HEAD}Content-Type: text/html\r\n\r\n{}",
            piece.repeat(MEBIBYTE / piece.len())
        );
        assert!(
            reading(html.as_bytes()).body.len() <= clean::BODY_MAX,
            "{piece}"
        );
    }
    for piece in [
        "<a@b.example>: 550 ",
        "Status: 5.1.1\r\n",
        "Action: failed\r\n\r\n",
    ] {
        let report = format!(
            "{HEAD}Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\
             Content-Type: message/delivery-status\r\n\r\n{}\r\n--b--\r\n",
            piece.repeat(MEBIBYTE / piece.len())
        );
        reading(report.as_bytes());
    }
    let subject = format!("Subject: {}\r\n\r\nx\r\n", "Re: Fwd: auto ".repeat(4_000));
    reading(format!("From: anna@example.org\r\n{subject}").as_bytes());
}

#[test]
fn what_is_larger_than_a_mebibyte_is_read_from_its_beginning() {
    let raw = format!("{HEAD}\r\nGoing well.\r\n\r\n{}", "x".repeat(2_000_000));
    let reading = reading(raw.as_bytes());
    assert!(reading.text.starts_with("Going well."));
    assert!(
        reading
            .defects
            .iter()
            .any(|defect| defect.contains("1 MiB"))
    );
}

/// T23: names as attackers write them. What is left of them is seen by whoever reads them.
#[test]
fn of_forty_names_nothing_invisible_comes_in() {
    const NAMES: [&str; 40] = [
        "Anna\r\nBcc: x@y.example",
        "Anna\rBcc: x@y.example",
        "Anna\nBcc: x@y.example",
        "Anna\u{0}Berg",
        "Anna\u{7}Berg",
        "Anna\u{8}\u{8}\u{8}Olga",
        "Anna\tBerg",
        "Anna\u{b}\u{c}Berg",
        "Anna\u{1b}[31mBerg",
        "Anna\u{7f}Berg",
        "Anna\u{80}Berg",
        "Anna\u{85}Berg",
        "Anna\u{9f}Berg",
        "Anna\u{a0}Berg",
        "An\u{ad}na",
        "Anna\u{61c}Berg",
        "Anna\u{180e}Berg",
        "An\u{200b}na",
        "An\u{200c}na",
        "An\u{200d}na",
        "\u{200e}Anna",
        "Anna\u{200f}",
        "Anna\u{2028}Berg",
        "Anna\u{2029}Berg",
        "Anna\u{202a}Berg",
        "Anna\u{202b}Berg",
        "Anna\u{202c}Berg",
        "Anna\u{202d}Berg",
        "Anna\u{202e}greB",
        "An\u{2060}na",
        "Anna\u{2064}Berg",
        "Anna\u{2066}Berg\u{2069}",
        "Anna\u{2067}greB\u{2069}",
        "Anna\u{2068}Berg",
        "Anna\u{206f}Berg",
        "\u{feff}Anna",
        "Anna\u{fff9}Berg\u{fffb}",
        "Anna\u{e0041}\u{e007f}",
        "Anna\u{e0100}Berg",
        "Anna\u{d}\u{a}\u{d}\u{a}<script>",
    ];
    // Joiners and the selectors of variants stay in what is read, since scripts and emoji need them.
    let is_read = |c: char| {
        !c.is_control()
            && !matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}'
                | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}')
    };
    let is_written = |c: char| is_read(c) && !matches!(c, '\u{200d}' | '\u{e0000}'..='\u{e0fff}');
    for name in NAMES {
        let encoded: String = name.bytes().map(|byte| format!("={byte:02X}")).collect();
        let in_line = name.replace(['\r', '\n'], "");
        for from in [format!("=?utf-8?q?{encoded}?="), in_line] {
            let raw = format!(
                "From: {from} <anna@example.org>\r\nSubject: =?utf-8?q?{encoded}?=\r\n\r\nx\r\n"
            );
            let reading = reading(raw.as_bytes());
            let name_read = reading.from.and_then(|from| from.name).unwrap_or_default();
            assert!(
                name_read.chars().all(is_read),
                "{name:?} is read as {name_read:?}"
            );
            let subject = reading.subject.unwrap_or_default();
            assert!(
                subject.chars().all(is_read),
                "{name:?} is read as {subject:?}"
            );
        }
        // However it came in, it leaves in a letter only like this.
        let written = crate::mail::address::clean(name, 64);
        assert!(written.chars().all(is_written), "{name:?}");
    }
}

#[test]
fn nothing_invisible_comes_in() {
    let raw = "From: =?utf-8?q?A=0D=0ABcc=3A_x=40y=2Ez=E2=80=AE?= <anna@example.org>\r\nSubject: a\u{202e}b\r\n\r\nte\u{200b}xt\u{0}\r\n";
    let reading = reading(raw.as_bytes());
    let name = reading.from.and_then(|from| from.name);
    assert!(name.is_none_or(|name| !name.chars().any(char::is_control)));
    assert_eq!(reading.subject.as_deref(), Some("ab"));
    assert_eq!(reading.text, "text");
}
