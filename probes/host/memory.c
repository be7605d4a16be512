#include "probes/host/memory.h"

#include "common/util.h"
#include "probes/text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* In the order of the kernel's text, so that each key is found at the first try. */
enum field {
	TOTAL,
	FREE,
	AVAILABLE,
	BUFFERS,
	CACHED,
	ACTIVE_FILE,
	INACTIVE_FILE,
	SWAP_TOTAL,
	SWAP_FREE,
	S_RECLAIMABLE,
	COMMITTED,
	FIELDS,
};
_Static_assert((int)FIELDS == (int)MEMORY_FIELDS, "a place for each field");

static const struct key {
	const char *text;
	size_t length;
} keys[FIELDS] = {
#define KEY(field, text_) [field] = { text_, sizeof(text_) - 1 }
	KEY(TOTAL, "MemTotal"),
	KEY(FREE, "MemFree"),
	KEY(AVAILABLE, "MemAvailable"),
	KEY(BUFFERS, "Buffers"),
	KEY(CACHED, "Cached"),
	KEY(ACTIVE_FILE, "Active(file)"),
	KEY(INACTIVE_FILE, "Inactive(file)"),
	KEY(SWAP_TOTAL, "SwapTotal"),
	KEY(SWAP_FREE, "SwapFree"),
	KEY(S_RECLAIMABLE, "SReclaimable"),
	KEY(COMMITTED, "Committed_AS"),
#undef KEY
};

struct probe_state {
	const struct probe_context *context; /* borrowed */
	struct host_file file;
	double min_free_bytes;
	struct memory_places places;
};

static bool is_key(const struct text *line, const struct key *key)
{
	return (size_t)(line->end - line->at) > key->length &&
		line->at[key->length] == ':' &&
		!memcmp(line->at, key->text, key->length);
}

/* FIELDS when the line is none of ours; looks from the expected one on. */
static size_t find_field(const struct text *line, size_t expected)
{
	for (size_t i = 0; i < FIELDS; i++) {
		size_t field = (expected + i) % FIELDS;

		if (is_key(line, &keys[field]))
			return field;
	}
	return FIELDS;
}

/* The kernel prints KiB and calls it "kB"; values leave this file in bytes. */
static double parse_size(struct text line)
{
	struct text unit;
	uint64_t kib;

	if (!text_u64(&line, &kib) || !text_word(&line, &unit) ||
		!text_is(&unit, "kB") || !text_is_done(&line) ||
		kib > UINT64_MAX / 1024)
		return NAN;
	return (double)(kib * 1024);
}

static double reclaimable(double bytes, double low_bytes)
{
	return bytes - fmin(bytes / 2, low_bytes);
}

static double estimate_available(const double *value, double min_free_bytes)
{
	double low_bytes = min_free_bytes * 1.25;
	double files = value[ACTIVE_FILE] + value[INACTIVE_FILE];
	double available = value[FREE] - low_bytes + reclaimable(files, low_bytes) +
		reclaimable(value[S_RECLAIMABLE], low_bytes);

	/* fmin and fmax prefer a number to NAN: an unknown part makes it all unknown */
	return isnan(low_bytes + files + value[S_RECLAIMABLE]) ? NAN
							       : fmax(available, 0);
}

static void put(struct sink *sink, enum metric_id metric, double value)
{
	if (value >= 0) /* NAN is not; negative: the text contradicts itself */
		sink->put_gauge(sink, metric, 0, value);
}

static void find_places(const char *text, size_t length, struct memory_places *places)
{
	struct text all = text_of(text, length);
	size_t expected = 0;
	struct text line;

	places->length = length;
	for (size_t i = 0; i < FIELDS; i++)
		places->at[i] = SIZE_MAX;
	while (text_line(&all, &line)) {
		size_t field = find_field(&line, expected);

		if (field == FIELDS)
			continue;
		if (places->at[field] == SIZE_MAX) /* a key twice: the first counts */
			places->at[field] = (size_t)(line.at - text);
		expected = field + 1;
	}
}

/* Same length, and each key begins a line where it did; one that was not there may have
 * come, so that a kernel without all of them is looked through each time. */
static bool are_places_good(
	const char *text, size_t length, const struct memory_places *places)
{
	if (places->length != length)
		return false;
	for (size_t i = 0; i < FIELDS; i++) {
		size_t at = places->at[i];
		struct text line;

		if (at >= length || (at > 0 && text[at - 1] != '\n'))
			return false;
		line = (struct text){ text + at, text + length };
		if (!is_key(&line, &keys[i]))
			return false;
	}
	return true;
}

static void put_values(struct sink *sink, const double *value)
{
	put(sink, METRIC_MEMORY_TOTAL_BYTES, value[TOTAL]);
	put(sink, METRIC_MEMORY_AVAILABLE_BYTES, value[AVAILABLE]);
	put(sink, METRIC_MEMORY_CACHED_BYTES, value[CACHED] + value[BUFFERS]);
	put(sink, METRIC_MEMORY_SWAP_SIZE_BYTES, value[SWAP_TOTAL]);
	put(sink, METRIC_MEMORY_SWAP_USED_BYTES, value[SWAP_TOTAL] - value[SWAP_FREE]);
	put(sink, METRIC_MEMORY_COMMITTED_BYTES, value[COMMITTED]);
}

int memory_parse(const char *text, size_t length, double min_free_bytes,
	struct memory_places *places, struct sink *sink, struct err *err)
{
	struct memory_places own = { 0 };
	double value[FIELDS];

	if (!places)
		places = &own;
	if (!are_places_good(text, length, places))
		find_places(text, length, places);
	for (size_t i = 0; i < FIELDS; i++) {
		struct text rest, line;

		value[i] = NAN;
		if (places->at[i] == SIZE_MAX)
			continue;
		rest = (struct text){ text + places->at[i] + keys[i].length + 1,
			text + length };
		if (text_line(&rest, &line))
			value[i] = parse_size(line);
	}
	if (isnan(value[TOTAL]))
		return err_set(err, -EINVAL, "MemTotal is not there as a size in kB");
	if (isnan(value[AVAILABLE]))
		value[AVAILABLE] = estimate_available(value, min_free_bytes);
	put_values(sink, value);
	return 0;
}

static int memory_open(struct probe_state **ret_state,
	const struct probe_context *context, struct err *err)
{
	struct probe_state *state = calloc(1, sizeof(*state));
	uint64_t kib;

	if (!state)
		return err_oom(err);
	state->context = context;
	hostroot_file_init(&state->file, context->root, "proc/meminfo");
	state->min_free_bytes = NAN;
	if (hostroot_read_u64(context->root, "proc/sys/vm/min_free_kbytes", &kib) == 0)
		state->min_free_bytes = (double)kib * 1024;
	*ret_state = state;
	return 0;
}

static int memory_read(
	struct probe_state *state, struct sink *sink, bool is_slow, struct err *err)
{
	const struct probe_context *context = state->context;
	size_t length;
	int r = hostroot_file_read(
		&state->file, context->text, context->text_size, &length, err);

	(void)is_slow;
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = memory_parse(context->text, length, state->min_free_bytes, &state->places,
		sink, err);
	if (r < 0)
		return err_wrap(err, r, "proc/meminfo");
	sink->complete(sink, METRIC_FILE_MEMORY);
	return 0;
}

static void memory_close(struct probe_state *state)
{
	if (!state)
		return;
	hostroot_file_done(&state->file);
	free(state);
}

const struct probe memory_probe = {
	.name = "memory",
	.help = "physical memory and swap: total, available, cached, committed",
	.open = memory_open,
	.read = memory_read,
	.close = memory_close,
};
