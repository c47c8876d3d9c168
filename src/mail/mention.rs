//! Whether a mail speaks of somebody: by their address or name, in its headers, texts and attachments, whatever way they
//! are encoded. For erasing people, so it would rather say yes once too often.

use mail_parser::{Message, MessageParser, MimeHeaders, PartType};
use memchr::{memchr, memchr_iter, memmem};

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

    /// Whether a mail may speak of them: no only where reading it would surely say no, too.
    pub fn may_be_in(&self, glance: &Glance) -> bool {
        glance.is_unsure
            || self.words.iter().any(|word| {
                // Where there are plain letters only, there are no others to look for.
                word.is_ascii() && word.split(' ').all(|part| glance.shows(part))
            })
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

/// A quick look at a mail, at a tenth of what reading it costs: an erasure has to ask every mail there is. It knows plain
/// letters, quoted-printable and tags; of a mail that is written in any other way it says that it is unsure.
#[derive(Debug, Clone)]
pub struct Glance {
    is_unsure: bool,
    /// The mail in lower case: as it stands, with quoted-printable undone, and that without tags.
    forms: [Vec<u8>; 3],
}

impl Glance {
    /// `subject` is looked at beside the mail.
    pub fn at(raw: &[u8], subject: &str) -> Glance {
        let mut plain = Vec::with_capacity(raw.len() + subject.len() + 1);
        plain.extend_from_slice(subject.as_bytes());
        plain.push(b'\n');
        plain.extend_from_slice(raw);
        plain.make_ascii_lowercase();
        let mut decoded = unquoted(&plain);
        decoded.make_ascii_lowercase();
        // Other encodings, and parts that are mails themselves.
        const OTHERS: [&[u8]; 8] = [
            b"base64",
            b"=?",
            b"utf-7",
            b"utf-16",
            b"utf-32",
            b"hz-gb",
            b"*=",
            b"message/rfc822",
        ];
        let is_unsure = OTHERS.iter().any(|it| memmem::find(&plain, it).is_some())
            || !is_plain(&decoded)
            || has_letters_by_name(&decoded);
        let bare = without_tags(&decoded);
        Glance {
            is_unsure,
            forms: [plain, decoded, bare],
        }
    }

    fn shows(&self, part: &str) -> bool {
        let looked_for = memmem::Finder::new(part);
        self.forms
            .iter()
            .any(|form| looked_for.find(form).is_some())
    }
}

/// Quoted-printable undone wherever it could be, whatever the headers say.
fn unquoted(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr(b'=', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        // A line may be broken behind blanks, too.
        let blanks = rest.iter().take_while(|byte| b" \t\r".contains(byte));
        let blanks = blanks.count();
        let digit = |at: usize| char::from(*rest.get(at)?).to_digit(16);
        if rest.get(blanks) == Some(&b'\n') {
            rest = &rest[blanks + 1..];
        } else if let (Some(high), Some(low)) = (digit(0), digit(1)) {
            out.push((high * 16 + low) as u8);
            rest = &rest[2..];
        } else {
            out.push(b'=');
        }
    }
    out.extend_from_slice(rest);
    out
}

/// Whether there are no letters but plain ones. Of the others, dashes and quotation marks (U+2010 to U+203F) and the blank
/// that is not broken are known to be none. Nothing switches to another script by an escape, or is two bytes a letter.
fn is_plain(text: &[u8]) -> bool {
    let mut rest = text;
    loop {
        let odd = |byte: &u8| !byte.is_ascii() || [0, 0x1b].contains(byte);
        let Some(at) = rest.iter().position(odd) else {
            return true;
        };
        rest = match &rest[at..] {
            [0xe2, 0x80, 0x90..=0xbf, after @ ..] | [0xc2, 0xa0, after @ ..] => after,
            _ => return false,
        };
    }
}

/// Whether HTML may name letters (`&eacute;`, `&#233;`); what our own letters escape is none.
fn has_letters_by_name(text: &[u8]) -> bool {
    const NO_LETTERS: [&[u8]; 6] = [b"amp;", b"lt;", b"gt;", b"quot;", b"#39;", b"nbsp;"];
    memchr_iter(b'&', text).any(|at| {
        let name = &text[at + 1..];
        let begins = name.first();
        begins.is_some_and(|first| first.is_ascii_alphabetic() || *first == b'#')
            && !NO_LETTERS.iter().any(|known| name.starts_with(known))
    })
}

fn without_tags(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = memchr(b'<', rest) {
        let (before, tag) = rest.split_at(start);
        out.extend_from_slice(before);
        rest = match memchr(b'>', tag) {
            Some(end) => &tag[end + 1..],
            None => &tag[tag.len()..],
        };
    }
    out.extend_from_slice(rest);
    out
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
            let mail = mail(headers, body);
            assert!(anna().are_in(&Words::of(&mail)), "{headers}{body}");
            let glance = Glance::at(&mail, "");
            assert!(anna().may_be_in(&glance), "at a glance: {headers}{body}");
        }
    }

    #[test]
    fn whoever_is_found_by_reading_is_not_passed_over_at_a_glance() {
        let quoted = "Content-Transfer-Encoding: quoted-printable\r\n";
        let html = "Content-Type: text/html; charset=utf-8\r\n";
        let latin = "Content-Type: text/plain; charset=iso-8859-1\r\n";
        for (headers, body) in [
            (html, "An<b>na</b> Berg"),
            (html, "A&#110;na B&#x65;rg"),
            (html, "An<!-- x -->na <a href=\"?a=Be\">Be</a>rg"),
            (html, "&Aacute;nna&nbsp;Berg"),
            (
                &format!("{html}{quoted}"),
                "=41n<b class=3D\"x\">n</b>a=20B=\r\nerg",
            ),
            (&format!("{latin}{quoted}"), "=C1nna Berg"),
            (quoted, "A=  \r\nnna Ber=\r\ng"),
            ("", "name=Anna=Berg"),
            ("", "Ánna – Berg"),
            ("", "\u{201c}Anna\u{201d}\u{a0}Berg"),
            (
                "Content-Disposition: attachment; filename*=utf-8''%41nna%20Berg\r\n",
                "x",
            ),
        ] {
            let mail = mail(headers, body);
            let found = anna().are_in(&Words::of(&mail));
            assert!(
                !found || anna().may_be_in(&Glance::at(&mail, "")),
                "{headers}{body}"
            );
        }
        assert!(anna().may_be_in(&Glance::at(&mail("", "hello"), "Anna and Berg")));
        assert!(!anna().may_be_in(&Glance::at(&mail("", "Anna, a friend – not hers"), "hello")));
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
