-- What version 8 (rights) adds to the sample of the version before.
INSERT INTO challenge (person_id, purpose, made_at, used_at) VALUES (1, 'data', 1804000000, 1804000600);
INSERT INTO tombstone VALUES ('q8zk', 1803000000, 1, '[]');
INSERT INTO tombstone_pair VALUES ('m4ta');
INSERT INTO met_before VALUES (1, 3);
INSERT INTO removal (what, place, message_id, hash, size) VALUES ('arrived', 'imap:7:8:INBOX', 'x@people.test', 'bb', 900);
