-- How many letters to strangers left lately or wait their turn is asked at each stranger's message.
CREATE INDEX outbox_to_strangers ON outbox (due_at) WHERE kind IN ('form', 'was-this-you', 'nothing-kept');
