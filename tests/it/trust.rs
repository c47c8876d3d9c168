//! Whose word about a sender counts: signatures that the test makes itself, with their keys in a DNS server on loopback;
//! the mail host's results; and `pairpost check --mail` against a real mail server.

use std::net::SocketAddr;
use std::sync::Arc;

use mail_auth::common::crypto::{Ed25519Key, SigningKey};
use mail_auth::common::headers::HeaderWriter;
use mail_auth::dkim::DkimSigner;
use pairpost::mail::dns::Dns;
use pairpost::mail::inbound::dkim;

use crate::support::dns;

/// The key pair of RFC 8463, appendix A.
const SEED: &str = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
const PUBLIC: &str = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

fn key() -> Ed25519Key {
    let decoded =
        |text: &str| mail_parser::decoders::base64::base64_decode(text.as_bytes()).unwrap();
    Ed25519Key::from_seed_and_public_key(&decoded(SEED), &decoded(PUBLIC)).unwrap()
}

fn keys_in_dns(domains: &[&str]) -> SocketAddr {
    let records = domains
        .iter()
        .map(|domain| {
            (
                "TXT",
                format!("s1._domainkey.{domain}"),
                format!("v=DKIM1; k=ed25519; p={PUBLIC}"),
            )
        })
        .collect();
    dns::serve(records)
}

const MAIL: &str = "From: Anna <anna@library.example>\r\nTo: exchange@example.org\r\nSubject: Hello\r\n\
                    Message-ID: <1@library.example>\r\n\r\nI would like to stop.\r\n";

fn signed(domain: &str, fields: &[&str], whole: bool) -> String {
    let mut signer = DkimSigner::from_key(key())
        .domain(domain)
        .selector("s1")
        .headers(fields.iter().map(ToString::to_string));
    signer = signer.body_length(!whole);
    let signature = signer.sign(MAIL.as_bytes()).unwrap();
    format!("{}{MAIL}", signature.to_header())
}

fn found(mails: &[String], server: SocketAddr) -> Vec<Option<String>> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let dns = Arc::new(Dns::new(Some(server)).unwrap());
        let mut out = Vec::new();
        for mail in mails {
            out.push(dkim::signed_by(dns.clone(), mail.clone().into_bytes()).await);
        }
        out
    })
}

#[test]
fn a_signature_of_the_senders_domain_over_the_whole_mail_is_found() {
    let _ = key().algorithm();
    let server = keys_in_dns(&["library.example", "evil.example"]);
    let good = signed("library.example", &["From", "To", "Subject"], true);
    let expected = Some("library.example".to_string());
    let mails = [
        (good.clone(), expected.clone()),
        // A mailing list has signed it, too.
        (
            format!(
                "{}{good}",
                signed("evil.example", &["From"], true)
                    .split_once("From:")
                    .unwrap()
                    .0
            ),
            expected,
        ),
        // Changed on the way, or made by somebody else.
        (good.replace("like to stop", "like to go on"), None),
        (good.replace("Anna <anna@", "Anna <bilal@"), None),
        (good.replace("Subject: Hello", "Subject: Bye"), None),
        // Another domain's signature, or one below the sender's domain.
        (
            signed("evil.example", &["From", "To", "Subject"], true),
            None,
        ),
        (signed("mail.library.example", &["From"], true), None),
        // Not over the From line; over a part of the body only.
        (signed("library.example", &["To", "Subject"], true), None),
        (signed("library.example", &["From", "To"], false), None),
        (
            format!("{}more\r\n", signed("library.example", &["From"], false)),
            None,
        ),
        // None at all, and none that can be read.
        (MAIL.to_string(), None),
        (
            format!(
                "DKIM-Signature: v=1; a=ed25519-sha256; d=library.example; s=s1; b=x\r\n{MAIL}"
            ),
            None,
        ),
        // Two senders.
        (format!("From: x@evil.example\r\n{good}"), None),
    ];
    let (mails, expected): (Vec<String>, Vec<Option<String>>) = mails.into_iter().unzip();
    assert_eq!(found(&mails, server), expected);
}

#[test]
fn without_its_key_a_signature_says_nothing() {
    let server = keys_in_dns(&["other.example"]);
    let mail = signed("library.example", &["From"], true);
    assert_eq!(found(&[mail], server), [None]);
}

mod with_servers {
    use std::process::Command;

    use super::PUBLIC;
    use crate::support::dns;
    use crate::support::mailserver::MailServer;
    use crate::support::programme::Programme;

