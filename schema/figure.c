#include "schema/figure.h"

const struct figure_info figure_table[FIGURE_COUNT] = {
	[FIGURE_CPU_USED_MHZ] = { "cpu_used_mhz", "cpu", "used_mhz" },
	[FIGURE_CPU_CORES] = { "cpu_cores", "cpu", "cores" },
	[FIGURE_CPU_CORE_MHZ] = { "cpu_core_mhz", "cpu", "core_mhz" },
	[FIGURE_CPU_BUSY_RATIO] = { "cpu_busy_ratio", "cpu", "busy_ratio" },
	[FIGURE_MEMORY_USED_BYTES] = { "memory_used_bytes", "memory", "used_bytes" },
	[FIGURE_MEMORY_TOTAL_BYTES] = { "memory_total_bytes", "memory", "total_bytes" },
	[FIGURE_MEMORY_AVAILABLE_BYTES] = { "memory_available_bytes", "memory",
		"available_bytes" },
	[FIGURE_MEMORY_USED_RATIO] = { "memory_used_ratio", "memory", "used_ratio" },
	[FIGURE_NETWORK_BPS] = { "network_bps", "network", "demand_bps" },
	[FIGURE_NET_RX_BPS] = { "net_rx_bps", "network", "rx_bps" },
	[FIGURE_NET_TX_BPS] = { "net_tx_bps", "network", "tx_bps" },
	[FIGURE_NET_SPEED_BPS] = { "net_speed_bps", "network", "speed_bps" },
	[FIGURE_DISK_BYTES_PER_S] = { "disk_bytes_per_s", "disk", "bytes_per_s" },
	[FIGURE_DISK_OPS_PER_S] = { "disk_ops_per_s", "disk", "ops_per_s" },
	[FIGURE_DISK_READ_BYTES_PER_S] = { "disk_read_bytes_per_s", "disk",
		"read_bytes_s" },
	[FIGURE_DISK_WRITE_BYTES_PER_S] = { "disk_write_bytes_per_s", "disk",
		"write_bytes_s" },
	[FIGURE_DISK_READ_OPS_PER_S] = { "disk_read_ops_per_s", "disk", "read_ops_s" },
	[FIGURE_DISK_WRITE_OPS_PER_S] = { "disk_write_ops_per_s", "disk",
		"write_ops_s" },
	[FIGURE_DISK_USED_BYTES] = { "disk_used_bytes", "disk", "used_bytes" },
	[FIGURE_DISK_SIZE_BYTES] = { "disk_size_bytes", "disk", "size_bytes" },
};

const struct figure_file figure_files[FIGURE_FILE_COUNT] = {
	{ "cpu", FIGURE_CPU_USED_MHZ, 4 },
	{ "memory", FIGURE_MEMORY_USED_BYTES, 4 },
	{ "network", FIGURE_NETWORK_BPS, 4 },
	{ "disk", FIGURE_DISK_BYTES_PER_S, 8 },
};
