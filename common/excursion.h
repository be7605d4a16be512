/*
 * Runs of a value over a limit, slot by slot: the one definition that the verdict
 * (over a stored series) and the daemon's alerts (as slots close) share, so that
 * they can never disagree.  Pure state machines: no clock, no allocation; the state
 * is plain data that may be stored and loaded again.
 *
 * Definition (docs/method.md, "Excursions"): an excursion is a run, without a break,
 * of slots whose highest value is strictly over the limit.  It runs from the start
 * of its first slot to the end of its last; an unknown or a missing slot ends it.
 * Shorter than sustain_s it is short, else sustained.
 */
#ifndef COMMON_EXCURSION_H
#define COMMON_EXCURSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXCURSION_SUSTAIN_S 900u

struct excursion_limit {
	double limit;       /* a slot counts when its value is strictly greater */
	unsigned sustain_s; /* this long or longer is sustained; > 0 */
	/* The closing of the alert alone: it closes once known slots at or under
	 * clear_at have followed each other for clear_s.  clear_at <= limit. */
	double clear_at;
	unsigned clear_s; /* 0: with the first such slot */
};

struct excursion {
	int64_t from;      /* beginning of the first slot: its stamp - step */
	int64_t to;        /* stamp of the last slot so far */
	double height;     /* highest value, in the unit of the limit */
	int64_t height_at; /* stamp of its slot, the first of several */
	bool is_sustained; /* to - from >= sustain_s */
};

/* Seconds, whole slots. */
static inline int64_t excursion_length_s(const struct excursion *excursion)
{
	return excursion->to - excursion->from;
}

/* Zeroed is a fresh state: nothing fed yet. */
struct excursion_state {
	bool has_last;
	int64_t last; /* stamp of the last slot that was fed */
	bool is_over; /* an excursion is under way: current */
	struct excursion current;
	/* The alert that may span several excursions. */
	bool is_alert_open;
	bool is_alert_disqualified;
	int64_t alert_opened;       /* stamp of the slot that opened it */
	int64_t alert_disqualified; /* stamp of the slot that made it so; 0: not yet */
	double alert_height;        /* highest value since it opened */
	unsigned alert_excursions;  /* how many it lists, the one under way included */
	int64_t calm_from; /* beginning of the run of calm slots; valid if is_calm */
	bool is_calm;
};

/* What one slot caused; several may come together, in this order. */
enum excursion_event {
	EXCURSION_ENDED = 1, /* *ret_ended was written */
	EXCURSION_BEGAN = 2,
	EXCURSION_SUSTAINED = 4,           /* the one under way reached sustain_s */
	EXCURSION_ALERT_OPENED = 8,        /* with the first slot over the limit */
	EXCURSION_ALERT_DISQUALIFIED = 16, /* its first sustained excursion */
	EXCURSION_ALERT_CLOSED = 32,
};

/*
 * excursion_feed - take the next slot
 *
 * stamp, step_s  the slot (stamp - step_s, stamp]; a slot that does not follow the
 *                last one without a gap has missing slots before it, which are
 *                unknown.  A slot at or before the last one is ignored (a replay).
 * value          the slot's highest value, NAN when the slot is unknown
 * ret_ended      the excursion that this slot ended, by value or by gap; may be NULL
 *
 * Returns a set of enum excursion_event.
 */
unsigned excursion_feed(struct excursion_state *state,
	const struct excursion_limit *limit, int64_t stamp, unsigned step_s,
	double value, struct excursion *ret_ended);

/* The excursion still under way at the end of a series; false when there is none. */
bool excursion_finish(const struct excursion_state *state, struct excursion *ret_last);

/*
 * excursion_scan - all excursions of an evenly spaced series
 *
 * values    highest value per slot, NAN unknown; slot k is stamped first + k step_s
 * offset    added to every value before it is compared (32 MB for memory)
 * ret_list  allocated, free() it; NULL when there is none
 *
 * Returns 0 or -ENOMEM.
 */
int excursion_scan(const struct excursion_limit *limit, int64_t first, unsigned step_s,
	const double *values, size_t count, double offset, struct excursion **ret_list,
	size_t *ret_count);

/*
 * Samples to slots, as the archives consolidate them: a slot's value is the highest
 * of its known samples, unknown when more than half of its samples are (xff 0.5).
 * Zeroed but for the two steps is a fresh state.
 */
struct slot_builder {
	unsigned sample_s; /* distance of samples; divides slot_s */
	unsigned slot_s;
	bool has_slot;
	int64_t stamp; /* end of the slot being filled */
	unsigned known;
	double highest;
	int64_t last; /* stamp of the last sample, to ignore repeats */
};

struct slot {
	int64_t stamp;
	double value; /* NAN: unknown */
};

/*
 * slot_builder_add - take one sample (stamps rise; a repeat is ignored)
 *
 * closed  up to two slots that are complete now, oldest first.  Slots without any
 *         sample are not reported: the next one's stamp shows the gap.
 *
 * Returns how many were written, 0 to 2.
 */
unsigned slot_builder_add(struct slot_builder *builder, int64_t stamp, double value,
	struct slot closed[2]);

#endif
