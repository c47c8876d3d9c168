//! The IMAP mailbox (RFC 3501, with MOVE, UIDPLUS, IDLE and ID where the server has them).
//!
//! async-imap is used for its parser, its tags and its login only. Its list-type commands drop the tagged line
//! unseen, so that a refusal looks like an empty answer, and nothing in it has a time limit. So every command goes
//! through [`Imap::command`], which
//! - refuses line ends in what is sent,
//! - limits the time, the bytes ([`Guard`]) and each answer's nesting,
//! - reads every answer up to the tagged line and returns its status,
//! - leaves the connection marked dead until then: a command that was cut short can never lend its answers to the
//!   next one.
//!
//! Only `UID FLAGS RFC822.SIZE INTERNALDATE BODY.PEEK[]` are fetched: the parser gives up on answers that it does
//! not know, and recurses on BODYSTRUCTURE.
//!
//! Listing goes by message number, not by UID or SEARCH: numbers have no gaps, so the windows are full, and the
//! server tells each removal ([`Imap::position`] follows it).

mod exchange;
mod find;
mod idle;
mod login;
mod names;
mod remove;

use std::collections::HashMap;
use std::time::Duration;

use async_imap::Session;
use async_imap::imap_proto::{AttributeValue, MailboxDatum, Response, ResponseCode, Status};
use chrono::{DateTime, Utc};
use tokio::io::BufWriter;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use super::imap_guard::Guard;
use super::mailbox::{
    BATCH_MAX_MESSAGES, Destination, Fetched, LIST_MAX, Listed, MESSAGE_MAX_BYTES, MailboxError,
    Place, TRUNCATED_BYTES, Wake,
};
use crate::mail::account::{Login, Security, Server};
use crate::mail::tls::{self, Stream};
use crate::time::Moment;
pub use find::Copy;

use exchange::{ANSWER_TIME_OUT, Answer, Step};
use login::{Proof, greet, log_in};
use names::{mailbox_name, quoted, readable};

/// From the first byte to an open folder.
const LOGIN_TIME_OUT: Duration = Duration::from_secs(60);
const GOODBYE_TIME_OUT: Duration = Duration::from_secs(5);
/// Answers to commands that bring no messages.
const SMALL_ANSWER_MAX_BYTES: u64 = 1024 * 1024;
/// What one message may bring besides its body.
const OVERHEAD_MAX_BYTES: u64 = 8 * 1024;
/// A window may be empty where other clients are at work; a folder of such windows is a lie.
const EMPTY_WINDOWS_MAX: u32 = 1000;
/// So many UIDs go into one command; longer lines are refused by some servers.
const UIDS_PER_COMMAND: usize = 100;

/// An open folder on an IMAP server.
pub struct Imap {
    session: Session<Guard<BufWriter<Stream>>>,
    /// True while an answer is outstanding; a dead session does nothing any more.
    dead: bool,
    capabilities: Vec<String>,
    folder: String,
    processed_folder: String,
    quarantine_folder: String,
    uid_validity: u32,
    /// How many messages lie in the folder, as the server told last.
    exists: u32,
    /// How many of them, counted from the oldest, have been handed out by [`Imap::list_next`].
    position: u32,
}

impl Imap {
    pub async fn connect(
        server: &Server,
        login: &Login,
        folder: &str,
        processed_folder: &str,
        quarantine_folder: &str,
    ) -> Result<Imap, MailboxError> {
        let mut imap = Imap::let_in(server, login).await?;
        imap.folder = folder.to_owned();
        imap.processed_folder = processed_folder.to_owned();
        imap.quarantine_folder = quarantine_folder.to_owned();
        let opening = async {
            imap.ensure_folder(processed_folder).await?;
            imap.ensure_folder(quarantine_folder).await?;
            imap.select().await
        };
        timeout(LOGIN_TIME_OUT, opening)
            .await
            .unwrap_or_else(|_| Err(lost("the server took too long to open the folder")))?;
        Ok(imap)
    }

