-- How far the alert rules have come and what they remember, in one transaction with
-- the alerts themselves: a restart goes on where they stood and records nothing twice.
CREATE TABLE alert_state (
	workload_id INTEGER PRIMARY KEY REFERENCES workloads (id) ON DELETE CASCADE,
	number INTEGER NOT NULL, -- staged frames up to here were judged
	state BLOB NOT NULL
) STRICT;
