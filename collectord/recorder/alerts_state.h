/*
 * The inside of the recorder's alerts, for its two files.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef COLLECTORD_RECORDER_ALERTS_STATE_H
#define COLLECTORD_RECORDER_ALERTS_STATE_H

#include "collectord/recorder/alert.h"
#include "collectord/link/record.h"
#include "collectord/recorder/recorder_alert.h"

#include <sys/types.h>

#define DELIVERIES_AT_ONCE 16 /* their messages fit into a pipe */

enum alert_derivation {
	DERIVE_NOTHING, /* not on this machine at the moment: unknown */
	DERIVE_VALUE,
	DERIVE_RATIO,   /* first / second */
	DERIVE_SPACE,   /* likewise, but for what is read-only: full images stay full */
	DERIVE_BUSY,    /* 1 - first - second */
	DERIVE_PROBLEM, /* first is an enum problem */
};

struct alert_input {
	enum alert_derivation derivation;
	size_t first, second; /* values of a tick */
	size_t read_only;     /* of DERIVE_SPACE; SIZE_MAX: the layout does not say */
};

/* The collector's own troubles, counted from one tick to the next. */
enum problem {
	PROBLEM_GAP,
	PROBLEM_CLOCK,
	PROBLEM_DROPPED,
	PROBLEM_DISK,
	PROBLEM_COUNT
};

/* What the rules remember beside their watches; kept behind them in the database.  A
 * state of a build before this one ends with the watches. */
struct alert_memory {
	double problem[PROBLEM_COUNT]; /* since the last tick */
	int64_t event_number,
		event_ring; /* the last event, which may be staged twice */
};

/* The rules of one workload. */
struct workload_rules {
	uint64_t subject; /* collectord/link/subject.h; 0: the own machine */
	int64_t workload_id;
	unsigned step_s;
	uint64_t number;           /* staged frames up to here are judged */
	bool is_touched;           /* since its state was last in the database */
	struct alert_watch *watch; /* room for as many of each of the three */
	struct alert_input *input;
	int64_t *alert_id_before; /* for a transaction that fails */
	size_t count, room;
	bool has_layout;
	uint64_t layout_id;
	int64_t last_stamp_s;
	struct alert_memory memory;
};

struct alert_pending {
	struct workload_rules *rules; /* borrowed */
	struct alert_change change;
};

struct recorder_alerts {
	bool is_loaded;
	struct workload_rules **rules; /* the own machine's is [0], once loaded */
	size_t rules_count, rules_room;
	uint64_t number; /* staged frames up to here are judged */
	uint64_t kept;   /* ... and what that changed is in the database */
	bool is_disk_full;
	struct alert_pending *pending; /* judged, not yet in the database */
	size_t pending_count;
	/* deliveries */
	bool has_deliveries; /* something may wait */
	int64_t next_look_ms, next_resend_ms;
	bool has_open;     /* alerts that are resent until they close */
	pid_t notifier;    /* 0: none */
	int in_fd, out_fd; /* -1: closed; to and from the notifier */
	int64_t deadline_ms;
	struct {
		int64_t id, attempts; /* before this one */
	} in_flight[DELIVERIES_AT_ONCE];
	size_t in_flight_count;
	char receipts[65536];
	size_t receipts_length;
};

/* Room for one more watch; 0 or -ENOMEM. */
int workload_rules_grow(struct workload_rules *rules);
void workload_rules_free(struct workload_rules *rules); /* NULL is a no-op */

/* Nothing is left for alerts_load to do. */
bool alerts_are_loaded(const struct recorder *recorder);
/* The state of every workload that is entered and not in memory. */
int alerts_load(struct recorder *recorder, struct store *store, struct err *err);
/* In a transaction: what was judged, and how far. */
int alerts_keep(struct recorder *recorder, struct store *store, struct err *err);

#endif
