-- An address that its owner has given up: mail from it counts as theirs no more, and an erasure still knows of it.
ALTER TABLE other_address ADD COLUMN left_at INTEGER;
