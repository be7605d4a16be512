#include "analyze/packing/few_rows.h"

#include "analyze/packing/model_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MOST 1000
#define ROWS_A_ROUND 128
#define ROWS_A_HOST 3

static bool few_rows_holds(const struct few_rows *few, size_t row)
{
	for (size_t k = 0; k < few->row_count; k++)
		if (few->row[k] == row)
			return true;
	return false;
}

int few_rows_init(struct few_rows *few, const struct model *whole)
{
	*few = (struct few_rows){ .whole = whole,
		.model = *whole,
		.has_all = whole->row_count <= MODEL_ROWS_FEW };
	if (few->has_all)
		return 0;
	few->row = calloc(ROWS_MOST + 1, sizeof(*few->row));
	few->row_count = few->row ? model_rows_choose(whole, few->row) : 0;
	if (!few->row_count)
		return -ENOMEM;
	/* what counts once for a host is no condition of the others */
	if (whole->setup_row != PACKING_NONE && !few_rows_holds(few, whole->setup_row))
		few->row[few->row_count++] = whole->setup_row;
	return model_rows_keep(whole, few->row, few->row_count, &few->model);
}

void few_rows_done(struct few_rows *few)
{
	/* a model that could not be made whole borrows nothing of these two */
	if (few->whole && few->model.size != few->whole->size)
		free(few->model.size);
	if (few->whole && few->model.capacity != few->whole->capacity)
		free(few->model.capacity);
	free(few->row);
	*few = (struct few_rows){ 0 };
}

/* The row of the whole model that this host breaks most, of those that are not among the
 * few; PACKING_NONE: none. */
static size_t worst_row(const struct few_rows *few, const struct state_host *host,
	const int64_t *load, const unsigned char *is_held)
{
	const struct model *whole = few->whole;
	const int64_t *capacity = model_capacity(whole, host->type);
	size_t worst = PACKING_NONE;
	double most = 0;

	for (size_t row = 0; row < whole->row_count; row++) {
		double excess = (double)(load[row] - capacity[row]) /
			((double)capacity[row] + 1);

		if (is_held[row] || load[row] <= capacity[row] || excess <= most)
			continue;
		most = excess;
		worst = row;
	}
	return worst;
}

/* What is on the host in each row.  True: it is over in one, the setup aside, which is
 * among the few. */
static bool add_load(
	const struct few_rows *few, const struct state_host *host, int64_t *load)
{
	const struct model *whole = few->whole;
	const int64_t *capacity = model_capacity(whole, host->type);
	bool is_over = false;

	memset(load, 0, whole->row_count * sizeof(*load));
	for (size_t i = 0; i < host->unit_count; i++) {
		const int64_t *size = model_size(whole, host->type, host->unit[i]);

		for (size_t row = 0; row < whole->row_count; row++)
			load[row] += size[row];
	}
	for (size_t row = 0; row < whole->row_count && !is_over; row++)
		is_over = load[row] > capacity[row] && row != whole->setup_row;
	return is_over;
}

static int few_rows_rebuild(struct few_rows *few)
{
	free(few->model.size);
	free(few->model.capacity);
	few->model.size = few->model.capacity = NULL;
	return model_rows_keep(few->whole, few->row, few->row_count, &few->model);
}

/* The host's worst rows, so many of them at most. */
static void add_worst_rows(struct few_rows *few, const struct state_host *host,
	const int64_t *load, unsigned char *is_held, size_t most)
{
	for (size_t i = 0; i < ROWS_A_HOST && few->row_count < most; i++) {
		size_t row = worst_row(few, host, load, is_held);

		if (row == PACKING_NONE)
			return;
		is_held[row] = 1;
		few->row[few->row_count++] = row;
	}
}

/* Each host's worst rows, as many as a round takes; in order of the hosts. */
int few_rows_add_broken(struct few_rows *few, const struct state *made)
{
	int64_t *load = NULL;
	unsigned char *is_held = NULL;
	size_t before = few->row_count, most = before + ROWS_A_ROUND;
	bool is_broken = false;

	if (few->has_all)
		return 0;
	load = malloc((few->whole->row_count + 1) * sizeof(*load));
	is_held = calloc(few->whole->row_count + 1, 1);
	if (!load || !is_held) {
		free(load);
		free(is_held);
		return -ENOMEM;
	}
	for (size_t k = 0; k < before; k++)
		is_held[few->row[k]] = 1;
	most = most < ROWS_MOST ? most : ROWS_MOST;
	for (size_t h = 0; h < made->host_count; h++)
		if (add_load(few, &made->host[h], load)) {
			is_broken = true;
			add_worst_rows(few, &made->host[h], load, is_held, most);
		}
	free(load);
	free(is_held);
	if (few->row_count == before)
		return is_broken ? -ENOSPC : 0;
	return few_rows_rebuild(few) < 0 ? -ENOMEM : (int)(few->row_count - before);
}

int few_rows_widen(const struct state *made, struct state *whole)
{
	int r = 0;

	state_clear(whole);
	for (size_t h = 0; h < made->host_count && r == 0; h++) {
		r = state_open(whole, made->host[h].type, NULL);
		for (size_t i = 0; i < made->host[h].unit_count && r == 0; i++)
			r = state_fits(whole, made->host[h].unit[i], h)
				? state_add(whole, made->host[h].unit[i], h)
				: -EDOM;
	}
	state_drop_empty(whole);
	return r == -ENOMEM ? r : r == 0;
}