    /// Dials and logs in; no folder is open yet.
    ///
    /// # Errors
    /// The server cannot be reached, or does not let us in.
    pub async fn let_in(server: &Server, login: &Login) -> Result<Imap, MailboxError> {
        // Read before dialling: a password program or a token server may need longer than a mail server waits.
        let proof = Proof::of(login).await?;
        let stream = tls::connect(server).await?;
        let opening = async {
            let (stream, offers) = greet(stream, server).await?;
            let session = log_in(stream, &offers, &proof).await?;
            let mut imap = Imap {
                session,
                dead: false,
                capabilities: Vec::new(),
                folder: String::new(),
                processed_folder: String::new(),
                quarantine_folder: String::new(),
                uid_validity: 0,
                exists: 0,
                position: 0,
            };
            imap.learn_capabilities().await?;
            Ok(imap)
        };
        timeout(LOGIN_TIME_OUT, opening)
            .await
            .unwrap_or_else(|_| Err(lost("the server took too long to let us in")))
    }

    /// Which of these Message-IDs (without angle brackets) a folder holds, over a connection of its own, without
    /// changing anything there.
    ///
    /// # Errors
    /// The server cannot be reached, or has no such folder.
    pub async fn which_are_in(
        server: &Server,
        login: &Login,
        folder: &str,
        message_ids: &[String],
    ) -> Result<Vec<bool>, MailboxError> {
        let mut imap = Imap::let_in(server, login).await?;
        let examine = format!("EXAMINE {}", mailbox_name(folder));
        if let Answer::Refused(reason) = imap
            .command(&examine, SMALL_ANSWER_MAX_BYTES, |_| {})
            .await?
        {
            return Err(MailboxError::Folder {
                folder: folder.to_owned(),
                reason,
                hint: "; check sent_folder of [sending]",
            });
        }
        let mut found = Vec::with_capacity(message_ids.len());
        for id in message_ids {
            let uids = imap.search_id(id).await?;
            found.push(uids.is_some_and(|uids| !uids.is_empty()));
        }
        imap.close().await;
        Ok(found)
    }

    pub fn rewind(&mut self) {
        self.position = 0;
    }

    pub async fn list_next(&mut self) -> Result<Vec<Listed>, MailboxError> {
        for _ in 0..EMPTY_WINDOWS_MAX {
            if self.position >= self.exists {
                // A server may tell news only when it is asked something.
                self.tell("NOOP").await?;
            }
            if self.position >= self.exists {
                return Ok(Vec::new());
            }
            let listed = self.list_window().await?;
            if !listed.is_empty() {
                return Ok(listed);
            }
        }
        Err(lost("the server counts messages that it does not have"))
    }

    /// Lists the next messages by number and moves the position past them.
    async fn list_window(&mut self) -> Result<Vec<Listed>, MailboxError> {
        let first = self.position + 1;
        let last = self.exists.min(self.position.saturating_add(LIST_MAX));
        let (folder, uid_validity) = (self.folder.clone(), self.uid_validity);
        // Without MOVE and UIDPLUS, what was filed away stays behind, marked as deleted.
        let deleted_may_be_ours = !self.has("MOVE") && !self.has("UIDPLUS");
        let mut listed = Vec::new();
        let window = format!("FETCH {first}:{last} (UID FLAGS RFC822.SIZE INTERNALDATE)");
        self.must(&window, SMALL_ANSWER_MAX_BYTES, |response| {
            let Response::Fetch(number, items) = response else {
                return;
            };
            // News about other messages may come at any time.
            if !(first..=last).contains(number) {
                return;
            }
            let message = Items::from(items);
            let (Some(uid), Some(bytes)) = (message.uid, message.size) else {
                return;
            };
            if deleted_may_be_ours && message.deleted {
                return;
            }
            let place = Place::Imap {
                folder: folder.clone(),
                uid_validity,
                uid,
            };
            listed.push(Listed {
                place,
                bytes,
                internal_date: message.internal_date,
            });
        })
        .await?;
        self.position = last;
        Ok(listed)
    }

