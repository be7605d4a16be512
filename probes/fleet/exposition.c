/* What an exporter says of its machine, as the texts that the probes of host/ read. */
#include "probes/fleet/exposition.h"

#include "common/util.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { LABELS_MAX = 8, VALUE_BYTES = 64 };

const char *const exposition_path[EXPOSITION_TEXT_COUNT] = {
	[EXPOSITION_STAT] = "proc/stat",
	[EXPOSITION_MEMINFO] = "proc/meminfo",
	[EXPOSITION_NET] = "proc/net/dev",
	[EXPOSITION_DISKS] = "proc/diskstats",
	[EXPOSITION_CPUINFO] = "proc/cpuinfo",
};

/* In the order of the columns of proc/stat. */
enum cpu_state { USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL, STATES };

enum net_count {
	RX_BYTES,
	RX_PACKETS,
	RX_ERRORS,
	RX_DROPS,
	TX_BYTES,
	TX_PACKETS,
	TX_ERRORS,
	TX_DROPS,
	NET_COUNTS
};
enum disk_count {
	READS,
	READ_BYTES,
	WRITES,
	WRITTEN_BYTES,
	IO_SECONDS,
	QUEUE_SECONDS,
	DISK_COUNTS
};

struct exposition_cpu {
	char name[EXPOSITION_NAME_BYTES];
	double seconds[STATES]; /* NAN: not said */
	double mhz;
	char model[128], core[16], package[16];
};

struct exposition_device {
	char name[EXPOSITION_NAME_BYTES];
	double count[NET_COUNTS]; /* of disks the first DISK_COUNTS */
};

struct device_set {
	struct exposition_device device[EXPOSITION_DEVICES_MAX];
	size_t count;
};

enum memory_figure {
	MEM_TOTAL,
	MEM_FREE,
	MEM_AVAILABLE,
	MEM_BUFFERS,
	MEM_CACHED,
	MEM_SWAP_TOTAL,
	MEM_SWAP_FREE,
	MEM_COMMITTED,
	MEM_HUGE_TOTAL,
	MEM_HUGE_FREE,
	MEM_HUGE_RESERVED,
	MEM_HUGE_SIZE,
	MEM_FIGURES
};

struct exposition {
	struct exposition_cpu cpu[EXPOSITION_CPUS_MAX];
	size_t cpus;
	struct device_set net, disk;
	double memory[MEM_FIGURES]; /* bytes, or pages; NAN: not said */
	double booted_at;
};

struct label {
	char key[32], value[128];
};

struct sample {
	char name[96];
	struct label label[LABELS_MAX];
	size_t labels;
	double value;
};

/* ---- lines --------------------------------------------------------------------------- */

static const char *label_of(const struct sample *sample, const char *key)
{
	for (size_t i = 0; i < sample->labels; i++)
		if (strcmp(sample->label[i].key, key) == 0)
			return sample->label[i].value;
	return "";
}

static size_t copy_word(char *to, size_t size, const char *at, const char *end)
{
	size_t length = (size_t)(end - at);

	if (length >= size)
		length = size - 1;
	memcpy(to, at, length);
	to[length] = '\0';
	return length;
}

/* A quoted value with its escapes; where it ends, or NULL. */
static const char *take_quoted(const char *at, const char *end, char *to, size_t size)
{
	size_t used = 0;

	for (; at < end && *at != '"'; at++) {
		char c = *at;

		if (c == '\\' && at + 1 < end) {
			at++;
			c = *at == 'n' ? '\n' : *at;
		}
		if (used + 1 < size)
			to[used++] = c;
	}
	to[used] = '\0';
	return at < end ? at + 1 : NULL;
}

/* {key="value",...}; where it ends, or NULL. */
static const char *take_labels(const char *at, const char *end, struct sample *sample)
{
	for (;;) {
		struct label unused,
			*label = sample->labels < LABELS_MAX
			? &sample->label[sample->labels]
			: &unused;
		const char *equals;

		while (at < end && (*at == ' ' || *at == ','))
			at++;
		if (at < end && *at == '}')
			return at + 1;
		equals = memchr(at, '=', (size_t)(end - at));
		if (!equals || equals + 1 >= end || equals[1] != '"')
			return NULL;
		copy_word(label->key, sizeof(label->key), at, equals);
		at = take_quoted(equals + 2, end, label->value, sizeof(label->value));
		if (!at)
			return NULL;
		sample->labels += label != &unused;
	}
}

