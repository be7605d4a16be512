/* The names of node_exporter, windows_exporter (and wmi_exporter before it), and our own. */
#include "analyze/import/formats/prometheus_rules.h"

#include "common/util.h"

#include <stdio.h>
#include <string.h>

static const struct prom_rule rules[] = {
	/* clang-format off */
	{ "node_cpu_seconds", PART_CPU_MODE_RATIO, 1, true, 1.5, DEVICE_NONE, 0 },
	{ "node_cpu", PART_CPU_MODE_RATIO, 1, true, 1.5, DEVICE_NONE, 0 },
	{ "windows_cpu_time", PART_CPU_MODE_RATIO, 1, true, 1.5, DEVICE_NONE, 0 },
	{ "node_memory_MemTotal_bytes", PART_MEMORY_TOTAL_BYTES, 1, false, 0, DEVICE_NONE, 0 },
	{ "node_memory_MemTotal", PART_MEMORY_TOTAL_BYTES, 1, false, 0, DEVICE_NONE, 0 },
	{ "node_memory_MemAvailable_bytes", PART_MEMORY_AVAILABLE_BYTES, 1, false, 0, DEVICE_NONE, 0 },
	{ "node_memory_MemAvailable", PART_MEMORY_AVAILABLE_BYTES, 1, false, 0, DEVICE_NONE, 0 },
	{ "node_memory_MemFree_bytes", PART_MEMORY_FREE_BYTES, 1, false, 0, DEVICE_NONE, 0 },
	{ "node_memory_MemFree", PART_MEMORY_FREE_BYTES, 1, false, 0, DEVICE_NONE, 0 },
	{ "windows_cs_physical_memory_bytes", PART_MEMORY_TOTAL_BYTES, 1, false, 0, DEVICE_NONE, 0 },
	{ "windows_memory_physical_total_bytes", PART_MEMORY_TOTAL_BYTES, 1, false, 0, DEVICE_NONE, 0 },
	{ "windows_memory_available_bytes", PART_MEMORY_AVAILABLE_BYTES, 1, false, 0, DEVICE_NONE, 0 },
	{ "windows_os_physical_memory_free_bytes", PART_MEMORY_AVAILABLE_BYTES, 1, false, 0, DEVICE_NONE, 0 },
	{ "node_network_receive_bytes", PART_NET_RX_BPS, 8, true, 5e10, DEVICE_ADAPTER, 0 },
	{ "node_network_transmit_bytes", PART_NET_TX_BPS, 8, true, 5e10, DEVICE_ADAPTER, 0 },
	{ "windows_net_bytes_received", PART_NET_RX_BPS, 8, true, 5e10, DEVICE_NIC, 0 },
	{ "windows_net_bytes_sent", PART_NET_TX_BPS, 8, true, 5e10, DEVICE_NIC, 0 },
	{ "node_disk_read_bytes", PART_DISK_READ_BYTES_PER_S, 1, true, 1e11, DEVICE_DISK, 0 },
	{ "node_disk_bytes_read", PART_DISK_READ_BYTES_PER_S, 1, true, 1e11, DEVICE_DISK, 0 },
	{ "node_disk_written_bytes", PART_DISK_WRITE_BYTES_PER_S, 1, true, 1e11, DEVICE_DISK, 0 },
	{ "node_disk_bytes_written", PART_DISK_WRITE_BYTES_PER_S, 1, true, 1e11, DEVICE_DISK, 0 },
	{ "node_disk_reads_completed", PART_DISK_READ_OPS_PER_S, 1, true, 1e8, DEVICE_DISK, 0 },
	{ "node_disk_writes_completed", PART_DISK_WRITE_OPS_PER_S, 1, true, 1e8, DEVICE_DISK, 0 },
	{ "windows_physical_disk_read_bytes", PART_DISK_READ_BYTES_PER_S, 1, true, 1e11, DEVICE_ANY, 0 },
	{ "windows_physical_disk_write_bytes", PART_DISK_WRITE_BYTES_PER_S, 1, true, 1e11, DEVICE_ANY, 0 },
	{ "headroom_memory_used_bytes", PART_MEMORY_USED_BYTES, 1, false, 0, DEVICE_NONE, CELL_MEAN },
	{ "headroom_memory_used_bytes_min", PART_MEMORY_USED_BYTES, 1, false, 0, DEVICE_NONE, CELL_MIN },
	{ "headroom_memory_used_bytes_max", PART_MEMORY_USED_BYTES, 1, false, 0, DEVICE_NONE, CELL_MAX },
	{ "headroom_cpu_used_mhz", PART_CPU_USED_MHZ, 1, false, 0, DEVICE_NONE, CELL_MEAN },
	{ "headroom_cpu_used_mhz_min", PART_CPU_USED_MHZ, 1, false, 0, DEVICE_NONE, CELL_MIN },
	{ "headroom_cpu_used_mhz_max", PART_CPU_USED_MHZ, 1, false, 0, DEVICE_NONE, CELL_MAX },
	{ "headroom_network_bps", PART_NETWORK_BPS, 1, false, 0, DEVICE_NONE, CELL_MEAN },
	{ "headroom_network_bps_min", PART_NETWORK_BPS, 1, false, 0, DEVICE_NONE, CELL_MIN },
	{ "headroom_network_bps_max", PART_NETWORK_BPS, 1, false, 0, DEVICE_NONE, CELL_MAX },
	{ "headroom_disk_bytes_per_s", PART_DISK_BYTES_PER_S, 1, false, 0, DEVICE_NONE, CELL_MEAN },
	{ "headroom_disk_bytes_per_s_min", PART_DISK_BYTES_PER_S, 1, false, 0, DEVICE_NONE, CELL_MIN },
	{ "headroom_disk_bytes_per_s_max", PART_DISK_BYTES_PER_S, 1, false, 0, DEVICE_NONE, CELL_MAX },
	{ "headroom_disk_ops_per_s", PART_DISK_OPS_PER_S, 1, false, 0, DEVICE_NONE, CELL_MEAN },
	{ "headroom_disk_ops_per_s_min", PART_DISK_OPS_PER_S, 1, false, 0, DEVICE_NONE, CELL_MIN },
	{ "headroom_disk_ops_per_s_max", PART_DISK_OPS_PER_S, 1, false, 0, DEVICE_NONE, CELL_MAX },
	{ "node_network_speed_bytes", PART_NET_SPEED_BPS, 8, false, 0, DEVICE_ADAPTER, 0 },
	{ "windows_net_current_bandwidth_bytes", PART_NET_SPEED_BPS, 8, false, 0, DEVICE_NIC, 0 },
	{ "windows_net_current_bandwidth", PART_NET_SPEED_BPS, 1, false, 0, DEVICE_NIC, 0 },
	{ "windows_physical_disk_reads", PART_DISK_READ_OPS_PER_S, 1, true, 1e8, DEVICE_ANY, 0 },
	{ "windows_physical_disk_writes", PART_DISK_WRITE_OPS_PER_S, 1, true, 1e8, DEVICE_ANY, 0 },
	{ "windows_logical_disk_read_bytes", PART_DISK_READ_BYTES_PER_S, 1, true, 1e11, DEVICE_VOLUME, 0 },
	{ "windows_logical_disk_write_bytes", PART_DISK_WRITE_BYTES_PER_S, 1, true, 1e11, DEVICE_VOLUME, 0 },
	{ "windows_logical_disk_reads", PART_DISK_READ_OPS_PER_S, 1, true, 1e8, DEVICE_VOLUME, 0 },
	{ "windows_logical_disk_writes", PART_DISK_WRITE_OPS_PER_S, 1, true, 1e8, DEVICE_VOLUME, 0 },
	{ "bitbrains_cpu_usage_mhz", PART_CPU_USED_MHZ, 1, false, 0, DEVICE_NONE, 0 },
	{ "bitbrains_memory_usage_kb", PART_MEMORY_USED_BYTES, 1024, false, 0, DEVICE_NONE, 0 },
	{ "bitbrains_network_receive_kbps", PART_NET_RX_BPS, 8192, false, 0, DEVICE_NONE, 0 },
	{ "bitbrains_network_transmit_kbps", PART_NET_TX_BPS, 8192, false, 0, DEVICE_NONE, 0 },
	{ "bitbrains_disk_read_kbps", PART_DISK_READ_BYTES_PER_S, 1024, false, 0, DEVICE_NONE, 0 },
	{ "bitbrains_disk_write_kbps", PART_DISK_WRITE_BYTES_PER_S, 1024, false, 0, DEVICE_NONE, 0 },
	/* clang-format on */
};

