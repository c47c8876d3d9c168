//! Places at which a test lets the program fail: at every edge between the daemon and its disk or its servers (RELIABILITY
//! F2). Set in the environment, for one place at a time:
//!
//! ```text
//!   PAIRPOST_FAILPOINT=dot-marked=abort@2     ends the process there, the second time
//!   PAIRPOST_FAILPOINT=smtp-data=error@1      fails there, the first time
//!   PAIRPOST_FAILPOINT=tick=delay:300@1       waits 300 ms there; `hang` waits for ever
//! ```
//!
//! It exists in debug builds only, which is what tests run: in a release build each place is nothing at all, and the
//! variable is not looked at.

/// A failure that a test has asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("failpoint {0}: a test lets this fail")]
pub struct Injected(pub &'static str);

impl From<Injected> for std::io::Error {
    fn from(injected: Injected) -> std::io::Error {
        std::io::Error::other(injected)
    }
}

/// All places of the daemon, so that a test can go through them.
pub const PLACES: &[&str] = &[
    "database-checking",
    "start-recovering",
    "mailbox-connect",
    "mailbox-list",
    "mailbox-fetch",
    "message-recording",
    "message-recorded",
    "message-deciding",
    "message-decided",
    "mailbox-file-away",
    "mailbox-filed",
    "filed-away",
    "occasions-due",
    "occasions-deciding",
    "occasions-decided",
    "room-kept",
    "letters-taking",
    "letters-taken",
    "smtp-connect",
    "smtp-mail",
    "smtp-rcpt",
    "smtp-data",
    "smtp-letter",
    "dot-marking",
    "dot-marked",
    "dot-answered",
    "delivered-deciding",
    "delivered-decided",
    "putting-back",
    "look-due",
    "look-traces",
    "looked-for",
];

/// Places of commands that are given on the machine.
pub const OF_COMMANDS: &[&str] = &["key-written", "key-replaced"];

/// Says that the program has come to a place.
///
/// # Errors
/// A test wants it to fail here; never in a release build.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn reach(_place: &'static str) -> Result<(), Injected> {
    Ok(())
}

/// Says that the program has come to a place.
///
/// # Errors
/// A test wants it to fail here; never in a release build.
#[cfg(debug_assertions)]
pub fn reach(place: &'static str) -> Result<(), Injected> {
    armed::reach(place)
}

#[cfg(debug_assertions)]
mod armed {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use super::{Injected, OF_COMMANDS, PLACES};

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum What {
        Abort,
        Error,
        Delay(Duration),
        Hang,
    }

    #[derive(Debug, PartialEq, Eq)]
    pub struct Armed {
        pub place: String,
        pub what: What,
        pub time: u32,
    }

    static ARMED: OnceLock<Option<Armed>> = OnceLock::new();
    static REACHED: AtomicU32 = AtomicU32::new(0);

    pub fn reach(place: &'static str) -> Result<(), Injected> {
        debug_assert!(
            PLACES.contains(&place) || OF_COMMANDS.contains(&place),
            "{place} is not listed"
        );
        let armed = ARMED.get_or_init(|| read(&std::env::var("PAIRPOST_FAILPOINT").ok()?));
        let Some(armed) = armed.as_ref().filter(|armed| armed.place == place) else {
            return Ok(());
        };
        if REACHED.fetch_add(1, Ordering::SeqCst) + 1 != armed.time {
            return Ok(());
        }
        tracing::warn!(place, what = ?armed.what, "failpoint reached");
        match armed.what {
            What::Abort => std::process::abort(),
            What::Error => Err(Injected(place)),
            What::Delay(time) => {
                std::thread::sleep(time);
                Ok(())
            }
            What::Hang => loop {
                std::thread::sleep(Duration::from_secs(3600));
            },
        }
    }

    /// `place=what@time`; what cannot be read arms nothing.
    pub fn read(written: &str) -> Option<Armed> {
        let (place, rest) = written.split_once('=')?;
        let (what, time) = rest.split_once('@')?;
        let what = match what.split_once(':') {
            None => match what {
                "abort" => What::Abort,
                "error" => What::Error,
                "hang" => What::Hang,
                _ => return None,
            },
            Some(("delay", milliseconds)) => {
                What::Delay(Duration::from_millis(milliseconds.parse().ok()?))
            }
            Some(_) => return None,
        };
        let time = time.parse().ok()?;
        Some(Armed {
            place: place.into(),
            what,
            time,
        })
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_failpoint_is_read_from_its_words() {
            let delay = What::Delay(Duration::from_millis(300));
            for (written, what, time) in [
                ("tick=abort@2", What::Abort, 2),
                ("tick=error@1", What::Error, 1),
                ("tick=hang@1", What::Hang, 1),
                ("tick=delay:300@3", delay, 3),
            ] {
                let place = "tick".into();
                assert_eq!(read(written), Some(Armed { place, what, time }));
            }
            for wrong in ["", "tick", "tick=abort", "tick=burn@1", "tick=delay:x@1"] {
                assert_eq!(read(wrong), None, "{wrong}");
            }
        }
    }
}