    pub async fn fetch(&mut self, wanted: &[Listed]) -> Result<Vec<Fetched>, MailboxError> {
        let mut bodies = HashMap::new();
        let (large, small): (Vec<&Listed>, Vec<&Listed>) = wanted
            .iter()
            .partition(|message| message.bytes > MESSAGE_MAX_BYTES);
        // One byte more than is kept tells a message that is larger than the server had said.
        for (messages, ask) in [(small, MESSAGE_MAX_BYTES + 1), (large, TRUNCATED_BYTES + 1)] {
            let uids: Vec<u32> = messages
                .iter()
                .filter_map(|message| self.uid_of(&message.place))
                .collect();
            for uids in uids.chunks(BATCH_MAX_MESSAGES) {
                self.fetch_bodies(uids, ask, &mut bodies).await?;
            }
        }
        let fetched = wanted.iter().filter_map(|message| {
            let mut body = bodies.remove(&self.uid_of(&message.place)?)?;
            let kept = if message.bytes > MESSAGE_MAX_BYTES {
                TRUNCATED_BYTES
            } else {
                MESSAGE_MAX_BYTES
            };
            let truncated = body.len() as u64 > kept;
            if truncated {
                body.truncate(TRUNCATED_BYTES as usize);
            }
            let (place, internal_date) = (message.place.clone(), message.internal_date);
            Some(Fetched {
                place,
                bytes: body,
                truncated,
                internal_date,
            })
        });
        Ok(fetched.collect())
    }

    async fn fetch_bodies(
        &mut self,
        uids: &[u32],
        ask: u64,
        bodies: &mut HashMap<u32, Vec<u8>>,
    ) -> Result<(), MailboxError> {
        let command = format!("UID FETCH {} (UID BODY.PEEK[]<0.{ask}>)", uid_set(uids));
        let budget = (ask + OVERHEAD_MAX_BYTES) * uids.len() as u64 + SMALL_ANSWER_MAX_BYTES;
        let answer = self
            .command(&command, budget, |response| {
                let Response::Fetch(_, items) = response else {
                    return;
                };
                let message = Items::from(items);
                if let (Some(uid), Some(body)) = (message.uid, message.body)
                    && uids.contains(&uid)
                {
                    bodies.insert(uid, body.to_vec());
                }
            })
            .await?;
        match answer {
            // Some servers say NO when one of the messages is gone: what came is good, the rest is listed again.
            Answer::Refused(reason) if bodies.is_empty() => Err(refused("UID FETCH", reason)),
            _ => Ok(()),
        }
    }

    pub async fn file_away(&mut self, done: &[(Place, Destination)]) -> Result<(), MailboxError> {
        for (destination, folder) in [
            (Destination::Processed, self.processed_folder.clone()),
            (Destination::Quarantine, self.quarantine_folder.clone()),
        ] {
            let there = done.iter().filter(|(_, wanted)| *wanted == destination);
            let uids: Vec<u32> = there.filter_map(|(place, _)| self.uid_of(place)).collect();
            for uids in uids.chunks(UIDS_PER_COMMAND) {
                self.move_to(&folder, uids).await?;
            }
        }
        Ok(())
    }

    async fn move_to(&mut self, folder: &str, uids: &[u32]) -> Result<(), MailboxError> {
        let (set, target) = (uid_set(uids), mailbox_name(folder));
        if self.has("MOVE") {
            return self
                .try_into_folder(folder, &format!("UID MOVE {set} {target}"))
                .await;
        }
        self.try_into_folder(folder, &format!("UID COPY {set} {target}"))
            .await?;
        // A plain EXPUNGE would also remove what a person has marked.
        self.delete(uids).await
    }

    /// Marks messages as deleted, and removes them where the server can remove these alone.
    async fn delete(&mut self, uids: &[u32]) -> Result<(), MailboxError> {
        self.mark_deleted('+', uids).await?;
        if self.has("UIDPLUS") {
            self.tell(&format!("UID EXPUNGE {}", uid_set(uids))).await?;
        }
        Ok(())
    }

    /// With `-`, takes the mark away.
    async fn mark_deleted(&mut self, sign: char, uids: &[u32]) -> Result<(), MailboxError> {
        if uids.is_empty() {
            return Ok(());
        }
        let set = uid_set(uids);
        self.tell(&format!("UID STORE {set} {sign}FLAGS.SILENT (\\Deleted)"))
            .await
    }

