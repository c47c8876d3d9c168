-- What version 3 (sending once) adds to the sample of the version before.
INSERT INTO outbox (key, kind, person_id, envelope_from, envelope_to, message_id, reference, subject, unprompted, cause, state,
  created_at, due_at, dot_at, look_at, looks, unknown_ends)
VALUES ('topic/2/1-2', 'topic', 2, 'y@example.org', 'bilal@library.example', 'def@example.org', 'k7q2-x9m4tb', 'A topic', 1,
  'occasion 4', 'unknown', 1804800000, 1804800000, 1804800001, 1804800121, 1, 1);
INSERT INTO outbox_bytes VALUES (2, CAST('From: y' AS BLOB));
