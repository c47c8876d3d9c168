//! The file of the master key: which keys there are and since when, how the key is changed, and which of two files counts
//! when a backup is put back. What the keys are used for is known in `mail::token` alone.
//!
//! The file is exchanged as a whole by one rename: whenever the process or the machine ends, it holds the old keys or the
//! new ones. A file of 32 bytes, as earlier versions wrote it, is a key that has never been changed.

use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use chrono::{DateTime, SecondsFormat, Utc};
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};

use crate::failpoint;
use crate::mail::token::Keys;
use crate::time::Moment;

/// Its name in the state folder.
pub const FILE: &str = "master.key";

const HEAD: &str = "# The master key of a Pairpost programme. Whoever has it can answer in anybody's name: keep it secret, and a copy of\n\
                    # it with each copy of the database. It is changed with: pairpost key --rotate\n";

/// One of the keys.
#[derive(Clone, PartialEq, Eq)]
struct Generation {
    key: [u8; 32],
    /// Unknown of a key that an earlier version made.
    made: Option<Moment>,
}

/// What stands in the file.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterKey {
    /// How many there have been, this one included.
    number: u32,
    current: Generation,
    /// What it signed is still taken.
    former: Option<Generation>,
    lasting: [u8; 32],
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MasterKey({})", self.number)
    }
}

impl MasterKey {
    fn new(now: Moment) -> anyhow::Result<MasterKey> {
        let key = random()?;
        Ok(MasterKey {
            number: 1,
            current: Generation {
                key,
                made: Some(now),
            },
            former: None,
            lasting: key,
        })
    }

    pub fn keys(&self) -> Keys {
        let former = self.former.as_ref().map(|former| former.key);
        Keys::of(self.current.key, former, self.lasting)
    }

    pub fn number(&self) -> u32 {
        self.number
    }

    /// Since when letters are signed with the current key; unknown of a key that an earlier version made.
    pub fn made(&self) -> Option<Moment> {
        self.current.made
    }

    /// Whether what the key before this one signed is taken.
    pub fn takes_former(&self) -> bool {
        self.former.is_some()
    }

    /// What was signed before this moment is not taken any more; `None` where everything is.
    pub fn takes_since(&self) -> Option<Moment> {
        match &self.former {
            Some(former) if self.number > 2 => former.made,
            // Nothing was signed before the first one.
            Some(_) => None,
            None if self.number > 1 => self.current.made,
            None => None,
        }
    }

    /// A new key. What the current one has signed is still taken, unless others have it (`exposed`); what was signed
    /// before that is not.
    ///
    /// # Errors
    /// The machine gives no randomness.
    pub fn renewed(&self, exposed: bool, now: Moment) -> anyhow::Result<MasterKey> {
        Ok(MasterKey {
            number: self.number.saturating_add(1),
            current: Generation {
                key: random()?,
                made: Some(now),
            },
            former: (!exposed).then(|| self.current.clone()),
            lasting: self.lasting,
        })
    }

    /// Of the same programme: what the one remembers for ever, the other finds.
    fn is_akin(&self, other: &MasterKey) -> bool {
        self.lasting == other.lasting
    }

    fn parse(bytes: &[u8]) -> Option<MasterKey> {
        if let Ok(key) = <[u8; 32]>::try_from(bytes) {
            return Some(MasterKey {
                number: 1,
                current: Generation { key, made: None },
                former: None,
                lasting: key,
            });
        }
        let text = std::str::from_utf8(bytes).ok()?;
        let (mut number, mut current, mut former, mut lasting) = (None, None, None, None);
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                ["generation", written] => number = Some(written.parse().ok()?),
                ["current", made, key] => current = Some(generation(made, key)?),
                ["former", made, key] => former = Some(generation(made, key)?),
                ["lasting", key] => lasting = Some(key_of(key)?),
                [] => {}
                _ => return None,
            }
        }
        Some(MasterKey {
            number: number?,
            current: current?,
            former,
            lasting: lasting?,
        })
    }

    fn text(&self) -> String {
        let mut text = format!("{HEAD}generation {}\n", self.number);
        let current = Some(("current", &self.current));
        let former = self.former.as_ref().map(|former| ("former", former));
        for (what, it) in [current, former].into_iter().flatten() {
            let made = it.made.map_or_else(
                || "unknown".into(),
                |made| made.to_rfc3339_opts(SecondsFormat::Secs, true),
            );
            let _ = writeln!(text, "{what} {made} {}", HEXLOWER.encode(&it.key));
        }
        let _ = writeln!(text, "lasting {}", HEXLOWER.encode(&self.lasting));
        text
    }
}

/// Where it lies.
pub fn file_in(state_dir: &Path) -> PathBuf {
    state_dir.join(FILE)
}

