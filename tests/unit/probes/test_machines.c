/*
 * A random model of a machine whose truth is known: CPUs with scopes and clocks, hot-plug,
 * adapters and disks of all kinds, memory that contradicts itself, mounts.  A demand that is known
 * is the truth within its bound, and never a 0 of what moved (K1 to K11).
 *
 *	HEADROOM_MACHINES  how many (4200, of which 10^5 figures are judged); HEADROOM_SEED  from which
 */
#include "tests/support.h"
#include "tests/scratch_dir.h"

#include "probes/collect.h"
#include "probes/slow/fs_mounts.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READINGS = 7, STEP_S = 10, PARTS_MAX = 12 };

/* One name that a kernel lists, and whether its traffic is the machine's own. */
struct part {
	char name[32];
	double per_s[2]; /* bytes or sectors, in and out */
	bool is_own;
	bool is_late; /* comes with reading 3, and its master with the next one */
};

enum { LATE_READING = 3 };

struct machine {
	char path[64];
	uint64_t random;
	bool is_container, is_guest, is_hybrid, has_garbage_idle;
	unsigned cpus, threads, cpus_left; /* cpus_left from reading 4 on */
	double busy;
	double mhz[64];
	struct part nic[PARTS_MAX], disk[PARTS_MAX];
	unsigned nics, disks;
	double total_kib, available_kib, free_kib, huge_free;
};

static unsigned pick(struct machine *m, unsigned below)
{
	return (unsigned)(support_random(&m->random) % below);
}

static void put_text(const struct machine *m, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void put_text(const struct machine *m, const char *name, const char *format, ...)
{
	char path[256];
	va_list args;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", m->path, name);
	file = fopen(path, "wb");
	for (char *at = path + strlen(m->path) + 1; !file && (at = strchr(at, '/'));
		at++) {
		*at = '\0';
		(void)mkdir(path, 0755);
		*at = '/';
	}
	if (!file)
		file = fopen(path, "wb");
	assert_non_null(file);
	va_start(args, format);
	vfprintf(file, format, args);
	va_end(args);
	assert_int_equal(fclose(file), 0);
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
		char path[128];

		/* the other half of the adapter of a guest: eth0 counts what it carries */
		snprintf(path, sizeof(path), "%s/sys/class/net/ens1/device/driver",
			m->path);
		assert_int_equal(symlink("../../drivers/mlx5_core", path), 0);
		vf->is_late = m->is_guest && pick(m, 2);
		if (!vf->is_late)
			put_sign(m, "ens1", "master/device/recorded", "");
	}
	add_nic(m, "veth0", false, false);
}

static void make_nics(struct machine *m)
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
	disk->is_own = is_own;
	snprintf(path, sizeof(path), "sys/block/%s/size", name);
	put_text(m, path, "1000\n");
	if (has_device) {
		snprintf(path, sizeof(path), "sys/block/%s/device/recorded", name);
		put_text(m, path, "%s", "");
	}
	return disk;
}

static void make_disks(struct machine *m)
{
	struct part *path, *head;

	switch (pick(m, 4)) {
	case 0:
		path = add_disk(m, "nvme0c0n1", true, true);
		put_text(m, "sys/block/nvme0c0n1/hidden", "1\n");
		head = add_disk(m, "nvme0n1", true, false);
		memcpy(head->per_s, path->per_s, sizeof(head->per_s));
		if (pick(m, 2)) /* before Linux 6.2 */
			head->per_s[0] = head->per_s[1] = 0;
		break;
	case 1: /* storage of another machine: unknown */
		add_disk(m, "nbd0", false, true);
		break;
	default:
		add_disk(m, "sda", true, true);
		if (pick(m, 2))
			add_disk(m, "sdb", true, true);
	}
	if (pick(m, 2))
		add_disk(m, "dm-0", false, false);
	if (pick(m, 2))
		add_disk(m, "loop0", false, false);
	if (pick(m, 4) == 0) {
		add_disk(m, "sdz", true, false);
		put_text(m, "sys/block/sdz/device/model", "scsi_debug\n");
	}
}

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
	char text[16384] = "";
	size_t length = 0;

	for (unsigned i = 0; i < cpus; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length,
			"processor\t: %u\nvendor_id\t: X\nmodel name\t: Made Up%s\n"
			"physical id\t: 0\ncore id\t\t: %u\nflags\t\t: fpu%s\n\n",
			i, m->is_hybrid ? "" : " @ 2.50GHz", i / m->threads,
			m->is_guest ? " hypervisor" : "");
	put_text(m, "proc/cpuinfo", "%s", text);
}

