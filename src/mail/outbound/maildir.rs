//! Letters written into a Maildir instead of being sent: for trying Pairpost out, for the rehearsal, and for reading
//! what it would send. As a mail server would, it notes the envelope above the letter and ends lines with LF.

use std::path::PathBuf;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::transport::{Hook, Phase};
use super::{Envelope, Outcome};
use crate::mail::address::has_bare_newline;
use crate::mail::inbound::maildir;

/// A Maildir that receives every letter, whoever it is for.
pub struct MaildirTransport {
    path: PathBuf,
    durable: bool,
    /// The number of the next file, where files are named by number.
    number: Option<u64>,
}

impl MaildirTransport {
    /// With `durable` a letter is on the disk before it counts as delivered; a rehearsal does without.
    pub fn new(path: PathBuf, durable: bool) -> MaildirTransport {
        MaildirTransport {
            path,
            durable,
            number: None,
        }
    }

    /// For rehearsals: not durable, and files are numbered in the order of delivery, so that a letter that is handed
    /// over twice lies there twice.
    pub fn numbered(path: PathBuf) -> MaildirTransport {
        MaildirTransport {
            path,
            durable: false,
            number: Some(1),
        }
    }

    /// Writes the letter. The file's name follows from envelope and letter, so that delivering the same letter again
    /// after a crash leaves one copy, and a rehearsal names its files alike each time.
    pub fn deliver(&mut self, envelope: &Envelope, letter: &[u8], on_phase: Hook<'_>) -> Outcome {
        let from = envelope.from.as_deref().unwrap_or_default();
        if has_bare_newline(letter) {
            return Outcome::Permanent {
                code: 554,
                text: "the letter has a line end that is not CRLF".into(),
            };
        }
        if from.contains(['\r', '\n']) || envelope.to.contains(['\r', '\n']) {
            return Outcome::Permanent {
                code: 553,
                text: "an address contains a line end".into(),
            };
        }
        if let Err(reason) = on_phase(Phase::Dot) {
            return Outcome::Temporary {
                code: None,
                text: reason,
            };
        }
        let mut bytes =
            format!("Return-Path: <{from}>\nDelivered-To: {}\n", envelope.to).into_bytes();
        bytes.reserve(letter.len());
        for piece in letter.split_inclusive(|byte| *byte == b'\n') {
            bytes.extend_from_slice(piece.strip_suffix(b"\r\n").unwrap_or(piece));
            if piece.ends_with(b"\r\n") {
                bytes.push(b'\n');
            }
        }
        let name: String = match &mut self.number {
            Some(number) => {
                *number += 1;
                format!("{:08}", *number - 1)
            }
            None => HEXLOWER.encode(&Sha256::digest(&bytes)[..16]),
        };
        match maildir::deliver(&self.path, &bytes, self.durable, Some(&name)) {
            Ok(name) => Outcome::Accepted { reply: name },
            Err(error) => Outcome::Temporary {
                code: None,
                text: format!(
                    "cannot write into the Maildir {}: {error}",
                    self.path.display()
                ),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn envelope(to: &str) -> Envelope {
        Envelope {
            from: Some("bounces@example.org".into()),
            to: to.into(),
            copy_to: None,
        }
    }

    #[test]
    fn a_letter_is_written_once_with_its_envelope() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        let mut transport = MaildirTransport::new(path.clone(), true);
        let letter = b"Subject: hello\r\n\r\nDear Ana\r\n";
        for _ in 0..2 {
            let outcome = transport.deliver(&envelope("ana@example.org"), letter, &mut |_| Ok(()));
            assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
        }
        // The same words to somebody else are another letter.
        transport.deliver(&envelope("ben@example.org"), letter, &mut |_| Ok(()));
        let mut texts: Vec<String> = fs::read_dir(path.join("new"))
            .unwrap()
            .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
            .collect();
        texts.sort();
        assert_eq!(texts.len(), 2);
        assert_eq!(
            texts[0],
            "Return-Path: <bounces@example.org>\nDelivered-To: ana@example.org\nSubject: hello\n\nDear Ana\n"
        );
        assert_eq!(fs::read_dir(path.join("tmp")).unwrap().count(), 0);
    }

    #[test]
    fn nothing_is_written_where_the_journal_says_no_or_a_line_end_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let mut transport = MaildirTransport::new(folder.path().join("out"), false);
        let to = envelope("ana@example.org");
        let vetoed = transport.deliver(&to, b"a: b\r\n\r\n", &mut |_| Err("disk full".into()));
        assert_eq!(
            vetoed,
            Outcome::Temporary {
                code: None,
                text: "disk full".into()
            }
        );
        let bare = transport.deliver(&to, b"a: b\n\n", &mut |_| Ok(()));
        assert!(matches!(bare, Outcome::Permanent { .. }));
        let injected =
            transport.deliver(&envelope("a@x.org\nBcc: b"), b"a: b\r\n\r\n", &mut |_| {
                Ok(())
            });
        assert!(matches!(injected, Outcome::Permanent { .. }));
        assert!(!folder.path().join("out/new").exists());
    }

    #[test]
    fn a_full_or_missing_disk_is_worth_another_try() {
        let folder = tempfile::tempdir().unwrap();
        let blocked = folder.path().join("file");
        fs::write(&blocked, "not a folder").unwrap();
        let mut transport = MaildirTransport::new(blocked, false);
        let outcome = transport.deliver(&envelope("ana@example.org"), b"a: b\r\n\r\n", &mut |_| {
            Ok(())
        });
        assert!(matches!(outcome, Outcome::Temporary { .. }), "{outcome:?}");
    }
}
