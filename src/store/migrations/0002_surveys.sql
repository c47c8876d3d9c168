-- Surveys: who was asked and has answered, and, apart from it, what was answered.

CREATE TABLE survey_asked (
  round TEXT NOT NULL,
  survey TEXT NOT NULL,
  person_id INTEGER NOT NULL REFERENCES person(id),
  asked_at INTEGER NOT NULL,
  reminded_at INTEGER,
  answered_at INTEGER,
  PRIMARY KEY (round, survey, person_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX survey_asked_by_person ON survey_asked (person_id);

-- Nobody's id and no time stands here; rows lie in the order of the sheets' names, not in that of their coming.
CREATE TABLE survey_answer (
  round TEXT NOT NULL,
  survey TEXT NOT NULL,
  -- While the surveys are open, a name that follows from the person and the master key; then a random one.
  sheet TEXT NOT NULL,
  question TEXT NOT NULL,
  answer TEXT NOT NULL,
  PRIMARY KEY (round, survey, sheet, question)
) STRICT, WITHOUT ROWID;

CREATE TABLE survey_closed (
  round TEXT PRIMARY KEY,
  closed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
