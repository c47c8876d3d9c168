//! Bounces and delay notices: delivery reports (RFC 3464) in all their broken forms first, then the text of servers
//! that write none. Who failed, how finally, and which of our letters it was.
//!
//! A bounce by itself changes nothing for anybody: whoever asked for the reading must find our token or our
//! Message-ID in it (RELIABILITY T27).

use super::parse::{Headers, Parsed, Part};
use super::pattern::Pattern;
use super::{Bounce, BounceClass, FailedRecipient, Reading, clean, complaint, sender};

/// The bounce in a message; `None` where it is none.
pub fn bounce(parsed: &Parsed, reading: &Reading) -> Option<Bounce> {
    // Read receipts are reports, too, but not of a failure.
    if parsed
        .parts
        .iter()
        .any(|part| part.depth == 0 && part.kind.contains("disposition-notification"))
    {
        return None;
    }
    let mut recipients = reported(parsed);
    let text = own_text(parsed, reading);
    if recipients.is_empty() {
        recipients = notification(&text);
    }
    let has_report = !recipients.is_empty();
    if !has_report {
        let undelivered = by_machine(parsed, reading) && says_undelivered(parsed, reading, &text);
        if !undelivered && !refused_by_list(parsed, reading) {
            return None;
        }
        recipients = named_in_text(parsed, &text);
    }
    for recipient in &mut recipients {
        settle(recipient, &text, has_report);
    }
    let class = class_of(&recipients).unwrap_or_else(|| class_of_text(&text, reading));
    Some(Bounce {
        class,
        recipients: recipients
            .into_iter()
            .map(|found| found.recipient)
            .collect(),
        returned_ids: returned_ids(parsed, &text),
    })
}

/// Whether the bounce only says that delivery takes longer.
pub fn is_delay(parsed: &Parsed, bounce: &Bounce) -> bool {
    let actions: Vec<String> = status_groups(parsed)
        .iter()
        .filter_map(|group| {
            group
                .get("action")
                .map(|action| action.trim().to_ascii_lowercase())
        })
        .collect();
    if !actions.is_empty() {
        return bounce.class == BounceClass::Temporary
            && actions.iter().all(|action| action.starts_with("delayed"));
    }
    let text = parsed
        .parts
        .iter()
        .filter(|part| part.depth == 0)
        .map(|part| part.text.as_str())
        .collect::<Vec<_>>()
        .join("\n");
    bounce.class == BounceClass::Temporary && DELAY.is_match(&text)
}

/// A recipient with what is known beside the shared shape.
struct Found {
    recipient: FailedRecipient,
    diagnostic: String,
    action: String,
}

impl Found {
    fn of(address: String, status: Option<String>, action: &str, diagnostic: &str) -> Found {
        Found {
            recipient: FailedRecipient {
                address,
                status,
                class: BounceClass::Permanent,
            },
            diagnostic: diagnostic.to_string(),
            action: action.trim().to_ascii_lowercase(),
        }
    }
}

/// Recipient groups of all delivery-status parts, and of text that is one although its type does not say so.
fn status_groups(parsed: &Parsed) -> Vec<Headers> {
    let mut groups = Vec::new();
    for part in &parsed.parts {
        let declared = part.kind.contains("delivery-status");
        let looks = part.depth == 0 && part.text.to_ascii_lowercase().contains("final-recipient:");
        if declared || looks {
            groups.extend(groups_in(&part.text));
        }
    }
    groups
}

