-- When somebody was last heard of is asked of everybody each day.
CREATE INDEX inbox_by_person ON inbox (person_id, received_at);
