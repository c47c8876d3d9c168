//! A programme of its own for one test: a config folder as `pairpost init` writes it, and the real `pairpost` on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc, Weekday};
use tempfile::TempDir;

use super::mailserver::MailServer;

pub const ADDRESS: &str = "exchange@org.test";
pub const COORDINATOR: &str = "coordinator@org.test";

/// How long a test waits for what must happen. Nothing is measured by it.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Looks again and again until there is something.
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < until, "this did not happen: {what}");
        sleep(Duration::from_millis(50));
    }
}

/// A config folder and its state.
pub struct Programme {
    folder: TempDir,
    /// Day 0 of its round.
    pub start: NaiveDate,
}

impl Programme {
    /// Written by `pairpost init`, its round open today: day 0 is a Tuesday in two to three weeks.
    fn written(address: &str, host: &str) -> Programme {
        let folder = tempfile::tempdir().unwrap();
        let start = (14..21)
            .map(|days| Utc::now().date_naive() + Days::new(days))
            .find(|date| date.weekday() == Weekday::Tue)
            .unwrap();
        let programme = Programme { folder, start };
        let done = pairpost()
            .arg("init")
            .arg(programme.config())
            .args(["--address", address])
            .arg("--coordinator")
            .arg(format!("Ada Martin <{COORDINATOR}>"))
            .args(["--imap", host, "--smtp", host])
            .args(["--zone", "UTC", "--start", &start.to_string()])
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
        // A handful of people is never balanced over the countries.
        let round = fs::read_dir(programme.config().join("rounds"))
            .unwrap()
            .next()
            .unwrap()
            .unwrap();
        let round = format!("rounds/{}", round.file_name().to_string_lossy());
        programme.edit(&round, &[("# capped = true", "capped = false")]);
        // People of a test share one mail host.
        programme.edit(
            "pairpost.toml",
            &[
                ("# letters_per_minute = 20", "letters_per_minute = 100000"),
                (
                    "# letters_per_domain_per_minute = 10",
                    "letters_per_domain_per_minute = 100000",
                ),
            ],
        );
        programme
    }

    /// On real servers: verified TLS by their private authority, and a login for sending.
    pub fn on(server: &MailServer, address: &str) -> Programme {
        let programme = Programme::written(address, &server.address);
        let authority = format!("tls_ca_file = \"{}\"", server.authority().display());
        programme.edit(
            "pairpost.toml",
            &[
                ("# tls_ca_file = \"private-ca.pem\"", &authority),
                ("# port = 993", "port = 22993"),
                ("# port = 465", "port = 22465"),
            ],
        );
        fs::copy(
            server.password_file(),
            programme.config().join("secrets/mailbox-password"),
        )
        .unwrap();
        programme
    }

    /// Its letters leave by another server, which wants no login; `more` are further lines of `[sending]`.
    pub fn send_by(&self, host: &str, port: u16, more: &str) {
        let path = self.config().join("pairpost.toml");
        let text = fs::read_to_string(&path).unwrap();
        let begin = text.find("\n[sending]\n").unwrap() + 1;
        let end = begin + text[begin..].find("\n[schedule]\n").unwrap();
        let section = format!(
            "[sending]\nkind = \"smtp\"\nhost = \"{host}\"\nport = {port}\nsecurity = \"plain\"\n{more}\n\n"
        );
        let mut text = format!("{}{section}{}", &text[..begin], &text[end..]);
        text = text.replace("\n# letters_per_hour = 1000", "\nletters_per_hour = 100000");
        fs::write(path, text).unwrap();
    }

    /// Between two Maildirs, with no server at all.
    pub fn on_maildirs() -> Programme {
        let programme = Programme::written(ADDRESS, "unused.test");
        let mailbox = format!(
            "kind = \"maildir\"\npath = \"{}\"",
            programme.mailbox().display()
        );
        let sending = format!(
            "kind = \"maildir\"\npath = \"{}\"",
            programme.outgoing().display()
        );
        programme.edit(
            "pairpost.toml",
            &[
                ("kind = \"imap\"", &mailbox),
                ("kind = \"smtp\"", &sending),
                ("host = ", "# host = "),
                ("user = ", "# user = "),
                ("password_file = ", "# password_file = "),
            ],
        );
        programme
    }

