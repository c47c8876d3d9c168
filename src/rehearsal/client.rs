//! How mail programs write a reply: headers, quoting, HTML, encodings, in the language of the person who uses them.
//! Nothing here knows what is said or why; it turns words into the bytes of a message (RFC 5322, RFC 2045).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{Datelike, Timelike};
use chrono_tz::Tz;

use super::dice::Dice;
use crate::time::Moment;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Client {
    Gmail,
    Outlook,
    AppleMail,
    Thunderbird,
    IPhone,
    Samsung,
    Yahoo,
    Mutt,
    /// A webmail that writes HTML and nothing else.
    HtmlOnly,
}

impl Client {
    pub const ALL: [Client; 9] = [
        Client::Gmail,
        Client::Outlook,
        Client::AppleMail,
        Client::Thunderbird,
        Client::IPhone,
        Client::Samsung,
        Client::Yahoo,
        Client::Mutt,
        Client::HtmlOnly,
    ];

    /// Roughly as people use them.
    pub fn deal(dice: &mut Dice) -> Client {
        const WEIGHTS: [f64; 9] = [0.34, 0.24, 0.07, 0.06, 0.12, 0.05, 0.05, 0.02, 0.05];
        Client::ALL[dice.weighted(&WEIGHTS)]
    }

    /// How likely its users are to write on the quoted lines of a form.
    pub fn fills_in_the_quote(self) -> f64 {
        match self {
            Client::Mutt => 0.8,
            Client::Thunderbird => 0.7,
            Client::Outlook => 0.5,
            Client::Gmail | Client::AppleMail => 0.4,
            Client::HtmlOnly | Client::Yahoo => 0.3,
            Client::IPhone | Client::Samsung => 0.1,
        }
    }

    fn writes_below(self) -> bool {
        matches!(self, Client::Thunderbird | Client::Mutt)
    }

    fn writes_html(self) -> bool {
        !matches!(self, Client::AppleMail | Client::Thunderbird | Client::Mutt)
    }

    fn prefix(self) -> &'static str {
        match self {
            Client::Outlook | Client::Samsung => "",
            Client::Yahoo => " ",
            _ => "> ",
        }
    }

    /// Column at which it breaks the lines of the plain part.
    fn wraps_at(self) -> Option<usize> {
        matches!(self, Client::Gmail).then_some(76)
    }
}

/// The letter that is answered, as its reader sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Quoted {
    pub from_name: String,
    pub from_address: String,
    pub to_address: String,
    pub subject: String,
    pub date: Moment,
    pub message_id: Option<String>,
    pub references: Vec<String>,
    pub text: String,
}

/// What is written.
#[derive(Debug, Clone, PartialEq)]
pub enum Words {
    /// Above the quote, or below it where the program puts the cursor there.
    New(String),
    /// Between and on the quoted lines, with a few words above.
    InQuote { above: String, lines: Vec<Line> },
}

#[derive(Debug, Clone, PartialEq)]
pub enum Line {
    /// As quoted, perhaps changed by the writer.
    Quoted(String),
    /// Written anew between two quoted lines.
    Inserted(String),
}

/// Everything that a message is made of.
#[derive(Debug, Clone)]
pub struct Draft<'a> {
    pub from_name: &'a str,
    pub from_address: &'a str,
    pub to: &'a str,
    /// Who else gets it.
    pub copies_to: &'a [String],
    /// Without "Re:"; the letter's where one is answered.
    pub subject: &'a str,
    pub at: Moment,
    pub zone: Tz,
    /// Language of the mail program.
    pub tongue: &'a str,
    /// Without angle brackets.
    pub message_id: &'a str,
    pub answered: Option<&'a Quoted>,
    pub words: &'a Words,
}

/// The bytes of the message, lines ending in CRLF, no line longer than RFC 5322 allows.
pub fn write(client: Client, draft: &Draft<'_>) -> Vec<u8> {
    let mut out = String::with_capacity(4096);
    headers(client, draft, &mut out);
    let plain = (client != Client::HtmlOnly).then(|| plain_body(client, draft));
    let html = client.writes_html().then(|| html_body(client, draft));
    match (plain, html) {
        (Some(plain), Some(html)) => {
            let boundary = boundary(client, draft);
            out.push_str(&format!(
                "Content-Type: multipart/alternative;\r\n\tboundary=\"{boundary}\"\r\n\r\n"
            ));
            let mut bytes = out.into_bytes();
            bytes.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
            part(client, "plain", &plain, &mut bytes);
            bytes.extend_from_slice(format!("\r\n--{boundary}\r\n").as_bytes());
            part(client, "html", &html, &mut bytes);
            bytes.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
            bytes
        }
        (Some(plain), None) => {
            let mut bytes = out.into_bytes();
            part(client, "plain", &plain, &mut bytes);
            bytes
        }
        (None, html) => {
            let mut bytes = out.into_bytes();
            part(client, "html", &html.unwrap_or_default(), &mut bytes);
            bytes
        }
    }
}

