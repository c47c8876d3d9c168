-- What a database of version 10 holds in the middle of a round. Every migration climbs over this.
INSERT INTO person (id, address, address_key, name, language, zone, created_at)
VALUES (1, 'Anna@library.example', 'anna@library.example', 'Anna Berg', 'en', 'Europe/Oslo', 1803600000),
       (2, 'bilal@library.example', 'bilal@library.example', 'Bilal Khan', 'en', 'Asia/Karachi', 1803600000),
       (3, 'stranger@example.net', 'stranger@example.net', '', 'en', 'UTC', 1803600000);
INSERT INTO topic_seen VALUES (1, 'getting-to-know-you', '2027A');
INSERT INTO application (id, person_id, round, state, answers, arrived_at)
VALUES (1, 1, '2027A', 'paired', '{"name":"Anna Berg","country":"NO","languages":["en","no"],"promise":true}', 1803600000),
       (2, 2, '2027A', 'paired', '{"name":"Bilal Khan","country":"PK","wishes":{"like":{"sector":["public"]}}}', 1803600100);
INSERT INTO proposal (id, round, state, groups, unmatched, numbers, score, proof, made_at) VALUES (1, '2027A', 'released', '[{"people":[1,2],"score":120,"reasons":[]}]', '[]', '[1,2]', 120, 'proven', 1804200000);
INSERT INTO partnership (id, round, state, first_writer, reasons, score, created_at, started_on)
VALUES (1, '2027A', 'active', 2, '[{"kind":"shared-interest","option":"cataloguing"}]', 120, 1804200000, '2027-03-02');
INSERT INTO member (partnership_id, person_id, application_id, silent_since, last_sign)
VALUES (1, 1, 1, NULL, 1805000000), (1, 2, 2, '2027-03-12', NULL);
INSERT INTO check_in VALUES (1, 1, 1, 1804800000, 3, 'nothing yet', 1804810000);
INSERT INTO occasion (key, what, due_at, rank)
VALUES ('topic/1/1/2', '{"kind":"topic","person":1,"partnership":1,"number":2}', 1805187600, 4);
INSERT INTO inbox (hash, received_at, state, kind, sender, person_id)
VALUES ('aa', 1804810000, 'handled', 'person', 'anna@library.example', 1);
INSERT INTO inbox_bytes VALUES (1, CAST('From: anna' AS BLOB));
INSERT INTO place VALUES ('imap:7:9:INBOX', 1, 1804810001);
INSERT INTO outbox (key, kind, person_id, about, envelope_from, envelope_to, message_id, reference, subject, unprompted, cause, state, created_at, due_at)
VALUES ('check-in/1/1-1', 'check-in', 1, '{"round":"2027A","partnership":1,"number":1}', 'x@example.org',
  'Anna@library.example', 'abc@example.org', 'k7q2-x9m4ta', 'How is it going?', 1, 'occasion 3', 'sent',
  1804800000, 1804800000);
INSERT INTO outbox_bytes VALUES (1, CAST('From: x' AS BLOB));
INSERT INTO journal (at, cause, note, outcome, person_id, partnership_id)
VALUES (1804810000, 'message 1', 'partnership 1: a partner is silent', 'handled', 1, 1);

INSERT INTO survey_asked VALUES ('2027A', 'mid', 1, 1808500000, NULL, 1808510000), ('2027A', 'mid', 2, 1808500000, NULL, NULL);
INSERT INTO survey_answer VALUES ('2027A', 'mid', 'k7q2x9m4ta', 'satisfaction', '"very"');

INSERT INTO outbox (key, kind, person_id, envelope_from, envelope_to, message_id, reference, subject, unprompted, cause, state,
  created_at, due_at, dot_at, look_at, looks, unknown_ends)
VALUES ('topic/2/1-2', 'topic', 2, 'y@example.org', 'bilal@library.example', 'def@example.org', 'k7q2-x9m4tb', 'A topic', 1,
  'occasion 4', 'unknown', 1804800000, 1804800000, 1804800001, 1804800121, 1, 1);
INSERT INTO outbox_bytes VALUES (2, CAST('From: y' AS BLOB));

UPDATE application SET confirmed_at = 1803700000 WHERE id = 1;
INSERT INTO silence VALUES (2, '2026B', 1780000000);
INSERT INTO other_address VALUES ('anna@home.example', 1, 1803600000, 1803600900);
INSERT INTO delay VALUES (1, 2, 1804900000);

INSERT INTO forbidden_pair VALUES (1, 2, 'ada.martin@example.org', 1804200000), (2, 1, 'ada.martin@example.org', 1804200000);
INSERT INTO kept_figures VALUES ('2026A', '2026-03-03', '{"round":"2026A","name":"Round 2026A","applied":95,"matched":92}');
INSERT INTO imported_row VALUES ('k7q2x9m4ta', 1803600000);
INSERT INTO challenge (person_id, purpose, made_at, used_at) VALUES (1, 'data', 1804000000, 1804000600);
INSERT INTO tombstone VALUES ('q8zk', 1803000000, 1, '[]');
INSERT INTO tombstone_pair VALUES ('m4ta');
INSERT INTO met_before VALUES (1, 3);
INSERT INTO removal (what, place, message_id, hash, size) VALUES ('arrived', 'imap:7:8:INBOX', 'x@people.test', 'bb', 900);
INSERT INTO announcement VALUES (1, 'ada.martin@example.org', '"all"', 'Our call', 'On Thursday.', 'sent', 1804900000, 1804900600);
