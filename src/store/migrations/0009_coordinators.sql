-- What coordinators do: the brake, announcements, answers; and which line of the journal a letter belongs to.

-- One row while the programme is paused: no letter leaves but those to coordinators.
CREATE TABLE brake (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  since INTEGER NOT NULL,
  by TEXT NOT NULL
) STRICT;

CREATE TABLE announcement (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  by TEXT NOT NULL,
  audience TEXT NOT NULL,
  subject TEXT NOT NULL,
  text TEXT NOT NULL,
  -- shown | sent
  state TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  sent_at INTEGER
) STRICT;

-- Who has dealt with a message that needed a person, and when.
ALTER TABLE inbox ADD COLUMN settled_by TEXT;
ALTER TABLE inbox ADD COLUMN settled_at INTEGER;
-- As the sender's mail program wrote it: an answer stands in its thread.
ALTER TABLE inbox ADD COLUMN message_id TEXT;
CREATE INDEX inbox_settled ON inbox (settled_at) WHERE settled_at IS NOT NULL;

ALTER TABLE outbox ADD COLUMN journal_id INTEGER;