/// Reads the master key, or makes one (mode 0600) where there is none yet.
///
/// # Errors
/// The file cannot be read or made, others may read it, or it is no master key.
pub fn open(state_dir: &Path, now: Moment) -> anyhow::Result<MasterKey> {
    let file = file_in(state_dir);
    if let Some(found) = read(&file)? {
        return Ok(found);
    }
    let made = MasterKey::new(now)?;
    let part = write_part(&file, &made)?;
    // Where another command has made one meanwhile, that one counts: letters may have been signed with it.
    match std::fs::hard_link(&part, &file) {
        Ok(()) => {
            let _ = std::fs::remove_file(&part);
            sync_folder(state_dir)?;
            Ok(made)
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let _ = std::fs::remove_file(&part);
            read(&file)?.with_context(|| format!("{}: it comes and goes", file.display()))
        }
        // Not every file system has hard links.
        Err(_) => {
            put_in_place(&part, &file)?;
            Ok(made)
        }
    }
}

/// Reads a master key; `None` where there is no such file.
///
/// # Errors
/// It cannot be read, others may read it, or it is no master key.
pub fn read(file: &Path) -> anyhow::Result<Option<MasterKey>> {
    let bytes = match std::fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(error).with_context(|| format!("{}: cannot be read", file.display()));
        }
    };
    let mode = std::fs::metadata(file)?.permissions().mode();
    if mode & 0o077 != 0 {
        bail!(
            "{}: others may read it. Say: chmod 600 {}",
            file.display(),
            file.display()
        );
    }
    let found = MasterKey::parse(&bytes).with_context(|| {
        format!(
            "{}: this is not a master key. Put the right file back",
            file.display()
        )
    })?;
    Ok(Some(found))
}

/// Puts a renewed key in the place of the former one, at once or not at all.
///
/// # Errors
/// The file cannot be written; the former key stays.
pub fn replace(state_dir: &Path, renewed: &MasterKey) -> anyhow::Result<()> {
    let file = file_in(state_dir);
    let part = write_part(&file, renewed)?;
    failpoint::reach("key-written")?;
    put_in_place(&part, &file)?;
    failpoint::reach("key-replaced")?;
    Ok(())
}

/// Which key counts after a restore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PutBack {
    /// There is none: neither here nor beside the copy.
    None,
    /// The one that was here: there was none beside the copy, or none that is newer.
    Stays,
    /// The one beside the copy.
    FromCopy,
    /// The one beside the copy, since the one that was here is of another programme, or was made by a command before the
    /// restore. It is kept there.
    InPlaceOf(PathBuf),
}

/// After a restore: the newer one of two keys of the programme counts, since letters may have left under it; a key that is
/// not the programme's gives way to the one beside the copy.
///
/// # Errors
/// A file cannot be read or written, or is no master key.
pub fn put_back(state_dir: &Path, saved: &Path) -> anyhow::Result<PutBack> {
    let file = file_in(state_dir);
    let here = read(&file)?;
    let Some(kept) = read(saved)? else {
        return Ok(here.map_or(PutBack::None, |_| PutBack::Stays));
    };
    let ended = match here {
        None => PutBack::FromCopy,
        Some(here) if here.is_akin(&kept) && here.number >= kept.number => {
            return Ok(PutBack::Stays);
        }
        Some(here) if here.is_akin(&kept) => PutBack::FromCopy,
        Some(_) => {
            let aside = free_name(&file);
            std::fs::rename(&file, &aside)
                .with_context(|| format!("{}: cannot be moved aside", file.display()))?;
            PutBack::InPlaceOf(aside)
        }
    };
    replace(state_dir, &kept)?;
    Ok(ended)
}

fn free_name(file: &Path) -> PathBuf {
    (1..)
        .map(|number| file.with_extension(format!("before-restore-{number}.key")))
        .find(|name| !name.exists())
        .unwrap_or_else(|| file.with_extension("before-restore.key"))
}

/// The whole file beside its place, on the disk.
fn write_part(file: &Path, key: &MasterKey) -> anyhow::Result<PathBuf> {
    let part = file.with_extension(format!("{}.part", std::process::id()));
    let _ = std::fs::remove_file(&part);
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&part)
        .and_then(|mut open| {
            open.write_all(key.text().as_bytes())?;
            open.sync_all()
        });
    if let Err(error) = written {
        let _ = std::fs::remove_file(&part);
        return Err(error).with_context(|| format!("{}: cannot be written", part.display()));
    }
    Ok(part)
}

fn put_in_place(part: &Path, file: &Path) -> anyhow::Result<()> {
    std::fs::rename(part, file)
        .with_context(|| format!("{}: cannot be put in place", file.display()))?;
    sync_folder(file.parent().unwrap_or(Path::new(".")))
}

/// A rename is on the disk when its folder is.
fn sync_folder(folder: &Path) -> anyhow::Result<()> {
    std::fs::File::open(folder)
        .and_then(|open| open.sync_all())
        .with_context(|| format!("{}: cannot be written", folder.display()))
}

fn random() -> anyhow::Result<[u8; 32]> {
    let mut key = [0; 32];
    getrandom::fill(&mut key)
        .map_err(|error| anyhow::anyhow!("no randomness for a key: {error}"))?;
    Ok(key)
}