    pub fn config(&self) -> PathBuf {
        self.folder.path().join("programme")
    }

    pub fn state(&self) -> PathBuf {
        self.config().join("state")
    }

    pub fn database(&self) -> PathBuf {
        self.state().join("pairpost.db")
    }

    /// The Maildir that it reads.
    pub fn mailbox(&self) -> PathBuf {
        self.folder.path().join("mailbox")
    }

    /// The Maildir that its letters go to.
    pub fn outgoing(&self) -> PathBuf {
        self.folder.path().join("outgoing")
    }

    /// Replaces lines that begin with one of these texts by the text beside it and what followed it.
    pub fn edit(&self, file: &str, changes: &[(&str, &str)]) {
        let path = self.config().join(file);
        let mut text = format!("\n{}", fs::read_to_string(&path).unwrap());
        for (before, after) in changes {
            let before = format!("\n{before}");
            assert!(text.contains(&before), "{file} has no line {before:?}");
            text = text.replace(&before, &format!("\n{after}"));
        }
        fs::write(path, text.trim_start_matches('\n')).unwrap();
    }

    /// A command on this programme, run to its end.
    pub fn command(&self, words: &[&str]) -> Output {
        pairpost()
            .args(words)
            .arg("--config")
            .arg(self.config())
            .output()
            .unwrap()
    }

    /// A command that must succeed; what it printed.
    pub fn told(&self, words: &[&str]) -> String {
        let output = self.command(words);
        assert!(output.status.success(), "{words:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// One value out of the database.
    pub fn count(&self, sql: &str) -> i64 {
        let db = rusqlite::Connection::open(self.database()).unwrap();
        db.busy_timeout(PATIENCE).unwrap();
        db.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// All that its daemons have logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// Starts the daemon and waits until it is ready.
    pub fn run(&self) -> Daemon {
        self.run_at(Utc::now())
    }

    /// Starts the daemon with a clock that shows `moment` and goes on from there.
    pub fn run_at(&self, moment: DateTime<Utc>) -> Daemon {
        let shift = (moment - Utc::now()).num_seconds();
        if shift.abs() <= 1 {
            return self.run_with(&[]);
        }
        self.run_with(&[("PAIRPOST_CLOCK_OFFSET_SECONDS", shift.to_string().as_ref())])
    }

    /// Messages that nobody has filed away yet.
    pub fn in_inbox(&self) -> usize {
        maildir_files(&self.mailbox(), "").len()
    }

    /// Starts the daemon with something in its environment.
    pub fn run_with(&self, environment: &[(&str, &std::ffi::OsStr)]) -> Daemon {
        let mut daemon = self.start_with(environment);
        let until = Instant::now() + PATIENCE;
        while !daemon.has_logged("ready") {
            assert_eq!(daemon.child.try_wait().unwrap(), None, "{}", daemon.log());
            assert!(Instant::now() < until, "not ready: {}", daemon.log());
            sleep(Duration::from_millis(20));
        }
        daemon
    }

    /// The same with a clock that shows `moment`, and without waiting until it is ready.
    pub fn start_at(
        &self,
        moment: DateTime<Utc>,
        environment: &[(&str, &std::ffi::OsStr)],
    ) -> Daemon {
        let shift = (moment - Utc::now()).num_seconds().to_string();
        let clock = [("PAIRPOST_CLOCK_OFFSET_SECONDS", shift.as_ref())];
        self.start_with(&[environment, &clock].concat())
    }

    /// Starts the daemon and does not wait for it: it may not come far.
    pub fn start_with(&self, environment: &[(&str, &std::ffi::OsStr)]) -> Daemon {
        self.start_limited(environment, "")
    }

    /// The same under a limit, as the words of `ulimit`: "-n 16".
    pub fn start_limited(&self, environment: &[(&str, &std::ffi::OsStr)], limit: &str) -> Daemon {
        let logged = self.log().len();
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.log_file())
            .unwrap();
        let mut command = match limit {
            "" => pairpost(),
            limit => {
                let mut shell = clean(Command::new("bash"));
                shell.args([
                    "-c",
                    &format!("ulimit {limit}; exec \"$0\" \"$@\""),
                    env!("CARGO_BIN_EXE_pairpost"),
                ]);
                shell
            }
        };
        command.args(["run", "--config"]).arg(self.config());
        command.envs(environment.iter().copied());
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        Daemon {
            log_file: self.log_file(),
            child,
            logged,
        }
    }
}

/// A running daemon, which does not outlive its test.
pub struct Daemon {
    log_file: PathBuf,
    child: Child,
    /// Where its part of the log begins.
    logged: usize,
}

impl Daemon {
    /// What it has logged since its start.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log_file).unwrap()[self.logged..].to_owned()
    }

    pub fn has_logged(&self, text: &str) -> bool {
        self.log().contains(text)
    }

    pub fn wait_for_log(&self, text: &str) {
        let until = Instant::now() + PATIENCE;
        while !self.has_logged(text) {
            assert!(
                Instant::now() < until,
                "{text:?} was not logged: {}",
                self.log()
            );
            sleep(Duration::from_millis(5));
        }
    }

    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Whether it has ended; its exit code is 78 where it refused its config or its database.
    pub fn ended(&self) -> bool {
        // A process that is waited for later still has its folder.
        fs::read_to_string(format!("/proc/{}/stat", self.child.id()))
            .map_or(true, |stat| stat.contains(") Z "))
    }

    /// Waits for it to end by itself.
    pub fn exit_code(mut self) -> Option<i32> {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            sleep(Duration::from_millis(10));
        }
        panic!("it does not end: {}", self.log());
    }

