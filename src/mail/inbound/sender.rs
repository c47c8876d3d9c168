//! Who a message claims to be from: one certain address, or nobody (RELIABILITY G1, T3, T9).
//! Stricter than any mail program on purpose: what two programs could read in two ways names nobody.

use mail_parser::MessageParser;

use super::Sender;
use super::clean;
use super::parse::Headers;
use crate::mail::address::can_be_carried;

/// The one sender, or the defect that makes it uncertain.
pub fn sender(headers: &Headers) -> Result<Sender, &'static str> {
    let mut values = headers.all("from");
    let value = values.next().ok_or("no From header")?;
    if values.next().is_some() || headers.hidden_from {
        return Err("more than one From header");
    }
    mailbox(value)
}

/// The one mailbox of a From value.
pub fn mailbox(value: &str) -> Result<Sender, &'static str> {
    if value.chars().any(|c| c.is_control() && c != '\t') {
        return Err("control characters in From");
    }
    let segments = segments(value).ok_or("unreadable From header")?;
    let mut with_address = segments.iter().filter(|segment| {
        segment
            .angle
            .as_deref()
            .is_some_and(|angle| !angle.trim().is_empty())
            || segment.words.contains('@')
    });
    let segment = with_address.next().ok_or("no address in From")?;
    if with_address.next().is_some() {
        return Err("more than one address in From");
    }
    // An encoded word may hide an address that only some programs see.
    if segments
        .iter()
        .any(|other| other.words.contains("=?") && decode_words(&other.words).contains(['@', '<']))
    {
        return Err("an address in an encoded word in From");
    }
    let (written, name) = match &segment.angle {
        Some(address) => (address.trim(), Some(&segment.phrase)),
        None => (segment.words.trim(), None),
    };
    let address = address(written).ok_or("no valid address in From")?;
    // "admin@bank.example <x@y.example>" shows one address and means another.
    if segment.angle.is_some() && segment.words.contains('@') {
        let shown = segment
            .words
            .trim()
            .trim_matches(['"', '\'', '<', '>', ' '])
            .to_ascii_lowercase();
        if shown != address
            && segment.words.matches('@').count() + written.matches('@').count()
                > 2 - usize::from(!shown.contains(&address))
        {
            return Err("two addresses in From");
        }
        if shown != address && self::address(&shown).is_some() {
            return Err("two addresses in From");
        }
    }
    let name = name
        .map(|name| clean::line(&decode_words(name), clean::NAME_MAX))
        .map(|name| name.trim_matches(['"', '\'']).trim().to_string())
        .filter(|name| !name.is_empty());
    Ok(Sender { address, name })
}

/// An address in the one form in which addresses are compared: ASCII lower case, the domain as A-labels.
/// `None` where it is not a plain `local@domain`.
pub fn address(text: &str) -> Option<String> {
    let (local, domain) = text.rsplit_once('@')?;
    let atext = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    if local.is_empty()
        || local.len() > 64
        || !local.chars().all(atext)
        || local.starts_with('.')
        || local.contains("=?")
    {
        return None;
    }
    // IDNA drops what is not seen; other programs take it for a part of the name.
    if domain.chars().any(clean::invisible) {
        return None;
    }
    let domain = idna::domain_to_ascii(domain.trim_end_matches('.')).ok()?;
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    if domain.len() > 253 || !domain.split('.').all(label) {
        return None;
    }
    // What carries our letters must agree, or no letter to it could ever be written ("anna.@example.org").
    if !can_be_carried(local, &domain) {
        return None;
    }
    Some(format!(
        "{}@{}",
        local.to_ascii_lowercase(),
        domain.to_ascii_lowercase()
    ))
}

/// Encoded words (RFC 2047) as text.
pub fn decode_words(value: &str) -> String {
    if !value.contains("=?") {
        return value.to_string();
    }
    let header = format!("Subject: {}\r\n\r\n", with_ascii_words(value));
    MessageParser::new()
        .header_text("Subject")
        .parse_headers(header.as_bytes())
        .and_then(|message| message.subject().map(str::to_string))
        .unwrap_or_else(|| value.to_string())
}

/// Encoded words in which somebody left letters unencoded, as UTF-8 words that are encoded throughout.
fn with_ascii_words(value: &str) -> String {
    if value.is_ascii() {
        return value.to_string();
    }
    let mut out = String::new();
    for (at, piece) in value.split("=?").enumerate() {
        if at == 0 {
            out.push_str(piece);
            continue;
        }
        out.push_str("=?");
        let mut parts = piece.splitn(3, '?');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(_), Some(coding), Some(rest))
                if coding.eq_ignore_ascii_case("q") && !rest.is_ascii() =>
            {
                let end = rest.find("?=").unwrap_or(rest.len());
                out.push_str("utf-8?q?");
                for c in rest[..end].chars() {
                    if c.is_ascii() {
                        out.push(c);
                    } else {
                        let mut buffer = [0; 4];
                        c.encode_utf8(&mut buffer)
                            .bytes()
                            .for_each(|byte| out.push_str(&format!("={byte:02X}")));
                    }
                }
                out.push_str(&rest[end..]);
            }
            _ => out.push_str(piece),
        }
    }
    out
}

