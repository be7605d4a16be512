/*
 * Loads in short whole numbers, thirty-two rows side by side: what the annealing rates
 * some millions of swaps a second with.  Sizes are rounded to parts of a host, so what it
 * calls right may be over by such a part; the repair counts again in the true numbers.
 */
#ifndef ANALYZE_PACKING_REPAIR_SHORTS_H
#define ANALYZE_PACKING_REPAIR_SHORTS_H

#include "analyze/packing/repair_step.h"

struct repair_shorts {
	size_t lanes;            /* rows, rounded up */
	size_t heavy;            /* lanes at the beginning that count several times */
	size_t *row;             /* [lane] */
	unsigned char *is_heavy; /* [row] */
	double *scale;           /* [row] parts of a host in one of the true numbers */
	double parts;            /* of a host */
	int16_t *size;           /* [variant][unit][lane] */
	int16_t *zero;           /* [lane] */
	int16_t *room; /* [host][lane] the limit less the load, as far as it counts */
	int32_t *left; /* [host][lane] the same, all of it */
	int64_t *over; /* [host] parts, weighed */
	int64_t total;
};

/* 0; -ENOTSUP: some host is over by more than such numbers hold; -ENOMEM.
 * repair_shorts_done in any case. */
int repair_shorts_init(struct repair_shorts *shorts, const struct repair *r);
void repair_shorts_done(struct repair_shorts *shorts);

/* Rows of which some host is over by more than this part of a host count several times
 * from now on.  False: there is none. */
bool repair_shorts_weigh(
	struct repair_shorts *shorts, const struct repair *r, double part);

/* What both hosts would be over by; above `most` any larger value. */
int64_t repair_shorts_after(const struct repair_shorts *shorts, const struct repair *r,
	const struct repair_step *step, int64_t most);

/* Loads as the step leaves them; r->host_of is left to the caller. */
void repair_shorts_apply(struct repair_shorts *shorts, const struct repair *r,
	const struct repair_step *step);

#endif
