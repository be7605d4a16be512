/*
 * A random model of a machine whose truth is known: CPUs with scopes and clocks, hot-plug,
 * adapters and disks of all kinds, memory that contradicts itself, mounts.  A demand that is known
 * is the truth within its bound, and never a 0 of what moved (K1 to K11).
 *
 *	HEADROOM_MACHINES  how many (4200, of which 10^5 figures are judged); HEADROOM_SEED  from which
 */
#include "tests/unit/probes/machines_made.h"

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
