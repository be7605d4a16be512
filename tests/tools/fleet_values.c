/*
 * The slots of a fleet, the same ones in two forms, for bench_engine.py and its test.
 *
 *	fleet_values csv|write FIRST COUNT DAYS END
 *
 * csv: a file for `analyze import csv`; write: remote write as an engine takes it, a request
 * for each workload, each behind its length (32 bits, little endian).  The workloads FIRST to
 * FIRST + COUNT - 1 have a slot each minute of the DAYS up to END (seconds): a day's shape
 * with noise and rare spikes in doubles of all 53 bits, and gaps of six kinds.
 */
#include "common/json_out.h"
#include "common/util.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	STEP_S = 60,
	METRICS = 5,
	KINDS = 3,
	DAY_SLOTS = 86400 / STEP_S,
	DAYS_MAX = 100
};
/* tag, length, tag, value, tag, stamp of six bytes */
enum { SAMPLE_BYTES = 18, SERIES_HEAD_BYTES = 256, LITERAL_BYTES = 1 << 16 };

static const struct {
	const char *name;
	double most;
} metrics[METRICS] = { { "memory_used_bytes", 8e9 }, { "cpu_used_mhz", 8e3 },
	{ "network_bps", 4e8 }, { "disk_bytes_per_s", 1e8 },
	{ "disk_ops_per_s", 3e3 } };
static const char *const endings[KINDS] = { "", "_min", "_max" };

struct fleet {
	size_t slots;
	int64_t end_s;
	bool *is_known;
	double *value[METRICS][KINDS];
	uint64_t state; /* of the random numbers */
};

