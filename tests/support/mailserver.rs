//! Real Dovecot and Postfix for tests (see `mailserver/README.md`), stopped when the last test lets go of them.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, Weak};
use std::{fs, process};

use pairpost::mail::account::{
    Login, MailboxSettings, SecretSource, Security, SendingSettings, Server, Traces,
};

/// A running mail server.
pub struct MailServer {
    folder: tempfile::TempDir,
    base: PathBuf,
    pub address: String,
}

impl MailServer {
    /// One server for all tests that do not stop it; each test takes users of its own.
    pub fn shared() -> Arc<MailServer> {
        static SHARED: Mutex<Weak<MailServer>> = Mutex::new(Weak::new());
        let mut shared = SHARED
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        shared.upgrade().unwrap_or_else(|| {
            let server = Arc::new(MailServer::start());
            *shared = Arc::downgrade(&server);
            server
        })
    }

    /// A server for one test, which may stop and start it.
    pub fn start() -> MailServer {
        // Not the default temporary folder: its path may be too long for a socket.
        let folder = tempfile::Builder::new()
            .prefix("pairpost-")
            .tempdir_in("/tmp")
            .unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let base = folder.path().join("mail");
        let output = Command::new(script("up"))
            .args(["--owner", &process::id().to_string()])
            .arg(&base)
            .output()
            .expect("tests/support/mailserver/up cannot be run");
        assert!(
            output.status.success(),
            "no mail server for this test; `tests/run` installs what is missing, and \
             PAIRPOST_TESTS=without-servers tests/run leaves these tests out.\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        let address = stdout
            .lines()
            .find_map(|line| line.strip_prefix("ADDRESS="))
            .unwrap()
            .to_owned();
        let server = MailServer {
            folder,
            base,
            address,
        };
        fs::write(server.password_file(), "secret\n").unwrap();
        fs::set_permissions(server.password_file(), fs::Permissions::from_mode(0o600)).unwrap();
        server
    }

    pub fn password_file(&self) -> PathBuf {
        self.folder.path().join("password")
    }

    pub fn authority(&self) -> PathBuf {
        self.base.join("tls/ca.pem")
    }

    pub fn wrong_authority(&self) -> PathBuf {
        self.base.join("tls/wrong-ca.pem")
    }

    pub fn imap(&self, security: Security) -> Server {
        let port = if security == Security::Tls {
            22993
        } else {
            22143
        };
        self.door(port, security)
    }

    /// Submission, with a login; without TLS the door for this machine, which wants none.
    pub fn submission(&self, security: Security) -> Server {
        let port = match security {
            Security::Tls => 22465,
            Security::StartTls => 22587,
            Security::Plain => 22025,
        };
        self.door(port, security)
    }

    fn door(&self, port: u16, security: Security) -> Server {
        Server {
            host: self.address.clone(),
            port,
            security,
            tls_ca_file: Some(self.authority()),
            tls_name: None,
        }
    }

    pub fn login(&self, user: &str) -> Login {
        Login::Password {
            user: user.to_owned(),
            secret: SecretSource::File(self.password_file()),
        }
    }

    pub fn mailbox(&self, user: &str) -> MailboxSettings {
        MailboxSettings::Imap {
            server: self.imap(Security::Tls),
            login: self.login(user),
            folder: "INBOX".into(),
            processed_folder: "Processed".into(),
            quarantine_folder: "Quarantine".into(),
        }
    }

    pub fn sending(&self, user: &str) -> SendingSettings {
        SendingSettings::Smtp {
            server: self.submission(Security::Tls),
            login: Some(self.login(user)),
            traces: Traces::default(),
        }
    }

    /// Puts messages straight into somebody's INBOX, by LMTP (RFC 2033).
    pub fn put(&self, user: &str, messages: impl IntoIterator<Item = impl AsRef<[u8]>>) {
        let stream = TcpStream::connect((self.address.as_str(), 22024)).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut lmtp = Dialogue {
            reader: BufReader::new(stream.try_clone().unwrap()),
            stream,
        };
        lmtp.expect("220");
        lmtp.say(b"LHLO test\r\n", "250");
        for message in messages {
            lmtp.say(b"MAIL FROM:<somebody@people.test>\r\n", "250");
            lmtp.say(format!("RCPT TO:<{user}>\r\n").as_bytes(), "250");
            lmtp.say(b"DATA\r\n", "354");
            let mut body = Vec::new();
            let message = message.as_ref();
            for line in message
                .strip_suffix(b"\r\n")
                .unwrap_or(message)
                .split_inclusive(|byte| *byte == b'\n')
            {
                body.extend(line.starts_with(b".").then_some(b'.'));
                body.extend_from_slice(line);
            }
            body.extend_from_slice(b"\r\n.\r\n");
            lmtp.say(&body, "250");
        }
    }

    /// The messages that lie in somebody's folder ("" is INBOX), as files.
    pub fn files(&self, user: &str, folder: &str) -> Vec<PathBuf> {
        let maildir = self.maildir(user, folder);
        let list = |part| {
            fs::read_dir(maildir.join(part))
                .into_iter()
                .flatten()
                .map(|entry| entry.unwrap().path())
        };
        let mut files: Vec<PathBuf> = list("new").chain(list("cur")).collect();
        files.sort();
        files
    }

    /// Where somebody's folder lies on the disk.
    pub fn maildir(&self, user: &str, folder: &str) -> PathBuf {
        let (name, domain) = user.split_once('@').unwrap();
        let mut maildir = self
            .base
            .join("mail")
            .join(domain)
            .join(name)
            .join("Maildir");
        if !folder.is_empty() {
            maildir.push(format!(".{folder}"));
        }
        maildir
    }

    /// Waits until so many messages lie in a folder; delivery takes Postfix a moment.
    pub fn wait_for(&self, user: &str, count: usize) -> Vec<String> {
        for _ in 0..600 {
            let files = self.files(user, "");
            if files.len() >= count {
                return files
                    .iter()
                    .map(|file| fs::read_to_string(file).unwrap())
                    .collect();
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!(
            "only {} of {count} messages reached {user}",
            self.files(user, "").len()
        );
    }

    /// One of the words of `mailserver/ctl`.
    pub fn ctl(&self, words: &[&str]) -> String {
        let output = Command::new(script("ctl"))
            .arg(&self.base)
            .args(words)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "ctl {words:?}: {text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        text
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = Command::new(script("down")).arg(&self.base).status();
    }
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/support/mailserver")
        .join(name)
}

struct Dialogue {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
}

impl Dialogue {
    fn say(&mut self, bytes: &[u8], expected: &str) {
        self.stream.write_all(bytes).unwrap();
        self.expect(expected);
    }

    fn expect(&mut self, code: &str) {
        loop {
            let mut line = String::new();
            self.reader.read_line(&mut line).unwrap();
            assert!(line.starts_with(code), "expected {code}, got {line:?}");
            if line.as_bytes().get(3) != Some(&b'-') {
                return;
            }
        }
    }
}

/// Puts a message into a Maildir folder that belongs to the server, as if the server itself had.
pub fn put_file(folder: &Path, message: &[u8]) {
    static NUMBER: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    use std::os::unix::fs::MetadataExt;
    let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    let name = format!("1700000000.T{}N{number}.test", process::id());
    let owner = fs::metadata(folder).unwrap();
    let (draft, place) = (
        folder.join("tmp").join(&name),
        folder.join("new").join(&name),
    );
    fs::write(&draft, message).unwrap();
    std::os::unix::fs::chown(&draft, Some(owner.uid()), Some(owner.gid())).unwrap();
    fs::rename(draft, place).unwrap();
}
