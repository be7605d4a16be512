/* proc/cpuinfo in its dialects; see topology.h. */
#include "probes/host/topology.h"

#include "probes/text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void topology_copy_text(char *to, size_t size, const struct text *from)
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

/* ---- proc/cpuinfo ------------------------------------------------------------- */

/* What stands in the paragraph of one CPU, or of all. */
struct cpu_paragraph {
	unsigned number;
	bool is_open, has_package, has_core, has_aperf;
	uint64_t package, core;
	double fixed_mhz;  /* what no moment changes */
	double moment_mhz; /* "cpu MHz" */
	double bogomips;
};

struct cpuinfo {
	struct topology_facts facts;
	struct topology_table *table; /* scratch of ours where none is asked for */
	uint64_t *core_key;           /* of each number: package and core id */
	double model_mhz;
	double moment_sum, bogomips_sum;
	unsigned moment_count, bogomips_count;
	bool has_flags, has_aperf, is_arm;
	struct cpu_paragraph at;
};

static struct cpu_paragraph blank_paragraph(void)
{
	return (struct cpu_paragraph){
		.fixed_mhz = NAN, .moment_mhz = NAN, .bogomips = NAN
	};
}

static void end_paragraph(struct cpuinfo *info)
{
	struct cpu_paragraph *at = &info->at;

	if (at->is_open && at->number < TOPOLOGY_CPUS_MAX) {
		struct topology_cpu *cpu = &info->table->cpu[at->number];

		if (!cpu->is_listed)
			*cpu = (struct topology_cpu){
				.is_listed = true, .mhz = NAN, .mhz_at_end = NAN
			};
		if (at->number >= info->table->high)
			info->table->high = at->number + 1;
		if (at->has_package || at->has_core) {
			cpu->has_core = true;
			info->core_key[at->number] = at->package << 40 | at->core;
		}
		if (at->has_package)
			cpu->package = (uint16_t)(at->package % UINT16_MAX);
		if (!isnan(at->fixed_mhz))
			cpu->mhz = at->fixed_mhz;
	}
	*at = blank_paragraph();
}

static double parse_mhz(struct text value)
{
	double mhz;

	if (value.end - value.at > 3 && !memcmp(value.end - 3, "MHz", 3))
		value.end -= 3; /* powerpc */
	return parse_double(value.at, (size_t)(value.end - value.at), &mhz) == 0
		? topology_sane_mhz(mhz)
		: NAN;
}

static bool topology_has_word(struct text line, const char *wanted)
{
	struct text word;

	while (text_word(&line, &word))
		if (text_is(&word, wanted))
			return true;
	return false;
}

/* "processor : 3", "processor 3: version = FF, ..." and "cpu number : 3" (s390), whose
 * second list has the clocks of the CPUs that the first one named. */
static bool begin_cpu(
	struct cpuinfo *info, const struct text *key, const struct text *value)
{
	struct text number = *value;
	struct text word = *key;
	bool is_second = text_is(key, "cpu number");
	uint64_t index;

	if (!is_second && !text_is(key, "processor")) {
		if (!text_prefix(&word, "processor ") || !text_u64(&word, &index))
			return false;
	} else if (!text_u64(&number, &index)) {
		return false;
	}
	end_paragraph(info);
	if (!is_second)
		info->facts.threads++;
	info->at.is_open = true;
	info->at.number =
		index < TOPOLOGY_CPUS_MAX ? (unsigned)index : TOPOLOGY_CPUS_MAX;
	return true;
}

static void topology_take_clock(
	struct cpuinfo *info, const struct text *key, struct text value)
{
	double mhz = parse_mhz(value);

	if (isnan(mhz))
		return;
	if (text_is(key, "cpu MHz")) {
		info->moment_sum += mhz;
		info->moment_count++;
	} else {
		info->at.fixed_mhz = mhz;
	}
}

static void take_bogomips(struct cpuinfo *info, struct text value)
{
	double bogomips;

	if (parse_double(value.at, (size_t)(value.end - value.at), &bogomips) == 0 &&
		!isnan(topology_sane_mhz(bogomips / 2))) {
		info->bogomips_sum += bogomips;
		info->bogomips_count++;
	}
}

static void take_model(struct cpuinfo *info, const struct text *value)
{
	char model[TOPOLOGY_MODEL_MAX];
	double mhz;

	topology_copy_text(model, sizeof(model), value);
	mhz = model_mhz(model);
	if (!isnan(mhz))
		info->at.fixed_mhz = mhz;
	if (!info->facts.model[0])
		topology_copy_text(info->facts.model, sizeof(info->facts.model), value);
}

static void topology_take_field(
	struct cpuinfo *info, const struct text *key, struct text value)
{
	struct topology_facts *facts = &info->facts;
	uint64_t number = 0;

