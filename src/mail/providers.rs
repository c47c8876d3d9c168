//! What is known of the usual mail providers: where their servers are, how one logs in, what they allow. One table, for
//! `pairpost init` (which writes it into the config) and for the checks that compare the config with it. Values only:
//! nothing is dialled here, and the config always wins.
//!
//! The limits are what the providers tell on the page that stands beside each number; they change them without notice, so a
//! ceiling is set well below. A number that no page was found for is marked as not verified. Where a provider tells none,
//! none stands here.

use super::account::{Security, SendingSettings};

/// How one logs in to the mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginKind {
    /// The mailbox's own password.
    Password,
    /// A password made for this program on the provider's pages; the mailbox's own one is refused.
    AppPassword,
    /// An access token (XOAUTH2); the value of `oauth` in the config.
    Token(&'static str),
}

/// A server of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Door {
    /// Empty where every customer has a server of their own.
    pub host: &'static str,
    pub port: u16,
    pub security: Security,
}

/// A mail provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Provider {
    /// What is typed on the command line.
    pub id: &'static str,
    pub name: &'static str,
    pub imap: Door,
    pub smtp: Door,
    pub login: LoginKind,
    /// Domains whose addresses are always of this provider.
    pub domains: &'static [&'static str],
    /// How the names of its incoming mail servers (MX) end, for addresses at a domain of one's own.
    pub mail_exchangers: &'static [&'static str],
    /// The folder in which it keeps a copy of each letter by itself, as it is called in an English account.
    pub sent_folder: Option<&'static str>,
    /// Whether `name+anything@` is delivered without anything being switched on.
    pub plus_addresses: bool,
    /// Whether it takes another envelope sender than the one who logs in; without, bounces are known by their letter.
    pub own_envelope_senders: bool,
    /// Recipients in a day.
    pub letters_per_day: Option<u32>,
    /// Letters in a minute.
    pub letters_per_minute: Option<u32>,
    /// Connections for sending at one time.
    pub connections: Option<u32>,
    /// What a person has to do there before the first login, as sentences.
    pub before: &'static str,
}

const IMAPS: u16 = 993;

const fn tls(host: &'static str, port: u16) -> Door {
    Door {
        host,
        port,
        security: Security::Tls,
    }
}

