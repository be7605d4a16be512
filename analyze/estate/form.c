#include "analyze/estate/form.h"

#include "analyze/inventory/inventory_precedence.h"
#include "schema/fact.h"
#include "schema/figure.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

double form_size_at(const struct form_size *size, size_t slot)
{
	if (!isnan(size->fixed))
		return size->fixed;
	if (size->series && slot < size->series->count &&
		!isnan(size->series->mean[slot]))
		return size->series->mean[slot];
	return size->fallback;
}

static bool form_has_own_extremes(const struct series *series)
{
	return series->minimum != series->mean;
}

void form_cpu(struct series *share, const struct form_size *cores,
	const struct form_size *mhz)
{
	for (size_t k = 0; k < share->count; k++) {
		double factor =
			form_size_at(mhz, k) * (cores ? form_size_at(cores, k) : 1);

		share->mean[k] *= factor;
		if (form_has_own_extremes(share))
			share->minimum[k] *= factor;
		if (share->maximum != share->mean)
			share->maximum[k] *= factor;
	}
}

void form_memory_ratio(struct series *ratio, const struct form_size *total)
{
	form_cpu(ratio, NULL, total);
}

/* More available than there is: one of the two is wrong, so neither is believed. */
static double used_of(double total, double available)
{
	return available <= total ? total - available : NAN;
}

void form_memory_available(struct series *available, const struct form_size *total)
{
	for (size_t k = 0; k < available->count; k++) {
		double size = form_size_at(total, k);
		double lowest = available->minimum[k], highest = available->maximum[k];

		available->mean[k] = used_of(size, available->mean[k]);
		/* most is used where least is available */
		if (form_has_own_extremes(available))
			available->minimum[k] = used_of(size, highest);
		if (available->maximum != available->mean)
			available->maximum[k] = used_of(size, lowest);
	}
}

