/*
 * headroom-pcp: what a PCP archive holds of a machine's load, as the series that
 * node_exporter would have, in the lines of /api/v1/export.  A program of its own, since
 * libpcp reads foreign bytes and is not on every machine; analyze runs it confined.
 *
 *	headroom-pcp meta=FD index=FD 0=FD [1=FD ...]
 *
 * The parts of the archive come as open files; libpcp wants names, so they get links in a
 * folder of their own, which is gone at the end.
 */
#include <pcp/pmapi.h>

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINKS_MAX 16
#define PATH_SIZE 256
#define METRICS_MAX 32
#define NAME_SIZE 200
#define SAMPLES_MAX ((size_t)64 << 20) /* of all series together */
#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

enum label { LABEL_NONE, LABEL_CPU, LABEL_ALL_CPUS, LABEL_DEVICE };

/* A metric and the series it becomes; values in bytes, seconds or counts. */
static const struct pcp_wanted {
	const char *metric, *series;
	enum label label;
	const char *mode; /* of a processor */
} wanted[] = {
	{ "kernel.percpu.cpu.user", "node_cpu_seconds_total", LABEL_CPU, "user" },
	{ "kernel.percpu.cpu.nice", "node_cpu_seconds_total", LABEL_CPU, "nice" },
	{ "kernel.percpu.cpu.sys", "node_cpu_seconds_total", LABEL_CPU, "system" },
	{ "kernel.percpu.cpu.intr", "node_cpu_seconds_total", LABEL_CPU, "irq" },
	{ "kernel.percpu.cpu.steal", "node_cpu_seconds_total", LABEL_CPU, "steal" },
	{ "kernel.all.cpu.user", "node_cpu_seconds_total", LABEL_ALL_CPUS, "user" },
	{ "kernel.all.cpu.nice", "node_cpu_seconds_total", LABEL_ALL_CPUS, "nice" },
	{ "kernel.all.cpu.sys", "node_cpu_seconds_total", LABEL_ALL_CPUS, "system" },
	{ "kernel.all.cpu.intr", "node_cpu_seconds_total", LABEL_ALL_CPUS, "irq" },
	{ "kernel.all.cpu.steal", "node_cpu_seconds_total", LABEL_ALL_CPUS, "steal" },
	{ "mem.physmem", "node_memory_MemTotal_bytes", LABEL_NONE, NULL },
	{ "mem.util.available", "node_memory_MemAvailable_bytes", LABEL_NONE, NULL },
	{ "mem.util.free", "node_memory_MemFree_bytes", LABEL_NONE, NULL },
	{ "network.interface.in.bytes", "node_network_receive_bytes_total",
		LABEL_DEVICE, NULL },
	{ "network.interface.out.bytes", "node_network_transmit_bytes_total",
		LABEL_DEVICE, NULL },
	{ "disk.dev.read_bytes", "node_disk_read_bytes_total", LABEL_DEVICE, NULL },
	{ "disk.dev.write_bytes", "node_disk_written_bytes_total", LABEL_DEVICE, NULL },
	{ "disk.dev.read", "node_disk_reads_completed_total", LABEL_DEVICE, NULL },
	{ "disk.dev.write", "node_disk_writes_completed_total", LABEL_DEVICE, NULL },
};

struct pcp_sample {
	int64_t stamp_ms;
	double value;
};

static const char *const all_times[] = { "kernel.all.cpu.user", "kernel.all.cpu.nice",
	"kernel.all.cpu.sys", "kernel.all.cpu.intr", "kernel.all.cpu.steal",
	"kernel.all.cpu.idle", "kernel.all.cpu.wait.total" };

/* Between two marks of the archive: counters begin anew behind one. */
struct pcp_series {
	const struct pcp_wanted *wanted;
	int instance;
	char name[NAME_SIZE];
	struct pcp_sample *sample;
	size_t count, room;
};

