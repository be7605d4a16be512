/*
 * A request of remote write 1.0 (https://prometheus.io/docs/specs/prw/remote_write_spec/):
 * series with labels and samples in protocol buffers (remote_write.proto), in the block
 * format of snappy.  Pure.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef COLLECTORD_SENDER_WIRE_H
#define COLLECTORD_SENDER_WIRE_H

#include "common/err.h"
#include "common/strbuf.h"

#include <stddef.h>
#include <stdint.h>

#define WIRE_BYTES_MAX ((size_t)4 << 20)

struct wire_sample {
	int64_t stamp_s;
	double value;
};

/* What a gap begins with: a NaN of this very pattern is no value but an end. */
double wire_stale_marker(void);

/* One series behind what is in out; its labels are its name, the source and the name of the
 * workload. */
int wire_add_series(struct strbuf *out, const char *name, const char *source,
	const char *workload, const struct wire_sample *sample, size_t count,
	struct err *err);

/* The whole request in snappy's block format. */
int wire_pack(const struct strbuf *request, struct strbuf *out, struct err *err);

#endif
