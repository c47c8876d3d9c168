-- Version 12 (journal seal): lines name their letters. They are sealed with a key that this sample has not.
INSERT INTO journal (at, cause, note, outcome, person_id, partnership_id, letters)
VALUES (1805100000, 'occasion 1', 'check-in 1 to person 1', 'handled', 1, 1, '1');
