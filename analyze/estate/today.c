#include "analyze/estate/today.h"

#include "analyze/estate/load.h"

#include <math.h>
#include <time.h>

static void begin_of_hour_and_day(int64_t now, int64_t *ret_hour, int64_t *ret_day)
{
	time_t moment = (time_t)now;
	struct tm local;

	localtime_r(&moment, &local);
	local.tm_min = local.tm_sec = 0;
	*ret_hour = mktime(&local);
	local.tm_hour = 0;
	local.tm_isdst = -1;
	*ret_day = mktime(&local);
}

/* A new hour or day begins without a peak. */
static void turn_over(struct today *today, int64_t stamp)
{
	int64_t hour, day;

	begin_of_hour_and_day(stamp - 1, &hour, &day);
	for (int r = 0; r < RESOURCE_COUNT; r++) {
		if (hour != today->hour_began)
			today->hour[r] = NAN;
		if (day != today->day_began)
			today->day[r] = NAN;
	}
	today->hour_began = hour;
	today->day_began = day;
}

static void raise_peak(double *peak, double value)
{
	if (!isnan(value) && !(value <= *peak))
		*peak = value;
}

int today_read(struct today *today, const struct estate *estate,
	const struct workload *workload, struct err *err)
{
	struct load_request span = {
		.has_since = true, .since = today->day_began, .has_until = false
	};
	struct load_set set = { .period = { .count = 0 } };
	const struct estate archives = { .store = estate->store };
	int r = load_set_read(&archives, workload, &span, &set, err);

	for (int i = 0; r == 0 && i < RESOURCE_COUNT; i++) {
		const struct series *s = &set.series[i];

		for (size_t k = 0; k < s->count; k++) {
			int64_t end = s->first + (int64_t)k * s->step_s;

			raise_peak(&today->day[i], s->maximum[k]);
			if (end > today->hour_began)
				raise_peak(&today->hour[i], s->maximum[k]);
		}
	}
	load_set_done(&set);
	return r;
}

void today_begin(struct today *today, int64_t now)
{
	for (int r = 0; r < RESOURCE_COUNT; r++)
		today->hour[r] = today->day[r] = NAN;
	begin_of_hour_and_day(now, &today->hour_began, &today->day_began);
}

void today_take(struct today *today, const struct live_figures *live)
{
	turn_over(today, live->stamp);
	for (int r = 0; r < RESOURCE_COUNT; r++) {
		raise_peak(&today->hour[r], live->of[r]);
		raise_peak(&today->day[r], live->of[r]);
	}
}
