/*
 * The formulas of one workload's requirement, one small pure function each; what a host
 * makes of them (growth, reserve, adapters) is in analyze/plan/plan_units.h.  Sources are the
 * ids of docs/method.md, which holds each with a worked example.  NAN in gives NAN
 * out: a figure that is missing never becomes a number.
 */
#ifndef ANALYZE_ASSESS_REQUIREMENT_H
#define ANALYZE_ASSESS_REQUIREMENT_H

#include <stdbool.h>
#include <stddef.h>

/* ---- memory, in any one unit ---------------------------------------------------- */

/* VM memory = peak + overhead: what the host must hold (MEM-2, G01).  What is typed
 * into the VM's settings, the allocation, is the peak itself (MEM-3). */
double requirement_vm_memory(double peak, double overhead);

/* Strictly over the limit of one VM: vm_memory > limit (MEM-5, G04). */
bool requirement_is_over(double vm_memory, double limit);

/* What an accepted excursion is sized at: min(limit - overhead, sustained); the
 * shortfall is peak less this (DESIGN 4.4). */
double requirement_accepted_memory(double limit, double overhead, double sustained);

/* ---- processor -------------------------------------------------------------------- */

/* On the target: requirement x factor, factor = work per MHz of the source / of the
 * target (CPU-4, G08). */
double requirement_cpu_on_target(double requirement_mhz, double performance_factor);

/*
 * requirement_reserved_percent - reserved capacity, % of one core of the target,
 * rounded up (CPU-10, G10, G11)
 *
 * Over 100 where more than one core is needed.  The book prints available / need
 * (4500 / 400 = 12), the inverse; by its own table it is need / core = 14.
 */
double requirement_reserved_percent(double requirement_mhz, double target_core_mhz);

/* ---- storage, in any one unit --------------------------------------------------------- */

struct requirement_disk {
	double size;                 /* nominal capacity */
	double used;                 /* NAN: unknown */
	bool is_dynamic;             /* counts what is used (STO-7) */
	unsigned differencing, undo; /* each may grow to the base's size (STO-4) */
};

/* The disk's file alone: its size, or what is used where it is dynamic (STO-7). */
double requirement_disk_file(const struct requirement_disk *disk);

/* (differencing + undo) x size: the base's nominal capacity each (STO-4). */
double requirement_disk_children(const struct requirement_disk *disk);

/*
 * requirement_storage - with the overhead (STO-6, G17)
 *
 * is_of_grand_total  25 % of the result: subtotal / (1 - ratio); else x (1 + ratio)
 */
double requirement_storage(
	double subtotal, double overhead_ratio, bool is_of_grand_total);

#endif
