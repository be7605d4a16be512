/* Which source speaks of the CPUs that are counted; see cpu_scale.h. */
#include "probes/host/cpu_scale.h"

#include "common/each_tick.h"
#include "probes/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A CPU that flaps is not looked at each time it is back.  Nor is cpuinfo, which grows with
 * the CPUs: so many looks at once, then one in two readings. */
enum { LOOKS_APART = 10, INFO_LOOKS_APART = 2, INFO_LOOKS_MAX = 60 };

struct cpu_scale {
	const struct host_root *root; /* borrowed */
	double stated_mhz;            /* 0: none */
	unsigned looks_left,
		looks_since; /* looks at cpuinfo: left, and reading of the last */
	struct topology_facts facts;
	struct topology_table sysfs, cpuinfo;
	unsigned high; /* beyond the highest number that was ever there */
	unsigned looked_at
		[TOPOLOGY_CPUS_MAX]; /* reading of the last look + 1; 0: never */
	bool is_cpuinfo_old; /* the set changed since, and there was no look left */
	bool was_there[TOPOLOGY_CPUS_MAX]; /* in the last cpu_scale_take */
	bool is_online[TOPOLOGY_CPUS_MAX]; /* by sysfs */
	size_t online_count;
	uint8_t threads[TOPOLOGY_CPUS_MAX]; /* of the core of that lowest number */
	double mhz[TOPOLOGY_CPUS_MAX];
};

struct cpu_scale *cpu_scale_new(const struct host_root *root, double nominal_mhz)
{
	struct cpu_scale *scale = calloc(1, sizeof(*scale));

	if (!scale)
		return NULL;
	scale->root = root;
	scale->stated_mhz = nominal_mhz;
	scale->looks_left = INFO_LOOKS_MAX;
	topology_parse_cpuinfo("", 0, &scale->facts, &scale->cpuinfo);
	return scale;
}

void cpu_scale_free(struct cpu_scale *scale)
{
	free(scale);
}

EACH_TICK const double *cpu_scale_mhz(const struct cpu_scale *scale)
{
	return scale->mhz;
}

const struct topology_facts *cpu_scale_facts(const struct cpu_scale *scale)
{
	return &scale->facts;
}

static void read_cpuinfo(struct cpu_scale *scale, char *text, size_t size)
{
	struct host_file file;
	size_t length = 0;

	hostroot_file_init(&file, scale->root, "proc/cpuinfo");
	if (hostroot_file_read(&file, text, size, &length, NULL) < 0)
		length = 0;
	hostroot_file_done(&file);
	topology_parse_cpuinfo(text, length, &scale->facts, &scale->cpuinfo);
}

static bool take_look(struct cpu_scale *scale, unsigned reading)
{
	unsigned earned = (reading - scale->looks_since) / INFO_LOOKS_APART;

	if (earned > 0) {
		scale->looks_since += earned * INFO_LOOKS_APART;
		scale->looks_left = scale->looks_left + earned < INFO_LOOKS_MAX
			? scale->looks_left + earned
			: INFO_LOOKS_MAX;
	}
	if (scale->looks_left == 0)
		return false;
	scale->looks_left--;
	return true;
}

static bool have_all(const struct topology_cpu *cpu, const unsigned *number,
	size_t count, bool with_core)
{
	for (size_t i = 0; i < count; i++)
		if (!cpu[number[i]].is_listed ||
			(with_core && !cpu[number[i]].has_core))
			return false;
	return true;
}

/* The CPUs of proc/stat are those of sysfs, and none of them has neighbours that are not:
 * in a container "online" may be its own and the rest the host's. */
static bool is_online_set(
	const struct cpu_scale *scale, const unsigned *number, size_t count)
{
	if (count != scale->online_count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!scale->is_online[number[i]] ||
			scale->sysfs.cpu[number[i]].package_cpus > count)
			return false;
	return true;
}

/* cpuinfo has the CPUs, and its ids say what a core is, or each CPU is one. */
static bool does_cpuinfo_do(const struct cpu_scale *scale, const unsigned *number,
	size_t count, bool are_cores_open)
{
	if (scale->is_cpuinfo_old ||
		!have_all(scale->cpuinfo.cpu, number, count, false))
		return false;
	return have_all(scale->cpuinfo.cpu, number, count, true) || !are_cores_open ||
		scale->facts.is_one_each;
}

