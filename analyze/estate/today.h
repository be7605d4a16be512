/* The peaks of this hour and this day by the local clock, as readings come in. */
#ifndef ANALYZE_ESTATE_TODAY_H
#define ANALYZE_ESTATE_TODAY_H

#include "analyze/estate/estate.h"
#include "schema/resource.h"
#include "store/live.h"

struct today {
	int64_t hour_began, day_began;
	double hour[RESOURCE_COUNT], day[RESOURCE_COUNT]; /* highest; NAN: none */
};

void today_begin(struct today *today, int64_t now);
/* What is stored of the day; no row is no failure.  Returns 0 or a negative errno. */
int today_read(struct today *today, const struct estate *estate,
	const struct workload *workload, struct err *err);
/* One reading more; a new hour or day begins without a peak. */
void today_take(struct today *today, const struct live_figures *live);

#endif
