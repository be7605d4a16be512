#include "analyze/packing/certificate.h"

#include "analyze/packing/knapsack.h"

#include <errno.h>
#include <stdlib.h>

/* The best filling of a type over all environments. */
static int best_filling(
	struct knapsack *knapsack, struct work *work, int64_t *ret_bound)
{
	int64_t most = 0;
	int r = 0;

	for (size_t e = 0; e < knapsack->model->environment_count && r == 0; e++) {
		int64_t best = 0, bound = 0;

		knapsack->environment = (unsigned)e;
		knapsack->at_least = most;
		r = knapsack_solve(knapsack, work, &best, &bound);
		most = bound > most ? bound : most;
	}
	*ret_bound = most;
	return r;
}

int certificate_bound(const struct model *model, const int64_t *price,
	uint64_t node_limit, struct work *work, int64_t *ret_bound)
{
	struct knapsack_classes classes;
	int64_t *value = NULL;
	int64_t total = 0, least = INT64_MAX;
	int r = knapsack_classes_init(&classes, model);

	if (r < 0)
		return r;
	value = calloc(classes.count + 1, sizeof(*value));
	if (!value)
		r = -ENOMEM;
	/* units of one class may be priced differently: all at the lowest is valid */
	for (size_t c = 0; c < classes.count && r == 0; c++)
		value[c] = price[classes.unit[c]];
	for (size_t u = 0; u < model->unit_count && r == 0; u++)
		if (price[u] < value[classes.class_of[u]])
			value[classes.class_of[u]] = price[u] > 0 ? price[u] : 0;
	for (size_t c = 0; c < classes.count && r == 0; c++)
		total += value[c] * (int64_t)classes.demand[c];
	for (size_t t = 0; t < model->type_count && r == 0; t++) {
		struct knapsack knapsack = { .model = model,
			.classes = &classes,
			.type = t,
			.value = value,
			.demand = classes.demand,
			.node_limit = node_limit };
		int64_t filling = 0, cost = model->has_equal_costs ? 1 : model->cost[t];
		__int128 bound = 0;

		if (!model->count[t])
			continue;
		r = best_filling(&knapsack, work, &filling);
		if (r < 0 || filling <= 0)
			continue;
		bound = ((__int128)total * cost + filling - 1) / filling;
		if (bound < least)
			least = (int64_t)bound;
	}
	free(value);
	knapsack_classes_done(&classes);
	if (r == 0)
		*ret_bound = least == INT64_MAX ? 0 : least;
	return r;
}
