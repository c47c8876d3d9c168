-- Rows of tables that were imported, by a keyed mark: the same row is taken once.
CREATE TABLE imported_row (
  mark TEXT PRIMARY KEY,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