struct pcp_reading {
	pmID id[ARRAY_LEN(wanted)]; /* PM_ID_NULL: it is not in the archive */
	pmDesc desc[ARRAY_LEN(wanted)];
	pmID processors_id; /* hinv.ncpu */
	double processors;  /* 0: not said yet */
	char host[NAME_SIZE];
	struct pcp_series *series;
	size_t count, room, samples;
};

static char folder[] = "/tmp/headroom-pcp-XXXXXX";
static char links[LINKS_MAX][PATH_SIZE];
static unsigned link_count;

static void remove_links(void)
{
	for (unsigned i = 0; i < link_count; i++)
		(void)unlink(links[i]);
	(void)rmdir(folder);
}

static void pcp_fail(const char *what, const char *why) __attribute__((noreturn));
static void pcp_fail(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	remove_links();
	exit(1);
}

static void *grow(void *list, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return list;
	*room = *room ? *room * 2 : 16;
	list = reallocarray(list, *room, size);
	if (!list)
		pcp_fail("memory", "not enough of it");
	return list;
}

/* "meta=5" to a link "archive.meta" to that file. */
static void link_part(const char *word)
{
	const char *equals = strchr(word, '=');
	char target[64];

	if (!equals || equals == word || equals - word > 16 ||
		strspn(equals + 1, "0123456789") != strlen(equals + 1) ||
		strchr(word, '/') || link_count == LINKS_MAX)
		pcp_fail(word, "expected PART=FD");
	snprintf(links[link_count], PATH_SIZE, "%s/archive.%.*s", folder,
		(int)(equals - word), word);
	snprintf(target, sizeof(target), "/proc/self/fd/%.10s", equals + 1);
	if (symlink(target, links[link_count]) < 0)
		pcp_fail(links[link_count], "cannot make it");
	link_count++;
}

/* ---- what is in the archive ----------------------------------------------------------- */

static pmID pcp_metric_id(const char *metric, pmDesc *ret_desc)
{
	char name[NAME_SIZE];
	const char *names[] = { name };
	pmID id = PM_ID_NULL;

	snprintf(name, sizeof(name), "%s", metric);
	if (pmLookupName(1, names, &id) < 0 || pmLookupDesc(id, ret_desc) < 0)
		return PM_ID_NULL;
	return id;
}

static void find_metrics(struct pcp_reading *reading)
{
	bool has_each = false;
	pmDesc desc;

	reading->processors_id = pcp_metric_id("hinv.ncpu", &desc);
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		reading->id[i] = pcp_metric_id(wanted[i].metric, &reading->desc[i]);
		if (wanted[i].label == LABEL_CPU)
			has_each |= reading->id[i] != PM_ID_NULL;
	}
	/* of all processors together only where they are not there one by one */
	for (size_t i = 0; has_each && i < ARRAY_LEN(wanted); i++) {
		if (wanted[i].label == LABEL_ALL_CPUS)
			reading->id[i] = PM_ID_NULL;
	}
}

/* In bytes, seconds, counts; NAN where the units are not of that kind. */
static double canonical(const pmDesc *desc, int format, const pmValue *value)
{
	pmUnits to = desc->units;
	pmAtomValue from, converted;

	if (pmExtractValue(format, value, desc->type, &from, PM_TYPE_DOUBLE) < 0)
		return NAN;
	if (to.dimSpace)
		to.scaleSpace = PM_SPACE_BYTE;
	if (to.dimTime)
		to.scaleTime = PM_TIME_SEC;
	if (pmConvScale(PM_TYPE_DOUBLE, &from, &desc->units, &converted, &to) < 0)
		return NAN;
	return converted.d;
}

