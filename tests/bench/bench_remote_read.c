/*
 * What it costs to read remote read's streamed chunks, beside a memcpy of the same bytes: 1.1
 * million samples of 100 series as node_exporter has them (counters of bytes and of seconds,
 * gauges), a minute apart give or take some ms, 120 in a chunk.  Budget: 20 million samples a
 * second and core.  By the process CPU clock, the best of nine.
 */
#include "analyze/engine/answers.h"
#include "common/util.h"
#include "tests/memory_bytes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SERIES 100
#define SAMPLES 11000
#define IN_CHUNK 120
#define IN_FRAME 100 /* chunks */
#define RUNS 9
#define WANTED_PER_S 20e6

/* ---- an answer, as Prometheus writes it --------------------------------------------------- */

struct bench_bytes {
	uint8_t *at;
	size_t length, room;
};

static void add_byte(struct bench_bytes *to, unsigned byte)
{
	if (to->length == to->room) {
		to->room = to->room ? to->room * 2 : 1 << 16;
		to->at = realloc(to->at, to->room);
		if (!to->at)
			abort();
	}
	to->at[to->length++] = (uint8_t)byte;
}

static void add_bytes(struct bench_bytes *to, const void *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		add_byte(to, ((const uint8_t *)bytes)[i]);
}

static void add_varint(struct bench_bytes *to, uint64_t value)
{
	for (; value > 0x7f; value >>= 7)
		add_byte(to, (unsigned)(value & 0x7f) | 0x80);
	add_byte(to, (unsigned)value);
}

static void add_field(
	struct bench_bytes *to, unsigned number, const void *bytes, size_t length)
{
	add_varint(to, number << 3 | 2);
	add_varint(to, length);
	add_bytes(to, bytes, length);
}

struct bit_writer {
	struct bench_bytes *to;
	unsigned used; /* of the last byte */
};

static void put_bits(struct bit_writer *writer, uint64_t value, unsigned width)
{
	while (width-- > 0) {
		if (writer->used % 8 == 0)
			add_byte(writer->to, 0);
		if (value >> width & 1)
			writer->to->at[writer->to->length - 1] |=
				(uint8_t)(0x80 >> writer->used % 8);
		writer->used++;
	}
}

static void put_difference(struct bit_writer *writer, int64_t value)
{
	static const unsigned widths[] = { 14, 17, 20 };

	if (value == 0) {
		put_bits(writer, 0, 1);
		return;
	}
	for (unsigned i = 0; i < ARRAY_LEN(widths); i++) {
		int64_t half = INT64_C(1) << (widths[i] - 1);

		if (value > -half && value <= half) {
			put_bits(writer, (UINT64_C(1) << (i + 2)) - 2, i + 2);
			put_bits(writer,
				(uint64_t)value & ((UINT64_C(1) << widths[i]) - 1),
				widths[i]);
			return;
		}
	}
	put_bits(writer, 0xf, 4);
	put_bits(writer, (uint64_t)value, 64);
}

struct value_state {
	uint64_t bits;
	unsigned leading, trailing;
};

static void put_value(
	struct bit_writer *writer, struct value_state *state, double value)
{
	uint64_t bits, change;
	unsigned leading, trailing;

	memcpy(&bits, &value, sizeof(bits));
	change = bits ^ state->bits;
	state->bits = bits;
	put_bits(writer, change != 0, 1);
	if (change == 0)
		return;
	leading = (unsigned)__builtin_clzll(change);
	trailing = (unsigned)__builtin_ctzll(change);
	if (leading > 31)
		leading = 31;
	if (state->leading != 0xff && leading >= state->leading &&
		trailing >= state->trailing) {
		put_bits(writer, 0, 1);
		put_bits(writer, change >> state->trailing,
			64 - state->leading - state->trailing);
		return;
	}
	state->leading = leading;
	state->trailing = trailing;
	put_bits(writer, 1, 1);
	put_bits(writer, leading, 5);
	put_bits(writer, (64 - leading - trailing) & 63, 6);
	put_bits(writer, change >> trailing, 64 - leading - trailing);
}

/* What node_exporter would show of one series, sample by sample. */
static double next_value(unsigned series, double before)
{
	double share = rand() / (double)RAND_MAX;

	switch (series % 4) {
	case 0: /* seconds of a processor, in hundredths */
		return before + floor(share * 6000) / 100;
	case 1: /* bytes that were sent */
		return before + floor(share * 1e8);
	case 2: /* memory that is available, in pages */
		return 4096 * floor(1e6 + share * 1e5);
	default: /* what seldom changes */
		return share < 0.05 ? floor(share * 1000) : before;
	}
}

static void add_xor_chunk(struct bench_bytes *frame, unsigned series, int64_t *stamp_ms,
	double *value, unsigned count)
{
	struct bench_bytes data = { NULL, 0, 0 }, chunk = { NULL, 0, 0 };
	struct bit_writer writer = { &data, 0 };
	struct value_state state = { 0, 0xff, 0 };
	int64_t step = 0;

	add_byte(&data, count >> 8);
	add_byte(&data, count & 0xff);
	for (unsigned i = 0; i < count; i++) {
		int64_t next = *stamp_ms + 60000 + (rand() % 8 ? 0 : rand() % 5 - 2);

		*value = next_value(series, *value);
		if (i == 0) {
			add_varint(&data, (uint64_t)next << 1);
			memcpy(&state.bits, value, sizeof(state.bits));
			for (unsigned k = 0; k < 8; k++)
				add_byte(&data,
					(unsigned)(state.bits >> (56 - 8 * k)) & 0xff);
		} else if (i == 1) {
			step = next - *stamp_ms;
			add_varint(&data, (uint64_t)step);
			put_value(&writer, &state, *value);
		} else {
			put_difference(&writer, next - *stamp_ms - step);
			step = next - *stamp_ms;
			put_value(&writer, &state, *value);
		}
		*stamp_ms = next;
	}
	add_varint(&chunk, 3 << 3);
	add_varint(&chunk, 1); /* XOR */
	add_field(&chunk, 4, data.at, data.length);
	add_field(frame, 2, chunk.at, chunk.length);
	free(data.at);
	free(chunk.at);
}

