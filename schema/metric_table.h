/*
 * METRIC_KIND(id, name, spread, instances max, tracked max, is limited by setting,
 *        outlives, is slow)
 * METRIC(id, file, data source, unit, type, width, bound, bound per s, scale, minimum,
 *        maximum, keeps minimum, help)
 * The spread: one file, a file per instance, or one with a column per instance.  Instances
 * past their maximum are summed, past the tracked maximum the total is unknown.  "outlives":
 * the column of an instance that went stays.  "is slow": read by the helper (probes/slow).
 * No include guard: included once per use (schema/metric.h, schema/metric.c), after
 * METRIC_KIND, METRIC or both are defined; both are undefined at the end.
 *
 * Data source NULL: not kept, it feeds the derived ones.  Bounds: 400 Gbit/s where the
 * link speed is unknown, minimum frames of 64 bytes at that speed for packets, 64 GB/s
 * and 10^8 operations a device, 10^4 requests waiting.  CPU ticks are 1/100 s; twice as
 * many are allowed, because a guest that was descheduled counts them in bursts (the
 * ratios are of their sum, so that they cannot pass 1).
 */
/* clang-format off */
#ifndef METRIC_KIND
#define METRIC_KIND(...)
#endif
#ifndef METRIC
#define METRIC(...)
#endif

/* The kinds of file; their names are part of the store's format, the columns are those of
 * struct metric_file_info.  A kind's metrics below are neighbours. */
METRIC_KIND(CPU, "cpu", METRIC_SINGLE, 1, 1, false, false, false)
METRIC_KIND(MEMORY, "memory", METRIC_SINGLE, 1, 1, false, false, false)
METRIC_KIND(NETWORK, "network", METRIC_SINGLE, 1, 1, false, false, false)
METRIC_KIND(DISK, "disk", METRIC_SINGLE, 1, 1, false, false, false)
METRIC_KIND(CORES, "cores", METRIC_PER_COLUMN, 1024, 4096, false, true, false)
METRIC_KIND(PRESSURE, "pressure", METRIC_SINGLE, 1, 1, false, false, false)
/* net-<if>, disk-<dev>, fs-<mount point>: a file for each */
METRIC_KIND(NET, "net", METRIC_PER_FILE, 64, 4096, true, false, false)
METRIC_KIND(BLOCK, "disk", METRIC_PER_FILE, 64, 4096, true, false, false)
METRIC_KIND(FS, "fs", METRIC_PER_FILE, 64, 64, true, false, true)
METRIC_KIND(SENSORS, "sensors", METRIC_PER_COLUMN, 128, 128, false, false, true)

#define NO NAN
#define G METRIC_GAUGE, METRIC_WIDTH_NONE, METRIC_BOUND_NONE, 0
#define D METRIC_DERIVED, METRIC_WIDTH_NONE, METRIC_BOUND_NONE, 0
#define C METRIC_COUNTER
#define W32 METRIC_WIDTH_32
#define W64 METRIC_WIDTH_64
#define WL METRIC_WIDTH_LONG
#define FIX METRIC_BOUND_FIXED
#define LINK METRIC_BOUND_LINK
#define CPUS METRIC_BOUND_CPUS