    /// UIDs of messages in the open folder.
    async fn search(&mut self, criteria: &str) -> Result<Vec<u32>, MailboxError> {
        let mut uids = Vec::new();
        let command = format!("UID SEARCH {criteria}");
        self.must(&command, SMALL_ANSWER_MAX_BYTES, |response| {
            if let Response::MailboxData(MailboxDatum::Search(found)) = response {
                uids.extend(found.iter().copied());
            }
        })
        .await?;
        Ok(uids)
    }

    /// Those with this Message-ID (without angle brackets). `None` where none can be looked for by it: there is none, or it
    /// would have to be quoted, which no id of ours has to be.
    async fn search_id(&mut self, message_id: &str) -> Result<Option<Vec<u32>>, MailboxError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "@.-_+=$/!#%&'*?^`{|}~".contains(c);
        if message_id.is_empty() || !message_id.chars().all(plain) {
            return Ok(None);
        }
        let criteria = format!("HEADER Message-ID \"<{message_id}>\"");
        self.search(&criteria).await.map(Some)
    }

    /// Moves or copies; where the folder has been removed since we connected, it is made again.
    async fn try_into_folder(&mut self, folder: &str, command: &str) -> Result<(), MailboxError> {
        if let Answer::Ok = self
            .command(command, SMALL_ANSWER_MAX_BYTES, |_| {})
            .await?
        {
            return Ok(());
        }
        self.ensure_folder(folder).await?;
        self.tell(command).await
    }

    pub async fn close(mut self) {
        if !self.dead {
            // Whatever the answer: we are leaving.
            let _ = timeout(GOODBYE_TIME_OUT, async {
                let _ = self.session.run_command("LOGOUT").await;
                while let Ok(Some(_)) = self.session.read_response().await {}
            })
            .await;
        }
    }

    fn has(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|name| name == capability)
    }

    /// The UID, if the place is in this folder as it is numbered now.
    fn uid_of(&self, place: &Place) -> Option<u32> {
        match place {
            Place::Imap {
                folder,
                uid_validity,
                uid,
            } if *folder == self.folder && *uid_validity == self.uid_validity => Some(*uid),
            _ => None,
        }
    }

    async fn learn_capabilities(&mut self) -> Result<(), MailboxError> {
        let mut names = Vec::new();
        self.must("CAPABILITY", SMALL_ANSWER_MAX_BYTES, |response| {
            if let Response::Capabilities(capabilities) = response {
                use async_imap::imap_proto::Capability::Atom;
                let atoms = capabilities.iter().filter_map(|one| match one {
                    Atom(name) => Some(name.to_ascii_uppercase()),
                    _ => None,
                });
                names.extend(atoms);
            }
        })
        .await?;
        self.capabilities = names;
        if self.has("ID") {
            // Some providers let nobody in who does not introduce themselves.
            let id = format!(
                "ID (\"name\" \"Pairpost\" \"version\" \"{}\")",
                env!("CARGO_PKG_VERSION")
            );
            self.command(&id, SMALL_ANSWER_MAX_BYTES, |_| {}).await?;
        }
        Ok(())
    }

    async fn ensure_folder(&mut self, folder: &str) -> Result<(), MailboxError> {
        let name = mailbox_name(folder);
        let status = format!("STATUS {name} (MESSAGES)");
        if self
            .command(&status, SMALL_ANSWER_MAX_BYTES, |_| {})
            .await?
            == Answer::Ok
        {
            return Ok(());
        }
        match self
            .command(&format!("CREATE {name}"), SMALL_ANSWER_MAX_BYTES, |_| {})
            .await?
        {
            Answer::Ok => {
                // So that mail clients show it; no harm where they do not.
                self.command(&format!("SUBSCRIBE {name}"), SMALL_ANSWER_MAX_BYTES, |_| {})
                    .await?;
                Ok(())
            }
            Answer::Refused(reason) => Err(MailboxError::Folder {
                folder: folder.to_owned(),
                reason,
                hint: " (some servers want names like INBOX.Processed)",
            }),
        }
    }

    async fn select(&mut self) -> Result<(), MailboxError> {
        let (mut uid_validity, mut writable) = (None, true);
        let command = format!("SELECT {}", mailbox_name(&self.folder));
        let answer = self
            .command(&command, SMALL_ANSWER_MAX_BYTES, |response| {
                let (Response::Data { outcome, .. } | Response::Done { outcome, .. }) = response
                else {
                    return;
                };
                match outcome.code {
                    Some(ResponseCode::UidValidity(value)) => uid_validity = Some(value),
                    Some(ResponseCode::ReadOnly) => writable = false,
                    _ => {}
                }
            })
            .await?;
        match (answer, uid_validity) {
            (Answer::Refused(reason), _) => Err(MailboxError::Folder {
                folder: self.folder.clone(),
                reason,
                hint: "",
            }),
            _ if !writable => Err(MailboxError::ReadOnly(self.folder.clone())),
            (Answer::Ok, None) => Err(lost(
                "the server gives no UIDVALIDITY, so its messages cannot be told apart",
            )),
            (Answer::Ok, Some(value)) => {
                self.uid_validity = value;
                Ok(())
            }
        }
    }
}

