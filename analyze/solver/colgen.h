/*
 * Column generation for hosts of one type: a column is a filling of one host, the
 * linear programme covers every class of units at the least number of hosts, and a
 * knapsack prices new fillings.  Method: docs/method.md, "Packing".
 */
#ifndef ANALYZE_SOLVER_COLGEN_H
#define ANALYZE_SOLVER_COLGEN_H

#include "analyze/packing/knapsack.h"
#include "analyze/packing/state.h"
#include "analyze/packing/wire.h"
#include "analyze/solver/lp.h"

/* Prices are integers of this scale: 1 host = PRICE_SCALE. */
#define PRICE_SCALE ((int64_t)1 << 30)

struct column {
	size_t first; /* in entry_class, entry_amount */
	size_t count;
	uint64_t hash;
};

struct colgen {
	const struct model *model; /* borrowed */
	struct knapsack_classes classes;
	struct work work;
	struct lp *lp;
	struct column *column;
	size_t column_count, column_room;
	size_t *bucket; /* hash table of columns: index + 1, 0 free */
	size_t bucket_count;
	int *entry_class;
	double *entry_amount;
	size_t entry_count, entry_room;
	uint32_t *demand; /* [class] what the programme must cover now */
	double *lower;    /* [class] the same for the programme */
	double *center;   /* [class] prices that gave the best bound so far */
	int64_t *value;   /* [class] scratch: integer prices */
	/* of the last enumeration: what a column of such a packing is worth at least */
	int64_t *tight_value; /* [class] */
	int64_t tight_least;  /* 0: none was made */
	int64_t bound;        /* hosts, proven */
	double fraction;      /* the same before it was rounded up */
	bool wants_tight;     /* go on until the fraction is that of the programme */
	uint64_t node_limit;  /* of one pricing now */
	/* of the pricing that runs */
	uint32_t *filling; /* [class] the best found */
	bool has_filling;
	unsigned char *excludes; /* [class][class]; NULL outside branching */
};

/* -ENOMEM; colgen_done on failure too. model: borrowed. */
int colgen_init(struct colgen *g, const struct model *model, const struct work *work);
void colgen_done(struct colgen *g);

/* A filling as a column, unless it is there; amounts above demand are allowed. 1:
 * added, 0: it was there, -ENOMEM. */
int colgen_add(struct colgen *g, const uint32_t *amount);
/* The hosts of a packing as columns. 0 or -ENOMEM. */
int colgen_add_state(struct colgen *g, const size_t *host_of, size_t host_count);

/*
 * colgen_solve - the linear programme over all fillings, for the demand as it is now
 *
 * rounds_max     end after so many rounds of pricing
 * stop_at        end when the bound of the whole demand reaches this (0: never)
 * is_whole       demand is that of the model: bounds are kept
 * ret_is_exact   no filling improves it: the objective is that of all fillings
 *
 * Returns 0, -EDOM (infeasible), -ETIME, -ENOMEM or -EIO.
 */
int colgen_solve(struct colgen *g, unsigned rounds_max, int64_t stop_at, bool is_whole,
	bool *ret_is_exact);

/*
 * colgen_enumerate - every filling that a packing of `target` hosts could use
 *
 * By the prices of the best bound a packing of that many hosts has no column whose
 * reduced cost is over target - bound; all others are added, `most` at most.  Returns
 * how many are new, or -ENOMEM.
 */
int colgen_enumerate(struct colgen *g, int64_t target, size_t most);

/* How many of each class there are to be packed, from now on; copied. */
void colgen_set_demand(struct colgen *g, const uint32_t *demand);

/* The last enumeration has this column, or would have. */
bool colgen_is_tight(const struct colgen *g, size_t column);

#endif
