/* Where readings, parts and facts go while an import reads its files. */
#include "analyze/import/import_run.h"

#include "common/array.h"
#include "schema/fact.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PROGRESS_EVERY_ROWS 20000
/* All tables of parts together: 8 MiB, twice that with the room of those that grow. */
#define PART_VALUES_MAX ((size_t)1 << 20)
#define PARTS_MEMORY_BYTES ((size_t)8 << 20)
/* What the sample or the person said is no import's to say. */
#define FACT_VALUE_MAX 4096

void import_show_progress(struct import_run *run, const char *detail)
{
	uint64_t done = run->bytes_done + (run->bytes ? bytes_count(run->bytes) : 0);

	if (run->request->progress && run->bytes_total > 0)
		run->request->progress(run->request->progress_data,
			(double)done / (double)run->bytes_total, detail);
}

static int sink_find_workload(struct import_sink *sink, const char *name, size_t length,
	uint32_t *ret_workload, struct err *err)
{
	struct import_run *run = (struct import_run *)sink;
	uint32_t number;
	int r;

	r = names_number(
		&run->names, name, length, run->request->workloads_max, &number);
	if (r == -EMFILE)
		return err_set(err, -EFBIG,
			"expected at most %u workloads in one import, found more "
			"(--max-workloads sets the limit)",
			run->request->workloads_max);
	if (r < 0)
		return err_oom(err);
	*ret_workload = number - run->base;
	return 0;
}

static int sink_put(struct import_sink *sink, uint32_t workload,
	const struct reading *reading, struct err *err)
{
	struct import_run *run = (struct import_run *)sink;

	if (++run->report->rows % PROGRESS_EVERY_ROWS == 0)
		import_show_progress(
			run, run->report->file[run->report->files - 1].path);
	if (sink->account)
		sink->account->readings++;
	return spool_put(run->spool, workload, reading, err);
}

struct import_brought *import_brought_of(
	struct import_run *run, uint32_t workload, struct err *err)
{
	uint32_t number = run->base + workload;
	uint32_t room = run->brought_room ? run->brought_room : 64;
	struct import_brought *grown;

	if (number < run->brought_room)
		return &run->brought[number];
	while (room <= number)
		room *= 2;
	grown = reallocarray(run->brought, room, sizeof(*grown));
	if (!grown) {
		err_oom(err);
		return NULL;
	}
	memset(grown + run->brought_room, 0,
		(room - run->brought_room) * sizeof(*grown));
	run->brought = grown;
	run->brought_room = room;
	return &grown[number];
}

void import_brought_done(struct import_brought *brought)
{
	for (size_t i = 0; i < brought->facts; i++)
		free(brought->fact[i].value);
	free(brought->fact);
	part_table_free(brought->parts);
	*brought = (struct import_brought){ .fact = NULL };
}

static int sink_find_part(struct import_sink *sink, uint32_t workload, enum part part,
	unsigned kind, const char *instance, size_t length, uint32_t *ret_column,
	struct err *err)
{
	struct import_brought *brought =
		import_brought_of((struct import_run *)sink, workload, err);
	int r = 0;

	if (!brought)
		return -ENOMEM;
	if (!brought->parts)
		r = part_table_new(&brought->parts, err);
	return r < 0 ? r
		     : part_columns_find(part_table_columns(brought->parts), part, kind,
			       instance, length, ret_column, err);
}

/* Beyond what the tables may hold together, a value waits in a nameless file until its
 * workload's turn: as a reading whose cells are the column and the value. */
enum { ASIDE_COLUMN, ASIDE_VALUE };

static int put_aside(struct import_run *run, uint32_t workload, uint32_t column,
	int64_t stamp, double value, struct err *err)
{
	struct reading reading;
	int r = run->parts ? 0
			   : spool_new(store_dir(run->store), PARTS_MEMORY_BYTES,
				     &run->parts, err);

	reading.known = 0;
	reading.stamp = stamp;
	reading_set(&reading, ASIDE_COLUMN, column);
	reading_set(&reading, ASIDE_VALUE, value);
	return r < 0 ? r : spool_put(run->parts, run->base + workload, &reading, err);
}

/* Back into the workload's table, behind what is there: the first of a stamp counts. */
static int take_aside(struct import_run *run, uint32_t workload,
	struct part_table *table, struct err *err)
{
	struct reading_block block = { .bytes = NULL };
	const char *at;
	int r = run->parts ? spool_load(run->parts, run->base + workload, &block, err)
			   : 0;

	at = block.bytes;
	for (size_t i = 0; r >= 0 && i < block.count; i++) {
		const struct packed_reading *aside = (const void *)at;

		r = part_table_put(table, (uint32_t)aside->value[ASIDE_COLUMN],
			aside->stamp, aside->value[ASIDE_VALUE], err);
		at += packed_reading_bytes(aside->known);
	}
	reading_block_done(&block);
	return r;
}

static int sink_put_part(struct import_sink *sink, uint32_t workload, uint32_t column,
	int64_t stamp, double value, struct err *err)
{
	struct import_run *run = (struct import_run *)sink;
	struct import_brought *brought;

	if (sink->account && !isnan(value) &&
		++sink->account->readings % PROGRESS_EVERY_ROWS == 0)
		import_show_progress(
			run, run->report->file[run->report->files - 1].path);
	if (run->part_values >= PART_VALUES_MAX)
		return put_aside(run, workload, column, stamp, value, err);
	brought = &run->brought[run->base + workload];
	run->part_values++;
	brought->values++;
	return part_table_put(brought->parts, column, stamp, value, err);
}