fn headers(client: Client, draft: &Draft<'_>, out: &mut String) {
    out.push_str(&format!(
        "From: {}\r\nTo: {}\r\n",
        mailbox(draft.from_name, draft.from_address),
        match draft.answered {
            Some(letter) if draft.to == letter.from_address => mailbox(&letter.from_name, draft.to),
            _ => format!("<{}>", draft.to),
        }
    ));
    if !draft.copies_to.is_empty() {
        let copies: Vec<String> = draft
            .copies_to
            .iter()
            .map(|address| format!("<{address}>"))
            .collect();
        out.push_str(&format!("Cc: {}\r\n", copies.join(", ")));
    }
    let subject = match draft.answered {
        Some(letter) => reply_subject(client, draft.tongue, &letter.subject),
        None => draft.subject.to_string(),
    };
    out.push_str(&format!("Subject: {}\r\n", unstructured(&subject)));
    let date = draft.at.with_timezone(&draft.zone);
    out.push_str(&format!(
        "Date: {}\r\nMessage-ID: <{}>\r\n",
        date.format("%a, %d %b %Y %H:%M:%S %z"),
        draft.message_id
    ));
    if let Some(letter) = draft.answered
        && let Some(id) = &letter.message_id
    {
        out.push_str(&format!("In-Reply-To: <{id}>\r\nReferences:"));
        for reference in letter.references.iter().chain([id]) {
            out.push_str(&format!(" <{reference}>\r\n"));
        }
    }
    let (header, value) = match client {
        Client::Gmail => ("X-Received", ""),
        Client::Outlook => ("X-Mailer", "Microsoft Outlook 16.0"),
        Client::AppleMail => ("X-Mailer", "Apple Mail (2.3774.500.171.1.1)"),
        Client::Thunderbird => ("User-Agent", "Mozilla Thunderbird"),
        Client::IPhone => ("X-Mailer", "iPhone Mail (21E236)"),
        Client::Samsung => ("X-Mailer", ""),
        Client::Yahoo => (
            "X-Mailer",
            "WebService/1.1.22205 mail.backend.jedi.jws.acl:role.jedi.acl.token.atz.jws.hermes.yahoo",
        ),
        Client::Mutt => ("User-Agent", "Mutt/2.2.9 (2022-11-12)"),
        Client::HtmlOnly => ("X-Mailer", "Open-Xchange Mailer v8.21"),
    };
    if !value.is_empty() {
        out.push_str(&format!("{header}: {value}\r\n"));
    }
    out.push_str("MIME-Version: 1.0\r\n");
    if matches!(client, Client::Outlook) {
        out.push_str(
            "Thread-Index: AQHbfU3nq0ZpWm5c1Ee2mJm4f5T5Lw==\r\nContent-Language: en-US\r\n",
        );
    }
}

/// One body with its own headers and encoding.
fn part(client: Client, subtype: &str, text: &str, bytes: &mut Vec<u8>) {
    let text = with_crlf(text);
    let short_lines = text.split("\r\n").all(|line| line.len() <= 990);
    let flowed = if client == Client::Thunderbird && subtype == "plain" {
        "; format=flowed"
    } else {
        ""
    };
    if text.is_ascii() && short_lines && client != Client::Samsung {
        let charset = match client {
            Client::AppleMail | Client::IPhone | Client::Mutt => "us-ascii",
            _ => "UTF-8",
        };
        let encoding = if client == Client::Gmail {
            // Gmail leaves plain ASCII without the header.
            ""
        } else {
            "Content-Transfer-Encoding: 7bit\r\n"
        };
        bytes.extend_from_slice(
            format!(
                "Content-Type: text/{subtype}; charset=\"{charset}\"{flowed}\r\n{encoding}\r\n"
            )
            .as_bytes(),
        );
        bytes.extend_from_slice(text.as_bytes());
        return;
    }
    let latin = matches!(client, Client::Outlook | Client::Mutt | Client::HtmlOnly)
        .then(|| latin_1(&text))
        .flatten();
    let (charset, encoded) = match &latin {
        Some(encoded) => ("iso-8859-1", encoded.as_slice()),
        None => ("utf-8", text.as_bytes()),
    };
    let encoding = match client {
        Client::Samsung | Client::Yahoo => "base64",
        Client::Gmail if many_foreign(&text) => "base64",
        Client::Mutt | Client::Thunderbird if short_lines => "8bit",
        _ => "quoted-printable",
    };
    bytes.extend_from_slice(
        format!(
            "Content-Type: text/{subtype}; charset={charset}{flowed}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
        )
        .as_bytes(),
    );
    match encoding {
        "base64" => bytes.extend_from_slice(base64_lines(encoded).as_bytes()),
        "8bit" => bytes.extend_from_slice(encoded),
        _ => bytes.extend_from_slice(&quoted_printable::encode(encoded)),
    }
    if !bytes.ends_with(b"\r\n") {
        bytes.extend_from_slice(b"\r\n");
    }
}

