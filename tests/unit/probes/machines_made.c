#include "tests/unit/probes/machines_made.h"

enum { LATE_READING = 3 };

unsigned pick(struct machine *m, unsigned below)
{
	return (unsigned)(support_random(&m->random) % below);
}

/* The folders of a file system, the last name apart. */
static void make_folders(char *path, size_t known)
{
	for (char *at = path + known + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		(void)mkdir(path, 0755);
		*at = '/';
	}
}

void put_text(const struct machine *m, const char *name, const char *format, ...)
{
	char path[256], text[16384];
	va_list args;
	FILE *file;
	int length;

	va_start(args, format);
	length = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	assert_in_range(length, 0, sizeof(text) - 1);
	if (!m->path[0]) {
		memory_root_put(name, text, (size_t)length);
		return;
	}
	snprintf(path, sizeof(path), "%s/%s", m->path, name);
	make_folders(path, strlen(m->path));
	file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, (size_t)length, file), length);
	assert_int_equal(fclose(file), 0);
}

void put_link(const struct machine *m, const char *name, const char *target)
{
	char path[256];

	if (!m->path[0]) {
		memory_root_link(name, target);
		return;
	}
	snprintf(path, sizeof(path), "%s/%s", m->path, name);
	make_folders(path, strlen(m->path));
	assert_int_equal(symlink(target, path), 0);
}

/* ---- adapters and disks ------------------------------------------------------------ */

static struct part *add_nic(
	struct machine *m, const char *name, bool has_device, bool is_own)
{
	struct part *nic = &m->nic[m->nics++];
	char path[128];

	snprintf(nic->name, sizeof(nic->name), "%s", name);
	nic->per_s[0] = pick(m, 1000000);
	nic->per_s[1] = pick(m, 1000000);
	nic->is_own = is_own;
	snprintf(path, sizeof(path), "sys/class/net/%s/type", name);
	put_text(m, path, "1\n");
	if (has_device) {
		snprintf(path, sizeof(path), "sys/class/net/%s/device/recorded", name);
		put_text(m, path, "%s", "");
	}
	return nic;
}

static void put_sign(
	const struct machine *m, const char *nic, const char *file, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "sys/class/net/%s/%s", nic, file);
	put_text(m, path, "%s", text);
}

/* What else shows the traffic of the one adapter that is there. */
static void add_second_views(struct machine *m)
{
	if (pick(m, 2)) {
		add_nic(m, "bond0", false, false);
		put_sign(m, "bond0", "bonding/recorded", "");
	}
	if (pick(m, 3) == 0) {
		add_nic(m, "lan0", true, false);
		put_sign(m, "lan0", "uevent", "DEVTYPE=dsa\n");
		put_sign(m, "eth0", "dsa/tagging", "dsa\n");
	}
	if (pick(m, 3) == 0) {
		add_nic(m, "mon0", true, false);
		put_sign(m, "mon0", "type", "803\n");
	}
	if (pick(m, 3) == 0) {
		add_nic(m, "rep0", true, false);
		put_sign(m, "rep0", "phys_port_name", "pf0vf1\n");
	}
	if (pick(m, 3) == 0) {
		add_nic(m, "vif1.0", true, false);
		put_sign(m, "vif1.0", "device/nodename", "backend/vif/1/0\n");
	}
	if (pick(m, 3) == 0) {
		struct part *vf = add_nic(m, "ens1", true, false);

		/* the other half of the adapter of a guest: eth0 counts what it carries */
		put_link(m, "sys/class/net/ens1/device/driver",
			"../../drivers/mlx5_core");
		vf->is_late = m->is_guest && pick(m, 2);
		if (!vf->is_late)
			put_sign(m, "ens1", "master/device/recorded", "");
	}
	add_nic(m, "veth0", false, false);
}

void make_nics(struct machine *m)
{
	static const char *const kinds[] = { "", "DEVTYPE=macvlan\n",
		"DEVTYPE=ipvlan\n" };

	if (!m->is_container) {
		add_nic(m, "eth0", true, true);
		if (pick(m, 2))
			add_nic(m, "eth1", true, true);
		add_second_views(m);
		return;
	}
	switch (pick(m, 3)) {
	case 0: /* a way out that is not counted: unknown */
		add_nic(m, "tun0", false, true);
		put_sign(m, "tun0", "tun_flags", "1\n");
		break;
	default:
		add_nic(m, "eth0", false, true);
		put_sign(m, "eth0", "uevent", kinds[pick(m, 3)]);
	}
	if (pick(m, 2)) {
		add_nic(m, "br0", false, false);
		put_sign(m, "br0", "bridge/recorded", "");
	}
}

static struct part *add_disk(
	struct machine *m, const char *name, bool has_device, bool is_own)
{
	struct part *disk = &m->disk[m->disks++];
	char path[128];