/* cpu: the line "cpu" of proc/stat; the ticks feed the ratios */
METRIC(CPU_USED_MHZ, CPU, "used_mhz", "MHz", D, 1, 0, NO, true, "demand: sum over the CPUs of busy share x nominal MHz / threads of the core, steal included")
METRIC(CPU_BUSY_RATIO, CPU, "busy_ratio", "ratio", D, 1, 0, 1, false, "all but idle and iowait")
METRIC(CPU_USER_RATIO, CPU, "user_ratio", "ratio", D, 1, 0, 1, false, "user and nice, guests included")
METRIC(CPU_SYSTEM_RATIO, CPU, "system_ratio", "ratio", D, 1, 0, 1, false, "system, irq and softirq")
METRIC(CPU_IOWAIT_RATIO, CPU, "iowait_ratio", "ratio", D, 1, 0, 1, false, "idle while I/O is outstanding")
METRIC(CPU_STEAL_RATIO, CPU, "steal_ratio", "ratio", D, 1, 0, 1, false, "wanted, but the hypervisor ran others")
METRIC(CPU_IDLE_RATIO, CPU, "idle_ratio", "ratio", D, 1, 0, 1, false, "idle")
METRIC(CPU_MHZ, CPU, "mhz", "MHz", G, 1, 0, 20000, false, "current clock, mean of the cores looked at")
METRIC(CPU_USER_TICKS, CPU, NULL, "ratio", C, W64, CPUS, 200, 0.01, 0, NO, false, "user")
METRIC(CPU_NICE_TICKS, CPU, NULL, "ratio", C, W64, CPUS, 200, 0.01, 0, NO, false, "nice")
METRIC(CPU_SYSTEM_TICKS, CPU, NULL, "ratio", C, W64, CPUS, 200, 0.01, 0, NO, false, "system")
METRIC(CPU_IDLE_TICKS, CPU, NULL, "ratio", C, W64, CPUS, 200, 0.01, 0, NO, false, "idle")
METRIC(CPU_IOWAIT_TICKS, CPU, NULL, "ratio", C, W64, CPUS, 200, 0.01, 0, NO, false, "iowait")
METRIC(CPU_IRQ_TICKS, CPU, NULL, "ratio", C, W64, CPUS, 200, 0.01, 0, NO, false, "irq")
METRIC(CPU_SOFTIRQ_TICKS, CPU, NULL, "ratio", C, W64, CPUS, 200, 0.01, 0, NO, false, "softirq")
METRIC(CPU_STEAL_TICKS, CPU, NULL, "ratio", C, W64, CPUS, 200, 0.01, 0, NO, false, "steal")
METRIC(CPU_OWN_TIME, CPU, NULL, "ratio", C, W64, CPUS, 2e6, 1e-6, 0, NO, false, "of a container whose proc/stat is its host's: CPU time of its control group")

/* memory: proc/meminfo */
METRIC(MEMORY_USED_BYTES, MEMORY, "used_bytes", "bytes", D, 1, 0, NO, true, "demand: total less available, ARC, free huge pages and balloon")
METRIC(MEMORY_TOTAL_BYTES, MEMORY, "total_bytes", "bytes", G, 1, 0, NO, false, "memory that the kernel manages")
METRIC(MEMORY_AVAILABLE_BYTES, MEMORY, "available_bytes", "bytes", G, 1, 0, NO, true, "could be given out without swapping: the kernel's estimate, at least what is free")
METRIC(MEMORY_ARC_BYTES, MEMORY, "arc_bytes", "bytes", G, 1, 0, NO, false, "cache of ZFS above its floor, given back on demand")
METRIC(MEMORY_HUGE_BYTES, MEMORY, "huge_free_bytes", "bytes", G, 1, 0, NO, false, "huge pages set aside that nobody uses or reserved")
METRIC(MEMORY_BALLOON_BYTES, MEMORY, "balloon_bytes", "bytes", G, 1, 0, NO, false, "lent back to the hypervisor")
METRIC(MEMORY_CACHED_BYTES, MEMORY, "cached_bytes", "bytes", G, 1, 0, NO, false, "page cache and buffers")
METRIC(MEMORY_SWAP_SIZE_BYTES, MEMORY, "swap_size_bytes", "bytes", G, 1, 0, NO, false, "swap space")
METRIC(MEMORY_SWAP_USED_BYTES, MEMORY, "swap_used_bytes", "bytes", G, 1, 0, NO, false, "swap space in use")
METRIC(MEMORY_COMMITTED_BYTES, MEMORY, "committed_bytes", "bytes", G, 1, 0, NO, false, "promised to processes (Committed_AS)")

/* network, disk: totals over what is counted */
METRIC(NETWORK_DEMAND_BPS, NETWORK, "demand_bps", "bps", D, 1, 0, NO, true, "demand: sum over the adapters of max(received, sent)")
METRIC(NETWORK_RX_BPS, NETWORK, "rx_bps", "bps", D, 1, 0, NO, false, "received, all adapters")
METRIC(NETWORK_TX_BPS, NETWORK, "tx_bps", "bps", D, 1, 0, NO, false, "sent, all adapters")
METRIC(DISK_BYTES_PER_S, DISK, "bytes_per_s", "bytes_per_s", D, 1, 0, NO, true, "demand: read and written, whole physical devices")
METRIC(DISK_OPS_PER_S, DISK, "ops_per_s", "ops_per_s", D, 1, 0, NO, true, "demand: reads and writes completed, whole physical devices")
METRIC(DISK_READ_BYTES_S, DISK, "read_bytes_s", "bytes_per_s", D, 1, 0, NO, false, "read, all devices")
METRIC(DISK_WRITE_BYTES_S, DISK, "write_bytes_s", "bytes_per_s", D, 1, 0, NO, false, "written, all devices")