/// All addresses that stand in a header's text, in order.
pub fn addresses(text: &str) -> Vec<String> {
    text.split(|c: char| c.is_whitespace() || "<>,;\"()[]:".contains(c))
        .filter(|word| word.contains('@'))
        .filter_map(|word| address(unquoted(word)))
        .collect()
}

/// A word out of its single quotes. An apostrophe within it stays: it is part of many a name's address (o'neil@...).
fn unquoted(word: &str) -> &str {
    match word.strip_suffix('\'') {
        Some(word) => word.split_once('\'').map_or(word, |(_, quoted)| quoted),
        None => word.trim_start_matches('\''),
    }
}

/// One comma-separated piece of an address list.
#[derive(Default)]
struct Segment {
    /// What stands outside quotes, comments and angle brackets.
    words: String,
    /// The display name: words and quoted strings.
    phrase: String,
    angle: Option<String>,
}

/// Splits at commas outside quotes, comments and brackets; `None` where those do not close or brackets come twice.
fn segments(value: &str) -> Option<Vec<Segment>> {
    let mut out = vec![Segment::default()];
    let mut quoted = false;
    let mut comment = 0u32;
    let mut angle = false;
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        let segment = out.last_mut()?;
        match c {
            '\\' if quoted || comment > 0 => {
                if let (Some(next), true) = (chars.next(), quoted) {
                    segment.phrase.push(next);
                }
            }
            '"' if comment == 0 && !angle => quoted = !quoted,
            _ if quoted => segment.phrase.push(c),
            // Between the brackets of an address a comment is legal and never written: programs differ about it.
            '(' if angle => return None,
            '(' => comment += 1,
            ')' if comment > 0 => comment -= 1,
            _ if comment > 0 => {}
            '<' if angle => return None,
            '<' => {
                if segment.angle.is_some() {
                    return None;
                }
                angle = true;
                segment.angle = Some(String::new());
            }
            '>' if angle => angle = false,
            '>' => return None,
            _ if angle => segment.angle.as_mut()?.push(c),
            ',' => out.push(Segment::default()),
            // A group ("friends: a@b;") names no single sender.
            ';' | ':' if !segment.words.contains('@') || c == ';' => return None,
            _ => {
                if segment.angle.is_some() && !c.is_whitespace() {
                    return None;
                }
                segment.words.push(c);
                segment.phrase.push(c);
            }
        }
    }
    (!quoted && comment == 0 && !angle).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: &str) -> Option<String> {
        mailbox(value).ok().map(|sender| sender.address)
    }

    /// Found by fuzzing: a bounce of o'neil's letter was read as neil's.
    #[test]
    fn an_apostrophe_is_a_part_of_an_address_and_single_quotes_are_not() {
        for text in [
            "o'neil@example.org",
            "'o'neil@example.org'",
            "\"O'Neil\" <O'Neil@example.org>,",
            "550 rcpt='o'neil@example.org': unknown",
        ] {
            assert_eq!(addresses(text), ["o'neil@example.org"], "{text}");
        }
        assert_eq!(
            addresses("To: 'anna@example.org', for='ben@example.org'"),
            ["anna@example.org", "ben@example.org"]
        );
    }

    #[test]
    fn one_mailbox_is_named_in_all_usual_forms() {
        for value in [
            "anna@example.org",
            "<Anna@Example.ORG>",
            "Anna <anna@example.org>",
            "\"Berg, Anna\" <anna@example.org>",
            "anna@example.org (Anna Berg)",
            "=?utf-8?q?Anna_B=C3=A9rg?= <anna@example.org>",
            "anna@example.org <anna@example.org>",
            "Books , LTD <anna@example.org>",
        ] {
            assert_eq!(of(value).as_deref(), Some("anna@example.org"), "{value}");
        }
        assert_eq!(
            of("a@bücher.example").as_deref(),
            Some("a@xn--bcher-kva.example")
        );
    }

    #[test]
    fn what_can_be_read_in_two_ways_names_nobody() {
        for value in [
            "a@example.org, b@example.org",
            "<a@example.org><b@example.org>",
            "admin@bank.example <x@evil.example>",
            "<x@evil.example>admin@bank.example",
            "<@relay.example:admin@bank.example>",
            "friends: anna@example.org;",
            "anna",
            "\"anna@example.org\"",
            "anna@exa mple.org",
            "anna\u{0}@example.org",
            "=?utf-8?q?admin=40bank.example?=@evil.example",
            "\"open <anna@example.org>",
        ] {
            assert_eq!(of(value), None, "{value}");
        }
    }
}