	snprintf(disk->name, sizeof(disk->name), "%s", name);
	disk->per_s[0] = pick(m, 10000);
	disk->per_s[1] = pick(m, 10000);
	disk->group_s[0] = floor(disk->per_s[0] / 3);
	disk->group_s[1] = floor(disk->per_s[1] / 2);
	disk->is_own = is_own;
	snprintf(path, sizeof(path), "sys/block/%s/size", name);
	put_text(m, path, "1000\n");
	if (has_device) {
		snprintf(path, sizeof(path), "sys/block/%s/device/recorded", name);
		put_text(m, path, "%s", "");
	}
	return disk;
}

void make_disks(struct machine *m)
{
	static const char *const usual[] = { "sda", "vda", "xvda", "mmcblk0", "nvme1n1",
		"dasda" };
	static const char *const layers[] = { "dm-0", "md0", "bcache0", "loop0",
		"zram0", "zd0" };
	struct part *path, *head;

	switch (pick(m, 4)) {
	case 0:
		path = add_disk(m, "nvme0c0n1", true, true);
		put_text(m, "sys/block/nvme0c0n1/hidden", "1\n");
		head = add_disk(m, "nvme0n1", true, false);
		memcpy(head->per_s, path->per_s, sizeof(head->per_s));
		/* which of the two a group's figures name depends on the kernel */
		m->is_io_of_head = pick(m, 2);
		if (m->is_io_of_head)
			memcpy(head->group_s, path->group_s, sizeof(head->group_s));
		if (pick(m, 2)) /* before Linux 6.2 */
			head->per_s[0] = head->per_s[1] = 0;
		break;
	case 1: /* storage of another machine: unknown */
		add_disk(m, "nbd0", false, true);
		break;
	default:
		add_disk(m, usual[pick(m, 6)], true, true);
		if (pick(m, 2))
			add_disk(m, "sdb", true, true);
	}
	/* layers over them, memory and media */
	for (unsigned i = 0; i < sizeof(layers) / sizeof(layers[0]); i++)
		if (pick(m, 3) == 0)
			add_disk(m, layers[i], false, false);
	if (pick(m, 4) == 0) {
		add_disk(m, "sdz", true, false);
		put_text(m, "sys/block/sdz/device/model", "scsi_debug\n");
	}
}

#define HUGE_64 "sys/kernel/mm/hugepages/hugepages-64kB/"
/* ---- CPUs and memory ----------------------------------------------------------------- */

static void put_core(const struct machine *m, unsigned cpu, unsigned threads)
{
	char path[128];
	unsigned first = cpu / threads * threads;
	uint64_t mask = (((uint64_t)1 << threads) - 1) << first;

	snprintf(path, sizeof(path),
		"sys/devices/system/cpu/cpu%u/topology/thread_siblings", cpu);
	put_text(m, path, "%08llx,%08llx\n", (unsigned long long)(mask >> 32),
		(unsigned long long)(mask & UINT32_MAX));
	if (m->is_hybrid) {
		snprintf(path, sizeof(path),
			"sys/devices/system/cpu/cpu%u/cpufreq/base_frequency", cpu);
		put_text(m, path, "%.0f\n", m->mhz[cpu] * 1000);
	}
}

static void put_cpuinfo(const struct machine *m, unsigned cpus)
{
	char text[8192];
	size_t length = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < cpus; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length,
			"processor\t: %u\nvendor_id\t: X\nmodel name\t: Made Up%s\n"
			"physical id\t: 0\ncore id\t\t: %u\nflags\t\t: fpu%s\n\n",
			i, m->is_hybrid ? "" : " @ 2.50GHz", i / m->threads,
			m->is_guest ? " hypervisor" : "");
	put_text(m, "proc/cpuinfo", "%s", text);
}

void make_cpus(struct machine *m)
{
	unsigned host = 0;

	m->threads = 1 + pick(m, 2);
	m->cpus = m->threads * (1 + pick(m, 8));
	m->cpus_left =
		pick(m, 3) ? m->cpus : m->threads * (1 + pick(m, m->cpus / m->threads));
	m->is_hybrid = (!m->is_container || is_of_group(m)) && pick(m, 4) == 0;
	m->busy = pick(m, 101) / 100.0;
	m->has_garbage_idle = pick(m, 10) == 0;
	for (unsigned i = 0; i < m->cpus; i++)
		m->mhz[i] = m->is_hybrid && i / m->threads % 2 ? 1500 : 2500;
	if (m->is_container &&
		!is_of_group(m)) /* sysfs is the host's, the rest its own */
		host = 32;
	for (unsigned i = 0; i < (host ? host : m->cpus); i++)
		put_core(m, i, host ? 1 : m->threads);
	put_cpuinfo(m, m->cpus);
}