static void make_cpus(struct machine *m)
{
	unsigned host = 0;

	m->threads = 1 + pick(m, 2);
	m->cpus = m->threads * (1 + pick(m, 8));
	m->cpus_left =
		pick(m, 3) ? m->cpus : m->threads * (1 + pick(m, m->cpus / m->threads));
	m->is_hybrid = !m->is_container && pick(m, 4) == 0;
	m->busy = pick(m, 101) / 100.0;
	m->has_garbage_idle = pick(m, 10) == 0;
	for (unsigned i = 0; i < m->cpus; i++)
		m->mhz[i] = m->is_hybrid && i / m->threads % 2 ? 1500 : 2500;
	if (m->is_container) /* sysfs is the host's */
		host = 32;
	for (unsigned i = 0; i < (host ? host : m->cpus); i++)
		put_core(m, i, host ? 1 : m->threads);
	put_cpuinfo(m, m->cpus);
}

static void make_memory(struct machine *m)
{
	m->total_kib = 1000000 + pick(m, 100000000);
	m->free_kib = floor(m->total_kib * pick(m, 50) / 100);
	m->available_kib = floor(m->free_kib + m->total_kib * pick(m, 30) / 100);
	m->huge_free = pick(m, 3) ? 0 : floor(m->total_kib / 2048 * 0.1);
}

/* ---- one reading --------------------------------------------------------------------- */

static unsigned cpus_at(const struct machine *m, unsigned reading)
{
	return reading < 4 ? m->cpus : m->cpus_left;
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
		"cpu  %.0f 0 0 %.0f 0 0 0 0 0 0\n", total[0], total[1]);
	for (unsigned i = 0; i < cpus_at(m, reading); i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length,
			"cpu%u %.0f 0 0 %.0f 0 0 0 0 0 0\n", i,
			1000 + 100 * m->busy * STEP_S * reading,
			m->has_garbage_idle
				? 8317131874320000000.0
				: 1000 + 100 * (1 - m->busy) * STEP_S * reading);
	put_text(m, "proc/stat", "%s", text);
	if (m->is_container && reading == 4)
		put_cpuinfo(m, m->cpus_left);
}

static bool is_there(const struct part *part, unsigned reading)
{
	return !part->is_late || reading >= LATE_READING;
}

static void put_reading(const struct machine *m, unsigned reading)
{
	char net[4096] = "    lo: 9 1 0 0 0 0 0 0 9 1 0 0 0 0 0 0\n";
	char disks[4096] = "";
	size_t at = strlen(net), end = 0;

	put_stat(m, reading);
	for (unsigned i = 0; i < m->nics; i++) {
		const struct part *nic = &m->nic[i];

		if (nic->is_late && reading == LATE_READING + 1)
			put_sign(m, nic->name, "master/device/recorded", "");
		if (is_there(nic, reading))
			at += (size_t)snprintf(net + at, sizeof(net) - at,
				"%s: %.0f 1 0 0 0 0 0 0 %.0f 1 0 0 0 0 0 0\n",
				nic->name, 1e9 + nic->per_s[0] * STEP_S * reading,
				1e9 + nic->per_s[1] * STEP_S * reading);
	}
	for (unsigned i = 0; i < m->disks; i++)
		end += (size_t)snprintf(disks + end, sizeof(disks) - end,
			"8 %u %s 1 0 %.0f 0 1 0 %.0f 0 0 0 0\n", i, m->disk[i].name,
			1e6 + m->disk[i].per_s[0] * STEP_S * reading,
			1e6 + m->disk[i].per_s[1] * STEP_S * reading);
	put_text(m, "proc/net/dev", "%s", net);
	put_text(m, "proc/diskstats", "%s", disks);
	put_text(m, "proc/meminfo",
		"MemTotal: %.0f kB\nMemFree: %.0f kB\nMemAvailable: %.0f kB\n"
		"HugePages_Total: %.0f\nHugePages_Free: %.0f\nHugePages_Rsvd: 0\n"
		"Hugepagesize: 2048 kB\n",
		m->total_kib, m->free_kib, m->available_kib, m->huge_free * 2,
		m->huge_free);
}

/* ---- mounts ------------------------------------------------------------------------- */

enum { STORAGES_MAX = 8, MOUNTS_MAX = 40 };

/* One disk, volume or image, the folders and files of it that are mounted, and what has
 * to come of it: one of its folders that nothing hides, or nothing. */
