#include "schema/figure.h"

/* clang-format off */
#define KEPT(file, metric) METRIC_FILE_##file, METRIC_##metric, NULL
#define OWN(file, data_source) METRIC_FILE_##file, METRIC_COUNT, data_source
const struct figure_info figure_table[FIGURE_COUNT] = {
	[FIGURE_CPU_USED_MHZ] = { "cpu_used_mhz", KEPT(CPU, CPU_USED_MHZ) },
	[FIGURE_CPU_CORES] = { "cpu_cores", OWN(CPU, "cores") },
	[FIGURE_CPU_CORE_MHZ] = { "cpu_core_mhz", OWN(CPU, "core_mhz") },
	[FIGURE_CPU_BUSY_RATIO] = { "cpu_busy_ratio", KEPT(CPU, CPU_BUSY_RATIO) },
	[FIGURE_CPU_USED_CORES] = { "cpu_used_cores", OWN(CPU, "used_cores") },
	[FIGURE_MEMORY_USED_BYTES] = { "memory_used_bytes", KEPT(MEMORY, MEMORY_USED_BYTES) },
	[FIGURE_MEMORY_TOTAL_BYTES] = { "memory_total_bytes", KEPT(MEMORY, MEMORY_TOTAL_BYTES) },
	[FIGURE_MEMORY_AVAILABLE_BYTES] = { "memory_available_bytes", KEPT(MEMORY, MEMORY_AVAILABLE_BYTES) },
	[FIGURE_MEMORY_USED_RATIO] = { "memory_used_ratio", OWN(MEMORY, "used_ratio") },
	[FIGURE_NETWORK_BPS] = { "network_bps", KEPT(NETWORK, NETWORK_DEMAND_BPS) },
	[FIGURE_NET_RX_BPS] = { "net_rx_bps", KEPT(NETWORK, NETWORK_RX_BPS) },
	[FIGURE_NET_TX_BPS] = { "net_tx_bps", KEPT(NETWORK, NETWORK_TX_BPS) },
	[FIGURE_NET_SPEED_BPS] = { "net_speed_bps", OWN(NETWORK, "speed_bps") },
	[FIGURE_DISK_BYTES_PER_S] = { "disk_bytes_per_s", KEPT(DISK, DISK_BYTES_PER_S) },
	[FIGURE_DISK_OPS_PER_S] = { "disk_ops_per_s", KEPT(DISK, DISK_OPS_PER_S) },
	[FIGURE_DISK_READ_BYTES_PER_S] = { "disk_read_bytes_per_s", KEPT(DISK, DISK_READ_BYTES_S) },
	[FIGURE_DISK_WRITE_BYTES_PER_S] = { "disk_write_bytes_per_s", KEPT(DISK, DISK_WRITE_BYTES_S) },
	[FIGURE_DISK_READ_OPS_PER_S] = { "disk_read_ops_per_s", OWN(DISK, "read_ops_s") },
	[FIGURE_DISK_WRITE_OPS_PER_S] = { "disk_write_ops_per_s", OWN(DISK, "write_ops_s") },
	[FIGURE_DISK_USED_BYTES] = { "disk_used_bytes", OWN(DISK, "used_bytes") },
	[FIGURE_DISK_SIZE_BYTES] = { "disk_size_bytes", OWN(DISK, "size_bytes") },
};
/* clang-format on */

const struct figure_file figure_files[FIGURE_FILE_COUNT] = {
	{ METRIC_FILE_CPU, FIGURE_CPU_USED_MHZ, 5 },
	{ METRIC_FILE_MEMORY, FIGURE_MEMORY_USED_BYTES, 4 },
	{ METRIC_FILE_NETWORK, FIGURE_NETWORK_BPS, 4 },
	{ METRIC_FILE_DISK, FIGURE_DISK_BYTES_PER_S, 8 },
};

const char *figure_file_name(enum figure figure)
{
	return metric_file_table[figure_table[figure].file].name;
}

const char *figure_data_source(enum figure figure)
{
	const struct figure_info *info = &figure_table[figure];

	return info->own ? info->own : metric_data_source(info->metric);
}

const char *figure_files_name(size_t number)
{
	return metric_file_table[figure_files[number].file].name;
}
