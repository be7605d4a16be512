/* What the plan has to say of hosts and VMs beside who stands where. */
#ifndef ANALYZE_PLAN_PLAN_NOTES_H
#define ANALYZE_PLAN_PLAN_NOTES_H

#include "analyze/plan/plan_types.h"

/*
 * plan_notes_add - fills note and note_count of a plan whose hosts are known
 *
 * Hosts with other applications (CPU-7, CPU-8), their storage (STO-8 to STO-11), disks that
 * grow (STO-5, STO-14), defragmenting (STO-12), many workloads (HST-6), the internal
 * network (NET-6).  0 or -ENOMEM.
 */
int plan_notes_add(const struct plan_request *request, struct plan *plan);

#endif