static bool parse_sample(const char *at, const char *end, struct sample *sample)
{
	const char *name = at;
	char value[VALUE_BYTES], *after;

	sample->labels = 0;
	while (at < end && *at != '{' && *at != ' ' && *at != '\t')
		at++;
	if (at == name || *name == '#' || at == end)
		return false;
	copy_word(sample->name, sizeof(sample->name), name, at);
	if (*at == '{')
		at = take_labels(at + 1, end, sample);
	while (at && at < end && (*at == ' ' || *at == '\t'))
		at++;
	if (!at || at == end)
		return false;
	name = at;
	while (at < end && *at != ' ' && *at != '\t' && *at != '\r')
		at++;
	copy_word(value, sizeof(value), name, at);
	sample->value = strtod(value, &after);
	return after != value && *after == '\0' && isfinite(sample->value) &&
		sample->value >= 0;
}

/* ---- what is kept ---------------------------------------------------------------------- */

static struct exposition_cpu *find_cpu(struct exposition *all, const char *name)
{
	struct exposition_cpu *cpu;

	/* lines of one CPU follow each other, or come round in the same order */
	for (size_t i = all->cpus; i > 0; i--)
		if (strcmp(all->cpu[i - 1].name, name) == 0)
			return &all->cpu[i - 1];
	if (!*name || all->cpus == EXPOSITION_CPUS_MAX)
		return NULL;
	cpu = &all->cpu[all->cpus++];
	memset(cpu, 0, sizeof(*cpu));
	copy_word(cpu->name, sizeof(cpu->name), name, name + strlen(name));
	for (size_t i = 0; i < STATES; i++)
		cpu->seconds[i] = (double)NAN;
	cpu->mhz = (double)NAN;
	return cpu;
}

/* The kernel's texts have no blanks and colons in names. */
static struct exposition_device *find_device(struct device_set *set, const char *name)
{
	struct exposition_device *device;
	char plain[EXPOSITION_NAME_BYTES];

	copy_word(plain, sizeof(plain), name, name + strlen(name));
	for (char *c = plain; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == ':' || *c == '/')
			*c = '_';
	for (size_t i = set->count; i > 0; i--)
		if (strcmp(set->device[i - 1].name, plain) == 0)
			return &set->device[i - 1];
	if (!*plain || set->count == EXPOSITION_DEVICES_MAX)
		return NULL;
	device = &set->device[set->count++];
	memcpy(device->name, plain, sizeof(plain));
	for (size_t i = 0; i < ARRAY_LEN(device->count); i++)
		device->count[i] = (double)NAN;
	return device;
}

static bool exposition_take_cpu(struct exposition *all, const struct sample *sample)
{
	static const struct {
		const char *mode;
		enum cpu_state state;
	} modes[] = { { "user", USER }, { "nice", NICE }, { "system", SYSTEM },
		{ "idle", IDLE }, { "iowait", IOWAIT }, { "irq", IRQ },
		{ "softirq", SOFTIRQ }, { "steal", STEAL }, { "privileged", SYSTEM },
		{ "interrupt", IRQ }, { "dpc", SOFTIRQ } };
	const char *mode = label_of(sample, "mode"), *name = label_of(sample, "cpu");
	struct exposition_cpu *cpu;

	if (!*name)
		name = label_of(sample, "core");
	cpu = find_cpu(all, name);
	for (size_t i = 0; cpu && i < ARRAY_LEN(modes); i++)
		if (strcmp(modes[i].mode, mode) == 0)
			cpu->seconds[modes[i].state] = sample->value;
	return cpu != NULL;
}

static bool take_cpu_info(struct exposition *all, const struct sample *sample)
{
	struct exposition_cpu *cpu = find_cpu(all, label_of(sample, "cpu"));
	const struct {
		const char *key;
		char *to;
		size_t size;
	} words[] = { { "model_name", cpu ? cpu->model : NULL, sizeof(cpu->model) },
		{ "core", cpu ? cpu->core : NULL, sizeof(cpu->core) },
		{ "package", cpu ? cpu->package : NULL, sizeof(cpu->package) } };

	for (size_t i = 0; cpu && i < ARRAY_LEN(words); i++) {
		const char *text = label_of(sample, words[i].key);

		copy_word(words[i].to, words[i].size, text, text + strlen(text));
		words[i].to[strcspn(words[i].to, "\n")] = '\0';
	}
	return cpu != NULL;
}

/* The same count has other names by exporter and by version; newer ones add _total to
 * each. */
