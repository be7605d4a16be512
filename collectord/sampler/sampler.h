/*
 * The sampler proper: takes a reading when the schedule says so and puts it into the
 * ring.  Allocates only when a device comes or goes.
 */
#ifndef COLLECTORD_SAMPLER_SAMPLER_H
#define COLLECTORD_SAMPLER_SAMPLER_H

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
	uint64_t frame_layout_id; /* of the frame that layout was made from */
	uint64_t boot_key;
	int64_t last_stamp_s;     /* no tick at or before this is published */
	int64_t released_stamp_s; /* the same without the ticks that are held now */
	uint32_t flags;           /* enum ring_slot_flag, for the next published tick */
	uint64_t published;       /* by this process */
	uint64_t dropped_run, missed_run; /* since the last event about them */
	bool is_primed;  /* the first reading gives no rates and is not published */
	bool is_virtual; /* the time is a script's */
	bool has_resets; /* the last reading found counter resets */
	bool probe_fails[SAMPLER_PROBES_MAX];
	uint32_t helper_generation;
	uint32_t entry_seen[HELPER_ENTRIES];
	uint32_t entry_state[HELPER_ENTRIES];
};

/* now: the first instant.  trust_clock: --trust-clock.  Fails with the text set. */
int sampler_open(struct sampler *sampler, const struct settings *settings,
	const struct log *log, const struct clock_now *now, bool trust_clock,
	struct err *err);
void sampler_close(struct sampler *sampler);

/* The time that schedule_deadline_ns named has come, or a signal. */
void sampler_wake(
	struct sampler *sampler, const struct clock_now *now, bool is_synchronised);

/*
 * sampler_end - the last word before the recorder drains the ring
 *
 * What is held is released by the time it had: the line was trusted when it began.
 * Where there never was a line (the clock was never set) it stays in the ring.
 */
void sampler_end(struct sampler *sampler);

/* An event with a text of ours, stamped now. */
void sampler_event(struct sampler *sampler, enum ring_event_kind kind, int32_t amount,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The layout of a frame, for the ring and for --estimate.  layout_init'ed before. */
int sampler_layout_of(const struct frame *frame, unsigned step_s, struct layout *layout,
	struct err *err);

/* ---- between the files of the sampler ------------------------------------------- */

/* The frame has another layout: saves it, widens the ring, tells what came and went. */
int sampler_change_layout(
	struct sampler *sampler, const struct frame *frame, struct err *err);
/* What is new in the helper's page goes to the probes' collector. */
void sampler_take_from_helper(struct sampler *sampler, const struct clock_now *now);

/* What collect_open wants, from the settings.  names: SAMPLER_PROBES_MAX + 1 pointers
 * into text; unknown probes are -EINVAL. */
int sampler_disabled_probes(const char *words, char text[static SETTING_TEXT_BYTES],
	const char **names, struct err *err);

#endif
