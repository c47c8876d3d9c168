-- What version 7 (imports) adds to the sample of the version before.
INSERT INTO imported_row VALUES ('k7q2x9m4ta', 1803600000);