static bool take_device(struct exposition *all, const struct sample *sample)
{
	static const struct {
		const char *name;
		bool is_net;
		const char *label;
		unsigned count;
	} families[] = {
		{ "node_network_receive_bytes", true, "device", RX_BYTES },
		{ "node_network_transmit_bytes", true, "device", TX_BYTES },
		{ "node_network_receive_packets", true, "device", RX_PACKETS },
		{ "node_network_transmit_packets", true, "device", TX_PACKETS },
		{ "node_network_receive_errs", true, "device", RX_ERRORS },
		{ "node_network_transmit_errs", true, "device", TX_ERRORS },
		{ "node_network_receive_drop", true, "device", RX_DROPS },
		{ "node_network_transmit_drop", true, "device", TX_DROPS },
		{ "windows_net_bytes_received", true, "nic", RX_BYTES },
		{ "windows_net_bytes_sent", true, "nic", TX_BYTES },
		{ "windows_net_packets_received", true, "nic", RX_PACKETS },
		{ "windows_net_packets_sent", true, "nic", TX_PACKETS },
		{ "node_disk_read_bytes", false, "device", READ_BYTES },
		{ "node_disk_bytes_read", false, "device", READ_BYTES },
		{ "node_disk_written_bytes", false, "device", WRITTEN_BYTES },
		{ "node_disk_bytes_written", false, "device", WRITTEN_BYTES },
		{ "node_disk_reads_completed", false, "device", READS },
		{ "node_disk_writes_completed", false, "device", WRITES },
		{ "node_disk_io_time_seconds", false, "device", IO_SECONDS },
		{ "node_disk_io_time_weighted_seconds", false, "device",
			QUEUE_SECONDS },
		{ "windows_physical_disk_read_bytes", false, "disk", READ_BYTES },
		{ "windows_physical_disk_write_bytes", false, "disk", WRITTEN_BYTES },
		{ "windows_physical_disk_reads", false, "disk", READS },
		{ "windows_physical_disk_writes", false, "disk", WRITES },
	};

	for (size_t i = 0; i < ARRAY_LEN(families); i++) {
		size_t length = strlen(families[i].name);
		struct exposition_device *device;

		if (strncmp(sample->name, families[i].name, length) != 0 ||
			(sample->name[length] != '\0' &&
				strcmp(sample->name + length, "_total") != 0))
			continue;
		device = find_device(families[i].is_net ? &all->net : &all->disk,
			label_of(sample, families[i].label));
		if (device)
			device->count[families[i].count] = sample->value;
		return device != NULL;
	}
	return false;
}

static bool take_memory(struct exposition *all, const struct sample *sample)
{
	static const struct {
		const char *name;
		enum memory_figure figure;
	} families[] = { { "node_memory_MemTotal", MEM_TOTAL },
		{ "node_memory_MemFree", MEM_FREE },
		{ "node_memory_MemAvailable", MEM_AVAILABLE },
		{ "node_memory_Buffers", MEM_BUFFERS },
		{ "node_memory_Cached", MEM_CACHED },
		{ "node_memory_SwapTotal", MEM_SWAP_TOTAL },
		{ "node_memory_SwapFree", MEM_SWAP_FREE },
		{ "node_memory_Committed_AS", MEM_COMMITTED },
		{ "node_memory_HugePages_Total", MEM_HUGE_TOTAL },
		{ "node_memory_HugePages_Free", MEM_HUGE_FREE },
		{ "node_memory_HugePages_Rsvd", MEM_HUGE_RESERVED },
		{ "node_memory_Hugepagesize", MEM_HUGE_SIZE },
		{ "windows_memory_physical_total", MEM_TOTAL },
		{ "windows_cs_physical_memory", MEM_TOTAL },
		{ "windows_memory_available", MEM_AVAILABLE } };

	for (size_t i = 0; i < ARRAY_LEN(families); i++) {
		size_t length = strlen(families[i].name);

		if (strncmp(sample->name, families[i].name, length) == 0 &&
			(sample->name[length] == '\0' ||
				strcmp(sample->name + length, "_bytes") == 0)) {
			all->memory[families[i].figure] = sample->value;
			return true;
		}
	}
	return false;
}

/* Of an exporter's thousand lines a hundred are: the others are not even taken apart.  A
 * family of the tables here that begins otherwise needs its beginning in this list. */
static bool may_be_ours(const char *line, size_t length)
{
	static const char *const begins[] = { "node_cpu", "node_memory_",
		"node_network_", "node_disk_", "node_boot_", "windows_" };

	for (size_t i = 0; i < ARRAY_LEN(begins); i++) {
		size_t common = strlen(begins[i]);

		if (length > common && memcmp(line, begins[i], common) == 0)
			return true;
	}
	return false;
}

