/*
 * What the store costs, in CPU time of this process: samples written per second and
 * core, and reading beside a bare pread of the same rows in the same run.
 *
 *	build/bench/bench_store [seconds a part, default 2]
 *
 * Beside it rrdcached on files of the same archives, where it is installed (RRDCACHED
 * names the program).
 */
#include "store/rrd/number.h"
#include "store/dir/data_dir.h"
#include "store/rrd/rrd_file.h"
#include "store/rrd/series_store.h"
#include "store/db/workloads.h"

#include "common/util.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <math.h>
#include <rrd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define START 1700006400 /* a multiple of 3600 */
#define WIDE 50
#define BATCH_ROWS 360 /* an hour at 10 s */
#define FILES 20
#define READ_SOURCES 4
#define READ_SPAN_S (28 * 86400)

static double cpu_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void check(int r, const struct err *err)
{
	if (r >= 0)
		return;
	fprintf(stderr, "bench_store: %s\n", err->text);
	exit(1);
}

static uint64_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 11;
}

static void fill(double *value, size_t count, uint64_t *random)
{
	/* half are bytes (whole numbers), half are rates */
	for (size_t i = 0; i < count; i++)
		value[i] = i % 2 ? (double)(next_random(random) >> 18)
				 : (double)next_random(random) * 1e-9;
}

/* ---- writing --------------------------------------------------------------------------- */

static struct rra_set anchor_archive_set(unsigned step_s)
{
	/* the one of the published measurements: 1 min x 5 weeks, 1 h x 2 years */
	struct rra_set archives = { .step_s = step_s,
		.heartbeat_s = 3 * step_s,
		.xff = 0.5,
		.rra = { { RRA_AVERAGE, 60 / step_s, 50400 },
			{ RRA_MAX, 60 / step_s, 50400 },
			{ RRA_AVERAGE, 3600 / step_s, 17520 },
			{ RRA_MAX, 3600 / step_s, 17520 } },
		.count = 4 };

	return archives;
}

static char wide_names[WIDE][8];
static const char *wide_source[WIDE];

static void make_wide(
	const char *dir, const char *folder, const struct rra_set *archives)
{
	struct series_spec spec = { .archives = archives,
		.column = wide_source,
		.column_count = WIDE,
		.begin = START };
	enum series_outcome outcome = SERIES_UNCHANGED;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < WIDE; i++) {
		snprintf(wide_names[i], sizeof(wide_names[i]), "s%u", (unsigned)i);
		wide_source[i] = wide_names[i];
	}
	check(series_ensure(dir, folder, "f", &spec, &outcome, &err), &err);
}

static void bench_writer(const char *dir, const char *folder, const char *label,
	const struct rra_set *archives, double budget, double seconds)
{
	int64_t stamp[BATCH_ROWS];
	double *value = calloc(BATCH_ROWS * WIDE, sizeof(*value));
	struct series_rows given = { .column = wide_source,
		.column_count = WIDE,
		.stamp = stamp,
		.value = value,
		.count = BATCH_ROWS,
		.latest = INT64_MAX };
	struct series_appended appended;
	struct err err = ERR_INIT;
	uint64_t random = 1, rows = 0;
	int64_t at = START;
	double start = 0, used = 0;

	start = cpu_s();
	make_wide(dir, folder, archives);
	printf("create %-42s %8.0f ms\n", label, 1e3 * (cpu_s() - start));
	fill(value, BATCH_ROWS * WIDE, &random);
	while (used < seconds) {
		for (size_t i = 0; i < BATCH_ROWS; i++)
			stamp[i] = at += archives->step_s;
		start = cpu_s();
		check(series_append(dir, folder, "f", &given, &appended, &err), &err);
		used += cpu_s() - start;
		rows += BATCH_ROWS;
	}
	printf("write  %-42s %8.0f samples/s of %d values (budget %.0f: %.2f of it)\n",
		label, (double)rows / used, WIDE, budget, (double)rows / used / budget);
	free(value);
}

/* ---- rrdcached on a file of the same archives ---------------------------------------------- */

/* The program, from RRDCACHED or the usual places; NULL: not installed. */
static const char *rrdcached_path(void)
{
	static const char *const places[] = { "/usr/bin/rrdcached",
		"/usr/sbin/rrdcached", "/usr/local/bin/rrdcached" };
	const char *given = getenv("RRDCACHED");

	if (given)
		return given;
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (access(places[i], X_OK) == 0)
			return places[i];
	return NULL;
}

