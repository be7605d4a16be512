/*
 * The helper: what can hang, read with deadlines, in a process of its own.
 *
 * A turn is a list of sources, one after another in a child made by fork: a well turn
 * costs one.  Where a source takes longer than its deadline the child is killed, the
 * source marked late, and another child goes on with the next.  A child that cannot even
 * be killed (a dead server, the kernel waiting) is left behind; its source is not
 * touched again before it is gone, and there are never more than HELPER_STUCK_MAX.
 */
#ifndef COLLECTORD_HELPER_HELPER_H
#define COLLECTORD_HELPER_HELPER_H

#include "collectord/link/helper_page.h"
#include "collectord/link/settings.h"
#include "common/log.h"
#include "probes/hostroot.h"
#include "probes/probe.h"

#include <sys/types.h>

enum { HELPER_STUCK_MAX = 4, HELPER_SLOW_MAX = 8 };

/* One slow probe, and what it lists. */
struct helper_slow {
	const struct slow_probe *probe;
	struct slow_state *state;
};

/* One source: entry i of the page. */
struct helper_source {
	char name[HELPER_NAME_BYTES]; /* "": this entry is free */
	size_t slow, index;           /* which probe, and which in its list */
	enum helper_state state;      /* of the last turn */
	bool is_seen;                 /* in this turn's list of what there is */
};

struct helper_progress {
	_Atomic uint32_t current; /* source + 1 that is being read */
	_Atomic int64_t since_ns; /* monotonic */
};

struct helper_stuck {
	pid_t pid;
	size_t source; /* HELPER_ENTRIES + i: the list of slow probe i */
};

struct helper {
	struct settings settings;
	const struct log *log; /* borrowed */
	struct helper_page *page;
	struct helper_progress *progress; /* shared with the child */
	struct host_root root;
	struct slow_context context;
	struct helper_slow slow[HELPER_SLOW_MAX];
	size_t slow_count;
	struct helper_source source[HELPER_ENTRIES];
	struct helper_stuck stuck[HELPER_STUCK_MAX];
	unsigned stuck_count;
};

/* Opens the sampler's page and every slow probe that is not switched off. Returns 0 or
 * a negative errno with the text set; nothing is left open then. helper_close kills
 * children that hang. */
int helper_open(struct helper *helper, const char *runtime, const struct log *log,
	struct err *err);
void helper_close(struct helper *helper);

/* One turn over everything; returns within the sum of the deadlines. */
void helper_turn(struct helper *helper);

#endif
