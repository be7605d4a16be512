/* Several kinds of hosts: the master's sets of hosts, each filled, cheapest first. */
#ifndef ANALYZE_PACKING_MIXED_H
#define ANALYZE_PACKING_MIXED_H

#include "analyze/packing/engine.h"

/*
 * mixed_run - improve engine->best and engine->bound until `until_s`
 *
 * Leaves the reason in engine->exact_note when headroom-solver is missing or broke off.
 * Returns 0, also then, or -ENOMEM.
 */
int mixed_run(struct engine *engine, double until_s);

#endif
