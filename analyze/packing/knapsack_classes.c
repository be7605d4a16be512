#include "analyze/packing/knapsack_classes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int knapsack_classes_compare_units(const struct model *model, size_t a, size_t b)
{
	size_t rows = model->row_count;
	int order = 0;

	for (size_t v = 0; v < model->variant_count && !order; v++)
		order = memcmp(model->size + (v * model->unit_count + a) * rows,
			model->size + (v * model->unit_count + b) * rows,
			rows * sizeof(int64_t));
	if (!order)
		order = memcmp(model->is_allowed + a * model->type_count,
			model->is_allowed + b * model->type_count, model->type_count);
	if (!order)
		order = (int)model->environment[a] - (int)model->environment[b];
	if (!order)
		order = model->is_sharing[a] - model->is_sharing[b];
	/* where not all find room, one of two items is not as good left out as one of one */
	if (!order)
		order = (int)model->weight[a] - (int)model->weight[b];
	if (!order) {
		size_t x = model->membership_start[a], y = model->membership_start[b];
		size_t count = model->membership_start[a + 1] - x;
		size_t other = model->membership_start[b + 1] - y;

		if (count != other)
			return count < other ? -1 : 1;
		order = count ? memcmp(model->membership + x, model->membership + y,
					count * sizeof(*model->membership))
			      : 0;
	}
	return order;
}

/* What qsort_r hands through. */
struct class_order {
	const struct model *model;
};

static int compare_entries(const void *a, const void *b, void *closure)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	const struct class_order *by = closure;
	int order = knapsack_classes_compare_units(by->model, x, y);

	return order ? order : x < y ? -1 : x > y;
}

int knapsack_classes_init(struct knapsack_classes *classes, const struct model *model)
{
	size_t n = model->unit_count;
	size_t *order = malloc((n + 1) * sizeof(*order));
	struct class_order by = { model };

	*classes = (struct knapsack_classes){ 0 };
	classes->class_of = calloc(n + 1, sizeof(*classes->class_of));
	classes->unit = malloc((n + 1) * sizeof(*classes->unit));
	classes->demand = calloc(n + 1, sizeof(*classes->demand));
	if (!order || !classes->class_of || !classes->unit || !classes->demand) {
		free(order);
		knapsack_classes_done(classes);
		return -ENOMEM;
	}
	for (size_t u = 0; u < n; u++)
		order[u] = u;
	qsort_r(order, n, sizeof(*order), compare_entries, &by);
	for (size_t i = 0; i < n; i++) {
		if (!i ||
			knapsack_classes_compare_units(model, order[i - 1], order[i]) !=
				0)
			classes->unit[classes->count++] = order[i];
		classes->class_of[order[i]] = classes->count - 1;
		classes->demand[classes->count - 1]++;
	}
	free(order);
	return 0;
}

void knapsack_classes_done(struct knapsack_classes *classes)
{
	free(classes->class_of);
	free(classes->unit);
	free(classes->demand);
	*classes = (struct knapsack_classes){ 0 };
}
