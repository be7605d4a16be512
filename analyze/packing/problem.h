/*
 * What is to be packed, in integers: items (workloads) with sizes, hosts with
 * capacities and costs, constraints; and what came out.  Nothing here knows a
 * profile, a store or a file format: `analyze pack` and `analyze plan` both fill a
 * problem and call packing_solve (analyze/packing/packing.h).
 *
 * Everything is an integer (MB, MHz, thousandths of a per cent, as the caller likes),
 * so that a packing can be checked exactly.  No figure may exceed PACKING_SIZE_MAX.
 */
#ifndef ANALYZE_PACKING_PROBLEM_H
#define ANALYZE_PACKING_PROBLEM_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sums over all items stay below 2^63: 2^20 items of 2^42 each. */
#define PACKING_SIZE_MAX ((int64_t)1 << 42)
#define PACKING_ITEMS_MAX ((size_t)1 << 20)
#define PACKING_COST_MAX ((int64_t)1 << 40)
#define PACKING_UNLIMITED ((int64_t)-1)
#define PACKING_VOLUMES_MAX ((size_t)16)
#define PACKING_NONE SIZE_MAX /* no host, no dimension, no slot */

/*
 * A dimension is a scalar (slots = 1) or a series on the common time axis: the sum of
 * the items of a host must fit in every slot.  The rows of all dimensions lie one
 * behind the other: dimension 0 has rows 0..slots-1, dimension 1 the next ones.
 */
struct packing_dimension {
	const char *name; /* borrowed, for texts */
	size_t slots;
	size_t first_row; /* filled by packing_problem_init */
};

/*
 * Hosts that are alike in everything.  A host that a constraint names alone, or that
 * differs in what is already used on it, is a type of its own with count 1.
 */
struct packing_host_type {
	const char *name; /* borrowed */
	int64_t count;    /* >= 0, or PACKING_UNLIMITED */
	int64_t spare;    /* further hosts, kept empty for those that are lost; >= 0 */
	int64_t cost;     /* of one host that is used, 0..PACKING_COST_MAX */
	int zone;         /* for PACKING_SPREAD; hosts of one number fail together */
	size_t variant;   /* which sizes of the items hold here */
	/* the volume_dimension cut into parts, whose sum is the capacity; 0: it is whole */
	int64_t volume[PACKING_VOLUMES_MAX];
	size_t volume_count;
};

struct packing_item {
	const char *name; /* borrowed */
	int environment;  /* compared where environments are separated */
	bool is_sharing;  /* takes part in the setup of struct packing_problem */
};

enum packing_constraint_kind {
	PACKING_PIN,           /* the items only on hosts of these types */
	PACKING_EXCLUDE,       /* the items never on hosts of these types */
	PACKING_TOGETHER,      /* the items on one host: all of them placed or none */
	PACKING_APART,         /* no two of the items on one host */
	PACKING_AT_MOST,       /* at most n of the items on one host */
	PACKING_SPREAD,        /* at most n of the items in one zone */
	PACKING_AT_MOST_HOSTS, /* the items on at most n hosts in all */
	PACKING_APART_GROUPS,  /* no item on a host with one of another group */
};

struct packing_constraint {
	enum packing_constraint_kind kind;
	size_t *item; /* owned; each once */
	size_t item_count;
	size_t *type; /* owned; PIN and EXCLUDE only */
	size_t type_count;
	size_t *group; /* owned; [item_count] APART_GROUPS only: 0..n-1 */
	size_t n;      /* AT_MOST, SPREAD, AT_MOST_HOSTS: 1..; APART_GROUPS: groups */
};

/*
 * Sizes may differ by host type (a reservation rounded up to a per cent of that type's
 * core): a variant is one table of sizes, and each type says which one it uses.
 *
 * The setup is an amount that a host spends once as soon as one item with is_sharing
 * is on it (the shared network adapter), in one dimension with one slot.
 *
 * failover k: wanted is a packing whose items, after the loss of any k used hosts, fit
 * on the other used hosts and on the spare ones while all others stay, with every
 * constraint still met (where no more than k hosts are used and there is no spare, it is
 * not survived; where there is one, all of them are lost).  Spare hosts are in no cost.  Where none is found that
 * leaves no more items out than without failover, the result is the packing without
 * it, and says so: is_failover_met.
 */
struct packing_problem {
	struct packing_dimension *dimension; /* owned */
	size_t dimension_count;
	size_t row_count;               /* the sum of slots */
	struct packing_host_type *type; /* owned */
	size_t type_count;
	struct packing_item *item; /* owned */
	size_t item_count;
	size_t variant_count;
	int64_t *capacity; /* owned; [type][dimension] */
	int64_t *used; /* owned; [type][dimension], already taken on each such host */
	int64_t *size; /* owned; [variant][item][row]: packing_size() */
	unsigned char *is_forbidden; /* owned; [item][type]; NULL: nothing is */
	struct packing_constraint *constraint; /* owned */
	size_t constraint_count;
	bool separates_environments;
	size_t volume_dimension; /* of one slot: items are whole on a volume; NONE */
	size_t setup_dimension;  /* PACKING_NONE: no setup */
	int64_t setup_amount;
	unsigned failover; /* 0..2 */
};

