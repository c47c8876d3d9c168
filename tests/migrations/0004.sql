-- What version 4 (applying) adds to the sample of the version before.
UPDATE application SET confirmed_at = 1803700000 WHERE id = 1;
INSERT INTO silence VALUES (2, '2026B', 1780000000);
INSERT INTO other_address VALUES ('anna@home.example', 1, 1803600000, 1803600900);
INSERT INTO delay VALUES (1, 2, 1804900000);
