/*
 * The demands and shares of DESIGN: formed from one reading, before anything is
 * consolidated (docs/method.md, "Demand").  A part that exists but is unknown makes a
 * sum unknown; a device that is absent adds nothing.
 */
#include "common/util.h"
#include "common/each_tick.h"
#include "probes/collect_state.h"

#include <math.h>

static const double ticks_least = 0.5;
static const double ticks_most = 1.5;
static const double each_differs = 1e-9; /* by rounding alone */

static double value_of(struct collect *collect, enum metric_id metric)
{
	return *kind_value(
		&collect->kind[metric_numbers_table[metric].file], 0, metric);
}

/* Not inline: twenty copies of it would be cold each second. */
EACH_TICK __attribute__((noinline)) static void set(
	struct collect *collect, enum metric_id metric, double value)
{
	const struct metric_numbers *row = &metric_numbers_table[metric];

	if (value < row->minimum || value > row->maximum)
		value = NAN;
	*kind_value(&collect->kind[row->file], 0, metric) = value;
}

/*
 * What the ticks of an interval, in CPUs, are a share of: all of them together, which have to
 * be the time that passed, or they are no ticks (an idle count of garbage leaves 100 % of what
 * is left).  Without a single idle tick the machine was busy, or its idle count stands still;
 * then what is missing to the time is not busy either way.  NAN: it does not add up.
 */
static double ticks_whole(
	double sum_cpus, double idle_cpus, double least_cpus, double most_cpus)
{
	/* written so that an unknown sum is not a whole */
	if (!(sum_cpus >= ticks_least * least_cpus &&
		    sum_cpus <= ticks_most * most_cpus))
		return NAN;
	return idle_cpus == 0 && sum_cpus < least_cpus ? least_cpus : sum_cpus;
}

/* CPUs may come and go within the interval. */
static double least_cpus(const struct collect *collect)
{
	unsigned before = collect->cpus_before.online;

	return before && before < collect->cpus.online ? before : collect->cpus.online;
}

static double most_cpus(const struct collect *collect)
{
	return collect->cpus_before.online > collect->cpus.online
		? collect->cpus_before.online
		: collect->cpus.online;
}

/* All CPUs of the interval busy.  Where their number changed within it, the ticks say how
 * many there were; all must have been worth the same then, before and after. */
static double whole_mhz(const struct collect *collect, double sum_cpus)
{
	const struct probe_cpus *now = &collect->cpus;
	const struct probe_cpus *before = &collect->cpus_before;
	double each = now->whole_mhz / now->online;

	if (!before->online || before->online == now->online)
		return now->whole_mhz;
	if (fabs(before->whole_mhz / before->online - each) > each_differs * each)
		return NAN;
	return each * fmin(fmax(sum_cpus, least_cpus(collect)), most_cpus(collect));
}

/* CPUs that are not worth the same: each by its own busy share. */
static double sum_uneven(struct collect *collect)
{
	struct kind *cores = &collect->kind[METRIC_FILE_CORES];
	double sum = 0;

	if (!collect->cpus.mhz || !cores->is_complete || cores->ignored ||
		(collect->cpus_before.online &&
			collect->cpus_before.online != collect->cpus.online))
		return NAN;
	for (size_t spot = 0; spot < cores->high; spot++)
		if (cores->instance[spot].is_present)
			sum += collect->cpus.mhz[spot] *
				*kind_value(cores, spot, METRIC_CORE_BUSY_RATIO);
	return sum;
}

/* In a container whose proc/stat is its host's: its group counts what it used, not on
 * which CPUs. */
static void derive_container_cpu(struct collect *collect)
{
	static const enum metric_id unknown[] = { METRIC_CPU_USER_RATIO,
		METRIC_CPU_SYSTEM_RATIO, METRIC_CPU_IOWAIT_RATIO,
		METRIC_CPU_STEAL_RATIO, METRIC_CPU_IDLE_RATIO };
	double share = value_of(collect, METRIC_CPU_OWN_TIME) / collect->cpus.online;

	for (size_t i = 0; i < ARRAY_LEN(unknown); i++)
		set(collect, unknown[i], NAN);
	set(collect, METRIC_CPU_BUSY_RATIO, share);
	set(collect, METRIC_CPU_USED_MHZ,
		collect->cpus.is_even ? collect->cpus.whole_mhz *
				value_of(collect, METRIC_CPU_BUSY_RATIO)
				      : NAN);
}

