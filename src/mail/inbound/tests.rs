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

/// Each of these would take hours where a rule looked back from every line to the first.
#[test]
fn hostile_bodies_are_read_to_the_end_of_the_window() {
    for line in [
        ">",
        "> > > > > > > >",
        "On Mon, 1 Feb 2027 at 10:00,",
        "a@b",
        "From: x",
        "____________",
        "| ",
        "[x] 1",
        "Name: Name: Name: Name:",
        "(((((((((((((((((((((((",
        "1 1 1 1 1 1 1",
    ] {
        let raw = format!(
            "{HEAD}\r\n{}",
            format!("{line}\r\n").repeat(400_000 / (line.len() + 2))
        );
        let reading = reading(raw.as_bytes());
        assert!(reading.body.len() <= clean::BODY_MAX);
    }
    let html = format!(
        "{HEAD}Content-Type: text/html\r\n\r\n{}",
        "<div><blockquote a=\"<\" b='".repeat(10_000)
    );
    reading(html.as_bytes());
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

#[test]
fn nothing_invisible_comes_in() {
    let raw = "From: =?utf-8?q?A=0D=0ABcc=3A_x=40y=2Ez=E2=80=AE?= <anna@example.org>\r\nSubject: a\u{202e}b\r\n\r\nte\u{200b}xt\u{0}\r\n";
    let reading = reading(raw.as_bytes());
    let name = reading.from.and_then(|from| from.name);
    assert!(name.is_none_or(|name| !name.chars().any(char::is_control)));
    assert_eq!(reading.subject.as_deref(), Some("ab"));
    assert_eq!(reading.text, "text");
}
