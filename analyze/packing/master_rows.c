/* Conditions in whole numbers of a modest size, from conditions, shares and fillings. */
#include "analyze/packing/master.h"

#include "analyze/packing/knapsack.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NEED_MAX ((__int128)1 << 40)

/* The same row, or a weaker one, is there already. */
static bool master_rows_is_known(const struct master *m, const struct master_row *row)
{
	for (size_t i = 0; i < m->row_count; i++) {
		const struct master_row *other = &m->row[i];
		bool is_weaker = other->environment == row->environment &&
			other->kind == row->kind && other->is_final == row->is_final;

		for (size_t k = 0; k < m->kind_count && is_weaker; k++)
			is_weaker = (__int128)row->give[k] * other->need >=
				(__int128)other->give[k] * row->need;
		if (is_weaker && other->need >= row->need)
			return true;
	}
	return false;
}

int master_add_row(struct master *m, const struct master_row *like, __int128 need,
	const __int128 *give)
{
	struct master_row row = *like;
	int shift = 0;

	if (need <= 0)
		return 0;
	while (need >> shift > NEED_MAX)
		shift++;
	/* less is needed and more is given: what held still holds */
	row.need = (int64_t)(need >> shift);
	row.share = NULL;
	row.give = calloc(m->kind_count + 1, sizeof(*row.give));
	if (!row.give)
		return -ENOMEM;
	for (size_t k = 0; k < m->kind_count; k++) {
		__int128 whole = give[k] <= 0
			? 0
			: (give[k] + ((__int128)1 << shift) - 1) >> shift;

		/* a host that gives all gives no more than all */
		row.give[k] = whole > row.need ? row.need : (int64_t)whole;
	}
	if (master_rows_is_known(m, &row)) {
		free(row.give);
		return 0;
	}
	if (like->share) {
		size_t bytes = m->dimension_count * sizeof(*row.share);

		row.share = malloc(bytes + 1);
		if (!row.share) {
			free(row.give);
			return -ENOMEM;
		}
		memcpy(row.share, like->share, bytes);
	}
	if (m->row_count == m->row_room) {
		size_t room = 2 * m->row_room + 64;
		void *grown = realloc(m->row, room * sizeof(*m->row));

		if (!grown) {
			free(row.give);
			free(row.share);
			return -ENOMEM;
		}
		m->row = grown;
		m->row_room = room;
	}
	m->row[m->row_count++] = row;
	return 1;
}

__int128 master_spared(const struct master *m, const struct master_row *row)
{
	const int64_t *give = row->give + row->environment * m->class_count;
	__int128 given = 0;

	for (size_t k = 0; k < m->class_count; k++)
		given += (__int128)give[k] * m->spare[k];
	return given;
}

__int128 master_given(const struct master *m, const struct master_row *row,
	const int64_t *y, size_t loss[2])
{
	__int128 given = 0;

	__int128 whole = 0;

	loss[0] = loss[1] = PACKING_NONE;
	for (size_t k = 0; k < m->kind_count; k++)
		given += (__int128)row->give[k] * y[k];
	whole = given;
	for (unsigned i = 0; i < m->failover && !row->is_final; i++) {
		size_t worst = PACKING_NONE;

		for (size_t k = 0; k < m->kind_count; k++) {
			int64_t left = y[k] - (i == 1 && loss[0] == k);

			if (left > 0 && row->give[k] > 0 &&
				(worst == PACKING_NONE ||
					row->give[k] > row->give[worst]))
				worst = k;
		}
		loss[i] = worst;
		if (worst != PACKING_NONE)
			given -= row->give[worst];
	}
	if (loss[0] == PACKING_NONE)
		return whole;
	given += master_spared(m, row);
	if (given < whole)
		return given;
	loss[0] = loss[1] = PACKING_NONE;
	return whole;
}

/* ---- shares -------------------------------------------------------------------------- */

#define PRICE_BITS 60

/* One set of prices per class: that of its type with most hosts. */
static void whole_prices(const struct master *m, size_t environment,
	const double *multiplier, const int64_t *count, __int128 *price)
{
	const struct model *model = m->model;
	size_t rows = model->row_count;

	for (size_t k = 0; k < m->class_count; k++) {
		size_t from = m->first_type[k];
		const int64_t *here = count + environment * model->type_count;

		for (size_t t = 0; t < model->type_count; t++)
			if (m->class_of[t] == k && here[t] > here[from])
				from = t;
		for (size_t row = 0; row < rows; row++) {
			double value = ldexp(multiplier[from * rows + row], PRICE_BITS);

			price[k * rows + row] =
				value >= 1 && value < 0x1p75 ? (__int128)value : 0;
		}
	}
}

static size_t resource_of(const struct master *m, size_t row)
{
	return master_dimension(m, m->has_all_rows ? row : m->chosen[row]);
}