/* cores: one column each */
METRIC(CORE_BUSY_RATIO, CORES, "core", "ratio", D, 1, 0, 1, false, "busy share of one logical CPU")
METRIC(CORE_BUSY_TICKS, CORES, NULL, "ratio", C, W64, FIX, 200, 0.01, 0, NO, false, "all but idle and iowait")
METRIC(CORE_IDLE_TICKS, CORES, NULL, "ratio", C, W64, FIX, 200, 0.01, 0, NO, false, "idle and iowait")

/* pressure: the files of proc/pressure, proc/loadavg and the run queue of proc/stat */
METRIC(PRESSURE_CPU_SOME_RATIO, PRESSURE, "cpu_some_ratio", "ratio", C, W64, FIX, 1e6, 1e-6, 0, 1, false, "time in which a task waited for a CPU")
METRIC(PRESSURE_MEM_SOME_RATIO, PRESSURE, "mem_some_ratio", "ratio", C, W64, FIX, 1e6, 1e-6, 0, 1, false, "time in which a task waited for memory")
METRIC(PRESSURE_MEM_FULL_RATIO, PRESSURE, "mem_full_ratio", "ratio", C, W64, FIX, 1e6, 1e-6, 0, 1, false, "time in which all tasks waited for memory")
METRIC(PRESSURE_IO_SOME_RATIO, PRESSURE, "io_some_ratio", "ratio", C, W64, FIX, 1e6, 1e-6, 0, 1, false, "time in which a task waited for I/O")
METRIC(PRESSURE_IO_FULL_RATIO, PRESSURE, "io_full_ratio", "ratio", C, W64, FIX, 1e6, 1e-6, 0, 1, false, "time in which all tasks waited for I/O")
METRIC(PRESSURE_CPU_SOME_AVG10, PRESSURE, "cpu_some_avg10", "ratio", G, 0.01, 0, 1, false, "the kernel's own 10 s average")
METRIC(PRESSURE_MEM_SOME_AVG10, PRESSURE, "mem_some_avg10", "ratio", G, 0.01, 0, 1, false, "the kernel's own 10 s average")
METRIC(PRESSURE_MEM_FULL_AVG10, PRESSURE, "mem_full_avg10", "ratio", G, 0.01, 0, 1, false, "the kernel's own 10 s average")
METRIC(PRESSURE_IO_SOME_AVG10, PRESSURE, "io_some_avg10", "ratio", G, 0.01, 0, 1, false, "the kernel's own 10 s average")
METRIC(PRESSURE_IO_FULL_AVG10, PRESSURE, "io_full_avg10", "ratio", G, 0.01, 0, 1, false, "the kernel's own 10 s average")
METRIC(LOAD1, PRESSURE, "load1", "tasks", G, 1, 0, 1e7, false, "load average of 1 minute")
METRIC(LOAD5, PRESSURE, "load5", "tasks", G, 1, 0, 1e7, false, "load average of 5 minutes")
METRIC(LOAD15, PRESSURE, "load15", "tasks", G, 1, 0, 1e7, false, "load average of 15 minutes")
METRIC(RUN_QUEUE, PRESSURE, "run_queue", "tasks", G, 1, 0, 1e7, false, "tasks running or ready to run")
METRIC(BLOCKED, PRESSURE, "blocked", "tasks", G, 1, 0, 1e7, false, "tasks waiting for I/O to complete")