/* Of the CPUs that are new; cpuinfo only where sysfs alone does not tell. */
static void cpu_scale_look(struct cpu_scale *scale, const unsigned *number,
	size_t count, unsigned reading, char *text, size_t size)
{
	bool is_sysfs_enough;

	for (size_t i = 0; i < count; i++) {
		unsigned cpu = number[i];
		unsigned last = scale->looked_at[cpu];

		if (scale->was_there[cpu] ||
			(last != 0 && reading + 1 - last < LOOKS_APART))
			continue;
		topology_read_cpu(scale->root, cpu, &scale->sysfs);
		scale->looked_at[cpu] = reading + 1;
	}
	scale->online_count = topology_list_online(scale->root, scale->is_online);
	is_sysfs_enough = have_all(scale->sysfs.cpu, number, count, true) &&
		is_online_set(scale, number, count) &&
		have_all(scale->cpuinfo.cpu, number, count, false);
	if (!is_sysfs_enough) {
		scale->is_cpuinfo_old = !take_look(scale, reading);
		if (!scale->is_cpuinfo_old)
			read_cpuinfo(scale, text, size);
	}
}

static enum cpu_scope find_scope(
	const struct cpu_scale *scale, const unsigned *number, size_t count)
{
	bool has_sysfs = have_all(scale->sysfs.cpu, number, count, true);

	if (has_sysfs && is_online_set(scale, number, count))
		return CPU_SCOPE_SYSFS;
	/* cpuinfo and stat agree, sysfs has others: a container's, and its host's */
	if (count == scale->facts.threads &&
		does_cpuinfo_do(scale, number, count, scale->online_count > 0))
		return CPU_SCOPE_CPUINFO;
	/* one that comes or goes between the readings, or one that is off and keeps its
	 * folder */
	if (has_sysfs)
		return CPU_SCOPE_SYSFS;
	if (does_cpuinfo_do(scale, number, count, scale->online_count > 0))
		return CPU_SCOPE_CPUINFO;
	return CPU_SCOPE_UNKNOWN;
}

/* The one clock that all have of whom a clock is known; NAN where they differ. */
static double common_mhz(const double *mhz, const unsigned *number, size_t count)
{
	double common = NAN;

	for (size_t i = 0; i < count; i++) {
		double own = mhz[number[i]];

		if (isnan(own))
			continue;
		if (!isnan(common) && common != own)
			return NAN;
		common = own;
	}
	return common;
}

/* base_frequency and CPPC first, then what cpuinfo says, last the highest clock. */
static void find_clocks(struct cpu_scale *scale, enum cpu_scope scope,
	const unsigned *number, size_t count)
{
	const bool with_sysfs = scope == CPU_SCOPE_SYSFS || scale->online_count == 0;
	double common;

	for (size_t i = 0; i < count; i++) {
		unsigned cpu = number[i];
		const struct topology_cpu *by_sysfs = &scale->sysfs.cpu[cpu];
		const struct topology_cpu *by_cpuinfo = &scale->cpuinfo.cpu[cpu];
		bool has_sysfs = with_sysfs && by_sysfs->is_listed;
		double mhz = has_sysfs ? by_sysfs->mhz : NAN;

		if (isnan(mhz) && by_cpuinfo->is_listed)
			mhz = by_cpuinfo->mhz;
		if (isnan(mhz))
			mhz = scale->facts.nominal_mhz;
		if (isnan(mhz) && has_sysfs)
			mhz = by_sysfs->mhz_at_end;
		scale->mhz[cpu] = scale->stated_mhz > 0 ? scale->stated_mhz : mhz;
	}
	/* a clock that is told of some only is that of the others where it is one */
	common = common_mhz(scale->mhz, number, count);
	for (size_t i = 0; i < count; i++)
		if (isnan(scale->mhz[number[i]]))
			scale->mhz[number[i]] = common;
}

static unsigned core_of(
	const struct cpu_scale *scale, enum cpu_scope scope, unsigned number)
{
	if (scope == CPU_SCOPE_SYSFS)
		return scale->sysfs.cpu[number].core;
	return scale->cpuinfo.cpu[number].has_core ? scale->cpuinfo.cpu[number].core
						   : number;
}

/* A core has so many threads as are there of it now; false where one has too many to be
 * a core. */
static bool count_cores(struct cpu_scale *scale, const unsigned *number, size_t count,
	struct cpu_totals *totals)
{
	memset(scale->threads, 0, scale->high);
	for (size_t i = 0; i < count; i++) {
		unsigned core = core_of(scale, totals->scope, number[i]);

		totals->physical_cores += scale->threads[core] == 0;
		if (scale->threads[core]++ >= TOPOLOGY_SHARERS_MAX)
			return false;
	}
	return true;
}

