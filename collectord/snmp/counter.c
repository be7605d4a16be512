/* Counters that wrap, and what is said of a reading; no libsnmp. */
#include "collectord/snmp/snmp.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

/* From its last quarter into its first: it wrapped.  Every other fall is a beginning. */
#define QUARTER (UINT32_C(1) << 30)

void snmp_counter_take(struct snmp_counter *counter, uint32_t now, bool is_new)
{
	bool is_wrapped = now < QUARTER && counter->last >= 3 * QUARTER;

	if (!counter->has_last || is_new || (now < counter->last && !is_wrapped))
		counter->value = now;
	else
		counter->value += (uint32_t)(now - counter->last);
	counter->last = now;
	counter->has_last = counter->is_known = true;
}

static void print_memory(const struct snmp_host *host, FILE *out)
{
	static const char *const names[MEM_FIGURES] = { "MemTotal", "MemFree",
		"Buffers", "Cached", "MemAvailable" };

	for (size_t i = 0; i < MEM_FIGURES; i++)
		if (host->has_memory[i])
			fprintf(out, "node_memory_%s_bytes %" PRIu64 "\n", names[i],
				host->memory[i]);
}

/* The agent counts all processors together: each has its part. */
static void print_cpu(const struct snmp_host *host, FILE *out)
{
	static const char *const modes[CPU_STATES] = { "user", "nice", "system", "idle",
		"iowait", "irq", "softirq", "steal" };

	if (!host->cpu[CPU_IDLE].is_known || !host->cpu[CPU_USER].is_known ||
		host->cpus == 0 ||
		host->cpu[CPU_IDLE].value + host->cpu[CPU_USER].value == 0)
		return; /* net-snmp says 0 until it has read once */
	for (size_t n = 0; n < host->cpus; n++)
		for (size_t i = 0; i < CPU_STATES; i++)
			if (host->cpu[i].is_known)
				fprintf(out,
					"node_cpu_seconds_total{cpu=\"%zu\",mode=\"%s\"} "
					"%.6f\n",
					n, modes[i],
					(double)host->cpu[i].value / 100 /
						(double)host->cpus);
}

static const struct snmp_counter *either(
	const struct agent_row *row, size_t wide, size_t narrow)
{
	return row->count[wide].is_known ? &row->count[wide] : &row->count[narrow];
}

static void print_pair(FILE *out, const char *family, const char *in, const char *to,
	const char *name, const struct snmp_counter *first,
	const struct snmp_counter *second)
{
	if (!first->is_known || !second->is_known)
		return;
	fprintf(out, "node_%s_%s_total{device=\"%s\"} %" PRIu64 "\n", family, in, name,
		first->value);
	fprintf(out, "node_%s_%s_total{device=\"%s\"} %" PRIu64 "\n", family, to, name,
		second->value);
}

/* Of another device: sda1 of sda, nvme0n1p2 of nvme0n1. */
static bool is_partition(const struct agent_table *table, const char *name)
{
	for (size_t i = 0; i < table->rows; i++) {
		const char *whole = table->row[i].name;
		size_t length = strlen(whole);
		const char *rest = name + length;

		if (length == 0 || strncmp(name, whole, length) != 0 || !*rest)
			continue;
		if (*rest == 'p' && whole[length - 1] >= '0' &&
			whole[length - 1] <= '9')
			rest++;
		if (*rest && rest[strspn(rest, "0123456789")] == '\0')
			return true;
	}
	return false;
}

void snmp_host_print(const struct snmp_host *host, FILE *out)
{
	fprintf(out, "# uptime %.2f\n", (double)host->up_ticks / 100);
	if (host->has_system)
		fprintf(out, "node_boot_time_seconds %.0f\n",
			(double)time(NULL) - (double)host->system_ticks / 100);
	print_memory(host, out);
	print_cpu(host, out);
	for (size_t i = 0; i < host->net.rows; i++) {
		const struct agent_row *row = &host->net.row[i];

		if (row->is_seen && row->name[0])
			print_pair(out, "network", "receive_bytes", "transmit_bytes",
				row->name, either(row, NET_IN, NET_IN_SMALL),
				either(row, NET_OUT, NET_OUT_SMALL));
	}
	for (size_t i = 0; i < host->disk.rows; i++) {
		const struct agent_row *row = &host->disk.row[i];

		if (!row->is_seen || !row->name[0] ||
			is_partition(&host->disk, row->name))
			continue;
		print_pair(out, "disk", "read_bytes", "written_bytes", row->name,
			either(row, DISK_READ, DISK_READ_SMALL),
			either(row, DISK_WRITTEN, DISK_WRITTEN_SMALL));
		print_pair(out, "disk", "reads_completed", "writes_completed",
			row->name, &row->count[DISK_READS], &row->count[DISK_WRITES]);
	}
}
