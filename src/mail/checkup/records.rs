//! What a domain publishes in DNS so that its mail is taken: MX, SPF, DMARC, and the name of the server that hands it over.

use std::net::IpAddr;

use super::{Finding, fine, wrong};
use crate::mail::dns::{Dns, DnsError};
use crate::mail::inbound;

/// Looks at the domain of `address`; `letter` is one of ours as it arrived.
pub(super) async fn look(
    address: &str,
    dns: &Dns,
    letter: Option<&[u8]>,
    findings: &mut Vec<Finding>,
) {
    let Some((_, domain)) = address.rsplit_once('@') else {
        return;
    };
    findings.push(judged("MX", dns.mail_servers(domain).await, |servers| {
        match servers.as_slice() {
            [] => Err(format!(
                "{domain} names no server that takes its mail, so nobody can reply. Publish the MX records that your \
                 provider shows."
            )),
            [first, ..] => Ok(format!("mail for {domain} goes to {first}")),
        }
    }));
    findings.push(judged("SPF", dns.texts(domain).await, |texts| {
        sender_policy(domain, &texts)
    }));
    findings.push(judged("DMARC", policy(dns, domain).await, |texts| {
        dmarc(domain, &texts)
    }));
    if let Some(host) = letter.and_then(handed_over_by) {
        findings.push(judged("PTR", dns.names_of(host).await, |names| {
            match names.first() {
                Some(name) => Ok(format!("{host}, which hands our letters over, is called {name}")),
                None => Err(format!(
                    "{host}, which hands our letters over, has no name in DNS, and large providers refuse such servers. \
                     Ask whoever runs it for a PTR record."
                )),
            }
        }));
    }
}

fn judged<T>(
    what: &'static str,
    found: Result<T, DnsError>,
    judge: impl FnOnce(T) -> Result<String, String>,
) -> Finding {
    match found.map(judge) {
        Ok(Ok(words)) => fine(what, words),
        Ok(Err(words)) => wrong(what, words),
        Err(error) => wrong(
            what,
            format!("{error}. Is this machine online, and dns_server in [trust] right?"),
        ),
    }
}

fn sender_policy(domain: &str, texts: &[String]) -> Result<String, String> {
    let is_policy = |text: &&String| {
        let first = text.split_whitespace().next().unwrap_or_default();
        first.eq_ignore_ascii_case("v=spf1")
    };
    let policies: Vec<&String> = texts.iter().filter(is_policy).collect();
    match policies.as_slice() {
        [] => Err(format!(
            "{domain} does not say which servers send its mail. Publish a TXT record as your provider shows it, such as \
             \"v=spf1 include:PROVIDER -all\"."
        )),
        [one] => {
            let open = one
                .split_whitespace()
                .any(|word| word.eq_ignore_ascii_case("+all") || word.eq_ignore_ascii_case("all"));
            match open {
                true => Err(format!(
                    "{domain} allows every server to send its mail ({one}). End the record with -all or ~all."
                )),
                false => Ok(one.to_string()),
            }
        }
        _ => Err(format!(
            "{domain} has {} SPF records, and receivers take none of them then. Make them one.",
            policies.len()
        )),
    }
}

/// DMARC stands at the domain, or at one above it.
async fn policy(dns: &Dns, domain: &str) -> Result<Vec<String>, DnsError> {
    let mut name = domain;
    loop {
        let texts = dns.texts(&format!("_dmarc.{name}")).await?;
        let found: Vec<String> = texts
            .into_iter()
            .filter(|text| {
                text.trim_start()
                    .to_ascii_lowercase()
                    .starts_with("v=dmarc1")
            })
            .collect();
        match name.split_once('.') {
            Some((_, above)) if found.is_empty() && above.contains('.') => name = above,
            _ => return Ok(found),
        }
    }
}

fn dmarc(domain: &str, texts: &[String]) -> Result<String, String> {
    match texts {
        [] => Err(format!(
            "{domain} has no DMARC record. Publish the TXT record \"v=DMARC1; p=none; rua=mailto:...\" at _dmarc.{domain}, \
             and later p=quarantine."
        )),
        [one] => Ok(one.clone()),
        _ => Err(format!(
            "{domain} has {} DMARC records, and receivers take none of them then. Keep one.",
            texts.len()
        )),
    }
}

/// The public address from which the newest Received line took the letter over.
fn handed_over_by(letter: &[u8]) -> Option<IpAddr> {
    let parsed = inbound::parse(letter);
    let received = parsed.headers.get("received")?;
    let inner = received.split_once('[')?.1.split_once(']')?.0;
    let address: IpAddr = inner.trim_start_matches("IPv6:").parse().ok()?;
    let is_public = match address {
        IpAddr::V4(it) => !(it.is_private() || it.is_loopback() || it.is_link_local()),
        IpAddr::V6(it) => !(it.is_loopback() || it.is_unique_local() || it.is_unicast_link_local()),
    };
    is_public.then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_policy_is_one_record_that_is_closed() {
        let of = |texts: &[&str]| {
            let texts: Vec<String> = texts.iter().map(ToString::to_string).collect();
            sender_policy("example.org", &texts)
        };
        assert!(of(&["v=spf1 include:mail.example -all"]).is_ok());
        assert!(of(&["google-site-verification=x", "V=SPF1 mx ~all"]).is_ok());
        assert!(of(&[]).unwrap_err().contains("does not say"));
        assert!(of(&["v=spf10 -all"]).unwrap_err().contains("does not say"));
        assert!(of(&["v=spf1 +all"]).unwrap_err().contains("every server"));
        assert!(
            of(&["v=spf1 -all", "v=spf1 mx -all"])
                .unwrap_err()
                .contains("2 SPF")
        );
    }

    #[test]
    fn the_server_that_hands_a_letter_over_is_looked_up_only_where_it_is_public() {
        let of = |received: &str| handed_over_by(format!("{received}\r\n\r\nx").as_bytes());
        let public = "Received: from a (b [203.0.114.7]) by c; Fri, 01 Jan 2027 12:00:00 +0000";
        assert_eq!(of(public), Some("203.0.114.7".parse().unwrap()));
        assert_eq!(of("Received: from a (b [127.0.0.1]) by c; x"), None);
        assert_eq!(of("Received: from a (b [fe80::1]) by c; x"), None);
        assert_eq!(of("Received: by c; x"), None);
    }
}