static bool take_sample(struct exposition *all, const struct sample *sample)
{
	static const char *const boots[] = { "node_boot_time_seconds", "node_boot_time",
		"windows_system_boot_time_timestamp",
		"windows_system_boot_time_timestamp_seconds",
		"windows_system_system_up_time" };
	static const char *const cpus[] = { "node_cpu_seconds_total", "node_cpu",
		"windows_cpu_time_total" };

	for (size_t i = 0; i < ARRAY_LEN(cpus); i++)
		if (strcmp(sample->name, cpus[i]) == 0)
			return exposition_take_cpu(all, sample);
	for (size_t i = 0; i < ARRAY_LEN(boots); i++)
		if (strcmp(sample->name, boots[i]) == 0) {
			all->booted_at = sample->value;
			return false;
		}
	if (strcmp(sample->name, "node_cpu_info") == 0)
		return take_cpu_info(all, sample);
	if (strcmp(sample->name, "windows_cpu_core_frequency_mhz") == 0) {
		struct exposition_cpu *cpu = find_cpu(all, label_of(sample, "core"));

		if (cpu)
			cpu->mhz = sample->value;
		return cpu != NULL;
	}
	return take_memory(all, sample) || take_device(all, sample);
}

/* ---- in and out --------------------------------------------------------------------------- */

struct exposition *exposition_new(void)
{
	return calloc(1, sizeof(struct exposition));
}

void exposition_free(struct exposition *exposition)
{
	free(exposition);
}

int exposition_parse(
	struct exposition *exposition, const char *text, size_t length, struct err *err)
{
	const char *at = text, *end = text + length;
	size_t taken = 0;

	exposition->cpus = exposition->net.count = exposition->disk.count = 0;
	exposition->booted_at = 0;
	for (size_t i = 0; i < MEM_FIGURES; i++)
		exposition->memory[i] = (double)NAN;
	if (length > EXPOSITION_BYTES_MAX)
		return err_set(err, -EFBIG, "an answer of over %zu bytes",
			EXPOSITION_BYTES_MAX);
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *stop = newline ? newline : end;
		struct sample sample;

		if (may_be_ours(at, (size_t)(stop - at)) &&
			parse_sample(at, stop, &sample))
			taken += take_sample(exposition, &sample);
		at = stop + 1;
	}
	if (taken == 0)
		return err_set(err, -ENODATA,
			"the answer has no family of node_exporter or "
			"windows_exporter");
	return 0;
}

int64_t exposition_booted_at(const struct exposition *exposition)
{
	return exposition->booted_at < 1e15 ? (int64_t)exposition->booted_at : 0;
}

static uint64_t whole(double value, double scale)
{
	double scaled = floor(value * scale + 0.5);

	return isnan(value) || scaled < 0 ? 0 : scaled < 1.8e19 ? (uint64_t)scaled : 0;
}

static void print_stat(const struct exposition *all, struct strbuf *out)
{
	double sum[STATES] = { 0 };
	bool is_any = false;

	for (size_t i = 0; i < all->cpus; i++)
		for (size_t k = 0; k < STATES; k++)
			if (!isnan(all->cpu[i].seconds[k])) {
				sum[k] += floor(all->cpu[i].seconds[k] * 100 + 0.5);
				is_any = true;
			}
	if (!is_any)
		return;
	strbuf_add(out, "cpu ");
	for (size_t k = 0; k < STATES; k++)
		strbuf_addf(out, " %" PRIu64, whole(sum[k], 1));
	strbuf_add(out, " 0 0\n");
	for (size_t i = 0; i < all->cpus; i++) {
		if (isnan(all->cpu[i].seconds[IDLE]))
			continue;
		strbuf_addf(out, "cpu%zu", i);
		for (size_t k = 0; k < STATES; k++)
			strbuf_addf(
				out, " %" PRIu64, whole(all->cpu[i].seconds[k], 100));
		strbuf_add(out, " 0 0\n");
	}
	strbuf_addf(out, "btime %" PRId64 "\n", exposition_booted_at(all));
}

