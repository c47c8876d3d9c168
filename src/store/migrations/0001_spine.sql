-- The first version of everything. Times are seconds since 1970 in UTC, dates are ISO texts, lists are JSON.

CREATE TABLE person (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  -- As they wrote it: letters go here. The key is the form in which addresses are compared.
  address TEXT NOT NULL,
  address_key TEXT NOT NULL UNIQUE,
  second_address TEXT NOT NULL DEFAULT '',
  -- Empty until they applied.
  name TEXT NOT NULL DEFAULT '',
  language TEXT NOT NULL,
  zone TEXT NOT NULL DEFAULT 'UTC',
  stopped INTEGER NOT NULL DEFAULT 0,
  topics_off INTEGER NOT NULL DEFAULT 0,
  unreachable INTEGER NOT NULL DEFAULT 0,
  paused_until TEXT,
  away_until TEXT,
  last_unprompted INTEGER,
  form_sent INTEGER,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE topic_seen (
  person_id INTEGER NOT NULL REFERENCES person(id),
  topic TEXT NOT NULL,
  PRIMARY KEY (person_id, topic)
) STRICT, WITHOUT ROWID;

CREATE TABLE application (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  person_id INTEGER NOT NULL REFERENCES person(id),
  round TEXT NOT NULL,
  state TEXT NOT NULL,
  answers TEXT NOT NULL,
  unclear TEXT NOT NULL DEFAULT '[]',
  arrived_at INTEGER NOT NULL,
  priority INTEGER NOT NULL DEFAULT 0,
  UNIQUE (person_id, round)
) STRICT;
CREATE INDEX application_by_round ON application (round, state);

CREATE TABLE proposal (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  round TEXT NOT NULL,
  state TEXT NOT NULL,
  groups TEXT NOT NULL,
  unmatched TEXT NOT NULL,
  -- People in the order of their numbers in the letter, 1 first.
  numbers TEXT NOT NULL,
  score INTEGER NOT NULL,
  proof TEXT NOT NULL,
  made_at INTEGER NOT NULL
) STRICT;

CREATE TABLE partnership (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  round TEXT NOT NULL,
  state TEXT NOT NULL,
  why_ended TEXT NOT NULL DEFAULT '',
  first_writer INTEGER NOT NULL REFERENCES person(id),
  reasons TEXT NOT NULL DEFAULT '[]',
  score INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  started_on TEXT,
  ended_at INTEGER
) STRICT;
CREATE INDEX partnership_by_round ON partnership (round, state);

CREATE TABLE member (
  partnership_id INTEGER NOT NULL REFERENCES partnership(id),
  person_id INTEGER NOT NULL REFERENCES person(id),
  application_id INTEGER NOT NULL REFERENCES application(id),
  silent_since TEXT,
  last_sign INTEGER,
  PRIMARY KEY (partnership_id, person_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_by_person ON member (person_id);

CREATE TABLE check_in (
  partnership_id INTEGER NOT NULL,
  person_id INTEGER NOT NULL,
  number INTEGER NOT NULL,
  asked_at INTEGER,
  choice INTEGER,
  words TEXT NOT NULL DEFAULT '',
  answered_at INTEGER,
  PRIMARY KEY (partnership_id, person_id, number),
  FOREIGN KEY (partnership_id, person_id) REFERENCES member(partnership_id, person_id)
) STRICT, WITHOUT ROWID;

-- What is due: rows, not timers.
CREATE TABLE occasion (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL UNIQUE,
  what TEXT NOT NULL,
  due_at INTEGER NOT NULL,
  rank INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  last_error TEXT NOT NULL DEFAULT '',
  done_at INTEGER,
  outcome TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX occasion_due ON occasion (due_at, rank, id) WHERE done_at IS NULL;

-- Every message as it arrived, before anything is made of it.
CREATE TABLE inbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  -- SHA-256 of the message as it was sent (store/inbox.rs): delivered twice it is the same row.
  hash TEXT NOT NULL UNIQUE,
  truncated INTEGER NOT NULL DEFAULT 0,
  received_at INTEGER NOT NULL,
  -- new | handled | ignored | needs-person | settled | quarantined
  state TEXT NOT NULL DEFAULT 'new',
  reason TEXT NOT NULL DEFAULT '',
  attempts INTEGER NOT NULL DEFAULT 0,
  retry_at INTEGER NOT NULL DEFAULT 0,
  kind TEXT NOT NULL DEFAULT '',
  sender TEXT NOT NULL DEFAULT '',
  person_id INTEGER,
  handled_at INTEGER
) STRICT;
CREATE INDEX inbox_new ON inbox (retry_at) WHERE state = 'new';
CREATE INDEX inbox_needs_person ON inbox (id) WHERE state = 'needs-person';
CREATE INDEX inbox_quarantined ON inbox (id) WHERE state = 'quarantined';

-- The bytes lie apart, so that a change of state need not rewrite them.
CREATE TABLE inbox_bytes (
  inbox_id INTEGER PRIMARY KEY REFERENCES inbox(id),
  bytes BLOB NOT NULL
) STRICT;

-- Where a message lies in the mailbox, until it has been filed away there.
CREATE TABLE place (
  place TEXT PRIMARY KEY,
  inbox_id INTEGER NOT NULL REFERENCES inbox(id),
  filed_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX place_to_file ON place (inbox_id) WHERE filed_at IS NULL;

-- Letters, with their bytes frozen when they were composed.
CREATE TABLE outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  -- kind/recipient/occurrence: a letter can be ordered only once.
  key TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  person_id INTEGER,
  about TEXT NOT NULL DEFAULT '{}',
  envelope_from TEXT NOT NULL,
  envelope_to TEXT NOT NULL,
  message_id TEXT NOT NULL UNIQUE,
  reference TEXT NOT NULL UNIQUE,
  subject TEXT NOT NULL,
  unprompted INTEGER NOT NULL,
  -- What caused it: "message 12", "occasion 7", "command".
  cause TEXT NOT NULL,
  -- queued | sending | sent | failed
  state TEXT NOT NULL DEFAULT 'queued',
  created_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  -- Attempts whose end is unknown: the server may have had the letter.
  unknown_ends INTEGER NOT NULL DEFAULT 0,
  last_error TEXT NOT NULL DEFAULT '',
  sending_since INTEGER,
  sent_at INTEGER,
  reply TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX outbox_due ON outbox (due_at, id) WHERE state = 'queued';
CREATE INDEX outbox_sending ON outbox (id) WHERE state = 'sending';
CREATE INDEX outbox_failed ON outbox (id) WHERE state = 'failed';
CREATE INDEX outbox_by_person ON outbox (person_id, created_at);
CREATE INDEX outbox_by_kind ON outbox (kind, created_at);
CREATE INDEX outbox_sent ON outbox (sent_at) WHERE sent_at IS NOT NULL;

CREATE TABLE outbox_bytes (
  letter_id INTEGER PRIMARY KEY REFERENCES outbox(id),
  bytes BLOB NOT NULL
) STRICT;

-- Who did what and why, by ids.
CREATE TABLE journal (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  cause TEXT NOT NULL,
  note TEXT NOT NULL,
  outcome TEXT NOT NULL,
  person_id INTEGER,
  partnership_id INTEGER
) STRICT;
CREATE INDEX journal_by_person ON journal (person_id);
