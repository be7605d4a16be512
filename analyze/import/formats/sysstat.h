/*
 * sysstat: what sadc wrote and sadf or sar print of it.  Four shapes, one meaning: JSON
 * (sadf -j), rows by semicolons (sadf -d), tables for people (sar), and the binary files
 * themselves, which the installed sadf prints in a child.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_IMPORT_FORMATS_SYSSTAT_H
#define ANALYZE_IMPORT_FORMATS_SYSSTAT_H

#include "analyze/import/importer.h"

/* What a row can have; by all the names the shapes give it. */
enum sys_field {
	SYS_CPU,
	SYS_IDLE_PERCENT,
	SYS_IOWAIT_PERCENT,
	SYS_FREE_KB,
	SYS_AVAILABLE_KB,
	SYS_USED_KB,
	SYS_USED_PERCENT,
	SYS_BUFFERS_KB,
	SYS_CACHED_KB,
	SYS_SLAB_KB,
	SYS_IFACE,
	SYS_RX_KB,
	SYS_TX_KB,
	SYS_DEV,
	SYS_TPS,
	SYS_READ_KB,
	SYS_WRITE_KB,
	SYS_READ_SECTORS,
	SYS_WRITE_SECTORS,
	SYS_FIELD_COUNT,
};
#define SYS_NO_FIELD SYS_FIELD_COUNT

/* "kbmemfree" and "memfree" are the same; SYS_NO_FIELD: none of ours. */
enum sys_field sys_field_find(const char *name, size_t length);

struct sys_row {
	double value[SYS_FIELD_COUNT]; /* NAN: not there */
	const char *name; /* of the processor, adapter or device; NULL: none */
	size_t name_length;
};

/* A row of memory, kept until the file says what its "used" means. */
struct sys_memory {
	int64_t stamp;
	double value[SYS_FIELD_COUNT];
};

struct sys_reading {
	const struct import_source *source;
	struct import_sink *sink;
	uint32_t workload;
	bool has_workload;
	struct sys_memory *memory;
	size_t memory_count;
	uint64_t disk_rows, disk_rows_taken, net_rows, net_rows_taken;
	size_t account_row[PART_COUNT];
	bool has_account_row[PART_COUNT];
};

void sys_row_init(struct sys_row *row);
int sys_find_workload(
	struct sys_reading *reading, const char *name, size_t length, struct err *err);
/* What it is is told by the fields it has; others than ours are passed. */
int sys_take_row(struct sys_reading *reading, int64_t stamp, const struct sys_row *row,
	struct err *err);
/* The file is at its end: memory is put, and what was not counted is said. */
int sys_finish(struct sys_reading *reading, struct err *err);
void sys_reading_done(struct sys_reading *reading);

/*
 * sys_total - the total memory of a row, by each of the three meanings that kbmemused had
 *
 *     free    until 11.7.3: used = total - free
 *     cached  until 12.7.7: used = total - free - buffers - cached - slab
 *     avail   from 12.7.8:  used = total - available
 */
enum sys_meaning { SYS_MEANING_FREE, SYS_MEANING_CACHED, SYS_MEANING_AVAIL };
double sys_total(const double value[SYS_FIELD_COUNT], enum sys_meaning meaning);
/* The meaning whose total fits %memused best over all rows. */
enum sys_meaning sys_find_meaning(const struct sys_memory *memory, size_t count);

/* The shapes; each reads all of the source. */
int sys_read_json(struct sys_reading *reading, struct bytes *bytes, struct err *err);
int sys_read_rows(struct sys_reading *reading, struct bytes *bytes, struct err *err);
int sys_read_sar(struct sys_reading *reading, struct bytes *bytes, struct err *err);

/* Binary files: what the installed sadf prints of one, as JSON; bytes_close it. */
int sys_print_binary(struct bytes *bytes, struct bytes **ret_printed, struct err *err);

#endif
