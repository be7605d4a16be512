/* The sender: from the archives to the engine, each slot exactly once. */
#include "collectord/sender/sender.h"

#include "common/array.h"
#include "common/clock.h"
#include "store/db/health.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	LOCK_WAIT_MS = 5000,
	TURN_MOST_MS = 1000, /* then the cursors are kept, and signals are heard */
	SLOTS_MOST = SENDER_SAMPLES_MOST / SENDER_SERIES,
	/*
	 * Prometheus takes no sample that is an hour older than the newest of any series
	 * ("out of bounds").  So where there are several workloads, the oldest slots go
	 * first, and no piece is longer than this.
	 */
	SPAN_MOST_S = 3000,
};

static const char *const resource_series[RESOURCE_COUNT] = {
	[RESOURCE_MEMORY] = "headroom_memory_used_bytes",
	[RESOURCE_CPU] = "headroom_cpu_used_mhz",
	[RESOURCE_NETWORK] = "headroom_network_bps",
	[RESOURCE_DISK] = "headroom_disk_bytes_per_s",
	[RESOURCE_DISK_OPS] = "headroom_disk_ops_per_s",
};

void series_name(unsigned series, char ret_name[static 64])
{
	static const char *const endings[SENDER_FIGURES] = { "", "_min", "_max" };

	snprintf(ret_name, 64, "%s%s", resource_series[series / SENDER_FIGURES],
		endings[series % SENDER_FIGURES]);
}

/* ---- cursors ---------------------------------------------------------------------------- */

static int cursor_load(struct store *store, struct queue *queue, struct err *err)
{
	char key[48], *text = NULL;
	int r;

	snprintf(key, sizeof(key), "sender.cursor.%" PRId64, queue->workload_id);
	r = store_meta_get(store, key, &text, err);
	if (r == 0 && text)
		queue->cursor_s = strtoll(text, NULL, 10);
	free(text);
	return r;
}

/*
 * All cursors that moved, in one transaction.  They may lag behind: who starts asks the engine
 * what it has before anything is sent.  -EBUSY: another one writes, next time.
 */
static int cursors_keep(struct sender *sender, struct err *err)
{
	struct store *store = NULL;
	char key[48], text[32];
	bool is_moved = false;
	int r;

	for (size_t i = 0; i < sender->queue_count; i++)
		is_moved = is_moved || sender->queue[i].is_moved;
	if (!is_moved)
		return 0;
	r = store_open(sender->settings.data.text, &store, err);
	if (r < 0)
		return r;
	r = store_begin(store, LOCK_WAIT_MS, err);
	for (size_t i = 0; i < sender->queue_count && r == 0; i++) {
		struct queue *queue = &sender->queue[i];

		if (!queue->is_moved)
			continue;
		snprintf(
			key, sizeof(key), "sender.cursor.%" PRId64, queue->workload_id);
		snprintf(text, sizeof(text), "%" PRId64, queue->cursor_s);
		r = store_meta_set(store, key, text, err);
	}
	if (r == 0)
		r = store_commit(store, err);
	r = r == -EINPROGRESS ? 0 : r;
	for (size_t i = 0; i < sender->queue_count && r == 0; i++)
		sender->queue[i].is_moved = false;
	store_close(store);
	return r;
}

static int queue_of(struct sender *sender, struct store *store, int64_t workload_id,
	struct queue **ret_queue, struct err *err)
{
	struct queue *queue;

	for (size_t i = 0; i < sender->queue_count; i++)
		if (sender->queue[i].workload_id == workload_id) {
			*ret_queue = &sender->queue[i];
			return 0;
		}
	if (ARRAY_RESERVE(sender->queue, sender->queue_room, sender->queue_count + 1) <
		0)
		return err_oom(err);
	queue = &sender->queue[sender->queue_count];
	*queue = (struct queue){ .workload_id = workload_id };
	*ret_queue = queue;
	sender->queue_count++;
	return cursor_load(store, queue, err);
}