/* What a unit is worth at least, whichever of its types holds it; worth_in [dimension]
 * gets it, by resource. */
static __int128 least_worth(
	const struct master *m, const __int128 *price, size_t unit, double *worth_in)
{
	const struct model *model = m->model;
	size_t rows = model->row_count;
	size_t at = PACKING_NONE;
	__int128 least = -1;

	for (size_t k = 0; k < m->class_count; k++) {
		size_t t = m->first_type[k];
		const int64_t *size = model_size(model, t, unit);
		__int128 worth = 0;

		if (!model_allows(model, unit, t) || !(m->count[k] + m->spare[k]))
			continue;
		for (size_t row = 0; row < rows; row++)
			worth += price[k * rows + row] * size[row];
		if (at != PACKING_NONE && worth >= least)
			continue;
		least = worth;
		at = k;
	}
	for (size_t row = 0; row < rows && at != PACKING_NONE; row++)
		worth_in[resource_of(m, row)] += (double)price[at * rows + row] *
			(double)model_size(model, m->first_type[at], unit)[row];
	return at == PACKING_NONE ? 0 : least;
}

int master_add_prices(struct master *m, size_t environment, const double *multiplier,
	const int64_t *y)
{
	const struct model *model = m->model;
	size_t rows = model->row_count, cells = m->class_count * rows;
	__int128 *price = calloc(cells + m->kind_count + 2, sizeof(*price));
	int64_t *count = calloc(
		model->environment_count * model->type_count + 1, sizeof(*count));
	double *worth_in = calloc(m->dimension_count + 1, sizeof(*worth_in));
	const struct master_row like = { .environment = environment,
		.kind = PACKING_BOUND_MIX,
		.is_divisible = true,
		.share = worth_in };
	__int128 *give = price + cells + 1, need = 0;
	int r = price && count && worth_in ? 0 : -ENOMEM;

	if (r == 0) {
		master_expand(m, y, count);
		whole_prices(m, environment, multiplier, count, price);
	}
	for (size_t u = 0; u < model->unit_count && r == 0; u++)
		if (model->environment[u] == environment)
			need += least_worth(m, price, u, worth_in);
	for (size_t d = 0; d < m->dimension_count && r == 0 && need > 0; d++)
		worth_in[d] /= (double)need;
	for (size_t k = 0; k < m->class_count && r == 0; k++) {
		const int64_t *capacity = model_capacity(model, m->first_type[k]);

		for (size_t row = 0; row < rows; row++)
			give[environment * m->class_count + k] +=
				price[k * rows + row] * capacity[row];
	}
	if (r == 0)
		r = master_add_row(m, &like, need, give);
	free(price);
	free(worth_in);
	free(count);
	return r;
}

/* ---- fillings ------------------------------------------------------------------------ */

/* No unit of a class is worth more than the cheapest of them; valid, and equal mostly. */
static int64_t class_values(const struct master *m, size_t environment,
	const struct knapsack_classes *classes, const int64_t *value, int64_t *worth)
{
	const struct model *model = m->model;
	int64_t need = 0;

	for (size_t c = 0; c < classes->count; c++)
		worth[c] = INT64_MAX;
	for (size_t u = 0; u < model->unit_count; u++) {
		size_t c = classes->class_of[u];
		int64_t own = model->environment[u] == environment ? value[u] : 0;

		worth[c] = own < worth[c] ? own : worth[c];
	}
	for (size_t c = 0; c < classes->count; c++)
		need += worth[c] * (int64_t)classes->demand[c];
	return need;
}

int master_add_fillings(struct master *m, size_t environment, const int64_t *value,
	uint64_t node_limit, struct work *work)
{
	const struct model *model = m->model;
	const struct master_row like = { .environment = environment,
		.kind = PACKING_BOUND_COLUMNS };
	struct knapsack_classes classes;
	__int128 *give = calloc(m->kind_count + 1, sizeof(*give));
	int64_t *worth = NULL, need = 0;
	int r = knapsack_classes_init(&classes, model);

	if (r == 0) {
		worth = calloc(classes.count + 1, sizeof(*worth));
		r = give && worth ? 0 : -ENOMEM;
	}
	if (r == 0)
		need = class_values(m, environment, &classes, value, worth);
	for (size_t k = 0; k < m->class_count && r == 0; k++) {
		struct knapsack knapsack = { .model = model,
			.classes = &classes,
			.type = m->first_type[k],
			.value = worth,
			.demand = classes.demand,
			.environment = (unsigned)environment,
			.node_limit = node_limit };
		int64_t best = 0, bound = 0;

		if (!(m->count[k] + m->spare[k]))
			continue;
		r = knapsack_solve(&knapsack, work, &best, &bound);
		give[environment * m->class_count + k] = bound;
	}
	if (r == 0)
		r = master_add_row(m, &like, need, give);
	knapsack_classes_done(&classes);
	free(give);
	free(worth);
	return r;
}
