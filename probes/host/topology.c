#include "probes/host/topology.h"

#include "probes/text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* What makes a core or a package, per CPU; distinct ones are counted at the end. */
struct key_set {
	uint64_t *core, *package;
	size_t count;
};

static int compare_u64(const void *a, const void *b)
{
	const uint64_t *left = a;
	const uint64_t *right = b;

	return (*left > *right) - (*left < *right);
}

static unsigned count_distinct(uint64_t *key, size_t count)
{
	unsigned distinct = 0;

	if (count > 1)
		qsort(key, count, sizeof(*key), compare_u64);
	for (size_t i = 0; i < count; i++)
		distinct += i == 0 || key[i] != key[i - 1];
	return distinct;
}

static int key_set_init(struct key_set *set)
{
	set->count = 0;
	set->core = calloc(TOPOLOGY_CPUS_MAX, sizeof(*set->core));
	set->package = calloc(TOPOLOGY_CPUS_MAX, sizeof(*set->package));
	return set->core && set->package ? 0 : -ENOMEM;
}

static void key_set_done(struct key_set *set)
{
	free(set->core);
	free(set->package);
}

static void key_set_add(struct key_set *set, uint64_t core, uint64_t package)
{
	if (set->count == TOPOLOGY_CPUS_MAX)
		return;
	set->core[set->count] = core;
	set->package[set->count++] = package;
}

static void copy_text(char *to, size_t size, const struct text *from)
{
	size_t length = (size_t)(from->end - from->at);

	if (length >= size)
		length = size - 1;
	memcpy(to, from->at, length);
	to[length] = '\0';
}

/* "... CPU E5-2680 v4 @ 2.40GHz" and "... Xeon(TM) CPU 3.00GHz" to MHz. */
static double model_mhz(const char *model)
{
	static const struct unit {
		const char *text;
		double mhz;
	} units[] = { { "GHz", 1000 }, { "MHz", 1 } };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		const char *end = strstr(model, units[i].text);
		const char *first;
		double value;

		if (!end)
			continue;
		while (end > model && end[-1] == ' ')
			end--;
		for (first = end; first > model &&
			((first[-1] >= '0' && first[-1] <= '9') || first[-1] == '.');)
			first--;
		if (parse_double(first, (size_t)(end - first), &value) < 0)
			continue;
		value = round(value * units[i].mhz);
		if (value >= 1 && value <= 20000)
			return value;
	}
	return NAN;
}

struct cpuinfo {
	struct key_set set;
	uint64_t package, core;
	bool has_package, has_core;
	double mhz_sum;
	unsigned mhz_count;
};

static void end_of_cpu(struct cpuinfo *info)
{
	if (info->has_package || info->has_core)
		key_set_add(
			&info->set, info->package << 40 | info->core, info->package);
	info->package = 0;
	info->core = 0;
	info->has_package = false;
	info->has_core = false;
}

static double parse_mhz(struct text value)
{
	double mhz;

	return parse_double(value.at, (size_t)(value.end - value.at), &mhz) == 0 &&
			mhz > 0 && mhz <= 20000
		? mhz
		: NAN;
}

static bool has_word(struct text line, const char *wanted)
{
	struct text word;

	while (text_word(&line, &word))
		if (text_is(&word, wanted))
			return true;
	return false;
}

static void take_field(struct cpuinfo *info, struct topology *topology,
	const struct text *key, struct text value)
{
	uint64_t number = 0;
	double mhz;

	if (text_is(key, "processor") && text_u64(&value, &number)) {
		end_of_cpu(info);
		topology->threads++;
	} else if (text_is(key, "physical id") && text_u64(&value, &number)) {
		info->package = number & 0xffffff;
		info->has_package = true;
	} else if (text_is(key, "core id") && text_u64(&value, &number)) {
		info->core = number & 0xffffffffffu;
		info->has_core = true;
	} else if (text_is(key, "cpu MHz") || text_is(key, "clock")) {
		if (value.end - value.at > 3 && !memcmp(value.end - 3, "MHz", 3))
			value.end -= 3; /* powerpc */
		mhz = parse_mhz(value);
		if (!isnan(mhz)) {
			info->mhz_sum += mhz;
			info->mhz_count++;
		}
	} else if (!topology->model[0] &&
		(text_is(key, "model name") || text_is(key, "cpu"))) {
		copy_text(topology->model, sizeof(topology->model), &value);
	} else if (!topology->vendor[0] && text_is(key, "vendor_id")) {
		copy_text(topology->vendor, sizeof(topology->vendor), &value);
	} else if (topology->is_guest < 0 && text_is(key, "flags")) {
		topology->is_guest = has_word(value, "hypervisor");
	}
}

static bool split_field(
	const struct text *line, struct text *ret_key, struct text *ret_value)
{
	const char *colon = memchr(line->at, ':', (size_t)(line->end - line->at));

	if (!colon)
		return false;
	*ret_key = (struct text){ line->at, colon };
	*ret_value = (struct text){ colon + 1, line->end };
	while (ret_key->end > ret_key->at &&
		(ret_key->end[-1] == ' ' || ret_key->end[-1] == '\t'))
		ret_key->end--;
	text_blanks(ret_value);
	while (ret_value->end > ret_value->at && ret_value->end[-1] == ' ')
		ret_value->end--;
	return true;
}

double topology_parse_clock(const char *text, size_t length)
{
	struct text all = text_of(text, length);
	struct text line, key, value;
	unsigned count = 0;
	double sum = 0;

	while (text_line(&all, &line)) {
		double mhz;

		if (!text_prefix(&line, "cpu MHz") || !split_field(&line, &key, &value))
			continue;
		mhz = parse_mhz(value);
		if (isnan(mhz))
			continue; /* cut off, at the end of the piece */
		sum += mhz;
		count++;
	}
	return count ? sum / count : NAN;
}

