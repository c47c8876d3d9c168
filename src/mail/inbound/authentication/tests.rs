//! T2: what may stand in `Authentication-Results`, and whether it vouches for `anna@example.org`.

use super::*;
use crate::mail::inbound::parse;

const HOST: &str = "mx.host.example";
const NOON: i64 = 1_798_804_800; // Fri, 01 Jan 2027 12:00:00 +0000

fn vouched_by(headers: &str, trusted: Trusted<'_>) -> bool {
    let mail = format!(
        "{headers}From: Anna <anna@example.org>\r\nDate: Fri, 01 Jan 2027 11:59:00 +0000\r\n\r\nok\r\n"
    );
    is_vouched(&parse(mail.as_bytes()), "anna@example.org", NOON, trusted)
}

fn vouched(headers: &str) -> bool {
    let hosts = [HOST.to_string()];
    let trusted = Trusted {
        hosts: &hosts,
        signed_by: None,
    };
    vouched_by(headers, trusted)
}

/// The header's value after the host's name, and whether it vouches.
const VALUES: [(&str, bool); 32] = [
    // As large providers write it.
    (
        "; dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=example.org",
        true,
    ),
    (
        "; dkim=pass header.i=@example.org header.s=s1 header.b=Ab3; spf=pass smtp.mailfrom=x@bounce.example; dmarc=pass header.from=example.org",
        true,
    ),
    (" 1; dmarc=pass action=none header.from=EXAMPLE.org;", true),
    ("; dkim=pass (2048-bit key) header.d=example.org", true),
    ("; dkim/1=pass header.d=\"example.org\"", true),
    (
        "; dmarc=none header.from=example.org; dkim=pass header.d=example.org",
        true,
    ),
    (
        "; dkim=fail header.d=list.example; dkim=pass header.d=example.org",
        true,
    ),
    ("; dmarc = pass header.from = example.org", true),
    ("; dmarc=pass reason=\"a; b\" header.from=example.org", true),
    // Another domain, or none.
    ("; dmarc=pass header.from=evil.example", false),
    ("; dmarc=pass", false),
    ("; dkim=pass header.d=evil.example", false),
    ("; dkim=pass header.d=mail.example.org", false),
    ("; dkim=pass header.d=notexample.org", false),
    ("; dkim=pass header.d=org", false),
    ("; dkim=pass header.i=@evil.example", false),
    // SPF alone says nothing about the From line.
    ("; spf=pass smtp.mailfrom=anna@example.org", false),
    (
        "; spf=pass smtp.mailfrom=example.org; iprev=pass; auth=pass smtp.auth=anna",
        false,
    ),
    // DMARC decides where it was looked at.
    ("; dmarc=fail header.from=example.org", false),
    (
        "; dkim=pass header.d=example.org; dmarc=fail header.from=example.org",
        false,
    ),
    (
        "; dmarc=fail header.from=example.org; dmarc=pass header.from=example.org",
        false,
    ),
    (
        "; dmarc=temperror header.from=example.org; dkim=pass header.d=example.org",
        false,
    ),
    // A pass inside a comment or a reason is none.
    (
        "; dmarc=fail (dmarc=pass header.from=example.org) header.from=example.org",
        false,
    ),
    (
        "; spf=fail (it says; dmarc=pass header.from=example.org)",
        false,
    ),
    (
        "; spf=fail reason=\"; dmarc=pass header.from=example.org; x=\"",
        false,
    ),
    (
        "; spf=fail reason=\"\\\"; dmarc=pass header.from=example.org\"",
        false,
    ),
    (
        "; (nested (dmarc=pass) header.from=example.org) spf=pass",
        false,
    ),
    // What does not follow the grammar says nothing.
    ("; dmarc=pass (no end header.from=example.org", false),
    (
        "; reason=\"no end; dmarc=pass header.from=example.org",
        false,
    ),
    ("; dmarc pass header.from=example.org", false),
    ("; dmarc=pass header.from", false),
    ("; none", false),
];

#[test]
fn results_of_our_mail_host_count_for_what_they_say() {
    for (value, expected) in VALUES {
        let header = format!("Authentication-Results: {HOST}{value}\r\n");
        assert_eq!(vouched(&header), expected, "{header}");
    }
}