/* A value that the fact table would not take is the file's fault, not the person's. */
static int check_fact(
	const char *key, const char *value, enum fact_id *ret_fact, struct err *err)
{
	struct fact_value parsed = { .is_known = false };
	int fact = fact_find(key, NULL), r;

	if (fact < 0)
		return err_set(err, -EINVAL, "no fact is called \"%.60s\"", key);
	r = fact_parse((enum fact_id)fact, value, &parsed, err);
	if (r < 0)
		return r;
	fact_value_done(&parsed);
	*ret_fact = (enum fact_id)fact;
	return 0;
}

static int sink_put_fact(struct import_sink *sink, uint32_t workload, const char *key,
	const char *value, struct err *err)
{
	struct import_brought *brought =
		import_brought_of((struct import_run *)sink, workload, err);
	enum fact_id fact;
	char *copy;
	size_t at = 0;
	int r;

	if (!brought)
		return -ENOMEM;
	r = check_fact(key, value, &fact, err);
	if (r < 0)
		return r;
	copy = strndup(value, FACT_VALUE_MAX);
	if (!copy)
		return err_oom(err);
	if (sink->account)
		sink->account->facts++;
	while (at < brought->facts && brought->fact[at].fact != fact)
		at++;
	if (at < brought->facts) {
		free(brought->fact[at].value);
		brought->fact[at].value = copy;
		return 0;
	}
	if (ARRAY_EXTEND(brought->fact, brought->facts) < 0) {
		free(copy);
		return err_oom(err);
	}
	brought->fact[brought->facts++] = (struct import_fact){ fact, copy };
	return 0;
}

static int sink_put_host(
	struct import_sink *sink, const struct import_host *host, struct err *err)
{
	struct import_report *report = ((struct import_run *)sink)->report;

	if (report->hosts == IMPORT_HOSTS_MAX)
		return err_set(err, -EFBIG, "expected at most %d hosts, found more",
			IMPORT_HOSTS_MAX);
	if (ARRAY_EXTEND(report->host, report->hosts) < 0)
		return err_oom(err);
	report->host[report->hosts++] = *host;
	return 0;
}

void import_sink_init(struct import_run *run)
{
	run->sink = (struct import_sink){ .find_workload = sink_find_workload,
		.put = sink_put,
		.find_part = sink_find_part,
		.put_part = sink_put_part,
		.put_fact = sink_put_fact,
		.put_host = sink_put_host };
}

struct reduced {
	struct import_run *run;
	uint32_t workload;
};

static int spool_reduced(void *data, const struct reading *reading, struct err *err)
{
	const struct reduced *reduced = data;

	reduced->run->report->rows++;
	return spool_put(reduced->run->spool, reduced->workload, reading, err);
}

int import_sink_reduce(struct import_run *run, uint32_t workload, struct err *err)
{
	struct reduced reduced = { run, workload };
	struct import_brought *brought = import_brought_of(run, workload, err);
	int r;

	if (!brought)
		return -ENOMEM;
	if (!brought->parts)
		return 0;
	r = take_aside(run, workload, brought->parts, err);
	if (r >= 0)
		r = part_table_each(brought->parts, spool_reduced, &reduced, err);
	part_table_free(brought->parts);
	brought->parts = NULL;
	run->part_values -= brought->values;
	brought->values = 0;
	return r;
}

/* ---- a sink that keeps nothing ------------------------------------------------------- */

static int dry_find_workload(struct import_sink *sink, const char *name, size_t length,
	uint32_t *ret_workload, struct err *err)
{
	(void)sink, (void)name, (void)length, (void)err;
	*ret_workload = 0;
	return 0;
}

static int dry_put(struct import_sink *sink, uint32_t workload,
	const struct reading *reading, struct err *err)
{
	(void)sink, (void)workload, (void)reading, (void)err;
	return 0;
}

static int dry_find_part(struct import_sink *sink, uint32_t workload, enum part part,
	unsigned kind, const char *instance, size_t length, uint32_t *ret_column,
	struct err *err)
{
	(void)sink, (void)workload, (void)part, (void)kind, (void)instance,
		(void)length, (void)err;
	*ret_column = 0;
	return 0;
}

static int dry_put_part(struct import_sink *sink, uint32_t workload, uint32_t column,
	int64_t stamp, double value, struct err *err)
{
	(void)sink, (void)workload, (void)column, (void)stamp, (void)value, (void)err;
	return 0;
}

static int dry_put_fact(struct import_sink *sink, uint32_t workload, const char *key,
	const char *value, struct err *err)
{
	enum fact_id fact;

	(void)sink, (void)workload;
	return check_fact(key, value, &fact, err);
}

void import_sink_dry(struct import_sink *sink, struct account *account)
{
	*sink = (struct import_sink){ .find_workload = dry_find_workload,
		.put = dry_put,
		.find_part = dry_find_part,
		.put_part = dry_put_part,
		.put_fact = dry_put_fact,
		.account = account };
}
