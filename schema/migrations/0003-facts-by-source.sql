-- A fact is kept once for each of those who state it: which of them holds is decided
-- when it is read (a person before the machine before an import), so that a later
-- import takes nothing back, and what a person forgets leaves the machine's word.
CREATE TABLE facts_by_source (
	workload_id INTEGER NOT NULL REFERENCES workloads (id) ON DELETE CASCADE,
	key TEXT NOT NULL,
	value TEXT NOT NULL,
	source TEXT NOT NULL,
	set_at INTEGER NOT NULL,
	PRIMARY KEY (workload_id, key, source)
) STRICT, WITHOUT ROWID;
INSERT INTO facts_by_source
	SELECT workload_id, key, value,
		CASE source WHEN 'inventory' THEN 'person' ELSE source END, set_at
	FROM workload_facts;
DROP TABLE workload_facts;
ALTER TABLE facts_by_source RENAME TO workload_facts;