static struct pcp_series *find_series(struct pcp_reading *reading,
	const struct pcp_wanted *what, const pmDesc *desc, int instance)
{
	struct pcp_series *series;
	char *name = NULL;

	for (size_t i = 0; i < reading->count; i++) {
		series = &reading->series[i];
		if (series->wanted == what && series->instance == instance)
			return series;
	}
	reading->series = grow(reading->series, reading->count, &reading->room,
		sizeof(*reading->series));
	series = &reading->series[reading->count++];
	*series = (struct pcp_series){ .wanted = what, .instance = instance };
	if (what->label == LABEL_ALL_CPUS)
		snprintf(series->name, NAME_SIZE, "all");
	else if (desc->indom != PM_INDOM_NULL &&
		pmNameInDomArchive(desc->indom, instance, &name) >= 0) {
		snprintf(series->name, NAME_SIZE, "%s", name);
		free(name);
	}
	return series;
}

static void take_pcp_values(struct pcp_reading *reading, size_t number,
	const pmValueSet *values, int64_t stamp_ms)
{
	const struct pcp_wanted *what = &wanted[number];

	for (int i = 0; i < values->numval; i++) {
		double value = canonical(
			&reading->desc[number], values->valfmt, &values->vlist[i]);
		struct pcp_series *series;

		if (what->label == LABEL_ALL_CPUS)
			value = reading->processors > 0 ? value / reading->processors
							: NAN;
		if (isnan(value) || ++reading->samples > SAMPLES_MAX)
			continue;
		series = find_series(
			reading, what, &reading->desc[number], values->vlist[i].inst);
		series->sample = grow(series->sample, series->count, &series->room,
			sizeof(*series->sample));
		series->sample[series->count++] =
			(struct pcp_sample){ stamp_ms, value };
	}
}

/* ---- how many processors there are ---------------------------------------------------- */

/* Where nobody says it, what all of them did and did not do in a second of the archive. */
struct pcp_counting {
	pmID id[ARRAY_LEN(all_times)];
	pmDesc desc[ARRAY_LEN(all_times)];
	double first_s, first, last_s,
		last; /* the sum at two times; first_s 0: none yet */
};

static void count_record(struct pcp_reading *reading, struct pcp_counting *counting,
	const pmResult *result)
{
	double sum = 0;
	unsigned found = 0;

	for (int i = 0; i < result->numpmid; i++) {
		const pmValueSet *values = result->vset[i];
		pmAtomValue atom;

		if (values->numval != 1)
			continue;
		if (values->pmid == reading->processors_id &&
			pmExtractValue(values->valfmt, &values->vlist[0], PM_TYPE_U32,
				&atom, PM_TYPE_DOUBLE) >= 0)
			reading->processors = atom.d;
		for (size_t k = 0; k < ARRAY_LEN(all_times); k++) {
			if (counting->id[k] == PM_ID_NULL ||
				values->pmid != counting->id[k])
				continue;
			sum += canonical(
				&counting->desc[k], values->valfmt, &values->vlist[0]);
			found++;
		}
	}
	/* user, system and idle at least, in one record */
	if (found < 3 || isnan(sum))
		return;
	counting->last_s = (double)result->timestamp.tv_sec +
		(double)result->timestamp.tv_usec / 1e6;
	counting->last = sum;
	if (counting->first_s == 0) {
		counting->first_s = counting->last_s;
		counting->first = sum;
	}
}

/* Up to the first mark: counters may begin anew behind it. */
static void count_processors(struct pcp_reading *reading)
{
	struct pcp_counting counting = { .first_s = 0 };
	pmResult *result;

	for (size_t k = 0; k < ARRAY_LEN(all_times); k++)
		counting.id[k] = pcp_metric_id(all_times[k], &counting.desc[k]);
	while (reading->processors == 0 && pmFetchArchive(&result) >= 0) {
		bool is_mark = result->numpmid == 0;

		count_record(reading, &counting, result);
		pmFreeResult(result);
		if (is_mark)
			break;
	}
	if (reading->processors == 0 && counting.last_s > counting.first_s)
		reading->processors = rint((counting.last - counting.first) /
			(counting.last_s - counting.first_s));
}

