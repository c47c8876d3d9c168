//! Removing copies of messages for good, after somebody has been erased: in the folder that is read, where messages are
//! filed, and where the provider keeps what was sent. Over a connection of its own, so that reading goes on undisturbed.
//!
//! A message that arrived is removed only when its bytes are known again: its Message-ID is a stranger's word, and must
//! not lead to somebody else's mail.

use async_imap::imap_proto::{MailboxDatum, NameAttribute, Response};

use super::*;
use crate::mail::inbound::mailbox::Removal;

/// What the server lists. The names are as they stand in a command.
#[derive(Default)]
struct Folders {
    /// All that can be opened.
    there: Vec<String>,
    /// Those that the server itself names by their use (RFC 6154).
    sent: Vec<String>,
    trash: Option<String>,
}

impl Imap {
    /// Removes what is found of `wanted`, and says how many copies that were. `is_it` knows a message that arrived (by its
    /// place in `wanted`) by its bytes. A folder that is not there is passed over.
    ///
    /// # Errors
    /// The server cannot be reached, or refuses to look into a folder or to remove: nothing is known then, and all of it is
    /// tried again later.
    pub async fn remove(
        server: &Server,
        login: &Login,
        folders: &[String],
        wanted: &[Removal],
        is_it: &dyn Fn(usize, &[u8]) -> bool,
    ) -> Result<u32, MailboxError> {
        let mut imap = Imap::let_in(server, login).await?;
        let known = imap.folders().await?;
        let mut places: Vec<String> = folders.iter().map(|name| mailbox_name(name)).collect();
        for sent in known.sent {
            if !places.contains(&sent) {
                places.push(sent);
            }
        }
        // At Gmail a message that is removed from a folder stays in "All mail"; only what is thrown away is gone.
        let trash = known.trash.filter(|_| imap.has("X-GM-EXT-1"));
        let mut removed = 0;
        for place in &places {
            if imap.enter(place, &known.there).await? {
                removed += imap.remove_here(wanted, is_it, trash.as_deref()).await?;
            }
        }
        if let Some(trash) = &trash
            && imap.enter(trash, &known.there).await?
        {
            imap.remove_here(wanted, is_it, None).await?;
        }
        imap.close().await;
        Ok(removed)
    }

    async fn folders(&mut self) -> Result<Folders, MailboxError> {
        let mut folders = Folders::default();
        self.command("LIST \"\" \"*\"", SMALL_ANSWER_MAX_BYTES, |response| {
            let Response::MailboxData(MailboxDatum::List(folder)) = response else {
                return;
            };
            let name = folder.name.replace('\\', "\\\\").replace('"', "\\\"");
            let name = format!("\"{name}\"");
            let is = |attribute| folder.name_attributes.contains(&attribute);
            if is(NameAttribute::Sent) {
                folders.sent.push(name.clone());
            }
            if is(NameAttribute::Trash) {
                folders.trash = Some(name.clone());
            }
            if !is(NameAttribute::NoSelect) {
                folders.there.push(name);
            }
        })
        .await?;
        Ok(folders)
    }

    /// Opens a folder; false where there is none.
    async fn enter(&mut self, place: &String, there: &[String]) -> Result<bool, MailboxError> {
        let select = format!("SELECT {place}");
        match self
            .command(&select, SMALL_ANSWER_MAX_BYTES, |_| {})
            .await?
        {
            Answer::Ok => Ok(true),
            Answer::Refused(reason) if there.contains(place) => Err(refused(&select, reason)),
            Answer::Refused(_) => Ok(false),
        }
    }