/* ---- one request ------------------------------------------------------------------------- */

/* Slots of one workload that go together. */
struct piece {
	const struct workload *workload;
	unsigned step_s;
	int64_t from, to; /* from < stamp <= to */
	struct series series[RESOURCE_COUNT];
	bool has[RESOURCE_COUNT];
};

static void piece_done(struct piece *piece)
{
	for (unsigned i = 0; i < RESOURCE_COUNT; i++)
		if (piece->has[i])
			series_done(&piece->series[i]);
}

static int piece_read(struct store *store, struct piece *piece, struct err *err)
{
	for (unsigned i = 0; i < RESOURCE_COUNT; i++) {
		enum metric_id metric = resource_table[i].metric;
		struct err why = ERR_INIT;
		int r = store_read_series(store, piece->workload,
			metric_file_name(metric), metric_data_source(metric),
			piece->step_s, piece->from, piece->to, &piece->series[i], &why);

		piece->has[i] = r == 0;
		if (r < 0 && r != -ENOENT && r != -ENODATA)
			return err_set(err, r, "%s", why.text);
	}
	return 0;
}

/* The samples of one series that the engine has not; a marker where a gap begins. */
static size_t sender_samples_of(const struct piece *piece, const struct queue *queue,
	unsigned index, struct wire_sample *sample)
{
	const struct series *series = &piece->series[index / SENDER_FIGURES];
	const double *const figures[SENDER_FIGURES] = { series->mean, series->minimum,
		series->maximum };
	const double *value = figures[index % SENDER_FIGURES];
	size_t count = 0;

	if (!piece->has[index / SENDER_FIGURES])
		return 0;
	for (size_t i = 0; i < series->count; i++) {
		int64_t stamp_s = series->first + (int64_t)i * series->step_s;
		bool begins_gap = isnan(value[i]) && i > 0 && !isnan(value[i - 1]);

		if (stamp_s <= queue->has_s[index] || (isnan(value[i]) && !begins_gap))
			continue;
		sample[count++] = (struct wire_sample){ .stamp_s = stamp_s,
			.value = begins_gap ? wire_stale_marker() : value[i] };
	}
	return count;
}

/* The series from first to last (not with it) in one request. */
static enum engine_answer send_series(struct sender *sender, const struct piece *piece,
	const struct queue *queue, unsigned first, unsigned last, char why[static 200])
{
	enum engine_answer answer = ENGINE_TAKEN;
	struct wire_sample *sample = malloc((SLOTS_MOST + 1) * sizeof(*sample));
	struct strbuf request, packed;
	struct err err = ERR_INIT;
	int r = sample ? 0 : err_oom(&err);

	strbuf_init(&request, WIRE_BYTES_MAX);
	strbuf_init(&packed, WIRE_BYTES_MAX + 4096);
	for (unsigned i = first; i < last && r == 0; i++) {
		size_t count = sender_samples_of(piece, queue, i, sample);
		char name[64];

		series_name(i, name);
		if (count > 0)
			r = wire_add_series(&request, name,
				workload_origin_name(piece->workload->origin),
				piece->workload->name, sample, count, &err);
	}
	if (r == 0 && request.length > 0) {
		r = wire_pack(&request, &packed, &err);
		if (r == 0)
			answer = engine_write(sender, &packed, why);
	}
	if (r < 0) {
		answer = ENGINE_LATER;
		snprintf(why, 200, "%.190s", err.text);
	}
	free(sample);
	strbuf_done(&request);
	strbuf_done(&packed);
	return answer;
}

static int ask_engine(struct sender *sender, const struct piece *piece,
	struct queue *queue, struct err *err)
{
	int r;

	memset(queue->has_s, 0, sizeof(queue->has_s));
	r = engine_last_stamps(sender, piece->workload->name, queue->cursor_s,
		piece->workload->last, queue->has_s, err);
	for (unsigned i = 0; i < SENDER_SERIES; i++)
		if (queue->has_s[i] < queue->cursor_s)
			queue->has_s[i] = queue->cursor_s;
	queue->is_asked = r == 0;
	return r;
}

