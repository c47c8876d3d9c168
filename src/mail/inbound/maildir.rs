//! A Maildir as mailbox: `new/` and `cur/` are the folder, `.Processed` and `.Quarantine` (Maildir++ subfolders) are
//! where messages are filed, and [`deliver`] puts a message into any Maildir.
//!
//! Used for trying Pairpost out, for the rehearsal, and on machines where a mail server delivers into a Maildir.
//! No file is ever named from what a message contains. The calls are short and block; the daemon may make them on
//! its own thread.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use tokio::time::{Instant, sleep_until};

use super::mailbox::{
    Destination, Fetched, LIST_MAX, Listed, MESSAGE_MAX_BYTES, MailboxError, Place, Removal, Wake,
    bounded,
};
use crate::mail::mention;
use crate::time::Clock;

/// How often [`Maildir::wait`] looks.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A folder's date changes with its content, but in steps; after this much rest it can be believed.
const DATE_SETTLES_AFTER: Duration = Duration::from_secs(2);

/// An open Maildir.
pub struct Maildir {
    root: PathBuf,
    /// Unique names that [`Maildir::list_next`] has handed out and that are still there.
    handed_out: HashSet<String>,
    /// Where each message was last seen: a mail client may move it from `new/` to `cur/` at any time.
    files: HashMap<String, PathBuf>,
    /// The dates of `new/` and `cur/` at the last look, and when that was.
    last_look: Option<([Option<SystemTime>; 2], SystemTime)>,
}

impl Maildir {
    /// Opens the Maildir at `path`; it and its two subfolders are made where missing.
    pub fn open(path: &Path) -> Result<Maildir, MailboxError> {
        for folder in [
            path.to_owned(),
            subfolder(path, Destination::Processed),
            subfolder(path, Destination::Quarantine),
        ] {
            create(&folder).map_err(|reason| unusable(path, reason))?;
        }
        Ok(Maildir {
            root: path.to_owned(),
            handed_out: HashSet::new(),
            files: HashMap::new(),
            last_look: None,
        })
    }

    pub fn rewind(&mut self) {
        self.handed_out.clear();
        self.last_look = None;
    }

    pub fn list_next(&mut self) -> Result<Vec<Listed>, MailboxError> {
        self.look()?;
        let mut names: Vec<&String> = self
            .files
            .keys()
            .filter(|name| !self.handed_out.contains(*name))
            .collect();
        // Names begin with the second of delivery, so this is the order of arrival.
        names.sort_unstable();
        names.truncate(LIST_MAX as usize);
        let mut listed = Vec::with_capacity(names.len());
        for name in names {
            // Taken away between the look and now: not our message any more.
            let Some(bytes) = self
                .files
                .get(name)
                .and_then(|path| fs::symlink_metadata(path).ok())
                .map(|file| file.len())
            else {
                continue;
            };
            listed.push(Listed {
                place: Place::Maildir { name: name.clone() },
                bytes,
                internal_date: None,
            });
        }
        self.handed_out.extend(
            listed
                .iter()
                .filter_map(|message| name_of(&message.place).map(str::to_owned)),
        );
        Ok(listed)
    }

    pub fn fetch(&mut self, wanted: &[Listed]) -> Result<Vec<Fetched>, MailboxError> {
        let mut fetched = Vec::with_capacity(wanted.len());
        for message in wanted {
            let Some(name) = name_of(&message.place) else {
                continue;
            };
            let Some(mut file) = self.open_message(name)? else {
                continue;
            };
            let (bytes, truncated) =
                read_bounded(&mut file).map_err(|reason| unusable(&self.root, reason))?;
            fetched.push(Fetched {
                place: message.place.clone(),
                bytes,
                truncated,
                internal_date: None,
            });
        }
        Ok(fetched)
    }

    pub fn file_away(&mut self, done: &[(Place, Destination)]) -> Result<(), MailboxError> {
        for (place, destination) in done {
            let Some(name) = name_of(place) else { continue };
            let folder = subfolder(&self.root, *destination);
            let target = match destination {
                // Read, by us at least: a mail client need not show it as new.
                Destination::Processed => folder.join("cur").join(format!("{name}:2,S")),
                Destination::Quarantine => folder.join("new").join(name),
            };
            let Some(path) = self.find(name)? else {
                continue;
            };
            match fs::rename(&path, &target) {
                Err(reason) if reason.kind() != io::ErrorKind::NotFound => {
                    return Err(unusable(&self.root, reason));
                }
                _ => {
                    self.files.remove(name);
                    self.handed_out.remove(name);
                }
            }
        }
        Ok(())
    }