/* An array of its own, with the same values. */
static int own_array(double **array, const struct series *series)
{
	double *copy;

	if (*array != series->mean)
		return 0;
	copy = malloc((series->count ? series->count : 1) * sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	memcpy(copy, series->mean, series->count * sizeof(*copy));
	*array = copy;
	return 0;
}

int form_fill(struct series *demand, struct series *formed)
{
	int r = 0;

	if (demand->count == 0) {
		*demand = *formed;
		*formed = (struct series){ .count = 0 };
		return 0;
	}
	if (formed->minimum != formed->mean)
		r = own_array(&demand->minimum, demand);
	if (r == 0 && formed->maximum != formed->mean)
		r = own_array(&demand->maximum, demand);
	for (size_t k = 0; r == 0 && k < demand->count && k < formed->count; k++) {
		if (!isnan(demand->mean[k]) || isnan(formed->mean[k]))
			continue;
		demand->mean[k] = formed->mean[k];
		demand->minimum[k] = formed->minimum[k];
		demand->maximum[k] = formed->maximum[k];
	}
	series_done(formed);
	return r;
}

/* ---- with the store ------------------------------------------------------------------- */

struct forming {
	struct store *store;
	const struct workload *workload;
	unsigned step_s;
	int64_t from, to;
	struct fact_list facts; /* in force */
	bool has_facts;
};

/* A figure that the workload does not have is an empty series. */
static int read_figure(const struct forming *forming, enum figure figure,
	struct series *ret_series, struct err *err)
{
	int r = store_read_series(forming->store, forming->workload,
		figure_file_name(figure), figure_data_source(figure), forming->step_s,
		forming->from, forming->to, ret_series, err);

	if (r != -ENOENT && r != -ENODATA)
		return r;
	*ret_series = (struct series){ .count = 0 };
	return 0;
}

static int read_size(struct forming *forming, enum figure figure, enum fact_id fact,
	struct form_size *ret_size, struct series *ret_series, struct err *err)
{
	struct form_size size = { .fixed = NAN, .series = ret_series, .fallback = NAN };
	int r = 0;

	if (!forming->has_facts) {
		r = inventory_in_force(
			forming->store, forming->workload->id, &forming->facts, err);
		if (r < 0)
			return r;
		forming->has_facts = true;
	}
	for (size_t i = 0; i < forming->facts.count; i++) {
		const struct fact *said = &forming->facts.fact[i];
		struct fact_value value = { .is_known = false };

		if (strcmp(said->key, fact_table[fact].key) != 0 ||
			fact_parse(fact, said->value, &value, NULL) < 0)
			continue;
		if (!strcmp(said->origin, fact_origin_name(FACT_ORIGIN_IMPORT)))
			size.fallback = value.number;
		else
			size.fixed = value.number;
		fact_value_done(&value);
	}
	r = read_figure(forming, figure, ret_series, err);
	if (r >= 0)
		*ret_size = size;
	return r;
}

static int form_cpu_of(struct forming *forming, enum figure share,
	struct series *formed, struct err *err)
{
	struct series cores_series = { .count = 0 }, mhz_series = { .count = 0 };
	struct form_size cores, mhz;
	int r = read_size(
		forming, FIGURE_CPU_CORES, FACT_CPU_CORES, &cores, &cores_series, err);

	if (r >= 0)
		r = read_size(forming, FIGURE_CPU_CORE_MHZ, FACT_CPU_CORE_MHZ, &mhz,
			&mhz_series, err);
	if (r >= 0)
		form_cpu(formed, share == FIGURE_CPU_BUSY_RATIO ? &cores : NULL, &mhz);
	series_done(&cores_series);
	series_done(&mhz_series);
	return r;
}

static int form_memory_of(struct forming *forming, enum figure share,
	struct series *formed, struct err *err)
{
	struct series total_series = { .count = 0 };
	struct form_size total;
	int r = read_size(forming, FIGURE_MEMORY_TOTAL_BYTES, FACT_MEMORY_TOTAL_BYTES,
		&total, &total_series, err);

	if (r >= 0 && share == FIGURE_MEMORY_AVAILABLE_BYTES)
		form_memory_available(formed, &total);
	else if (r >= 0)
		form_memory_ratio(formed, &total);
	series_done(&total_series);
	return r;
}

static const struct {
	enum resource resource;
	enum figure share;
} shares_of[] = {
	{ RESOURCE_CPU, FIGURE_CPU_BUSY_RATIO },
	{ RESOURCE_CPU, FIGURE_CPU_USED_CORES },
	{ RESOURCE_MEMORY, FIGURE_MEMORY_AVAILABLE_BYTES },
	{ RESOURCE_MEMORY, FIGURE_MEMORY_USED_RATIO },
};

static bool has_unknown_slot(const struct series *series)
{
	for (size_t k = 0; k < series->count; k++) {
		if (isnan(series->mean[k]))
			return true;
	}
	return series->count == 0;
}

static int form_share(struct forming *forming, enum resource resource,
	enum figure share, struct series *demand, struct err *err)
{
	struct series formed = { .count = 0 };
	int r = read_figure(forming, share, &formed, err);

	if (r >= 0 && formed.count > 0) {
		r = resource == RESOURCE_CPU
			? form_cpu_of(forming, share, &formed, err)
			: form_memory_of(forming, share, &formed, err);
		if (r >= 0 && form_fill(demand, &formed) < 0)
			r = err_oom(err);
	}
	series_done(&formed);
	return r;
}

int form_demand(struct store *store, const struct workload *workload,
	enum resource resource, unsigned step_s, int64_t from, int64_t to,
	struct series *demand, struct err *err)
{
	struct forming forming = { .store = store,
		.workload = workload,
		.step_s = step_s,
		.from = from,
		.to = to };
	int r = 0;

	if (workload->origin == ORIGIN_SAMPLED || workload->origin == ORIGIN_SAMPLE)
		return 0; /* the daemon forms its demand itself */
	for (size_t i = 0; r >= 0 && i < sizeof(shares_of) / sizeof(shares_of[0]);
		i++) {
		if (shares_of[i].resource == resource && has_unknown_slot(demand))
			r = form_share(
				&forming, resource, shares_of[i].share, demand, err);
	}
	if (forming.has_facts)
		fact_list_done(&forming.facts);
	return r < 0 ? r : 0;
}
