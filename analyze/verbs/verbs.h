/* The functions and own options of the verbs, for the table in analyze/main.c. */
#ifndef ANALYZE_VERBS_VERBS_H
#define ANALYZE_VERBS_VERBS_H

#include "analyze/console/verb.h"

/* Declare a verb here and add its row in main.c: nothing else is needed. */
#define VERB(verb)                                                 \
	int verb_##verb(struct context *context, struct err *err); \
	extern const struct option_spec verb_##verb##_options[]

VERB(pack);
VERB(peaks);
VERB(first_look);
VERB(plan);
VERB(backtest);
VERB(report);
VERB(graph);
VERB(alerts);
VERB(check);
VERB(status);
VERB(verdict);
VERB(explain);
VERB(review);
VERB(exclude);
VERB(inventory);
VERB(profiles);
VERB(fsck);
VERB(export);
VERB(import);
VERB(workload);
VERB(validate);
VERB(runbook);
VERB(waves);
VERB(watch);
VERB(compare);

/* Does `inventory` ask for this machine alone, or bring one whose workload it makes? */
bool inventory_makes_store(const struct context *context);

#endif
