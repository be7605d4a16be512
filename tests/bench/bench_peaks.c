/*
 * What a peak report costs beside a bare pread of the same files into one 128 KiB
 * buffer (budget: 10 times; both by the process CPU clock, files in the page cache).
 *
 * HEADROOM_BENCH_WORKLOADS: how many (1000: the budget's own size, 4.8 GB below /tmp).
 */
#include "analyze/assess/judged.h"
#include "analyze/estate/load.h"
#include "analyze/peaks/peak.h"
#include "analyze/peaks/peak_percentile.h"
#include "analyze/peaks/peak_window.h"
#include "common/util.h"
#include "schema/rra.h"
#include "store/rrd/row_sums_batch.h"
#include "store/rrd/series_store.h"
#include "store/db/workloads.h"
#include "store/store.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BASE_STEP_S 30
#define DAYS 28
#define ROWS (DAYS * 86400 / BASE_STEP_S)
#define FIRST ((int64_t)1790000040 / 3600 * 3600)
#define BATCH 2880

static const struct {
	const char *name;
	size_t count;
	const char *source[2];
} files[] = { { "memory", 1, { "used_bytes" } }, { "cpu", 1, { "used_mhz" } },
	{ "network", 1, { "demand_bps" } },
	{ "disk", 2, { "bytes_per_s", "ops_per_s" } } };

static double cpu_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void die(const char *what, const struct err *err)
{
	fprintf(stderr, "bench_peaks: %s: %s\n", what, err ? err->text : "");
	exit(1);
}

static uint64_t state = 20261121;

