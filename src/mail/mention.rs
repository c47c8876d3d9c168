//! Whether a mail speaks of somebody: by their address or name, in its headers, texts and attachments, whatever way they
//! are encoded. For erasing people, so it would rather say yes once too often.

use mail_parser::{Message, MessageParser, MimeHeaders, PartType};

use crate::places::fold::fold;

/// Somebody to look for, in the form in which texts are compared.
#[derive(Debug, Clone)]
pub struct Somebody {
    words: Vec<String>,
}

impl Somebody {
    /// What is too short to be looked for ("A") is not.
    pub fn new<'a>(addresses: impl IntoIterator<Item = &'a str>, name: &'a str) -> Somebody {
        let words = addresses
            .into_iter()
            .chain([name])
            .map(fold)
            .filter(|word| word.chars().count() > 1)
            .collect();
        Somebody { words }
    }

    /// Whether these words speak of them.
    pub fn are_in(&self, words: &Words) -> bool {
        self.words.iter().any(|word| {
            // Scripts without spaces between words have no whole words to look for.
            match word.is_ascii() {
                true => words.0.contains(&format!(" {word} ")),
                false => words.0.contains(word.as_str()),
            }
        })
    }
}

/// Everything that a person could read in a mail, in the form in which texts are compared. Read once, it can be asked for
/// many people.
#[derive(Debug, Clone)]
pub struct Words(String);

impl Words {
    /// What is no mail is taken as a text.
    pub fn of(raw: &[u8]) -> Words {
        let mut text = String::new();
        match MessageParser::default().parse(raw) {
            Some(message) => gather(&message, &mut text, 0),
            None => text.push_str(&String::from_utf8_lossy(raw)),
        }
        Words(String::new()).and(&text)
    }

    /// These words and a text more.
    pub fn and(self, text: &str) -> Words {
        Words(format!("{} {} ", self.0, fold(text)))
    }
}

/// The Message-ID of a mail, where it has one that can be looked for.
pub fn message_id(raw: &[u8]) -> Option<String> {
    let message = MessageParser::default().parse_headers(raw)?;
    let id = message.message_id()?;
    super::outbound::compose::is_message_id(id).then(|| id.to_string())
}

/// Everything in a mail that a person could read.
fn gather(message: &Message<'_>, text: &mut String, depth: u32) {
    for header in message.headers() {
        if let Some(decoded) = header.value().as_text() {
            text.push_str(decoded);
            text.push('\n');
        }
    }
    for list in [
        message.from(),
        message.to(),
        message.cc(),
        message.reply_to(),
        message.sender(),
    ]
    .into_iter()
    .flatten()
    {
        for one in list.iter() {
            for part in [one.name(), one.address()].into_iter().flatten() {
                text.push_str(part);
                text.push('\n');
            }
        }
    }
    for part in &message.parts {
        if let Some(name) = part.attachment_name() {
            text.push_str(name);
            text.push('\n');
        }
        match &part.body {
            PartType::Text(body) => text.push_str(body),
            PartType::Html(body) => {
                text.push_str(&mail_parser::decoders::html::html_to_text(body));
            }
            PartType::Binary(bytes) | PartType::InlineBinary(bytes) => {
                text.push_str(&String::from_utf8_lossy(bytes));
            }
            PartType::Message(inner) if depth < 8 => gather(inner, text, depth + 1),
            PartType::Message(_) | PartType::Multipart(_) => {}
        }
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anna() -> Somebody {
        Somebody::new(["anna.berg@library.example"], "Ánna Berg")
    }

    fn mail(headers: &str, body: &str) -> Vec<u8> {
        format!("From: b@people.test\r\n{headers}MIME-Version: 1.0\r\n\r\n{body}\r\n").into_bytes()
    }

    #[test]
    fn a_name_is_found_however_it_is_written() {
        for (headers, body) in [
            ("", "I have not heard from Anna Berg."),
            ("", "from ANNA\r\n> BERG, who"),
            ("To: =?utf-8?q?=C3=81nna_Berg?= <x@y.test>\r\n", "hello"),
            ("Subject: =?utf-8?b?UmU6IMOBbm5hIEJlcmc=?=\r\n", "hello"),
            (
                "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n",
                "with =C3=81nna B=\r\nerg",
            ),
            (
                "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n",
                "V3JpdGUgdG8gYW5uYS5iZXJnQGxpYnJhcnkuZXhhbXBsZQ==",
            ),
            ("Content-Type: text/html\r\n", "<p>Hi <b>Anna</b> Berg</p>"),
            ("", "write to Anna.Berg@Library.example soon"),
        ] {
            assert!(
                anna().are_in(&Words::of(&mail(headers, body))),
                "{headers}{body}"
            );
        }
    }

    #[test]
    fn others_are_not_taken_for_them() {
        for body in [
            "Johanna Bergman wrote",
            "anna@library.example",
            "Berg, Anna-Lena",
        ] {
            assert!(!anna().are_in(&Words::of(&mail("", body))), "{body}");
        }
        let li = Somebody::new(["li@people.test"], "Li");
        assert!(!li.are_in(&Words::of(&mail("", "I like libraries."))));
        assert!(li.are_in(&Words::of(&mail("", "Li has not written."))));
    }
}
