/*
 * The problem (waves.h) that a whole request makes.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_MIGRATE_WAVE_BUILD_H
#define ANALYZE_MIGRATE_WAVE_BUILD_H

#include "analyze/migrate/wave_rules.h"

/*
 * wave_request_close - the problem, when all workloads are in
 *
 * config_dir  its order/ adds rules; may be NULL
 *
 * Refuses names that the file mentions and nobody has, with the nearest one.
 */
int wave_request_close(
	struct wave_request *request, const char *config_dir, struct err *err);

#endif
