#include "analyze/packing/model_rows.h"

#include <errno.h>
#include <stdlib.h>

/* ---- rows that never bind --------------------------------------------------------- */

/* True if row a can never bind when row b holds: no size larger, no capacity smaller. */
static bool model_rows_is_covered(
	const struct model *model, size_t rows, size_t a, size_t b)
{
	size_t cells = model->variant_count * model->unit_count;

	for (size_t t = 0; t < model->type_count; t++)
		if (model->capacity[t * rows + a] < model->capacity[t * rows + b])
			return false;
	for (size_t c = 0; c < cells; c++)
		if (model->size[c * rows + a] > model->size[c * rows + b])
			return false;
	return true;
}

static bool can_bind(const struct model *model, size_t rows, size_t row)
{
	for (size_t v = 0; v < model->variant_count; v++) {
		int64_t total = 0;

		for (size_t u = 0; u < model->unit_count; u++)
			total += model->size[(v * model->unit_count + u) * rows + row];
		for (size_t t = 0; t < model->type_count; t++)
			if (model->variant[t] == v && total > 0 &&
				total > model->capacity[t * rows + row])
				return true;
	}
	return false;
}

/* Keeps the rows that are marked; sizes and capacities move up. */
static void compact_rows(struct model *model, size_t rows, const unsigned char *keep)
{
	size_t cells = model->variant_count * model->unit_count, kept = 0;

	for (size_t row = 0; row < rows; row++)
		if (keep[row])
			model->row_origin[kept++] = row;
	for (size_t c = 0; c < cells; c++)
		for (size_t k = 0; k < kept; k++)
			model->size[c * kept + k] =
				model->size[c * rows + model->row_origin[k]];
	for (size_t t = 0; t < model->type_count; t++)
		for (size_t k = 0; k < kept; k++)
			model->capacity[t * kept + k] =
				model->capacity[t * rows + model->row_origin[k]];
	model->row_count = kept;
}

int model_rows_reduce(const struct packing_problem *problem, struct model *model)
{
	size_t rows = problem->row_count;
	unsigned char *keep = calloc(rows + 1, 1);
	size_t setup = problem->setup_dimension == PACKING_NONE
		? PACKING_NONE
		: problem->dimension[problem->setup_dimension].first_row;
	size_t volume = problem->volume_dimension == PACKING_NONE
		? PACKING_NONE
		: problem->dimension[problem->volume_dimension].first_row;

	if (!keep)
		return -ENOMEM;
	for (size_t row = 0; row < rows; row++)
		keep[row] = row == setup || row == volume || can_bind(model, rows, row);
	for (size_t d = 0; d < problem->dimension_count; d++) {
		size_t first = problem->dimension[d].first_row;
		size_t end = first + problem->dimension[d].slots;

		/* quadratic, so only where it stays cheap; early exits make it so */
		for (size_t a = first; a < end && end - first <= 4096; a++)
			for (size_t b = first; b < end && keep[a]; b++)
				if (a != b && keep[b] &&
					model_rows_is_covered(model, rows, a, b))
					keep[a] = 0;
	}
	compact_rows(model, rows, keep);
	model->setup_row = PACKING_NONE;
	for (size_t row = 0; row < model->row_count; row++)
		if (model->row_origin[row] == setup)
			model->setup_row = row;
	model->setup_amount = problem->setup_amount;
	free(keep);
	return 0;
}

/* ---- the fullest few -------------------------------------------------------------- */

/* How full a row would make the hosts, in all. */
static double row_demand(const struct model *model, size_t row)
{
	double total = 0, capacity = 0;

	for (size_t u = 0; u < model->unit_count; u++)
		total += (double)model->size[u * model->row_count + row];
	for (size_t t = 0; t < model->type_count; t++)
		capacity += (double)model_capacity(model, t)[row];
	return capacity > 0 ? total / capacity : 0;
}

/* The fullest row that is still free, of this dimension or (PACKING_NONE) of all. */
static size_t fullest_row(
	const struct model *model, const double *demand, size_t dimension)
{
	size_t best = PACKING_NONE;

	for (size_t row = 0; row < model->row_count; row++) {
		if (demand[row] < 0 ||
			(best != PACKING_NONE && demand[row] <= demand[best]))
			continue;
		if (dimension == PACKING_NONE ||
			packing_row_dimension(model->problem, model->row_origin[row],
				NULL) == dimension)
			best = row;
	}
	return best;
}

/* Takes up to `most` more rows; their neighbours are passed over from then on. */
static size_t take_rows(const struct model *model, double *demand, size_t dimension,
	size_t most, size_t *chosen, size_t count)
{
	size_t apart = model->row_count / ((size_t)4 * MODEL_ROWS_FEW);

	for (; most > 0 && count < MODEL_ROWS_FEW; most--) {
		size_t best = fullest_row(model, demand, dimension);

		if (best == PACKING_NONE)
			break;
		chosen[count++] = best;
		for (size_t row = best < apart ? 0 : best - apart;
			row <= best + apart && row < model->row_count; row++)
			demand[row] = -1;
	}
	return count;
}

/*
 * Of many slots a few bind: the fullest ones, not next to each other.  A bound from
 * some rows is a bound; a packing from some rows is repaired on all.  Where there are
 * several types, every dimension has its share: what is short on one type need not be
 * on the whole.
 */
size_t model_rows_choose(const struct model *model, size_t chosen[MODEL_ROWS_FEW])
{
	double *demand = malloc((model->row_count + 1) * sizeof(*demand));
	size_t count = 0, dimensions = 0;

	if (!demand)
		return 0;
	for (size_t row = 0; row < model->row_count; row++)
		demand[row] = row_demand(model, row);
	if (model->problem && model->type_count > 1)
		dimensions = model->problem->dimension_count;
	for (size_t d = 0; d < dimensions; d++)
		count = take_rows(model, demand, d, MODEL_ROWS_FEW * 3 / 4 / dimensions,
			chosen, count);
	count = take_rows(model, demand, PACKING_NONE, MODEL_ROWS_FEW, chosen, count);
	free(demand);
	return count;
}

int model_rows_keep(
	const struct model *model, const size_t *row, size_t count, struct model *small)
{
	size_t cells = model->variant_count * model->unit_count;

	*small = *model;
	small->row_count = count;
	small->setup_row = PACKING_NONE;
	small->size = malloc((cells * count + 1) * sizeof(int64_t));
	small->capacity = malloc((model->type_count * count + 1) * sizeof(int64_t));
	if (!small->size || !small->capacity || !count)
		return -ENOMEM;
	for (size_t k = 0; k < count; k++) {
		for (size_t c = 0; c < cells; c++)
			small->size[c * count + k] =
				model->size[c * model->row_count + row[k]];
		for (size_t t = 0; t < model->type_count; t++)
			small->capacity[t * count + k] =
				model->capacity[t * model->row_count + row[k]];
		if (row[k] == model->setup_row)
			small->setup_row = k;
	}
	return 0;
}

int model_rows_restrict(
	const struct model *model, struct model *small, size_t chosen[MODEL_ROWS_FEW])
{
	return model_rows_keep(model, chosen, model_rows_choose(model, chosen), small);
}
