//! In tests alone: which statements read tables from one end to the other, and how often, so that a test can say that
//! nothing that is done for every letter grows with the number of letters.

use std::cell::RefCell;
use std::collections::BTreeMap;

use rusqlite::trace::{TraceEvent, TraceEventCodes};
use rusqlite::{Connection, StatementStatus};

/// How a statement was run on this thread.
#[derive(Debug, Clone, Copy, Default)]
pub struct Runs {
    pub count: u64,
    /// Rows that were passed by in a scan: over all runs for a statement that is kept prepared, else in the longest run.
    pub scanned: u64,
}

thread_local! {
    static SEEN: RefCell<BTreeMap<String, Runs>> = const { RefCell::new(BTreeMap::new()) };
}

pub(super) fn watch(db: &mut Connection) -> rusqlite::Result<()> {
    db.trace_v2(
        TraceEventCodes::SQLITE_TRACE_PROFILE,
        Some(|event: TraceEvent<'_>| {
            if let TraceEvent::Profile(statement, _) = event {
                let scanned = statement.get_status(StatementStatus::FullscanStep);
                SEEN.with_borrow_mut(|seen| {
                    let runs = seen.entry(statement.sql().into_owned()).or_default();
                    runs.count += 1;
                    runs.scanned = runs.scanned.max(u64::try_from(scanned).unwrap_or(0));
                });
            }
        }),
    )
}

/// What was run on this thread since the last call.
pub fn take() -> BTreeMap<String, Runs> {
    SEEN.take()
}
