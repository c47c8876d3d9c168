-- However many letters wait, only the first of each kind are looked at, and what came to an address is counted for those.
CREATE INDEX outbox_waiting_by_kind ON outbox (kind, due_at, id) WHERE state = 'queued';
CREATE INDEX outbox_sent_to ON outbox (envelope_to, sent_at) WHERE sent_at IS NOT NULL;
