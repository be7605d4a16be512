/*
 * The master: which hosts at least cost, over every necessary condition known, with
 * conditions that are found on the way because a set of hosts broke them.
 *
 *     min sum cost[k] y[k];  a kind k is one class of host types in one environment
 *     sum give[row][k] y[k] >= need[row]        for all rows, each within an environment
 *     sum over environments of y[k] <= hosts of the class
 *
 * headroom-solver proposes y and a division of the search; the bound that counts is
 * recomputed from the division in integers (mip.h).  Under failover every row must
 * also hold without any k hosts, with the spare ones: whatever was on them runs on the
 * others then.
 *
 * Where nothing else is said, an int is 0 or a negative errno.
 */
#ifndef ANALYZE_PACKING_MASTER_H
#define ANALYZE_PACKING_MASTER_H

#include "analyze/packing/engine.h"
#include "analyze/packing/few_rows.h"
#include "analyze/packing/model_rows.h"
#include "analyze/packing/solver_child.h"
#include "analyze/packing/wire_task.h"

struct master_row {
	int64_t need;
	int64_t *give; /* [kind], owned */
	size_t environment;
	enum packing_bound_kind kind;
	bool is_divisible; /* may be asked for with room to spare */
	bool is_whole;     /* of all units of the environment */
	bool is_final;     /* of hosts as they are, losses counted already */
	double *share;     /* [dimension] of its need, owned; NULL: not told apart */
};

/* A row as it stands in the programme: without these kinds' hosts. */
struct master_use {
	size_t row;
	size_t loss[2]; /* kinds; PACKING_NONE */
};

struct master {
	struct engine *engine;
	const struct model *model; /* as the solver sees it: few rows */
	struct model small;        /* owned sizes and capacities, unless has_all_rows */
	bool has_all_rows;
	size_t chosen[MODEL_ROWS_FEW]; /* rows of the whole, unless has_all_rows */
	size_t dimension_count;
	double *ease; /* [dimension] which part of the room is wished for it */
	bool has_learnt;
	bool *was_short;     /* [dimension] with less of the room */
	double *excess;      /* [dimension] what the last fillings were over by */
	struct few_rows few; /* what packings are made on */
	struct solver_child child;
	bool has_child;
	char note[200];
	unsigned failover;
	size_t class_count; /* of types that nothing tells apart */
	size_t *class_of;   /* [type] */
	size_t *first_type; /* [class] */
	int64_t *count;     /* [class] */
	int64_t *spare;     /* [class] hosts beside count that help after a loss */
	int64_t *cost;      /* [class] 1 where all costs are equal */
	size_t kind_count;  /* environments x classes */
	struct master_row *row;
	size_t row_count, row_room;
	struct master_use *use;
	size_t use_count, use_room;
	int64_t *y;    /* [kind] the last answer */
	int64_t bound; /* proven: no set of hosts that meets all conditions costs less */
	bool is_infeasible; /* proven: none meets them */
	int64_t *least;     /* [environment] proven: its hosts cost no less */
	/* of the last assignment that added no row */
	int64_t *assigned; /* [kind] its hosts */
	bool has_assigned;
	size_t *type_of; /* [unit] */
	double fill;     /* of the fullest environment; over 1: impossible */
};

/* 0, -ENOENT (no solver: the reason is in note), or -ENOMEM; master_done in any case. */
int master_init(struct master *master, struct engine *engine, unsigned failover);
void master_done(struct master *master);

/* ---- rows (master_rows.c) ---------------------------------------------------------- */

/* Takes a condition whose figures may be large; like says the rest; need <= 0 is no
 * condition.  1: added, 0: not; -ENOMEM. */
int master_add_row(struct master *master, const struct master_row *like, __int128 need,
	const __int128 *give);

/* What the spare hosts give of a row once others are lost. */
__int128 master_spared(const struct master *master, const struct master_row *row);

/* What a set of hosts gives of a row after the loss that hurts it most; loss of no kind:
 * without any, where the spare hosts are worth more than what is lost. */
__int128 master_given(const struct master *master, const struct master_row *row,
	const int64_t *y, size_t loss[2]);

/* A row from prices per type and row of the model: what an assignment proves. */
int master_add_prices(struct master *master, size_t environment,
	const double *multiplier, const int64_t *y);
