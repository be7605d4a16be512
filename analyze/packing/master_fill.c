/* Hosts of one type filled by themselves, by the units that were given to the type. */
#include "analyze/packing/master.h"

#include "analyze/packing/order.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define FILL_WORK_MAX 1e9

struct filling {
	struct state *state;
	const struct model *model;
	size_t type;
	const size_t *row; /* [row_count] the rows that are looked at */
	size_t row_count;
	double *share; /* [row_count] 1 / capacity; 0 where there is none */
	double *scarcity;
	size_t *unit; /* of this type and environment, largest first */
	double *key;  /* [unit of the model] */
	size_t count;
};

/* The sixteenth power: a host that gets fuller in its fullest rows counts much more. */
static double harm(const struct filling *f, size_t unit, const int64_t *load)
{
	const int64_t *size = model_size(f->model, f->type, unit);
	double sum = 0;

	for (size_t k = 0; k < f->row_count; k++) {
		size_t row = f->row[k];
		double before = (double)load[row] * f->share[k];
		double after = (double)(load[row] + size[row]) * f->share[k];
		double b = before * before, a = after * after;

		b = b * b;
		a = a * a;
		sum += 0.1 * (after - before) + a * a * a * a - b * b * b * b;
	}
	return sum;
}

/* The rows in doubles, and the units with their keys, largest first. */
static void begin_type(struct filling *f)
{
	const struct model *model = f->model;
	const int64_t *capacity = model_capacity(model, f->type);

	for (size_t k = 0; k < f->row_count; k++)
		f->share[k] =
			capacity[f->row[k]] > 0 ? 1 / (double)capacity[f->row[k]] : 0;
	for (size_t i = 0; i < f->count; i++) {
		const int64_t *size = model_size(model, f->type, f->unit[i]);
		double key = 0;

		for (size_t k = 0; k < f->row_count; k++)
			key = fmax(key, (double)size[f->row[k]] * f->share[k]);
		f->key[f->unit[i]] = key;
	}
	order_by_key(f->unit, f->count, f->key);
}

/* Large units first, each where it does least harm: all hosts fill up evenly. */
static int fill_evenly(
	struct filling *f, int64_t hosts, size_t first, struct work *work)
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
static double likeness(const struct filling *f, size_t unit, const int64_t *load)
{
	const int64_t *capacity = model_capacity(f->model, f->type);
	const int64_t *size = model_size(f->model, f->type, unit);
	double dot = 0;

	for (size_t k = 0; k < f->row_count; k++) {
		size_t row = f->row[k];

		dot += f->scarcity[k] * (double)(capacity[row] - load[row]) *
			f->share[k] * (double)size[row] * f->share[k];
	}
	return dot;
}

/* Host by host the unit most alike to what is left: for few, large units. */
static int fill_by_likeness(
	struct filling *f, int64_t hosts, size_t first, struct work *work)
{
	size_t left = f->count;
	int r = 0;

	begin_type(f);
	for (size_t k = 0; k < f->row_count; k++) {
		f->scarcity[k] = 0;
		for (size_t i = 0; i < f->count; i++)
			f->scarcity[k] += f->share[k] *
				(double)model_size(
					f->model, f->type, f->unit[i])[f->row[k]];
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
	const struct model *model = &m->engine->model;
	struct filling f = { .state = state,
		.model = model,
		.row = m->chosen,
		.row_count = m->model->row_count };
	size_t *row = calloc(model->row_count + 1, sizeof(*row));
	size_t first = 0;
	int r = 0;

	for (size_t k = 0; k < model->row_count && row; k++)
		row[k] = k;
	/* all rows where they can be afforded: one that is not looked at fills up */
	if ((double)model->unit_count * (double)state->host_count *
			(double)model->row_count <
		FILL_WORK_MAX) {
		f.row = row;
		f.row_count = model->row_count;
	}
	f.share = calloc(2 * f.row_count + 1, sizeof(*f.share));
	f.scarcity = f.share + f.row_count;
	f.key = calloc(model->unit_count + 1, sizeof(*f.key));
	f.unit = calloc(model->unit_count + 1, sizeof(*f.unit));
	r = row && f.share && f.key && f.unit ? 0 : -ENOMEM;
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
	free(row);
	free(f.share);
	free(f.key);
	free(f.unit);
	return r;
}
