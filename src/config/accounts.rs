//! The `[mailbox]` and `[sending]` sections. Shapes only: nothing is opened or dialled here.

use std::path::{Path, PathBuf};

use super::written::Section;
use crate::mail::account::{
    Login, MailboxSettings, SecretSource, Security, SendingSettings, Server, Traces,
};

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Network,
    Maildir,
}

const SECURITIES: [(&str, Security); 3] = [
    ("tls", Security::Tls),
    ("starttls", Security::StartTls),
    ("plain", Security::Plain),
];

pub fn mailbox(section: &Section<'_>, base: &Path) -> Option<MailboxSettings> {
    let kind = kind(
        section,
        "imap",
        "Write kind = \"imap\", and below it host, user and password_file.",
    );
    let meaning = match kind {
        Kind::Maildir => maildir(section, base).map(|path| MailboxSettings::Maildir { path }),
        Kind::Network => {
            let server = server(section, base, (993, 143));
            let login = login(section, base);
            if login.is_none() && !section.has("user") {
                section.refuse(
                    "user",
                    "an IMAP server asks who logs in",
                    "Write user = \"...\" and password_file = \"...\".",
                );
            }
            let folder = section.text("folder").unwrap_or_else(|| "INBOX".into());
            let processed = section
                .text("processed_folder")
                .unwrap_or_else(|| "Processed".into());
            let quarantine = section
                .text("quarantine_folder")
                .unwrap_or_else(|| "Quarantine".into());
            if folder == processed || folder == quarantine || processed == quarantine {
                section.refuse(
                    "processed_folder",
                    "two of the three folders are the same, so messages would be read again and again",
                    "Give folder, processed_folder and quarantine_folder different names.",
                );
            }
            server
                .zip(login)
                .map(|(server, login)| MailboxSettings::Imap {
                    server,
                    login,
                    folder,
                    processed_folder: processed,
                    quarantine_folder: quarantine,
                })
        }
    };
    section.finish();
    meaning
}

pub fn sending(section: &Section<'_>, base: &Path) -> Option<SendingSettings> {
    let kind = kind(
        section,
        "smtp",
        "Write kind = \"smtp\", and below it host, user and password_file.",
    );
    let meaning = match kind {
        Kind::Maildir => maildir(section, base).map(|path| SendingSettings::Maildir { path }),
        Kind::Network => {
            let server = server(section, base, (465, 587));
            let login = login(section, base);
            if let Some(server) = &server
                && login.is_none()
                && !section.has("user")
                && !is_loopback(&server.host)
            {
                section.refuse(
                    "user",
                    "a mail server that is not on this machine asks who logs in",
                    "Write user = \"...\" and password_file = \"...\".",
                );
            }
            let traces = Traces {
                sent_folder: section.text("sent_folder"),
                queue_command: section.texts("queue_command").unwrap_or_default(),
            };
            server.map(|server| SendingSettings::Smtp {
                server,
                login,
                traces,
            })
        }
    };
    section.finish();
    meaning
}

fn kind(section: &Section<'_>, network: &str, remedy: &str) -> Kind {
    if !section.has("kind") {
        section.required_text("kind", remedy);
        return Kind::Network;
    }
    section
        .one_of(
            "kind",
            &[(network, Kind::Network), ("maildir", Kind::Maildir)],
        )
        .unwrap_or(Kind::Network)
}

fn maildir(section: &Section<'_>, base: &Path) -> Option<PathBuf> {
    section
        .required_text("path", "Write path = \"...\": the Maildir's folder.")
        .map(|path| base.join(path))
}

fn server(section: &Section<'_>, base: &Path, ports: (u16, u16)) -> Option<Server> {
    let host = section.required_text("host", "Write host = \"...\": the server's name.");
    let security = section
        .one_of("security", &SECURITIES)
        .unwrap_or(Security::Tls);
    let usual = match security {
        Security::Tls => ports.0,
        Security::StartTls | Security::Plain => ports.1,
    };
    let port = section
        .number("port", 1..=u32::from(u16::MAX))
        .and_then(|port| u16::try_from(port).ok())
        .unwrap_or(usual);
    let tls_ca_file = section.text("tls_ca_file").map(|file| base.join(file));
    let tls_name = section.text("tls_name");
    let host = host?;
    if host.contains(|c: char| c.is_whitespace() || c == '/' || c == '@') {
        section.refuse(
            "host",
            "it is not a server's name",
            "Write the name alone, such as \"mail.example.org\".",
        );
    }
    if security == Security::Plain && !is_loopback(&host) {
        section.refuse(
            "security",
            "without encryption the password and all letters could be read on the way; that is taken for this machine only",
            "Write security = \"tls\" (or \"starttls\" where the provider says so).",
        );
    }
    Some(Server {
        host,
        port,
        security,
        tls_ca_file,
        tls_name,
    })
}

fn login(section: &Section<'_>, base: &Path) -> Option<Login> {
    let user = section.text("user");
    let file = section.text("password_file");
    let environment = section.text("password_environment");
    let command = section.texts("password_command");
    let credential = section.text("password_credential");
    if command.as_ref().is_some_and(Vec::is_empty) {
        section.refuse("password_command", "it names no program", "Write the program and its arguments in brackets, for example [\"pass\", \"show\", \"pairpost\"].");
    }
    let mut sources: Vec<SecretSource> = [
        file.map(|file| SecretSource::File(base.join(file))),
        environment.map(SecretSource::Environment),
        command
            .filter(|command| !command.is_empty())
            .map(SecretSource::Command),
        credential.map(SecretSource::SystemdCredential),
    ]
    .into_iter()
    .flatten()
    .collect();
    if sources.len() > 1 {
        section.refuse(
            "user",
            "the password comes from more than one place",
            "Keep one of password_file, password_environment, password_command and password_credential.",
        );
    }
    match (user, sources.pop()) {
        (Some(user), Some(secret)) => Some(Login::Password { user, secret }),
        (Some(_), None) => {
            section.refuse(
                "user",
                "there is a user but no password",
                "Write password_file = \"...\" (or password_environment, password_command, password_credential).",
            );
            None
        }
        (None, Some(_)) => {
            section.refuse(
                "user",
                "there is a password but no user",
                "Write user = \"...\".",
            );
            None
        }
        (None, None) => None,
    }
}

/// Whether the host is this machine; a name counts only where it cannot be another.
fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}
