-- Sending once: a letter is marked before its final dot, and one whose end nobody told is looked for
-- (store/outbox.rs and store/unknown.rs tell the states).

-- When the final dot was about to be written.
ALTER TABLE outbox ADD COLUMN dot_at INTEGER;
-- While the end is unknown: when the letter is looked for next, and how often it has been.
ALTER TABLE outbox ADD COLUMN look_at INTEGER;
ALTER TABLE outbox ADD COLUMN looks INTEGER NOT NULL DEFAULT 0;
CREATE INDEX outbox_at_the_dot ON outbox (id) WHERE state = 'dot';
CREATE INDEX outbox_unknown ON outbox (look_at) WHERE state = 'unknown';
CREATE INDEX outbox_held ON outbox (id) WHERE state = 'held';
