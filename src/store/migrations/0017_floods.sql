-- Whoever writes very much is read to a limit each day; the rest waits here and is lost by nobody.

-- Whose limit a message counts for, as a keyed hash; empty where none counts it. A further state of a message is
-- over-limit: it is read from retry_at on.
ALTER TABLE inbox ADD COLUMN counted_as TEXT NOT NULL DEFAULT '';
-- A coordinator has said that it is to be read, whatever the limit.
ALTER TABLE inbox ADD COLUMN without_limit INTEGER NOT NULL DEFAULT 0;
CREATE INDEX inbox_counted ON inbox (counted_as, handled_at) WHERE counted_as <> '';
CREATE INDEX inbox_over_limit ON inbox (retry_at) WHERE state = 'over-limit';