#[test]
fn a_header_counts_only_under_the_exact_name_of_our_host_and_on_top() {
    let pass = "dmarc=pass header.from=example.org";
    let ours = format!("Authentication-Results: {HOST}; {pass}\r\n");
    let fail = format!("Authentication-Results: {HOST}; dmarc=fail header.from=example.org\r\n");
    let table = [
        (ours.clone(), true),
        // Folded over lines, in the field's name any case.
        (
            format!(
                "authentication-RESULTS: {HOST};\r\n\tdmarc=pass\r\n header.from=example.org\r\n"
            ),
            true,
        ),
        // Another host, the same in other case, a longer one, one in a comment, none at all.
        (
            format!("Authentication-Results: mx.evil.example; {pass}\r\n"),
            false,
        ),
        (
            format!("Authentication-Results: MX.Host.Example; {pass}\r\n"),
            false,
        ),
        (
            format!("Authentication-Results: {HOST}.evil.example; {pass}\r\n"),
            false,
        ),
        (
            format!("Authentication-Results: (x) {HOST}; {pass}\r\n"),
            false,
        ),
        (format!("Authentication-Results: {pass}\r\n"), false),
        (
            format!("Authentication-Results: mx.evil.example {HOST}; {pass}\r\n"),
            false,
        ),
        // Not this field, or one whose name is not quite its name.
        (
            format!("X-Authentication-Results: {HOST}; {pass}\r\n"),
            false,
        ),
        (
            format!("ARC-Authentication-Results: i=1; {HOST}; {pass}\r\n"),
            false,
        ),
        (
            format!("Authentication-Results : {HOST}; {pass}\r\n"),
            false,
        ),
        (
            format!("X-Note: a\r\n Authentication-Results: {HOST}; {pass}\r\n"),
            false,
        ),
        // Two of them: the one on top.
        (format!("{fail}{ours}"), false),
        (format!("{ours}{fail}"), true),
        (
            format!("Authentication-Results: mx.evil.example; {pass}\r\n{fail}"),
            false,
        ),
    ];
    for (headers, expected) in table {
        assert_eq!(vouched(&headers), expected, "{headers}");
    }
    // Below the header block it is text.
    let body = format!(
        "From: anna@example.org\r\nDate: Fri, 01 Jan 2027 11:59:00 +0000\r\n\r\n{ours}ok\r\n"
    );
    let hosts = [HOST.to_string()];
    let trusted = Trusted {
        hosts: &hosts,
        signed_by: None,
    };
    assert!(!is_vouched(
        &parse(body.as_bytes()),
        "anna@example.org",
        NOON,
        trusted
    ));
}

#[test]
fn without_a_configured_host_nothing_in_a_message_vouches_for_it() {
    let header = format!("Authentication-Results: {HOST}; dmarc=pass header.from=example.org\r\n");
    assert!(!vouched_by(&header, Trusted::default()));
}

#[test]
fn an_old_message_is_not_vouched_for_again() {
    let hosts = [HOST.to_string()];
    for (received, expected) in [
        (NOON, true),
        (NOON + 6 * 86_400, true),
        (NOON + 8 * 86_400, false),
        (NOON - 3_000, true),
        (NOON - 2 * 3_600, false),
    ] {
        let mail = format!(
            "Authentication-Results: {HOST}; dmarc=pass header.from=example.org\r\nFrom: anna@example.org\r\n\
             Date: Fri, 01 Jan 2027 12:00:00 +0000\r\n\r\nok\r\n"
        );
        let trusted = Trusted {
            hosts: &hosts,
            signed_by: Some("example.org"),
        };
        let is = is_vouched(
            &parse(mail.as_bytes()),
            "anna@example.org",
            received,
            trusted,
        );
        assert_eq!(is, expected, "received at {received}");
    }
}

#[test]
fn a_signature_speaks_for_its_own_domain_and_those_below_it() {
    for (signed, domain, expected) in [
        ("example.org", "example.org", true),
        ("Example.ORG.", "example.org", true),
        ("example.org", "mail.example.org", true),
        ("mail.example.org", "example.org", false),
        ("org", "example.org", false),
        ("ample.org", "example.org", false),
        ("", "example.org", false),
        ("evil.example", "example.org", false),
    ] {
        assert_eq!(
            is_aligned(signed, domain),
            expected,
            "{signed} for {domain}"
        );
    }
}