void topology_parse_cpuinfo(
	const char *text, size_t length, struct topology *ret_topology)
{
	struct topology topology = { .nominal_mhz = NAN, .is_guest = -1 };
	struct cpuinfo info = { .mhz_count = 0 };
	struct text all = text_of(text, length);
	struct text line, key, value;

	if (key_set_init(&info.set) == 0) {
		while (text_line(&all, &line))
			if (split_field(&line, &key, &value))
				take_field(&info, &topology, &key, value);
		end_of_cpu(&info);
		topology.physical_cores = count_distinct(info.set.core, info.set.count);
		topology.sockets = count_distinct(info.set.package, info.set.count);
	}
	if (!topology.physical_cores) {
		topology.physical_cores = topology.threads;
		topology.sockets = 0;
	}
	topology.nominal_mhz = model_mhz(topology.model);
	if (isnan(topology.nominal_mhz) && topology.is_guest > 0 && info.mhz_count)
		topology.nominal_mhz = round(info.mhz_sum / info.mhz_count);
	key_set_done(&info.set);
	*ret_topology = topology;
}

struct walk {
	const struct host_root *root;
	struct key_set set;
};

/* sys/devices/system/cpu/<cpu>/topology/<name>; -ENOENT where it is not there. */
static int read_topology_text(const struct host_root *root, const char *cpu,
	const char *name, char *text, size_t size)
{
	char path[128];
	int length = snprintf(
		path, sizeof(path), "sys/devices/system/cpu/%s/topology/%s", cpu, name);

	return length < 0 || (size_t)length >= sizeof(path)
		? -ENAMETOOLONG
		: hostroot_read_text(root, path, text, size);
}

/* The set of CPUs that share something names it; numbers repeat on some machines. */
static bool read_sharers(const struct host_root *root, const char *cpu,
	const char *name, uint64_t *ret_key)
{
	uint64_t hash = 14695981039346656037u; /* FNV-1a */
	char text[4096];

	if (read_topology_text(root, cpu, name, text, sizeof(text)) < 0 || !text[0])
		return false;
	for (const char *at = text; *at; at++)
		hash = (hash ^ (unsigned char)*at) * 1099511628211u;
	*ret_key = hash;
	return true;
}

static bool read_id(const struct host_root *root, const char *cpu, const char *name,
	uint64_t *ret_id)
{
	char text[32];

	/* -1 is printed where the firmware does not say */
	return read_topology_text(root, cpu, name, text, sizeof(text)) == 0 &&
		parse_u64(text, strlen(text), ret_id) == 0;
}

static int visit_cpu(void *context, const char *name)
{
	struct walk *walk = context;
	uint64_t package = 0;
	uint64_t die = 0;
	uint64_t core = 0;
	bool has_core;

	if (strncmp(name, "cpu", 3) != 0 || name[3] < '0' || name[3] > '9')
		return 0;
	if (!read_sharers(walk->root, name, "core_siblings", &package) &&
		!read_sharers(walk->root, name, "package_cpus", &package) &&
		!read_id(walk->root, name, "physical_package_id", &package))
		package = 0;
	has_core = read_sharers(walk->root, name, "thread_siblings", &core) ||
		read_sharers(walk->root, name, "core_cpus", &core);
	if (!has_core && read_id(walk->root, name, "core_id", &core)) {
		if (!read_id(walk->root, name, "die_id", &die))
			die = 0;
		core = package << 40 | (die & 0xfffff) << 20 | (core & 0xfffff);
		has_core = true;
	}
	if (has_core) /* a CPU that is offline has no topology */
		key_set_add(&walk->set, core, package);
	return 0;
}

static double read_khz(const struct host_root *root, const char *path, double scale)
{
	uint64_t number;
	double mhz;

	if (hostroot_read_u64(root, path, &number) < 0)
		return NAN;
	mhz = (double)number * scale;
	return mhz >= 1 && mhz <= 20000 ? mhz : NAN;
}

static void refine_clock(const struct host_root *root, struct topology *topology)
{
	double mhz = read_khz(
		root, "sys/devices/system/cpu/cpu0/cpufreq/base_frequency", 0.001);

	if (isnan(mhz))
		mhz = read_khz(
			root, "sys/devices/system/cpu/cpu0/acpi_cppc/nominal_freq", 1);
	if (!isnan(mhz))
		topology->nominal_mhz = mhz;
	if (isnan(topology->nominal_mhz))
		topology->nominal_mhz = read_khz(root,
			"sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq", 0.001);
}

void topology_read(const struct host_root *root, char *text, size_t size,
	struct topology *ret_topology)
{
	struct topology topology = { .nominal_mhz = NAN, .is_guest = -1 };
	struct walk walk = { .root = root };
	struct host_file file;
	size_t length;

	hostroot_file_init(&file, root, "proc/cpuinfo");
	if (hostroot_file_read(&file, text, size, &length, NULL) == 0)
		topology_parse_cpuinfo(text, length, &topology);
	hostroot_file_done(&file);

	if (key_set_init(&walk.set) == 0 &&
		hostroot_list(root, "sys/devices/system/cpu",
			(size_t)2 * TOPOLOGY_CPUS_MAX, visit_cpu, &walk) == 0 &&
		walk.set.count > 0) {
		topology.threads = (unsigned)walk.set.count;
		topology.physical_cores = count_distinct(walk.set.core, walk.set.count);
		topology.sockets = count_distinct(walk.set.package, walk.set.count);
	}
	key_set_done(&walk.set);
	refine_clock(root, &topology);
	*ret_topology = topology;
}
