//! What machines write on a person's behalf: out-of-office replies (RFC 3834, RFC 5230) and delivery status
//! notifications (RFC 3464). They are the mail that must never be taken for a person's answer.

use std::collections::BTreeMap;

use base64::Engine as _;
use chrono::{Datelike, Duration, NaiveDate};
use chrono_tz::Tz;

use super::letter::Headers;
use crate::time::Moment;

/// How long a responder stays quiet towards a sender it has answered (RFC 5230 section 4.2: seven days by default).
const QUIET_DAYS: i64 = 7;

/// An out-of-office responder's memory: whom it answered, and when.
#[derive(Debug, Clone, Default)]
pub struct Responder {
    answered: BTreeMap<String, Moment>,
}

impl Responder {
    /// Whether a responder that obeys the rules answers this letter, and notes it if so.
    ///
    /// `own` are its owner's addresses. RFC 3834 section 2: no answer to automatic, list or bulk mail, none to the
    /// null sender; RFC 5230 section 4.5: only where the owner is named in To or Cc; section 4.2: once a sender in
    /// seven days. The sender is the one in the From line, since a return address may differ with every letter.
    pub fn answers(
        &mut self,
        headers: &Headers<'_>,
        envelope_from: Option<&str>,
        own: &[&str],
        at: Moment,
    ) -> bool {
        let Some(return_path) = envelope_from.filter(|address| !address.is_empty()) else {
            return false;
        };
        let local = return_path.split('@').next().unwrap_or_default();
        let machine = ["mailer-daemon", "postmaster", "noreply", "no-reply"];
        if machine.contains(&local.to_ascii_lowercase().as_str())
            || local.to_ascii_lowercase().starts_with("owner-")
            || local.to_ascii_lowercase().ends_with("-request")
        {
            return false;
        }
        let automatic = headers
            .get("auto-submitted")
            .is_some_and(|value| !value.trim().eq_ignore_ascii_case("no"));
        let bulk = headers.get("precedence").is_some_and(|value| {
            let value = value.trim();
            ["bulk", "list", "junk"]
                .iter()
                .any(|kind| value.eq_ignore_ascii_case(kind))
        });
        let suppressed = headers
            .get("x-auto-response-suppress")
            .is_some_and(|value| {
                value
                    .split(',')
                    .map(|word| word.trim().to_ascii_lowercase())
                    .any(|word| ["all", "oof", "autoreply"].contains(&word.as_str()))
            });
        if automatic || bulk || suppressed || headers.any_starting_with("list-") {
            return false;
        }
        let mut named = headers.addresses("to");
        named.extend(headers.addresses("cc"));
        if !own
            .iter()
            .any(|address| named.iter().any(|name| name.eq_ignore_ascii_case(address)))
        {
            return false;
        }
        let sender = headers
            .addresses("from")
            .into_iter()
            .next()
            .unwrap_or_else(|| return_path.to_ascii_lowercase());
        let quiet = self
            .answered
            .get(&sender)
            .is_some_and(|&last| at - last < Duration::days(QUIET_DAYS));
        if quiet {
            return false;
        }
        self.answered.insert(sender, at);
        true
    }
}

/// An out-of-office reply that is about to be written.
pub struct Absence<'a> {
    pub from_name: &'a str,
    pub from_address: &'a str,
    /// The return address of the letter that is answered.
    pub to: &'a str,
    pub subject: &'a str,
    pub message_id: &'a str,
    pub answers: Option<&'a str>,
    pub at: Moment,
    pub zone: Tz,
    pub tongue: &'a str,
    pub back_on: NaiveDate,
    /// Which mail system the person's organisation runs.
    pub system: System,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    Sieve,
    Exchange,
    Gmail,
}

