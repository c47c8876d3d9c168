//! Looks for letters that we sent to ourselves, by a word in their subject: in the folders that are read, and in those in
//! which the provider keeps what was sent. Nothing is changed there.

use super::*;

/// A copy of a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// As the config names it.
    pub folder: String,
    pub bytes: Vec<u8>,
    /// In a folder that the server itself names as that of sent letters, or that the caller does.
    pub is_sent_copy: bool,
}

impl Imap {
    /// All copies whose subject holds this word (letters and digits only).
    ///
    /// # Errors
    /// The server cannot be reached, or refuses to look.
    pub async fn find(
        &mut self,
        folders: &[String],
        sent_folder: Option<&str>,
        word: &str,
    ) -> Result<Vec<Copy>, MailboxError> {
        let named = self.sent_folders().await?;
        let mut places: Vec<(String, bool)> = folders
            .iter()
            .map(|name| (mailbox_name(name), false))
            .collect();
        for name in sent_folder.map(mailbox_name).into_iter().chain(named) {
            if !places.iter().any(|(known, _)| *known == name) {
                places.push((name, true));
            }
        }
        let mut copies = Vec::new();
        for (place, is_sent_copy) in places {
            let examine = format!("EXAMINE {place}");
            let opened = self
                .command(&examine, SMALL_ANSWER_MAX_BYTES, |_| {})
                .await?;
            if let Answer::Refused(_) = opened {
                continue;
            }
            let uids = self.search(&format!("SUBJECT \"{word}\"")).await?;
            let mut bodies = HashMap::new();
            if !uids.is_empty() {
                self.fetch_bodies(&uids, MESSAGE_MAX_BYTES, &mut bodies)
                    .await?;
            }
            copies.extend(bodies.into_values().map(|bytes| Copy {
                folder: readable(&place),
                bytes,
                is_sent_copy,
            }));
        }
        Ok(copies)
    }
}
