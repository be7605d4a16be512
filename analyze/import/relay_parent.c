/* The parent's side of relay.h: messages are checked and put. */
#include "analyze/import/relay.h"

#include "analyze/import/readers/confined.h"
#include "analyze/import/relay_wire.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RELAY_MEMORY_BYTES ((uint64_t)512 << 20)
#define RELAY_ANSWER_BYTES (UINT64_MAX / 2) /* the deadline bounds it */
#define RELAY_DEADLINE_MS (60 * 60 * 1000)
#define STAMP_MAX INT64_C(4102444800) /* the year 2100 */
#define VALUE_MAX 1e40
#define IN_BYTES ((size_t)128 << 10)

struct relay_workload {
	uint32_t number;  /* in the sink */
	uint32_t *column; /* of the sink, by the child's number */
	uint32_t columns;
};

struct relay {
	const struct import_source *source;
	struct import_sink *sink;
	struct bytes *answer;
	size_t begin, end;
	struct relay_workload *workload;
	uint32_t workloads;
	bool is_complete;
	char text[RELAY_TEXT_MAX + 1];
	const char *one, *two; /* of the message; two: NULL where there is none */
	struct err *err;
	char in[IN_BYTES];
};

static int refuse_answer(struct relay *relay)
{
	return err_set(relay->err, -EBADMSG,
		"%s: it is not what it says it is (reading it gives no sense)",
		relay->source->path);
}

/* 1: there is more; 0: the answer is at its end, and the child ended well. */
static int relay_refill(struct relay *relay)
{
	int r;

	if (relay->begin < relay->end)
		return 1;
	relay->begin = relay->end = 0;
	r = bytes_read(relay->answer, relay->in, IN_BYTES, &relay->end, relay->err);
	return r < 0 ? r : relay->end > 0;
}

/* Exactly that much; the end of the answer here is too early. */
static int relay_take(struct relay *relay, void *to, size_t size)
{
	char *at = to;

	while (size > 0) {
		size_t there;
		int r = relay_refill(relay);

		if (r <= 0)
			return r < 0 ? r : refuse_answer(relay);
		there = relay->end - relay->begin;
		if (there > size)
			there = size;
		memcpy(at, relay->in + relay->begin, there);
		relay->begin += there;
		at += there;
		size -= there;
	}
	return 0;
}

static int take_texts(struct relay *relay, const struct relay_head *head)
{
	int r;

	relay->one = relay->two = NULL;
	if (head->texts == 0)
		return 0;
	if (head->texts > RELAY_TEXT_MAX)
		return refuse_answer(relay);
	r = relay_take(relay, relay->text, head->texts);
	if (r < 0)
		return r;
	if (relay->text[head->texts - 1] != '\0')
		return refuse_answer(relay);
	relay->one = relay->text;
	if (strlen(relay->one) + 1 < head->texts)
		relay->two = relay->text + strlen(relay->one) + 1;
	return 0;
}

/* Room for one more behind count, which doubles at each power of two. */
static void *room_for_one(void *list, uint32_t count, size_t size)
{
	if (count & (count - 1))
		return list;
	return reallocarray(list, count ? (size_t)count * 2 : 1, size);
}

static int take_named_workload(struct relay *relay)
{
	const struct text_place place = { relay->source->path, 0 };
	struct relay_workload *grown;
	uint32_t number;
	int r;

	if (!relay->one)
		return refuse_answer(relay);
	r = text_name(&place, "workload", relay->one, strlen(relay->one), relay->err);
	if (r >= 0)
		r = relay->sink->find_workload(relay->sink, relay->one,
			strlen(relay->one), &number, relay->err);
	if (r < 0)
		return r;
	grown = room_for_one(relay->workload, relay->workloads, sizeof(*grown));
	if (!grown)
		return err_oom(relay->err);
	relay->workload = grown;
	grown[relay->workloads++] = (struct relay_workload){ .number = number };
	return 0;
}

static bool is_stamp(int64_t stamp)
{
	return stamp >= 0 && stamp <= STAMP_MAX;
}

static int take_reading(struct relay *relay, const struct relay_head *head,
	const struct relay_workload *workload)
{
	struct reading reading = { .stamp = head->stamp, .known = head->known };
	double value[CELL_COUNT];
	size_t n = 0;
	int r;

	if (!is_stamp(head->stamp) || head->known >> CELL_COUNT ||
		head->values != (unsigned)__builtin_popcountll(head->known))
		return refuse_answer(relay);
	r = relay_take(relay, value, head->values * sizeof(double));
	if (r < 0)
		return r;
	for (uint64_t left = head->known; left; left &= left - 1, n++) {
		unsigned cell = (unsigned)__builtin_ctzll(left);

		if (!(value[n] >= 0 && value[n] < VALUE_MAX) ||
			!reading_has(&reading, cell % FIGURE_COUNT))
			return refuse_answer(relay);
		reading.value[cell] = value[n];
	}
	return relay->sink->put(relay->sink, workload->number, &reading, relay->err);
}

static int take_column(struct relay *relay, const struct relay_head *head,
	struct relay_workload *workload)
{
	uint32_t *grown, column;
	int r;

	if (head->part >= PART_COUNT || head->cell >= CELL_KINDS || !relay->one)
		return refuse_answer(relay);
	r = relay->sink->find_part(relay->sink, workload->number, (enum part)head->part,
		head->cell, relay->one, strlen(relay->one), &column, relay->err);
	if (r < 0)
		return r;
	grown = room_for_one(workload->column, workload->columns, sizeof(*grown));
	if (!grown)
		return err_oom(relay->err);
	workload->column = grown;
	grown[workload->columns++] = column;
	return 0;
}

