-- Brakes that pull themselves, and what is wrong with the daemon's surroundings.

-- When a coordinator last said that letters shall leave again: those ordered before are no runaway.
CREATE TABLE released (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  at INTEGER NOT NULL
) STRICT;

-- What the daemon has noticed and a person has to mend, until it is mended; the digest tells it.
CREATE TABLE trouble (
  what TEXT PRIMARY KEY,
  words TEXT NOT NULL,
  since INTEGER NOT NULL
) STRICT;

-- How many letters were planned within a day is asked before each handful that leaves.
CREATE INDEX outbox_unprompted ON outbox (created_at) WHERE unprompted = 1;