/// Blocks of `Field: value` lines in a text that name a recipient.
fn groups_in(text: &str) -> Vec<Headers> {
    let unix = text.replace("\r\n", "\n");
    let mut groups: Vec<Headers> = Vec::new();
    for block in unix.split("\n\n") {
        let block: String = block
            .lines()
            .skip_while(|line| !line.contains(':'))
            .fold(String::new(), |all, line| all + line + "\n");
        let mut current = String::new();
        // Some servers put all recipients in one block: each Final-Recipient begins a new one.
        for line in block.lines() {
            let starts = line.to_ascii_lowercase();
            let again = (starts.starts_with("final-recipient:")
                && current.to_ascii_lowercase().contains("final-recipient:"))
                || (starts.starts_with("original-recipient:")
                    && current.to_ascii_lowercase().contains("status:"));
            if again {
                groups.push(Headers::read(&current));
                current.clear();
            }
            current.push_str(line);
            current.push('\n');
        }
        groups.push(Headers::read(&current));
    }
    groups.retain(|group| {
        group.get("final-recipient").is_some()
            || group.get("original-recipient").is_some()
            || (group.get("action").is_some() && group.get("status").is_some())
    });
    groups
}

fn reported(parsed: &Parsed) -> Vec<Found> {
    let mut out: Vec<Found> = Vec::new();
    for group in status_groups(parsed) {
        let address_of = |field: &str| {
            let value = group.get(field)?;
            let address = value.split_once(';').map_or(value, |(_, address)| address);
            address_in(address)
        };
        let diagnostic = group.get("diagnostic-code").unwrap_or_default().to_string();
        // Whom we wrote to is the original recipient; the final one may be where their mail is forwarded.
        let original = address_of("original-recipient").or_else(|| {
            address_of("x-actual-recipient").filter(|_| group.get("final-recipient").is_none())
        });
        let fin = address_of("final-recipient");
        let whole = |address: &String| {
            address
                .rsplit_once('@')
                .is_some_and(|(_, domain)| domain.contains('.'))
        };
        let address = original
            .filter(whole)
            .or(fin)
            .or_else(|| address_in(&diagnostic))
            .unwrap_or_default();
        let status = group.get("status").and_then(status_in);
        let action = group.get("action").unwrap_or_default();
        if let Some(known) = out
            .iter_mut()
            .find(|found| found.recipient.address == address)
        {
            // A later group about the same recipient: a failure weighs more than a success.
            if matches!(known.action.as_str(), "delivered" | "relayed" | "expanded")
                || known.recipient.status.is_none()
            {
                *known = Found::of(address, status, action, &diagnostic);
            }
            continue;
        }
        out.push(Found::of(address, status, action, &diagnostic));
    }
    out.retain(|found| !found.recipient.address.is_empty() || found.recipient.status.is_some());
    out
}

