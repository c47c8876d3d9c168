-- Rights: proof that a wish is the owner's, and what remains of somebody who has been erased.

-- This row stands for people who were erased: nothing leads from it to anybody. It keeps the numbers of a round true.
ALTER TABLE person ADD COLUMN erased INTEGER NOT NULL DEFAULT 0;
-- When they were told that what is about them will be erased, since they have not taken part for long.
ALTER TABLE person ADD COLUMN retention_notice INTEGER;

-- Questions that only the owner of an address can answer, before something is sent to them or erased.
CREATE TABLE challenge (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  person_id INTEGER NOT NULL REFERENCES person(id),
  -- data | erase
  purpose TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  used_at INTEGER
) STRICT;
CREATE INDEX challenge_by_person ON challenge (person_id, made_at);

-- Keyed hashes of the addresses of people who were erased, with what must be remembered. The key is the master key,
-- which lies outside of the database; so does the list (erased.jsonl) that a restored backup is brought up to date by.
CREATE TABLE tombstone (
  address_hash TEXT NOT NULL,
  erased_at INTEGER NOT NULL,
  stopped INTEGER NOT NULL DEFAULT 0,
  -- Rounds in which they fell silent, with the moments.
  silences TEXT NOT NULL DEFAULT '[]',
  PRIMARY KEY (address_hash, erased_at)
) STRICT, WITHOUT ROWID;

-- Keyed hashes of two addresses that were partners.
CREATE TABLE tombstone_pair (
  pair_hash TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- Former partners who were found again through tombstone_pair when one of them came back: nobody meets twice.
CREATE TABLE met_before (
  person_id INTEGER NOT NULL REFERENCES person(id),
  other_person_id INTEGER NOT NULL REFERENCES person(id),
  PRIMARY KEY (person_id, other_person_id)
) STRICT, WITHOUT ROWID;

-- What is still to be removed after an erasure: copies in the mailbox, and old pages of the database.
CREATE TABLE removal (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  -- arrived (a message) | ours (a letter of ours) | pages
  what TEXT NOT NULL,
  place TEXT NOT NULL DEFAULT '',
  message_id TEXT NOT NULL DEFAULT '',
  -- As in inbox, for a message that arrived.
  hash TEXT NOT NULL DEFAULT '',
  size INTEGER NOT NULL DEFAULT 0
) STRICT;
