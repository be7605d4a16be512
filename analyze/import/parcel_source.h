/*
 * Another store, from which `analyze import store` takes: a folder, read by a confined
 * child, or a machine's, told by `analyze export store` at the end of ssh and checked by a
 * confined child.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_IMPORT_PARCEL_SOURCE_H
#define ANALYZE_IMPORT_PARCEL_SOURCE_H

#include "analyze/import/parcel.h"
#include "analyze/import/parcel_rows.h"

struct parcel_source; /* opaque */

/* "ssh:HOST:DIR" and "ssh:HOST"; everything else is a folder. */
bool parcel_is_remote(const char *dir);

/*
 * parcel_source_open - its id and its workloads
 *
 * dir  borrowed; where nothing is behind HOST, the folder the program there takes
 *
 * -ENOENT where there is no store, -ENOTSUP where this kernel cannot confine, -ETIMEDOUT.
 */
int parcel_source_open(
	const char *dir, struct parcel_source **ret_source, struct err *err);
void parcel_source_close(struct parcel_source *source); /* NULL is a no-op */
const char *parcel_source_id(const struct parcel_source *source);
/* Names are checked; folder and id are none. */
const struct workload_list *parcel_source_list(const struct parcel_source *source);

/*
 * One workload: want, a have for each archive that is here, ask; then its messages until
 * DONE, which is told as 0.
 */
int parcel_want(struct parcel_source *source, size_t number, struct err *err);
/* The archive that stands here, as `name`. */
int parcel_have(struct parcel_source *source, const struct rrd_file *file, char *name,
	struct err *err);
int parcel_ask(struct parcel_source *source, struct err *err);
/* 1: a message of the workload, as parcel_take; 0: there is no more. */
int parcel_next(struct parcel_source *source, struct parcel_message *ret_message,
	struct err *err);
#endif
