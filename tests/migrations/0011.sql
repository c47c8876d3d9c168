-- Version 11 (new addresses): Anna had another address before.
INSERT INTO other_address (address_key, person_id, asked_at, linked_at, left_at)
VALUES ('anna@former.example', 1, 1805000000, 1805000000, 1805000000);
