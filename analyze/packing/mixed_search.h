/*
 * The search over sets of hosts, in the parts it is made of: sets and room (mixed.c),
 * environments filled by themselves (mixed_parts.c), whole fillings (mixed_fillings.c).
 *
 * Where nothing else is said, an int is 0 or a negative errno.
 */
#ifndef ANALYZE_PACKING_MIXED_SEARCH_H
#define ANALYZE_PACKING_MIXED_SEARCH_H

#include "analyze/packing/master.h"

/* The hosts of one environment, tried. */
struct part {
	size_t environment;
	int64_t *y;      /* [class], owned */
	size_t *host_of; /* [unit], owned; NULL: could not be filled */
	size_t *host_type;
	size_t host_count;
	unsigned level;   /* of the effort */
	bool has_columns; /* whole fillings were looked for */
	bool is_refuted;  /* proven: they cannot be filled */
};

struct host_search {
	struct engine *engine;
	struct master master;
	struct state made;
	struct part *part;
	size_t part_count;
	size_t parts;       /* environments that are filled by themselves */
	double *room;       /* [environment] asked for now */
	double *low, *high; /* [environment] too little; enough, or too much */
	bool *is_filled;    /* [environment] by the last set */
	unsigned level;     /* of effort; what failed at a lower one is tried again */
	bool is_loose;
	bool has_fillings; /* of any hosts were looked for */
	bool is_opening;   /* nothing is known yet: what takes long waits */
	bool is_first;     /* a packing is wanted, a better one is found elsewhere */
	double until_s;
};

/* The value of the best packing that places everything; INT64_MAX: there is none. */
int64_t mixed_best_value(const struct engine *engine);

/* ---- parts (mixed_parts.c) --------------------------------------------------------- */

/* The hosts that the master's answer has for an environment, as they were tried before,
 * borrowed from the search; NULL: they were not. */
struct part *mixed_find_part(const struct host_search *search, size_t environment);
/* The same, borrowed too, made where there is none; NULL: no memory. */
struct part *mixed_part(struct host_search *search, size_t environment);
/* search->made is a filling of the part.  0 or -ENOMEM. */
int mixed_keep_filling(const struct host_search *search, struct part *part);
void mixed_free_parts(struct host_search *search);

/* All parts of the master's answer, each of them filled, together; 0 or -ENOMEM. */
int mixed_join_parts(struct host_search *search);
/* 1: the hosts of the master's answer hold everything; 0: is_filled says what not;
 * -ENOMEM. */
int mixed_try_hosts(struct host_search *search);
/* What could not be filled has to cost a step more: least [part]. */
void mixed_raise_least(const struct host_search *search, int64_t *least);

/* ---- the rest ---------------------------------------------------------------------- */

/* The bound by hosts alone: as master_solve; -ERANGE: no hosts do at all (mixed.c). */
int mixed_raise_bound(struct host_search *search);

/* Few units on a host: what shares of units say is far from what whole ones do. */
bool mixed_is_coarse(const struct host_search *search);
/* Rows from fillings, first of any hosts, then of each set that the master proposes; one
 * that is neither filled nor refuted makes way for a dearer one.  -ERANGE as
 * mixed_raise_bound. */
int mixed_search_fillings(struct host_search *search);

/* What each environment costs at least, set by set: all that cost no more are filled or
 * refuted, one after the other (mixed_settle.c). */
int mixed_settle(struct host_search *search, double end_s);

#endif