/* What the engine will not take is halved down to one series, which is told and skipped;
 * after each refusal it is asked what it has. */
static enum engine_answer send_halved(struct sender *sender, const struct piece *piece,
	struct queue *queue, unsigned first, unsigned last, char why[static 200])
{
	enum engine_answer answer = send_series(sender, piece, queue, first, last, why);
	struct err err = ERR_INIT;
	unsigned middle = first + (last - first) / 2;
	char name[64];

	if (answer != ENGINE_REFUSED)
		return answer;
	if (last - first == 1) {
		series_name(first, name);
		log_warning(&sender->log,
			"%s of %s up to %" PRId64 " is not taken and left out: %s",
			name, piece->workload->name, piece->to, why);
		return ENGINE_TAKEN;
	}
	if (ask_engine(sender, piece, queue, &err) < 0) {
		snprintf(why, 200, "%.190s", err.text);
		return ENGINE_LATER;
	}
	answer = send_halved(sender, piece, queue, first, middle, why);
	return answer == ENGINE_TAKEN
		? send_halved(sender, piece, queue, middle, last, why)
		: answer;
}

static void put_off(struct sender *sender, struct queue *queue, const char *why)
{
	queue->backoff_s =
		queue->backoff_s ? 2 * queue->backoff_s : sender->first_backoff_s;
	if (queue->backoff_s > SENDER_BACKOFF_MOST_S)
		queue->backoff_s = SENDER_BACKOFF_MOST_S;
	queue->next_ms = clock_monotonic_ms() + queue->backoff_s * 1000;
	queue->is_asked = false; /* nobody knows what it took */
	if (!sender->is_told)
		log_warning(&sender->log,
			"the engine: %s; the archives keep it, next try in %" PRId64
			" s",
			why, queue->backoff_s);
	sender->is_told = true;
}

static unsigned sender_step(const struct workload *workload)
{
	return workload->step_s > SENDER_STEP_S ? workload->step_s : SENDER_STEP_S;
}

/* Up to where slots are whole. */
static int64_t closed_until(const struct workload *workload)
{
	return workload->last / sender_step(workload) * sender_step(workload);
}

/* Where the queue goes on; INT64_MAX: nothing is left in it. */
static int64_t queue_begins(const struct workload *workload, const struct queue *queue)
{
	int64_t from_s = queue->cursor_s
		? queue->cursor_s
		: (workload->first - 1) / sender_step(workload) * sender_step(workload);

	return workload->last == 0 || from_s >= closed_until(workload) ? INT64_MAX
								       : from_s;
}

/* One piece of the queue, of so many slots at most; 1: there is more, 0: nothing left,
 * -EAGAIN: later. */
static int send_piece(struct sender *sender, struct store *store,
	const struct workload *workload, struct queue *queue, int64_t slots_most,
	struct err *err)
{
	unsigned step_s = sender_step(workload);
	int64_t closed_s = closed_until(workload);
	int64_t from_s = queue_begins(workload, queue);
	struct piece piece = { .workload = workload, .step_s = step_s, .from = from_s };
	enum engine_answer answer;
	char why[200] = "";
	int r;

	if (from_s == INT64_MAX)
		return 0;
	piece.to = from_s + slots_most * step_s;
	piece.to = piece.to < closed_s ? piece.to : closed_s;
	/* the slot before tells whether a gap begins; what is there is not sent again */
	if (queue->cursor_s)
		piece.from -= step_s;
	if (!queue->is_asked) {
		r = ask_engine(sender, &piece, queue, err);
		if (r < 0) {
			put_off(sender, queue, err->text);
			return -EAGAIN;
		}
	}
	r = piece_read(store, &piece, err);
	if (r < 0) {
		piece_done(&piece);
		return r;
	}
	answer = send_halved(sender, &piece, queue, 0, SENDER_SERIES, why);
	piece_done(&piece);
	if (answer == ENGINE_LATER) {
		put_off(sender, queue, why);
		return -EAGAIN;
	}
	queue->cursor_s = piece.to;
	for (unsigned i = 0; i < SENDER_SERIES; i++)
		if (queue->has_s[i] < queue->cursor_s)
			queue->has_s[i] = queue->cursor_s;
	queue->backoff_s = 0;
	if (sender->is_told)
		log_notice(&sender->log, "the engine takes what is sent again");
	sender->is_told = false;
	queue->is_moved = true;
	return queue->cursor_s < closed_s;
}

