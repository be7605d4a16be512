-- The machine document (headroom/machine/1) of a workload, the latest one.  What it
-- states stands in workload_facts under the source "machine", what changed in events.
CREATE TABLE machines (
	workload_id INTEGER PRIMARY KEY REFERENCES workloads (id) ON DELETE CASCADE,
	gathered_at INTEGER NOT NULL,
	taken_at INTEGER NOT NULL,
	document TEXT NOT NULL
) STRICT;
