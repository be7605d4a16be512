/* Hosts of one type filled by themselves, by the units that were given to the type. */
#include "analyze/packing/master.h"

#include "analyze/packing/order.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

struct master_filling {
	struct state *state;
	const struct model *model;
	size_t type;
	double *share; /* [row] 1 / capacity; 0 where there is none */
	double *scarcity;
	size_t *unit; /* of this type and environment, largest first */
	double *key;  /* [unit of the model] */
	size_t count;
};

/* The sixteenth power: a host that gets fuller in its fullest rows counts much more. */
static double harm(const struct master_filling *f, size_t unit, const int64_t *load)
{
	const int64_t *size = model_size(f->model, f->type, unit);
	double sum = 0;

	for (size_t row = 0; row < f->model->row_count; row++) {
		double before = (double)load[row] * f->share[row];
		double after = (double)(load[row] + size[row]) * f->share[row];
		double b = before * before, a = after * after;

		b = b * b;
		a = a * a;
		sum += 0.1 * (after - before) + a * a * a * a - b * b * b * b;
	}
	return sum;
}

/* The rows in doubles, and the units with their keys, largest first. */
static void begin_type(struct master_filling *f)
{
	const struct model *model = f->model;
	const int64_t *capacity = model_capacity(model, f->type);

	for (size_t row = 0; row < model->row_count; row++)
		f->share[row] = capacity[row] > 0 ? 1 / (double)capacity[row] : 0;
	for (size_t i = 0; i < f->count; i++) {
		const int64_t *size = model_size(model, f->type, f->unit[i]);
		double key = 0;

		for (size_t row = 0; row < model->row_count; row++)
			key = fmax(key, (double)size[row] * f->share[row]);
		f->key[f->unit[i]] = key;
	}
	order_by_key(f->unit, f->count, f->key);
}

/* Large units first, each where it does least harm: all hosts fill up evenly. */
static int fill_evenly(
	struct master_filling *f, int64_t hosts, size_t first, struct work *work)
{
	int r = 0;

	begin_type(f);
	for (size_t i = 0; i < f->count && r == 0 && !work_is_over(work); i++) {
		size_t best = PACKING_NONE;
		double least = 0;

		for (size_t h = first; h < first + (size_t)hosts; h++) {
			double value = 0;

			if (!state_fits(f->state, f->unit[i], h))
				continue;
			value = harm(f, f->unit[i], state_load(f->state, h));
			if (best == PACKING_NONE || value < least) {
				best = h;
				least = value;
			}
		}
		if (best != PACKING_NONE)
			r = state_add(f->state, f->unit[i], best);
	}
	return r;
}

/* What a unit and the room of a host have in common; scarce rows count more. */
static double likeness(const struct master_filling *f, size_t unit, const int64_t *load)
{
	const int64_t *capacity = model_capacity(f->model, f->type);
	const int64_t *size = model_size(f->model, f->type, unit);
	double dot = 0;

	for (size_t row = 0; row < f->model->row_count; row++)
		dot += f->scarcity[row] * (double)(capacity[row] - load[row]) *
			f->share[row] * (double)size[row] * f->share[row];
	return dot;
}

/* Host by host the unit most alike to what is left: for few, large units. */
static int fill_by_likeness(
	struct master_filling *f, int64_t hosts, size_t first, struct work *work)
{
	size_t left = f->count;
	int r = 0;

	begin_type(f);
	for (size_t row = 0; row < f->model->row_count; row++) {
		f->scarcity[row] = 0;
		for (size_t i = 0; i < f->count; i++)
			f->scarcity[row] += f->share[row] *
				(double)model_size(f->model, f->type, f->unit[i])[row];
	}
	for (size_t h = first; h < first + (size_t)hosts && r == 0;) {
		size_t best = PACKING_NONE;
		double most = -1;

		for (size_t i = 0; i < left && !work_is_over(work); i++) {
			double value = likeness(f, f->unit[i], state_load(f->state, h));

			if (value <= most || !state_fits(f->state, f->unit[i], h))
				continue;
			best = i;
			most = value;
		}
		if (best == PACKING_NONE) {
			h++;
			continue;
		}
		r = state_add(f->state, f->unit[best], h);
		f->unit[best] = f->unit[--left];
	}
	return r;
}

int master_fill_types(struct master *m, const int64_t *count, size_t environment,
	bool is_even, struct state *state)
{
	const struct model *model = state->model;
	struct master_filling f = { .state = state, .model = model };
	size_t first = 0;
	int r = 0;

	f.share = calloc(2 * model->row_count + 1, sizeof(*f.share));
	f.scarcity = f.share + model->row_count;
	f.key = calloc(model->unit_count + 1, sizeof(*f.key));
	f.unit = calloc(model->unit_count + 1, sizeof(*f.unit));
	r = f.share && f.key && f.unit ? 0 : -ENOMEM;
	for (size_t c = 0; c < model->environment_count * model->type_count && r == 0;
		c++) {
		size_t e = c / model->type_count;

		if ((environment != PACKING_NONE && environment != e) || !count[c])
			continue;
		f.type = c % model->type_count;
		f.count = 0;
		for (size_t u = 0; u < model->unit_count; u++)
			if (model->environment[u] == e && m->type_of[u] == f.type)
				f.unit[f.count++] = u;
		r = is_even ? fill_evenly(&f, count[c], first, &m->engine->work)
			    : fill_by_likeness(&f, count[c], first, &m->engine->work);
		first += (size_t)count[c];
	}
	free(f.share);
	free(f.key);
	free(f.unit);
	return r;
}
