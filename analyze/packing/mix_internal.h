/*
 * What the files of mix share.  Internal.
 *
 * Where nothing else is said, an int is 0 or a negative errno.
 */
#ifndef ANALYZE_PACKING_MIX_INTERNAL_H
#define ANALYZE_PACKING_MIX_INTERNAL_H

#include "analyze/packing/mix.h"
#include "analyze/packing/mix_rows.h"

/* A condition and the bound it gives alone. */
struct mix_rated {
	size_t index;
	int64_t bound;
	bool is_volume;
};

/*
 * mix_row_bound - the cheapest fractional cover of what a row still needs, by classes
 * of number `first` and up, in whole units of cost; INT64_MAX when they cannot cover it
 */
int64_t mix_row_bound(const struct mix *mix, const struct mix_row *row, int64_t need,
	const int64_t *left, size_t first);

int mix_build_classes(struct mix *mix, const struct mix_conditions *conditions);
/* The strongest rows of one environment; rated is scratch, one entry per condition. */
int mix_choose_rows(struct mix *mix, const struct mix_conditions *conditions,
	size_t environment, struct mix_rated *rated);
/* The weighted sum of the rows from `first` on that bounds best, as a further row. */
int mix_add_blend(struct mix *mix, size_t environment, size_t first);
void mix_row_free(struct mix_row *row);

/* A search over whole numbers of hosts per class and environment. */
struct mix_search {
	const struct mix *mix;
	struct work *work;
	int64_t *left;     /* [class] hosts not yet spent */
	int64_t *need;     /* [row] */
	int64_t *taken;    /* [environment][class] */
	int64_t budget;    /* cost still allowed */
	size_t begin, end; /* environments from end on are taken at their `alone` */
	uint64_t nodes, node_limit;
	bool is_cut;
	/* covers found, when they are wanted */
	int64_t *found;
	double *slack;
	size_t found_count, found_room;
	bool wants_exact; /* the whole budget must be spent */
};

int mix_search_init(struct mix_search *s, const struct mix *mix, struct work *work);
void mix_search_done(struct mix_search *s);
/* Decides class `first` of environment e and what follows; true ends the search: a
 * cover within the budget (unless covers are kept), or is_cut. */
bool mix_search_run(struct mix_search *s, size_t e, size_t first);
/* Keeps up to `most` covers that spend the whole budget, the roomiest first; their
 * number, or -ENOMEM. */
int mix_search_keeping(struct mix_search *s, size_t most, size_t from, size_t end);

#endif
