/* sys/devices/system/cpu; see topology.h. */
#include "probes/host/topology.h"

#include "common/parse.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

int topology_parse_list(const char *text, bool *is_member)
{
	const char *at = text;
	const char *end = text + strlen(text);
	int count = 0;

	while (at < end) {
		uint64_t first, last;

		if (!parse_scan_u64(&at, end, &first))
			return -EINVAL;
		last = first;
		if (at < end && *at == '-') {
			at++;
			if (!parse_scan_u64(&at, end, &last) || last < first)
				return -EINVAL;
		}
		if (at < end && *at++ != ',')
			return -EINVAL;
		for (; first <= last && first < TOPOLOGY_CPUS_MAX; first++) {
			is_member[first] = true;
			count++;
		}
	}
	return count;
}

int topology_parse_mask(const char *text, bool *is_member)
{
	size_t length = strlen(text);
	size_t bit = 0;
	int count = 0;

	while (length-- > 0) {
		char digit = text[length];
		unsigned value;

		if (digit == ',')
			continue;
		if (digit >= '0' && digit <= '9')
			value = (unsigned)(digit - '0');
		else if (digit >= 'a' && digit <= 'f')
			value = (unsigned)(digit - 'a' + 10);
		else
			return -EINVAL;
		for (unsigned i = 0; i < 4; i++, bit++)
			if (value >> i & 1 && bit < TOPOLOGY_CPUS_MAX) {
				is_member[bit] = true;
				count++;
			}
	}
	return count;
}

static bool cpu_path(char *path, size_t size, unsigned number, const char *rest)
{
	int length =
		snprintf(path, size, "sys/devices/system/cpu/cpu%u/%s", number, rest);

	return length > 0 && (size_t)length < size;
}

/* The CPUs that share something with this one, itself among them: their lowest number is
 * written to all.  */
static bool read_sharers(const struct host_root *root, unsigned number,
	const char *const *names, size_t name_count, struct topology_table *table,
	bool is_package)
{
	struct topology_cpu *cpu = table->cpu;
	bool is_member[TOPOLOGY_CPUS_MAX] = { false };
	char path[128];
	char text[4096];
	unsigned lowest = 0;
	int count = 0;

	for (size_t i = 0; i < name_count && count <= 0; i++)
		if (cpu_path(path, sizeof(path), number, names[i]) &&
			hostroot_read_text(root, path, text, sizeof(text)) == 0)
			count = topology_parse_mask(text, is_member);
	/* a set that its own CPU is not in speaks of something else */
	if (count <= 0 || !is_member[number] ||
		(!is_package && count > TOPOLOGY_SHARERS_MAX))
		return false;
	while (!is_member[lowest])
		lowest++;
	if (is_package)
		cpu[number].package_cpus = (uint16_t)count;
	for (unsigned i = lowest; count > 0 && i < TOPOLOGY_CPUS_MAX; i++) {
		if (!is_member[i])
			continue;
		count--;
		if (i >= table->high)
			table->high = i + 1;
		if (is_package)
			cpu[i].package = (uint16_t)lowest;
		else
			cpu[i].core = (uint16_t)lowest;
	}
	return true;
}

static bool read_id(const struct host_root *root, unsigned number, const char *name,
	uint64_t *ret_id)
{
	char path[128];

	/* -1 is printed where the firmware does not say */
	return cpu_path(path, sizeof(path), number, name) &&
		hostroot_read_u64(root, path, ret_id) == 0;
}

/* By its ids: the lowest CPU known so far with the same ones. */
static bool read_core_ids(
	const struct host_root *root, unsigned number, struct topology_table *table)
{
	struct topology_cpu *own = &table->cpu[number];
	uint64_t core, die, package;

	if (!read_id(root, number, "topology/core_id", &core))
		return false;
	if (!read_id(root, number, "topology/die_id", &die))
		die = 0;
	if (!read_id(root, number, "topology/physical_package_id", &package))
		package = 0;
	own->ids = package << 40 | (die & 0xfffff) << 20 | (core & 0xfffff);
	own->core = (uint16_t)number;
	for (unsigned other = 0; other < table->high; other++)
		if (other != number && table->cpu[other].has_ids &&
			table->cpu[other].ids == own->ids) {
			own->core = table->cpu[other].core;
			break;
		}
	own->has_ids = true;
	return true;
}

static double read_clock(
	const struct host_root *root, unsigned number, const char *name, double scale)
{
	uint64_t value;
	char path[128];

	return cpu_path(path, sizeof(path), number, name) &&
			hostroot_read_u64(root, path, &value) == 0
		? topology_sane_mhz((double)value * scale)
		: NAN;
}

void topology_read_cpu(
	const struct host_root *root, unsigned number, struct topology_table *table)
{
	static const char *const core_sets[] = { "topology/thread_siblings",
		"topology/core_cpus" };
	static const char *const package_sets[] = { "topology/core_siblings",
		"topology/package_cpus" };
	struct topology_cpu *own = &table->cpu[number];
	uint64_t package;

	if (number >= table->high)
		table->high = number + 1;
	own->is_listed = true;
	own->has_ids = false;
	if (!read_sharers(root, number, package_sets, 2, table, true))
		own->package =
			read_id(root, number, "topology/physical_package_id", &package)
			? (uint16_t)(package % UINT16_MAX)
			: 0;
	own->has_core = read_sharers(root, number, core_sets, 2, table, false) ||
		read_core_ids(root, number, table);
	own->mhz = read_clock(root, number, "cpufreq/base_frequency", 0.001);
	if (isnan(own->mhz))
		own->mhz = read_clock(root, number, "acpi_cppc/nominal_freq", 1);
	own->mhz_at_end = isnan(own->mhz)
		? read_clock(root, number, "cpufreq/cpuinfo_max_freq", 0.001)
		: NAN;
}

struct online_walk {
	const struct host_root *root;
	bool *is_online;
	size_t count;
};

static int visit_cpu_folder(void *context, const char *name)
{
	struct online_walk *walk = context;
	const char *at = name + 3;
	uint64_t number;
	char path[128];

	if (strncmp(name, "cpu", 3) != 0 || parse_u64(at, strlen(at), &number) < 0 ||
		number >= TOPOLOGY_CPUS_MAX)
		return 0;
	if (cpu_path(path, sizeof(path), (unsigned)number, "topology") &&
		hostroot_exists(walk->root, path)) {
		walk->is_online[number] = true;
		walk->count++;
	}
	return 0;
}

size_t topology_list_online(const struct host_root *root, bool *is_online)
{
	struct online_walk walk = { .root = root, .is_online = is_online };
	char text[4096];
	int count;

	memset(is_online, 0, TOPOLOGY_CPUS_MAX * sizeof(*is_online));
	if (hostroot_read_text(
		    root, "sys/devices/system/cpu/online", text, sizeof(text)) == 0) {
		count = topology_parse_list(text, is_online);
		if (count > 0)
			return (size_t)count;
		memset(is_online, 0, TOPOLOGY_CPUS_MAX * sizeof(*is_online));
	}
	(void)hostroot_list(root, "sys/devices/system/cpu",
		(size_t)2 * TOPOLOGY_CPUS_MAX, visit_cpu_folder, &walk);
	return walk.count;
}
