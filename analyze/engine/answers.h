/*
 * An engine's answers, byte by byte to labels and samples: what the confined decoder does,
 * and the importer of files.  Pure: bytes in, series out.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_ENGINE_ANSWERS_H
#define ANALYZE_ENGINE_ANSWERS_H

#include "analyze/engine/samples.h"
#include "analyze/import/readers/bytes.h"
#include "common/err.h"

#include <stdbool.h>

/* Where they go; each may stop the reading with a negative errno. */
struct answer_sink {
	/* A series begins; its samples follow, in the order of the answer. */
	int (*series)(struct answer_sink *sink, const struct engine_labels *labels,
		struct err *err);
	int (*samples)(struct answer_sink *sink, const struct engine_sample *sample,
		size_t count, struct err *err);
	int (*name)(struct answer_sink *sink, const char *text, size_t length,
		struct err *err); /* NULL: names are not expected */
	bool has_vectors;         /* one value of a moment is a sample, too */
	int64_t from_ms,
		to_ms;    /* of streamed chunks: what is outside is not passed on */
	uint64_t unknown; /* values that the answer says it does not know */
};

/*
 * answer_read_chunks - streamed chunks of remote read, up to the end of the bytes
 *
 * https://prometheus.io/docs/prometheus/latest/querying/remote_read_api/: frames of a
 * length, a CRC-32C and a ChunkedReadResponse.  Histograms are passed over, stale markers
 * are no samples.  -EBADMSG with the text set for what is none.
 */
int answer_read_chunks(struct bytes *bytes, struct answer_sink *sink, struct err *err);

/* JSON: {"status":...,"data":{"result":[...]}} of the API with a matrix, and lines of
 * /api/v1/export: whatever objects there are around a "metric". */
int answer_read_series(struct bytes *bytes, struct answer_sink *sink, struct err *err);

/* JSON: {"status":"success","data":["a","b"]}. */
int answer_read_names(struct bytes *bytes, struct answer_sink *sink, struct err *err);

#endif