    pub async fn wait(
        &mut self,
        deadline: Instant,
        stop: impl Future<Output = ()>,
    ) -> Result<Wake, MailboxError> {
        tokio::pin!(stop);
        loop {
            if self.has_news()? {
                return Ok(Wake::NewMail);
            }
            let next_look = (Instant::now() + LOOK_EVERY).min(deadline);
            tokio::select! {
                _ = &mut stop => return Ok(Wake::Stopped),
                _ = sleep_until(next_look) => {}
            }
            if Instant::now() >= deadline {
                return Ok(if self.has_news()? {
                    Wake::NewMail
                } else {
                    Wake::Deadline
                });
            }
        }
    }

    /// Is there a message that was not handed out? Costs two calls to the file system while nothing happens.
    fn has_news(&mut self) -> Result<bool, MailboxError> {
        let dates = self.dates();
        if let Some((last_dates, looked_at)) = &self.last_look
            && *last_dates == dates
            && dates.iter().flatten().all(|date| {
                looked_at
                    .duration_since(*date)
                    .is_ok_and(|rest| rest > DATE_SETTLES_AFTER)
            })
        {
            return Ok(self
                .files
                .keys()
                .any(|name| !self.handed_out.contains(name)));
        }
        self.look()?;
        Ok(self
            .files
            .keys()
            .any(|name| !self.handed_out.contains(name)))
    }

    fn dates(&self) -> [Option<SystemTime>; 2] {
        ["new", "cur"].map(|part| {
            fs::metadata(self.root.join(part))
                .and_then(|folder| folder.modified())
                .ok()
        })
    }

    /// Reads both folders anew.
    fn look(&mut self) -> Result<(), MailboxError> {
        let unusable = |reason| unusable(&self.root, reason);
        let dates = self.dates();
        let mut files = HashMap::new();
        for part in ["cur", "new"] {
            for entry in fs::read_dir(self.root.join(part)).map_err(unusable)? {
                let entry = entry.map_err(unusable)?;
                let file_name = entry.file_name();
                // A name that is no text, a hidden file, a folder or a link was not put here by a mail server.
                let Some(text) = file_name.to_str().filter(|text| !text.starts_with('.')) else {
                    continue;
                };
                if entry.file_type().map_err(unusable)?.is_file() {
                    files.insert(unique_part(text).to_owned(), entry.path());
                }
            }
        }
        self.handed_out.retain(|name| files.contains_key(name));
        self.files = files;
        // The same clock as the files' dates; only their distance counts.
        self.last_look = Some((dates, SystemTime::from(Clock::System.now())));
        Ok(())
    }

    fn find(&mut self, name: &str) -> Result<Option<PathBuf>, MailboxError> {
        if let Some(path) = self.files.get(name).filter(|path| path.exists()) {
            return Ok(Some(path.clone()));
        }
        self.look()?;
        Ok(self.files.get(name).cloned())
    }

    fn open_message(&mut self, name: &str) -> Result<Option<File>, MailboxError> {
        // Where it was last seen it usually still is.
        if let Some(file) = self.files.get(name).and_then(|path| File::open(path).ok()) {
            return Ok(Some(file));
        }
        let Some(path) = self.find(name)? else {
            return Ok(None);
        };
        match File::open(path) {
            Ok(file) => Ok(Some(file)),
            Err(reason) if reason.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(reason) => Err(unusable(&self.root, reason)),
        }
    }
}

