//! A letter as its reader sees it, and how readers answer: filling in the form, replying above the quote.

use mail_parser::MessageParser;

/// What a reader's mail program shows and uses of a letter.
#[derive(Debug, Clone)]
pub struct Letter {
    pub message_id: String,
    pub subject: String,
    pub from: String,
    pub to: String,
    /// Where pressing Reply writes to.
    pub reply_to: String,
    pub text: String,
}

impl Letter {
    pub fn read(raw: &[u8]) -> Letter {
        let message = MessageParser::default().parse(raw).expect("no message");
        let first = |addresses: Option<&mail_parser::Address<'_>>| {
            addresses
                .and_then(|addresses| addresses.first())
                .and_then(|address| address.address())
                .map(str::to_owned)
        };
        let from = first(message.from()).expect("a letter without a sender");
        Letter {
            message_id: message
                .message_id()
                .expect("a letter without Message-ID")
                .into(),
            subject: message.subject().unwrap_or_default().into(),
            reply_to: first(message.reply_to()).unwrap_or_else(|| from.clone()),
            from,
            to: first(message.to()).unwrap_or_default(),
            text: message
                .body_text(0)
                .expect("a letter without text")
                .into_owned(),
        }
    }

    /// A reply as mail programs write it, `words` above the quote.
    pub fn reply(&self, from: &str, words: &str) -> Vec<u8> {
        let quote: String = self
            .text
            .lines()
            .map(|line| format!("> {line}\r\n"))
            .collect();
        let body = format!(
            "{}\r\n\r\nOn {} {} wrote:\r\n{quote}",
            words.replace('\n', "\r\n"),
            chrono::Utc::now().format("%d %B %Y"),
            self.from
        );
        let answered = format!(
            "In-Reply-To: <{0}>\r\nReferences: <{0}>\r\n",
            self.message_id
        );
        message(
            from,
            &self.reply_to,
            &format!("Re: {}", self.subject),
            &answered,
            &body,
        )
    }
}

/// A message of a person's.
pub fn message(from: &str, to: &str, subject: &str, more_headers: &str, body: &str) -> Vec<u8> {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let now = chrono::Utc::now();
    format!(
        "From: {from}\r\nTo: {to}\r\nSubject: {subject}\r\nDate: {}\r\nMessage-ID: <{}.{number}@people.test>\r\n\
         {more_headers}MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}",
        now.to_rfc2822(),
        now.timestamp_micros()
    )
    .into_bytes()
}

/// An applicant's answers: what follows the labels, and what is ticked.
#[derive(Debug, Clone, Copy)]
pub struct Application {
    pub name: &'static str,
    pub country: &'static str,
    pub place: &'static str,
}

impl Application {
    fn written(&self) -> [(&'static str, &'static str); 6] {
        [
            ("Name:", self.name),
            ("Country:", self.country),
            ("City or time zone:", self.place),
            ("Languages:", "English"),
            (
                "About me:",
                "I have looked after the local collection for six years.",
            ),
            ("I promise:", "yes"),
        ]
    }

    const TICKED: [&str; 4] = [
        "Public library",
        "Early career (3 to 7 years)",
        "Reading and literature",
        "Local history and archives",
    ];

    /// The form with all the answers; the other lines as they were. `without` names a label that is passed over.
    pub fn fill(&self, letter: &str, without: Option<&str>) -> String {
        let form = letter.lines().skip_while(|line| !line.starts_with("Name:"));
        let mut filled = String::new();
        for line in form {
            let answer = self
                .written()
                .into_iter()
                .find(|(label, _)| line.trim_end() == *label && without != Some(label));
            match answer {
                Some((label, answer)) => filled += &format!("{label} {answer}"),
                None if Self::TICKED.iter().any(|option| line.ends_with(option)) => {
                    filled += &line.replace("[ ]", "[x]");
                }
                None => filled += line,
            }
            filled += "\n";
        }
        assert!(
            filled.contains("[x]") && filled.contains(self.name),
            "no form in {letter}"
        );
        filled
    }

    /// The same as a sed script, for a mail program that has quoted the form.
    pub fn fill_quoted(&self) -> String {
        let written = self
            .written()
            .map(|(label, answer)| format!("s|^> {label} *$|> {label} {answer}|\n"));
        let ticked =
            Self::TICKED.map(|option| format!("s|^\\(> *\\)\\[ \\]\\(.*{option}\\)$|\\1[x]\\2|\n"));
        written.concat() + &ticked.concat()
    }
}
