/* Any bytes as streamed chunks of remote read, and as one chunk: past the checksum, too. */
#include "analyze/engine/answers.h"
#include "analyze/engine/xor_chunk.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct chunk_feed {
	const uint8_t *at;
	size_t left;
};

static int chunk_feed_read(
	void *data, char *to, size_t size, size_t *ret_got, struct err *err)
{
	struct chunk_feed *feed = data;
	size_t got = size < feed->left ? size : feed->left;

	(void)err;
	memcpy(to, feed->at, got);
	feed->at += got;
	feed->left -= got;
	*ret_got = got;
	return 0;
}

static int drop_series(
	struct answer_sink *sink, const struct engine_labels *labels, struct err *err)
{
	(void)sink, (void)labels, (void)err;
	return 0;
}

static int drop_samples(struct answer_sink *sink, const struct engine_sample *sample,
	size_t count, struct err *err)
{
	(void)sink, (void)sample, (void)count, (void)err;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct bytes_origin origin = { chunk_feed_read, NULL, NULL };
	static struct engine_sample sample[XOR_CHUNK_SAMPLES_MAX];
	struct answer_sink sink = {
		.series = drop_series, .samples = drop_samples, .to_ms = INT64_MAX
	};
	struct chunk_feed feed = { data, size };
	struct err err = ERR_INIT;
	struct bytes *bytes = NULL;
	size_t count = 0;

	(void)xor_chunk_decode(data, size, sample, &count);
	if (bytes_of("fuzz", &origin, &feed, &bytes, &err) < 0)
		return 0;
	(void)answer_read_chunks(bytes, &sink, &err);
	bytes_close(bytes);
	return 0;
}
