/*
 * The formulas of the requirement, one small pure function each.  Sources are the
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

/*
 * requirement_server_memory - (host + sum of VM memory) x growth (MEM-6, G02)
 *
 * growth_factor  1.25; the 25 % is applied once, to the whole
 *
 * Not rounded: an existing host is tested with this figure.
 */
double requirement_server_memory(
	double host, const double *vm_memory, size_t count, double growth_factor);

/* A host to be bought: the next even number of GB, 2 x ceil(GB / 2) (MEM-8, G03). */
double requirement_even_gb(double gb);

/* What is left for VMs: installed / growth - host (MEM-9, G20). */
double requirement_memory_room(double installed, double host, double growth_factor);

/* Strictly over the limit of one VM: vm_memory > limit (MEM-5, G04). */
bool requirement_is_over(double vm_memory, double limit);

/* What an accepted excursion is sized at: min(limit - overhead, sustained); the
 * shortfall is peak less this (DESIGN 4.4). */
double requirement_accepted_memory(double limit, double overhead, double sustained);

/* ---- processor -------------------------------------------------------------------- */

/* cores x MHz x sustained share (CPU-3, G07); share 0..1. */
double requirement_cpu_mhz(double cores, double core_mhz, double sustained_ratio);

/* On the target: requirement x factor, factor = work per MHz of the source / of the
 * target (CPU-4, G08). */
double requirement_cpu_on_target(double requirement_mhz, double performance_factor);

/* Capacity of a host: cores x MHz (CPU-5). */
double requirement_host_cpu_mhz(double cores, double core_mhz);

/*
 * requirement_host_cpu_available - what the host OS leaves (CPU-6, G09)
 *
 * reserve_ratio    0.25
 * is_one_core_cap  the reserve is one core where that is less (a setting; the printed
 *                  formula, capacity x 0.75, is the default)
 */
double requirement_host_cpu_available(
	double cores, double core_mhz, double reserve_ratio, bool is_one_core_cap);

/*
 * requirement_reserved_percent - reserved capacity, % of one core of the target,
 * rounded up (CPU-10, G10, G11)
 *
 * Over 100 where more than one core is needed.  The book prints available / need
 * (4500 / 400 = 12), the inverse; by its own table it is need / core = 14.
 */
double requirement_reserved_percent(double requirement_mhz, double target_core_mhz);

/* The same need as a share of the whole host, rounded up (for information). */
double requirement_system_percent(double requirement_mhz, double capacity_mhz);

/* The defaults beside it (CPU-9, CPU-11). */
#define REQUIREMENT_RELATIVE_WEIGHT 100
#define REQUIREMENT_MAXIMUM_PERCENT 100

/* ---- network ------------------------------------------------------------------------ */

/* link speed x peak share (NET-4); any unit of rate. */
double requirement_network(double speed, double peak_ratio);

/* speed x efficiency - total: what is left on a shared adapter (NET-5, G14); a total
 * fits when this is not negative. */
double requirement_network_left(double speed, double efficiency_ratio, double total);

/* A workload over what the largest shared adapter carries wants its own (NET-1, G15). */
bool requirement_wants_dedicated(
	double need, double largest_speed, double efficiency_ratio);

/* 1 for the host + dedicated ones + 1 when any workload shares (NET-3, G16). */
unsigned requirement_adapters(
	bool has_host_adapter, unsigned dedicated, size_t sharing_workloads);

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

/* disks + children + save state (as large as the memory allocation; STO-2, STO-3). */
double requirement_storage_subtotal(
	const struct requirement_disk *disks, size_t count, double save_state);

/*
 * requirement_storage - with the overhead (STO-6, G17)
 *
 * is_of_grand_total  25 % of the result: subtotal / (1 - ratio); else x (1 + ratio)
 */
double requirement_storage(
	double subtotal, double overhead_ratio, bool is_of_grand_total);

#endif