struct storage {
	bool is_image, is_network, is_memory;
	bool is_read_only;
	unsigned folders; /* that are to be seen */
	unsigned found;
};

struct mount_line {
	unsigned storage;
	char point[64];
	bool is_file, is_hidden, is_root;
};

static const char *type_of(const struct storage *storage)
{
	return storage->is_image      ? "squashfs"
		: storage->is_network ? "nfs4"
		: storage->is_memory  ? "tmpfs"
				      : "ext4";
}

static bool is_made_folder(void *context, const char *point)
{
	(void)context;
	return !strstr(point, ".file");
}

/* All lines first, in any order; then one or two that hide what lies below /hidden. */
static unsigned make_mounts(struct machine *m, struct storage *storage,
	unsigned storages, struct mount_line *line, char *text, size_t size)
{
	unsigned count = 1 + pick(m, MOUNTS_MAX - 2);
	size_t length = 0;

	for (unsigned i = 0; i < count; i++) {
		struct mount_line *at = &line[i];
		const struct storage *of;

		*at = (struct mount_line){ .storage = pick(m, storages),
			.is_root = pick(m, 2),
			.is_hidden = pick(m, 5) == 0 };
		of = &storage[at->storage];
		at->is_file = !at->is_root && !of->is_network && pick(m, 3) == 0;
		snprintf(at->point, sizeof(at->point), "%s/m%u%s",
			at->is_hidden ? "/hidden" : "", i, at->is_file ? ".file" : "");
		length += (size_t)snprintf(text + length, size - length,
			"%u 1 %s:%u %s %s %s,relatime%s - %s /dev/x%u rw%s\n", 100 + i,
			of->is_network || of->is_memory ? "0" : "8", 50 + at->storage,
			at->is_root ? "/" : "/part", at->point,
			of->is_read_only ? "ro" : "rw", pick(m, 2) ? " shared:7" : "",
			type_of(of), at->storage, pick(m, 2) ? ",data=x" : "");
		storage[at->storage].folders += !at->is_file && !at->is_hidden;
	}
	snprintf(text + length, size - length,
		"1 0 0:1 / / rw - tmpfs none rw\n"
		"99 1 0:2 / /hidden rw - tmpfs none rw\n");
	return count;
}

/* Each storage that can be seen once, by its root where that is mounted, never by a file
 * or by what is hidden; nothing else. */
static void run_mounts(struct machine *m)
{
	static struct fs_mounts mounts;
	static struct mount_line line[MOUNTS_MAX];
	struct storage storage[STORAGES_MAX] = { { .is_image = false } };
	unsigned storages = 1 + pick(m, STORAGES_MAX);
	struct fs_choice choice = { .with_network = pick(m, 2),
		.is_folder = is_made_folder };
	char text[MOUNTS_MAX * 128];
	unsigned count, wanted = 0;

	for (unsigned i = 0; i < storages; i++) {
		storage[i].is_image = pick(m, 6) == 0;
		storage[i].is_network = !storage[i].is_image && pick(m, 6) == 0;
		storage[i].is_memory = !storage[i].is_image && !storage[i].is_network &&
			pick(m, 6) == 0;
		storage[i].is_read_only = pick(m, 3) == 0;
	}
	count = make_mounts(m, storage, storages, line, text, sizeof(text));
	fs_mounts_parse(text, strlen(text), &choice, &mounts);
	for (size_t k = 0; k < mounts.count; k++) {
		const struct fs_mount *mount = &mounts.mount[k];
		const struct mount_line *at = NULL;
		bool has_root = false;

		for (unsigned i = 0; i < count; i++)
			if (!strcmp(line[i].point, mount->point))
				at = &line[i];
		if (!at || at->is_file || at->is_hidden)
			fail_msg("%s is no folder to be seen:\n%s", mount->point, text);
		for (unsigned i = 0; i < count; i++)
			has_root |= line[i].storage == at->storage && line[i].is_root &&
				!line[i].is_hidden;
		if (has_root && !at->is_root)
			fail_msg("%s stands for its root:\n%s", mount->point, text);
		assert_int_equal(
			mount->is_read_only, storage[at->storage].is_read_only);
		storage[at->storage].found++;
	}
	for (unsigned i = 0; i < storages; i++) {
		bool is_wanted = storage[i].folders > 0 && !storage[i].is_image &&
			!storage[i].is_memory &&
			(!storage[i].is_network || choice.with_network);

		if (storage[i].found != is_wanted)
			fail_msg("storage %u was found %u times:\n%s", i,
				storage[i].found, text);
		wanted += is_wanted;
	}
	assert_int_equal(mounts.count, wanted);
}

