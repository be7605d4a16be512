/* A request of remote write 1.0: protocol buffers (remote_write.proto), by snappy. */
#include "collectord/sender/wire.h"

#include "common/util.h"
#include "remote_write.pb-c.h"

#include <errno.h>
#include <snappy-c.h>
#include <stdlib.h>
#include <string.h>

enum { LABELS = 3 };

double wire_stale_marker(void)
{
	const uint64_t bits = UINT64_C(0x7ff0000000000002);
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* Behind what is in out: parts of one message that stand one after another are one. */
static int add_request(
	struct strbuf *out, const Remote__WriteRequest *request, struct err *err)
{
	size_t size = remote__write_request__get_packed_size(request);
	uint8_t *bytes = malloc(size + 1);
	int failed;

	if (!bytes)
		return err_oom(err);
	remote__write_request__pack(request, bytes);
	strbuf_add_bytes(out, (const char *)bytes, size);
	free(bytes);
	failed = strbuf_failed(out);
	return failed ? err_set(err, failed, "the request does not fit") : 0;
}

int wire_add_series(struct strbuf *out, const char *name, const char *source,
	const char *workload, const struct wire_sample *sample, size_t count,
	struct err *err)
{
	/* labels stand in the order of their names */
	char *text[2 * LABELS] = { strdup("__name__"), strdup(name), strdup("source"),
		strdup(source), strdup("workload"), strdup(workload) };
	Remote__Label label[LABELS], *labels[LABELS];
	Remote__TimeSeries one = REMOTE__TIME_SERIES__INIT;
	Remote__TimeSeries *list[] = { &one };
	Remote__WriteRequest request = REMOTE__WRITE_REQUEST__INIT;
	Remote__Sample *samples = calloc(count + 1, sizeof(*samples));
	Remote__Sample **order = calloc(count + 1, sizeof(Remote__Sample *));
	bool has_texts = true;
	int r;

	for (size_t i = 0; i < ARRAY_LEN(text); i++)
		has_texts = has_texts && text[i];
	r = samples && order && has_texts ? 0 : err_oom(err);
	for (size_t i = 0; i < count && r == 0; i++) {
		remote__sample__init(&samples[i]);
		samples[i].value = sample[i].value;
		samples[i].timestamp = sample[i].stamp_s * 1000;
		order[i] = &samples[i];
	}
	for (size_t i = 0; i < LABELS; i++) {
		remote__label__init(&label[i]);
		labels[i] = &label[i];
		label[i].name = text[2 * i];
		label[i].value = text[2 * i + 1];
	}
	one.labels = labels;
	one.n_labels = LABELS;
	one.samples = order;
	one.n_samples = count;
	request.timeseries = list;
	request.n_timeseries = 1;
	if (r == 0)
		r = add_request(out, &request, err);
	for (size_t i = 0; i < ARRAY_LEN(text); i++)
		free(text[i]);
	free(order);
	free(samples);
	return r;
}

int wire_pack(const struct strbuf *request, struct strbuf *out, struct err *err)
{
	size_t size = snappy_max_compressed_length(request->length);
	char *bytes = malloc(size);
	int failed;

	if (!bytes)
		return err_oom(err);
	if (snappy_compress(request->text, request->length, bytes, &size) !=
		SNAPPY_OK) {
		free(bytes);
		return err_set(err, -EIO, "the request cannot be compressed");
	}
	strbuf_add_bytes(out, bytes, size);
	free(bytes);
	failed = strbuf_failed(out);
	return failed ? err_set(err, failed, "the request does not fit") : 0;
}
