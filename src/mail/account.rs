//! How to reach the mailbox and the mail server: the meaning of the `[mailbox]` and `[sending]` sections.
//! Shapes only; connecting is done in `inbound::imap` and `outbound::smtp`.

use std::path::PathBuf;

use super::oauth::OAuth;

/// How a connection is protected. `Plain` is accepted by the config for loopback addresses only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (993, 465): the default.
    Tls,
    /// TLS after a command (143, 587): only where configured.
    StartTls,
    Plain,
}

/// A server and how to trust it.
#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// PEM file of certificate authorities that *replaces* the system's.
    pub tls_ca_file: Option<PathBuf>,
    /// The name the certificate must bear, where it differs from `host`.
    pub tls_name: Option<String>,
}

/// Where a password comes from. It is read at each login, so that it can be changed while we run.
#[derive(Debug, Clone, PartialEq)]
pub enum SecretSource {
    File(PathBuf),
    Environment(String),
    /// Program and arguments; no shell. Its first output line is the password.
    Command(Vec<String>),
    /// A file name in `$CREDENTIALS_DIRECTORY`.
    SystemdCredential(String),
}

/// Who logs in, and with what.
#[derive(Debug, Clone, PartialEq)]
pub enum Login {
    Password {
        user: String,
        secret: SecretSource,
    },
    /// XOAUTH2: an access token instead of a password.
    Token {
        user: String,
        oauth: Box<OAuth>,
    },
}

/// Where messages arrive.
#[derive(Debug, Clone, PartialEq)]
pub enum MailboxSettings {
    Imap {
        server: Server,
        login: Login,
        /// Usually INBOX.
        folder: String,
        processed_folder: String,
        quarantine_folder: String,
    },
    Maildir {
        path: PathBuf,
    },
}

/// How letters leave.
#[derive(Debug, Clone, PartialEq)]
pub enum SendingSettings {
    Smtp {
        server: Server,
        /// None only for a relay on loopback that asks for no login.
        login: Option<Login>,
        traces: Traces,
    },
    Maildir {
        path: PathBuf,
    },
}

/// Where a letter leaves a trace when the server has taken it, so that it can be looked for when nobody told.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Traces {
    /// The folder of the mailbox in which the provider keeps a copy of what it takes.
    pub sent_folder: Option<String>,
    /// Program and arguments that list the queue of a Postfix on this machine, one JSON object a line (`postqueue -j`).
    pub queue_command: Vec<String>,
    /// Whether letters that must not come twice go to the programme's own mailbox, too: what arrives there was taken.
    pub copy_to_self: bool,
}
