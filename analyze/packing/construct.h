/*
 * Constructive heuristics: a portfolio of orders and fits, each a few milliseconds.
 *
 * Where nothing else is said, an int is 0 or a negative errno.
 */
#ifndef ANALYZE_PACKING_CONSTRUCT_H
#define ANALYZE_PACKING_CONSTRUCT_H

#include "analyze/packing/state.h"
#include "analyze/packing/work.h"

enum construct_fit {
	CONSTRUCT_FIRST,   /* item by item, the first open host with room */
	CONSTRUCT_BEST,    /* the host that is left with least room */
	CONSTRUCT_EVEN,    /* the host that is left with most room */
	CONSTRUCT_DOT,     /* host by host, the item most alike to what is left */
	CONSTRUCT_COSINE,  /* likewise, whatever the sizes */
	CONSTRUCT_NEAREST, /* host by host, the item that leaves least (L2) */
};

enum construct_key {
	CONSTRUCT_SUM, /* of the sizes relative to the capacities */
	CONSTRUCT_MAX,
	CONSTRUCT_SQUARES,
};

enum construct_weight {
	CONSTRUCT_EQUAL,  /* all rows count alike */
	CONSTRUCT_DEMAND, /* by total demand over capacity */
	CONSTRUCT_SCARCE, /* by its square: the scarce rows decide */
};

struct construct_rule {
	enum construct_fit fit;
	enum construct_key key;
	enum construct_weight weight;
	double noise; /* keys are multiplied by 1 +- noise, drawn from work->random */
};

/* Plain first fit decreasing: what a peer would do; the first of the portfolio. */
extern const struct construct_rule construct_ffd;

/*
 * construct_run - one rule, from nothing; leaves out what finds no host
 *
 * limit  [type] hosts that may be opened; NULL: as many as there are
 *
 * Returns 0 or -ENOMEM.
 */
int construct_run(struct state *state, const int64_t *limit,
	const struct construct_rule *rule, struct work *work);

/*
 * construct_portfolio - the best of many rules
 *
 * target  stop at a complete packing of at most this cost
 * best    the best so far, which may come in filled; improved in place
 * rounds  rules with noise to run beyond the fixed ones
 * most    operations to spend, roughly; a rule that would go over it is passed over
 */
int construct_portfolio(struct state *best, const int64_t *limit, int64_t target,
	size_t rounds, double most, struct work *work);

#endif
