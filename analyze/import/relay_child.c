/* The child's side of relay.h: a sink that writes into a pipe. */
#include "analyze/import/relay_wire.h"

#include "analyze/import/import.h"
#include "analyze/import/names.h"
#include "common/confine.h"

#include <stdlib.h>
#include <string.h>

#define OUT_BYTES ((size_t)64 << 10)

struct relay_sink {
	struct import_sink sink; /* first: the sink is the whole */
	struct account account;
	struct names names;
	struct part_columns *columns; /* by workload */
	uint32_t columns_room;
	int answer_fd;
	size_t used;
	char out[OUT_BYTES];
};

static int relay_flush(struct relay_sink *relay, struct err *err)
{
	int r = confine_write(relay->answer_fd, relay->out, relay->used);

	relay->used = 0;
	return r < 0 ? err_set(err, r, "nobody reads the answer") : 0;
}

static int relay_add(
	struct relay_sink *relay, const void *bytes, size_t length, struct err *err)
{
	int r = 0;

	if (relay->used + length > OUT_BYTES)
		r = relay_flush(relay, err);
	if (r < 0)
		return r;
	memcpy(relay->out + relay->used, bytes, length);
	relay->used += length;
	return 0;
}

/* A message with up to two texts; the second may be NULL. */
static int relay_say(struct relay_sink *relay, struct relay_head head, const char *one,
	size_t one_length, const char *two, struct err *err)
{
	size_t two_bytes = two ? strlen(two) + 1 : 0;
	int r;

	if (one_length + 1 + two_bytes > RELAY_TEXT_MAX)
		return err_set(err, -EFBIG,
			"expected texts of at most %d bytes, found %zu", RELAY_TEXT_MAX,
			one_length + two_bytes);
	head.texts = (uint32_t)(one_length + 1 + two_bytes);
	r = relay_add(relay, &head, sizeof(head), err);
	if (r >= 0)
		r = relay_add(relay, one, one_length, err);
	if (r >= 0)
		r = relay_add(relay, "", 1, err);
	if (r >= 0 && two)
		r = relay_add(relay, two, two_bytes, err);
	return r;
}

static int relay_find_workload(struct import_sink *sink, const char *name,
	size_t length, uint32_t *ret_workload, struct err *err)
{
	struct relay_sink *relay = (struct relay_sink *)sink;
	uint32_t before = relay->names.count;
	int r = names_number(
		&relay->names, name, length, IMPORT_WORKLOADS_CEILING, ret_workload);

	if (r == -ENOMEM)
		return err_oom(err);
	if (r < 0)
		return err_set(err, -EFBIG, "expected at most %d workloads, found more",
			IMPORT_WORKLOADS_CEILING);
	if (relay->names.count == before)
		return 0;
	return relay_say(relay, (struct relay_head){ .kind = RELAY_WORKLOAD }, name,
		length, NULL, err);
}

static int relay_put(struct import_sink *sink, uint32_t workload,
	const struct reading *reading, struct err *err)
{
	struct relay_sink *relay = (struct relay_sink *)sink;
	struct relay_head head = { .kind = RELAY_READING,
		.workload = workload,
		.values = (uint32_t)__builtin_popcountll(reading->known),
		.stamp = reading->stamp,
		.known = reading->known };
	double value[CELL_COUNT];
	size_t n = 0;
	int r;

	for (uint64_t left = reading->known; left; left &= left - 1)
		value[n++] = reading->value[__builtin_ctzll(left)];
	relay->account.readings++;
	r = relay_add(relay, &head, sizeof(head), err);
	return r < 0 ? r : relay_add(relay, value, n * sizeof(double), err);
}

static struct part_columns *relay_columns(struct relay_sink *relay, uint32_t workload)
{
	uint32_t room = relay->columns_room ? relay->columns_room : 64;
	struct part_columns *grown;

	if (workload < relay->columns_room)
		return &relay->columns[workload];
	while (room <= workload)
		room *= 2;
	grown = reallocarray(relay->columns, room, sizeof(*grown));
	if (!grown)
		return NULL;
	memset(grown + relay->columns_room, 0,
		(room - relay->columns_room) * sizeof(*grown));
	relay->columns = grown;
	relay->columns_room = room;
	return &grown[workload];
}

