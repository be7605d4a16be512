/* A request of remote write 1.0: protocol buffers, in snappy's block format. */
#include "collectord/sender/wire.h"

#include <errno.h>
#include <string.h>

enum {
	KEY_TIMESERIES = 1 << 3 | 2, /* of WriteRequest */
	KEY_LABEL = 1 << 3 | 2,      /* of TimeSeries */
	KEY_SAMPLE = 2 << 3 | 2,
	KEY_NAME = 1 << 3 | 2, /* of Label */
	KEY_TEXT = 2 << 3 | 2,
	KEY_VALUE = 1 << 3 | 1, /* of Sample: 64 bits */
	KEY_STAMP = 2 << 3 | 0, /* a varint, in ms */
	LITERAL_MOST = 65536,
};

double wire_stale_marker(void)
{
	const uint64_t bits = UINT64_C(0x7ff0000000000002);
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static size_t varint_bytes(uint64_t value)
{
	size_t bytes = 1;

	for (; value >= 0x80; value >>= 7)
		bytes++;
	return bytes;
}

static void add_byte(struct strbuf *out, unsigned byte)
{
	char c = (char)byte;

	strbuf_add_bytes(out, &c, 1);
}

static void add_varint(struct strbuf *out, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		add_byte(out, (unsigned)(value & 0x7f) | 0x80);
	add_byte(out, (unsigned)value);
}

static size_t label_bytes(const char *name, const char *text)
{
	return 2 + strlen(name) + 1 + varint_bytes(strlen(text)) + strlen(text);
}

static void wire_add_label(struct strbuf *out, const char *name, const char *text)
{
	add_byte(out, KEY_LABEL);
	add_varint(out, label_bytes(name, text));
	add_byte(out, KEY_NAME);
	add_varint(out, strlen(name));
	strbuf_add(out, name);
	add_byte(out, KEY_TEXT);
	add_varint(out, strlen(text));
	strbuf_add(out, text);
}

static size_t sample_bytes(const struct wire_sample *sample)
{
	return 1 + 8 + 1 + varint_bytes((uint64_t)sample->stamp_s * 1000);
}

static void wire_add_sample(struct strbuf *out, const struct wire_sample *sample)
{
	uint64_t bits;

	add_byte(out, KEY_SAMPLE);
	add_varint(out, sample_bytes(sample));
	add_byte(out, KEY_VALUE);
	memcpy(&bits, &sample->value, sizeof(bits));
	for (unsigned i = 0; i < 8; i++)
		add_byte(out, (unsigned)(bits >> (8 * i)) & 0xff);
	add_byte(out, KEY_STAMP);
	add_varint(out, (uint64_t)sample->stamp_s * 1000);
}

int wire_add_series(struct strbuf *out, const char *name, const char *workload,
	const struct wire_sample *sample, size_t count, struct err *err)
{
	const char *const labels[][2] = { { "__name__", name },
		{ "workload", workload } };
	size_t bytes = 0;

	for (size_t i = 0; i < 2; i++) {
		size_t label = label_bytes(labels[i][0], labels[i][1]);

		bytes += 1 + varint_bytes(label) + label;
	}
	for (size_t i = 0; i < count; i++)
		bytes += 2 + sample_bytes(&sample[i]);
	add_byte(out, KEY_TIMESERIES);
	add_varint(out, bytes);
	for (size_t i = 0; i < 2; i++)
		wire_add_label(out, labels[i][0], labels[i][1]);
	for (size_t i = 0; i < count; i++)
		wire_add_sample(out, &sample[i]);
	return strbuf_failed(out)
		? err_set(err, strbuf_failed(out), "the request does not fit")
		: 0;
}

int wire_pack(const struct strbuf *request, struct strbuf *out, struct err *err)
{
	add_varint(out, request->length);
	for (size_t at = 0; at < request->length;) {
		size_t part = request->length - at;

		part = part < LITERAL_MOST ? part : LITERAL_MOST;
		/* a literal whose length less one stands in the two bytes behind */
		add_byte(out, 61 << 2);
		add_byte(out, (unsigned)(part - 1) & 0xff);
		add_byte(out, (unsigned)((part - 1) >> 8));
		strbuf_add_bytes(out, request->text + at, part);
		at += part;
	}
	return strbuf_failed(out)
		? err_set(err, strbuf_failed(out), "the request does not fit")
		: 0;
}