	if (begin_cpu(info, key, &value))
		return;
	if (text_is(key, "physical id") && text_u64(&value, &number)) {
		info->at.package = number & 0xffffff;
		info->at.has_package = true;
	} else if (text_is(key, "core id") && text_u64(&value, &number)) {
		info->at.core = number & 0xffffffffffu;
		info->at.has_core = true;
	} else if (text_is(key, "cpu MHz") || text_is(key, "cpu MHz static") ||
		text_is(key, "clock")) {
		topology_take_clock(info, key, value);
	} else if (text_is(key, "model name") || text_is(key, "cpu")) {
		take_model(info, &value);
	} else if (text_is(key, "bogomips")) {
		take_bogomips(info, value);
	} else if (text_is(key, "CPU implementer")) {
		info->is_arm = true;
	} else if (!facts->vendor[0] && text_is(key, "vendor_id")) {
		topology_copy_text(facts->vendor, sizeof(facts->vendor), &value);
	} else if (facts->is_guest < 0 && text_is(key, "flags")) {
		facts->is_guest = topology_has_word(value, "hypervisor");
		info->has_aperf = topology_has_word(value, "aperfmperf");
		info->has_flags = true;
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

struct keyed {
	uint64_t key;
	uint16_t number;
};

static int compare_keyed(const void *a, const void *b)
{
	const struct keyed *left = a;
	const struct keyed *right = b;

	if (left->key != right->key)
		return left->key < right->key ? -1 : 1;
	return (left->number > right->number) - (left->number < right->number);
}

/* Equal keys to the lowest number that has the key; returns how many keys there are. */
static unsigned name_by_lowest(struct topology_table *table, const uint64_t *key)
{
	struct keyed *list = calloc(table->high + 1, sizeof(*list));
	struct topology_cpu *cpu = table->cpu;
	unsigned distinct = 0;
	size_t count = 0;

	for (size_t i = 0; list && i < table->high; i++)
		if (cpu[i].has_core)
			list[count++] = (struct keyed){ key[i], (uint16_t)i };
	if (count > 1)
		qsort(list, count, sizeof(*list), compare_keyed);
	for (size_t i = 0; i < count; i++) {
		bool is_first = i == 0 || list[i].key != list[i - 1].key;

		distinct += is_first;
		cpu[list[i].number].core =
			is_first ? list[i].number : cpu[list[i - 1].number].core;
	}
	free(list);
	return distinct;
}

static unsigned count_packages(const struct topology_table *table)
{
	const struct topology_cpu *cpu = table->cpu;
	bool *is_seen = calloc(UINT16_MAX + 1, sizeof(*is_seen));
	unsigned count = 0;

	for (size_t i = 0; is_seen && i < table->high; i++)
		if (cpu[i].has_core && !is_seen[cpu[i].package]) {
			is_seen[cpu[i].package] = true;
			count++;
		}
	free(is_seen);
	return count;
}

/* The vCPUs of a guest are alike, and its clock stands still. */
static double guest_mhz(const struct cpuinfo *info)
{
	if (info->facts.is_guest <= 0)
		return NAN;
	if (info->moment_count && !info->has_aperf)
		return round(info->moment_sum / info->moment_count);
	if (info->bogomips_count)
		return round(info->bogomips_sum / info->bogomips_count / 2);
	return NAN;
}

static void finish_cpuinfo(struct cpuinfo *info)
{
	struct topology_facts *facts = &info->facts;
	double guest = guest_mhz(info);

	end_paragraph(info);
	facts->is_one_each = info->has_flags || info->is_arm || facts->vendor[0];
	facts->physical_cores = name_by_lowest(info->table, info->core_key);
	facts->sockets = count_packages(info->table);
	if (!facts->physical_cores) {
		facts->physical_cores = facts->threads;
		facts->sockets = 0;
	}
	/* a paragraph without a number speaks for all (old ARM: "Processor : ...") */
	facts->nominal_mhz = model_mhz(facts->model);
	for (size_t i = 0; i < info->table->high; i++) {
		struct topology_cpu *cpu = &info->table->cpu[i];

		if (!cpu->is_listed)
			continue;
		if (isnan(cpu->mhz))
			cpu->mhz = guest;
		if (isnan(facts->nominal_mhz))
			facts->nominal_mhz = cpu->mhz;
	}
}

void topology_parse_cpuinfo(const char *text, size_t length,
	struct topology_facts *ret_facts, struct topology_table *table)
{
	struct cpuinfo info = { .facts = { .nominal_mhz = NAN, .is_guest = -1 },
		.table = table };
	struct text all = text_of(text, length);
	struct text line, key, value;

	*ret_facts = info.facts;
	info.at = blank_paragraph();
	if (table) {
		memset(table->cpu, 0, table->high * sizeof(*table->cpu));
		table->high = 0;
	} else {
		info.table = calloc(1, sizeof(*info.table));
	}
	info.core_key = calloc(TOPOLOGY_CPUS_MAX, sizeof(*info.core_key));
	if (info.table && info.core_key) {
		while (text_line(&all, &line))
			if (split_field(&line, &key, &value))
				topology_take_field(&info, &key, value);
		finish_cpuinfo(&info);
		*ret_facts = info.facts;
	}
	free(info.core_key);
	if (!table)
		free(info.table);
}
