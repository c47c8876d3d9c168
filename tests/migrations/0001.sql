-- What a database of version 1 holds in the middle of a round. Every migration climbs over this; the samples of later
-- versions add the rows that these versions brought.
INSERT INTO person (id, address, address_key, name, language, zone, created_at)
VALUES (1, 'Anna@library.example', 'anna@library.example', 'Anna Berg', 'en', 'Europe/Oslo', 1803600000),
       (2, 'bilal@library.example', 'bilal@library.example', 'Bilal Khan', 'en', 'Asia/Karachi', 1803600000),
       (3, 'stranger@example.net', 'stranger@example.net', '', 'en', 'UTC', 1803600000);
INSERT INTO topic_seen VALUES (1, 'getting-to-know-you');
INSERT INTO application (id, person_id, round, state, answers, arrived_at)
VALUES (1, 1, '2027A', 'paired', '{"name":"Anna Berg","country":"NO","languages":["en","no"],"promise":true}', 1803600000),
       (2, 2, '2027A', 'paired', '{"name":"Bilal Khan","country":"PK","wishes":{"like":{"sector":["public"]}}}', 1803600100);
INSERT INTO proposal VALUES (1, '2027A', 'released', '[{"people":[1,2],"score":120,"reasons":[]}]', '[]', '[1,2]', 120, 'proven', 1804200000);
INSERT INTO partnership (id, round, state, first_writer, reasons, score, created_at, started_on)
VALUES (1, '2027A', 'active', 2, '[{"kind":"shared-interest","option":"cataloguing"}]', 120, 1804200000, '2027-03-02');
INSERT INTO member VALUES (1, 1, 1, NULL, 1805000000), (1, 2, 2, '2027-03-12', NULL);
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
