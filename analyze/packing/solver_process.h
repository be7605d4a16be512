/*
 * The exact phase: headroom-solver as a child with a deadline.  It may be missing,
 * crash, hang or write rubbish; whatever it says is checked here before it counts.
 */
#ifndef ANALYZE_PACKING_SOLVER_PROCESS_H
#define ANALYZE_PACKING_SOLVER_PROCESS_H

#include "analyze/packing/engine.h"

/*
 * solver_process_run - improve engine->best and engine->bound until `until_s`
 *
 * Leaves the reason in engine->exact_note when the phase is missing or broke off.
 * Returns 0, also then, or -ENOMEM.
 */
int solver_process_run(struct engine *engine, double until_s);

#endif
