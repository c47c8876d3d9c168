//! Whether the sender's domain stands behind a From line (RELIABILITY T2, d.3): by what our own mail host writes into
//! `Authentication-Results` (RFC 8601), or by a signature that we have checked ourselves (`dkim`).
//!
//! Anybody can write such a header. It counts only where it bears the name that the config gives our mail host, exactly as
//! it is written there, and only where it has been proved that the host removes what others write in its name. Of several
//! the topmost one counts, since the host writes above all that was there before. What cannot be read says nothing.

use super::parse::Parsed;

/// Whose word about a sender counts.
#[derive(Debug, Clone, Copy, Default)]
pub struct Trusted<'a> {
    /// Names of our mail host in `Authentication-Results`; none where its word does not count.
    pub hosts: &'a [String],
    /// The domain of a signature over this message that we have checked ourselves.
    pub signed_by: Option<&'a str>,
}

/// A message whose Date is older than this, or so far ahead, is a copy of another one, or its clock is no help.
const OLDEST_DAYS: i64 = 7;
const AHEAD_HOURS: i64 = 1;

/// Whether the domain of `from` vouches for the message; `received` is in seconds since 1970.
pub fn is_vouched(parsed: &Parsed, from: &str, received: i64, trusted: Trusted<'_>) -> bool {
    let Some((_, domain)) = from.rsplit_once('@') else {
        return false;
    };
    let domain = domain.to_ascii_lowercase();
    let fresh = parsed.date.is_some_and(|date| {
        (received - OLDEST_DAYS * 86_400..=received + AHEAD_HOURS * 3_600).contains(&date)
    });
    fresh
        && (trusted
            .signed_by
            .is_some_and(|signed| is_aligned(signed, &domain))
            || host_vouches(parsed, &domain, trusted.hosts))
}

/// Whether a signature of `signed` speaks for senders at `domain`: it is that domain or one above it. Stricter than DMARC
/// on purpose: what a part of a domain signs does not speak for the whole.
pub fn is_aligned(signed: &str, domain: &str) -> bool {
    let signed = signed.trim_end_matches('.').to_ascii_lowercase();
    let is_above = |above: &str| {
        above.contains('.')
            && domain
                .strip_suffix(above)
                .is_some_and(|rest| rest.ends_with('.'))
    };
    !signed.is_empty() && (signed == domain || is_above(&signed))
}

/// The name under which a header `Authentication-Results` was written.
pub fn written_by(value: &str) -> &str {
    value.split([';', ' ', '\t']).next().unwrap_or_default()
}

fn host_vouches(parsed: &Parsed, domain: &str, hosts: &[String]) -> bool {
    let ours = |value: &&str| hosts.iter().any(|host| host == written_by(value));
    parsed
        .headers
        .all("authentication-results")
        .find(ours)
        .and_then(results)
        .is_some_and(|results| vouches(&results, domain))
}

/// One method's result, with its properties: ("header.from", "example.org").
#[derive(Debug, Default, PartialEq, Eq)]
struct Verdict {
    method: String,
    result: String,
    properties: Vec<(String, String)>,
}

impl Verdict {
    fn property(&self, name: &str) -> Option<&str> {
        self.properties
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// DMARC decides where it was looked at; else an aligned DKIM signature. SPF says nothing about the From line.
fn vouches(results: &[Verdict], domain: &str) -> bool {
    let of = |method| results.iter().filter(move |it| it.method == method);
    let mut policies = of("dmarc").filter(|it| it.result != "none").peekable();
    if policies.peek().is_some() {
        return policies.all(|it| {
            it.result == "pass"
                && it
                    .property("header.from")
                    .is_some_and(|from| from.eq_ignore_ascii_case(domain))
        });
    }
    of("dkim").any(|it| {
        let signed = it.property("header.d").or_else(|| {
            let identity = it.property("header.i")?;
            Some(identity.rsplit_once('@').map_or(identity, |(_, host)| host))
        });
        it.result == "pass" && signed.is_some_and(|signed| is_aligned(signed, domain))
    })
}

/// The results in a header whose name has been recognised; `None` where it does not follow the grammar.
fn results(value: &str) -> Option<Vec<Verdict>> {
    let words = words(value)?;
    let mut statements = words.split(|word| *word == Word::Semicolon);
    // The host's name, and perhaps a version.
    match statements.next()? {
        [Word::Text(_)] => {}
        [Word::Text(_), Word::Text(version)] if version.bytes().all(|it| it.is_ascii_digit()) => {}
        _ => return None,
    }
    let mut found = Vec::new();
    for statement in statements.filter(|statement| !statement.is_empty()) {
        let mut verdict = Verdict::default();
        let mut rest = statement;
        if let [Word::Text(none)] = rest
            && none.eq_ignore_ascii_case("none")
        {
            continue;
        }
        while !rest.is_empty() {
            let [Word::Text(name), Word::Equals, value, more @ ..] = rest else {
                return None;
            };
            let (Word::Text(value) | Word::Quoted(value)) = value else {
                return None;
            };
            let name = name.to_ascii_lowercase();
            if verdict.method.is_empty() {
                // A version may stand behind the method: "dkim/1".
                verdict.method = name.split('/').next().unwrap_or_default().to_string();
                verdict.result = value.to_ascii_lowercase();
            } else {
                verdict.properties.push((name, value.clone()));
            }
            rest = more;
        }
        found.push(verdict);
    }
    Some(found)
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    Text(String),
    /// What stands in quotation marks is a value and nothing else.
    Quoted(String),
    Equals,
    Semicolon,
}

/// The words of a header without its comments; `None` where a comment or a quotation does not end.
fn words(value: &str) -> Option<Vec<Word>> {
    let mut words = Vec::new();
    let mut text = String::new();
    let mut chars = value.chars();
    let close = |text: &mut String, words: &mut Vec<Word>| {
        if !text.is_empty() {
            words.push(Word::Text(std::mem::take(text)));
        }
    };
    while let Some(c) = chars.next() {
        match c {
            '(' => {
                close(&mut text, &mut words);
                let mut depth = 1;
                while depth > 0 {
                    match chars.next()? {
                        '\\' => {
                            chars.next()?;
                        }
                        '(' => depth += 1,
                        ')' => depth -= 1,
                        _ => {}
                    }
                }
            }
            '"' => {
                close(&mut text, &mut words);
                let mut quoted = String::new();
                loop {
                    match chars.next()? {
                        '\\' => quoted.push(chars.next()?),
                        '"' => break,
                        other => quoted.push(other),
                    }
                }
                words.push(Word::Quoted(quoted));
            }
            '=' => {
                close(&mut text, &mut words);
                words.push(Word::Equals);
            }
            ';' => {
                close(&mut text, &mut words);
                words.push(Word::Semicolon);
            }
            c if c.is_whitespace() => close(&mut text, &mut words),
            c => text.push(c),
        }
    }
    close(&mut text, &mut words);
    Some(words)
}

#[cfg(test)]
mod tests;
