/*
 * A random model of a machine whose truth is known: CPUs with scopes and clocks, hot-plug,
 * adapters and disks of all kinds, memory that contradicts itself or is given back (huge pages,
 * ZFS, balloon), containers with a control group of their own, mounts.  A demand that is known
 * is the truth within its bound, and never a 0 of what moved (K1 to K11).
 *
 *	HEADROOM_MACHINES  how many (10^5); HEADROOM_SEED  from which
 */
#include "tests/unit/probes/machines_made.h"

#include <malloc.h>

enum { MACHINES_ON_DISK = 40 };
#ifdef __SANITIZE_ADDRESS__ /* ten times as slow; the same machines run without it */
enum { MACHINES = 10000 };
#else
enum { MACHINES = 100000 };
#endif

/* ---- mounts ------------------------------------------------------------------------- */

enum { STORAGES_MAX = 8, MOUNTS_MAX = 40 };

/* One disk, volume or image, the folders and files of it that are mounted, and what has
 * to come of it: one of its folders that nothing hides, or nothing. */
struct storage {
	bool is_image, is_network, is_memory, is_pool;
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
		: storage->is_pool    ? "zfs"
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
		char source[32];

		*at = (struct mount_line){ .storage = pick(m, storages),
			.is_root = pick(m, 2),
			.is_hidden = pick(m, 5) == 0 };
		of = &storage[at->storage];
		/* a data set is mounted as a whole, on a device of its own */
		at->is_root |= of->is_pool;
		at->is_file = !at->is_root && !of->is_network && pick(m, 3) == 0;
		snprintf(at->point, sizeof(at->point), "%s/m%u%s",
			at->is_hidden ? "/hidden" : "", i, at->is_file ? ".file" : "");
		if (of->is_pool)
			snprintf(source, sizeof(source), "tank%u%s", at->storage,
				pick(m, 3) ? "/a/b" : "");
		else
			snprintf(source, sizeof(source), "/dev/x%u", at->storage);
		length += (size_t)snprintf(text + length, size - length,
			"%u 1 %s:%u %s %s %s,relatime%s - %s %s rw%s\n", 100 + i,
			of->is_network || of->is_memory || of->is_pool ? "0" : "8",
			of->is_pool ? 200 + i : 50 + at->storage,
			at->is_root ? "/" : "/part", at->point,
			of->is_read_only ? "ro" : "rw", pick(m, 2) ? " shared:7" : "",
			type_of(of), source, pick(m, 2) ? ",data=x" : "");
		storage[at->storage].folders += !at->is_file && !at->is_hidden;
	}
	snprintf(text + length, size - length,
		"1 0 0:1 / / rw - tmpfs none rw\n"
		"99 1 0:2 / /hidden rw - tmpfs none rw\n");
	return count;
}