fn many_foreign(text: &str) -> bool {
    let foreign = text.bytes().filter(|byte| !byte.is_ascii()).count();
    foreign * 20 > text.len()
}

fn latin_1(text: &str) -> Option<Vec<u8>> {
    text.chars()
        .map(|letter| u8::try_from(u32::from(letter)).ok())
        .collect()
}

fn base64_lines(bytes: &[u8]) -> String {
    let whole = STANDARD.encode(bytes);
    let mut out = String::with_capacity(whole.len() + whole.len() / 38 + 2);
    let mut rest = whole.as_str();
    while rest.len() > 76 {
        let (line, more) = rest.split_at(76);
        out.push_str(line);
        out.push_str("\r\n");
        rest = more;
    }
    out.push_str(rest);
    out.push_str("\r\n");
    out
}

fn with_crlf(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 40);
    for line in text.lines() {
        out.push_str(line);
        out.push_str("\r\n");
    }
    out
}

/// A phrase and an address, for From and To.
fn mailbox(name: &str, address: &str) -> String {
    if name.is_empty() {
        return address.to_string();
    }
    let atoms = |letter: char| letter.is_ascii_alphanumeric() || " '-".contains(letter);
    if name.chars().all(atoms) {
        format!("{name} <{address}>")
    } else if name.is_ascii() {
        let quoted: String = name
            .chars()
            .filter(|letter| !letter.is_control())
            .flat_map(|letter| {
                let escape = (letter == '"' || letter == '\\').then_some('\\');
                escape.into_iter().chain([letter])
            })
            .collect();
        format!("\"{quoted}\" <{address}>")
    } else {
        format!("{} <{address}>", encoded_words(name))
    }
}

fn unstructured(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect();
    if line.is_ascii() {
        line
    } else {
        encoded_words(&line)
    }
}

/// RFC 2047, in words of at most 75 characters.
fn encoded_words(text: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut piece = String::new();
    for letter in text.chars() {
        if piece.len() + letter.len_utf8() > 42 {
            words.push(std::mem::take(&mut piece));
        }
        piece.push(letter);
    }
    words.push(piece);
    let encoded: Vec<String> = words
        .iter()
        .map(|word| format!("=?UTF-8?B?{}?=", STANDARD.encode(word)))
        .collect();
    encoded.join("\r\n ")
}

fn reply_subject(client: Client, tongue: &str, subject: &str) -> String {
    let lower = subject.to_lowercase();
    if lower.starts_with("re:") || lower.starts_with("aw:") || lower.starts_with("sv:") {
        return subject.to_string();
    }
    let prefix = match (client, tongue) {
        (Client::Outlook, "de") => "AW:",
        (Client::Outlook, "sv" | "da" | "no") => "SV:",
        (Client::Outlook, "pl") => "ODP:",
        (Client::Outlook, _) => "RE:",
        _ => "Re:",
    };
    format!("{prefix} {subject}")
}

fn boundary(client: Client, draft: &Draft<'_>) -> String {
    let unique: String = draft
        .message_id
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(24)
        .collect();
    match client {
        Client::Gmail => format!("000000000000{unique}"),
        Client::Outlook => format!("_000_{unique}_"),
        Client::IPhone => format!("Apple-Mail-{unique}"),
        Client::Yahoo => format!("----=_Part_{unique}"),
        Client::Samsung => format!("--_com.samsung.android.email_{unique}"),
        _ => format!("------------{unique}"),
    }
}