/// A day as people write it in their language.
pub fn written_date(tongue: &str, day: NaiveDate) -> String {
    const ENGLISH: [&str; 12] = [
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
    ];
    match tongue {
        "de" | "pl" => format!("{}.{}.{}", day.day(), day.month(), day.year()),
        "fr" | "es" | "it" | "pt" => {
            format!("{:02}/{:02}/{}", day.day(), day.month(), day.year())
        }
        "nl" => format!("{}-{}-{}", day.day(), day.month(), day.year()),
        "sv" | "hu" | "lt" => day.to_string(),
        _ => format!(
            "{} {} {}",
            day.day(),
            ENGLISH[day.month0() as usize],
            day.year()
        ),
    }
}

/// The bytes of an out-of-office reply.
pub fn absence(what: &Absence<'_>) -> Vec<u8> {
    let back = written_date(what.tongue, what.back_on);
    let (subject, text) = match what.tongue {
        "de" => (
            format!("Abwesenheitsnotiz: {}", what.subject),
            format!(
                "Guten Tag,\n\nich bin bis zum {back} nicht im Büro und lese keine E-Mails. Ab dann beantworte ich Ihre Nachricht gern.\n\nMit freundlichen Grüßen\n{}\n",
                what.from_name
            ),
        ),
        "fr" => (
            format!("Réponse automatique : {}", what.subject),
            format!(
                "Bonjour,\n\nJe suis absent(e) du bureau et serai de retour le {back}. Je répondrai à votre message à mon retour.\n\nCordialement,\n{}\n",
                what.from_name
            ),
        ),
        "es" => (
            format!("Respuesta automática: {}", what.subject),
            format!(
                "Hola:\n\nEstoy fuera de la oficina hasta el {back}. Responderé a su mensaje a mi regreso.\n\nSaludos,\n{}\n",
                what.from_name
            ),
        ),
        "pt" => (
            format!("Resposta automática: {}", what.subject),
            format!(
                "Olá,\n\nEstou de férias até {back}. Responderei quando regressar.\n\nCumprimentos,\n{}\n",
                what.from_name
            ),
        ),
        "it" => (
            format!("Risposta automatica: {}", what.subject),
            format!(
                "Buongiorno,\n\nsono assente fino al {back}. Risponderò al mio rientro.\n\nCordiali saluti\n{}\n",
                what.from_name
            ),
        ),
        "nl" => (
            format!("Automatisch antwoord: {}", what.subject),
            format!(
                "Beste lezer,\n\nIk ben afwezig tot {back} en lees mijn e-mail niet.\n\nMet vriendelijke groet,\n{}\n",
                what.from_name
            ),
        ),
        "pl" => (
            format!("Automatyczna odpowiedź: {}", what.subject),
            format!(
                "Dzień dobry,\n\njestem na urlopie do {back}. Odpowiem po powrocie.\n\nPozdrawiam\n{}\n",
                what.from_name
            ),
        ),
        _ => match what.system {
            System::Exchange => (
                format!("Automatic reply: {}", what.subject),
                format!(
                    "Thank you for your message. I am out of the office until {back} and will reply when I return.\n\nKind regards,\n{}\n",
                    what.from_name
                ),
            ),
            System::Gmail => (
                format!("Out of office Re: {}", what.subject),
                format!(
                    "Hello,\n\nI am on leave and will be back on {back}. I have limited access to email until then.\n\n{}\n",
                    what.from_name
                ),
            ),
            System::Sieve => (
                format!("Auto: {}", what.subject),
                format!(
                    "I am away from my mail. I will be back on {back}.\n\n{}\n",
                    what.from_name
                ),
            ),
        },
    };
    let encoded = |text: &str| {
        if text.is_ascii() {
            text.to_string()
        } else {
            // Cut so that an encoded word stays within 75 characters (RFC 2047 section 2).
            let words: Vec<String> = text
                .chars()
                .collect::<Vec<_>>()
                .chunks(20)
                .map(|piece| piece.iter().collect::<String>())
                .map(|piece| {
                    let coded = base64::engine::general_purpose::STANDARD.encode(piece);
                    format!("=?utf-8?B?{coded}?=")
                })
                .collect();
            words.join("\r\n ")
        }
    };
    let date = what.at.with_timezone(&what.zone);
    let mut out = format!(
        "From: {} <{}>\r\nTo: <{}>\r\nSubject: {}\r\nDate: {}\r\nMessage-ID: <{}>\r\n",
        encoded(what.from_name),
        what.from_address,
        what.to,
        encoded(&subject),
        date.format("%a, %d %b %Y %H:%M:%S %z"),
        what.message_id
    );
    if let Some(id) = what.answers {
        out.push_str(&format!("In-Reply-To: <{id}>\r\nReferences: <{id}>\r\n"));
    }
    out.push_str(match what.system {
        System::Sieve => "Auto-Submitted: auto-replied (vacation)\r\n",
        System::Exchange => {
            "Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\nX-MS-Exchange-Inbox-Rules-Loop: yes\r\n"
        }
        System::Gmail => "Auto-Submitted: auto-replied\r\nPrecedence: bulk\r\nX-Autoreply: yes\r\n",
    });
    out.push_str(
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
    );
    let mut bytes = out.into_bytes();
    bytes.extend_from_slice(&quoted_printable::encode(text.replace('\n', "\r\n")));
    bytes
}