static unsigned pool_number(const struct fs_mount *mount, unsigned storages)
{
	unsigned number = STORAGES_MAX;

	assert_int_equal(mount->kind, FS_POOL);
	assert_int_equal(sscanf(mount->point, "tank%u", &number), 1);
	assert_true(number < storages);
	return number;
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
	unsigned count, wanted = 0, pools = 0;

	for (unsigned i = 0; i < storages; i++) {
		storage[i].is_image = pick(m, 6) == 0;
		storage[i].is_network = !storage[i].is_image && pick(m, 6) == 0;
		storage[i].is_memory = !storage[i].is_image && !storage[i].is_network &&
			pick(m, 6) == 0;
		storage[i].is_pool = !storage[i].is_image && !storage[i].is_network &&
			!storage[i].is_memory && pick(m, 5) == 0;
		storage[i].is_read_only = pick(m, 3) == 0;
	}
	count = make_mounts(m, storage, storages, line, text, sizeof(text));
	fs_mounts_parse(text, strlen(text), &choice, &mounts);
	for (size_t k = 0; k < mounts.count; k++) {
		const struct fs_mount *mount = &mounts.mount[k];
		const struct mount_line *at = NULL;
		bool has_root = false;

		if (mount->kind == FS_POOL) {
			storage[pool_number(mount, storages)].found++;
			continue;
		}
		for (unsigned i = 0; i < count; i++)
			if (!strcmp(line[i].point, mount->point))
				at = &line[i];
		if (!at || at->is_file || at->is_hidden)
			fail_msg("%s is no folder to be seen:\n%s", mount->point, text);
		if (mount->kind == FS_DATA_SET) {
			/* each once, of the pool that its source names */
			assert_true(storage[at->storage].is_pool);
			assert_int_equal(
				pool_number(&mounts.mount[mount->pool], storages),
				at->storage);
			pools++;
			continue;
		}
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
	assert_int_equal(mounts.count, wanted + pools);
	for (unsigned i = 0; i < storages; i++)
		pools -= storage[i].is_pool ? storage[i].folders : 0;
	assert_int_equal(pools, 0);
}

/* ---- the truth ------------------------------------------------------------------------ */

static double true_network(const struct machine *m)
{
	double sum = 0;

	for (unsigned i = 0; i < m->nics; i++)
		if (m->nic[i].is_own)
			sum += 8 * fmax(m->nic[i].per_s[0], m->nic[i].per_s[1]);
	return sum;
}

/* /proc/diskstats is the host's; what we move is our group's. */
static double true_disk(const struct machine *m)
{
	double sum = 0;

	for (unsigned i = 0; i < m->disks; i++) {
		const struct part *disk = &m->disk[i];
		const double *per_s = is_of_group(m) ? disk->group_s : disk->per_s;

		if (disk->is_own)
			sum += 512 * (per_s[0] + per_s[1]);
	}
	return sum;
}

static double true_mhz(const struct machine *m, unsigned reading)
{
	double sum = 0;

	if (is_of_group(m))
		return m->group_cpus * m->cpus_left * m->mhz[0] / m->threads;
	for (unsigned i = 0; i < cpus_at(m, reading); i++)
		sum += m->busy * m->mhz[i] / m->threads;
	return sum;
}

static double true_memory(const struct machine *m)
{
	double given_back = m->huge_free * 2048 + m->small_free * 64 + m->balloon_kib;

	if (is_of_group(m))
		return m->group_bytes;
	if (m->group == GROUP_UNCLEAR)
		return NAN;
	return (m->total_kib - fmax(m->available_kib, m->free_kib) -
		       (m->is_huge_own ? given_back : 0)) *
		1024 -
		m->arc_bytes;
}

static double value_of(const struct collect *collect, enum metric_id metric)
{
	const struct snapshot *snapshot = collect_snapshot(collect);

	for (size_t i = 0; i < snapshot->column_count; i++)
		if (snapshot->column[i].metric == metric)
			return snapshot->value[i];
	return NAN;
}

enum { CPU, MEMORY, NETWORK, DISK, FIGURES };
static const struct figure {
	const char *name;
	enum metric_id metric;
} figures[FIGURES] = {
	[CPU] = { "CPU MHz", METRIC_CPU_USED_MHZ },
	[MEMORY] = { "memory bytes", METRIC_MEMORY_USED_BYTES },
	[NETWORK] = { "network bit/s", METRIC_NETWORK_DEMAND_BPS },
	[DISK] = { "disk bytes/s", METRIC_DISK_BYTES_PER_S },
};
/* Machines, and those that are containers in a group of their own. */
static unsigned long known[2][FIGURES], judged[2][FIGURES];

static void compare(const struct machine *m, unsigned reading, unsigned which,
	double got, double truth)
{
	judged[m->group != GROUP_NONE][which]++;
	if (isnan(got))
		return;
	if (isnan(truth))
		fail_msg("machine %lu, reading %u, %s: %.10g, which nobody can tell",
			m->number, reading, figures[which].name, got);
	known[m->group != GROUP_NONE][which]++;
	/* counts are whole numbers, one tick, byte or sector an interval either way */
	if (fabs(got - truth) > 0.005 * truth + 320)
		fail_msg("machine %lu, reading %u, %s: %.10g, in truth %.10g",
			m->number, reading, figures[which].name, got, truth);
	if (got == 0 && truth > 1000)
		fail_msg("machine %lu, %s: a known 0 of what moved, %.10g", m->number,
			figures[which].name, truth);
}

/* Below what stands for the root; where its files are is the machine's own. */
static void run_readings(struct machine *m, const char *top, double *got)
{
	struct collect_options options = { .step_s = STEP_S };
	struct rate_instant now = { .monotonic_ns = 0 };
	struct collect *collect = NULL;
	struct host_root root;

	assert_int_equal(hostroot_open(&root, top, NULL), 0);
	assert_int_equal(collect_open(&collect, &root, &options, NULL), 0);
	for (unsigned reading = 0; reading < READINGS; reading++) {
		double truth[FIGURES] = { [CPU] = true_mhz(m, reading),
			[MEMORY] = true_memory(m),
			[NETWORK] = true_network(m),
			[DISK] = true_disk(m) };

		put_reading(m, reading);
		now.monotonic_ns += (int64_t)STEP_S * 1000000000;
		now.boottime_ns = now.monotonic_ns;
		collect_read(collect, &now);
		/* with reading 4 processors went in the moment after reading 3 */
		for (unsigned i = 0; i < FIGURES && reading > 0; i++) {
			*got = value_of(collect, figures[i].metric);
			compare(m, reading, i, *got++, truth[i]);
		}
	}
	collect_close(collect);
	hostroot_close(&root);
}

/* got: what was said, figure by figure. */
static void run_machine(struct machine *m, double *got)
{
	m->is_container = pick(m, 3) == 0;
	m->is_guest = pick(m, 2);
	make_group(m);
	make_cpus(m);
	make_memory(m);
	make_nics(m);
	make_disks(m);
	if (pick(m, 2))
		put_text(m, "sys/class/net/eth0/speed", "65535\n");
	put_reading(m, 0);
	run_readings(m, m->path[0] ? m->path : "/dev", got);
}

static struct machine *machine_new(unsigned long number, uint64_t random)
{
	struct machine *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	m->number = number;
	m->random = random;
	return m;
}

/* The memory in which machines are read is no file system: of some the same is read from
 * one, and has to say the same to the last bit. */
static void run_on_disk(unsigned long number, uint64_t random, const double *in_memory)
{
	struct machine *m = machine_new(number, random);
	double got[FIGURES * READINGS] = { 0 };

	snprintf(m->path, sizeof(m->path), "/dev/shm/headroom-machine-XXXXXX");
	assert_non_null(mkdtemp(m->path));
	run_machine(m, got);
	scratch_dir_remove(m->path);
	assert_memory_equal(got, in_memory, sizeof(got));
	free(m);
}

static unsigned long known_sum(void)
{
	unsigned long sum = 0;

	for (size_t i = 0; i < FIGURES; i++)
		sum += known[0][i] + known[1][i];
	return sum;
}

static void test_random_machines(void **state)
{
	const char *wanted = getenv("HEADROOM_MACHINES");
	unsigned long count = wanted ? strtoul(wanted, NULL, 10) : MACHINES;
	uint64_t random = support_seed(11);

	(void)state;
	for (unsigned long i = 0; i < count; i++) {
		double got[FIGURES * READINGS] = { 0 };
		uint64_t seed = support_random(&random);
		struct machine *m = machine_new(i, seed);

		memory_root_begin();
		run_machine(m, got);
		memory_root_end();
		run_mounts(m);
		free(m);
		if (i < MACHINES_ON_DISK)
			run_on_disk(i, seed, got);
	}
	print_message("%lu machines, %lu figures of them known\n", count, known_sum());
	/* unknown is honest, and must stay the exception; but a group of version 1 counts no
	 * bytes of disks, and some count nothing */
	for (size_t i = 0; i < FIGURES; i++)
		for (size_t of = 0; of < 2; of++)
			assert_true(known[of][i] * 10 >= judged[of][i] * (of ? 3 : 6));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_machines),
	};

	/* tables with room for thousands are zeroed by the kernel, where they are used */
	(void)mallopt(M_MMAP_THRESHOLD, 1 << 18);
	(void)mallopt(M_TRIM_THRESHOLD, 1 << 26);
	return cmocka_run_group_tests_name("machines", tests, NULL, NULL);
}
