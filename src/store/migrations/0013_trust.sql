-- Whose word about a sender counts, and which letters may still be acted on.

-- The domain of a signature over the message that was found good when it came; empty where there was none.
ALTER TABLE inbox ADD COLUMN signed_by TEXT NOT NULL DEFAULT '';

-- Raised when somebody's reply addresses were seen by others: letters of an earlier epoch prove nothing any more.
ALTER TABLE person ADD COLUMN token_epoch INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN token_epoch INTEGER NOT NULL DEFAULT 0;

-- For a letter to a coordinator: a hash of what it shows, and when a command in answer to it made letters leave.
ALTER TABLE outbox ADD COLUMN shown TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN acted_at INTEGER;

-- Reply addresses that were guessed, by a keyed hash of who guessed.
CREATE TABLE wrong_token (
  sender TEXT PRIMARY KEY,
  -- Wrong ones since this moment, an hour at most.
  since INTEGER NOT NULL,
  number INTEGER NOT NULL,
  ignored_until INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- What the last `pairpost check --mail` found out about the mail provider, as JSON.
CREATE TABLE provider (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  profile TEXT NOT NULL,
  checked_at INTEGER NOT NULL
) STRICT;
