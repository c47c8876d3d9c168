-- What version 13 (trust) adds to the sample of the version before.
UPDATE inbox SET signed_by = 'library.example' WHERE id = 1;
UPDATE person SET token_epoch = 1 WHERE id = 1;
INSERT INTO wrong_token VALUES ('3x0k', 1804900000, 3, 0);
INSERT INTO provider VALUES (1, '{}', 1804900000);
