#include "analyze/assess/forecast.h"

#include "analyze/assess/assess.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define SEED 20261121u /* of the bootstrap: the same data give the same interval */
#define GROWTH_WINDOW_S 900

bool forecast_is_asked(const struct forecast_request *request)
{
	return !isnan(request->horizon_days) || !isnan(request->return_days);
}

/* No workload can use more than this; NAN: not known. */
static double capacity_of(enum resource resource, const struct facts *facts)
{
	switch (resource) {
	case RESOURCE_MEMORY:
		return facts_number(facts, FACT_MEMORY_TOTAL_BYTES);
	case RESOURCE_CPU:
		return facts_number(facts, FACT_CPU_CORES) *
			facts_number(facts, FACT_CPU_CORE_MHZ);
	case RESOURCE_NETWORK:
		return facts_number(facts, FACT_NETWORK_SPEED_BPS);
	default:
		return NAN;
	}
}

static int foresee_growth(const struct series *series, int phase_s, double horizon_days,
	struct forecast *f)
{
	double *daily = NULL;
	size_t days = 0;
	int r = growth_daily(series, GROWTH_WINDOW_S, phase_s, &daily, &days);

	if (r == 0)
		r = growth_fit(daily, days, &f->growth);
	free(daily);
	if (r == -ENOMEM)
		return r;
	f->has_growth = r == 0;
	if (r < 0)
		(void)snprintf(f->growth_reason, sizeof(f->growth_reason),
			"%zu days are there, %d known ones are needed", days,
			GROWTH_DAYS_MIN);
	else
		growth_project(&f->growth, horizon_days, &f->ahead, &f->ahead_low,
			&f->ahead_high);
	return 0;
}

struct forecast_work {
	const struct estate *estate;
	const struct forecast_request *request;
	struct facts *facts;
	struct forecast *forecast;
};

static int foresee(void *data, size_t index, struct err *err)
{
	struct forecast_work *work = data;
	const struct forecast_request *request = work->request;
	const struct workload *workload = work->estate->chosen[index];
	struct load_set set;
	int r = load_set_read(
		work->estate, workload, &work->estate->request.span, &set, err);

	if (r < 0)
		return r;
	for (unsigned i = 0; i < RESOURCE_COUNT && r == 0; i++) {
		struct forecast *f = &work->forecast[index * RESOURCE_COUNT + i];
		struct err why = ERR_INIT;
		double capacity = capacity_of((enum resource)i, &work->facts[index]);

		if (set.series[i].count == 0)
			continue;
		f->is_counted = true;
		if (!isnan(request->horizon_days))
			r = foresee_growth(&set.series[i], workload->phase_s,
				request->horizon_days, f);
		if (r < 0 || isnan(request->return_days))
			continue;
		r = tail_fit(&set.series[i], request->return_days, capacity, SEED,
			&f->tail, &why);
		f->has_tail = r == 0;
		(void)snprintf(
			f->tail_reason, sizeof(f->tail_reason), "%.190s", why.text);
		if (r == -ENODATA)
			r = 0;
	}
	load_set_done(&set);
	return r < 0 ? err_oom(err) : 0;
}

int forecast_all(const struct estate *estate, const struct forecast_request *request,
	struct forecast **ret_forecasts, struct err *err)
{
	struct forecast_work work = { .estate = estate, .request = request };
	size_t count = estate->count;
	int r = 0;

	work.facts = calloc(count + 1, sizeof(*work.facts));
	work.forecast = calloc(count * RESOURCE_COUNT + 1, sizeof(*work.forecast));
	if (!work.facts || !work.forecast)
		r = err_oom(err);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = assess_facts(estate->store, estate->chosen[i], &work.facts[i], err);
	if (r == 0)
		r = load_each(estate, "looking ahead", count, foresee, &work, err);
	for (size_t i = 0; work.facts && i < count; i++)
		facts_done(&work.facts[i]);
	free(work.facts);
	if (r < 0) {
		free(work.forecast);
		return r;
	}
	*ret_forecasts = work.forecast;
	return 0;
}
