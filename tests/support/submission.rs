//! A mail server that takes letters as slowly as a test wants, keeps a copy of each like the big providers do, and
//! counts. It takes a letter when it has read the dot, and says so a while later: between the two lies the moment in
//! which a sender that dies cannot know.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// The server; it ends with its test.
pub struct Submission {
    pub port: u16,
    inner: Arc<Inner>,
}

struct Inner {
    /// Recipient and Message-ID of each letter taken, in order.
    taken: Mutex<Vec<(String, String)>>,
    /// From the dot to the answer.
    silence: Duration,
    /// From the dot to the copy.
    copy_after: Duration,
    /// A Maildir folder for the copies.
    copies: Option<PathBuf>,
    connections: AtomicU64,
    /// A file with a line for each letter taken, as `postqueue -j` lists a queue.
    noted: Option<PathBuf>,
    /// Whether everybody is sent away at the door.
    refusing: AtomicBool,
}

impl Submission {
    /// A server that writes down what it takes as a Postfix lists its queue.
    pub fn start_noting(noted: &std::path::Path) -> Submission {
        Submission::with(Duration::ZERO, None, Duration::ZERO, Some(noted.to_owned()))
    }

    /// Whether it sends everybody away from now on.
    pub fn refuse(&self, refuse: bool) {
        self.inner.refusing.store(refuse, Ordering::SeqCst);
    }

    pub fn start(silence: Duration, copies: Option<PathBuf>, copy_after: Duration) -> Submission {
        Submission::with(silence, copies, copy_after, None)
    }

    fn with(
        silence: Duration,
        copies: Option<PathBuf>,
        copy_after: Duration,
        noted: Option<PathBuf>,
    ) -> Submission {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let inner = Arc::new(Inner {
            taken: Mutex::new(Vec::new()),
            silence,
            copy_after,
            copies,
            connections: AtomicU64::new(0),
            noted,
            refusing: AtomicBool::new(false),
        });
        let serving = inner.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                serving.connections.fetch_add(1, Ordering::SeqCst);
                let inner = serving.clone();
                // A client that is killed breaks its dialogue; that is what this server is for.
                thread::spawn(move || inner.serve(stream));
            }
        });
        Submission { port, inner }
    }

    pub fn taken(&self) -> Vec<(String, String)> {
        self.inner.taken.lock().unwrap().clone()
    }

    pub fn connections(&self) -> u64 {
        self.inner.connections.load(Ordering::SeqCst)
    }
}

impl Inner {
    fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let mut answer = stream.try_clone()?;
        let mut lines = BufReader::new(stream);
        let (mut sender, mut recipient) = (String::new(), String::new());
        if self.refusing.load(Ordering::SeqCst) {
            return answer.write_all(b"421 4.3.2 not now\r\n");
        }
        answer.write_all(b"220 test ESMTP\r\n")?;
        loop {
            let mut line = String::new();
            if lines.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
            let reply: &[u8] = match verb.as_str() {
                "EHLO" => b"250-test\r\n250 8BITMIME\r\n",
                "MAIL" => {
                    sender = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                    b"250 ok\r\n"
                }
                "RCPT" => {
                    recipient = line.trim_end().to_owned();
                    b"250 ok\r\n"
                }
                "DATA" => {
                    answer.write_all(b"354 go on\r\n")?;
                    let mut letter = String::new();
                    while !letter.ends_with("\r\n.\r\n") {
                        if lines.read_line(&mut letter)? == 0 {
                            return Ok(()); // Cut off before the dot: not taken.
                        }
                    }
                    if let Some(noted) = &self.noted {
                        let mut file = std::fs::File::options().append(true).open(noted)?;
                        writeln!(file, "{{\"sender\": \"{sender}\"}}")?;
                    }
                    self.take(&recipient, &letter);
                    b"250 taken\r\n"
                }
                "QUIT" => return answer.write_all(b"221 bye\r\n"),
                _ => b"250 ok\r\n",
            };
            answer.write_all(reply)?;
        }
    }

    fn take(&self, recipient: &str, letter: &str) {
        let message_id = letter
            .lines()
            .find_map(|line| line.strip_prefix("Message-ID: "))
            .unwrap_or_default();
        self.taken
            .lock()
            .unwrap()
            .push((recipient.to_owned(), message_id.to_owned()));
        if let Some(folder) = self.copies.clone() {
            let (copy, wait) = (
                letter.strip_suffix(".\r\n").unwrap_or(letter).to_owned(),
                self.copy_after,
            );
            let keep = move || {
                thread::sleep(wait);
                super::mailserver::put_file(&folder, copy.as_bytes());
            };
            if wait.is_zero() {
                keep()
            } else {
                drop(thread::spawn(keep))
            }
        }
        thread::sleep(self.silence);
    }
}
