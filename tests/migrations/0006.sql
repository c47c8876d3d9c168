-- What version 6 (reports) adds to the sample of the version before.
INSERT INTO topic_seen VALUES (2, 'getting-to-know-you', '2027A');
INSERT INTO kept_figures VALUES ('2026A', '2026-03-03', '{"round":"2026A","name":"Round 2026A","applied":95,"matched":92}');
