/* The sample estate into a store. */
#include "analyze/sample/sample_estate.h"

#include "common/units.h"
#include "common/util.h"
#include "store/db/facts.h"
#include "store/db/imports.h"
#include "store/db/workloads.h"
#include "store/incoming.h"
#include "store/store.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOCK_TIMEOUT_MS 10000
#define SAMPLE_CORE_MHZ 2600
#define SOURCES_MAX 3
#define SOURCE_NAME_BYTES 24

struct sample_file {
	enum metric_file file;
	size_t count;
	struct sample_column {
		enum metric_id metric;
		const char *extreme; /* "_min", "_max"; "": the mean */
		enum sample_source source;
	} column[SOURCES_MAX];
};

static const struct sample_file files[] = {
	{ METRIC_FILE_CPU, 3,
		{ { METRIC_CPU_USED_MHZ, "", SAMPLE_CPU_MHZ },
			{ METRIC_CPU_USED_MHZ, "_min", SAMPLE_CPU_MIN },
			{ METRIC_CPU_USED_MHZ, "_max", SAMPLE_CPU_MAX } } },
	{ METRIC_FILE_MEMORY, 1,
		{ { METRIC_MEMORY_USED_BYTES, "", SAMPLE_MEMORY_BYTES } } },
	{ METRIC_FILE_NETWORK, 3,
		{ { METRIC_NETWORK_DEMAND_BPS, "", SAMPLE_NETWORK_BPS },
			{ METRIC_NETWORK_DEMAND_BPS, "_min", SAMPLE_NETWORK_MIN },
			{ METRIC_NETWORK_DEMAND_BPS, "_max", SAMPLE_NETWORK_MAX } } },
	{ METRIC_FILE_DISK, 2,
		{ { METRIC_DISK_BYTES_PER_S, "", SAMPLE_DISK_BYTES_PER_S },
			{ METRIC_DISK_OPS_PER_S, "", SAMPLE_DISK_OPS_PER_S } } },
};

/* Slots from the first one that is known. */
static size_t first_known(const struct sample_slots *slots)
{
	size_t k = 0;

	while (k + 1 < SAMPLE_SLOTS && isnan(slots->value[SAMPLE_CPU_MHZ][k]))
		k++;
	return k;
}

static int make_archives(struct store *store, const struct sample_slots *slots,
	int64_t end, unsigned *ret_handles, double *rows, struct err *err)
{
	size_t begin = first_known(slots), count = SAMPLE_SLOTS - begin;
	int64_t first = end - (int64_t)(count - 1) * SAMPLE_STEP_S;
	char names[SOURCES_MAX][SOURCE_NAME_BYTES];
	const char *name[SOURCES_MAX];
	int r = 0;

	for (size_t f = 0; r == 0 && f < ARRAY_LEN(files); f++) {
		for (size_t k = 0; k < count; k++)
			for (size_t s = 0; s < files[f].count; s++)
				rows[k * files[f].count + s] =
					slots->value[files[f].column[s].source]
						    [begin + k];
		for (size_t s = 0; s < files[f].count; s++) {
			(void)snprintf(names[s], SOURCE_NAME_BYTES, "%s%s",
				metric_data_source(files[f].column[s].metric),
				files[f].column[s].extreme);
			name[s] = names[s];
		}
		r = store_incoming_rows(store, name, files[f].count, SAMPLE_STEP_S,
			first, count, rows, &ret_handles[f], err);
	}
	return r;
}

/* What its administrator would have stated, so that a verdict can be shown: twice as much
 * memory as it ever used, to a power of 2, and cores for its highest load. */
struct sample_size {
	double memory_gb, cores, disk_gb;
};

static double highest_sample(
	const struct sample_slots *slots, enum sample_source source)
{
	double highest = 0;

	for (size_t k = 0; k < SAMPLE_SLOTS; k++)
		highest =
			fmax(highest, slots->value[source][k]); /* NAN is passed over */
	return highest;
}

static struct sample_size sample_size_of(const struct sample_slots *slots)
{
	double used_gb = highest_sample(slots, SAMPLE_MEMORY_BYTES) / BYTES_PER_GB;
	double cores = highest_sample(slots, SAMPLE_CPU_MAX) / SAMPLE_CORE_MHZ;

	return (struct sample_size){ .memory_gb = exp2(ceil(log2(fmax(1, used_gb)))),
		.cores = 2 * ceil(fmax(1, cores) / 2),
		.disk_gb = 20 + 10 * ceil(used_gb) };
}