/// A letter that could not be delivered.
pub struct Failure<'a> {
    pub letter: &'a [u8],
    pub headers: &'a Headers<'a>,
    /// The address that does not take mail any more.
    pub recipient: &'a str,
    /// Where the notification goes: the letter's envelope sender.
    pub to: &'a str,
    pub message_id: &'a str,
    pub at: Moment,
    pub full: bool,
}

/// The bytes of a delivery status notification: RFC 3464, in a multipart/report (RFC 6522) that returns the letter's
/// headers.
pub fn failure(what: &Failure<'_>) -> Vec<u8> {
    let host = what.recipient.rsplit('@').next().unwrap_or("mail.example");
    let (status, said) = if what.full {
        (
            "5.2.2",
            "552 5.2.2 The recipient's mailbox is full and cannot take messages now",
        )
    } else {
        (
            "5.1.1",
            "550 5.1.1 Recipient address rejected: User unknown in virtual mailbox table",
        )
    };
    let boundary = format!(
        "{}.{host}",
        what.message_id.split('@').next().unwrap_or("report")
    );
    let date = what.at.format("%a, %d %b %Y %H:%M:%S +0000");
    let mut out = format!(
        "From: Mail Delivery System <MAILER-DAEMON@{host}>\r\nTo: <{to}>\r\nSubject: Undelivered Mail Returned to Sender\r\nDate: {date}\r\nMessage-ID: <{id}>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"{boundary}\"\r\n\r\nThis is a MIME-encapsulated message.\r\n\r\n",
        to = what.to,
        id = what.message_id,
    );
    out.push_str(&format!(
        "--{boundary}\r\nContent-Description: Notification\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nThis is the mail system at host {host}.\r\n\r\nI'm sorry to have to inform you that your message could not\r\nbe delivered to one or more recipients. It's attached below.\r\n\r\n<{recipient}>: host {host}[192.0.2.25] said: {said}\r\n    (in reply to RCPT TO command)\r\n\r\n",
        recipient = what.recipient,
    ));
    out.push_str(&format!(
        "--{boundary}\r\nContent-Description: Delivery report\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; {host}\r\nArrival-Date: {date}\r\n\r\nFinal-Recipient: rfc822; {recipient}\r\nOriginal-Recipient: rfc822;{recipient}\r\nAction: failed\r\nStatus: {status}\r\nRemote-MTA: dns; {host}\r\nDiagnostic-Code: smtp; {said}\r\n\r\n",
        recipient = what.recipient,
    ));
    out.push_str(&format!(
        "--{boundary}\r\nContent-Description: Undelivered Message Headers\r\nContent-Type: text/rfc822-headers\r\n\r\n"
    ));
    let mut bytes = out.into_bytes();
    let returned = what
        .letter
        .get(..what.headers.body_at)
        .unwrap_or(what.letter);
    bytes.extend_from_slice(returned);
    bytes.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    bytes
}