static void take_pcp_record(struct pcp_reading *reading, const pmResult *result)
{
	int64_t stamp_ms = (int64_t)result->timestamp.tv_sec * 1000 +
		result->timestamp.tv_usec / 1000;

	for (int i = 0; i < result->numpmid; i++) {
		for (size_t k = 0; k < ARRAY_LEN(wanted); k++) {
			if (reading->id[k] != PM_ID_NULL &&
				result->vset[i]->pmid == reading->id[k])
				take_pcp_values(reading, k, result->vset[i], stamp_ms);
		}
	}
}

/* ---- lines ------------------------------------------------------------------------------ */

static void print_text(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			putchar('\\');
		putchar(c < ' ' || c >= 0x7f ? '?' : (int)c);
	}
	putchar('"');
}

static void print_series(
	const struct pcp_reading *reading, const struct pcp_series *series)
{
	fputs("{\"metric\":{\"__name__\":", stdout);
	print_text(series->wanted->series);
	fputs(",\"instance\":", stdout);
	print_text(reading->host);
	if (series->wanted->mode) {
		fputs(",\"cpu\":", stdout);
		print_text(series->name);
		fputs(",\"mode\":", stdout);
		print_text(series->wanted->mode);
	} else if (series->wanted->label == LABEL_DEVICE) {
		fputs(",\"device\":", stdout);
		print_text(series->name);
	}
	fputs("},\"values\":[", stdout);
	for (size_t i = 0; i < series->count; i++)
		printf("%s%.17g", i ? "," : "", series->sample[i].value);
	fputs("],\"timestamps\":[", stdout);
	for (size_t i = 0; i < series->count; i++)
		printf("%s%lld", i ? "," : "", (long long)series->sample[i].stamp_ms);
	puts("]}");
}

/* At a mark, and at the end. */
static void print_all(struct pcp_reading *reading)
{
	for (size_t i = 0; i < reading->count; i++) {
		if (reading->series[i].count > 0)
			print_series(reading, &reading->series[i]);
		free(reading->series[i].sample);
	}
	reading->count = 0;
}

static void read_archive(struct pcp_reading *reading)
{
	char path[PATH_SIZE];
	pmLogLabel label;
	pmResult *result;
	int r;

	snprintf(path, sizeof(path), "%s/archive", folder);
	r = pmNewContext(PM_CONTEXT_ARCHIVE, path);
	if (r >= 0)
		r = pmGetArchiveLabel(&label);
	if (r < 0)
		pcp_fail("archive", pmErrStr(r));
	snprintf(reading->host, sizeof(reading->host), "%s", label.ll_hostname);
	find_metrics(reading);
	count_processors(reading);
	r = pmSetMode(PM_MODE_FORW, &label.ll_start, 0);
	if (r < 0)
		pcp_fail("archive", pmErrStr(r));
	while ((r = pmFetchArchive(&result)) >= 0) {
		if (result->numpmid == 0)
			print_all(reading); /* a mark: the recording was interrupted */
		else
			take_pcp_record(reading, result);
		pmFreeResult(result);
	}
	print_all(reading);
	free(reading->series);
	/* an archive that was cut has what it has; another fault is told */
	if (r != PM_ERR_EOL && r != PM_ERR_LOGREC)
		pcp_fail("archive", pmErrStr(r));
}

int main(int argc, char **argv)
{
	struct pcp_reading reading = { .processors = 0 };

	if (argc < 4) {
		fprintf(stderr,
			"usage: headroom-pcp meta=FD index=FD 0=FD [1=FD ...]\n");
		return 2;
	}
	if (!mkdtemp(folder)) {
		perror(folder);
		return 1;
	}
	for (int i = 1; i < argc; i++)
		link_part(argv[i]);
	read_archive(&reading);
	remove_links();
	return fflush(stdout) == 0 ? 0 : 1;
}
