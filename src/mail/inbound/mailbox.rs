//! The mailbox: whatever lies in it is work to do, and what is done is filed away.
//!
//! # Contract
//!
//! - [`Mailbox::connect`] opens the folder. After **any** error drop the mailbox and connect again: nothing that was
//!   promised is lost by that, because the mailbox itself remembers nothing that matters.
//! - [`Mailbox::list_next`] hands out each message in the folder once per connection, oldest first, at most
//!   [`LIST_MAX`] at a time; an empty list means that all have been handed out. [`Mailbox::rewind`] starts over,
//!   for a caller that could not finish its work. New mail is always beyond what was handed out.
//! - The caller knows which [`Place`]s it has already taken over (the store keeps them) and fetches the others,
//!   cut by [`batches`] into pieces that fit into memory. A message that somebody else removed meanwhile is simply
//!   missing from what [`Mailbox::fetch`] returns.
//! - A place names one message for ever, or nothing: when a server renumbers (UIDVALIDITY changes) every message gets
//!   a new place, and only the content tells that it was seen before. So the caller also compares content hashes.
//! - [`Mailbox::file_away`] is called after the caller's commit. Filing a message that is no longer there is no error,
//!   so filing twice does no harm, and a crash between commit and filing is mended by filing again.
//! - [`Mailbox::wait`] returns when there is something to list, at a deadline, or when it is told to stop.
//!
//! Reading never marks a message as read. At most [`MESSAGE_MAX_BYTES`] of a message are fetched: a larger one comes
//! as its first [`TRUNCATED_BYTES`], which hold the text that a person wrote, and says so.

use std::fmt;
use std::str::FromStr;

use tokio::time::Instant;

use super::imap::Imap;
use super::maildir::Maildir;
use crate::mail::account::MailboxSettings;
use crate::mail::oauth::OAuthError;
use crate::mail::secret::SecretError;
use crate::mail::tls::ConnectError;
use crate::time::Moment;

/// Messages up to this size are fetched whole (RELIABILITY G3).
pub const MESSAGE_MAX_BYTES: u64 = 1024 * 1024;
/// Of larger ones, this much.
pub const TRUNCATED_BYTES: u64 = 256 * 1024;
/// So many places come at a time.
pub const LIST_MAX: u32 = 500;
/// What one [`Mailbox::fetch`] should be asked for at most; see [`batches`].
pub const BATCH_MAX_MESSAGES: usize = 50;
pub const BATCH_MAX_BYTES: u64 = 8 * 1024 * 1024;

/// Where a message lies. Its text form ([`fmt::Display`], [`FromStr`]) is stable: the store keeps it as a key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    Imap {
        folder: String,
        uid_validity: u32,
        uid: u32,
    },
    /// The unique part of the file's name, which stays when flags are added or the file is moved.
    Maildir { name: String },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The folder comes last because it may contain anything.
            Place::Imap {
                folder,
                uid_validity,
                uid,
            } => write!(f, "imap:{uid_validity}:{uid}:{folder}"),
            Place::Maildir { name } => write!(f, "maildir:{name}"),
        }
    }
}

/// The text is no place; only a damaged database can cause it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no place in a mailbox (imap:<uidvalidity>:<uid>:<folder> or maildir:<name>)")]
pub struct NoPlace(String);

impl FromStr for Place {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Place, NoPlace> {
        let place = match text.split_once(':') {
            Some(("imap", rest)) => {
                let mut parts = rest.splitn(3, ':');
                let mut number = || parts.next().and_then(|part| part.parse().ok());
                match (number(), number(), parts.next()) {
                    (Some(uid_validity), Some(uid), Some(folder)) => Some(Place::Imap {
                        folder: folder.to_owned(),
                        uid_validity,
                        uid,
                    }),
                    _ => None,
                }
            }
            // A slash would lead out of the folder.
            Some(("maildir", name)) if !name.is_empty() && !name.contains('/') => {
                Some(Place::Maildir {
                    name: name.to_owned(),
                })
            }
            _ => None,
        };
        place.ok_or_else(|| NoPlace(text.to_owned()))
    }
}

/// A message that lies in the folder, not fetched yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub place: Place,
    /// As the server tells it; some servers estimate.
    pub bytes: u64,
    /// When the server received it, where it says so. A Maildir cannot: a file's date is that of its last copy.
    pub internal_date: Option<Moment>,
}

/// A message as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    pub place: Place,
    pub bytes: Vec<u8>,
    /// Only the first [`TRUNCATED_BYTES`] are here.
    pub truncated: bool,
    pub internal_date: Option<Moment>,
}

/// Where a message goes when nothing more is to be done with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Destination {
    Processed,
    /// It could not be read, and a coordinator may want to look at it.
    Quarantine,
}

