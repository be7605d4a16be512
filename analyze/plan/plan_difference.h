/*
 * From the plan of today to the next: both read as one problem, the hosts of the next
 * matched to those of today, and the moves between them in an order in which each state on
 * the way fits.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_PLAN_PLAN_DIFFERENCE_H
#define ANALYZE_PLAN_PLAN_DIFFERENCE_H

#include "analyze/estate/estate.h"
#include "analyze/migrate/moves.h"
#include "analyze/plan/plan_file.h"
#include "common/name_index.h"

struct plan_difference {
	struct plan_file today, next;
	struct plan_factors factors;
	struct plan_workload *workload; /* of both, those of next first */
	size_t count;
	struct plan_model model;
	size_t *host_type; /* today's hosts, then new ones; types of the model */
	char **host_name;  /* borrowed from the files, or owned where made here */
	bool *is_own_name;
	struct name_index host_at; /* in host_name[] */
	size_t *made;              /* [types of next] names made so far */
	size_t host_count;
	size_t *from, *to; /* [count] */
	size_t *joined;    /* [workloads of today] in workload[] */
	struct move_plan moves;
	double cost_today, cost_next;
	bool is_beneficial;  /* fewer hosts, less cost, or more workloads placed */
	bool is_best_naming; /* no other naming of the new hosts moves fewer */
	const char *overfull_host,
		*overfull_row; /* NULL: the plan of today still fits */
};

/*
 * plan_difference_read - both files, their workloads as one list, what each costs
 *
 * Refused with the names: a type of today that the next plan does not know or that is another
 * machine there, a workload without figures.  plan_difference_done in either case.
 */
int plan_difference_read(const char *today_path, const char *next_path,
	const char *config_dir, struct plan_difference *ret_difference,
	struct err *err);
void plan_difference_done(struct plan_difference *difference);

/* Whether the states on the way are tested slot by slot, which needs the estate. */
bool plan_difference_is_aligned(const struct plan_difference *difference);

/* Matches the hosts and orders the moves.  estate  NULL where it is not aligned. */
int plan_difference_order(struct plan_difference *difference,
	const struct estate *estate, struct err *err);

#endif
