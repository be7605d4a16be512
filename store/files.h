/* What the folder of a workload holds. */
#ifndef STORE_FILES_H
#define STORE_FILES_H

#include "store/store.h"

struct store_archive {
	unsigned step_s;
	size_t rows;
	int64_t first, last; /* stamps of the oldest and newest row (known or not) */
	bool has_average, has_min, has_max;
};

struct store_file {
	char *name;      /* "cpu", "net-eth0": decoded */
	unsigned step_s; /* base step */
	int64_t last_update;
	char **column; /* data-source names in file order */
	size_t column_count;
	struct store_archive *archive; /* one row per step, finest first */
	size_t archive_count;
};

struct store_file_list {
	struct store_file *file; /* sorted by name */
	size_t count;
};

/* Files that cannot be read are left out; fsck reports them. */
int store_files(struct store *store, const struct workload *workload,
	struct store_file_list *ret_list, struct err *err);
/* One of them; -ENOENT. */
int store_file_info(struct store *store, const struct workload *workload,
	const char *file, struct store_file *ret_file, struct err *err);
void store_file_done(struct store_file *file);
void store_file_list_done(struct store_file_list *list);

#endif