/// A copy that is to be removed for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// Without angle brackets; empty where it has none.
    pub message_id: String,
    /// Bytes that were read of it; for a message without a Message-ID.
    pub size: u64,
    /// A letter of ours: its Message-ID is nobody else's.
    pub ours: bool,
}

/// Why [`Mailbox::wait`] returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    NewMail,
    Deadline,
    Stopped,
}

/// What went wrong with the mailbox. The texts name no person and quote no mail.
#[derive(Debug, thiserror::Error)]
pub enum MailboxError {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Token(#[from] OAuthError),
    #[error("the mail server refused the login: {0}; check user and password of [mailbox]")]
    LoginRefused(String),
    #[error("the mail server refused the access token: {0}")]
    TokenRefused(String),
    #[error("the mail server offers no way to log in as configured ({0})")]
    NoLoginMethod(String),
    #[error("cannot open or create the folder {folder:?}: {reason}{hint}")]
    Folder {
        folder: String,
        reason: String,
        hint: &'static str,
    },
    #[error("the folder {0:?} is read-only for this login: messages could not be filed away")]
    ReadOnly(String),
    /// The server said NO or BAD to something that it should do.
    #[error("the mail server refused {command}: {reason}")]
    Refused { command: String, reason: String },
    /// It broke the protocol or our limits, or the connection is gone.
    #[error("lost the connection to the mailbox: {0}")]
    Lost(String),
    #[error("cannot use the Maildir {path}: {reason}")]
    Maildir {
        path: String,
        reason: std::io::Error,
    },
}

impl MailboxError {
    /// Can trying again help by itself? If not, a person has to change the config, the password or the server;
    /// a running daemon still tries again, but seldom, and says so.
    pub fn is_retriable(&self) -> bool {
        match self {
            MailboxError::Connect(error) => error.is_retriable(),
            MailboxError::Token(error) => error.is_retriable(),
            MailboxError::Refused { .. } | MailboxError::Lost(_) => true,
            MailboxError::Maildir { reason, .. } => {
                reason.kind() == std::io::ErrorKind::StorageFull
            }
            // A password program may depend on something that is not up yet.
            MailboxError::Secret(error) => matches!(error, SecretError::Command { .. }),
            _ => false,
        }
    }
}

/// An open mailbox. See the head of this file for how to use it.
pub enum Mailbox {
    Imap(Box<Imap>),
    Maildir(Maildir),
}

impl Mailbox {
    /// Opens the mailbox; folders to file into are created where missing.
    pub async fn connect(settings: &MailboxSettings) -> Result<Mailbox, MailboxError> {
        match settings {
            MailboxSettings::Imap {
                server,
                login,
                folder,
                processed_folder,
                quarantine_folder,
            } => {
                let imap =
                    Imap::connect(server, login, folder, processed_folder, quarantine_folder)
                        .await?;
                Ok(Mailbox::Imap(Box::new(imap)))
            }
            MailboxSettings::Maildir { path } => Ok(Mailbox::Maildir(Maildir::open(path)?)),
        }
    }

    /// The next messages in the folder, oldest first, at most [`LIST_MAX`]; none when all have been handed out.
    pub async fn list_next(&mut self) -> Result<Vec<Listed>, MailboxError> {
        match self {
            Mailbox::Imap(imap) => imap.list_next().await,
            Mailbox::Maildir(maildir) => maildir.list_next(),
        }
    }

    /// Makes [`Mailbox::list_next`] start over with the oldest message.
    pub fn rewind(&mut self) {
        match self {
            Mailbox::Imap(imap) => imap.rewind(),
            Mailbox::Maildir(maildir) => maildir.rewind(),
        }
    }

    /// Fetches what is still there of `wanted`, in the same order. Nothing is marked as read.
    pub async fn fetch(&mut self, wanted: &[Listed]) -> Result<Vec<Fetched>, MailboxError> {
        match self {
            Mailbox::Imap(imap) => imap.fetch(wanted).await,
            Mailbox::Maildir(maildir) => maildir.fetch(wanted),
        }
    }

    /// Moves messages out of the folder. What is not (or no longer) there is passed over.
    pub async fn file_away(&mut self, done: &[(Place, Destination)]) -> Result<(), MailboxError> {
        match self {
            Mailbox::Imap(imap) => imap.file_away(done).await,
            Mailbox::Maildir(maildir) => maildir.file_away(done),
        }
    }

    /// Waits until there is something to list, until `deadline`, or until `stop` is ready.
    pub async fn wait(
        &mut self,
        deadline: Instant,
        stop: impl Future<Output = ()>,
    ) -> Result<Wake, MailboxError> {
        match self {
            Mailbox::Imap(imap) => imap.wait(deadline, stop).await,
            Mailbox::Maildir(maildir) => maildir.wait(deadline, stop).await,
        }
    }

