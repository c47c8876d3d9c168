-- Which round a topic went out in: a report counts it, and whoever comes back gets another.
CREATE TABLE topic_of_round (
  person_id INTEGER NOT NULL REFERENCES person(id),
  topic TEXT NOT NULL,
  -- Empty where it is not known.
  round TEXT NOT NULL,
  PRIMARY KEY (person_id, topic, round)
) STRICT, WITHOUT ROWID;
INSERT INTO topic_of_round SELECT person_id, topic, '' FROM topic_seen;
DROP TABLE topic_seen;
ALTER TABLE topic_of_round RENAME TO topic_seen;
CREATE INDEX topic_seen_by_round ON topic_seen (round, topic);

-- The figures of rounds that are over. They name nobody, and stay when people's data is erased.
CREATE TABLE kept_figures (
  round TEXT PRIMARY KEY,
  starts_on TEXT NOT NULL,
  figures TEXT NOT NULL
) STRICT, WITHOUT ROWID;
