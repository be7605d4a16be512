/*
 * PDH-CSV and PDH-TSV: what PerfMon, typeperf and relog write, and esxtop -b.  One row for
 * each time, one column for each counter, named in the first row by its path:
 *
 *     "\\HOST\Object(Instance)\Counter"
 *
 * A Windows machine is one workload; a Hyper-V host is one for each of its machines, and
 * so is an ESXi host.  The pure parts, for tests and fuzzers.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_IMPORT_FORMATS_PDH_H
#define ANALYZE_IMPORT_FORMATS_PDH_H

#include "analyze/import/importer.h"

#define PDH_WANTED_MAX 200000 /* columns that are ours */
#define PDH_TEXT_MAX 1024     /* of a path */

/* A path, taken apart; parts are within the text, not NUL-terminated. */
struct pdh_path {
	const char *host, *object, *instance, *counter;
	size_t host_length, object_length, instance_length, counter_length;
};

/* "\\HOST\Object(a(b)#1)\Counter", or without the host; false: it is none. */
bool pdh_split(const char *text, size_t length, struct pdh_path *ret_path);

/* "(PDH-CSV 4.0) (Sri Lanka Standard Time)(-330)": minutes to add for UTC. */
struct pdh_zone {
	bool has_bias; /* false: it was cut, or never written (typeperf) */
	double bias_min;
	char name[ACCOUNT_ZONE_SIZE];
};
bool pdh_parse_zone(const char *text, size_t length, struct pdh_zone *ret_zone);

/* ---- names (pdh_names.c) --------------------------------------------------------------- */

struct pdh_names; /* opaque: counters in the languages of Windows */
/* pdh_names_free takes NULL. */
int pdh_names_load(struct pdh_names **ret_names, struct err *err);
void pdh_names_free(struct pdh_names *names);

/* The English name in small letters of an object or a counter; itself, in small letters,
 * where it is none of the catalogue.  to has room for size bytes. */
void pdh_names_object(const struct pdh_names *names, const char *text, size_t length,
	char *to, size_t size);
void pdh_names_counter(const struct pdh_names *names, const char *text, size_t length,
	char *to, size_t size);

/* The code page in which a text that is not UTF-8 has most names of the catalogue. */
const char *pdh_names_encoding(
	const struct pdh_names *names, const char *text, size_t length);

/* ---- columns (pdh_columns.c) ------------------------------------------------------------ */

/* A column that is ours: from its cell to a part of a workload. */
struct pdh_wanted {
	uint32_t column; /* of the file, from 0 */
	uint32_t workload;
	uint32_t part_column; /* of the workload */
	double scale;
	size_t account_row;
};

struct pdh_workload {
	char *name;
	uint32_t sink_number;
	struct part_columns columns;
	double *row;             /* by column */
	const char *memory_kind; /* NULL: none of its memory is measured */
	double vcpus;            /* that were seen; 0: none */
	bool is_machine; /* of a group of esxtop: it has disks, adapters or processors */
};

struct pdh_plan {
	struct pdh_wanted *wanted; /* by column */
	size_t wanted_count;
	struct pdh_workload *workload;
	size_t workload_count;
	uint32_t columns; /* of the file, the time among them */
};
void pdh_plan_done(struct pdh_plan *plan);

struct pdh_header; /* opaque: paths that may be ours, until all are known */
/* pdh_header_free takes NULL; names and account are borrowed. */
int pdh_header_new(const struct pdh_names *names, struct account *account,
	struct pdh_header **ret_header, struct err *err);
void pdh_header_free(struct pdh_header *header);
int pdh_header_add(struct pdh_header *header, uint32_t column, const char *text,
	size_t length, struct err *err);

/*
 * pdh_header_plan - all paths are there: which of them are taken, and for whom
 *
 * default_name  of a machine whose paths name no host
 */
int pdh_header_plan(struct pdh_header *header, uint32_t columns,
	const char *default_name, size_t default_length, struct pdh_plan *ret_plan,
	struct err *err);

#endif