    /// Removes from the open folder, or moves into `trash`.
    async fn remove_here(
        &mut self,
        wanted: &[Removal],
        is_it: &dyn Fn(usize, &[u8]) -> bool,
        trash: Option<&str>,
    ) -> Result<u32, MailboxError> {
        let mut found = Vec::new();
        for (index, removal) in wanted.iter().enumerate() {
            for uid in self.candidates(removal).await? {
                if found.contains(&uid) {
                    continue;
                }
                let known = removal.ours || {
                    let mut bodies = HashMap::new();
                    self.fetch_bodies(&[uid], MESSAGE_MAX_BYTES + 1, &mut bodies)
                        .await?;
                    bodies.remove(&uid).is_some_and(|mut body| {
                        if body.len() as u64 > MESSAGE_MAX_BYTES {
                            body.truncate(TRUNCATED_BYTES as usize);
                        }
                        is_it(index, &body)
                    })
                };
                if known {
                    found.push(uid);
                }
            }
        }
        for uids in found.chunks(UIDS_PER_COMMAND) {
            match trash {
                Some(trash) => {
                    let into = format!("UID MOVE {} {}", uid_set(uids), trash);
                    self.must(&into, SMALL_ANSWER_MAX_BYTES, |_| {}).await?;
                }
                None => self.expunge(uids).await?,
            }
        }
        Ok(u32::try_from(found.len()).unwrap_or(u32::MAX))
    }

    /// UIDs of messages that may be the one: by Message-ID, else by size.
    async fn candidates(&mut self, removal: &Removal) -> Result<Vec<u32>, MailboxError> {
        // What would have to be quoted, or is a stranger's trick, is looked for by its size.
        let plain = |c: char| c.is_ascii_alphanumeric() || "@.-_+=$/!#%&'*?^`{|}~".contains(c);
        let by_id = !removal.message_id.is_empty() && removal.message_id.chars().all(plain);
        let search = if by_id {
            format!("UID SEARCH HEADER Message-ID \"<{}>\"", removal.message_id)
        } else {
            let (below, above) = (removal.size.saturating_sub(1), removal.size + 1);
            let exactly = format!("LARGER {below} SMALLER {above}");
            if removal.size == TRUNCATED_BYTES {
                // Probably only its beginning was read; its whole size is not known then.
                format!("UID SEARCH OR LARGER {MESSAGE_MAX_BYTES} ({exactly})")
            } else {
                format!("UID SEARCH {exactly}")
            }
        };
        let mut uids = Vec::new();
        self.must(&search, SMALL_ANSWER_MAX_BYTES, |response| {
            if let Response::MailboxData(MailboxDatum::Search(found)) = response {
                uids.extend(found.iter().copied());
            }
        })
        .await?;
        Ok(uids)
    }

    /// Without UIDPLUS all messages go that are marked as deleted, so what a person has marked is unmarked meanwhile.
    async fn expunge(&mut self, uids: &[u32]) -> Result<(), MailboxError> {
        let set = uid_set(uids);
        if self.has("UIDPLUS") {
            for command in [
                format!("UID STORE {set} +FLAGS.SILENT (\\Deleted)"),
                format!("UID EXPUNGE {set}"),
            ] {
                self.must(&command, SMALL_ANSWER_MAX_BYTES, |_| {}).await?;
            }
            return Ok(());
        }
        let mut marked = Vec::new();
        self.must("UID SEARCH DELETED", SMALL_ANSWER_MAX_BYTES, |response| {
            if let Response::MailboxData(MailboxDatum::Search(found)) = response {
                marked.extend(found.iter().copied());
            }
        })
        .await?;
        marked.retain(|uid| !uids.contains(uid));
        let others = uid_set(&marked);
        if !marked.is_empty() {
            let unmark = format!("UID STORE {others} -FLAGS.SILENT (\\Deleted)");
            self.must(&unmark, SMALL_ANSWER_MAX_BYTES, |_| {}).await?;
        }
        let mark = format!("UID STORE {set} +FLAGS.SILENT (\\Deleted)");
        self.must(&mark, SMALL_ANSWER_MAX_BYTES, |_| {}).await?;
        self.must("EXPUNGE", SMALL_ANSWER_MAX_BYTES, |_| {}).await?;
        if !marked.is_empty() {
            let again = format!("UID STORE {others} +FLAGS.SILENT (\\Deleted)");
            self.must(&again, SMALL_ANSWER_MAX_BYTES, |_| {}).await?;
        }
        Ok(())
    }
}