static uint32_t bench_crc(const uint8_t *bytes, size_t length)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < length; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0x82f63b78) : 0);
	}
	return ~crc;
}

static void add_label(struct bench_bytes *series, const char *name, const char *value)
{
	struct bench_bytes label = { NULL, 0, 0 };

	add_field(&label, 1, name, strlen(name));
	add_field(&label, 2, value, strlen(value));
	add_field(series, 1, label.at, label.length);
	free(label.at);
}

static void add_frame(struct bench_bytes *answer, const struct bench_bytes *series)
{
	struct bench_bytes message = { NULL, 0, 0 };
	uint32_t crc;

	add_field(&message, 1, series->at, series->length);
	crc = bench_crc(message.at, message.length);
	add_varint(answer, message.length);
	for (int shift = 24; shift >= 0; shift -= 8)
		add_byte(answer, crc >> shift & 0xff);
	add_bytes(answer, message.at, message.length);
	free(message.at);
}

static void make_answer(struct bench_bytes *answer)
{
	for (unsigned number = 0; number < SERIES; number++) {
		int64_t stamp_ms = INT64_C(1700000000000);
		double value = 1e6;
		unsigned left = SAMPLES;
		char instance[32];

		snprintf(instance, sizeof(instance), "web%u:9100", number / 10);
		while (left > 0) {
			struct bench_bytes series = { NULL, 0, 0 };

			add_label(&series, "__name__", "node_cpu_seconds_total");
			add_label(&series, "instance", instance);
			for (unsigned i = 0; i < IN_FRAME && left > 0; i++) {
				unsigned count = left < IN_CHUNK ? left : IN_CHUNK;

				add_xor_chunk(
					&series, number, &stamp_ms, &value, count);
				left -= count;
			}
			add_frame(answer, &series);
			free(series.at);
		}
	}
}

/* ---- reading it --------------------------------------------------------------------------- */

struct counting {
	struct answer_sink sink; /* first */
	uint64_t series, samples;
	double sum;
};

static int count_series(
	struct answer_sink *sink, const struct engine_labels *labels, struct err *err)
{
	(void)labels, (void)err;
	((struct counting *)sink)->series++;
	return 0;
}

static int count_samples(struct answer_sink *sink, const struct engine_sample *sample,
	size_t count, struct err *err)
{
	struct counting *counting = (struct counting *)sink;

	(void)err;
	counting->samples += count;
	counting->sum += sample[count - 1].value;
	return 0;
}

static double cpu_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(void)
{
	struct bench_bytes answer = { NULL, 0, 0 };
	double read_s = INFINITY, copy_s = INFINITY, per_s;
	uint8_t *copy;

	make_answer(&answer);
	copy = malloc(answer.length);
	if (!copy)
		return 1;
	for (int run = 0; run < RUNS; run++) {
		struct counting counting = { .sink = { .series = count_series,
						     .samples = count_samples,
						     .from_ms = INT64_MIN,
						     .to_ms = INT64_MAX } };
		struct err err = ERR_INIT;
		struct bytes *bytes = NULL;
		double before = cpu_s();

		memcpy(copy, answer.at, answer.length);
		__asm__ volatile("" : : "r"(copy) : "memory");
		copy_s = fmin(copy_s, cpu_s() - before);
		before = cpu_s();
		if (bytes_of_memory("bench", answer.at, answer.length, &bytes, &err) <
				0 ||
			answer_read_chunks(bytes, &counting.sink, &err) < 0) {
			fprintf(stderr, "bench_remote_read: %s\n", err.text);
			return 1;
		}
		read_s = fmin(read_s, cpu_s() - before);
		bytes_close(bytes);
		if (counting.samples != (uint64_t)SERIES * SAMPLES) {
			printf("FAIL %llu samples, expected %d\n",
				(unsigned long long)counting.samples, SERIES * SAMPLES);
			return 1;
		}
	}
	per_s = SERIES * SAMPLES / read_s;
	printf("# remote read: %d samples in %.1f MB (%.2f bytes each)\n",
		SERIES * SAMPLES, (double)answer.length / 1e6,
		(double)answer.length / (SERIES * SAMPLES));
	printf("# memcpy of the same bytes %.2f ms (%.0f M samples/s), read %.2f ms: %.0f x\n",
		copy_s * 1e3, SERIES * SAMPLES / copy_s / 1e6, read_s * 1e3,
		read_s / copy_s);
	printf("# 605 million samples (1,000 hosts x 5 x 4 weeks at 20 s): %.0f s of one "
	       "core\n",
		605e6 / per_s);
	printf("%s %.1f million samples a second and core, at least %.0f\n",
		per_s >= WANTED_PER_S ? "met " : "NOT MET", per_s / 1e6,
		WANTED_PER_S / 1e6);
	free(answer.at);
	free(copy);
	return per_s < WANTED_PER_S;
}