static double cpu_of_s(pid_t pid)
{
	struct timespec used = { .tv_sec = 0 };
	clockid_t clock = 0;

	if (clock_getcpuclockid(pid, &clock) == 0)
		clock_gettime(clock, &used);
	return (double)used.tv_sec + 1e-9 * (double)used.tv_nsec;
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(address.sun_path))
		return -1;
	memcpy(address.sun_path, path, strlen(path) + 1);
	for (int tries = 0; tries < 200; tries++) {
		if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) ==
			0)
			return fd;
		usleep(10000);
	}
	close(fd);
	return -1;
}

static void send_all(int fd, const char *text, size_t size)
{
	while (size > 0) {
		ssize_t done = write(fd, text, size);

		if (done <= 0)
			exit(1);
		text += done;
		size -= (size_t)done;
	}
}

/* "0 ...": done without an error. */
static void expect_ok(int fd)
{
	char line[512] = "";

	for (size_t i = 0; i + 1 < sizeof(line); i++) {
		if (read(fd, &line[i], 1) != 1)
			exit(1);
		if (line[i] == '\n')
			break;
	}
	if (line[0] != '0') {
		fprintf(stderr, "bench_store: rrdcached: %s", line);
		exit(1);
	}
}

/* One sample a command, 256 commands a BATCH, as a collector's client would. */
static void send_samples(int fd, const char *file, unsigned step_s, uint64_t samples)
{
	static char text[256 * 2048];
	double value[WIDE];
	uint64_t random = 1;
	int64_t at = START;

	fill(value, WIDE, &random);
	while (samples > 0) {
		size_t used = 0;

		send_all(fd, "BATCH\n", 6);
		expect_ok(fd);
		for (int i = 0; i < 256 && samples > 0; i++, samples--) {
			used += (size_t)snprintf(text + used, sizeof(text) - used,
				"UPDATE %s %lld", file, (long long)(at += step_s));
			for (size_t k = 0; k < WIDE; k++) {
				text[used++] = ':';
				used += number_write(text + used, value[k]);
			}
			text[used++] = '\n';
		}
		send_all(fd, text, used);
		send_all(fd, ".\n", 2);
		expect_ok(fd);
	}
}

/* All of it is in the file. */
static void check_last(const char *dir, const char *file, int64_t last)
{
	char path[PATH_MAX];
	struct rrd_file rrd;
	struct err err = ERR_INIT;

	snprintf(path, sizeof(path), "%s/rrd/%s", dir, file);
	check(rrd_file_open(path, &rrd, &err), &err);
	if (rrd.last_update != last) {
		fprintf(stderr,
			"bench_store: rrdcached has stored up to %lld of %lld\n",
			(long long)rrd.last_update, (long long)last);
		exit(1);
	}
	rrd_file_close(&rrd);
}

static void bench_rrdcached(const char *dir, const char *folder, const char *label,
	const struct rra_set *archives, uint64_t samples)
{
	char address[PATH_MAX], base[PATH_MAX], file[64], line[128],
		unix_address[PATH_MAX + 8];
	const char *program = rrdcached_path();
	double begin = 0, used = 0;
	pid_t pid = 0;
	int fd = -1;

	if (!program) {
		printf("write  %-42s not installed; measured before: 39000 samples/s\n",
			"rrdcached");
		return;
	}
	make_wide(dir, folder, archives);
	snprintf(address, sizeof(address), "%s/socket", dir);
	snprintf(unix_address, sizeof(unix_address), "unix:%s", address);
	snprintf(base, sizeof(base), "%s/rrd", dir);
	snprintf(file, sizeof(file), "%s/f.rrd", folder);
	pid = fork();
	if (pid == 0) {
		execl(program, program, "-g", "-l", unix_address, "-b", base, "-B",
			"-w", "86400", "-f", "172800", (char *)NULL);
		_exit(127);
	}
	fd = connect_to(address);
	if (fd < 0) {
		printf("write  %-42s did not start\n", "rrdcached");
	} else {
		begin = cpu_s();
		send_samples(fd, file, archives->step_s, samples);
		snprintf(line, sizeof(line), "FLUSH %s\n", file);
		send_all(fd, line, strlen(line));
		expect_ok(fd);
		check_last(dir, file, START + (int64_t)(samples * archives->step_s));
		used = cpu_s() - begin + cpu_of_s(pid);
		printf("write  rrdcached, %-31s %8.0f samples/s of %d values (client, daemon "
		       "and flush)\n",
			label, (double)samples / used, WIDE);
		close(fd);
	}
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
}

