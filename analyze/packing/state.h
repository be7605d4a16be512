/*
 * A partial packing that is feasible at every moment: hosts, loads, counters.
 *
 * Where nothing else is said, an int is 0 or a negative errno.
 */
#ifndef ANALYZE_PACKING_STATE_H
#define ANALYZE_PACKING_STATE_H

#include "analyze/packing/model.h"

struct state_host {
	size_t type;
	size_t *unit; /* in no order */
	size_t unit_count, unit_room;
	unsigned environment; /* of its units; any while it is empty */
	size_t sharing_count;
};

struct state {
	const struct model *model; /* borrowed */
	struct state_host *host;
	size_t host_count, host_room;
	int64_t *load;         /* [host][row], the setup included */
	uint32_t *group_load;  /* [host][group] */
	uint32_t *zone_load;   /* [zone][group] */
	uint32_t *group_hosts; /* [group] hosts that have any of it */
	int64_t *type_used;    /* [type] */
	size_t *host_of;       /* [unit] */
	size_t *place;         /* [unit] index in its host's list */
	size_t unplaced_count; /* units */
	bool *is_undecided; /* borrowed; NULL, or set where volumes were not searched whole */
};

int state_init(struct state *state, const struct model *model);
void state_done(struct state *state);
void state_clear(struct state *state); /* no hosts, nothing placed; keeps memory */
int state_copy(struct state *to, const struct state *from); /* same model */
/* The same packing, its hosts (none of them empty) by type and lowest unit: as results
 * number them. */
int state_copy_in_order(struct state *to, const struct state *from);

/* A new empty host; its number through ret_host (may be NULL).  -ENOMEM; -ENOSPC when
 * there are no more of that type. */
int state_open(struct state *state, size_t type, size_t *ret_host);
/* The spare hosts there are, empty, behind the others; how many.  -ENOMEM: none. */
int state_open_spares(struct state *state);
bool state_fits(const struct state *state, size_t unit, size_t host);
int state_add(struct state *state, size_t unit, size_t host); /* must fit; -ENOMEM */
void state_remove(struct state *state, size_t unit);
void state_drop_empty(struct state *state); /* removes empty hosts */
/* Removes one empty host; the last host takes its number. */
void state_close(struct state *state, size_t host);

int64_t state_cost(const struct state *state); /* of non-empty hosts */
size_t state_used(const struct state *state);  /* non-empty hosts */
int64_t state_unplaced_items(const struct state *state);
/* Fewer items left out, then cheaper, then fewer hosts: < 0, 0, > 0. */
int state_compare(const struct state *a, const struct state *b);

/* What lies on the host, the setup included: row_count numbers; until the state
 * changes. */
static inline const int64_t *state_load(const struct state *state, size_t host)
{
	return state->load + host * state->model->row_count;
}

#endif