static void print_meminfo(const struct exposition *all, struct strbuf *out)
{
	static const struct {
		const char *key;
		bool is_bytes;
	} keys[MEM_FIGURES] = { [MEM_TOTAL] = { "MemTotal", true },
		[MEM_FREE] = { "MemFree", true },
		[MEM_AVAILABLE] = { "MemAvailable", true },
		[MEM_BUFFERS] = { "Buffers", true },
		[MEM_CACHED] = { "Cached", true },
		[MEM_SWAP_TOTAL] = { "SwapTotal", true },
		[MEM_SWAP_FREE] = { "SwapFree", true },
		[MEM_COMMITTED] = { "Committed_AS", true },
		[MEM_HUGE_TOTAL] = { "HugePages_Total", false },
		[MEM_HUGE_FREE] = { "HugePages_Free", false },
		[MEM_HUGE_RESERVED] = { "HugePages_Rsvd", false },
		[MEM_HUGE_SIZE] = { "Hugepagesize", true } };

	for (size_t i = 0; i < MEM_FIGURES; i++)
		if (!isnan(all->memory[i]))
			strbuf_addf(out, "%s: %" PRIu64 "%s\n", keys[i].key,
				whole(all->memory[i],
					keys[i].is_bytes ? 1.0 / 1024 : 1),
				keys[i].is_bytes ? " kB" : "");
}

static void print_net(const struct exposition *all, struct strbuf *out)
{
	if (all->net.count)
		strbuf_add(
			out, "Inter-|   Receive  |  Transmit\n face |bytes packets\n");
	for (size_t i = 0; i < all->net.count; i++) {
		const struct exposition_device *device = &all->net.device[i];
		const double *count = device->count;

		if (isnan(count[RX_BYTES]) || isnan(count[TX_BYTES]))
			continue; /* half of a device is none */
		strbuf_addf(out, "%s:", device->name);
		for (size_t k = RX_BYTES; k <= RX_DROPS; k++)
			strbuf_addf(out, " %" PRIu64, whole(count[k], 1));
		strbuf_add(out, " 0 0 0 0");
		for (size_t k = TX_BYTES; k <= TX_DROPS; k++)
			strbuf_addf(out, " %" PRIu64, whole(count[k], 1));
		strbuf_add(out, " 0 0 0 0\n");
	}
}

static void print_disks(const struct exposition *all, struct strbuf *out)
{
	for (size_t i = 0; i < all->disk.count; i++) {
		const struct exposition_device *device = &all->disk.device[i];
		const double *count = device->count;

		if (isnan(count[READ_BYTES]) || isnan(count[WRITTEN_BYTES]) ||
			isnan(count[READS]) || isnan(count[WRITES]))
			continue;
		strbuf_addf(out,
			"8 %zu %s %" PRIu64 " 0 %" PRIu64 " 0 %" PRIu64 " 0 %" PRIu64
			" 0 0 %" PRIu64 " %" PRIu64 "\n",
			i, device->name, whole(count[READS], 1),
			whole(count[READ_BYTES], 1.0 / 512), whole(count[WRITES], 1),
			whole(count[WRITTEN_BYTES], 1.0 / 512),
			(uint64_t)(uint32_t)whole(count[IO_SECONDS], 1000),
			(uint64_t)(uint32_t)whole(count[QUEUE_SECONDS], 1000));
	}
}

/* Where nobody tells cores from threads each CPU counts as a core. */
static void print_cpuinfo(const struct exposition *all, struct strbuf *out)
{
	for (size_t i = 0; i < all->cpus; i++) {
		const struct exposition_cpu *cpu = &all->cpu[i];

		if (isnan(cpu->seconds[IDLE]))
			continue;
		strbuf_addf(out, "processor\t: %zu\n", i);
		if (cpu->model[0])
			strbuf_addf(out, "model name\t: %s\n", cpu->model);
		if (!isnan(cpu->mhz))
			strbuf_addf(out, "cpu MHz\t\t: %.3f\n", cpu->mhz);
		if (cpu->core[0])
			strbuf_addf(out, "physical id\t: %s\ncore id\t\t: %s\n\n",
				cpu->package[0] ? cpu->package : "0", cpu->core);
		else
			strbuf_addf(out, "physical id\t: 0\ncore id\t\t: %zu\n\n", i);
	}
}

void exposition_print(const struct exposition *exposition, enum exposition_text which,
	struct strbuf *out)
{
	static void (*const prints[EXPOSITION_TEXT_COUNT])(
		const struct exposition *, struct strbuf *) = {
		[EXPOSITION_STAT] = print_stat,
		[EXPOSITION_MEMINFO] = print_meminfo,
		[EXPOSITION_NET] = print_net,
		[EXPOSITION_DISKS] = print_disks,
		[EXPOSITION_CPUINFO] = print_cpuinfo,
	};

	prints[which](exposition, out);
}