    /// Asks it to end, and kills it where it does not within a time.
    pub fn end_within(mut self, patience: Duration) {
        if self.has_ended() {
            return;
        }
        self.signal("TERM");
        let until = Instant::now() + patience;
        while Instant::now() < until {
            if self.child.try_wait().unwrap().is_some() {
                return;
            }
            sleep(Duration::from_millis(20));
        }
        self.kill();
    }

    /// The most memory that it has had at once, in KiB.
    pub fn peak_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .and_then(|value| value.trim().trim_end_matches(" kB").parse().ok())
            .unwrap()
    }

    /// Sends it a signal by its name.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    /// Tells it to read its config anew (SIGHUP).
    pub fn hang_up(&self) {
        self.signal("HUP");
    }

    /// Asks it to end (SIGTERM), and waits.
    pub fn terminate(mut self) -> ExitStatus {
        self.signal("TERM");
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(
                Instant::now() < until,
                "it does not end on SIGTERM: {}",
                self.log()
            );
            sleep(Duration::from_millis(20));
        }
    }

    /// Ends it without a word (SIGKILL).
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program under test, untouched by what this shell has set.
fn pairpost() -> Command {
    clean(Command::new(env!("CARGO_BIN_EXE_pairpost")))
}

fn clean(mut command: Command) -> Command {
    for name in [
        "PAIRPOST_CONFIG",
        "PAIRPOST_CLOCK_OFFSET_SECONDS",
        "PAIRPOST_FAILPOINT",
        "NOTIFY_SOCKET",
        "RUST_LOG",
    ] {
        command.env_remove(name);
    }
    command
}

/// How much of something a test does: thousands where `tests/run --long` says so.
pub fn effort(usual: u32, long: u32) -> u32 {
    match std::env::var_os("PAIRPOST_LONG") {
        Some(_) => long,
        None => usual,
    }
}

/// The files of a Maildir's folder ("" is the inbox), read or not.
pub fn maildir_files(maildir: &Path, folder: &str) -> Vec<PathBuf> {
    let folder = match folder {
        "" => maildir.to_owned(),
        name => maildir.join(format!(".{name}")),
    };
    let mut files: Vec<PathBuf> = ["new", "cur"]
        .iter()
        .flat_map(|part| fs::read_dir(folder.join(part)).into_iter().flatten())
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}
