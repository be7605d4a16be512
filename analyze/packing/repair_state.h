/*
 * A placement that may be overloaded, with what each host is over its limits by: what
 * the tabu search (repair.c) and its beginning (repair_begin.c) work on.
 */
#ifndef ANALYZE_PACKING_REPAIR_STATE_H
#define ANALYZE_PACKING_REPAIR_STATE_H

#include "analyze/packing/repair_rates.h"

struct crew { /* the units of a host */
	size_t *unit;
	size_t count, room;
	size_t sharing;
};

struct repair {
	const struct model *model;
	const struct repair_host *host;
	size_t host_count;
	struct crew *crew; /* [host] */
	int64_t *load;     /* [host][row], the setup included */
	int64_t *limit;    /* [host][row] the capacity less the reserve */
	double *weight;    /* [type][row] penalty per unit of overload */
	struct repair_rates rates;
	uint32_t *group_load;   /* [host][group] */
	uint32_t *zone_load;    /* [zone][group] */
	unsigned char *is_home; /* [host][group] HOSTS: where its units are to go */
	double *penalty;        /* [host] rows, volumes and host groups */
	double *figures;        /* [host] of it rows and volumes */
	double zone_penalty;
	double total;
	size_t *host_of;      /* [unit] */
	size_t *place;        /* [unit] */
	uint64_t *tabu_until; /* [unit] */
	uint64_t move;
	uint64_t work_done;
	struct work *work;
};

/* The unit may be on the type of that host, and is not forbidden for now. */
static inline bool repair_may_go(const struct repair *r, size_t unit, size_t host)
{
	return model_allows(r->model, unit, r->host[host].type) &&
		r->host[host].environment == r->model->environment[unit];
}

/* What the groups of one of the units add to or take off a host's penalty. */
double repair_group_change(
	const struct repair *r, size_t host, size_t in, size_t out, bool is_zone);

/* The penalty of a host if `in` came and `out` went; cut off above `most`. */
double repair_host_after(
	struct repair *r, size_t host, size_t in, size_t out, double most);

/* The unit counts, sign 1, or counts no longer, -1, in its groups on that host; nothing
 * else is changed. */
void repair_count_groups(struct repair *r, size_t unit, size_t host, int sign);

/* r->total anew from the penalties: rounding adds up over millions of steps. */
void repair_add_up(struct repair *r);

/* 0 or -ENOMEM; the penalties are refreshed by the caller. */
int repair_put(struct repair *r, size_t unit, size_t host);

/* Off its host; the penalties are refreshed by the caller. */
void repair_take(struct repair *r, size_t unit);

/* Everything about one host's penalty anew; that of the groups of zones. */
void repair_refresh(struct repair *r, size_t host);
void repair_refresh_zones(struct repair *r);

/* All units without a host; what was allocated is freed by repair_done, on failure
 * (-ENOMEM) too. */
int repair_init(struct repair *r, const struct state *start,
	const struct repair_host *hosts, size_t host_count,
	const struct repair_limits *limits, struct work *work);
void repair_done(struct repair *r);

/* Back to a state, which checks every step again: 1, 0 where something does not fit
 * after all, or -ENOMEM. */
int repair_to_state(const struct repair *r, struct state *state);

#endif
