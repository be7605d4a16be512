/* What the sampler knows between two ticks; for its files alone. */
#ifndef COLLECTORD_SAMPLER_SAMPLER_STATE_H
#define COLLECTORD_SAMPLER_SAMPLER_STATE_H

#include "collectord/link/helper_page.h"
#include "collectord/link/tick_layout.h"
#include "collectord/link/ring.h"
#include "collectord/sampler/schedule.h"
#include "collectord/link/settings.h"
#include "common/log.h"
#include "probes/collect.h"

enum { SAMPLER_PROBES_MAX = 64 };

struct sampler {
	const struct settings *settings; /* borrowed */
	const struct log *log;           /* borrowed */
	struct host_root root;
	struct collect *collect;
	struct ring *ring;
	struct layout layout;
	struct helper_page *page;
	struct schedule schedule;
	uint64_t snapshot_layout_id; /* of the snapshot that layout was made from */
	uint64_t boot_key;
	int64_t last_stamp_s;     /* no tick at or before this is published */
	int64_t released_stamp_s; /* the same without the ticks that are withheld now */
	uint32_t flags;           /* enum ring_seat_flag, for the next published tick */
	uint64_t published;       /* by this process */
	uint64_t dropped_run, missed_run; /* since the last event about them */
	bool is_primed;      /* the first reading gives no rates and is not published */
	bool is_virtual;     /* the time is a script's */
	bool has_resets;     /* the last reading found counter resets */
	bool has_failing;    /* so has a probe */
	bool has_told_clock; /* that the clock of the CPUs is not known */
	bool probe_fails[SAMPLER_PROBES_MAX];
	uint32_t helper_generation;
	uint32_t entry_seen[HELPER_ENTRIES];
	uint32_t entry_state[HELPER_ENTRIES];
};

#endif