fn generation(made: &str, key: &str) -> Option<Generation> {
    let made = match made {
        "unknown" => None,
        made => Some(DateTime::parse_from_rfc3339(made).ok()?.with_timezone(&Utc)),
    };
    Some(Generation {
        key: key_of(key)?,
        made,
    })
}

fn key_of(written: &str) -> Option<[u8; 32]> {
    let bytes = HEXLOWER_PERMISSIVE.decode(written.as_bytes()).ok()?;
    bytes.try_into().ok()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::ids::PersonId;
    use crate::mail::token::Kind;
    use crate::time::from_seconds;

    fn day(number: i64) -> Moment {
        from_seconds(1_800_000_000) + TimeDelta::days(number)
    }

    #[test]
    fn a_key_is_made_once_and_changed_as_often_as_wanted() {
        let dir = tempfile::tempdir().unwrap();
        let first = open(dir.path(), day(0)).unwrap();
        assert_eq!(open(dir.path(), day(1)).unwrap(), first);
        assert_eq!((first.made(), first.takes_since()), (Some(day(0)), None));
        let mode = std::fs::metadata(file_in(dir.path()))
            .unwrap()
            .permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);

        let second = first.renewed(false, day(10)).unwrap();
        replace(dir.path(), &second).unwrap();
        assert_eq!(open(dir.path(), day(11)).unwrap(), second);
        assert_eq!(second.takes_since(), None);
        let third = second.renewed(false, day(20)).unwrap();
        assert_eq!((third.number(), third.takes_since()), (3, Some(day(10))));
        let alone = third.renewed(true, day(30)).unwrap();
        assert_eq!(alone.takes_since(), Some(day(30)));
        assert!(!alone.takes_former());
        let hash = |key: &MasterKey| key.keys().address_hash("anna@library.example");
        assert_eq!(hash(&first), hash(&alone));
        assert_eq!(MasterKey::parse(alone.text().as_bytes()), Some(alone));
        // Nothing is left beside it.
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_key_of_an_earlier_version_is_taken_and_can_be_changed() {
        let dir = tempfile::tempdir().unwrap();
        let file = file_in(dir.path());
        std::fs::write(&file, [7; 32]).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        let old = open(dir.path(), day(0)).unwrap();
        assert_eq!(old.made(), None);
        let token = Keys::new([7; 32]).sign(Kind::Reply, 9, day(0));
        let sheet = Keys::new([7; 32]).survey_sheet("2027A", "mid", PersonId(1));
        let renewed = old.renewed(false, day(1)).unwrap();
        replace(dir.path(), &renewed).unwrap();
        let keys = open(dir.path(), day(2)).unwrap().keys();
        assert!(keys.verify(&token, day(2)).is_ok());
        assert_eq!(keys.survey_sheet("2027A", "mid", PersonId(1)), sheet);
    }

    #[test]
    fn what_is_no_key_is_refused_and_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let file = file_in(dir.path());
        let whole = open(dir.path(), day(0)).unwrap().text();
        let wrong = [
            String::new(),
            "x".repeat(31),
            whole.replace("lasting ", "lasting zz"),
            whole.replace("generation 1", ""),
            whole.replace("current ", "newest "),
            whole[..whole.len() - 9].to_string(),
        ];
        for text in wrong {
            std::fs::write(&file, &text).unwrap();
            let error = open(dir.path(), day(0)).unwrap_err().to_string();
            assert!(error.contains("not a master key"), "{text:?}: {error}");
            assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
        }
        std::fs::write(&file, &whole).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        let error = open(dir.path(), day(0)).unwrap_err().to_string();
        assert!(error.contains("chmod 600"), "{error}");
    }

    #[test]
    fn after_a_restore_the_newer_key_of_the_programme_counts() {
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let saved = file_in(there.path());
        assert_eq!(put_back(here.path(), &saved).unwrap(), PutBack::None);
        let first = open(there.path(), day(0)).unwrap();
        assert_eq!(put_back(here.path(), &saved).unwrap(), PutBack::FromCopy);
        assert_eq!(read(&file_in(here.path())).unwrap(), Some(first.clone()));
        // Changed here since the copy was made: the copy's is older.
        let second = first.renewed(false, day(1)).unwrap();
        replace(here.path(), &second).unwrap();
        assert_eq!(put_back(here.path(), &saved).unwrap(), PutBack::Stays);
        assert_eq!(read(&file_in(here.path())).unwrap(), Some(second.clone()));
        // Changed there.
        let third = second.renewed(false, day(2)).unwrap();
        replace(there.path(), &third).unwrap();
        assert_eq!(put_back(here.path(), &saved).unwrap(), PutBack::FromCopy);
        assert_eq!(read(&file_in(here.path())).unwrap(), Some(third.clone()));
        // A command on the new machine has made one before the restore.
        let foreign = MasterKey::new(day(3)).unwrap();
        replace(here.path(), &foreign).unwrap();
        let PutBack::InPlaceOf(aside) = put_back(here.path(), &saved).unwrap() else {
            panic!("it stayed");
        };
        assert_eq!(read(&file_in(here.path())).unwrap(), Some(third));
        assert_eq!(read(&aside).unwrap(), Some(foreign));
    }
}
