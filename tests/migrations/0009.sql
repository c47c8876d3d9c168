-- What version 9 (coordinators) adds to the sample of the version before.
INSERT INTO announcement VALUES (1, 'ada.martin@example.org', '"all"', 'Our call', 'On Thursday.', 'sent', 1804900000, 1804900600);