static int relay_find_part(struct import_sink *sink, uint32_t workload, enum part part,
	unsigned kind, const char *instance, size_t length, uint32_t *ret_column,
	struct err *err)
{
	struct relay_sink *relay = (struct relay_sink *)sink;
	struct part_columns *columns = relay_columns(relay, workload);
	const struct relay_head head = { .kind = RELAY_COLUMN,
		.workload = workload,
		.part = (uint32_t)part,
		.cell = kind };
	uint32_t before;
	int r;

	if (!columns)
		return err_oom(err);
	before = columns->count;
	r = part_columns_find(columns, part, kind, instance, length, ret_column, err);
	if (r < 0 || columns->count == before)
		return r;
	return relay_say(relay, head, instance, length, NULL, err);
}

static int relay_put_part(struct import_sink *sink, uint32_t workload, uint32_t column,
	int64_t stamp, double value, struct err *err)
{
	struct relay_sink *relay = (struct relay_sink *)sink;
	const struct relay_head head = { .kind = RELAY_PART,
		.workload = workload,
		.column = column,
		.stamp = stamp,
		.value = value };

	relay->account.readings += isnan(value) ? 0u : 1u;
	return relay_add(relay, &head, sizeof(head), err);
}

static int relay_put_fact(struct import_sink *sink, uint32_t workload, const char *key,
	const char *value, struct err *err)
{
	struct relay_sink *relay = (struct relay_sink *)sink;
	const struct relay_head head = { .kind = RELAY_FACT, .workload = workload };

	relay->account.facts++;
	return relay_say(relay, head, key, strlen(key), value, err);
}

static int relay_put_host(
	struct import_sink *sink, const struct import_host *host, struct err *err)
{
	const struct relay_head head = { .kind = RELAY_HOST };
	struct relay_sink *relay = (struct relay_sink *)sink;
	int r = relay_add(relay, &head, sizeof(head), err);

	return r < 0 ? r : relay_add(relay, host, sizeof(*host), err);
}

/* The account, at the end: the last message is the totals. */
static int relay_account(struct relay_sink *relay, struct err *err)
{
	const struct account *account = &relay->account;
	const struct relay_totals totals = { account->unknown, account->resets,
		relay->sink.repaired, account->mapped_left_out,
		account->ignored_left_out, account->warning_left_out };
	int r = 0;

	for (size_t i = 0; r >= 0 && i < account->mapped_count; i++)
		r = relay_say(relay,
			(struct relay_head){ .kind = RELAY_MAPPED,
				.known = account->mapped[i].readings },
			account->mapped[i].figure, strlen(account->mapped[i].figure),
			account->mapped[i].from, err);
	for (size_t i = 0; r >= 0 && i < account->ignored_count; i++)
		r = relay_say(relay, (struct relay_head){ .kind = RELAY_IGNORED },
			account->ignored[i].from, strlen(account->ignored[i].from),
			account->ignored[i].why, err);
	for (size_t i = 0; r >= 0 && i < account->warning_count; i++)
		r = relay_say(relay, (struct relay_head){ .kind = RELAY_WARNING },
			account->warning[i], strlen(account->warning[i]), NULL, err);
	if (r >= 0)
		r = relay_say(relay, (struct relay_head){ .kind = RELAY_TOTALS },
			account->zone, strlen(account->zone), NULL, err);
	if (r >= 0)
		r = relay_add(relay, &totals, sizeof(totals), err);
	return r < 0 ? r : relay_flush(relay, err);
}

int relay_child_work(void *context, int answer_fd, struct err *err)
{
	const struct relay_work *work = context;
	struct relay_sink *relay = calloc(1, sizeof(*relay));
	int r;

	if (!relay)
		return err_oom(err);
	relay->answer_fd = answer_fd;
	relay->sink = (struct import_sink){ .find_workload = relay_find_workload,
		.put = relay_put,
		.find_part = relay_find_part,
		.put_part = relay_put_part,
		.put_fact = relay_put_fact,
		.put_host = relay_put_host,
		.account = &relay->account };
	r = work->importer->read(work->source, &relay->sink, err);
	if (r >= 0)
		r = relay_account(relay, err);
	for (uint32_t i = 0; i < relay->columns_room; i++)
		part_columns_done(&relay->columns[i]);
	free(relay->columns);
	names_done(&relay->names);
	account_done(&relay->account);
	free(relay);
	return r;
}
