/*
 * What a store contains: every name below <data>, said once.
 *
 * The table in data_dir.c is the page to read: one row a name, who writes it and what for.
 * Names with a part of their own (of a workload, an import) have a function each.  All
 * paths are "<data>/..."; a function that makes one returns 0, or -ENAMETOOLONG with
 * the text set where it does not fit in DATA_PATH_BYTES.
 */
#ifndef STORE_DIR_DATA_DIR_H
#define STORE_DIR_DATA_DIR_H

#include "common/err.h"

#include <stddef.h>
#include <stdint.h>

/* Room for any path of a store, with its NUL. */
#define DATA_PATH_BYTES 4096

enum data_name {
	DATA_DATABASE,
	DATA_DATABASE_BACKUP,
	DATA_DATABASE_BACKUP_NEW,
	DATA_STORE_ID,
	DATA_WRITER_LOCK,
	DATA_RECORDER_LOCK,
	DATA_COLLECTORD_LOCK,
	DATA_RECORDER_SOCKET,
	DATA_STAGING,
	DATA_STAGING_NEW,
	DATA_STAGING_DAMAGED,
	DATA_LAYOUTS,
	DATA_SUBJECTS,
	DATA_HEADERS_0,
	DATA_HEADERS_1,
	DATA_HEADERS_BEFORE,
	DATA_SUMS_0,
	DATA_SUMS_1,
	DATA_RRD,
	DATA_DAMAGED,
	DATA_INCOMING,
	DATA_UNDO,
	DATA_RUN,
	DATA_NAME_COUNT,
};

/* The name alone: "headroom.db". */
const char *data_name(enum data_name name);

/* The path of one of them below the data folder. */
int data_path(const char *data_dir, enum data_name name, char path[DATA_PATH_BYTES],
	struct err *err);

/* Any other name below <data>, or one with an ending: printf's format and arguments. */
int data_path_format(const char *data_dir, char path[DATA_PATH_BYTES], struct err *err,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* <data>/rrd/<folder>: the archives of one workload; its folder is struct workload's.
 * -EINVAL for what is no plain name. */
int data_path_workload(const char *data_dir, const char *folder,
	char path[DATA_PATH_BYTES], struct err *err);

/* <data>/undo/<import>: what that import replaced, kept until it is undone or forgotten. */
int data_path_undo(const char *data_dir, int64_t import_id, char path[DATA_PATH_BYTES],
	struct err *err);
/* <data>/undo/<import>/<folder>/<encoded file>.rrd; file as path_series takes it. */
int data_path_undo_file(const char *data_dir, int64_t import_id, const char *folder,
	const char *file, char path[DATA_PATH_BYTES], struct err *err);

/* The path without "<data>/"; the whole path when it is not below data_dir. */
const char *data_path_below(const char *data_dir, const char *path);

/*
 * path_series - "<data>/rrd/<folder>/<encoded file>.rrd"
 *
 * folder is already encoded (struct workload.folder); "/" in it or a leading dot is
 * refused.  Returns 0, -EINVAL or -ENAMETOOLONG.
 */
int path_series(const char *data_dir, const char *folder, const char *file,
	char *ret_path, size_t size, struct err *err);

#endif
