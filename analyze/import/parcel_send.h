/*
 * A store tells what it holds (parcel.h): in the confined child of `analyze import store`,
 * and in `analyze export store` at the end of ssh.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_IMPORT_PARCEL_SEND_H
#define ANALYZE_IMPORT_PARCEL_SEND_H

#include "common/err.h"
#include "store/store.h"

/*
 * parcel_send - the list, then the answer to each request, until in_fd ends
 *
 * -ENOENT where there is no store.  Archives whose rows do not match their checksums are
 * refused (-EBADMSG).
 */
int parcel_send(struct store *store, int in_fd, int out_fd, struct err *err);

#endif