    fn checked(programme: &Programme, patience: &str) -> (bool, String) {
        let output = programme.command(&["check", "--mail", "--patience", patience]);
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.success(), told)
    }

    /// Postfix's own way to drop and to add headers.
    fn headers_are_checked(server: &MailServer, rules: &str) {
        let folder = server
            .authority()
            .parent()
            .unwrap()
            .parent()
            .unwrap()
            .join("postfix");
        let rules_file = folder.join("headers");
        std::fs::write(&rules_file, rules).unwrap();
        for words in [
            vec!["postconf", "-c", folder.to_str().unwrap(), "-e"],
            vec!["postfix", "-c", folder.to_str().unwrap(), "reload"],
        ] {
            let mut command = Command::new("env");
            command
                .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
                .args(&words);
            if words.contains(&"-e") {
                command.arg(format!("header_checks=regexp:{}", rules_file.display()));
            }
            let output = command.output().unwrap();
            assert!(output.status.success(), "{words:?}: {output:?}");
        }
        std::thread::sleep(std::time::Duration::from_millis(1_500));
    }

    #[test]
    fn check_mail_finds_out_what_the_provider_does_and_what_the_domain_publishes() {
        let server = MailServer::start();
        let programme = Programme::on(&server, "exchange@org.test");
        let records = dns::serve(vec![
            ("MX", "org.test".into(), "mx.org.test".into()),
            ("TXT", "org.test".into(), "v=spf1 mx -all".into()),
            ("TXT", "_dmarc.org.test".into(), "v=DMARC1; p=none".into()),
            (
                "TXT",
                "s1._domainkey.org.test".into(),
                format!("v=DKIM1; k=ed25519; p={PUBLIC}"),
            ),
        ]);
        let dns_server = format!("dns_server = \"{records}\"");
        programme.edit(
            "pairpost.toml",
            &[
                ("# dns_server = \"9.9.9.9\"", dns_server.as_str()),
                (
                    "# authserv_id = [\"mx.example.org\"]",
                    "authserv_id = [\"mx.org.test\"]",
                ),
            ],
        );
        // Postfix leaves foreign headers alone: a forged one survives.
        let (fine, told) = checked(&programme, "60");
        assert!(!fine, "{told}");
        for expected in [
            "ok       plus addresses",
            "ok       Message-ID and Date: they arrive as we wrote them",
            "PROBLEM  results of our mail host: a forged header in its name reached the mailbox",
            "PROBLEM  signature (DKIM): our letters leave without a signature",
            "ok       clock",
            "ok       MX: mail for org.test goes to mx.org.test",
            "ok       SPF: v=spf1 mx -all",
            "ok       DMARC: v=DMARC1; p=none",
            "SMTPUTF8",
        ] {
            assert!(told.contains(expected), "{expected}\n{told}");
        }
        assert!(
            programme
                .told(&["check", "--offline"])
                .contains("only signatures that we check ourselves")
        );
        // Its letters to itself are gone again.
        assert!(server.files("exchange@org.test", "").is_empty());

        // Now the host removes what others write in its name, and writes its own.
        headers_are_checked(
            &server,
            "/^Authentication-Results: *mx\\.org\\.test/ IGNORE\n/^From:/ PREPEND Authentication-Results: mx.org.test; dkim=none\n",
        );
        let (_, told) = checked(&programme, "60");
        assert!(
            told.contains("ok       results of our mail host: forged ones are removed"),
            "{told}"
        );
        assert!(
            programme
                .told(&["check", "--offline"])
                .contains("word about senders counts")
        );
    }

    #[test]
    fn check_mail_says_that_plus_addresses_do_not_arrive_and_what_a_domain_lacks() {
        let server = MailServer::start();
        let programme = Programme::on(&server, "exchange@org.test");
        let records = dns::serve(vec![("TXT", "unknown.test".into(), "x".into())]);
        programme.edit(
            "pairpost.toml",
            &[(
                "# dns_server = \"9.9.9.9\"",
                &format!("dns_server = \"{records}\""),
            )],
        );
        let conf = server
            .authority()
            .parent()
            .unwrap()
            .parent()
            .unwrap()
            .join("dovecot/dovecot.conf");
        let text = std::fs::read_to_string(&conf).unwrap();
        std::fs::write(
            &conf,
            text.replace("recipient_delimiter = +", "recipient_delimiter = ~"),
        )
        .unwrap();
        server.ctl(&["doveadm", "reload"]);
        let (fine, told) = checked(&programme, "15");
        assert!(!fine);
        for expected in [
            "PROBLEM  plus addresses: mail to exchange+anything@org.test did not arrive",
            "PROBLEM  MX: org.test names no server",
            "PROBLEM  SPF: org.test does not say which servers",
            "PROBLEM  DMARC: org.test has no DMARC record",
        ] {
            assert!(told.contains(expected), "{expected}\n{told}");
        }
    }
}