/*
 * packing_problem_init - room for a problem of this shape, all figures 0
 *
 * dimensions  name and slots are copied (the name pointer is borrowed)
 *
 * Types are unlimited, cost 1, zone 0, variant 0; nothing is constrained.  Returns 0,
 * -EINVAL for no dimension, no type, no variant or no slot, -E2BIG, or -ENOMEM.
 */
int packing_problem_init(struct packing_problem *problem,
	const struct packing_dimension *dimensions, size_t dimension_count,
	size_t type_count, size_t variant_count, size_t item_count, struct err *err);
void packing_problem_done(struct packing_problem *problem);

/* The row_count sizes of an item under a variant; write through it to fill. */
int64_t *packing_size(
	const struct packing_problem *problem, size_t variant, size_t item);

/* Forbids an item on a type; 0 or -ENOMEM. */
int packing_forbid(struct packing_problem *problem, size_t item, size_t type);

/*
 * packing_constrain - add a constraint; the indices are copied
 *
 * types are read for PIN and EXCLUDE, n for AT_MOST, SPREAD and AT_MOST_HOSTS.  Returns
 * 0, -EINVAL for an index out of range, an empty list, a repeated item or n = 0, or
 * -ENOMEM.
 */
int packing_constrain(struct packing_problem *problem,
	enum packing_constraint_kind kind, const size_t *items, size_t item_count,
	const size_t *types, size_t type_count, size_t n, struct err *err);

/*
 * packing_constrain_groups - APART_GROUPS; group[i] is the group of items[i]
 *
 * Groups are numbered from 0; count of them.  As packing_constrain; -EINVAL also for a
 * group out of range.
 */
int packing_constrain_groups(struct packing_problem *problem, const size_t *items,
	const size_t *group, size_t item_count, size_t count, struct err *err);

/* packing_problem_check - figures in range; -EINVAL names the first that is not */
int packing_problem_check(const struct packing_problem *problem, struct err *err);

/* The dimension a row belongs to; *ret_slot (may be NULL) is its slot there. */
size_t packing_row_dimension(
	const struct packing_problem *problem, size_t row, size_t *ret_slot);

/* ---- what came out ------------------------------------------------------------- */

enum packing_reason {
	PACKING_PLACED = 0,
	PACKING_FITS_NO_HOST, /* alone on an empty host it is too large: row says where */
	PACKING_NO_TYPE_ALLOWED, /* pins, exclusions and forbidden types leave none */
	PACKING_CONSTRAINT,      /* the constraints in packing_result.conflict */
	PACKING_NO_ROOM,         /* the hosts there are do not suffice */
};

/* Where the items of a lost set of hosts go: the proof of failover. */
struct packing_recovery {
	size_t lost[2]; /* hosts of the result; lost[1] = PACKING_NONE: one alone */
	bool is_survived;
	bool is_proven;     /* not survived, and no placement exists */
	size_t moved_count; /* 0 where not survived */
	size_t *item;       /* owned; [moved_count] the items of the lost hosts */
	/* owned; [moved_count] where they are restarted: hosts of the result, then the
	 * spare ones, in the order of the types */
	size_t *host;
};

/* Which bound was the tight one. */
enum packing_bound_kind {
	PACKING_BOUND_NONE,
	PACKING_BOUND_VOLUME,        /* a row's total demand over the capacities */
	PACKING_BOUND_DUAL_FEASIBLE, /* the same after a dual feasible function */
	PACKING_BOUND_CONFLICT,      /* items that cannot share a host */
	PACKING_BOUND_GROUP,         /* at most n of a group on a host */
	PACKING_BOUND_MIX,      /* whole hosts of every type over all rows at once */
	PACKING_BOUND_COLUMNS,  /* column generation, recomputed in integers */
	PACKING_BOUND_SEARCH,   /* all other packings were searched */
	PACKING_BOUND_FAILOVER, /* the others' bound, and the hosts that may be lost */
};
extern const char *const packing_bound_names[];

struct packing_result {
	size_t host_count; /* hosts used */
	size_t *host_type; /* owned; [host_count], hosts of one type together */
	size_t *host_of;   /* owned; [item_count], PACKING_NONE: left out */
	size_t *volume_of; /* owned; [item_count] of its host; PACKING_NONE: of none */
	enum packing_reason *reason; /* owned; [item_count] */
	size_t *reason_row;          /* owned; [item_count]; the row for FITS_NO_HOST */
	size_t unplaced_count;
	bool is_unplaced_proven; /* no packing leaves fewer out */
	bool is_all_refuted;     /* proven: not all items can be placed */
	int64_t lower_bound_all; /* for all items, whether placed or not */
	int64_t cost;
	bool has_equal_costs; /* lower_bound counts hosts, else cost */
	int64_t lower_bound;  /* for the items placed */
	enum packing_bound_kind bound_kind;
	bool is_proven_optimal; /* lower_bound reached */
	size_t binding_row;     /* the row that holds the bound up; PACKING_NONE */
	struct packing_recovery *recovery; /* owned; failover > 0: each loss */
	size_t recovery_count;
	bool is_failover_met;     /* every loss is survived; true without failover */
	bool is_failover_refuted; /* not met, and proven that it cannot be */
	size_t *conflict; /* owned; indices of constraints that cannot be met together */
	size_t conflict_count;
	char exact_note[200]; /* why the exact phase is missing; "" when it ran */
	bool is_cut_by_clock; /* a longer time limit could give a better answer */
	double seconds;
};

void packing_result_done(struct packing_result *result);

#endif
