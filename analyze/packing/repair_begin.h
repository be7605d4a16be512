/* The beginning of a repair: what has no host yet goes where it does least harm. */
#ifndef ANALYZE_PACKING_REPAIR_BEGIN_H
#define ANALYZE_PACKING_REPAIR_BEGIN_H

#include "analyze/packing/repair_state.h"

/* Of each group that may be on a few hosts only: which they are.  Those that have most of
 * it, then by chance, so that each of its units has one that may hold it if that can be;
 * before the penalties are formed. */
void repair_choose_homes(struct repair *r, const unsigned char *is_in);

/* The units that have no host yet (of those in is_in; NULL: all), the largest first,
 * each where it does least harm.  1; 0: one may be on none of the hosts; or -ENOMEM. */
int repair_place_rest(struct repair *r, const unsigned char *is_in);

#endif
