/* What the phases of packing_solve share.  Internal to this folder. */
#ifndef ANALYZE_PACKING_ENGINE_H
#define ANALYZE_PACKING_ENGINE_H

#include "analyze/packing/mix.h"
#include "analyze/packing/packing.h"
#include "analyze/packing/state.h"
#include "analyze/packing/work.h"

struct engine {
	const struct packing_problem *problem;
	const struct packing_options *options;
	struct model model;
	struct mix mix;
	struct state best; /* the best packing found */
	bool has_best;
	struct state start; /* of the options, so far as it fits */
	bool has_start;
	int64_t bound; /* for all units placed: hosts or cost, as mix.bound */
	enum packing_bound_kind bound_kind;
	size_t bound_row;
	bool is_all_refuted;       /* proven: not all units can be placed */
	bool is_unplaced_proven;   /* best leaves out as few as possible: proven */
	bool is_failover_refuted;  /* no packing of as many items survives: proven */
	int64_t failover_bound;    /* of packings that survive */
	bool is_failover_searched; /* the bound comes from a whole search */
	int64_t placed_bound; /* for the units placed, where some are not; 0: unknown */
	struct work work;
	bool is_hurried; /* a phase ended with its share of the time, not by itself */
	double begin_s;
	char exact_note[200];
};

/* The value of a packing in the unit of the bound: hosts, or cost. */
int64_t engine_value(const struct engine *engine, const struct state *state);

/* Takes a packing if it is better than the best; copies.  0 or -ENOMEM. */
int engine_offer(struct engine *engine, const struct state *state);

/* Complete and as cheap as the bound: nothing is left to do. */
bool engine_is_done(const struct engine *engine);

/* Nothing can cost less than this; a lower bound than the present one changes
 * nothing. */
void engine_raise_bound(
	struct engine *engine, int64_t bound, enum packing_bound_kind kind);
/* Best and bound to whoever asked to hear of it; phase: a few words. */
void engine_report(struct engine *engine, const char *phase);

#endif
