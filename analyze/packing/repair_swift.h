/*
 * Annealing in short numbers (repair_shorts.h), and again with more weight on the rows in
 * which a host stays over by much: one unit that is large in a single slot is cheaper left
 * over there than everything around it is moved, and nothing else would move it.
 */
#ifndef ANALYZE_PACKING_REPAIR_SWIFT_H
#define ANALYZE_PACKING_REPAIR_SWIFT_H

#include "analyze/packing/repair_state.h"

/* As repair_anneal; -ENOTSUP, and nothing is changed: hosts have volumes, or are over
 * their limits by too much for short numbers. */
int repair_swift(struct repair *r, double heat, uint64_t steps);

#endif