/* A row from prices per unit: fillings are searched here.  value [unit] >= 0. */
int master_add_fillings(struct master *master, size_t environment, const int64_t *value,
	uint64_t node_limit, struct work *work);

/* ---- room by resource (master_ease.c) ---------------------------------------------- */

int master_ease_init(struct master *master);
/* The dimension of a row of the whole model. */
size_t master_dimension(const struct master *master, size_t row);
/* Which part of the room that is wished a row is to have. */
double master_ease(const struct master *master, const struct master_row *row);
/* By how much rows of the model count more in an assignment with that room: [row]. */
void master_scale_rows(const struct master *master, double room, double *ret_scale);
/* What a filling was over by: [row of the few]. */
void master_note_excess(struct master *master, const double *excess);
enum master_eased {
	MASTER_EASED_NOT,
	MASTER_EASED_LESS,  /* less room for what was not short */
	MASTER_EASED_MORE,  /* more for what was */
	MASTER_EASED_AGAIN, /* still less for what never was */
};
/* From now on the room is for what was short when fillings failed. */
enum master_eased master_learn_ease(struct master *master);

/* ---- the programme (master_solve.c) ------------------------------------------------ */

struct master_wish {
	const double
		*room;    /* [environment] divisible rows: times 1 + room; NULL: none */
	bool is_loose;    /* room in the rows of all units alone */
	int64_t min_cost; /* of the hosts */
	const int64_t *min_single; /* [environment] of its hosts; NULL: any */
	int64_t cutoff;            /* cheaper than this */
	double until_s;
	uint64_t nodes; /* of one programme */
	bool is_firm;   /* without assignments: as it is for hosts alone */
	bool is_single; /* of this environment alone, whatever the others take */
	size_t environment;
};

/*
 * master_solve - the cheapest hosts that meet all rows, new ones included
 *
 * Returns 1 with master->y, 0 (proven: none cheaper than the cutoff, or none at all:
 * is_infeasible), -ESRCH (none found, nothing proven), -EAGAIN (time, or the child
 * broke), -ENOMEM.  Where the wish has no
 * room and no least costs, raises master->bound; what a single environment costs at least
 * becomes a row.
 */
int master_solve(struct master *master, const struct master_wish *wish);

/* The hosts of an environment cost no less, which is proven: a row.  As master_add_row.
 */
int master_raise_least(struct master *master, size_t environment, int64_t least);

/* ---- packings (master_pack.c) ------------------------------------------------------- */

/*
 * master_assign - asks for an even filling of y; a row is added where there is none
 *
 * environment  PACKING_NONE: all
 * room         [environment] as in the wish; NULL: none
 *
 * Returns 1 (type_of and fill are set), 0 (a row was added that y breaks), -EAGAIN,
 * -ENOMEM.
 */
int master_assign(struct master *master, const int64_t *y, size_t environment,
	const double *room, double until_s);

struct master_effort {
	uint64_t moves, work;
	int64_t reserve_permille;
	const int64_t
		*reserve; /* [host][row] as repair_limits; hosts by master_expand */
};

/*
 * master_fill - the units of one environment on the hosts that y has for it
 *
 * environment  PACKING_NONE: all at once, where zones tie them together
 *
 * Types are filled as the last assignment says; what is left over is placed by tabu
 * search.  1: all are placed in made (and no others); 0: not; -ENOMEM.
 */
int master_fill(struct master *master, const int64_t *y, size_t environment,
	const struct master_effort *effort, struct state *made);

/* The hosts of state (of the few rows), opened for these counts, filled type by type as
 * the last assignment says (master_fill.c).  0 or -ENOMEM. */
int master_fill_types(struct master *master, const int64_t *count, size_t environment,
	bool is_even, struct state *state);

/*
 * master_columns - asks for fillings of the hosts of one environment
 *
 * y      the hosts; NULL: any there are, at their costs
 * moves  of the repair of what comes back in part
 * made   state of the engine's model
 *
 * What prices prove becomes rows.  Returns 2 (made holds all units of the environment,
 * and no others), 3 (these hosts cannot do, which no row says), 1 (y cannot do: a row says
 * so), 0 (neither), -EAGAIN, -ENOMEM.
 */
int master_columns(struct master *master, const int64_t *y, size_t environment,
	double seconds, uint64_t moves, struct state *made);

/* y by environment and type: [environment][type]. */
void master_expand(const struct master *master, const int64_t *y, int64_t *ret_count);

#endif
