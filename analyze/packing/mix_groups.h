/* The conditions that groups give.  Internal to mix_rows.c. */
#ifndef ANALYZE_PACKING_MIX_GROUPS_H
#define ANALYZE_PACKING_MIX_GROUPS_H

#include "analyze/packing/mix_collect.h"

/* At most so many of a group on a host; groups of a family on hosts of their own; a
 * group on a few hosts, which have to be large enough.  0 or -ENOMEM. */
int mix_groups_add(struct mix_collector *c);

#endif