/* net-<if>: proc/net/dev and sys/class/net/<if>/speed */
METRIC(NET_RX_BPS, NET, "rx_bps", "bps", C, WL, LINK, 5e10, 8, 0, NO, false, "received")
METRIC(NET_TX_BPS, NET, "tx_bps", "bps", C, WL, LINK, 5e10, 8, 0, NO, false, "sent")
METRIC(NET_RX_PPS, NET, "rx_pps", "per_s", C, WL, FIX, 7.8e8, 1, 0, NO, false, "packets received")
METRIC(NET_TX_PPS, NET, "tx_pps", "per_s", C, WL, FIX, 7.8e8, 1, 0, NO, false, "packets sent")
METRIC(NET_RX_ERRORS_S, NET, "rx_errors_s", "per_s", C, WL, FIX, 7.8e8, 1, 0, NO, false, "receive errors")
METRIC(NET_TX_ERRORS_S, NET, "tx_errors_s", "per_s", C, WL, FIX, 7.8e8, 1, 0, NO, false, "send errors")
METRIC(NET_RX_DROPS_S, NET, "rx_drops_s", "per_s", C, WL, FIX, 7.8e8, 1, 0, NO, false, "dropped on receive")
METRIC(NET_TX_DROPS_S, NET, "tx_drops_s", "per_s", C, WL, FIX, 7.8e8, 1, 0, NO, false, "dropped on send")
METRIC(NET_SPEED_BPS, NET, "speed_bps", "bps", G, 1, 1, 4e12, false, "link speed as the driver reports it")
METRIC(NET_BOUND_BPS, NET, NULL, "bps", G, 1, 1, 4e12, false, "link speed of hardware, which no rate can pass; paravirtual adapters have none")

/* disk-<dev>: proc/diskstats; a sector is 512 bytes there whatever the device says */
METRIC(BLOCK_READ_BYTES_S, BLOCK, "read_bytes_s", "bytes_per_s", C, WL, FIX, 1.25e8, 512, 0, NO, false, "read")
METRIC(BLOCK_WRITE_BYTES_S, BLOCK, "write_bytes_s", "bytes_per_s", C, WL, FIX, 1.25e8, 512, 0, NO, false, "written")
METRIC(BLOCK_READ_OPS_S, BLOCK, "read_ops_s", "ops_per_s", C, WL, FIX, 1e8, 1, 0, NO, false, "reads completed")
METRIC(BLOCK_WRITE_OPS_S, BLOCK, "write_ops_s", "ops_per_s", C, WL, FIX, 1e8, 1, 0, NO, false, "writes completed")
METRIC(BLOCK_BUSY_RATIO, BLOCK, "busy_ratio", "ratio", C, W32, FIX, 1000, 0.001, 0, 1, false, "share of the time with a request in flight")
METRIC(BLOCK_QUEUE, BLOCK, "queue", "requests", C, W32, FIX, 1e7, 0.001, 0, NO, false, "requests in flight or waiting, mean over the interval")

/* fs-<mount point>: statvfs, in the helper */
METRIC(FS_SIZE_BYTES, FS, "size_bytes", "bytes", G, 1, 0, 1e21, false, "size of the file system")
METRIC(FS_USED_BYTES, FS, "used_bytes", "bytes", G, 1, 0, 1e21, false, "size less free")
METRIC(FS_AVAIL_BYTES, FS, "avail_bytes", "bytes", G, 1, 0, 1e21, false, "free for ordinary users")
METRIC(FS_INODES, FS, "inodes", "inodes", G, 1, 0, 1e18, false, "inodes; unknown where the file system has no limit")
METRIC(FS_INODES_USED, FS, "inodes_used", "inodes", G, 1, 0, 1e18, false, "inodes in use")
METRIC(FS_READ_ONLY, FS, "read_only", "ratio", G, 1, 0, 1, false, "1 where nothing can be written: no alert on its space")

/* sensors: one column each, in the helper */
METRIC(SENSOR_CELSIUS, SENSORS, "t", "celsius", G, 1, -40, 125, false, "temperature")
METRIC(SENSOR_RPM, SENSORS, "f", "rpm", G, 1, 0, 50000, false, "fan")
METRIC(SENSOR_WATT, SENSORS, "p", "watt", G, 1, 0, 20000, false, "power")
METRIC(SENSOR_VOLT, SENSORS, "v", "volt", G, 1, -60, 60, false, "voltage")

#undef NO
#undef G
#undef D
#undef C
#undef W32
#undef W64
#undef WL
#undef FIX
#undef LINK
#undef CPUS
#undef METRIC
#undef METRIC_KIND
/* clang-format on */
