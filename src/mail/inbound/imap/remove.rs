//! Removing copies of messages for good, after somebody has been erased: in the folder that is read, where messages are
//! filed, and where the provider keeps what was sent. Over a connection of its own, so that reading goes on undisturbed.
//!
//! A message that arrived is removed only when its bytes are known again: its Message-ID is a stranger's word, and must
//! not lead to somebody else's mail.

use async_imap::imap_proto::{MailboxDatum, NameAttribute, Response};

use super::*;
use crate::mail::inbound::mailbox::{Removal, bounded};

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

    /// Folders that the server names as those of sent letters, as they stand in a command.
    pub(super) async fn sent_folders(&mut self) -> Result<Vec<String>, MailboxError> {
        Ok(self.folders().await?.sent)
    }

    async fn folders(&mut self) -> Result<Folders, MailboxError> {
        let mut folders = Folders::default();
        self.command("LIST \"\" \"*\"", SMALL_ANSWER_MAX_BYTES, |response| {
            let Response::MailboxData(MailboxDatum::List(folder)) = response else {
                return;
            };
            let name = quoted(&folder.name);
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
            let by_id = self.search_id(&removal.message_id).await?;
            // Only its own Message-ID makes a message ours.
            let ours = removal.ours && by_id.is_some();
            let candidates = match by_id {
                Some(uids) => uids,
                None => self.search(&of_size(removal.size)).await?,
            };
            for uid in candidates {
                if found.contains(&uid) {
                    continue;
                }
                let known = ours || {
                    let mut bodies = HashMap::new();
                    self.fetch_bodies(&[uid], MESSAGE_MAX_BYTES + 1, &mut bodies)
                        .await?;
                    bodies
                        .remove(&uid)
                        .is_some_and(|body| is_it(index, &bounded(body).0))
                };
                if known {
                    found.push(uid);
                }
            }
        }
        for uids in found.chunks(UIDS_PER_COMMAND) {
            match trash {
                Some(trash) => {
                    self.tell(&format!("UID MOVE {} {trash}", uid_set(uids)))
                        .await?;
                }
                None => self.expunge(uids).await?,
            }
        }
        Ok(u32::try_from(found.len()).unwrap_or(u32::MAX))
    }

    /// Without UIDPLUS all messages go that are marked as deleted, so what a person has marked is unmarked meanwhile.
    async fn expunge(&mut self, uids: &[u32]) -> Result<(), MailboxError> {
        let alone = self.has("UIDPLUS");
        let mut others = Vec::new();
        if !alone {
            others = self.search("DELETED").await?;
            others.retain(|uid| !uids.contains(uid));
        }
        self.mark_deleted('-', &others).await?;
        self.delete(uids).await?;
        if !alone {
            self.tell("EXPUNGE").await?;
        }
        self.mark_deleted('+', &others).await
    }
}

/// Looks for a message of which so many bytes were read.
fn of_size(size: u64) -> String {
    let exactly = format!("LARGER {} SMALLER {}", size.saturating_sub(1), size + 1);
    if size == TRUNCATED_BYTES {
        // Probably only its beginning was read; its whole size is not known then.
        format!("OR LARGER {MESSAGE_MAX_BYTES} ({exactly})")
    } else {
        exactly
    }
}
