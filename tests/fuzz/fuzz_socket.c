/*
 * Any bytes as what a client sends to the recorder, piece by piece, and as what a recorder
 * answers to a reader.  A piece is a length byte and so many bytes.
 *
 * The first byte: 1 the answers; 2 the client closes before it is answered.
 */
#include "tests/fuzz/fuzz_edit.h"
#include "tests/fuzz/fuzz_folder.h"

#include "collectord/link/settings_file.h"
#include "collectord/link/tick_layout.h"
#include "collectord/recorder/recorder_socket.h"
#include "store/flush_client.h"
#include "store/live.h"

#include <math.h>
#include <sys/socket.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct recorder fuzz_recorder = { .lock_fd = -1, .listen_fd = -1 };

/* A ring with a tick that a reader may ask for. */
static void recorder_ring(void)
{
	const struct ring_config config = {
		.store_id = { 1 }, .seat_count = 4, .value_count = 1, .step_s = 10
	};
	char path[FUZZ_FOLDER_BYTES + 8], note[160];
	struct ring_seat *seat;
	struct layout layout;

	layout_init(&layout, 10);
	snprintf(path, sizeof(path), "%s/ring", fuzz_folder());
	if (layout_add_file(&layout, "cpu", NULL) < 0 ||
		layout_add_column(&layout, "demand_mhz", 0, NULL) < 0 ||
		layout_seal(&layout, NULL) < 0 ||
		layout_save(&layout, fuzz_folder(), NULL) < 0 ||
		ring_create(path, &config, &fuzz_recorder.ring, note, NULL) < 0)
		abort();
	seat = ring_reserve(fuzz_recorder.ring, 1);
	if (!seat)
		abort();
	seat->layout_id = layout.id;
	seat->stamp_s = 1700000000;
	seat->step_s = 10;
	seat->values[0] = 5;
	ring_publish(fuzz_recorder.ring, false);
	layout_done(&layout);
}

static void recorder_make(void)
{
	const struct staging_identity identity = {
		.store_id = { 1 }, .name = "w", .folder = "w", .step_s = 10
	};
	struct recorder *recorder = &fuzz_recorder;

	log_init(&recorder->log, "recorder");
	settings_init(&recorder->settings);
	snprintf(recorder->settings.data.text, sizeof(recorder->settings.data.text),
		"%s", fuzz_folder());
	snprintf(recorder->settings.runtime, sizeof(recorder->settings.runtime), "%s",
		fuzz_folder());
	recorder_ring();
	if (staging_create(fuzz_folder(), &identity, STAGING_BYTES_MIN, 1, 0, NULL) <
			0 ||
		staging_open(fuzz_folder(), STAGING_WRITE, &recorder->staging, NULL) <
			0)
		abort();
	for (size_t i = 0; i < RECORDER_CLIENTS; i++)
		recorder->client[i].fd = -1;
}

/* The answer is one line that a terminal can show. */
static void check_answer(const char *answer, ssize_t length)
{
	for (ssize_t i = 0; i < length; i++)
		if (answer[i] == '\n' ? i + 1 != length
				      : answer[i] < ' ' || answer[i] == 0x7f)
			abort();
	if (length > 0 && answer[length - 1] != '\n')
		abort();
}

static void requests(struct fuzz_input *input, bool is_hasty)
{
	struct recorder_client *client = &fuzz_recorder.client[0];
	struct pollfd set[1 + RECORDER_CLIENTS];
	char answer[1024];
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) <
		0)
		abort();
	*client = (struct recorder_client){ .fd = pair[0], .deadline_ms = INT64_MAX };
	while (client->fd >= 0 && input->left) {
		size_t length = fuzz_byte(input), count;

		length = length < input->left ? length : input->left;
		if (length && send(pair[1], input->at, length, MSG_NOSIGNAL) < 0)
			break;
		input->at += length;
		input->left -= length;
		if (is_hasty && !input->left)
			shutdown(pair[1], SHUT_RDWR);
		count = recorder_poll_set(&fuzz_recorder, set);
		for (size_t i = 0; i < count; i++)
			set[i].revents = set[i].fd >= 0 ? POLLIN : 0;
		recorder_serve(&fuzz_recorder, set, count, 0);
	}
	fuzz_recorder.recorded = UINT64_MAX;
	recorder_answer_flushes(&fuzz_recorder, is_hasty);
	check_answer(answer, recv(pair[1], answer, sizeof(answer), MSG_DONTWAIT));
	close(pair[1]);
	if (client->fd >= 0)
		close(client->fd);
	*client = (struct recorder_client){ .fd = -1 };
}

static void answers(struct fuzz_input *input)
{
	struct flush_result result = { .is_running = true };
	struct live_health health;
	struct live_figures live;
	struct err err = ERR_INIT;
	char line[512];
	size_t length = input->left < sizeof(line) - 1 ? input->left : sizeof(line) - 1;

	if (length)
		memcpy(line, input->at, length);
	line[length] = '\0';
	flush_answer_read(line, &result);
	if (!result.is_complete == !*result.why)
		abort();
	if (health_answer_read(line, &health, &err) < 0)
		fuzz_refusal(&err);
	if (live_answer_read(line, &live, &err) < 0)
		fuzz_refusal(&err);
	else
		for (size_t i = 0; i < LIVE_COUNT; i++)
			if (!isnan(live.of[i]) &&
				!(live.of[i] >= 0 && isfinite(live.of[i])))
				abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	unsigned word = fuzz_byte(&input);

	if (word & 1) {
		answers(&input);
		return 0;
	}
	if (!fuzz_recorder.staging)
		recorder_make();
	requests(&input, word & 2);
	return 0;
}
