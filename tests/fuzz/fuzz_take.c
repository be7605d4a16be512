/*
 * What the recorder takes out of a ring that somebody edited, whose checksums are right, into
 * staging: ticks of the own machine and of others, and events.
 *
 * The first byte: how many ticks are in it, and whether they have the layout that there is.
 */
#include "tests/fuzz/fuzz_edit.h"
#include "tests/fuzz/fuzz_folder.h"

#include "collectord/link/ring_file.h"
#include "collectord/link/tick_layout.h"
#include "collectord/recorder/recorder_subject.h"
#include "collectord/recorder/recorder_take.h"

enum { SEATS = 8, TAKE_VALUES = 2, TAKES_A_STAGING = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct recorder fuzz_taker = { .lock_fd = -1, .listen_fd = -1 };
static uint64_t fuzz_layout_id;

static void taker_make(void)
{
	const struct ring_config config = { .store_id = { 1 },
		.seat_count = SEATS,
		.value_count = TAKE_VALUES,
		.step_s = 10 };
	struct recorder *recorder = &fuzz_taker;
	char path[FUZZ_FOLDER_BYTES + 8], note[160];
	struct layout layout;
	struct subject subject;

	log_init(&recorder->log, "recorder");
	settings_init(&recorder->settings);
	snprintf(recorder->settings.data.text, sizeof(recorder->settings.data.text),
		"%s", fuzz_folder());
	snprintf(recorder->settings.runtime, sizeof(recorder->settings.runtime), "%s",
		fuzz_folder());
	layout_init(&layout, 10);
	if (layout_add_file(&layout, "cpu", NULL) < 0 ||
		layout_add_column(&layout, "a", 0, NULL) < 0 ||
		layout_add_column(&layout, "b", 0, NULL) < 0 ||
		layout_seal(&layout, NULL) < 0 ||
		layout_save(&layout, fuzz_folder(), NULL) < 0 ||
		subject_init(&subject, "other", 10, NULL) < 0 ||
		subject_save(&subject, fuzz_folder(), false, NULL) < 0)
		abort();
	fuzz_layout_id = layout.id;
	layout_done(&layout);
	snprintf(path, sizeof(path), "%s/ring", fuzz_folder());
	if (ring_create(path, &config, &recorder->ring, note, NULL) < 0)
		abort();
}

static void staging_make(void)
{
	const struct staging_identity identity = {
		.store_id = { 1 }, .name = "w", .folder = "w", .step_s = 10
	};

	staging_close(fuzz_taker.staging);
	fuzz_taker.staging = NULL;
	if (staging_create(fuzz_folder(), &identity, STAGING_BYTES_MIN, 1, 0, NULL) <
			0 ||
		staging_open(fuzz_folder(), STAGING_WRITE, &fuzz_taker.staging, NULL) <
			0)
		abort();
	recorder_subjects_done(&fuzz_taker);
}

static void put_tick(struct ring *ring, struct fuzz_input *input)
{
	struct ring_seat *seat = ring_reserve(ring, TAKE_VALUES);

	if (!seat)
		return;
	seat->layout_id = fuzz_layout_id;
	seat->stamp_s = 1700000000 + (int64_t)ring_head(ring) * 10;
	seat->boottime_ns = INT64_C(1000000000);
	seat->boot_key = 5;
	seat->step_s = 10;
	(void)fuzz_edit(input, &seat->sequence, sizeof(*seat) - sizeof(seat->checksum),
		fuzz_byte(input) & 3);
	if (seat->count > TAKE_VALUES)
		seat->count = TAKE_VALUES;
	ring_publish(ring, false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned takes;
	struct fuzz_input input = { data, size };
	struct err err = ERR_INIT;
	unsigned word = fuzz_byte(&input);

	if (!fuzz_taker.ring)
		taker_make();
	if (takes++ % TAKES_A_STAGING == 0)
		staging_make();
	for (unsigned i = 0; i < (word & 7); i++)
		put_tick(fuzz_taker.ring, &input);
	for (unsigned i = 0; i < (word >> 3 & 3); i++) {
		uint64_t when = fuzz_number(&input);
		char text[RING_EVENT_TEXT_BYTES];

		snprintf(text, sizeof(text), "%.*s", (int)(input.left % 200),
			(const char *)input.at);
		ring_add_event_of(fuzz_taker.ring, word & 32 ? when : 0,
			(enum ring_event_kind)fuzz_byte(&input), (int64_t)when, 0,
			text);
	}
	if (recorder_take(&fuzz_taker, &err) < 0)
		fuzz_refusal(&err);
	ring_acknowledge(fuzz_taker.ring, ring_released(fuzz_taker.ring));
	ring_acknowledge_events(fuzz_taker.ring, ring_event_head(fuzz_taker.ring));
	return 0;
}