void make_memory(struct machine *m)
{
	m->total_kib = 1000000 + pick(m, 100000000);
	m->free_kib = floor(m->total_kib * pick(m, 50) / 100);
	m->available_kib = floor(m->free_kib + m->total_kib * pick(m, 30) / 100);
	m->huge_free = pick(m, 3) ? 0 : floor(m->total_kib / 2048 * 0.1);
	/* lxcfs passes on what its host has of these, and sysfs is the host's */
	m->is_huge_own = m->group == GROUP_NONE || m->group == GROUP_UNCLEAR;
	if (pick(m, 3) == 0) { /* of another size, some of them promised */
		m->small_free = floor(m->total_kib / 64 * 0.03);
		put_text(m, HUGE_64 "nr_hugepages", "%.0f\n", m->small_free + 20);
		put_text(m, HUGE_64 "free_hugepages", "%.0f\n", m->small_free + 7);
		put_text(m, HUGE_64 "resv_hugepages", "7\n");
	}
	if (m->is_guest && !m->is_container && pick(m, 3) == 0)
		m->balloon_kib = floor(m->total_kib * 0.04);
	/* a container sees the cache of its host */
	if (pick(m, 3) == 0 && (m->group || !m->is_container)) {
		double size = floor(m->total_kib * 1024 * 0.05);

		m->arc_floor = floor(size * pick(m, 120) / 100);
		if (!m->is_container)
			m->arc_bytes = fmax(size - m->arc_floor, 0);
		put_text(m, "proc/spl/kstat/zfs/arcstats",
			"9 1 0x01 98 26656 1 2\nname type data\nhits 4 77\n"
			"c_min 4 %.0f\nc_max 4 99\nsize 4 %.0f\n",
			m->arc_floor, size);
	}
}

/* ---- one reading --------------------------------------------------------------------- */

unsigned cpus_at(const struct machine *m, unsigned reading)
{
	return reading < 4 ? m->cpus : m->cpus_left;
}

/* Nearest; printf takes ten times as long for a double. */
static unsigned long long whole(double value)
{
	return (unsigned long long)(value + 0.5);
}

/* As the kernel: the line of all keeps what a processor that went had counted. */
static void put_stat(const struct machine *m, unsigned reading)
{
	char text[8192];
	size_t length;
	double total[2] = { 0, 0 };

	for (unsigned i = 0; i < m->cpus; i++) {
		unsigned until = i < m->cpus_left || reading < 3 ? reading : 3;

		total[0] += 1000 + 100 * m->busy * STEP_S * until;
		total[1] += 1000 + 100 * (1 - m->busy) * STEP_S * until;
	}
	if (m->has_garbage_idle)
		total[1] = 8317131874320000000.0;
	length = (size_t)snprintf(text, sizeof(text),
		"cpu  %llu 0 0 %llu 0 0 0 0 0 0\n", whole(total[0]), whole(total[1]));
	for (unsigned i = 0; i < cpus_at(m, reading); i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length,
			"cpu%u %llu 0 0 %llu 0 0 0 0 0 0\n", i,
			whole(1000 + 100 * m->busy * STEP_S * reading),
			whole(m->has_garbage_idle ? 8317131874320000000.0
						  : 1000 +
						100 * (1 - m->busy) * STEP_S *
							reading));
	put_text(m, "proc/stat", "%s", text);
	if (m->is_container && !is_of_group(m) && reading == 4)
		put_cpuinfo(m, m->cpus_left);
}

static bool is_there(const struct part *part, unsigned reading)
{
	return !part->is_late || reading >= LATE_READING;
}

void put_reading(const struct machine *m, unsigned reading)
{
	char net[4096], disks[4096], balloon[64] = "";
	size_t end = 0;
	size_t at = (size_t)snprintf(
		net, sizeof(net), "%s", "    lo: 9 1 0 0 0 0 0 0 9 1 0 0 0 0 0 0\n");

	put_stat(m, reading);
	for (unsigned i = 0; i < m->nics; i++) {
		const struct part *nic = &m->nic[i];

		if (nic->is_late && reading == LATE_READING + 1)
			put_sign(m, nic->name, "master/device/recorded", "");
		if (is_there(nic, reading))
			at += (size_t)snprintf(net + at, sizeof(net) - at,
				"%s: %llu 1 0 0 0 0 0 0 %llu 1 0 0 0 0 0 0\n",
				nic->name,
				whole(1e9 + nic->per_s[0] * STEP_S * reading),
				whole(1e9 + nic->per_s[1] * STEP_S * reading));
	}
	for (unsigned i = 0; i < m->disks; i++)
		end += (size_t)snprintf(disks + end, sizeof(disks) - end,
			"8 %u %s 1 0 %llu 0 1 0 %llu 0 0 0 0\n", i, m->disk[i].name,
			whole(1e6 + m->disk[i].per_s[0] * STEP_S * reading),
			whole(1e6 + m->disk[i].per_s[1] * STEP_S * reading));
	if (m->balloon_kib > 0)
		snprintf(balloon, sizeof(balloon), "Balloon: %llu kB\n",
			whole(m->balloon_kib));
	put_text(m, "proc/net/dev", "%s", net);
	put_text(m, "proc/diskstats", "%s", disks);
	put_text(m, "proc/meminfo",
		"MemTotal: %llu kB\nMemFree: %llu kB\nMemAvailable: %llu kB\n"
		"%sHugePages_Total: %llu\nHugePages_Free: %llu\nHugePages_Rsvd: 0\n"
		"Hugepagesize: 2048 kB\n",
		whole(m->total_kib), whole(m->free_kib), whole(m->available_kib),
		balloon, whole(m->huge_free * 2), whole(m->huge_free));
	put_group(m, reading);
}
