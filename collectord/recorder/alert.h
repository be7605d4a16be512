/*
 * Alerts as the samples come: the same slots, limits and excursions as the verdict
 * judges later (common/excursion.h), so that the two never disagree.  Pure: no clock,
 * no store; the state is plain data that is kept in the database between processes.
 * Definitions: docs/method.md, "Excursions and alerts".
 */
#ifndef COLLECTORD_RECORDER_ALERT_H
#define COLLECTORD_RECORDER_ALERT_H

#include "common/err.h"
#include "common/excursion.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ALERT_WATCHES_MAX 256
#define ALERT_SUBJECT_BYTES 96
#define ALERT_SUSTAIN_S 900u
#define ALERT_ROLL_MAX 15                  /* 900 s in slots of 60 s */
#define ALERT_STAMP_MAX ((int64_t)1 << 40) /* what sums and differences bear */

enum alert_kind {
	ALERT_MEMORY_LIMIT, /* footprint over what one VM may have */
	ALERT_SMP_NEED,     /* 900 s mean over one target core */
	ALERT_DISK_SPACE,
	ALERT_SATURATION,
	ALERT_SENSOR,
	ALERT_HEALTH, /* the collector's own */
	ALERT_KIND_COUNT
};
/* "memory_limit": as in the database and in JSON */
extern const char *const alert_kind_names[ALERT_KIND_COUNT];
extern const char *const alert_kind_units[ALERT_KIND_COUNT];

/* The highest 900 s mean is formed as peaks do: at least half of the slots known. */
struct alert_roll {
	unsigned slots;              /* of 900 s; 0: slot maxima are judged */
	unsigned seen;               /* slots since the first one, at most slots */
	double mean[ALERT_ROLL_MAX]; /* the newest at [at] */
	unsigned at;
	int64_t last;  /* stamp of the newest */
	int64_t stamp; /* the slot being filled */
	double sum;
	unsigned known;
};

/* One limit on one thing.  Plain data; written to the database as it is. */
struct alert_watch {
	uint32_t kind;                     /* enum alert_kind */
	char subject[ALERT_SUBJECT_BYTES]; /* "/var", "t_1a2b3c4d", "cpu"; "" */
	double offset; /* added to every sample: the overhead of a VM */
	struct excursion_limit limit;
	struct slot_builder builder;
	struct alert_roll roll;
	struct excursion_state state;
	int64_t alert_id; /* of the open alert in the database; 0: none */
};

/* What one slot changed, in the order in which it has to be recorded. */
struct alert_change {
	size_t watch;    /* index */
	unsigned events; /* set of enum excursion_event */
	int64_t stamp;
	struct excursion ended; /* with EXCURSION_ENDED */
	double height;          /* of the alert so far */
	int64_t opened;
};

/*
 * alert_watch_init - a fresh watch
 *
 * sample_s  step of the samples; slots have 60 s, or the samples' step where it is
 *           coarser
 * is_rolling  the 900 s mean is judged, and over the limit is disqualifying at once
 */
void alert_watch_init(struct alert_watch *watch, enum alert_kind kind,
	const char *subject, unsigned sample_s, double limit, double offset,
	bool is_rolling);

/*
 * alert_watch_flaw - what is wrong with a watch that comes from the database
 *
 * watch  its bytes are of anybody: nothing of them may be used before this was asked
 *
 * Returns the name of the first field that no watch of ours can have, NULL: none.
 */
const char *alert_watch_flaw(const struct alert_watch *watch);

/* An alert that is open in the database, for a watch that knows of none: it goes on with
 * the next sample and closes after the same calm. */
void alert_watch_adopt(struct alert_watch *watch, int64_t id, int64_t opened,
	int64_t disqualified, double height);

/*
 * alert_feed - the next sample of a watch
 *
 * ret_changes  room for two
 *
 * Returns how many changes there are.
 */
size_t alert_feed(struct alert_watch *watch, size_t index, int64_t stamp, double value,
	struct alert_change ret_changes[2]);

#endif
