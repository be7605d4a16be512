/*
 * What was measured of the machine that a runbook moves.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_VERBS_RUNBOOK_MEASURED_H
#define ANALYZE_VERBS_RUNBOOK_MEASURED_H

#include "analyze/assess/assess.h"
#include "analyze/runbook/runbook.h"
#include "analyze/verbs/screen.h"

struct runbook_measured {
	struct screen screen;
	struct estate estate;
	struct assess_run assess;
	struct assessment *assessment; /* NULL: nothing was measured */
};

/*
 * runbook_measure - the first argument's workload, assessed for the target
 *
 * Its sizes go into the request where it was measured for long enough; else the inventory
 * has them.  measured begins as zeros; runbook_measured_done in either case.
 */
int runbook_measure(const struct context *context, const char *target,
	struct runbook_measured *measured, struct runbook_request *request,
	struct err *err);
void runbook_measured_done(struct runbook_measured *measured);

/* What its counters rule out stands against a runbook as what its document rules out. */
int runbook_measured_blockers(const struct runbook_measured *measured,
	const struct library *library, struct validation *validation, struct err *err);

#endif
