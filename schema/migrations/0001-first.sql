-- The first schema.  Times are Unix seconds UTC (`*_at`, or stamps of slots); a span
-- covers begin_at < stamp <= end_at, as slots do.

CREATE TABLE meta (
	key TEXT PRIMARY KEY,
	value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE workloads (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	name TEXT NOT NULL UNIQUE CHECK (name <> ''),
	folder TEXT NOT NULL UNIQUE CHECK (folder <> ''),
	source TEXT NOT NULL CHECK (source IN ('sampled', 'imported', 'store', 'sample')),
	step_s INTEGER NOT NULL CHECK (step_s > 0),
	phase_s INTEGER NOT NULL DEFAULT 0 CHECK (phase_s >= 0 AND phase_s < step_s),
	first_at INTEGER NOT NULL DEFAULT 0,
	last_at INTEGER NOT NULL DEFAULT 0,
	origin_store TEXT,
	origin_name TEXT
) STRICT;
CREATE UNIQUE INDEX workloads_origin ON workloads (origin_store, origin_name);

-- The RRD files a workload should have: how fsck knows that one is gone.  A content
-- hash is there for files that are written once (imports).
CREATE TABLE archives (
	workload_id INTEGER NOT NULL REFERENCES workloads (id) ON DELETE CASCADE,
	file TEXT NOT NULL,
	hash TEXT,
	PRIMARY KEY (workload_id, file)
) STRICT, WITHOUT ROWID;

CREATE TABLE workload_facts (
	workload_id INTEGER NOT NULL REFERENCES workloads (id) ON DELETE CASCADE,
	key TEXT NOT NULL,
	value TEXT NOT NULL,
	source TEXT NOT NULL,
	set_at INTEGER NOT NULL,
	PRIMARY KEY (workload_id, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE devices (
	workload_id INTEGER NOT NULL REFERENCES workloads (id) ON DELETE CASCADE,
	kind TEXT NOT NULL,
	name TEXT NOT NULL,
	data TEXT,
	first_seen_at INTEGER NOT NULL,
	last_seen_at INTEGER NOT NULL,
	PRIMARY KEY (workload_id, kind, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE boots (
	workload_id INTEGER NOT NULL REFERENCES workloads (id) ON DELETE CASCADE,
	boot_id TEXT NOT NULL,
	booted_at INTEGER NOT NULL,
	first_tick_at INTEGER NOT NULL DEFAULT 0,
	last_tick_at INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (workload_id, boot_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE gaps (
	workload_id INTEGER NOT NULL REFERENCES workloads (id) ON DELETE CASCADE,
	begin_at INTEGER NOT NULL,
	end_at INTEGER NOT NULL CHECK (end_at > begin_at),
	reason TEXT NOT NULL,
	PRIMARY KEY (workload_id, begin_at, end_at)
) STRICT, WITHOUT ROWID;

-- Resizes, starts, stops, clock jumps, devices that came and went, damage.
CREATE TABLE events (
	id INTEGER PRIMARY KEY,
	workload_id INTEGER REFERENCES workloads (id) ON DELETE CASCADE,
	at INTEGER NOT NULL,
	kind TEXT NOT NULL,
	text TEXT NOT NULL,
	data TEXT
) STRICT;
CREATE INDEX events_time ON events (at);
CREATE INDEX events_workload ON events (workload_id, at);

CREATE TABLE alerts (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	workload_id INTEGER NOT NULL REFERENCES workloads (id) ON DELETE CASCADE,
	kind TEXT NOT NULL CHECK (kind IN ('memory_limit', 'smp_need', 'disk_space',
		'saturation', 'sensor', 'health')),
	subject TEXT NOT NULL DEFAULT '', -- the file system, sensor ... it is about
	rule TEXT,
	opened_at INTEGER NOT NULL,
	disqualified_at INTEGER,
	closed_at INTEGER,
	height REAL,
	limit_value REAL,
	unit TEXT,
	summary TEXT,
	state TEXT -- of the evaluation, JSON: survives a restart in the middle
) STRICT;
CREATE UNIQUE INDEX alerts_open ON alerts (workload_id, kind, subject)
	WHERE closed_at IS NULL;

CREATE TABLE alert_excursions (
	alert_id INTEGER NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
	begin_at INTEGER NOT NULL,
	end_at INTEGER NOT NULL,
	height REAL NOT NULL,
	class TEXT NOT NULL CHECK (class IN ('short', 'sustained')),
	PRIMARY KEY (alert_id, begin_at)
) STRICT, WITHOUT ROWID;

-- One row for each message and channel; the key makes a repetition harmless.
CREATE TABLE deliveries (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	alert_id INTEGER NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
	channel TEXT NOT NULL,
	occasion TEXT NOT NULL CHECK (occasion IN ('opened', 'disqualified', 'closed')),
	created_at INTEGER NOT NULL,
	attempts INTEGER NOT NULL DEFAULT 0,
	next_try_at INTEGER,
	delivered_at INTEGER,
	given_up_at INTEGER,
	error TEXT,
	UNIQUE (alert_id, channel, occasion)
) STRICT;

CREATE TABLE reviews (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	workload_id INTEGER NOT NULL REFERENCES workloads (id) ON DELETE CASCADE,
	profile_id TEXT,
	rule_id TEXT NOT NULL,
	decision TEXT NOT NULL CHECK (decision IN ('accept', 'reject')),
	decided_by TEXT NOT NULL,
	reason TEXT NOT NULL,
	decided_at INTEGER NOT NULL,
	until_at INTEGER,
	withdrawn_at INTEGER
) STRICT;
CREATE INDEX reviews_workload ON reviews (workload_id, rule_id);

CREATE TABLE exclusions (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	workload_id INTEGER NOT NULL REFERENCES workloads (id) ON DELETE CASCADE,
	begin_at INTEGER NOT NULL,
	end_at INTEGER NOT NULL CHECK (end_at > begin_at),
	reason TEXT NOT NULL,
	excluded_by TEXT,
	created_at INTEGER NOT NULL,
	removed_at INTEGER
) STRICT;
CREATE INDEX exclusions_workload ON exclusions (workload_id, begin_at);

CREATE TABLE profiles_used (
	profile_id TEXT NOT NULL,
	hash TEXT NOT NULL,
	first_used_at INTEGER NOT NULL,
	last_used_at INTEGER NOT NULL,
	PRIMARY KEY (profile_id, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE plans (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	created_at INTEGER NOT NULL,
	profile_id TEXT NOT NULL,
	demand TEXT NOT NULL,
	json TEXT NOT NULL
) STRICT;

-- An import is one command; its files are known by their content.
CREATE TABLE imports (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	format TEXT NOT NULL,
	at INTEGER NOT NULL,
	rows INTEGER NOT NULL DEFAULT 0,
	repeated INTEGER NOT NULL DEFAULT 0,
	conflicting INTEGER NOT NULL DEFAULT 0,
	repaired INTEGER NOT NULL DEFAULT 0,
	refused INTEGER NOT NULL DEFAULT 0,
	undone_at INTEGER
) STRICT;

CREATE TABLE import_files (
	import_id INTEGER NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
	path TEXT NOT NULL,
	hash TEXT NOT NULL,
	size_bytes INTEGER NOT NULL,
	PRIMARY KEY (import_id, path)
) STRICT, WITHOUT ROWID;
CREATE INDEX import_files_hash ON import_files (hash);

CREATE TABLE import_workloads (
	import_id INTEGER NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
	workload_id INTEGER NOT NULL REFERENCES workloads (id) ON DELETE CASCADE,
	first_at INTEGER NOT NULL,
	last_at INTEGER NOT NULL,
	slots INTEGER NOT NULL,
	was_new INTEGER NOT NULL,
	prior_first_at INTEGER NOT NULL,
	prior_last_at INTEGER NOT NULL,
	PRIMARY KEY (import_id, workload_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX import_workloads_workload ON import_workloads (workload_id, import_id);

CREATE TABLE collector_health (
	workload_id INTEGER PRIMARY KEY REFERENCES workloads (id) ON DELETE CASCADE,
	pid INTEGER NOT NULL,
	started_at INTEGER NOT NULL,
	last_at INTEGER NOT NULL,
	ticks INTEGER NOT NULL,
	stored INTEGER NOT NULL,
	held INTEGER NOT NULL,
	dropped INTEGER NOT NULL,
	late INTEGER NOT NULL,
	restarts INTEGER NOT NULL,
	errors INTEGER NOT NULL,
	disk_left_days REAL,
	updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE maintenance (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	workload_id INTEGER REFERENCES workloads (id) ON DELETE CASCADE,
	begin_at INTEGER NOT NULL,
	end_at INTEGER NOT NULL CHECK (end_at > begin_at),
	reason TEXT NOT NULL
) STRICT;

-- Renames and removals below the data folder that belong to a commit: done after it,
-- and by the next writer where that was cut short.  source NULL: target is removed.
CREATE TABLE pending_files (
	id INTEGER PRIMARY KEY,
	source TEXT,
	target TEXT NOT NULL
) STRICT;