static void derive_cpu(struct collect *collect)
{
	static const enum metric_id states[] = { METRIC_CPU_USER_TICKS,
		METRIC_CPU_NICE_TICKS, METRIC_CPU_SYSTEM_TICKS, METRIC_CPU_IDLE_TICKS,
		METRIC_CPU_IOWAIT_TICKS, METRIC_CPU_IRQ_TICKS, METRIC_CPU_SOFTIRQ_TICKS,
		METRIC_CPU_STEAL_TICKS };
	enum { USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL, STATES };
	struct kind *kind = &collect->kind[METRIC_FILE_CPU];
	double share[STATES];
	double sum = 0, whole;
	double iowait;

	if (kind_is_put(kind, 0, METRIC_CPU_OWN_TIME)) {
		derive_container_cpu(collect);
		return;
	}
	for (size_t i = 0; i < STATES; i++) {
		/* a state that this kernel does not have adds nothing */
		share[i] = kind_is_put(kind, 0, states[i])
			? *kind_value(kind, 0, states[i])
			: 0;
		sum += share[i];
	}
	/* also when a state is unknown: NAN spreads; a reading without ticks is no reading */
	whole = kind->is_complete
		? ticks_whole(sum, share[IDLE], least_cpus(collect), most_cpus(collect))
		: NAN;
	iowait = kind_is_put(kind, 0, METRIC_CPU_IOWAIT_TICKS) ? share[IOWAIT] / whole
							       : NAN;
	set(collect, METRIC_CPU_USER_RATIO, (share[USER] + share[NICE]) / whole);
	set(collect, METRIC_CPU_SYSTEM_RATIO,
		(share[SYSTEM] + share[IRQ] + share[SOFTIRQ]) / whole);
	set(collect, METRIC_CPU_IOWAIT_RATIO, iowait);
	set(collect, METRIC_CPU_STEAL_RATIO,
		kind_is_put(kind, 0, METRIC_CPU_STEAL_TICKS) ? share[STEAL] / whole
							     : NAN);
	set(collect, METRIC_CPU_IDLE_RATIO, share[IDLE] / whole);
	/* as a sum of its parts: never below 0 by rounding */
	set(collect, METRIC_CPU_BUSY_RATIO,
		(share[USER] + share[NICE] + share[SYSTEM] + share[IRQ] +
			share[SOFTIRQ] + share[STEAL]) /
			whole);
	set(collect, METRIC_CPU_USED_MHZ,
		collect->cpus.is_even ? whole_mhz(collect, sum) *
				value_of(collect, METRIC_CPU_BUSY_RATIO)
				      : sum_uneven(collect));
}

static void derive_cores(struct collect *collect)
{
	struct kind *kind = &collect->kind[METRIC_FILE_CORES];

	for (size_t spot = 0; spot < kind->high; spot++) {
		double busy, idle;

		if (!kind->instance[spot].is_present) {
			*kind_value(kind, spot, METRIC_CORE_BUSY_RATIO) = NAN;
			continue;
		}
		busy = *kind_value(kind, spot, METRIC_CORE_BUSY_TICKS);
		idle = *kind_value(kind, spot, METRIC_CORE_IDLE_TICKS);
		*kind_value(kind, spot, METRIC_CORE_BUSY_RATIO) =
			busy / ticks_whole(busy + idle, idle, 1, 1);
	}
}

/* What the kernel gives back on demand, but does not count as available; absent where a
 * machine has no such thing. */
static void derive_memory(struct collect *collect)
{
	static const enum metric_id given_back[] = { METRIC_MEMORY_ARC_BYTES,
		METRIC_MEMORY_HUGE_BYTES, METRIC_MEMORY_BALLOON_BYTES };
	struct kind *kind = &collect->kind[METRIC_FILE_MEMORY];
	double used = value_of(collect, METRIC_MEMORY_TOTAL_BYTES) -
		value_of(collect, METRIC_MEMORY_AVAILABLE_BYTES);

	for (size_t i = 0; i < ARRAY_LEN(given_back); i++) {
		if (kind_is_put(kind, 0, given_back[i]))
			used -= *kind_value(kind, 0, given_back[i]);
	}
	set(collect, METRIC_MEMORY_USED_BYTES, used);
}

struct totals {
	double in, out, larger, operations;
};

/* Sums over the present instances; all NAN when the source was not read in full. */
EACH_TICK static struct totals total(struct kind *kind, enum metric_id in,
	enum metric_id out, enum metric_id in_operations, enum metric_id out_operations)
{
	struct totals totals = { 0 };

	if (!kind->is_complete || kind->ignored)
		return (struct totals){ NAN, NAN, NAN, NAN };
	for (size_t spot = 0; spot < kind->high; spot++) {
		double in_value, out_value;

		if (!kind->instance[spot].is_present)
			continue;
		in_value = *kind_value(kind, spot, in);
		out_value = *kind_value(kind, spot, out);
		totals.in += in_value;
		totals.out += out_value;
		/* fmax would drop an unknown half */
		totals.larger += in_value >= out_value ? in_value
			: in_value < out_value         ? out_value
						       : NAN;
		totals.operations += *kind_value(kind, spot, in_operations) +
			*kind_value(kind, spot, out_operations);
	}
	return totals;
}

EACH_TICK void collect_derive(struct collect *collect)
{
	struct totals totals;

	derive_cores(collect);
	derive_cpu(collect);
	derive_memory(collect);
	totals = total(&collect->kind[METRIC_FILE_NET], METRIC_NET_RX_BPS,
		METRIC_NET_TX_BPS, METRIC_NET_RX_PPS, METRIC_NET_TX_PPS);
	set(collect, METRIC_NETWORK_DEMAND_BPS, totals.larger);
	set(collect, METRIC_NETWORK_RX_BPS, totals.in);
	set(collect, METRIC_NETWORK_TX_BPS, totals.out);
	totals = total(&collect->kind[METRIC_FILE_BLOCK], METRIC_BLOCK_READ_BYTES_S,
		METRIC_BLOCK_WRITE_BYTES_S, METRIC_BLOCK_READ_OPS_S,
		METRIC_BLOCK_WRITE_OPS_S);
	set(collect, METRIC_DISK_BYTES_PER_S, totals.in + totals.out);
	set(collect, METRIC_DISK_READ_BYTES_S, totals.in);
	set(collect, METRIC_DISK_WRITE_BYTES_S, totals.out);
	set(collect, METRIC_DISK_OPS_PER_S, totals.operations);
}
