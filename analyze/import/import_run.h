/*
 * What an import has in hand while it runs: between import.c and import_sink.c only.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_IMPORT_IMPORT_RUN_H
#define ANALYZE_IMPORT_IMPORT_RUN_H

#include "analyze/import/import.h"
#include "analyze/import/names.h"
#include "store/db/workloads.h"

#define IMPORT_FACTS_MAX 200 /* of one workload; there are about 50 keys */

/* A workload with fewer than two stamps waits for the step of the others. */
struct import_waiting {
	size_t item;
	struct packed_reading *reading; /* its only one */
};

/* What the files said of one workload beside its readings. */
struct import_brought {
	struct import_fact *fact;
	size_t facts;
	struct part_table *parts; /* NULL: none came */
	size_t values;            /* that were put into it */
};

struct import_run {
	struct import_sink sink; /* first: the sink is the run */
	struct store *store;
	const struct import_request *request;
	struct import_report *report;
	struct workload_list stored;
	struct spool *spool;
	struct spool *parts; /* what is no more in the tables of parts; NULL: nothing */
	size_t part_values;  /* in all tables that there are now */
	struct names names;
	struct import_brought *brought; /* by number of the name */
	uint32_t brought_room;
	struct import_waiting *waiting;
	size_t waitings, waiting_room, item_room;
	uint32_t base; /* number of the name that is the spool's workload 0 */
	uint64_t bytes_total, bytes_done;
	struct bytes *bytes;   /* of the file that is being read */
	int64_t newest_import; /* when we looked at the store */
};

/* The functions of run->sink. */
void import_sink_init(struct import_run *run);
/* A sink that keeps nothing: is a file good, before any of it is taken? */
void import_sink_dry(struct import_sink *sink, struct account *account);

/* The parts of a workload become readings of the spool. */
int import_sink_reduce(struct import_run *run, uint32_t workload, struct err *err);

/* What that workload brought so far, made when it is the first; NULL: out of memory.
 * The run owns it. */
struct import_brought *import_brought_of(
	struct import_run *run, uint32_t workload, struct err *err);
void import_brought_done(struct import_brought *brought);

/* What stands between reading and committing, of all items of a report (import.c). */
int import_finish_workload(
	struct import_run *run, uint32_t workload, const char *name, struct err *err);
int import_finish_waiting(struct import_run *run, struct err *err);
void import_sum_up(struct import_report *report);
bool import_has_change(const struct import_report *report);

/* The paths of an origin; its workloads, read and committed a hundred at a time. */
int import_walk_origin(
	struct import_origin *origin, struct import_paths *ret_paths, struct err *err);
int import_read_origin(struct import_run *run, struct err *err);

/* One file into a sink; a refusal is the file's own. */
int import_read_source(struct import_run *run, struct import_file *file,
	struct import_sink *sink, struct err *err);

/* To the estate's listener: how much of the bytes is read; detail: which file. */
void import_show_progress(struct import_run *run, const char *detail);

#endif
