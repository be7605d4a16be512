/*
 * collectord --estimate: what the store will cost on this machine.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef COLLECTORD_SAMPLER_ESTIMATE_H
#define COLLECTORD_SAMPLER_ESTIMATE_H

#include "collectord/link/settings.h"
#include "common/err.h"
#include "common/strbuf.h"

/* A table of the files with their data sources and bytes, the total for this workload,
 * and what other steps would cost.  Reads the host once; writes nothing. */
int estimate_print(
	const struct settings *settings, struct strbuf *out, struct err *err);

#endif