    /// Removes copies for good, wherever they lie: in the folder that is read, where messages are filed, and where the
    /// provider keeps what was sent (`sent_folder`, or the folder that the server itself names so). It needs no open
    /// mailbox. `is_it` knows a message that arrived, by its index in `wanted`, by its bytes. Says how many copies were
    /// removed; what is not there is no error.
    pub async fn remove(
        settings: &MailboxSettings,
        sent_folder: Option<&str>,
        wanted: &[Removal],
        is_it: &dyn Fn(usize, &[u8]) -> bool,
    ) -> Result<u32, MailboxError> {
        match settings {
            MailboxSettings::Imap {
                server,
                login,
                folder,
                processed_folder,
                quarantine_folder,
            } => {
                let mut folders = vec![
                    folder.clone(),
                    processed_folder.clone(),
                    quarantine_folder.clone(),
                ];
                folders.extend(sent_folder.map(str::to_owned));
                Imap::remove(server, login, &folders, wanted, is_it).await
            }
            MailboxSettings::Maildir { path } => super::maildir::remove(path, wanted, is_it),
        }
    }

    /// Says good-bye. Dropping the mailbox without it does no harm.
    pub async fn close(self) {
        if let Mailbox::Imap(imap) = self {
            imap.close().await;
        }
    }
}

/// Cuts a list into pieces that fit into memory: at most [`BATCH_MAX_MESSAGES`] and [`BATCH_MAX_BYTES`] each, and at
/// least one message.
pub fn batches(listed: &[Listed]) -> Vec<&[Listed]> {
    let mut pieces = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (index, message) in listed.iter().enumerate() {
        let size = fetched_bytes(message.bytes);
        let full = index - start == BATCH_MAX_MESSAGES || bytes + size > BATCH_MAX_BYTES;
        if full && index > start {
            pieces.push(&listed[start..index]);
            (start, bytes) = (index, 0);
        }
        bytes += size;
    }
    if start < listed.len() {
        pieces.push(&listed[start..]);
    }
    pieces
}

/// How much of a message of this size is fetched.
fn fetched_bytes(size: u64) -> u64 {
    if size > MESSAGE_MAX_BYTES {
        TRUNCATED_BYTES
    } else {
        size
    }
}

/// A message within the limits, and whether it was cut for that.
pub(super) fn bounded(mut bytes: Vec<u8>) -> (Vec<u8>, bool) {
    let truncated = bytes.len() as u64 > MESSAGE_MAX_BYTES;
    if truncated {
        bytes.truncate(TRUNCATED_BYTES as usize);
    }
    (bytes, truncated)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_survives_being_written_down() {
        for place in [
            Place::Imap {
                folder: "INBOX".into(),
                uid_validity: 1,
                uid: u32::MAX,
            },
            Place::Imap {
                folder: "a:b/ü 1:2".into(),
                uid_validity: 17,
                uid: 4,
            },
            Place::Maildir {
                name: "1700000000.M1P2Q3.host".into(),
            },
            Place::Maildir {
                name: "with:colon".into(),
            },
        ] {
            assert_eq!(place.to_string().parse(), Ok(place));
        }
        assert_eq!(
            Place::Imap {
                folder: "INBOX".into(),
                uid_validity: 7,
                uid: 9
            }
            .to_string(),
            "imap:7:9:INBOX"
        );
    }

    #[test]
    fn a_damaged_place_is_refused() {
        for text in [
            "",
            "imap",
            "imap:1:2",
            "imap:x:2:INBOX",
            "imap:1:-2:INBOX",
            "maildir:",
            "maildir:../x",
            "pop:1",
        ] {
            assert!(text.parse::<Place>().is_err(), "{text:?}");
        }
    }

    fn listed(sizes: &[u64]) -> Vec<Listed> {
        let one = |(uid, bytes): (usize, &u64)| Listed {
            place: Place::Imap {
                folder: "INBOX".into(),
                uid_validity: 1,
                uid: uid as u32,
            },
            bytes: *bytes,
            internal_date: None,
        };
        sizes.iter().enumerate().map(one).collect()
    }

    #[test]
    fn batches_are_bounded_in_number_and_size_and_lose_nothing() {
        let mebibyte = 1024 * 1024;
        for (sizes, expected) in [
            (vec![], vec![]),
            (vec![10; 120], vec![50, 50, 20]),
            (vec![mebibyte; 17], vec![8, 8, 1]),
            // What is larger is fetched in part and counts as that part.
            (vec![1000 * mebibyte; 33], vec![32, 1]),
        ] {
            let all = listed(&sizes);
            let pieces = batches(&all);
            assert_eq!(
                pieces.iter().map(|piece| piece.len()).collect::<Vec<_>>(),
                expected
            );
            assert_eq!(pieces.concat(), all);
        }
    }
}