/// All of them, the last one for any other.
pub const PROVIDERS: [Provider; 8] = [
    Provider {
        id: "gmail",
        name: "Gmail",
        imap: tls("imap.gmail.com", IMAPS),
        smtp: tls("smtp.gmail.com", 465),
        login: LoginKind::AppPassword,
        domains: &["gmail.com", "googlemail.com"],
        mail_exchangers: &[],
        sent_folder: Some("[Gmail]/Sent Mail"),
        plus_addresses: true,
        own_envelope_senders: false,
        // Not verified for accounts without a subscription; it is what a trial of Google Workspace has
        // (support.google.com/a/answer/166852).
        letters_per_day: Some(500),
        letters_per_minute: None,
        connections: None,
        before: "Switch on 2-step verification in the Google account, then make an app password (Google account, \
                 Security, App passwords) and use that one; the account's own password is refused.",
    },
    Provider {
        id: "google-workspace",
        name: "Google Workspace",
        imap: tls("imap.gmail.com", IMAPS),
        smtp: tls("smtp.gmail.com", 465),
        login: LoginKind::Token("google"),
        domains: &[],
        mail_exchangers: &[".google.com", ".googlemail.com"],
        sent_folder: Some("[Gmail]/Sent Mail"),
        plus_addresses: true,
        own_envelope_senders: false,
        // "2,000 (500 for trial accounts)", over any 24 hours, and for the first 60 days of a paid account as for a trial:
        // support.google.com/a/answer/166852.
        letters_per_day: Some(2_000),
        letters_per_minute: None,
        connections: None,
        before: "Register an application in your organisation's Google Cloud console as an internal one (one that is \
                 external and in testing loses its login after seven days), write its id as oauth_client_id, and run \
                 `pairpost login`. Where your administrator allows app passwords, one of those does, too.",
    },
    Provider {
        id: "microsoft-365",
        name: "Microsoft 365",
        imap: tls("outlook.office365.com", IMAPS),
        smtp: Door {
            host: "smtp.office365.com",
            port: 587,
            security: Security::StartTls,
        },
        login: LoginKind::Token("microsoft"),
        domains: &[],
        mail_exchangers: &[".mail.protection.outlook.com"],
        sent_folder: Some("Sent Items"),
        plus_addresses: true,
        own_envelope_senders: false,
        // All three: learn.microsoft.com/en-us/exchange/troubleshoot/send-emails/smtp-submission-improvements.
        letters_per_day: Some(10_000),
        letters_per_minute: Some(30),
        connections: Some(3),
        before: "Register an application in Microsoft Entra with the permissions IMAP.AccessAsUser.All and SMTP.Send, \
                 let your administrator switch on authenticated SMTP for this mailbox, write the application's id as \
                 oauth_client_id, and run `pairpost login`.",
    },
    Provider {
        id: "fastmail",
        name: "Fastmail",
        imap: tls("imap.fastmail.com", IMAPS),
        smtp: tls("smtp.fastmail.com", 465),
        login: LoginKind::AppPassword,
        domains: &["fastmail.com", "fastmail.fm"],
        mail_exchangers: &[".messagingengine.com"],
        sent_folder: None,
        plus_addresses: true,
        own_envelope_senders: false,
        // Not verified: fastmail.com/help/account/limits.html tells the limits of each plan, and the part about sending could
        // not be read when this was written.
        letters_per_day: Some(4_000),
        letters_per_minute: None,
        connections: None,
        before: "Make an app password with access to IMAP and SMTP (Settings, Privacy & Security, App passwords) and use \
                 that one.",
    },
    Provider {
        id: "infomaniak",
        name: "Infomaniak",
        imap: tls("mail.infomaniak.com", IMAPS),
        smtp: tls("mail.infomaniak.com", 465),
        login: LoginKind::AppPassword,
        domains: &["ik.me", "etik.com", "ikmail.com"],
        mail_exchangers: &[".infomaniak.ch", ".infomaniak.com"],
        sent_folder: None,
        plus_addresses: true,
        own_envelope_senders: false,
        // 500 with the free plans and a mail service of one address, 1,440 with the others, over any 24 hours:
        // infomaniak.com/en/support/faq/2065.
        letters_per_day: Some(500),
        letters_per_minute: None,
        connections: None,
        before: "Make a password for this device on the mailbox's page in the Infomaniak Manager and use that one. A \
                 free plan and a mail service of one address allow 500 letters a day, all others 1,440.",
    },
    Provider {
        id: "posteo",
        name: "Posteo",
        imap: tls("posteo.de", IMAPS),
        smtp: tls("posteo.de", 465),
        login: LoginKind::Password,
        domains: &["posteo.de", "posteo.net", "posteo.eu", "posteo.ch"],
        mail_exchangers: &[".posteo.de"],
        sent_folder: None,
        plus_addresses: true,
        own_envelope_senders: false,
        // No page of theirs was found that tells one.
        letters_per_day: None,
        letters_per_minute: None,
        connections: None,
        before: "Switch off \"additional mailbox protection\" for this mailbox if you have switched it on; it allows no \
                 mail programs.",
    },
    Provider {
        id: "own",
        name: "a server of your own (Dovecot and Postfix)",
        imap: tls("", IMAPS),
        smtp: tls("", 465),
        login: LoginKind::Password,
        domains: &[],
        mail_exchangers: &[],
        sent_folder: None,
        plus_addresses: false,
        own_envelope_senders: true,
        letters_per_day: None,
        letters_per_minute: None,
        connections: None,
        before: "Write recipient_delimiter = + into both Postfix's main.cf and Dovecot's configuration, so that \
                 name+anything@ reaches the mailbox.",
    },
    Provider {
        id: "other",
        name: "another provider",
        imap: tls("", IMAPS),
        smtp: tls("", 465),
        login: LoginKind::Password,
        domains: &[],
        mail_exchangers: &[],
        sent_folder: None,
        plus_addresses: false,
        own_envelope_senders: false,
        letters_per_day: None,
        letters_per_minute: None,
        connections: None,
        before: "Ask the provider for the names of its IMAP and SMTP servers, whether mail to name+anything@ reaches the \
                 mailbox name@, and how many letters a day it takes.",
    },
];

