//! People with a mailbox on the test's server, who write with swaks or with mutt and read by IMAP.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use pairpost::mail::inbound::mailbox::{Mailbox, batches};

use super::letter::Letter;
use super::mailserver::MailServer;
use super::programme::eventually;

/// All letters in somebody's INBOX, fetched by IMAP, oldest first; copies of one letter (same Message-ID) are there as
/// often as they lie there.
pub fn fetch(server: &MailServer, user: &str) -> Vec<Letter> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut mailbox = Mailbox::connect(&server.mailbox(user)).await.unwrap();
        let mut letters = Vec::new();
        loop {
            let listed = mailbox.list_next().await.unwrap();
            if listed.is_empty() {
                break;
            }
            for piece in batches(&listed) {
                let fetched = mailbox.fetch(piece).await.unwrap();
                letters.extend(fetched.iter().map(|it| Letter::read(&it.bytes)));
            }
        }
        mailbox.close().await;
        letters
    })
}

/// Waits for the first letter with this beginning of its subject.
pub fn await_letter(server: &MailServer, user: &str, subject: &str) -> Letter {
    let mut seen = 0;
    eventually(&format!("{user} gets {subject:?}"), || {
        let there = server.files(user, "").len();
        if there == seen {
            return None;
        }
        seen = there;
        fetch(server, user)
            .into_iter()
            .find(|letter| letter.subject.starts_with(subject))
    })
}

/// Hands a message to the submission door: verified TLS, and a login.
pub fn swaks(server: &MailServer, user: &str, to: &str, message: &[u8]) {
    let mut swaks = Command::new("swaks")
        .args(["--silent", "2", "--server", &server.address])
        .args([
            "--port",
            "22465",
            "--tls-on-connect",
            "--tls-verify",
            "--tls-ca-path",
        ])
        .arg(server.authority())
        .args([
            "--auth",
            "PLAIN",
            "--auth-user",
            user,
            "--auth-password",
            "secret",
        ])
        .args(["--from", user, "--to", to, "--data", "-"])
        .stdin(Stdio::piped())
        .spawn()
        .expect("swaks is not here");
    // A newline alone is what swaks reads; it sends CR LF.
    let text = String::from_utf8(message.to_vec())
        .unwrap()
        .replace("\r\n", "\n");
    swaks
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    assert!(swaks.wait().unwrap().success(), "swaks could not hand over");
}

/// Somebody's mutt: IMAP and submission over verified TLS, driven by its own key strokes on a terminal of its own.
pub struct Mutt<'a> {
    server: &'a MailServer,
    user: &'a str,
    folder: tempfile::TempDir,
}

impl<'a> Mutt<'a> {
    pub fn new(server: &'a MailServer, user: &'a str, name: &str) -> Mutt<'a> {
        let folder = tempfile::tempdir().unwrap();
        let address = &server.address;
        let login = user.replace('@', "%40");
        let settings = format!(
            "set realname='{name}' from='{user}' use_from=yes envelope_from=yes hostname=people.test
set folder='imaps://{address}:22993/' spoolfile='imaps://{address}:22993/INBOX'
set imap_user='{user}' imap_pass=secret
set smtp_url='smtps://{login}@{address}:22465/' smtp_pass=secret
set ssl_ca_certificates_file='{authority}' ssl_verify_host=yes ssl_force_tls=yes
set editor='{folder}/editor' tmpdir='{folder}' header_cache='' record='' copy=no
set fast_reply=yes include=yes autoedit=yes edit_headers=no reply_to=yes recall=no
set abort_unmodified=no abort_nosubject=no quit=yes delete=no mark_old=no beep=no sleep_time=0 wait_key=no\n",
            authority = server.authority().display(),
            folder = folder.path().display(),
        );
        fs::write(folder.path().join("muttrc"), settings).unwrap();
        Mutt {
            server,
            user,
            folder,
        }
    }

    fn settings(&self) -> PathBuf {
        self.folder.path().join("muttrc")
    }

    /// A new message, from the command line.
    pub fn write(&self, to: &str, subject: &str, body: &str) {
        let mut mutt = Command::new("mutt")
            .args(["-n", "-F"])
            .arg(self.settings())
            .args(["-s", subject, "--", to])
            .stdin(Stdio::piped())
            .spawn()
            .expect("mutt is not here");
        mutt.stdin
            .take()
            .unwrap()
            .write_all(body.as_bytes())
            .unwrap();
        assert!(mutt.wait().unwrap().success(), "mutt could not send");
    }

    /// Opens the mailbox by IMAP, goes to the newest letter with this subject, presses Reply, changes the quoted text
    /// by a sed script, and sends it.
    pub fn reply(&self, subject: &str, sed: &str) {
        let path = |name| self.folder.path().join(name);
        fs::write(path("script"), sed).unwrap();
        let editor = format!(
            "#!/bin/sh\nexec sed -i -f '{}' \"$1\"\n",
            path("script").display()
        );
        fs::write(path("editor"), editor).unwrap();
        fs::set_permissions(path("editor"), fs::Permissions::from_mode(0o755)).unwrap();
        let keys =
            format!("push \"<limit>~s '{subject}'<enter><last-entry><reply><send-message><quit>\"");
        fs::write(path("keys"), keys).unwrap();
        // It wants a terminal; `script` gives it one.
        let mutt = format!(
            "mutt -n -F '{}' -e 'source {}'",
            self.settings().display(),
            path("keys").display()
        );
        let before = self.server.files(self.user, "").len();
        let done = Command::new("timeout")
            .args(["60", "script", "-qec", &mutt])
            .arg(path("screen"))
            .env("TERM", "dumb")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status()
            .expect("script is not here");
        assert!(
            done.success(),
            "mutt: {done}: {}",
            String::from_utf8_lossy(&fs::read(path("screen")).unwrap())
        );
        assert_eq!(
            self.server.files(self.user, "").len(),
            before,
            "mutt has changed the mailbox"
        );
    }
}