static STATUS: Pattern = Pattern::new(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b");
/// An SMTP reply code where one can stand: after "smtp;", a bracket or the line's beginning, before text.
static REPLY: Pattern = Pattern::new(
    r"(?m)(?:^|[\s:;(>\[#'\x22=])(42[12]|43[12]|44[12679]|45[0-5]|47[12]|50[0-5]|51\d|52[1-9]|53\d|54\d|55\d|57\d)(?:[\s,-]|\)|#|$)",
);

fn status_in(text: &str) -> Option<String> {
    let found = STATUS.regex()?.find(text)?;
    Some(found.as_str().to_string())
}

fn address_in(text: &str) -> Option<String> {
    let text = text.replace(['\u{0}', '\t'], " ");
    sender::addresses(&text).into_iter().next().or_else(|| {
        // "rfc822;user at example.org", UTF-8 addresses
        let word = text
            .split(|c: char| c.is_whitespace() || "<>,;\"()[]".contains(c))
            .find(|word| word.contains('@') && word.len() > 3)?;
        let address = clean::line(word.trim_matches(['.', ':', '\'']), 254).to_lowercase();
        (address.split('@').count() == 2 && !address.starts_with('@') && !address.ends_with('@'))
            .then_some(address)
    })
}

/// Decides how final a recipient's failure is.
fn settle(found: &mut Found, text: &str, reported: bool) {
    let action = found.action.as_str();
    let class_of = |status: &str| match status.as_bytes().first() {
        Some(b'5') => Some(BounceClass::Permanent),
        Some(b'4') => Some(BounceClass::Temporary),
        Some(b'2') => Some(BounceClass::Delivered),
        _ => None,
    };
    if matches!(action, "delivered" | "relayed" | "expanded") {
        found.recipient.class = BounceClass::Delivered;
        return;
    }
    let said = status_in(&found.diagnostic).filter(|status| !status.starts_with('2'));
    // What the remote server said is nearer to the truth than what the reporting one made of it.
    if let Some(said) = said {
        found.recipient.status = Some(said);
    }
    let vague = found
        .recipient
        .status
        .as_deref()
        .is_none_or(|status| status == "5.0.0");
    let class = if action.starts_with("delayed") {
        Some(BounceClass::Temporary)
    } else if let Some(code) = reply_code(&found.diagnostic).filter(|_| vague) {
        class_of(&code)
    } else {
        found.recipient.status.as_deref().and_then(class_of)
    };
    // A status of the remote server's own says it better.
    let own_status = status_in(&found.diagnostic).is_some();
    if !own_status
        && LATER.is_match(found.diagnostic.trim())
        && class != Some(BounceClass::Delivered)
    {
        found.recipient.class = BounceClass::Temporary;
        return;
    }
    found.recipient.class = match class {
        Some(BounceClass::Delivered) if action.starts_with("failed") => BounceClass::Permanent,
        Some(class) => class,
        None if reported && action.starts_with("failed") => BounceClass::Permanent,
        None => class_in(text).unwrap_or(BounceClass::Permanent),
    };
}

fn reply_code(text: &str) -> Option<String> {
    REPLY
        .regex()?
        .captures(text)?
        .get(1)
        .map(|code| code.as_str().to_string())
}

fn class_of(recipients: &[Found]) -> Option<BounceClass> {
    let mut classes: Vec<BounceClass> = recipients
        .iter()
        .map(|found| found.recipient.class)
        .collect();
    classes.dedup();
    // A success beside a failure is no failure of the others, and the failure is the news.
    let failed: Vec<BounceClass> = classes
        .iter()
        .copied()
        .filter(|class| *class != BounceClass::Delivered)
        .collect();
    match failed[..] {
        [] => classes.first().copied(),
        [first, ..] if failed.iter().all(|class| *class == first) => Some(first),
        _ => Some(BounceClass::Mixed),
    }
}

fn class_of_text(text: &str, reading: &Reading) -> BounceClass {
    let subject = reading.subject.as_deref().unwrap_or_default();
    if DELAY.is_match(subject) {
        BounceClass::Temporary
    } else {
        class_in(text).unwrap_or(BounceClass::Permanent)
    }
}

/// What a text says of how final the failure is.
fn class_in(text: &str) -> Option<BounceClass> {
    if WARNING.is_match(text) || DELAY.is_match(text) && !GAVE_UP.is_match(text) {
        return Some(BounceClass::Temporary);
    }
    let digit = STATUS
        .regex()
        .and_then(|pattern| {
            pattern
                .find_iter(text)
                .map(|found| found.as_str())
                .find(|status| !status.starts_with('2'))
        })
        .map(str::to_string)
        .or_else(|| reply_code(text));
    let digit = digit?;
    Some(if digit.starts_with('4') {
        BounceClass::Temporary
    } else {
        BounceClass::Permanent
    })
}

/// The message's own words: its text parts up to where the returned mail begins.
fn own_text(parsed: &Parsed, reading: &Reading) -> String {
    let mut text = String::new();
    for part in parsed.parts.iter().filter(|part| {
        part.depth == 0 && part.kind.starts_with("text/") && part.kind != "text/rfc822-headers"
    }) {
        if part.kind == "text/html" {
            if text.trim().is_empty() {
                text.push_str(&super::html::plain(&super::html::marked(&part.text)));
            }
        } else {
            text.push_str(&part.text);
        }
        text.push('\n');
    }
    if text.trim().is_empty() {
        text.clone_from(&reading.body);
    }
    let unix = clean::body(&text, clean::BODY_MAX);
    match RETURNED.regex().and_then(|pattern| pattern.find(&unix)) {
        Some(found) => unix[..found.start()].to_string(),
        None => unix,
    }
}

/// Where servers begin to return the message.
static RETURNED: Pattern = Pattern::new(concat!(
    r"(?mi)^\W*(-{2,}\s*(this is a copy|below this line|(the )?(original|unsent|returned|undelivered) message|original message|message header|forwarded message|enclosed is|the header)|",
    r"------ this is a copy|--- below this line|--- enclosed|(your )?original message (follows|headers?|is)|original message headers?|message headers? follow|the (full|text of the) (original )?message|",
    r"received message follows|unsent message follows|full original message|\[?copy of the (original )?message|start of returned message|--- undelivered message|----- message (body|text|header)|",
    r"the first \d+ (lines|bytes) of|returned message follows|here is a copy|original-?mail|intercepted message|-+ ?transcript of message|return-path: <|received: (from|by) )"
));

static DELAY: Pattern = Pattern::new(concat!(
    r"(?i)(will (keep|continue) (trying|to (try|be retried|attempt|retry))|still (being|trying|attempt)|(delivery|message|mail).{0,40}\b(delayed|deferred|postponed)\b|not yet been delivered|has not (yet )?been delivered (yet|after)|",
    r"no action is required|this is (only )?a warning|warning.{0,40}(could not|not) (be )?(sent|delivered|send)|will be (retried|re-?tried|attempted)|delivery attempts will continue|you do not need to (resend|re-send)|",
    r"will try (again|for)|retry(ing)? for (another|up to)|temporarily (unable|delayed)|delivery status notification \(delay\)|queued for|zustellung verzögert|wird weiterhin versucht|en attente|temporary (non-fatal|problem)|transient|",
    r"incomplete delivery|could not be delivered for (the past )?\d+ hours)"
));

/// A warning whatever else it says.
static WARNING: Pattern = Pattern::new(
    r"(?i)(warning message only|do not need to (resend|re-send)|will be retried for|no action is required on your part)",
);

static GAVE_UP: Pattern = Pattern::new(
    r"(?i)(giving up|given up|gave up|permanent (fatal )?error|permanent failure|fatal error|delivery (has )?failed permanently|too (long|old)|(has )?expired|final(ly)? (failed|attempt)|failed permanently|i'm not going to try again|no further attempts|returned to sender|retry time(out)? (was )?exceeded|was not reached within the allowed|could not be delivered for (more than )?\d+ days|undeliverable)",
);

/// What servers say that will take the mail later, whatever reply code they say it with; and a server that gave up
/// because nobody could be reached in all its days, without a reason against the address.
static LATER: Pattern = Pattern::new(
    r"(?i)(not accepting (connections|messages)|try again later|(please )?retry later|temporar(y|ily) (rejected|deferred|unavailable|blocked)|greylist|^\S+@\S+\s+retry timeout exceeded\s*$)",
);

/// A list's server that does not take the mail to its members: the letter has reached nobody.
fn refused_by_list(parsed: &Parsed, reading: &Reading) -> bool {
    let headers = &parsed.headers;
    let list_server = ["x-mlserver", "x-mailman-version", "x-ecartis-version"]
        .iter()
        .any(|name| headers.get(name).is_some());
    let local = reading
        .from
        .as_ref()
        .and_then(|from| from.address.split('@').next().map(str::to_string))
        .unwrap_or_default();
    let keeper = ["-admin", "-owner", "-request", "-bounces", "-ctl"]
        .iter()
        .any(|end| local.ends_with(end))
        || local.starts_with("owner-")
        || local == "majordomo";
    static REFUSED: Pattern = Pattern::new(
        r"(?i)(\bnot (a )?(list )?member|non-?member (submission|post)|not allowed to post|posting (was |is )?(rejected|refused)|(message|post|mail) (was |has been )?(rejected|refused|discarded)|loop alert)",
    );
    list_server
        && keeper
        && reading
            .subject
            .as_deref()
            .is_some_and(|subject| REFUSED.is_match(subject))
}

/// Whether a mail system wrote the message.
fn by_machine(parsed: &Parsed, reading: &Reading) -> bool {
    let headers = &parsed.headers;
    if headers.get("x-failed-recipients").is_some()
        || parsed.content_type.contains("delivery-status")
    {
        return true;
    }
    if headers
        .all("return-path")
        .any(|value| matches!(value.trim(), "<>" | "<MAILER-DAEMON>" | "MAILER-DAEMON"))
    {
        return true;
    }
    let from = headers.get("from").unwrap_or_default().to_ascii_lowercase();
    let sender = headers
        .get("sender")
        .unwrap_or_default()
        .to_ascii_lowercase();
    static MACHINE: Pattern = Pattern::new(
        r"(mailer-?daemon|mail[-_. ]?delivery|post[-_]?master|smtp[-_ ]?mail|mail[-_ ]?service|mail (delivery|administrator|system|router)|mailadmin|mail-?admin|smtp(d)?[-_. ]?(agent|server)|postoffice|post ?office|mta(d)?@|double-bounce|internet mail delivery|mdaemon|noreply|no-reply|bounce|system administrator|mail server|^\W*mailer|delivery[- ]?(agent|subsystem|system)|emaildelivery|groupwise|lotus|notes server|mmdf|administrator@|system@|non.?livr|undeliver)",
    );
    // "Auto-Submitted: auto-replied" alone is how vacation notes come.
    MACHINE.is_match(&from)
        || MACHINE.is_match(&sender)
        || from.is_empty()
            && reading
                .subject
                .as_deref()
                .is_some_and(|subject| SUBJECT.is_match(subject))
        || reading
            .subject
            .as_deref()
            .is_some_and(|subject| SUBJECT.is_match(subject))
            && parsed
                .parts
                .iter()
                .any(|part| part.depth == 0 && part.message.is_some())
        || reading
            .subject
            .as_deref()
            .is_some_and(|subject| PLAIN_SUBJECT.is_match(subject))
}

static SUBJECT: Pattern = Pattern::new(concat!(
    r"(?i)(undeliver|returned (mail|message|to sender)|mail (returned|delivery|system error|could not|failure|not delivered)|delivery (status|fail|problem|error|report|notif|has failed|incomplete|delayed|unsuccess)|",
    r"(failed|failure|unable|failing).{0,20}(deliver|mail|notice)|(non|not|un)[- ]?(delivery|delivered|deliverable|livr)|could not (be )?(deliver|send|sent)|couldn.?t be delivered|bounce|fail(ed|ure) notice|message (status|undeliver|not delivered|delivery)|",
    r"warning: (could not|message)|(mail|message|e-?mail) (failed|error)|user unknown|unknown (user|address|recipient)|address (error|unknown|not found)|rejected|nondeliverable|undelivered|ndn|dsn|unzustellbar|zustellung|mail nicht zustellbar|échec|non remis|no se (ha )?(pudo|podido) entregar|mancata consegna|недоставлен|не доставлен|配信|不達|失敗|エラー|送信|退信|投递失败|退件|esito|error in your|permanent error|回送)"
));

/// Subjects that nobody but a mail system writes.
static PLAIN_SUBJECT: Pattern = Pattern::new(
    r"(?i)^\W*(undelivered mail returned to sender|undeliverable( mail| message)?\s*:|undeliverable mail$|returned mail\b|mail delivery (failed|failure|system|status)|delivery status notification|delivery (failure|failed|notification)|failure notice|non-?delivery\b|message undeliverable|nondeliverable mail|delivery has failed|mail system error|warning: could not send)",
);

fn says_undelivered(parsed: &Parsed, reading: &Reading, text: &str) -> bool {
    if parsed.headers.get("x-failed-recipients").is_some()
        || parsed.content_type.contains("report-type=delivery-status")
        || parsed
            .content_type
            .contains("report-type=\"delivery-status")
    {
        return true;
    }
    let subject = reading.subject.as_deref().unwrap_or_default();
    // A vacation note of a postmaster's is no bounce.
    if AWAY.is_match(subject) {
        return false;
    }
    // An auto-reply that tells of trouble in its own words, without a report or the returned mail, stays an auto-reply.
    let returned = parsed
        .parts
        .iter()
        .any(|part| part.message.is_some() || part.kind.contains("rfc822"));
    let replied = parsed.headers.get("auto-submitted").is_some_and(|value| {
        value
            .trim()
            .to_ascii_lowercase()
            .starts_with("auto-replied")
    });
    static PLAIN: Pattern =
        Pattern::new(r"(?i)(deliver|fail|return|delay|warning|unzustell|reject)");
    if replied && !returned && !PLAIN.is_match(subject) {
        return false;
    }
    let head = &text[..text
        .char_indices()
        .nth(6000)
        .map_or(text.len(), |(at, _)| at)];
    SUBJECT.is_match(subject)
        && (FAILED.is_match(head)
            || reply_code(head).is_some()
            || status_in(head).is_some()
            || !sender::addresses(head).is_empty()
            || !reading.defects.is_empty()
            || parsed.parts.iter().any(|part| part.message.is_some()))
        || FAILED.is_match(head)
}

static AWAY: Pattern = Pattern::new(
    r"(?i)(out of (the )?office|automatic reply|auto.?reply|auto.?response|vacation|abwesen)",
);

static FAILED: Pattern = Pattern::new(concat!(
    r"(?i)((could|can|was|were|did|has|have|is)( ?not|n.?t)( be| been| able to)? (deliver|send|sent|reach|process|complet|accept)|unable to (deliver|relay|send|complete|process)|undeliver|not deliver|delivery (has |to .{0,80} )?(failed|unsuccessful|error|to the following)|failed (to deliver|recipient|permanently|address)|",
    r"(following|these|this) (recipient|address|user|mail|e-?mail)\w* (\w+ ){0,4}(fail|error|problem|unknown|reject|not|had|could|permanent|was)|(had|have) (permanent|transient|temporary|problems?|delivery)|user unknown|unknown (user|recipient|local)|no such (user|recipient|person|mailbox|address)|",
    r"(mailbox|account|user|recipient|address) (\S+ )?(is |was )?(unknown|not found|unavailable|full|disabled|does not exist|doesn.?t exist|inactive|invalid|rejected)|does not exist|not listed in|rejected (your|by|the)|returned (to you|mail|message|for)|bounced|message (was|has been|could).{0,30}(reject|return|refus|delay)|",
    r"host (unknown|not found)|relay(ing)? (denied|not)|over quota|quota exceeded|exceed(s|ed).{0,20}quota|retry time|transcript of session|still (being|trying)|will (keep|continue) trying|delivery.{0,20}delay|not (yet )?been delivered|konnte nicht (zugestellt|ausgeliefert)|nicht zugestellt|n.a pas pu (être|etre)|no (se )?pudo|non (è stato|recapitat)|не (может|удалось|был)|失敗|エラー|できません|配信|無法|无法|不存在|見つかりません)"
));

/// Providers that tell of bounces as data ("notificationType": "Bounce").
fn notification(text: &str) -> Vec<Found> {
    let Some(start) = text.find('{') else {
        return Vec::new();
    };
    if !text.contains("bouncedRecipients") && !text.contains("\"delivery\"") {
        return Vec::new();
    }
    let joined: String = text[start..].replace(['\n', '\r'], "");
    let mut stream = serde_json::Deserializer::from_str(&joined).into_iter::<serde_json::Value>();
    let Some(Ok(outer)) = stream.next() else {
        return Vec::new();
    };
    // The notification may be text inside the notification service's own envelope.
    let inner = outer
        .get("Message")
        .and_then(|message| message.as_str())
        .and_then(|message| serde_json::from_str(message).ok())
        .unwrap_or(outer);
    let mut out = Vec::new();
    let text_of = |value: &serde_json::Value, key: &str| {
        value
            .get(key)
            .and_then(|v| v.as_str())
            .unwrap_or_default()
            .to_string()
    };
    if let Some(bounce) = inner.get("bounce") {
        let temporary = text_of(bounce, "bounceType").eq_ignore_ascii_case("transient");
        for recipient in bounce
            .get("bouncedRecipients")
            .and_then(|list| list.as_array())
            .into_iter()
            .flatten()
            .take(100)
        {
            let Some(address) = address_in(&text_of(recipient, "emailAddress")) else {
                continue;
            };
            let diagnostic = text_of(recipient, "diagnosticCode");
            let status = status_in(&text_of(recipient, "status"))
                .or_else(|| status_in(&diagnostic))
                .or_else(|| Some(if temporary { "4.0.0" } else { "5.0.0" }.to_string()));
            out.push(Found::of(
                address,
                status,
                &text_of(recipient, "action"),
                &diagnostic,
            ));
        }
    } else if let Some(delivery) = inner.get("delivery") {
        for recipient in delivery
            .get("recipients")
            .and_then(|list| list.as_array())
            .into_iter()
            .flatten()
            .take(100)
        {
            if let Some(address) = recipient.as_str().and_then(address_in) {
                out.push(Found::of(address, Some("2.0.0".into()), "delivered", ""));
            }
        }
    }
    out
}

static INTRODUCED: Pattern = Pattern::new(
    r"(?i)(following|these|this|addresse?s|recipients?|destinataires?|address\(es\)|person|deliver(ed|y)?( \w+)? to|sent to|reach|\buser\b|mailbox|unable to|undeliver|failed|failure|unknown|transcript|rcpt to|recipient|to:|errors?|problem|not listed|rejected|does not exist|konnte nicht|empfänger|送信|宛先|エラー)",
);

/// The failed addresses in a text without a report.
fn named_in_text(parsed: &Parsed, text: &str) -> Vec<Found> {
    let mut out: Vec<Found> = Vec::new();
    let add = |out: &mut Vec<Found>, address: String, around: &str| {
        if !out.iter().any(|found| found.recipient.address == address) && out.len() < 100 {
            out.push(Found::of(
                address,
                status_in(around).filter(|status| !status.starts_with('2')),
                "",
                around,
            ));
        }
    };
    let failed: Vec<String> = parsed
        .headers
        .all("x-failed-recipients")
        .flat_map(sender::addresses)
        .collect();
    if !failed.is_empty() {
        for address in failed {
            // What the text says of this address, where it says it below.
            let around = text
                .lines()
                .skip_while(|line| !line.to_ascii_lowercase().contains(&address))
                .take_while(|line| !line.trim().is_empty())
                .map(str::trim)
                .collect::<Vec<_>>()
                .join("\n");
            let around = if LATER.is_match(&around) {
                &around
            } else {
                text
            };
            add(&mut out, address, around);
        }
        return out;
    }
    // Addresses of the mail system and of ourselves stand in every bounce.
    let mut others: Vec<String> = Vec::new();
    for field in [
        "from",
        "to",
        "cc",
        "reply-to",
        "return-path",
        "delivered-to",
        "sender",
    ] {
        others.extend(parsed.headers.all(field).flat_map(sender::addresses));
    }
    let is_other = |address: &str| {
        others.iter().any(|other| other == address)
            || address.starts_with("mailer-daemon@")
            || address.starts_with("postmaster@")
    };
    let lines: Vec<&str> = text.lines().collect();
    // First addresses that stand where servers put the failed one: alone or first on a line, or after "to".
    let strict = |line: &str| -> Option<String> {
        let bare = line.trim().trim_start_matches(['*', '-', '>', '|', ' ']);
        let first = bare.split_whitespace().next()?;
        let first_is_address = first.contains('@').then(|| address_in(first)).flatten();
        first_is_address.or_else(|| {
            let lower = bare.to_ascii_lowercase();
            let lead = [
                "rcpt to:",
                "recipient:",
                "recipients:",
                "recipient address:",
                "address:",
                "user:",
                "did not reach:",
                "failed recipient:",
                "final recipient:",
                "original-recipient",
                "final-recipient",
                "to addressee:",
                "intended recipient:",
            ];
            if let Some((_, after)) = bare.split_once("SMTP=") {
                return address_in(after);
            }
            lead.iter()
                .any(|lead| lower.starts_with(lead) || lower.contains("rcpt to"))
                .then(|| address_in(bare))
                .flatten()
        })
    };
    for (at, line) in lines.iter().enumerate() {
        if let Some(address) = strict(line).filter(|address| !is_other(address)) {
            let around = lines[at..lines.len().min(at + 6)].join("\n");
            add(&mut out, address, &around);
        }
    }
    static HEADER: Pattern = Pattern::new(
        r"(?i)^\W*(message-id|from|reply-to|return-path|received|references|in-reply-to|mail from|sender)\b|(mail|message|e-?mail)s? from\b",
    );
    // Then those in a sentence about the failure, then those near one.
    for reach in [0, 3] {
        if !out.is_empty() {
            break;
        }
        for (at, line) in lines.iter().enumerate() {
            let near = lines[at.saturating_sub(reach)..=at].join(" ");
            if !INTRODUCED.is_match(&near) || HEADER.is_match(line) {
                continue;
            }
            let around = lines[at..lines.len().min(at + 6)].join("\n");
            for address in sender::addresses(line)
                .into_iter()
                .filter(|address| !is_other(address))
            {
                add(&mut out, address, &around);
            }
        }
    }
    // Or a local part alone, of the domain that writes.
    let domain = parsed
        .headers
        .get("from")
        .map(sender::addresses)
        .unwrap_or_default()
        .first()
        .and_then(|from| from.split_once('@').map(|(_, domain)| domain.to_string()));
    if let (true, Some(domain)) = (out.is_empty(), domain) {
        for (at, line) in lines.iter().enumerate() {
            let before = lines[at.saturating_sub(3)..at]
                .join(" ")
                .to_ascii_lowercase();
            let word = line.trim();
            let local = word.len() > 2
                && word
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
                && word.chars().any(char::is_alphabetic);
            if local
                && line.starts_with([' ', '\t'])
                && before.contains("recipient")
                && let Some(address) = sender::address(&format!("{word}@{domain}"))
            {
                add(&mut out, address, text);
            }
        }
    }
    if out.is_empty() {
        // Whom the returned message was for.
        for part in parsed.parts.iter().filter(|part| part.depth <= 1) {
            if let Some(headers) = returned_headers(part) {
                for address in headers.all("to").flat_map(sender::addresses) {
                    add(&mut out, address, text);
                }
            }
        }
    }
    out
}

fn returned_headers(part: &Part) -> Option<Headers> {
    if let Some(headers) = &part.message {
        return Some(headers.clone());
    }
    (part.kind == "text/rfc822-headers" || part.kind == "message/rfc822")
        .then(|| Headers::read(part.text.trim_start()))
}

/// Message-IDs of the returned mail: from its part, else from the text where it is quoted.
fn returned_ids(parsed: &Parsed, _own: &str) -> Vec<String> {
    let mut ids = complaint::returned_ids(parsed);
    static QUOTED: Pattern = Pattern::new(r"(?mi)^[>\s|]*message-id:\s*<([^<>\s]{3,250})>");
    for part in parsed.parts.iter().filter(|part| part.message.is_none()) {
        for found in QUOTED
            .regex()
            .into_iter()
            .flat_map(|pattern| pattern.captures_iter(&part.text))
            .take(20)
        {
            if let Some(id) = found.get(1).map(|id| clean::line(id.as_str(), 998))
                && !ids.contains(&id)
            {
                ids.push(id);
            }
        }
    }
    ids
}

#[cfg(test)]
mod tests;
