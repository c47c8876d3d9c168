-- What coordinators ask of a proposal by reply, and what they are told of it.

-- Why its certificate does not hold; such a proposal is not released.
ALTER TABLE proposal ADD COLUMN unproven TEXT;
-- The lowest score that a pair may have.
ALTER TABLE proposal ADD COLUMN floor INTEGER;
ALTER TABLE proposal ADD COLUMN adjustments TEXT NOT NULL DEFAULT '{}';
ALTER TABLE proposal ADD COLUMN insight TEXT NOT NULL DEFAULT '{}';

-- Two who are never put together, on a coordinator's word; a row for each way.
CREATE TABLE forbidden_pair (
  person_id INTEGER NOT NULL REFERENCES person(id),
  other_person_id INTEGER NOT NULL REFERENCES person(id),
  by TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (person_id, other_person_id)
) STRICT, WITHOUT ROWID;