/* ---- the truth ------------------------------------------------------------------------ */

static double sum_parts(
	const struct part *part, unsigned count, bool is_larger, double scale)
{
	double sum = 0;

	for (unsigned i = 0; i < count; i++)
		if (part[i].is_own)
			sum += scale *
				(is_larger ? fmax(part[i].per_s[0], part[i].per_s[1])
					   : part[i].per_s[0] + part[i].per_s[1]);
	return sum;
}

static double true_mhz(const struct machine *m, unsigned reading)
{
	double sum = 0;

	for (unsigned i = 0; i < cpus_at(m, reading); i++)
		sum += m->busy * m->mhz[i] / m->threads;
	return sum;
}

static double value_of(const struct collect *collect, enum metric_id metric)
{
	const struct snapshot *snapshot = collect_snapshot(collect);

	for (size_t i = 0; i < snapshot->column_count; i++)
		if (snapshot->column[i].metric == metric)
			return snapshot->value[i];
	return NAN;
}

static unsigned known[4], judged[4];

static void compare(const struct machine *m, unsigned reading, unsigned which,
	const char *what, double got, double truth)
{
	judged[which]++;
	if (isnan(got))
		return;
	known[which]++;
	/* counts are whole numbers, one tick, byte or sector an interval either way */
	if (fabs(got - truth) > 0.005 * truth + 320)
		fail_msg("machine %s, reading %u, %s: %.10g, in truth %.10g", m->path,
			reading, what, got, truth);
	if (got == 0 && truth > 1000)
		fail_msg("%s: a known 0 of what moved, %.10g", what, truth);
}

static void run_machine(struct machine *m)
{
	struct collect_options options = { .step_s = STEP_S };
	struct rate_instant now = { .monotonic_ns = 0 };
	struct collect *collect = NULL;
	struct host_root root;

	snprintf(m->path, sizeof(m->path), "/dev/shm/headroom-machine-XXXXXX");
	assert_non_null(mkdtemp(m->path));
	m->is_container = pick(m, 3) == 0;
	m->is_guest = pick(m, 2);
	make_cpus(m);
	make_memory(m);
	make_nics(m);
	make_disks(m);
	if (pick(m, 2))
		put_text(m, "sys/class/net/eth0/speed", "65535\n");
	put_reading(m, 0);
	assert_int_equal(hostroot_open(&root, m->path, NULL), 0);
	assert_int_equal(collect_open(&collect, &root, &options, NULL), 0);
	for (unsigned reading = 0; reading < READINGS; reading++) {
		put_reading(m, reading);
		now.monotonic_ns += (int64_t)STEP_S * 1000000000;
		now.boottime_ns = now.monotonic_ns;
		collect_read(collect, &now);
		if (reading == 0)
			continue;
		/* with reading 4 processors went in the moment after reading 3 */
		compare(m, reading, 0, "CPU MHz",
			value_of(collect, METRIC_CPU_USED_MHZ), true_mhz(m, reading));
		compare(m, reading, 1, "memory bytes",
			value_of(collect, METRIC_MEMORY_USED_BYTES),
			(m->total_kib - fmax(m->available_kib, m->free_kib) -
				m->huge_free * 2048) *
				1024);
		compare(m, reading, 2, "network bit/s",
			value_of(collect, METRIC_NETWORK_DEMAND_BPS),
			sum_parts(m->nic, m->nics, true, 8));
		compare(m, reading, 3, "disk bytes/s",
			value_of(collect, METRIC_DISK_BYTES_PER_S),
			sum_parts(m->disk, m->disks, false, 512));
	}
	collect_close(collect);
	hostroot_close(&root);
	scratch_dir_remove(m->path);
}

static void test_random_machines(void **state)
{
	const char *wanted = getenv("HEADROOM_MACHINES");
	unsigned long count = wanted ? strtoul(wanted, NULL, 10) : 4200;
	uint64_t random = support_seed(11);

	(void)state;
	for (unsigned long i = 0; i < count; i++) {
		struct machine *m = calloc(1, sizeof(*m));

		assert_non_null(m);
		m->random = support_random(&random);
		run_machine(m);
		run_mounts(m);
		free(m);
	}
	/* unknown is honest, and must stay the exception */
	for (size_t i = 0; i < 4; i++)
		assert_true(known[i] * 10 >= judged[i] * 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_machines),
	};

	return cmocka_run_group_tests_name("machines", tests, NULL, NULL);
}