// ---- what stands above a quote

/// The words of a mail program in one language.
struct Tongue {
    months: [&'static str; 12],
    days: [&'static str; 7],
    /// From, Sent, To, Subject.
    labels: [&'static str; 4],
    sent_from: &'static str,
    original_message: &'static str,
}

const ENGLISH: Tongue = Tongue {
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    days: [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ],
    labels: ["From", "Sent", "To", "Subject"],
    sent_from: "Sent from my",
    original_message: "Original message",
};
const SPANISH: Tongue = Tongue {
    months: [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
    days: [
        "lunes",
        "martes",
        "miércoles",
        "jueves",
        "viernes",
        "sábado",
        "domingo",
    ],
    labels: ["De", "Enviado", "Para", "Asunto"],
    sent_from: "Enviado desde mi",
    original_message: "Mensaje original",
};
const FRENCH: Tongue = Tongue {
    months: [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
    days: [
        "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche",
    ],
    labels: ["De", "Envoyé", "À", "Objet"],
    sent_from: "Envoyé de mon",
    original_message: "Message d'origine",
};
const GERMAN: Tongue = Tongue {
    months: [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
    days: [
        "Montag",
        "Dienstag",
        "Mittwoch",
        "Donnerstag",
        "Freitag",
        "Samstag",
        "Sonntag",
    ],
    labels: ["Von", "Gesendet", "An", "Betreff"],
    sent_from: "Von meinem",
    original_message: "Ursprüngliche Nachricht",
};
const PORTUGUESE: Tongue = Tongue {
    months: [
        "janeiro",
        "fevereiro",
        "março",
        "abril",
        "maio",
        "junho",
        "julho",
        "agosto",
        "setembro",
        "outubro",
        "novembro",
        "dezembro",
    ],
    days: [
        "segunda-feira",
        "terça-feira",
        "quarta-feira",
        "quinta-feira",
        "sexta-feira",
        "sábado",
        "domingo",
    ],
    labels: ["De", "Enviado", "Para", "Assunto"],
    sent_from: "Enviado do meu",
    original_message: "Mensagem original",
};
const ITALIAN: Tongue = Tongue {
    months: [
        "gennaio",
        "febbraio",
        "marzo",
        "aprile",
        "maggio",
        "giugno",
        "luglio",
        "agosto",
        "settembre",
        "ottobre",
        "novembre",
        "dicembre",
    ],
    days: [
        "lunedì",
        "martedì",
        "mercoledì",
        "giovedì",
        "venerdì",
        "sabato",
        "domenica",
    ],
    labels: ["Da", "Inviato", "A", "Oggetto"],
    sent_from: "Inviato da",
    original_message: "Messaggio originale",
};
const DUTCH: Tongue = Tongue {
    months: [
        "januari",
        "februari",
        "maart",
        "april",
        "mei",
        "juni",
        "juli",
        "augustus",
        "september",
        "oktober",
        "november",
        "december",
    ],
    days: [
        "maandag",
        "dinsdag",
        "woensdag",
        "donderdag",
        "vrijdag",
        "zaterdag",
        "zondag",
    ],
    labels: ["Van", "Verzonden", "Aan", "Onderwerp"],
    sent_from: "Verstuurd vanaf mijn",
    original_message: "Oorspronkelijk bericht",
};
const POLISH: Tongue = Tongue {
    months: [
        "stycznia",
        "lutego",
        "marca",
        "kwietnia",
        "maja",
        "czerwca",
        "lipca",
        "sierpnia",
        "września",
        "października",
        "listopada",
        "grudnia",
    ],
    days: [
        "poniedziałek",
        "wtorek",
        "środa",
        "czwartek",
        "piątek",
        "sobota",
        "niedziela",
    ],
    labels: ["Od", "Wysłane", "Do", "Temat"],
    sent_from: "Wysłane z",
    original_message: "Wiadomość oryginalna",
};

fn tongue(code: &str) -> &'static Tongue {
    match code {
        "es" => &SPANISH,
        "fr" => &FRENCH,
        "de" => &GERMAN,
        "pt" => &PORTUGUESE,
        "it" => &ITALIAN,
        "nl" => &DUTCH,
        "pl" => &POLISH,
        _ => &ENGLISH,
    }
}

/// The first letters of a word, as calendars shorten it.
fn short(word: &str) -> String {
    word.chars().take(3).collect()
}

/// The lines above a quote: "On ... wrote:", or the letter's headers.
fn attribution(client: Client, code: &str, letter: &Quoted, zone: Tz) -> Vec<String> {
    let words = tongue(code);
    let date = letter.date.with_timezone(&zone);
    let day = date.day();
    let year = date.year();
    let (hour, minute) = (date.hour(), date.minute());
    let month = words.months[date.month0() as usize];
    let weekday = words.days[date.weekday().num_days_from_monday() as usize];
    let (m, w) = (short(month), short(weekday));
    let half = if hour < 12 { "AM" } else { "PM" };
    let hour12 = if hour % 12 == 0 { 12 } else { hour % 12 };
    let who = if letter.from_name.is_empty() {
        letter.from_address.clone()
    } else {
        format!("{} <{}>", letter.from_name, letter.from_address)
    };
    match client {
        Client::Outlook => {
            let [from, sent, to, subject] = words.labels;
            let sent_at = if code == "en" || std::ptr::eq(words, &ENGLISH) {
                format!("{weekday}, {month} {day}, {year} {hour12}:{minute:02} {half}")
            } else {
                format!("{weekday}, {day}. {month} {year} {hour:02}:{minute:02}")
            };
            // French typography asks for a space before the colon.
            let colon = if code == "fr" { "\u{a0}:" } else { ":" };
            vec![
                "________________________________".into(),
                format!("{from}{colon} {who}"),
                format!("{sent}{colon} {sent_at}"),
                format!("{to}{colon} {}", letter.to_address),
                format!("{subject}{colon} {}", letter.subject),
            ]
        }
        Client::Samsung => {
            let [from, _, to, subject] = words.labels;
            vec![
                format!("-------- {} --------", words.original_message),
                format!("{from}: {who}"),
                format!("Date: {}", date.format("%d/%m/%Y %H:%M (GMT%:z)")),
                format!("{to}: {}", letter.to_address),
                format!("{subject}: {}", letter.subject),
            ]
        }
        Client::Mutt => vec![format!(
            "On {}, {} wrote:",
            date.format("%a, %b %d, %Y at %I:%M:%S%p %z"),
            letter.from_name
        )],
        Client::Yahoo => vec![match code {
            "es" => format!(
                "    El {weekday}, {day} de {month} de {year}, {hour:02}:{minute:02}, {who} escribió:  "
            ),
            "fr" => format!(
                "    Le {weekday} {day} {month} {year} à {hour:02}:{minute:02}, {who} a écrit :  "
            ),
            "de" => format!(
                "    Am {weekday}, {day}. {month} {year} um {hour:02}:{minute:02} hat {who} geschrieben:  "
            ),
            _ => format!(
                "    On {weekday}, {month} {day}, {year} at {hour12:02}:{minute:02} {half}, {who} wrote:  "
            ),
        }],
        Client::AppleMail | Client::IPhone => vec![match code {
            "de" => format!(
                "Am {day:02}.{:02}.{year} um {hour:02}:{minute:02} schrieb {who}:",
                date.month()
            ),
            "fr" => format!("Le {day} {month} {year} à {hour:02}:{minute:02}, {who} a écrit :"),
            "es" => format!("El {day} {m} {year}, a las {hour}:{minute:02}, {who} escribió:"),
            "pt" => format!(
                "No dia {day} de {month} de {year}, às {hour:02}:{minute:02}, {who} escreveu:"
            ),
            "it" => format!(
                "Il giorno {day} {m} {year}, alle ore {hour:02}:{minute:02}, {who} ha scritto:"
            ),
            "nl" => format!(
                "Op {day} {m}. {year} om {hour:02}:{minute:02} heeft {who} het volgende geschreven:"
            ),
            "pl" => format!(
                "Wiadomość napisana przez {who} w dniu {day} {m} {year}, o godz. {hour:02}:{minute:02}:"
            ),
            _ => format!("On {day} {m} {year}, at {hour:02}:{minute:02}, {who} wrote:"),
        }],
        Client::Thunderbird => {
            let name = if letter.from_name.is_empty() {
                &letter.from_address
            } else {
                &letter.from_name
            };
            vec![match code {
                "de" => format!(
                    "Am {day:02}.{:02}.{:02} um {hour:02}:{minute:02} schrieb {name}:",
                    date.month(),
                    year % 100
                ),
                "fr" => format!(
                    "Le {day:02}/{:02}/{year} à {hour:02}:{minute:02}, {name} a écrit :",
                    date.month()
                ),
                "es" => format!(
                    "El {day}/{}/{:02} a las {hour}:{minute:02}, {name} escribió:",
                    date.month(),
                    year % 100
                ),
                "it" => format!(
                    "Il {day:02}/{:02}/{:02} {hour:02}:{minute:02}, {name} ha scritto:",
                    date.month(),
                    year % 100
                ),
                "nl" => format!(
                    "Op {day}-{}-{year} om {hour:02}:{minute:02} schreef {name}:",
                    date.month()
                ),
                "pl" => format!(
                    "W dniu {day}.{:02}.{year} o {hour:02}:{minute:02}, {name} pisze:",
                    date.month()
                ),
                _ => format!(
                    "On {day}/{:02}/{year} {hour:02}:{minute:02}, {name} wrote:",
                    date.month()
                ),
            }]
        }
        Client::Gmail | Client::HtmlOnly => vec![match code {
            "es" => format!(
                "El {w}, {day} {m} {year} a las {hour}:{minute:02}, {} (<{}>) escribió:",
                letter.from_name, letter.from_address
            ),
            "fr" => {
                format!("Le {w}. {day} {month} {year} à {hour:02}:{minute:02}, {who} a écrit :")
            }
            "de" => format!(
                "Am {}., {day}. {month} {year} um {hour:02}:{minute:02} Uhr schrieb {who}:",
                weekday.chars().take(2).collect::<String>()
            ),
            "pt" => format!(
                "Em {w}., {day} de {m}. de {year} às {hour:02}:{minute:02}, {who} escreveu:"
            ),
            "it" => format!(
                "Il giorno {w} {day} {m} {year} alle ore {hour:02}:{minute:02} {who} ha scritto:"
            ),
            "nl" => format!(
                "Op {} {day} {m} {year} om {hour:02}:{minute:02} schreef {who}:",
                weekday.chars().take(2).collect::<String>()
            ),
            "pl" => format!("{w}., {day} {m} {year} o {hour:02}:{minute:02} {who} napisał(a):"),
            _ => format!("On {w}, {m} {day}, {year} at {hour12}:{minute:02} {half} {who} wrote:"),
        }],
    }
}

/// What some programs put under every message.
fn advertisement(client: Client, code: &str) -> Option<String> {
    let words = tongue(code);
    let device = match client {
        Client::IPhone => "iPhone",
        Client::Samsung => "Galaxy",
        _ => return None,
    };
    let tail = if code == "de" { " gesendet" } else { "" };
    Some(format!("{} {device}{tail}", words.sent_from))
}

// ---- bodies

fn quote_lines<'a>(draft: &'a Draft<'_>) -> Vec<(bool, &'a str)> {
    match (draft.words, draft.answered) {
        (Words::InQuote { lines, .. }, _) => lines
            .iter()
            .map(|line| match line {
                Line::Quoted(text) => (true, text.as_str()),
                Line::Inserted(text) => (false, text.as_str()),
            })
            .collect(),
        (Words::New(_), Some(letter)) => letter.text.lines().map(|line| (true, line)).collect(),
        (Words::New(_), None) => Vec::new(),
    }
}

fn plain_body(client: Client, draft: &Draft<'_>) -> String {
    let mut own = String::new();
    let text = match draft.words {
        Words::New(text) => text,
        Words::InQuote { above, .. } => above,
    };
    for line in text.lines() {
        own_line(client, line, &mut own);
    }
    let Some(letter) = draft.answered else {
        if let Some(line) = advertisement(client, draft.tongue) {
            own.push_str(&format!("\n{line}\n"));
        }
        return own;
    };
    let mut quote = String::with_capacity(letter.text.len() * 5 / 4 + 200);
    for line in attribution(client, draft.tongue, letter, draft.zone) {
        wrapped(&line, client.wraps_at(), "", &mut quote);
    }
    if matches!(
        client,
        Client::Outlook | Client::Samsung | Client::Gmail | Client::AppleMail
    ) {
        quote.push('\n');
    }
    let prefix = client.prefix();
    for (quoted, line) in quote_lines(draft) {
        if quoted {
            let prefix = if line.starts_with('>') && prefix == "> " {
                ">"
            } else {
                prefix
            };
            let line = if client == Client::Thunderbird {
                // A trailing space would make it a flowing line (RFC 3676).
                line.trim_end()
            } else {
                line
            };
            let prefix = if line.is_empty() {
                prefix.trim_end()
            } else {
                prefix
            };
            wrapped(line, client.wraps_at(), prefix, &mut quote);
        } else {
            own_line(client, line, &mut quote);
        }
    }
    if client.writes_below() && matches!(draft.words, Words::New(_)) {
        return format!("{quote}\n{own}");
    }
    let advertisement = advertisement(client, draft.tongue)
        .map(|line| format!("\n{line}\n"))
        .unwrap_or_default();
    if own.is_empty() && advertisement.is_empty() {
        quote
    } else {
        format!("{own}{advertisement}\n{quote}")
    }
}

/// A line of the writer's own: flowed by Thunderbird, broken by Gmail, left alone by the others.
fn own_line(client: Client, line: &str, out: &mut String) {
    if client == Client::Thunderbird {
        let stuffed = line.starts_with('>') || line.starts_with(' ') || line.starts_with("From ");
        let pieces = pieces(line, 72);
        let last = pieces.len().saturating_sub(1);
        for (place, piece) in pieces.iter().enumerate() {
            if place == 0 && stuffed {
                out.push(' ');
            }
            out.push_str(piece.trim_end());
            if place != last || line == "-- " {
                out.push(' ');
            }
            out.push('\n');
        }
    } else {
        wrapped(line, client.wraps_at(), "", out);
    }
}

fn wrapped(line: &str, at: Option<usize>, prefix: &str, out: &mut String) {
    match at {
        Some(width) if line.len() + prefix.len() > width => {
            for piece in pieces(line, width - prefix.len()) {
                out.push_str(prefix);
                out.push_str(piece.trim_end());
                out.push('\n');
            }
        }
        _ => {
            out.push_str(prefix);
            out.push_str(line);
            out.push('\n');
        }
    }
}

/// The line in pieces of at most `width` bytes where spaces allow it; each piece ends in its space.
fn pieces(line: &str, width: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut space = None;
    for (at, _) in line.match_indices(' ') {
        if at - start >= width
            && let Some(cut) = space.take()
        {
            pieces.push(&line[start..cut]);
            start = cut;
        }
        if at > start {
            space = Some(at + 1);
        }
    }
    if line.len() - start > width
        && let Some(cut) = space
    {
        pieces.push(&line[start..cut]);
        start = cut;
    }
    pieces.push(&line[start..]);
    pieces
}

fn escaped(text: &str, out: &mut String) {
    // Byte by byte: all that needs an escape is ASCII, but for the no-break space, which begins with 0xC2.
    let mut rest = text;
    while let Some(at) = rest
        .bytes()
        .position(|byte| matches!(byte, b'<' | b'>' | b'&' | 0xC2))
    {
        let (before, special) = rest.split_at(at);
        out.push_str(before);
        let mut letters = special.chars();
        match letters.next() {
            Some('<') => out.push_str("&lt;"),
            Some('>') => out.push_str("&gt;"),
            Some('&') => out.push_str("&amp;"),
            Some('\u{a0}') => out.push_str("&nbsp;"),
            Some(letter) => out.push(letter),
            None => {}
        }
        rest = letters.as_str();
    }
    out.push_str(rest);
}

/// Lines as HTML, each in `open` and `close`.
fn html_lines<'a>(
    lines: impl Iterator<Item = &'a str>,
    open: &str,
    close: &str,
    empty: &str,
    out: &mut String,
) {
    for line in lines {
        out.push_str(open);
        if line.is_empty() {
            out.push_str(empty);
        } else {
            escaped(line, out);
        }
        out.push_str(close);
        out.push('\n');
    }
}

/// Opening and closing tags of the parts of a message in one program's HTML.
struct Markup {
    before: &'static str,
    line: (&'static str, &'static str, &'static str),
    before_quote: &'static str,
    before_attribution: &'static str,
    after_attribution: &'static str,
    quote: (&'static str, &'static str),
    after: &'static str,
}

fn markup(client: Client) -> Markup {
    match client {
        Client::Gmail => Markup {
            before: "<div dir=\"ltr\">",
            line: ("<div>", "</div>", "<br>"),
            before_quote: "</div><br><div class=\"gmail_quote gmail_quote_container\">",
            before_attribution: "<div dir=\"ltr\" class=\"gmail_attr\">",
            after_attribution: "</div>",
            quote: (
                "<blockquote class=\"gmail_quote\" style=\"margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex\">",
                "</blockquote>",
            ),
            after: "</div>",
        },
        Client::Outlook => Markup {
            before: "<html><head><meta http-equiv=\"Content-Type\" content=\"text/html\"></head><body lang=\"EN-US\"><div class=\"WordSection1\">",
            line: ("<p class=\"MsoNormal\">", "</p>", "&nbsp;"),
            before_quote: "<div id=\"divRplyFwdMsg\"><div style=\"border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm\">",
            before_attribution: "<p class=\"MsoNormal\">",
            after_attribution: "</p></div></div>",
            quote: ("<div>", "</div>"),
            after: "</div></body></html>",
        },
        Client::IPhone => Markup {
            before: "<html><head><meta http-equiv=\"content-type\" content=\"text/html; charset=utf-8\"></head><body dir=\"auto\">",
            line: ("<div dir=\"ltr\">", "</div>", "<br>"),
            before_quote: "<div dir=\"ltr\"><br>",
            before_attribution: "<blockquote type=\"cite\">",
            after_attribution: "<br></blockquote></div>",
            quote: ("<blockquote type=\"cite\">", "</blockquote>"),
            after: "</body></html>",
        },
        Client::Yahoo => Markup {
            before: "<html><head></head><body><div class=\"ydp1a2b3cyahoo-style-wrap\" style=\"font-family:Helvetica Neue, sans-serif;font-size:16px;\">",
            line: ("<div dir=\"ltr\" data-setdir=\"false\">", "</div>", "<br>"),
            before_quote: "</div><div id=\"ydp4d5e6fyahoo_quoted_1234567890\" class=\"yahoo_quoted\"><div style=\"font-size:13px;color:#26282a;\">",
            before_attribution: "<div>",
            after_attribution: "</div><div><br></div>",
            quote: ("<div>", "</div>"),
            after: "</div></div></body></html>",
        },
        Client::Samsung => Markup {
            before: "<html><head></head><body dir=\"auto\">",
            line: ("<div dir=\"auto\">", "</div>", "<br>"),
            before_quote: "<div><br></div><div align=\"left\" dir=\"auto\" style=\"font-size:100%;color:#000000\">",
            before_attribution: "<div>",
            after_attribution: "</div><div><br></div></div>",
            quote: ("", ""),
            after: "</body></html>",
        },
        _ => Markup {
            before: "<!doctype html><html><head><meta charset=\"UTF-8\"></head><body>",
            line: ("<div class=\"default-style\">", "</div>", "<br>"),
            before_quote: "<div class=\"default-style\"><br></div>",
            before_attribution: "<div>",
            after_attribution: "</div>",
            quote: ("<blockquote type=\"cite\">", "</blockquote>"),
            after: "</body></html>",
        },
    }
}

fn html_body(client: Client, draft: &Draft<'_>) -> String {
    let markup = markup(client);
    let (open, close, empty) = markup.line;
    let mut out = String::with_capacity(4096);
    out.push_str(markup.before);
    let text = match draft.words {
        Words::New(text) => text,
        Words::InQuote { above, .. } => above,
    };
    html_lines(text.lines(), open, close, empty, &mut out);
    if let Some(line) = advertisement(client, draft.tongue) {
        html_lines(
            ["", line.as_str()].into_iter(),
            open,
            close,
            empty,
            &mut out,
        );
    }
    if let Some(letter) = draft.answered {
        out.push_str(markup.before_quote);
        out.push_str(markup.before_attribution);
        for line in attribution(client, draft.tongue, letter, draft.zone) {
            if line.starts_with("____") {
                continue;
            }
            match (client, line.split_once(':')) {
                (Client::Outlook, Some((label, value))) => {
                    out.push_str("<b>");
                    escaped(label, &mut out);
                    out.push_str(":</b>");
                    escaped(value, &mut out);
                }
                _ => escaped(&line, &mut out),
            }
            out.push_str("<br>\n");
        }
        out.push_str(markup.after_attribution);
        out.push_str(markup.quote.0);
        let mut inside = true;
        for (quoted, line) in quote_lines(draft) {
            if quoted != inside {
                out.push_str(if quoted {
                    markup.quote.0
                } else {
                    markup.quote.1
                });
                inside = quoted;
            }
            if quoted {
                escaped(line, &mut out);
                out.push_str("<br>\n");
            } else {
                html_lines([line].into_iter(), open, close, empty, &mut out);
            }
        }
        if inside {
            out.push_str(markup.quote.1);
        }
    }
    out.push_str(markup.after);
    out
}