static double draw(struct fleet *fleet)
{
	uint64_t z = (fleet->state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

static void draw_gaps(struct fleet *fleet, unsigned kind)
{
	size_t slots = fleet->slots, left = 0;

	for (size_t i = 0; i < slots; i++) {
		bool is_lost = false;

		if (kind == 1) { /* single slots */
			is_lost = draw(fleet) < 0.01;
		} else if (kind == 2) { /* a day */
			is_lost = i > slots / 3 && i < slots / 3 + DAY_SLOTS;
		} else if (kind == 3) { /* it came late */
			is_lost = i < slots / 4;
		} else if (kind == 4) { /* it went early */
			is_lost = i > slots - slots / 10;
		} else if (kind == 5) { /* bursts */
			if (left == 0 && draw(fleet) < 0.002)
				left = 1 + (size_t)(draw(fleet) * 60);
			is_lost = left > 0;
			left -= is_lost;
		}
		fleet->is_known[i] = !is_lost;
	}
}

static void draw_workload(struct fleet *fleet, uint64_t number)
{
	fleet->state = number * UINT64_C(0x2545f4914f6cdd1d) + 17;
	draw_gaps(fleet, (unsigned)(number % 10));
	for (unsigned m = 0; m < METRICS; m++) {
		double base = metrics[m].most * (0.05 + 0.4 * draw(fleet));
		double shift = 6.2831853 * draw(fleet);

		for (size_t i = 0; i < fleet->slots; i++) {
			double day =
				sin((double)(i % DAY_SLOTS) * 6.2831853 / DAY_SLOTS +
					shift);
			double mean =
				base * (1 + 0.5 * day) * (0.7 + 0.6 * draw(fleet));

			mean *= draw(fleet) < 1e-3 ? 2 : 1;
			fleet->value[m][0][i] = mean;
			fleet->value[m][1][i] = mean * (0.3 + 0.7 * draw(fleet));
			fleet->value[m][2][i] = mean * (1 + draw(fleet));
		}
	}
}

static int64_t stamp_of(const struct fleet *fleet, size_t slot)
{
	return fleet->end_s - (int64_t)(fleet->slots - 1 - slot) * STEP_S;
}

static void put_csv(const struct fleet *fleet, const char *name)
{
	char text[JSON_NUMBER_SIZE];

	for (size_t i = 0; i < fleet->slots; i++) {
		if (!fleet->is_known[i])
			continue;
		printf("%" PRId64 ",%s", stamp_of(fleet, i), name);
		for (unsigned m = 0; m < METRICS; m++)
			for (unsigned k = 0; k < KINDS; k++) {
				putchar(',');
				fputs(json_number_text(fleet->value[m][k][i], text),
					stdout);
			}
		putchar('\n');
	}
}

/* ---- remote write ---------------------------------------------------------------------- */

static uint8_t *put_varint(uint8_t *to, uint64_t value)
{
	for (; value > 127; value >>= 7)
		*to++ = (uint8_t)(value | 128);
	*to++ = (uint8_t)value;
	return to;
}

static uint8_t *put_text(uint8_t *to, uint8_t tag, const char *text)
{
	size_t length = strlen(text);

	*to++ = tag;
	to = put_varint(to, length);
	memcpy(to, text, length);
	return to + length;
}

static uint8_t *put_label(uint8_t *to, const char *name, const char *value)
{
	*to++ = 0x0a;
	to = put_varint(to, strlen(name) + strlen(value) + 4);
	return put_text(put_text(to, 0x0a, name), 0x12, value);
}

static uint8_t *put_sample(uint8_t *to, double value, int64_t stamp_s)
{
	*to++ = 0x12;
	*to++ = SAMPLE_BYTES - 2;
	*to++ = 0x09;
	memcpy(to, &value, sizeof(value)); /* little endian, as the machine */
	to[8] = 0x10;
	return put_varint(to + 9, (uint64_t)stamp_s * 1000);
}

static uint8_t *put_series(uint8_t *to, const struct fleet *fleet, const char *name,
	unsigned m, unsigned k)
{
	char metric[64];
	uint8_t labels[SERIES_HEAD_BYTES], *end = labels;
	size_t samples = 0;

	snprintf(metric, sizeof(metric), "headroom_%s%s", metrics[m].name, endings[k]);
	end = put_label(end, "__name__", metric);
	end = put_label(end, "source", "imported");
	end = put_label(end, "workload", name);
	for (size_t i = 0; i < fleet->slots; i++)
		samples += fleet->is_known[i];
	*to++ = 0x0a;
	to = put_varint(to, (uint64_t)(end - labels) + samples * SAMPLE_BYTES);
	memcpy(to, labels, (size_t)(end - labels));
	to += end - labels;
	for (size_t i = 0; i < fleet->slots; i++)
		if (fleet->is_known[i])
			to = put_sample(to, fleet->value[m][k][i], stamp_of(fleet, i));
	return to;
}

/* Snappy's format has room for what is not packed. */
static void put_request(const uint8_t *plain, size_t length)
{
	size_t literals = (length + LITERAL_BYTES - 1) / LITERAL_BYTES;
	uint8_t head[10];
	size_t head_length = (size_t)(put_varint(head, length) - head);
	uint32_t all = (uint32_t)(head_length + literals * 3 + length);

	fwrite(&all, sizeof(all), 1, stdout);
	fwrite(head, 1, head_length, stdout);
	for (size_t at = 0; at < length; at += LITERAL_BYTES) {
		size_t size = length - at < LITERAL_BYTES ? length - at : LITERAL_BYTES;
		const uint8_t tag[3] = { 61 << 2, (uint8_t)(size - 1),
			(uint8_t)((size - 1) >> 8) };

		fwrite(tag, 1, sizeof(tag), stdout);
		fwrite(plain + at, 1, size, stdout);
	}
}

static void put_write(const struct fleet *fleet, const char *name, uint8_t *room)
{
	uint8_t *to = room;

	for (unsigned m = 0; m < METRICS; m++)
		for (unsigned k = 0; k < KINDS; k++)
			to = put_series(to, fleet, name, m, k);
	put_request(room, (size_t)(to - room));
}

static void *room_for(size_t count, size_t size)
{
	void *room = calloc(count, size);

	if (!room)
		exit(1);
	return room;
}

int main(int argc, char **argv)
{
	bool is_csv = argc == 6 && strcmp(argv[1], "csv") == 0;
	struct fleet fleet = { .slots = 0 };
	uint64_t first, count;
	uint8_t *room;

	if (argc != 6 || atoi(argv[4]) < 1 || atoi(argv[4]) > DAYS_MAX) {
		fprintf(stderr, "usage: fleet_values csv|write FIRST COUNT DAYS END\n");
		return 2;
	}
	first = strtoull(argv[2], NULL, 10);
	count = strtoull(argv[3], NULL, 10);
	fleet.slots = (size_t)atoi(argv[4]) * DAY_SLOTS;
	fleet.end_s = strtoll(argv[5], NULL, 10);
	fleet.is_known = room_for(fleet.slots, sizeof(bool));
	for (unsigned m = 0; m < METRICS; m++)
		for (unsigned k = 0; k < KINDS; k++)
			fleet.value[m][k] = room_for(fleet.slots, sizeof(double));
	room = room_for(
		METRICS * KINDS, SERIES_HEAD_BYTES + fleet.slots * SAMPLE_BYTES);
	if (is_csv) {
		fputs("time,workload", stdout);
		for (unsigned m = 0; m < METRICS; m++)
			for (unsigned k = 0; k < KINDS; k++)
				printf(",%s%s", metrics[m].name, endings[k]);
		putchar('\n');
	}
	for (uint64_t number = first; number < first + count; number++) {
		char name[32];

		snprintf(name, sizeof(name), "vm-%05" PRIu64, number);
		draw_workload(&fleet, number);
		if (is_csv)
			put_csv(&fleet, name);
		else
			put_write(&fleet, name, room);
	}
	free(room);
	for (unsigned m = 0; m < METRICS; m++)
		for (unsigned k = 0; k < KINDS; k++)
			free(fleet.value[m][k]);
	free(fleet.is_known);
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