/* The figure's name as a constant of ours. */
static const char *known_figure(const char *name)
{
	for (unsigned part = 0; part < PART_COUNT; part++) {
		if (!strcmp(part_figure((enum part)part), name))
			return part_figure((enum part)part);
	}
	return NULL;
}

static int take_mapped(struct relay *relay, const struct relay_head *head)
{
	const char *figure = relay->one ? known_figure(relay->one) : NULL;
	size_t row;
	int r;

	if (!figure)
		return refuse_answer(relay);
	r = account_map(relay->sink->account, relay->two ? relay->two : "",
		relay->two ? strlen(relay->two) : 0, figure, &row, relay->err);
	account_count(relay->sink->account, row, head->known);
	return r;
}

/* A name of a stranger's: whole, and without what a terminal would obey. */
static bool is_clean(const char text[IMPORT_HOST_TEXT])
{
	size_t length = strnlen(text, IMPORT_HOST_TEXT);

	for (size_t i = 0; i < length; i++) {
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return false;
	}
	return length < IMPORT_HOST_TEXT;
}

static bool is_host_number(double number)
{
	return number >= 0 && number < 1e12;
}

static int take_host(struct relay *relay)
{
	struct import_host host;
	int r = relay_take(relay, &host, sizeof(host));

	if (r < 0)
		return r;
	if (!is_clean(host.name) || !is_clean(host.model) || !is_clean(host.cluster) ||
		!is_host_number(host.cores) || !is_host_number(host.core_mhz) ||
		!is_host_number(host.memory_mb) || !is_host_number(host.nics) ||
		!is_host_number(host.nic_mbps))
		return refuse_answer(relay);
	return relay->sink->put_host
		? relay->sink->put_host(relay->sink, &host, relay->err)
		: 0;
}

static int take_totals(struct relay *relay)
{
	struct account *account = relay->sink->account;
	struct relay_totals totals;
	int r = relay_take(relay, &totals, sizeof(totals));

	if (r < 0)
		return r;
	relay->is_complete = true;
	relay->sink->repaired += totals.repaired;
	if (!account)
		return 0;
	if (relay->one && *relay->one)
		account_set_zone(account, relay->one);
	account->unknown += totals.unknown;
	account->resets += totals.resets;
	account->mapped_left_out += totals.mapped_left_out;
	account->ignored_left_out += totals.ignored_left_out;
	account->warning_left_out += totals.warning_left_out;
	return 0;
}

/* What belongs to a workload. */
static int take_of_workload(struct relay *relay, const struct relay_head *head)
{
	struct import_sink *sink = relay->sink;
	struct relay_workload *workload;

	if (head->workload >= relay->workloads)
		return refuse_answer(relay);
	workload = &relay->workload[head->workload];
	switch (head->kind) {
	case RELAY_READING:
		return take_reading(relay, head, workload);
	case RELAY_COLUMN:
		return take_column(relay, head, workload);
	case RELAY_PART:
		if (head->column >= workload->columns || !is_stamp(head->stamp) ||
			fabs(head->value) >= VALUE_MAX)
			return refuse_answer(relay);
		return sink->put_part(sink, workload->number,
			workload->column[head->column], head->stamp, head->value,
			relay->err);
	default:
		if (!relay->one)
			return refuse_answer(relay);
		return sink->put_fact(sink, workload->number, relay->one,
			relay->two ? relay->two : "", relay->err);
	}
}

static int take_message(struct relay *relay, const struct relay_head *head)
{
	struct account *account = relay->sink->account;
	int r = take_texts(relay, head);

	if (r < 0)
		return r;
	switch (head->kind) {
	case RELAY_WORKLOAD:
		return take_named_workload(relay);
	case RELAY_READING:
	case RELAY_COLUMN:
	case RELAY_PART:
	case RELAY_FACT:
		return take_of_workload(relay, head);
	case RELAY_HOST:
		return take_host(relay);
	case RELAY_MAPPED:
		return take_mapped(relay, head);
	case RELAY_IGNORED:
		return account_ignore(account, relay->one ? relay->one : "",
			relay->one ? strlen(relay->one) : 0,
			relay->two ? relay->two : "", relay->err);
	case RELAY_WARNING:
		return account_warn(
			account, relay->err, "%s", relay->one ? relay->one : "");
	case RELAY_TOTALS:
		return take_totals(relay);
	default:
		return refuse_answer(relay);
	}
}

static int take_messages(struct relay *relay)
{
	struct relay_head head;
	int r;

	while ((r = relay_refill(relay)) > 0) {
		r = relay->is_complete ? refuse_answer(relay)
				       : relay_take(relay, &head, sizeof(head));
		if (r >= 0)
			r = take_message(relay, &head);
		if (r < 0)
			return r;
	}
	return r < 0 || relay->is_complete ? r : refuse_answer(relay);
}

int relay_read(const struct importer *importer, const struct import_source *source,
	struct import_sink *sink, struct err *err)
{
	struct relay_work work = { importer, source };
	struct confine_options options = { .what = source->path,
		.memory_bytes = RELAY_MEMORY_BYTES,
		.answer_bytes = RELAY_ANSWER_BYTES,
		.deadline_ms = RELAY_DEADLINE_MS };
	struct relay *relay = calloc(1, sizeof(*relay));
	int r;

	if (!relay)
		return err_oom(err);
	relay->source = source;
	relay->sink = sink;
	relay->err = err;
	options.keep_fd[options.keep_count++] = bytes_fd(source->bytes);
	r = confined_open(&options, relay_child_work, &work, &relay->answer, err);
	if (r >= 0)
		r = take_messages(relay);
	bytes_close(relay->answer);
	for (uint32_t i = 0; i < relay->workloads; i++)
		free(relay->workload[i].column);
	free(relay->workload);
	free(relay);
	return r;
}
