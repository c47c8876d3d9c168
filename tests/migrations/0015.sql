-- What version 15 (brakes) adds to the sample of the version before.
INSERT INTO released VALUES (1, 1804900000);
INSERT INTO trouble VALUES ('config', 'pairpost.toml:3: programme.nmae: this key is not known', 1804900000);