bool prom_has_front(const char *text, const char *front)
{
	return strncmp(text, front, strlen(front)) == 0;
}

size_t prom_plain_metric(const char *name, char ret_plain[PROM_PLAIN_BYTES])
{
	int written = prom_has_front(name, "wmi_")
		? snprintf(ret_plain, PROM_PLAIN_BYTES, "windows_%s", name + 4)
		: snprintf(ret_plain, PROM_PLAIN_BYTES, "%s", name);
	size_t length = written > 0 ? (size_t)written : 0;

	if (length > 6 && !strcmp(ret_plain + length - 6, "_total"))
		length -= 6;
	ret_plain[length] = '\0';
	return length;
}

const struct prom_rule *prom_rule_find(const char *plain)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if (!strcmp(rules[i].name, plain))
			return &rules[i];
	return NULL;
}

static bool is_boot_metric(const char *plain)
{
	static const char *const names[] = { "node_boot_time_seconds", "node_boot_time",
		"windows_system_boot_time_timestamp",
		"windows_system_boot_time_timestamp_seconds",
		"windows_system_system_up_time" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (!strcmp(names[i], plain))
			return true;
	return false;
}

int prom_metrics_each(int (*one)(void *data, const char *name, struct err *err),
	void *data, struct err *err)
{
	static const char *const beside[] = { "node_boot_time_seconds",
		"node_boot_time", "windows_system_boot_time_timestamp",
		"windows_system_boot_time_timestamp_seconds",
		"windows_system_system_up_time", "wmi_system_system_up_time",
		"node_cpu_core_throttles_total", "windows_cpu_info_core",
		"windows_cpu_core_frequency_mhz" };
	char name[LABEL_BYTES];
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_LEN(beside); i++)
		r = one(data, beside[i], err);
	for (size_t i = 0; r >= 0 && i < ARRAY_LEN(rules); i++) {
		const char *total = rules[i].is_counter ? "_total" : "";

		snprintf(name, sizeof(name), "%s%s", rules[i].name, total);
		r = one(data, name, err);
		if (r >= 0 && rules[i].is_counter &&
			prom_has_front(rules[i].name, "node_"))
			r = one(data, rules[i].name, err); /* before 0.16 */
		if (r < 0 || !prom_has_front(name, "windows_"))
			continue;
		snprintf(name, sizeof(name), "wmi_%s%s", rules[i].name + 8, total);
		r = one(data, name, err);
	}
	return r;
}

bool prom_metric_is_boot(const char *name)
{
	char plain[PROM_PLAIN_BYTES];

	(void)prom_plain_metric(name, plain);
	return is_boot_metric(plain);
}

bool prom_metric_is_volume(const char *name)
{
	const struct prom_rule *rule;
	char plain[PROM_PLAIN_BYTES];

	(void)prom_plain_metric(name, plain);
	rule = prom_rule_find(plain);
	return rule && rule->device == DEVICE_VOLUME;
}
