/*
 * What a host would be over its limits by, in floats, eight rows at a time.  It only
 * says which step looks best; what a step leads to is counted in whole numbers
 * (repair_state.h).
 */
#ifndef ANALYZE_PACKING_REPAIR_RATES_H
#define ANALYZE_PACKING_REPAIR_RATES_H

#include "analyze/packing/repair_types.h"

struct repair_rates {
	size_t lanes;  /* rows, rounded up; 0: nothing of this is used */
	bool are_many; /* rows */
	size_t *order; /* [row] the fullest first: a look at few of them is enough */
	float *size; /* [variant][unit][lane] whole where floats hold that, or shares */
	float *room; /* [host][lane] the limit less the load; < 0: over it */
	float *weight; /* [type][lane] */
	float *zero;   /* [lane] */
	double *share; /* [row] of one in the largest capacity; 1: all are whole */
	float *swap;   /* [unit] of the swaps that were asked for last */
	/* of one host, up to eight rows: all, or those that it is over most */
	float *by_row;     /* [variant][row][unit] of many rows: size again */
	float *watched;    /* [unit][eight] */
	float *watch_room; /* [eight] */
	float *watch_weight;
};

/* weight [type][row]: of a whole unit of overload.  0 or -ENOMEM; repair_rates_done in
 * any case. */
int repair_rates_init(struct repair_rates *rates, const struct model *model,
	size_t host_count, const double *weight);
void repair_rates_done(struct repair_rates *rates);

/* The room of a host after its load has changed: row_count numbers each. */
void repair_rates_refresh(struct repair_rates *rates, const struct model *model,
	size_t host, const int64_t *load, const int64_t *limit);

/* The penalty of the rows if `in` came and `out` went (PACKING_NONE: nothing); above
 * `most` any larger value. */
double repair_rates_after(const struct repair_rates *rates, const struct model *model,
	size_t type, size_t host, size_t in, size_t out, double most);

/* A host whose overload is to go, of a type: what repair_rates_swaps looks at there. */
void repair_rates_watch(struct repair_rates *rates, const struct model *model,
	size_t type, size_t host);

/* Swaps of `in`, from the host that is watched, for each of these units of another: at
 * least so much is over on both hosts then: rates->swap [count]. */
void repair_rates_swaps(const struct repair_rates *rates, const struct model *model,
	size_t type, size_t host, size_t in, const size_t *unit, size_t count);

#endif
