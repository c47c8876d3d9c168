-- Applications over the years: who is still with us, who is owed a place, whom a former silence is remembered of; and
-- the addresses of a person.

-- When the applicant last said anything about it; when they were asked whether they are still with us.
ALTER TABLE application ADD COLUMN confirmed_at INTEGER;
ALTER TABLE application ADD COLUMN asked_at INTEGER;
-- It ended without a partner through no fault of theirs: first in the next round.
ALTER TABLE application ADD COLUMN owed INTEGER NOT NULL DEFAULT 0;

ALTER TABLE person ADD COLUMN second_unreachable INTEGER NOT NULL DEFAULT 0;
-- Somebody who is not surely the person said that they leave: final on this day unless they object.
ALTER TABLE person ADD COLUMN leaving_on TEXT;

-- Somebody who left a partnership of three that goes on.
ALTER TABLE member ADD COLUMN left_at INTEGER;

-- The owner of the address has confirmed that this message is theirs.
ALTER TABLE inbox ADD COLUMN confirmed INTEGER NOT NULL DEFAULT 0;

CREATE TABLE silence (
  person_id INTEGER NOT NULL REFERENCES person(id),
  round TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (person_id, round)
) STRICT, WITHOUT ROWID;

-- Addresses that people write from beside the one on file. Until it is linked, the owner has only been asked.
CREATE TABLE other_address (
  address_key TEXT PRIMARY KEY,
  person_id INTEGER NOT NULL REFERENCES person(id),
  asked_at INTEGER NOT NULL,
  linked_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX other_address_by_person ON other_address (person_id);

-- Letters that could not be delivered for a while.
CREATE TABLE delay (
  letter_id INTEGER PRIMARY KEY,
  person_id INTEGER NOT NULL REFERENCES person(id),
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX delay_by_person ON delay (person_id, at);
