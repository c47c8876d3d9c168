-- Each line of the journal is sealed together with the one before it. Lines from before have no seal.
-- The letters that it ordered, by their numbers.
ALTER TABLE journal ADD COLUMN letters TEXT NOT NULL DEFAULT '';
-- A keyed hash of the words, which stays when an erasure empties them.
ALTER TABLE journal ADD COLUMN content TEXT NOT NULL DEFAULT '';
-- How many lines erasures had emptied by then.
ALTER TABLE journal ADD COLUMN emptied INTEGER NOT NULL DEFAULT 0;
ALTER TABLE journal ADD COLUMN seal TEXT NOT NULL DEFAULT '';
