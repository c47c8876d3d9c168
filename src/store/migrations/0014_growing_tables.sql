-- What grows with every message is never read from one end to the other: each question that is asked often has its index.
CREATE INDEX place_by_message ON place (inbox_id);
CREATE INDEX removal_pages ON removal (id) WHERE what = 'pages';
CREATE INDEX outbox_sent_twice ON outbox (unknown_ends) WHERE unknown_ends > 0;
CREATE INDEX application_by_state ON application (state);
CREATE INDEX occasion_failing ON occasion (id) WHERE done_at IS NULL AND attempts > 1;
CREATE INDEX person_unreachable ON person (id) WHERE unreachable = 1;
CREATE INDEX proposal_by_state ON proposal (state);