/// Removes copies for good from the Maildir and its subfolders for what is filed away and what was sent; see
/// `Mailbox::remove`.
pub fn remove(
    root: &Path,
    wanted: &[Removal],
    is_it: &dyn Fn(usize, &[u8]) -> bool,
) -> Result<u32, MailboxError> {
    let folders = [
        root.to_owned(),
        subfolder(root, Destination::Processed),
        subfolder(root, Destination::Quarantine),
        root.join(".Sent"),
    ];
    let mut removed = 0;
    for part in folders
        .iter()
        .flat_map(|folder| [folder.join("new"), folder.join("cur")])
    {
        // A folder that is not there holds nothing.
        for entry in fs::read_dir(&part).into_iter().flatten().flatten() {
            let Ok(mut file) = File::open(entry.path()) else {
                continue;
            };
            let Ok((bytes, _)) = read_bounded(&mut file) else {
                continue;
            };
            let id = mention::message_id(&bytes).unwrap_or_default();
            let known = wanted.iter().enumerate().any(|(index, removal)| {
                let same_id = removal.message_id == id;
                same_id && (removal.ours && !id.is_empty() || is_it(index, &bytes))
            });
            if known {
                match fs::remove_file(entry.path()) {
                    Err(reason) if reason.kind() != io::ErrorKind::NotFound => {
                        return Err(unusable(root, reason));
                    }
                    _ => removed += 1,
                }
            }
        }
    }
    Ok(removed)
}

/// Puts a message into the Maildir at `root`, which is made where missing, and returns the file's name.
///
/// `stem` is the name to give; it must be new for each message, and, with `durable`, a message that already lies in
/// `new/` (or unread or read in `cur/`) under it is not written again, which makes delivering twice harmless. Without
/// one, a name of the usual form is made. With `durable` the message is on the disk, not only in memory, when this returns.
pub fn deliver(root: &Path, bytes: &[u8], durable: bool, stem: Option<&str>) -> io::Result<String> {
    let name = match stem {
        Some(stem)
            if stem.is_empty() || stem.starts_with('.') || stem.contains(['/', ':', '\0']) =>
        {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("{stem:?} is no name for a message"),
            ));
        }
        Some(stem) => stem.to_owned(),
        None => new_name(),
    };
    let target = root.join("new").join(&name);
    let in_cur = |flags: &str| root.join("cur").join(format!("{name}{flags}"));
    if durable
        && stem.is_some()
        && (target.exists() || in_cur(":2,").exists() || in_cur(":2,S").exists())
    {
        return Ok(name);
    }
    let draft = root.join("tmp").join(&name);
    match write_draft(&draft, bytes, durable) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            create(root)?;
            write_draft(&draft, bytes, durable)
        }
        other => other,
    }
    .and_then(|()| fs::rename(&draft, &target))
    .inspect_err(|_| {
        // Half a message in tmp/ is of no use to anybody.
        let _ = fs::remove_file(&draft);
    })?;
    if durable {
        File::open(root.join("new"))?.sync_all()?;
    }
    Ok(name)
}

fn write_draft(path: &Path, bytes: &[u8], durable: bool) -> io::Result<()> {
    // Not `create_new`: a draft of the same name is what a crash left behind.
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .open(path)?;
    file.write_all(bytes)?;
    if durable { file.sync_all() } else { Ok(()) }
}

/// `seconds.M<microseconds>P<process>Q<count>.<host>`, as the Maildir specification asks.
fn new_name() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = Clock::System.now();
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host: String = host
        .trim()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || ".-".contains(*c))
        .collect();
    format!(
        "{}.M{}P{}Q{}.{}",
        now.timestamp(),
        now.timestamp_subsec_micros(),
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed),
        if host.is_empty() { "localhost" } else { &host }
    )
}

fn create(root: &Path) -> io::Result<()> {
    ["tmp", "new", "cur"]
        .iter()
        .try_for_each(|part| fs::create_dir_all(root.join(part)))
}

fn subfolder(root: &Path, destination: Destination) -> PathBuf {
    root.join(match destination {
        Destination::Processed => ".Processed",
        Destination::Quarantine => ".Quarantine",
    })
}

/// A file's name without its flags (`:2,FRS`).
fn unique_part(file_name: &str) -> &str {
    file_name
        .split_once(":2,")
        .map_or(file_name, |(name, _)| name)
}

fn name_of(place: &Place) -> Option<&str> {
    match place {
        Place::Maildir { name } if !name.contains('/') => Some(name),
        _ => None,
    }
}

/// A message within the limits of the mailbox, and whether it was cut.
fn read_bounded(file: &mut File) -> io::Result<(Vec<u8>, bool)> {
    let mut bytes = Vec::new();
    file.take(MESSAGE_MAX_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bounded(bytes))
}

fn unusable(path: &Path, reason: io::Error) -> MailboxError {
    MailboxError::Maildir {
        path: path.display().to_string(),
        reason,
    }
}
