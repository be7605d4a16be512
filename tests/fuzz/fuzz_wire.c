/*
 * A request of remote write of any series: what another one's decoder makes of it is what was
 * given; and any bytes as an engine's answers to the sender.
 *
 * The first byte: 1 the answers; 2, 4 .. the series and the samples.
 */
#include "tests/fuzz/fuzz_edit.h"

#include "collectord/sender/sender.h"
#include "remote_write.pb-c.h"

#include <snappy-c.h>

enum { SERIES_MAX = 4, SAMPLES_MAX = 16, NAME_BYTES = 64, PLAIN_MAX = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct wire_series {
	char name[NAME_BYTES], source[NAME_BYTES], workload[NAME_BYTES];
	struct wire_sample sample[SAMPLES_MAX];
	size_t count;
};

static void draw_name(struct fuzz_input *input, char name[NAME_BYTES])
{
	size_t length = fuzz_byte(input) % NAME_BYTES, i = 0;

	for (; i < length && input->left; i++) {
		unsigned byte = fuzz_byte(input);

		name[i] = (char)(byte ? byte : 'a');
	}
	name[i] = '\0';
}

static void draw_series(struct fuzz_input *input, struct wire_series *series)
{
	draw_name(input, series->name);
	draw_name(input, series->source);
	draw_name(input, series->workload);
	series->count = fuzz_byte(input) % SAMPLES_MAX;
	for (size_t i = 0; i < series->count; i++) {
		uint64_t bits = fuzz_number(input);

		series->sample[i].stamp_s = (int64_t)(fuzz_number(input) >> 24);
		memcpy(&series->sample[i].value, &bits, sizeof(bits));
	}
}

static void check_label(const Remote__Label *label, const char *name, const char *value)
{
	if (strcmp(label->name, name) != 0 || strcmp(label->value, value) != 0)
		abort();
}

static void check_series(
	const Remote__TimeSeries *found, const struct wire_series *series)
{
	if (found->n_labels != 3 || found->n_samples != series->count)
		abort();
	check_label(found->labels[0], "__name__", series->name);
	check_label(found->labels[1], "source", series->source);
	check_label(found->labels[2], "workload", series->workload);
	for (size_t i = 0; i < series->count; i++) {
		const Remote__Sample *sample = found->samples[i];
		double value = series->sample[i].value;

		/* bit for bit, the stale marker too; proto3 leaves out what is 0, be it -0 */
		if (sample->timestamp != series->sample[i].stamp_s * 1000 ||
			(memcmp(&sample->value, &value, sizeof(value)) != 0 &&
				!(sample->value == 0 && value == 0)))
			abort();
	}
}

static void check_request(
	const struct strbuf *packed, const struct wire_series *series, size_t count)
{
	static uint8_t plain[PLAIN_MAX];
	size_t length = sizeof(plain);
	Remote__WriteRequest *request;

	if (snappy_uncompress(packed->text, packed->length, (char *)plain, &length) !=
		SNAPPY_OK)
		abort();
	request = remote__write_request__unpack(NULL, length, plain);
	if (!request || request->n_timeseries != count)
		abort();
	for (size_t i = 0; i < count; i++)
		check_series(request->timeseries[i], &series[i]);
	remote__write_request__free_unpacked(request, NULL);
}

static void answers(struct fuzz_input *input)
{
	static const long codes[] = { 200, 204, 299, 301, 400, 401, 404, 409, 429,
		500 };
	long code = codes[fuzz_byte(input) % (sizeof(codes) / sizeof(codes[0]))];
	int64_t last[SENDER_SERIES] = { 0 };
	struct err err = ERR_INIT;
	struct strbuf text;

	strbuf_init(&text, 1 << 20);
	strbuf_add_bytes(&text, (const char *)input->at, input->left);
	if ((engine_judge(code, &text) == ENGINE_TAKEN) != (code / 100 == 2))
		abort();
	if (engine_read_stamps(&text, last, &err) < 0)
		fuzz_refusal(&err);
	for (size_t i = 0; i < SENDER_SERIES; i++)
		if (last[i] < 0 || last[i] > INT64_C(253402300800))
			abort();
	strbuf_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct wire_series series[SERIES_MAX];
	struct fuzz_input input = { data, size };
	unsigned word = fuzz_byte(&input);
	size_t count = 1 + (word >> 1) % SERIES_MAX;
	struct strbuf request, packed;

	if (word & 1) {
		answers(&input);
		return 0;
	}
	strbuf_init(&request, WIRE_BYTES_MAX);
	strbuf_init(&packed, WIRE_BYTES_MAX);
	for (size_t i = 0; i < count; i++) {
		draw_series(&input, &series[i]);
		if (wire_add_series(&request, series[i].name, series[i].source,
			    series[i].workload, series[i].sample, series[i].count,
			    NULL) < 0)
			abort();
	}
	if (wire_pack(&request, &packed, NULL) < 0)
		abort();
	check_request(&packed, series, count);
	strbuf_done(&packed);
	strbuf_done(&request);
	return 0;
}
