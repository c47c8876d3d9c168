//! The `[mailbox]` and `[sending]` sections. Shapes only: nothing is opened or dialled here.

use std::path::{Path, PathBuf};

use super::written::Section;
use crate::mail::account::{
    Login, MailboxSettings, SecretSource, Security, SendingSettings, Server, Traces,
};
use crate::mail::oauth::{Grant, OAuth};

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
                copy_to_self: section.flag("copy_to_self", false),
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
    if section.has("oauth") {
        let oauth = oauth(section, base);
        if user.is_none() {
            section.refuse(
                "oauth",
                "there is a login by token but no user",
                "Write user = \"...\": the mailbox's address.",
            );
        }
        return user.zip(oauth).map(|(user, oauth)| Login::Token {
            user,
            oauth: Box::new(oauth),
        });
    }
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

/// What a provider's name stands for: token server, code server, scope.
struct Provider {
    token_url: String,
    device_url: Option<String>,
    scope: String,
}

/// A login by access token (XOAUTH2).
fn oauth(section: &Section<'_>, base: &Path) -> Option<OAuth> {
    #[derive(Clone, Copy, PartialEq)]
    enum Named {
        Google,
        Microsoft,
        Other,
    }
    let named = section.one_of(
        "oauth",
        &[
            ("google", Named::Google),
            ("microsoft", Named::Microsoft),
            ("other", Named::Other),
        ],
    )?;
    let by_application = section
        .one_of("oauth_grant", &[("person", false), ("application", true)])
        .unwrap_or(false);
    let tenant = section.text("oauth_tenant");
    let provider = match named {
        Named::Google => Provider {
            token_url: "https://oauth2.googleapis.com/token".into(),
            device_url: Some("https://oauth2.googleapis.com/device/code".into()),
            scope: "https://mail.google.com/".into(),
        },
        Named::Microsoft => {
            let tenant = tenant.as_deref().unwrap_or("organizations");
            let of_tenant =
                |end: &str| format!("https://login.microsoftonline.com/{tenant}/oauth2/v2.0/{end}");
            Provider {
                token_url: of_tenant("token"),
                device_url: Some(of_tenant("devicecode")),
                scope: if by_application {
                    "https://outlook.office365.com/.default".into()
                } else {
                    "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access"
                        .into()
                },
            }
        }
        Named::Other => Provider {
            token_url: section.required_text(
                "oauth_token_url",
                "Write oauth_token_url = \"https://...\".",
            )?,
            device_url: None,
            scope: String::new(),
        },
    };
    let token_url = section
        .text("oauth_token_url")
        .unwrap_or(provider.token_url);
    let device_url = section.text("oauth_device_url").or(provider.device_url);
    for (key, url) in [
        ("oauth_token_url", Some(&token_url)),
        ("oauth_device_url", device_url.as_ref()),
    ] {
        if url.is_some_and(|url| !is_safe(url)) {
            section.refuse(
                key,
                "without encryption the token could be read on the way; that is taken for this machine only",
                "Write an address that begins with https://",
            );
        }
    }
    let client_id = section.required_text(
        "oauth_client_id",
        "Write oauth_client_id = \"...\": the id of the application that you registered with the provider.",
    )?;
    let grant = if by_application {
        Grant::ClientCredentials
    } else {
        let file = section
            .text("oauth_token_file")
            .unwrap_or_else(|| "state/oauth-token".into());
        Grant::RefreshToken(base.join(file))
    };
    let secret = section.text("oauth_client_secret_file");
    if by_application && secret.is_none() {
        section.refuse(
            "oauth_grant",
            "an application that logs in by itself needs its secret",
            "Write oauth_client_secret_file = \"...\".",
        );
    }
    let scope = section.text("oauth_scope").unwrap_or(provider.scope);
    let mut oauth = OAuth::new(token_url, client_id, scope, grant);
    oauth.device_url = device_url;
    oauth.client_secret = secret.map(|file| SecretSource::File(base.join(file)));
    Some(oauth)
}

fn is_safe(url: &str) -> bool {
    let host = |rest: &str| {
        let authority = rest.split('/').next().unwrap_or_default();
        let host = authority
            .rsplit_once(':')
            .map_or(authority, |(host, _)| host);
        is_loopback(host)
    };
    url.starts_with("https://") || url.strip_prefix("http://").is_some_and(host)
}

/// Whether the host is this machine; a name counts only where it cannot be another.
fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}