/* ---- reading --------------------------------------------------------------------------- */

static const char *const read_sources[READ_SOURCES] = { "used", "total", "free",
	"swap" };

/* Files of the default archives whose 60 s rows are all known. */
static void make_read_files(const char *dir)
{
	struct rra_set archives;
	struct err err = ERR_INIT;
	uint64_t random = 2;

	check(rra_set_daemon(&rra_settings_default, 10, true, &archives, &err), &err);
	for (int i = 0; i < FILES; i++) {
		struct series_spec spec = { .archives = &archives,
			.column = read_sources,
			.column_count = READ_SOURCES,
			.begin = START };
		enum series_outcome outcome = SERIES_UNCHANGED;
		char folder[16], path[PATH_MAX];
		double block[4096];
		struct rrd_file file;
		int fd = -1;

		snprintf(folder, sizeof(folder), "host%d", i);
		check(series_ensure(dir, folder, "memory", &spec, &outcome, &err),
			&err);
		check(path_series(dir, folder, "memory", path, sizeof(path), &err),
			&err);
		check(rrd_file_open(path, &file, &err), &err);
		fd = open(path, O_WRONLY);
		for (off_t at = (off_t)file.header_bytes;
			at < (off_t)file.size_bytes;) {
			size_t size = sizeof(block);

			if ((off_t)file.size_bytes - at < (off_t)size)
				size = (size_t)((off_t)file.size_bytes - at);
			fill(block, sizeof(block) / sizeof(*block), &random);
			if (pwrite(fd, block, size, at) != (ssize_t)size)
				exit(1);
			at += (off_t)size;
		}
		close(fd);
		rrd_file_close(&file);
	}
}

static size_t read_floor(const char *dir, double *block, struct rrd_file *files)
{
	size_t values = 0;

	(void)dir;
	for (int i = 0; i < FILES; i++) {
		for (enum rra_cf cf = RRA_AVERAGE; cf <= RRA_MAX; cf++) {
			int archive = rrd_file_find_archive(&files[i], cf, 60);
			off_t at = (off_t)files[i].archive[archive].offset_bytes;
			size_t left = READ_SPAN_S / 60 * READ_SOURCES * sizeof(double);

			while (left > 0) {
				size_t now =
					left < RRD_BLOCK_BYTES ? left : RRD_BLOCK_BYTES;

				if (pread(files[i].fd, block, now, at) != (ssize_t)now)
					exit(1);
				at += (off_t)now;
				left -= now;
				values += now / sizeof(double);
			}
		}
	}
	return values;
}

static size_t read_blocks(double *block, struct rrd_file *files, double *sum)
{
	size_t values = 0;
	struct err err = ERR_INIT;

	for (int i = 0; i < FILES; i++) {
		for (enum rra_cf cf = RRA_AVERAGE; cf <= RRA_MAX; cf++) {
			struct rrd_rows rows;
			int r = 0;

			rrd_rows_begin(&rows, &files[i],
				(size_t)rrd_file_find_archive(&files[i], cf, 60),
				START - READ_SPAN_S, START);
			while ((r = rrd_rows_next(
					&rows, block, RRD_BLOCK_BYTES, &err)) > 0) {
				values += rows.count * rows.stride;
				*sum += block[0];
			}
			check(r, &err);
		}
	}
	return values;
}

static size_t read_series_of(struct store *store, size_t source_count, double *sum)
{
	size_t values = 0;
	struct err err = ERR_INIT;

	for (int i = 0; i < FILES; i++) {
		char folder[16];
		struct workload workload = {
			.name = folder, .folder = folder, .step_s = 10
		};

		snprintf(folder, sizeof(folder), "host%d", i);
		for (size_t k = 0; k < source_count; k++) {
			struct series series;

			check(store_read_series(store, &workload, "memory",
				      read_sources[k], 60, START - READ_SPAN_S, START,
				      &series, &err),
				&err);
			*sum += series.maximum[0];
			values += 3 * series.count;
			series_done(&series);
		}
	}
	return values;
}