static void count_sockets(const struct cpu_scale *scale, const unsigned *number,
	size_t count, struct cpu_totals *totals)
{
	const struct topology_cpu *cpu = totals->scope == CPU_SCOPE_SYSFS
		? scale->sysfs.cpu
		: scale->cpuinfo.cpu;
	bool *is_seen = calloc(UINT16_MAX + 1, sizeof(*is_seen));

	for (size_t i = 0; is_seen && i < count; i++)
		if (cpu[number[i]].has_core && !is_seen[cpu[number[i]].package]) {
			is_seen[cpu[number[i]].package] = true;
			totals->sockets++;
		}
	free(is_seen);
}

static void weigh(struct cpu_scale *scale, const unsigned *number, size_t count,
	struct cpu_totals *totals)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++) {
		unsigned cpu = number[i];

		totals->is_clock_unknown =
			totals->is_clock_unknown || isnan(scale->mhz[cpu]);
		scale->mhz[cpu] /= scale->threads[core_of(scale, totals->scope, cpu)];
		sum += scale->mhz[cpu];
	}
	totals->whole_mhz = count ? sum : NAN;
	totals->each_mhz =
		totals->is_clock_unknown ? NAN : common_mhz(scale->mhz, number, count);
}

void cpu_scale_take(struct cpu_scale *scale, const unsigned *number, size_t count,
	unsigned reading, char *text, size_t size, struct cpu_totals *ret_totals)
{
	struct cpu_totals totals = {
		.cpus = (unsigned)count, .each_mhz = NAN, .whole_mhz = NAN
	};

	for (size_t i = 0; i < count; i++)
		if (number[i] >= scale->high)
			scale->high = number[i] + 1;
	cpu_scale_look(scale, number, count, reading, text, size);
	memset(scale->was_there, 0, scale->high);
	for (size_t i = 0; i < count; i++)
		scale->was_there[number[i]] = true;
	for (size_t i = 0; i < scale->high; i++)
		scale->mhz[i] = NAN;
	totals.scope = find_scope(scale, number, count);
	if (totals.scope != CPU_SCOPE_UNKNOWN &&
		!count_cores(scale, number, count, &totals)) {
		totals.scope = CPU_SCOPE_UNKNOWN;
		totals.physical_cores = 0;
	}
	if (totals.scope != CPU_SCOPE_UNKNOWN) {
		find_clocks(scale, totals.scope, number, count);
		count_sockets(scale, number, count, &totals);
		weigh(scale, number, count, &totals);
	}
	totals.is_settled = !scale->is_cpuinfo_old;
	*ret_totals = totals;
}

/* ---- for the inventory ------------------------------------------------------------ */

/* The lines "cpu<n>" of proc/stat. */
static size_t list_stat(
	const struct host_root *root, char *text, size_t size, unsigned *number)
{
	struct host_file file;
	struct text all, line;
	size_t length = 0;
	size_t count = 0;

	hostroot_file_init(&file, root, "proc/stat");
	if (hostroot_file_read(&file, text, size, &length, NULL) < 0)
		length = 0;
	hostroot_file_done(&file);
	all = text_of(text, length);
	while (text_line(&all, &line) && count < TOPOLOGY_CPUS_MAX) {
		uint64_t value;

		if (text_prefix(&line, "cpu") && line.at < line.end &&
			*line.at != ' ' && text_u64(&line, &value) &&
			value < TOPOLOGY_CPUS_MAX)
			number[count++] = (unsigned)value;
	}
	return count;
}

static size_t list_others(
	struct cpu_scale *scale, char *text, size_t size, unsigned *number)
{
	size_t count = 0;

	(void)topology_list_online(scale->root, scale->is_online);
	for (unsigned i = 0; i < TOPOLOGY_CPUS_MAX; i++)
		if (scale->is_online[i])
			number[count++] = i;
	if (count > 0)
		return count;
	read_cpuinfo(scale, text, size);
	for (unsigned i = 0; i < scale->cpuinfo.high; i++)
		if (scale->cpuinfo.cpu[i].is_listed)
			number[count++] = i;
	return count;
}

void cpu_scale_read_machine(const struct host_root *root, char *text, size_t size,
	struct topology_facts *ret_facts, struct cpu_totals *ret_totals)
{
	struct cpu_scale *scale = cpu_scale_new(root, 0);
	unsigned *number = calloc(TOPOLOGY_CPUS_MAX, sizeof(*number));
	size_t count;

	topology_parse_cpuinfo("", 0, ret_facts, NULL);
	*ret_totals = (struct cpu_totals){ .each_mhz = NAN, .whole_mhz = NAN };
	if (scale && number) {
		count = list_stat(root, text, size, number);
		if (count == 0)
			count = list_others(scale, text, size, number);
		cpu_scale_take(scale, number, count, 0, text, size, ret_totals);
		*ret_facts = scale->facts;
	}
	free(number);
	cpu_scale_free(scale);
}
