/*
 * What the archives tell without a database and without librrd: for programs that link
 * neither (the sampler), or have no business in store/rrd (the recorder).
 */
#ifndef STORE_HISTORY_H
#define STORE_HISTORY_H

#include "common/err.h"
#include "store/dir/data_dir.h"

#include <stdint.h>

struct store_history {
	char path[DATA_PATH_BYTES]; /* of the archive that was looked at */
	unsigned step_s;            /* base step of the files there; 0: none yet */
	int64_t last_s;             /* the newest stamp stored; 0: none */
};

/*
 * store_history_end - where the recorded history of a workload ends
 *
 * folder  below <data>/rrd, as in struct workload
 * file    not encoded
 *
 * An archive that is absent, damaged or not readable is no history: step_s 0.  Returns 0,
 * -EINVAL or -ENAMETOOLONG for a name that cannot be one.
 */
int store_history_end(const char *data_dir, const char *folder, const char *file,
	struct store_history *ret_history, struct err *err);

/* The number of the batch that the newest saved headers belong to; -ENOENT: none were
 * saved yet; another errno when they cannot be read now. */
int store_saved_batch(const char *data_dir, uint64_t *ret_number, struct err *err);

#endif