static size_t read_librrd(const char *dir, double *sum)
{
	static const char *const functions[] = { "AVERAGE", "MIN", "MAX" };
	size_t values = 0;

	for (int i = 0; i < FILES; i++) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s/rrd/host%d/memory.rrd", dir, i);
		for (size_t k = 0; k < ARRAY_LEN(functions); k++) {
			time_t from = START - READ_SPAN_S, to = START;
			unsigned long step = 60, count = 0;
			rrd_value_t *data = NULL;
			char **names = NULL;

			if (rrd_fetch_r(path, functions[k], &from, &to, &step, &count,
				    &names, &data) != 0)
				exit(1);
			values += (size_t)((to - from) / (time_t)step) * count;
			*sum += data[0];
			for (unsigned long n = 0; n < count; n++)
				rrd_freemem(names[n]);
			rrd_freemem(names);
			rrd_freemem(data);
		}
	}
	return values;
}

static void bench_reader(const char *dir, double seconds)
{
	static double block[RRD_BLOCK_BYTES / sizeof(double)];
	struct rrd_file files[FILES];
	struct store *store = NULL;
	struct err err = ERR_INIT;
	double sum = 0, floor_ns = 0;

	make_read_files(dir);
	check(store_open(dir, &store, &err), &err);
	for (int i = 0; i < FILES; i++) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s/rrd/host%d/memory.rrd", dir, i);
		check(rrd_file_open(path, &files[i], &err), &err);
	}
	for (int part = 0; part < 5; part++) {
		static const char *const label[] = {
			"pread into one 128 KiB buffer (floor)", "block iterator",
			"store_read_series, 1 of 4 sources",
			"store_read_series, all 4 sources", "rrd_fetch_r"
		};
		double start = 0, used = 0;
		size_t values = 0;

		while (used < seconds / 4) {
			start = cpu_s();
			values += part == 0 ? read_floor(dir, block, files)
				: part == 1 ? read_blocks(block, files, &sum)
				: part == 2 ? 4 * read_series_of(store, 1, &sum)
				: part == 3 ? read_series_of(store, READ_SOURCES, &sum)
					    : read_librrd(dir, &sum);
			used += cpu_s() - start;
		}
		if (part == 0)
			floor_ns = 1e9 * used / (double)values;
		printf("read   %-42s %8.2f ns/value in the files, %.1f x the floor\n",
			label[part], 1e9 * used / (double)values,
			1e9 * used / (double)values / floor_ns);
	}
	for (int i = 0; i < FILES; i++)
		rrd_file_close(&files[i]);
	store_close(store);
	if (isnan(sum))
		puts("");
}

static int remove_entry(
	const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)status;
	(void)type;
	(void)where;
	return remove(path);
}

int main(int argc, char **argv)
{
	char dir[] = "/tmp/headroom-bench.XXXXXX";
	double seconds = argc > 1 ? strtod(argv[1], NULL) : 2;
	struct rra_set archives;
	struct err err = ERR_INIT;

	if (!mkdtemp(dir))
		return 1;
	archives = anchor_archive_set(10);
	bench_writer(dir, "anchor", "one wide file, 4 archives, 10 s", &archives,
		100000, seconds);
	bench_rrdcached(dir, "anchor-cached", "4 archives, 10 s", &archives,
		(uint64_t)(20000 * seconds));
	archives = anchor_archive_set(60);
	bench_writer(dir, "anchor60", "one wide file, 4 archives, 60 s", &archives,
		100000, seconds);
	check(rra_set_daemon(&rra_settings_default, 10, true, &archives, &err), &err);
	bench_writer(dir, "own", "7 archives of the daemon, 10 s", &archives, 40000,
		seconds);
	bench_rrdcached(dir, "own-cached", "7 archives of the daemon, 10 s", &archives,
		(uint64_t)(20000 * seconds));
	check(rra_set_daemon(&rra_settings_default, 1, true, &archives, &err), &err);
	bench_writer(dir, "own1", "7 archives of the daemon, 1 s", &archives, 40000,
		seconds);
	bench_reader(dir, seconds);
	nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	return 0;
}
