/* The hosts of a plan as the waves see them: what each state on the way has to fit. */
#ifndef ANALYZE_PLAN_PLAN_WAVES_H
#define ANALYZE_PLAN_PLAN_WAVES_H

#include "analyze/migrate/wave_request.h"
#include "analyze/plan/plan_file.h"

struct plan_waves {
	struct wave_states states; /* its arrays are owned here */
	size_t *from, *to;
	int64_t *room, *need_from, *need_to;
	size_t source_count;   /* steps whose host of today is one of the plan's */
	const char *unchecked; /* why the states cannot be checked; NULL: they can */
};

/*
 * plan_waves_states - room and needs, where a host of today is one of the plan's
 *
 * Without such a host nothing leaves the plan's hosts, every state is a part of the last
 * one, and there is nothing to check: source_count is 0.  Else the request's problem is
 * given the states, which it borrows; free with plan_waves_done.  Returns 0 or a negative
 * errno.
 */
int plan_waves_states(const struct plan_file *plan, const char *config_dir,
	struct wave_request *request, struct plan_waves *ret_waves, struct err *err);
void plan_waves_done(struct plan_waves *waves);

#endif
