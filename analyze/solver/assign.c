#include "analyze/solver/assign.h"

#include "analyze/solver/lp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Of a type without hosts: its prices must come out low, not at whatever pleases. */
#define NO_HOST 1e-4

struct assign {
	const struct model *model;
	const struct knapsack_classes *classes;
	const struct wire_assign *task; /* the set at hand */
	size_t environment;
	size_t *listed; /* [class in list] class: those of the environment */
	size_t listed_count;
	size_t *column_class, *column_type; /* [column - 1]; column 0 is the fill */
	size_t column_count;                /* without the fill */
	struct lp *lp;
};

static double hosts_of(const struct assign *a, size_t type)
{
	return a->task->count[type] > 0 ? (double)a->task->count[type] : NO_HOST;
}

/* What the hosts of a type give of a row: less where its sizes count more. */
static double given_of(const struct assign *a, size_t cell)
{
	size_t rows = a->model->row_count;

	return hosts_of(a, cell / rows) / a->task->scale[cell % rows];
}

static int list_classes(struct assign *a)
{
	const struct model *model = a->model;
	size_t most = a->classes->count * model->type_count + 1;

	a->listed = calloc(a->classes->count + 1, sizeof(*a->listed));
	a->column_class = calloc(most, sizeof(*a->column_class));
	a->column_type = calloc(most, sizeof(*a->column_type));
	if (!a->listed || !a->column_class || !a->column_type)
		return -ENOMEM;
	for (size_t c = 0; c < a->classes->count; c++) {
		size_t unit = a->classes->unit[c];

		if (model->environment[unit] != a->environment)
			continue;
		for (size_t t = 0; t < model->type_count; t++) {
			if (!model_allows(model, unit, t) || !model->count[t])
				continue;
			a->column_class[a->column_count] = a->listed_count;
			a->column_type[a->column_count++] = t;
		}
		a->listed[a->listed_count++] = c;
	}
	return 0;
}

/* Column by column: first the fill, then the shares.  Of a set of hosts only the fill
 * says anything, so that the next set changes one column. */
static size_t put_columns(const struct assign *a, int *start, int *row, double *value)
{
	const struct model *model = a->model;
	size_t rows = model->row_count, filled = 0;

	start[0] = 0;
	for (size_t k = 0; k < model->type_count * rows; k++) {
		row[filled] = (int)(a->listed_count + k);
		value[filled++] = -given_of(a, k);
	}
	for (size_t j = 0; j < a->column_count; j++) {
		size_t t = a->column_type[j];
		size_t unit = a->classes->unit[a->listed[a->column_class[j]]];
		const int64_t *size = model_size(model, t, unit);
		const int64_t *capacity = model_capacity(model, t);

		start[j + 1] = (int)filled;
		row[filled] = (int)a->column_class[j];
		value[filled++] = 1;
		for (size_t r = 0; r < rows; r++) {
			if (!size[r])
				continue;
			row[filled] = (int)(a->listed_count + t * rows + r);
			value[filled++] = (double)size[r] / (double)capacity[r];
		}
	}
	return filled;
}

static int load_shares(struct assign *a)
{
	const struct model *model = a->model;
	size_t columns = a->column_count + 1;
	size_t limits = model->type_count * model->row_count;
	size_t rows = a->listed_count + limits;
	size_t cells = limits + a->column_count * (model->row_count + 1) + 1;
	double *number = calloc(3 * columns + 2 * rows + cells + 8, sizeof(*number));
	int *index = malloc((columns + cells + 8) * sizeof(*index));
	double *upper = number + 2 * columns, *row_lower = number + 3 * columns;
	struct lp_matrix matrix = { columns, rows, number, number + columns, upper,
		row_lower, row_lower + rows, index, index + columns + 1,
		row_lower + 2 * rows };

	if (!number || !index) {
		free(number);
		free(index);
		return -ENOMEM;
	}
	number[0] = 1;
	upper[0] = 1e30;
	for (size_t j = 0; j < a->column_count; j++)
		upper[j + 1] = 1e30;
	for (size_t i = 0; i < rows; i++) {
		double demand = i < a->listed_count
			? (double)a->classes->demand[a->listed[i]]
			: 0;

		row_lower[i] = i < a->listed_count ? demand : -1e30;
		row_lower[rows + i] = demand;
	}
	index[columns] =
		(int)put_columns(a, index, index + columns + 1, row_lower + 2 * rows);
	a->lp = lp_load(&matrix);
	free(number);
	free(index);
	return a->lp ? 0 : -ENOMEM;
}