impl Provider {
    pub fn by_id(id: &str) -> Option<&'static Provider> {
        PROVIDERS.iter().find(|provider| provider.id == id)
    }

    /// The provider of an address, where its domain tells.
    pub fn of_address(address: &str) -> Option<&'static Provider> {
        let (_, domain) = address.rsplit_once('@')?;
        let domain = domain.to_ascii_lowercase();
        PROVIDERS
            .iter()
            .find(|provider| provider.domains.contains(&domain.as_str()))
    }

    /// The provider whose server letters leave by, for the mailbox of this address.
    pub fn of_sending(sending: &SendingSettings, address: &str) -> Option<&'static Provider> {
        match sending {
            SendingSettings::Smtp { server, .. } => Provider::of_host(&server.host, address),
            SendingSettings::Maildir { .. } => None,
        }
    }

    /// The provider whose IMAP or SMTP server this is, for the mailbox of this address. Gmail and Google Workspace share
    /// their servers; which one it is, the address tells.
    pub fn of_host(host: &str, address: &str) -> Option<&'static Provider> {
        let named = |provider: &&Provider| {
            !host.is_empty()
                && [provider.imap.host, provider.smtp.host]
                    .iter()
                    .any(|it| it.eq_ignore_ascii_case(host))
        };
        Provider::of_address(address)
            .filter(named)
            .or_else(|| PROVIDERS.iter().rfind(named))
    }

    /// Letters in a day that leave room for other mail of the same account.
    pub fn usable_per_day(&self) -> Option<u32> {
        self.letters_per_day.map(usable)
    }

    /// The same in a minute.
    pub fn usable_per_minute(&self) -> Option<u32> {
        self.letters_per_minute.map(usable)
    }

    /// A ceiling for an hour: what a minute allows, and so far below the day's limit that ten full hours reach what is
    /// used of it.
    pub fn letters_per_hour(&self) -> Option<u32> {
        let by_day = self.usable_per_day().map(|day| day / 10);
        let by_minute = self.usable_per_minute().map(|minute| minute * 60);
        [by_day, by_minute].into_iter().flatten().min()
    }
}

/// Of a provider's limit so much is used, in percent.
const SHARE_PERCENT: u32 = 80;

fn usable(limit: u32) -> u32 {
    limit * SHARE_PERCENT / 100
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::account::{Server, Traces};

    #[test]
    fn an_address_tells_its_provider_only_where_the_domain_is_the_providers() {
        let of = |address| Provider::of_address(address).map(|provider| provider.id);
        assert_eq!(of("peers@GMail.com"), Some("gmail"));
        assert_eq!(of("peers@posteo.net"), Some("posteo"));
        assert_eq!(of("peers@example.org"), None);
        assert_eq!(of("no address"), None);
    }

    #[test]
    fn gmail_and_workspace_are_told_apart_by_the_address() {
        let sending = SendingSettings::Smtp {
            server: Server {
                host: "SMTP.gmail.com".into(),
                port: 465,
                security: Security::Tls,
                tls_ca_file: None,
                tls_name: None,
            },
            login: None,
            traces: Traces::default(),
        };
        let of = |address| Provider::of_sending(&sending, address).map(|provider| provider.id);
        assert_eq!(of("peers@gmail.com"), Some("gmail"));
        assert_eq!(of("peers@library.example"), Some("google-workspace"));
    }

    #[test]
    fn ten_full_hours_stay_below_the_days_limit() {
        for provider in &PROVIDERS {
            if let (Some(hour), Some(day)) = (provider.letters_per_hour(), provider.letters_per_day)
            {
                assert!(hour * 10 <= day, "{}", provider.id);
                assert!(hour > 0, "{}", provider.id);
            }
        }
    }

    #[test]
    fn every_provider_can_be_named_by_one_id() {
        for provider in &PROVIDERS {
            assert_eq!(Provider::by_id(provider.id), Some(provider));
            let both = (provider.imap.host.is_empty(), provider.smtp.host.is_empty());
            assert!(both.0 == both.1, "{}", provider.id);
        }
    }
}
