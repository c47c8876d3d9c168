-- What version 2 (surveys) adds to the sample of the version before.
INSERT INTO survey_asked VALUES ('2027A', 'mid', 1, 1808500000, NULL, 1808510000), ('2027A', 'mid', 2, 1808500000, NULL, NULL);
INSERT INTO survey_answer VALUES ('2027A', 'mid', 'k7q2x9m4ta', 'satisfaction', '"very"');