/* Units go where the greatest share of their class still is. */
static int give_types(const struct assign *a, struct wire_assign_answer *answer)
{
	const struct model *model = a->model;
	size_t types = model->type_count;
	const double *x = lp_solution(a->lp);
	double *left = calloc(a->classes->count * types + 1, sizeof(*left));

	if (!left)
		return -ENOMEM;
	for (size_t j = 0; j < a->column_count; j++)
		left[a->listed[a->column_class[j]] * types + a->column_type[j]] =
			x[j + 1];
	for (size_t u = 0; u < model->unit_count; u++) {
		double *share = left + a->classes->class_of[u] * types;
		size_t best = PACKING_NONE;

		answer->type_of[u] = PACKING_NONE;
		if (model->environment[u] != a->environment)
			continue;
		for (size_t t = 0; t < types; t++)
			if (a->task->count[t] > 0 && model_allows(model, u, t) &&
				(best == PACKING_NONE || share[t] > share[best]))
				best = t;
		if (best != PACKING_NONE)
			share[best] -= 1;
		answer->type_of[u] = best;
	}
	free(left);
	return 0;
}

static int read_answer(const struct assign *a, struct wire_assign_answer *answer)
{
	const struct model *model = a->model;
	size_t rows = model->row_count, cells = model->type_count * rows;
	const double *price = lp_prices(a->lp) + a->listed_count;

	answer->fill = lp_solution(a->lp)[0];
	answer->multiplier = calloc(cells + 1, sizeof(*answer->multiplier));
	answer->type_of = calloc(model->unit_count + 1, sizeof(*answer->type_of));
	if (!answer->multiplier || !answer->type_of)
		return -ENOMEM;
	for (size_t k = 0; k < cells; k++) {
		double capacity = (double)model_capacity(model, k / rows)[k % rows];

		if (price[k] < 0 && capacity > 0)
			answer->multiplier[k] = -price[k] / capacity;
	}
	return give_types(a, answer);
}

struct assign *assign_new(const struct model *model,
	const struct knapsack_classes *classes, size_t environment)
{
	struct assign *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	*a = (struct assign){
		.model = model, .classes = classes, .environment = environment
	};
	if (list_classes(a) == 0)
		return a;
	assign_free(a);
	return NULL;
}

void assign_free(struct assign *a)
{
	if (!a)
		return;
	lp_free(a->lp);
	free(a->listed);
	free(a->column_class);
	free(a->column_type);
	free(a);
}

/* The programme of the last set with these hosts. */
static int solve_next(struct assign *a)
{
	size_t rows = a->model->row_count;

	for (size_t k = 0; k < a->model->type_count * rows; k++)
		lp_set_entry(a->lp, a->listed_count + k, 0, -given_of(a, k));
	return lp_solve_primal(a->lp);
}

int assign_run(struct assign *a, const struct wire_assign *task,
	struct wire_assign_answer *ret_answer)
{
	struct wire_assign_answer answer = { 0 };
	int r = 0;

	a->task = task;
	if (a->lp) {
		r = solve_next(a);
	} else {
		r = load_shares(a);
		if (r == 0)
			r = lp_solve_first(a->lp);
	}
	if (r == 0)
		r = read_answer(a, &answer);
	a->task = NULL;
	if (r < 0) {
		wire_assign_answer_done(&answer);
		/* the next one begins anew */
		lp_free(a->lp);
		a->lp = NULL;
		return r;
	}
	*ret_answer = answer;
	return 0;
}