static double uniform(void)
{
	uint64_t z = (state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

/* A day's shape with noise and a rare spike. */
static double value_at(size_t row)
{
	double day = sin((double)row * 2 * 3.14159265 / (86400.0 / BASE_STEP_S));

	return 1e9 * (1.5 + day) * (0.8 + 0.4 * uniform()) * (uniform() < 1e-4 ? 5 : 1);
}

static void make_file(const char *dir, const char *folder, size_t f)
{
	const struct rra_settings keep = { .fine_step_s = 60,
		.fine_keep_s = (uint64_t)DAYS * 86400 };
	static double value[BATCH * 2];
	static int64_t stamp[BATCH];
	struct series_appended appended;
	enum series_outcome outcome;
	struct rra_set archives;
	struct err err = ERR_INIT;
	struct series_spec spec = { .archives = &archives,
		.column = files[f].source,
		.column_count = files[f].count,
		.begin = FIRST };
	struct series_rows given = { .column = files[f].source,
		.column_count = files[f].count,
		.stamp = stamp,
		.value = value,
		.latest = INT64_MAX };

	if (rra_set_daemon(&keep, BASE_STEP_S, true, &archives, &err) < 0 ||
		series_ensure(dir, folder, files[f].name, &spec, &outcome, &err) < 0)
		die(files[f].name, &err);
	for (size_t row = 0; row < ROWS; row += BATCH) {
		for (size_t i = 0; i < BATCH; i++) {
			stamp[i] = FIRST + (int64_t)(row + i + 1) * BASE_STEP_S;
			for (size_t s = 0; s < files[f].count; s++)
				value[i * files[f].count + s] = value_at(row + i);
		}
		given.count = BATCH;
		if (series_append(dir, folder, files[f].name, &given, &appended, &err) <
			0)
			die(files[f].name, &err);
	}
}

static void copy_file(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	ssize_t count;

	if (in < 0 || out < 0)
		die(to, NULL);
	while ((count = copy_file_range(in, NULL, out, NULL, 1 << 24, 0)) > 0)
		;
	if (count < 0)
		die(to, NULL);
	close(in);
	close(out);
}

/* The checksums that the daemon keeps, so that reading them is part of the figure. */
static void sum_files(const char *dir, const char *folder)
{
	struct row_sums_batch *sums;
	struct err err = ERR_INIT;

	if (row_sums_batch_begin(dir, &sums, &err) < 0)
		die("sums", &err);
	for (size_t f = 0; f < ARRAY_LEN(files); f++)
		if (row_sums_batch_add(sums, folder, files[f].name, false, &err) < 0)
			die(files[f].name, &err);
	if (row_sums_batch_open(sums, 0, &err) < 0 ||
		row_sums_batch_commit(sums, &err) < 0)
		die("sums", &err);
	row_sums_batch_end(sums);
}

static void make_store(const char *dir, unsigned workloads)
{
	struct workload first = { .id = 0 }, w;
	struct err err = ERR_INIT;
	struct store *store;
	char name[32], from[PATH_MAX], to[PATH_MAX];

	if (store_open(dir, &store, &err) < 0 || store_begin(store, 1000, &err) < 0)
		die(dir, &err);
	for (unsigned i = 0; i < workloads; i++) {
		snprintf(name, sizeof(name), "host-%04u", i);
		if (store_workload_ensure(store, name, ORIGIN_SAMPLED, BASE_STEP_S, 0,
			    &w, &err) < 0 ||
			store_workload_set_span(store, w.id, FIRST + BASE_STEP_S,
				FIRST + (int64_t)ROWS * BASE_STEP_S, &err) < 0)
			die(name, &err);
		snprintf(to, sizeof(to), "%s/rrd", dir);
		mkdir(to, 0755);
		snprintf(to, sizeof(to), "%s/rrd/%s", dir, w.folder);
		mkdir(to, 0755);
		for (size_t f = 0; f < ARRAY_LEN(files); f++) {
			if (i == 0) {
				make_file(dir, w.folder, f);
				continue;
			}
			snprintf(from, sizeof(from), "%s/rrd/%s/%s.rrd", dir,
				first.folder, files[f].name);
			snprintf(to, sizeof(to), "%s/rrd/%s/%s.rrd", dir, w.folder,
				files[f].name);
			copy_file(from, to);
		}
		if (!getenv("HEADROOM_BENCH_NO_SUMS"))
			sum_files(dir, w.folder);
		if (i == 0)
			first = w;
		else
			workload_done(&w);
	}
	if (store_commit(store, &err) < 0)
		die(dir, &err);
	workload_done(&first);
	store_close(store);
}

/* ---- the floor -------------------------------------------------------------------- */

static char buffer[128 * 1024];
static uint64_t bytes_read;

static int read_entry(const char *path, const struct stat *s, int type, struct FTW *ftw)
{
	size_t length = strlen(path);
	off_t offset = 0;
	ssize_t count;
	int fd;

	(void)s;
	(void)ftw;
	if (type != FTW_F || length < 4 || strcmp(path + length - 4, ".rrd") != 0)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && (count = pread(fd, buffer, sizeof(buffer), offset)) > 0)
		offset += count;
	bytes_read += (uint64_t)offset;
	return fd >= 0 ? close(fd) : 0;
}

static double floor_s(const char *dir)
{
	double begin = cpu_s();

	bytes_read = 0;
	nftw(dir, read_entry, 16, FTW_PHYS);
	return cpu_s() - begin;
}

/* ---- the report ---------------------------------------------------------------------- */

/* The figures alone, or with the sufficiency that `analyze peaks` tells beside them. */
static double report_s(const char *dir, bool is_judged, size_t *ret_slots)
{
	const struct estate_request request = { .data_dir = dir,
		.config_dir = "/nonexistent" };
	struct workload_peaks *peaks = NULL;
	struct workload_judgement *judged = NULL;
	struct estate estate;
	struct err err = ERR_INIT;
	double begin = cpu_s();

	if (estate_open(&request, &estate, &err) < 0 ||
		(is_judged ? judged_read(&estate, &judged, &err)
			   : load_peaks_of(&estate, &peaks, &err)) < 0)
		die("report", &err);
	*ret_slots = 0;
	for (size_t i = 0; i < estate.count; i++)
		for (unsigned r = 0; r < RESOURCE_COUNT; r++)
			*ret_slots += (judged ? judged[i].peaks : peaks[i])
					      .resource[r]
					      .expected;
	free(judged);
	free(peaks);
	estate_close(&estate);
	return cpu_s() - begin;
}

static void parts(void)
{
	static const double p[] = { .5, .9, .95, .99 };
	struct window_best best[] = { { .slots = 5 }, { .slots = 15 }, { .slots = 30 },
		{ .slots = 60 }, { .slots = 240 }, { .slots = 480 } };
	struct series s;
	double got[4], begin;

	series_init(&s, FIRST + 60, 60, 40320, 1);
	for (size_t gaps = 0; gaps < 2; gaps++) {
		for (size_t i = 0; i < s.count; i++) {
			s.mean[i] = gaps && i % 1000 == 0 ? NAN : value_at(2 * i);
			s.minimum[i] = s.mean[i] * 0.9;
			s.maximum[i] = s.mean[i] * 1.1;
		}
		begin = cpu_s();
		for (int n = 0; n < 50; n++)
			peak_windows(&s, best, ARRAY_LEN(best));
		printf("peaks: windows, six lengths%s: %.1f ns a slot\n",
			gaps ? ", with gaps" : "",
			(cpu_s() - begin) / 50 / 40320 * 1e9);
	}
	begin = cpu_s();
	for (int n = 0; n < 50; n++)
		peak_percentiles(s.mean, s.count, p, 4, got);
	printf("peaks: percentiles: %.1f ns a slot\n",
		(cpu_s() - begin) / 50 / 40320 * 1e9);
	series_done(&s);
}

static int remove_entry(
	const char *path, const struct stat *s, int type, struct FTW *ftw)
{
	(void)s;
	(void)type;
	(void)ftw;
	return remove(path);
}

int main(void)
{
	const char *wanted = getenv("HEADROOM_BENCH_WORKLOADS");
	unsigned workloads = wanted ? (unsigned)strtoul(wanted, NULL, 10) : 50;
	char dir[] = "/tmp/headroom-bench-XXXXXX";
	double least_floor = INFINITY, least_report = INFINITY, least_judged = INFINITY;
	size_t slots = 0;

	if (!mkdtemp(dir))
		die(dir, NULL);
	make_store(dir, workloads ? workloads : 1);
	for (int n = 0; n < 3; n++) {
		least_floor = fmin(least_floor, floor_s(dir));
		least_report = fmin(least_report, report_s(dir, false, &slots));
		least_judged = fmin(least_judged, report_s(dir, true, &slots));
	}
	nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	parts();
	printf("peaks: %u workloads x 4 weeks x 5 resources at 60 s: %.0f MB\n",
		workloads, (double)bytes_read / 1e6);
	printf("peaks: pread alone %.3f s, report %.3f s CPU (%.1f ns a slot): ratio %.1f "
	       "(budget 10)\n",
		least_floor, least_report, least_report / (double)slots * 1e9,
		least_report / least_floor);
	printf("peaks: with sufficiency, as `analyze peaks` prints it: %.3f s CPU: ratio "
	       "%.1f\n",
		least_judged, least_judged / least_floor);
	return 0;
}