static int state_facts(struct store *store, const struct workload *workload,
	size_t index, const struct sample_size *size, int64_t at, struct err *err)
{
	char memory[32], cores[32], mhz[32], disks[64];
	const struct {
		enum fact_id fact;
		const char *value;
	} stated[] = {
		{ FACT_MEMORY_TOTAL_BYTES, memory },
		{ FACT_CPU_CORES, cores },
		{ FACT_CPU_CORE_MHZ, mhz },
		{ FACT_DISKS, disks },
		{ FACT_OS_BITS, "64" },
		{ FACT_OS,
			index % 4 == 3 ? "Windows Server 2019 Standard"
				       : "Debian GNU/Linux 12 (bookworm)" },
		{ FACT_ENVIRONMENT, index % 10 == 9 ? "test" : "production" },
	};
	int r = 0;

	(void)snprintf(memory, sizeof(memory), "%.0f", size->memory_gb * BYTES_PER_GB);
	(void)snprintf(cores, sizeof(cores), "%.0f", size->cores);
	(void)snprintf(mhz, sizeof(mhz), "%d", SAMPLE_CORE_MHZ);
	(void)snprintf(disks, sizeof(disks), "system:40,data:%.0f", size->disk_gb);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(stated); i++)
		r = store_fact_set(store, workload->id, fact_table[stated[i].fact].key,
			stated[i].value, FACT_ORIGIN_IMPORT, at, err);
	return r;
}

static int sample_store_publish(struct store *store, size_t index, int64_t first,
	int64_t last, const unsigned *handles, const struct sample_size *size,
	struct err *err)
{
	struct workload workload;
	int r = store_workload_ensure(store, sample_estate_name(index), ORIGIN_SAMPLE,
		SAMPLE_STEP_S, 0, &workload, err);

	if (r < 0)
		return r;
	for (size_t f = 0; r == 0 && f < ARRAY_LEN(files); f++) {
		r = store_publish(store, handles[f], &workload,
			metric_file_table[files[f].file].name, 0, err);
		if (r == 0)
			r = store_archive_note(store, workload.id,
				metric_file_table[files[f].file].name, err);
	}
	if (r == 0)
		r = store_workload_set_span(store, workload.id, first, last, err);
	if (r == 0)
		r = state_facts(store, &workload, index, size, last, err);
	workload_done(&workload);
	return r;
}

/* 1: the same estate is there already; 0: it may be written. */
static int sample_store_look(struct store *store, int64_t end, struct err *err)
{
	struct workload_list list;
	int r = store_workloads(store, &list, err);
	size_t same = 0;

	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < list.count; i++) {
		if (list.workload[i].origin != ORIGIN_SAMPLE)
			r = err_set(err, -EEXIST,
				"%s holds workloads of yours: the sample estate wants a "
				"store of its own",
				store_dir(store));
		same += list.workload[i].last == end;
	}
	workload_list_done(&list);
	return r < 0 ? r : same == SAMPLE_WORKLOADS;
}

struct sample_work {
	struct sample_slots slots;
	double rows[SAMPLE_SLOTS * SOURCES_MAX];
	unsigned handle[SAMPLE_WORKLOADS][ARRAY_LEN(files)];
	int64_t first[SAMPLE_WORKLOADS];
	struct sample_size size[SAMPLE_WORKLOADS];
};

static int sample_store_write_all(struct store *store, struct sample_work *work,
	uint64_t seed, int64_t end, void (*progress)(void *data, double done_ratio),
	void *data, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < SAMPLE_WORKLOADS; i++) {
		if (progress)
			progress(data, (double)i / SAMPLE_WORKLOADS);
		sample_estate_make(i, seed, end, &work->slots);
		work->size[i] = sample_size_of(&work->slots);
		work->first[i] = end -
			(int64_t)(SAMPLE_SLOTS - 1 - first_known(&work->slots)) *
				SAMPLE_STEP_S;
		r = make_archives(
			store, &work->slots, end, work->handle[i], work->rows, err);
	}
	if (r == 0)
		r = store_begin(store, LOCK_TIMEOUT_MS, err);
	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < SAMPLE_WORKLOADS; i++)
		r = sample_store_publish(store, i, work->first[i], end, work->handle[i],
			&work->size[i], err);
	if (r == 0)
		r = store_commit(store, err);
	if (r < 0)
		store_rollback(store);
	return r;
}

int sample_estate_store(struct store *store, uint64_t seed, int64_t end,
	void (*progress)(void *data, double done_ratio), void *data, struct err *err)
{
	struct sample_work *work;
	int r = sample_store_look(store, end, err);

	if (r != 0)
		return r < 0 ? r : 0;
	work = malloc(sizeof(*work));
	if (!work)
		return err_oom(err);
	r = sample_store_write_all(store, work, seed, end, progress, data, err);
	free(work);
	return r;
}
