/*
 * A recorder for the tests of the sampler: takes the ticks from the ring and writes them
 * as lines to $RING_READER_OUT, until SIGTERM.
 *
 *	tick SEQUENCE STAMP FLAGS LATE_US LAYOUT COUNT KNOWN    (KNOWN: values not NAN)
 *	value FILE DATA_SOURCE VALUE                            (with RING_READER_VALUES=1)
 *	event SEQUENCE KIND WHEN AMOUNT TEXT
 *
 * RING_READER_SLEEP_MS: how long to sleep between looks (default 20).
 */
#include "collectord/link/tick_layout.h"
#include "collectord/link/ring.h"
#include "collectord/link/settings.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile sig_atomic_t end_asked;

static void take_signal(int number)
{
	if (number == SIGTERM)
		end_asked = 1;
}

static void print_values(FILE *out, const char *runtime, const struct ring_seat *seat)
{
	struct layout layout;
	struct err err = ERR_INIT;

	if (layout_load(runtime, seat->layout_id, &layout, &err) < 0) {
		fprintf(out, "error %s\n", err.text);
		return;
	}
	for (size_t f = 0; f < layout.file_count; f++)
		for (size_t i = 0; i < layout.file[f].count; i++) {
			size_t column = layout.file[f].first + i;

			fprintf(out, "value %s %s %.17g\n", layout.file[f].name,
				layout.column[column].name, seat->values[column]);
		}
	layout_done(&layout);
}

static uint64_t drain(struct ring *ring, uint64_t done, FILE *out, const char *runtime)
{
	const struct ring_seat *seat;
	const struct ring_event *event;
	uint64_t sequence;
	int r;

	for (sequence = ring_acknowledged(ring) + 1; sequence <= ring_released(ring);
		sequence++) {
		r = ring_peek(ring, sequence, &seat);
		if (r == -EBADMSG)
			fprintf(out, "corrupt %llu\n", (unsigned long long)sequence);
		if (r == 0 && sequence > done) {
			unsigned known = 0;

			for (unsigned i = 0; i < seat->count; i++)
				known += isnan(seat->values[i]) ? 0 : 1;
			fprintf(out, "tick %llu %lld %u %u %llx %u %u\n",
				(unsigned long long)sequence, (long long)seat->stamp_s,
				seat->flags, seat->late_us,
				(unsigned long long)seat->layout_id, seat->count,
				known);
			if (getenv("RING_READER_VALUES"))
				print_values(out, runtime, seat);
		}
		done = sequence > done ? sequence : done;
	}
	for (sequence = ring_event_acknowledged(ring) + 1;
		sequence <= ring_event_head(ring); sequence++) {
		if (ring_peek_event(ring, sequence, &event) == 0)
			fprintf(out, "event %llu %s %lld %d %s\n",
				(unsigned long long)sequence,
				ring_event_kind_name(event->kind),
				(long long)event->when_s, event->amount, event->text);
		ring_acknowledge_events(ring, sequence);
	}
	fflush(out);
	ring_acknowledge(ring, done);
	return done;
}

int main(int argc, char **argv)
{
	const char *path = getenv("RING_READER_OUT");
	const char *pause = getenv("RING_READER_SLEEP_MS");
	int pause_ms = pause ? (int)strtol(pause, NULL, 10) : 20;
	struct err err = ERR_INIT;
	struct ring *ring = NULL;
	char ring_path[4096];
	uint64_t done = 0;
	sigset_t mask;
	FILE *out;

	if (argc != 3 || strcmp(argv[1], "--runtime") != 0 || !path)
		return 2;
	signal(SIGTERM, take_signal);
	signal(SIGUSR1, take_signal);
	sigemptyset(
		&mask); /* it comes blocked, so that an early end is not overlooked */
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
	out = fopen(path, "a");
	snprintf(ring_path, sizeof(ring_path), "%s/ring", argv[2]);
	if (!out || ring_open(ring_path, NULL, &ring, &err) < 0) {
		fprintf(stderr, "ring_reader: %s\n", err.text);
		return 1;
	}
	for (;;) {
		int is_last = end_asked;

		done = drain(ring, done, out, argv[2]);
		ring_set_count(ring, RING_COUNT_STORED, done);
		if (ring_is_superseded(ring)) {
			ring_close(ring);
			if (ring_open(ring_path, NULL, &ring, &err) < 0)
				return 1;
			continue;
		}
		if (is_last)
			break;
		(void)poll(NULL, 0, pause_ms);
	}
	ring_close(ring);
	return fclose(out) == 0 ? 0 : 1;
}
