/*
 * From today's placement to a new one: which workloads move, in which order, so that
 * every state on the way fits.  Method: docs/method.md, "Moves".
 */
#ifndef ANALYZE_MIGRATE_MOVES_H
#define ANALYZE_MIGRATE_MOVES_H

#include "analyze/packing/problem.h"

#include <stdbool.h>
#include <stddef.h>

#define MOVES_EXACT_MAX 12 /* up to so many workloads the fewest moves are proven */

struct move {
	size_t item;
	size_t from, to; /* hosts; from PACKING_NONE: it ran nowhere yet */
	bool is_detour;  /* not to where it belongs, only out of the way */
};

struct move_plan {
	struct move *move; /* owned; in order */
	size_t count;
	size_t differing; /* items whose host differs: no order needs fewer moves */
	bool is_complete; /* false: from here on nothing fits; count says how far it got */
	bool is_fewest; /* proven: no order of fitting states has fewer moves */
};

/*
 * moves_match_hosts - new hosts as today's hosts of the same type, most overlap first
 *
 * Hosts of one type are interchangeable: the new ones are named so that as many items
 * as possible stay (an assignment problem per type; solved exactly but for groups of
 * more than 1,000 hosts that all share items over one another, where the pair with the
 * most in common goes first).
 *
 * problem       for the types of equal hosts
 * today_type    [today_count] type of each host of today
 * today_of      [item_count] host of each item today; PACKING_NONE: nowhere
 * next_type, next_of   the same for the new placement
 * ret_as        [next_count] the host of today that each new host is; today_count and
 *               more: a host that is not in use today
 *
 * Returns 0, 1 where another naming might move fewer, or -ENOMEM.
 */
int moves_match_hosts(const struct packing_problem *problem, const size_t *today_type,
	size_t today_count, const size_t *today_of, const size_t *next_type,
	size_t next_count, const size_t *next_of, size_t *ret_as);

/*
 * moves_order - an order in which every state fits
 *
 * host_type   [host_count] all hosts of either placement
 * from, to    [item_count] host before and after; PACKING_NONE: nowhere
 *
 * Where no order of direct moves fits, items make a detour over another host.  With up
 * to MOVES_EXACT_MAX items to move the fewest moves are searched; the search gives up
 * after a fixed amount of work, and then is_fewest is false.  Returns 0 or -ENOMEM;
 * free with move_plan_done.
 */
int moves_order(const struct packing_problem *problem, const size_t *host_type,
	size_t host_count, const size_t *from, const size_t *to,
	struct move_plan *ret_plan);
/*
 * moves_where - on which hosts an item that runs nowhere would fit
 *
 * at         [item_count] host of each item; PACKING_NONE: nowhere
 * ret_fits   [host_count]
 * ret_row    [host_count] the first row without room; PACKING_NONE: it fits, or a
 *            constraint or a forbidden type is against it
 *
 * Returns 0 or -ENOMEM.
 */
int moves_where(const struct packing_problem *problem, const size_t *host_type,
	size_t host_count, const size_t *at, size_t item, bool *ret_fits,
	size_t *ret_row);

/* The first host that holds more than it may, and the row: 1; 0: every host holds what is
 * on it; -ENOMEM. */
int moves_overfull(const struct packing_problem *problem, const size_t *host_type,
	size_t host_count, const size_t *at, size_t *ret_host, size_t *ret_row);

void move_plan_done(struct move_plan *plan);

#endif