/* The beginning of the oldest queue that may be sent now, and how many there are. */
static int find_oldest(struct sender *sender, struct store *store,
	const struct workload_list *list, int64_t *ret_oldest_s, size_t *ret_waiting,
	struct err *err)
{
	*ret_oldest_s = INT64_MAX;
	*ret_waiting = 0;
	for (size_t i = 0; i < list->count; i++) {
		struct queue *queue = NULL;
		int64_t from_s;
		int r;

		if (list->workload[i].origin == ORIGIN_SAMPLE)
			continue;
		r = queue_of(sender, store, list->workload[i].id, &queue, err);
		if (r < 0)
			return r;
		from_s = queue_begins(&list->workload[i], queue);
		*ret_waiting += from_s != INT64_MAX;
		if (clock_monotonic_ms() >= queue->next_ms && from_s < *ret_oldest_s)
			*ret_oldest_s = from_s;
	}
	return 0;
}

/* A piece of each queue that is not far ahead of the oldest; how many were sent. */
static int send_oldest(struct sender *sender, struct store *store,
	const struct workload_list *list, bool *ret_left, struct err *err)
{
	int64_t oldest_s;
	size_t waiting;
	int sent = 0;
	int r = find_oldest(sender, store, list, &oldest_s, &waiting, err);

	for (size_t i = 0; i < list->count && r >= 0; i++) {
		const struct workload *workload = &list->workload[i];
		int64_t slots = SLOTS_MOST, from_s;
		struct queue *queue = NULL;
		int more;

		if (workload->origin == ORIGIN_SAMPLE)
			continue;
		r = queue_of(sender, store, workload->id, &queue, err);
		if (r < 0)
			break;
		from_s = queue_begins(workload, queue);
		if (from_s == INT64_MAX)
			continue;
		if (clock_monotonic_ms() < queue->next_ms ||
			(waiting > 1 && from_s - oldest_s >= SPAN_MOST_S)) {
			*ret_left = true;
			continue;
		}
		if (waiting > 1 && slots > SPAN_MOST_S / sender_step(workload))
			slots = SPAN_MOST_S / sender_step(workload);
		more = send_piece(
			sender, store, workload, queue, slots > 0 ? slots : 1, err);
		*ret_left = *ret_left || more == 1 || more == -EAGAIN;
		sent += more >= 0;
		if (more < 0 && more != -EAGAIN)
			r = more;
	}
	return r < 0 ? r : sent;
}

int sender_turn(struct sender *sender, bool *ret_left, struct err *err)
{
	int64_t until_ms = clock_monotonic_ms() + TURN_MOST_MS;
	struct workload_list list;
	struct store *store = NULL;
	int kept, r = store_open(sender->settings.data.text, &store, err);

	*ret_left = false;
	if (r < 0)
		return r;
	r = store_workloads(store, &list, err);
	if (r == 0) {
		do {
			*ret_left = false;
			r = send_oldest(sender, store, &list, ret_left, err);
		} while (r > 0 && *ret_left && clock_monotonic_ms() < until_ms);
		workload_list_done(&list);
	}
	store_close(store);
	kept = cursors_keep(sender, r < 0 ? NULL : err);
	*ret_left = *ret_left || kept == -EBUSY;
	return r < 0 ? r : kept == -EBUSY ? 0 : kept;
}

void sender_done(struct sender *sender)
{
	free(sender->queue);
	if (sender->easy)
		curl_easy_cleanup(sender->easy);
}