/// What we ask of a message, out of one FETCH answer.
#[derive(Default)]
struct Items<'a> {
    uid: Option<u32>,
    size: Option<u64>,
    internal_date: Option<Moment>,
    deleted: bool,
    body: Option<&'a [u8]>,
}

impl<'a> Items<'a> {
    fn from(items: &'a [AttributeValue<'_>]) -> Items<'a> {
        let mut message = Items::default();
        for item in items {
            match item {
                AttributeValue::Uid(uid) => message.uid = Some(*uid),
                AttributeValue::Rfc822Size(size) => message.size = Some(u64::from(*size)),
                AttributeValue::InternalDate(text) => message.internal_date = internal_date(text),
                AttributeValue::Flags(flags) => {
                    message.deleted = flags
                        .iter()
                        .any(|flag| flag.eq_ignore_ascii_case("\\Deleted"));
                }
                // NIL is what Dovecot says of a message that is gone; an empty one is an empty string.
                AttributeValue::BodySection {
                    section: None,
                    data,
                    ..
                } => message.body = data.as_deref(),
                _ => {}
            }
        }
        message
    }
}

/// RFC 3501 `date-time`: ` 7-Jan-2026 02:44:25 -0700`.
fn internal_date(text: &str) -> Option<Moment> {
    let date = DateTime::parse_from_str(text.trim(), "%d-%b-%Y %H:%M:%S %z").ok()?;
    Some(date.with_timezone(&Utc))
}

/// `1,2,5`
fn uid_set(uids: &[u32]) -> String {
    uids.iter()
        .map(u32::to_string)
        .collect::<Vec<_>>()
        .join(",")
}

fn lost(reason: &str) -> MailboxError {
    MailboxError::Lost(short(reason))
}

fn broken(error: async_imap::error::Error) -> MailboxError {
    lost(&error.to_string())
}

/// Only the command's name: its arguments may be a folder that somebody named after themselves.
fn refused(command: &str, reason: String) -> MailboxError {
    let words = command
        .split(' ')
        .take(if command.starts_with("UID ") { 2 } else { 1 });
    MailboxError::Refused {
        command: words.collect::<Vec<_>>().join(" "),
        reason,
    }
}

/// Foreign words for a message to people: one line, short. The parser's errors quote whole answers, mail included,
/// so those are cut before the quotation.
fn short(words: &str) -> String {
    let words = words
        .split_once(" during parsing of ")
        .map_or(words, |_| "the answer is no IMAP");
    crate::mail::address::clean(words, 200)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_servers_date_is_read_with_and_without_the_leading_blank() {
        let date = internal_date("17-Jul-1996 02:44:25 -0700").unwrap();
        assert_eq!(date.to_rfc3339(), "1996-07-17T09:44:25+00:00");
        assert_eq!(
            internal_date(" 7-Jan-2026 00:00:00 +0000")
                .unwrap()
                .timestamp(),
            1_767_744_000
        );
        assert_eq!(internal_date("yesterday"), None);
    }

    #[test]
    fn errors_quote_no_mail_and_no_arguments() {
        let error = lost("Error { .. } during parsing of \"* 1 FETCH (BODY[] {9}\\r\\nDear Ana\"");
        assert!(!error.to_string().contains("Ana"), "{error}");
        assert_eq!(
            refused("UID MOVE 1,2 \"Ana\"", "no".into()).to_string(),
            "the mail server refused UID MOVE: no"
        );
    }
}
