-- What version 5 (review) adds to the sample of the version before.
INSERT INTO forbidden_pair VALUES (1, 2, 'ada.martin@example.org', 1804200000), (2, 1, 'ada.martin@example.org', 1804200000);
