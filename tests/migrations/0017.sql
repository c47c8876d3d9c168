-- What version 17 (floods) adds to the sample of the version before.
INSERT INTO inbox (hash, received_at, state, reason, sender, person_id, handled_at, counted_as, without_limit)
  VALUES ('flood-1', 1804900000, 'handled', 'person 1 says that all is well', 'anna@library.example', 1, 1804900000, 'a-mark', 1);
