/*
 * forecast_check DATA: fits growth and tails on the first two thirds of every workload
 * and says how often the last third lies inside the intervals (docs/method.md).
 */
#include "analyze/peaks/growth.h"
#include "schema/resource.h"
#include "analyze/peaks/tail.h"
#include "common/units.h"
#include "store/store.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct count {
	unsigned fitted, refused, inside, below;
	unsigned long days, days_inside;
	unsigned growths;
};

static struct series part(const struct series *all, size_t from, size_t to)
{
	struct series s = *all;

	s.first = all->first + (int64_t)from * (int64_t)all->step_s;
	s.count = to - from;
	s.mean = all->mean + from;
	s.minimum = all->minimum + from;
	s.maximum = all->maximum + from;
	return s;
}

static void check_growth(
	const struct series *past, const struct series *future, struct count *count)
{
	double *before = NULL, *after = NULL;
	size_t days_before = 0, days_after = 0;
	struct growth growth;

	if (growth_daily(past, 900, 0, &before, &days_before) == 0 &&
		growth_daily(future, 900, 0, &after, &days_after) == 0 &&
		growth_fit(before, days_before, &growth) == 0) {
		count->growths++;
		for (size_t i = 0; i < days_after; i++) {
			double ahead = (double)(days_before + i) - growth.last_day;
			double value, low, high;

			if (isnan(after[i]))
				continue;
			growth_project(&growth, ahead, &value, &low, &high);
			count->days++;
			count->days_inside += low <= after[i] && after[i] <= high;
		}
	}
	free(before);
	free(after);
}

static void check_tail(
	const struct series *past, const struct series *future, struct count *count)
{
	double days = (double)future->count * future->step_s / SECONDS_PER_DAY;
	struct err err = ERR_INIT;
	struct tail tail;
	double highest = NAN;

	for (size_t i = 0; i < future->count; i++) {
		if (!isnan(future->maximum[i]) && !(future->maximum[i] <= highest))
			highest = future->maximum[i];
	}
	if (isnan(highest) || tail_fit(past, days, NAN, 1, &tail, &err) < 0) {
		count->refused++;
		return;
	}
	count->fitted++;
	count->inside += tail.low <= highest && highest <= tail.high;
	count->below += highest <= tail.high;
}

int main(int argc, char **argv)
{
	static const enum resource resources[] = { RESOURCE_MEMORY, RESOURCE_CPU,
		RESOURCE_NETWORK };
	struct workload_list list = { .count = 0 };
	struct store *store = NULL;
	struct err err = ERR_INIT;

	if (argc != 2 || store_open(argv[1], &store, &err) < 0 ||
		store_workloads(store, &list, &err) < 0) {
		fprintf(stderr, "forecast_check DATA: %s\n", err.text);
		return 1;
	}
	for (size_t r = 0; r < sizeof(resources) / sizeof(resources[0]); r++) {
		const struct resource_info *info = &resource_table[resources[r]];
		struct count count = { .fitted = 0 };

		for (size_t i = 0; i < list.count; i++) {
			const struct workload *w = &list.workload[i];
			struct series all, past, future;

			if (store_read_metric(store, w, info->metric, 0,
				    w->first - (int64_t)w->step_s, w->last, &all,
				    &err) < 0)
				continue;
			past = part(&all, 0, all.count * 2 / 3);
			future = part(&all, all.count * 2 / 3, all.count);
			check_growth(&past, &future, &count);
			check_tail(&past, &future, &count);
			series_done(&all);
		}
		printf("%s: growth fitted %u, days of the last third inside 90 %%: "
		       "%.1f %% of %lu; tail fitted %u, refused %u, highest of the "
		       "last third inside 90 %%: %.1f %%, not over the upper end: "
		       "%.1f %%\n",
			info->name, count.growths,
			count.days
				? 100.0 * (double)count.days_inside / (double)count.days
				: 0,
			count.days, count.fitted, count.refused,
			count.fitted ? 100.0 * count.inside / count.fitted : 0,
			count.fitted ? 100.0 * count.below / count.fitted : 0);
	}
	workload_list_done(&list);
	store_close(store);
	return 0;
}
