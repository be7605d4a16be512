/* The course of a workload in few points: what a chart of weeks needs. */
#ifndef ANALYZE_ESTATE_OUTLINE_H
#define ANALYZE_ESTATE_OUTLINE_H

#include "analyze/estate/load.h"

#define OUTLINE_COLUMNS 120
#define OUTLINE_HOURS 168 /* of the week, from Monday 00:00 UTC */

/* Natural units; NAN where nothing is known. */
struct outline_course {
	bool is_known; /* a slot at least */
	/* The period in equal columns: the lowest minimum, the mean, the highest maximum. */
	float low[OUTLINE_COLUMNS], mean[OUTLINE_COLUMNS], high[OUTLINE_COLUMNS];
	float week
		[OUTLINE_HOURS]; /* the highest mean of an hour at that hour of the week */
};

struct outline {
	int64_t from, to; /* phase not in them; 0, 0: nothing is stored */
	struct outline_course course[RESOURCE_COUNT];
};

/* Pure: of slots that were read. */
void outline_make(const struct load_set *set, struct outline *ret_outline);

/*
 * outline_read - of the chosen workloads, by load_each
 *
 * ret_outlines: one for each, in their order; free it.  Returns 0 or a negative errno.
 */
int outline_read(
	const struct estate *estate, struct outline **ret_outlines, struct err *err);

#endif
