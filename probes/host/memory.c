#include "probes/host/memory.h"

#include "common/each_tick.h"
#include "common/util.h"
#include "probes/host/container.h"
#include "probes/text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* What the formulas below need; other values are rows of keys[] alone. */
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
	FIELDS_USUAL, /* kernels that lack one of these are looked through each time */
	HUGE_TOTAL = FIELDS_USUAL,
	HUGE_FREE,
	HUGE_RESERVED,
	HUGE_SIZE,
};

/* In the order of the kernel's text, so that each key is found at the first try.  Sizes
 * in kB, but for counts.  To keep one more value: a VALUE row behind the others, wherever
 * the kernel's line stands (the rows of enum field come first), and its metric. */
static const struct key {
	const char *text;
	size_t length;
	enum metric_id metric; /* put as it stands; METRIC_COUNT: the formulas put it */
	bool is_count;
} keys[] = {
#define KEY(field, text_) [field] = { text_, sizeof(text_) - 1, METRIC_COUNT, false }
#define COUNT(field, text_) [field] = { text_, sizeof(text_) - 1, METRIC_COUNT, true }
#define VALUE(text_, metric_)                            \
	{                                                \
		text_, sizeof(text_) - 1, metric_, false \
	}
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
	COUNT(HUGE_TOTAL, "HugePages_Total"),
	COUNT(HUGE_FREE, "HugePages_Free"),
	COUNT(HUGE_RESERVED, "HugePages_Rsvd"),
	KEY(HUGE_SIZE, "Hugepagesize"),
	VALUE("Balloon", METRIC_MEMORY_BALLOON_BYTES),
#undef KEY
#undef COUNT
#undef VALUE
};
enum { FIELDS = ARRAY_LEN(keys) };
_Static_assert((int)FIELDS <= (int)MEMORY_FIELDS_MAX, "a place for each field");
/* of what is installed: free memory that contradicts a MemAvailable of 0 */
static const double free_share_odd = 0.05;

#define ARC_FILE "proc/spl/kstat/zfs/arcstats"
#define HUGE_FOLDER "sys/kernel/mm/hugepages"
enum { HUGE_SIZES_MAX = 8 };

/* Pages of one size that somebody set aside. */
struct huge_size {
	char folder[32];
	uint64_t kib;
};

struct probe_state {
	const struct probe_context *context; /* borrowed */
	struct host_file file, arc;
	bool has_arc;
	struct memory_facts facts;
	struct memory_places places;
	uint64_t default_kib; /* the size whose pages meminfo counts */
	struct huge_size huge[HUGE_SIZES_MAX];
	size_t huge_count;
	unsigned huge_here; /* by bit: the sizes that this kernel has */
	bool is_huge_known;
};

static bool memory_is_key(const struct text *line, const struct key *key)
{
	return (size_t)(line->end - line->at) > key->length &&
		line->at[key->length] == ':' &&
		!memcmp(line->at, key->text, key->length);
}

/* The text and where its keys stand. */
struct meminfo {
	const char *text;
	size_t length;
	const struct memory_places *places;
};

/* FIELDS when the line is none of ours; looks from the expected one on. */
static size_t find_field(const struct text *line, size_t expected)
{
	for (size_t i = 0; i < FIELDS; i++) {
		size_t field = (expected + i) % FIELDS;

		if (memory_is_key(line, &keys[field]))
			return field;
	}
	return FIELDS;
}

/* The kernel prints KiB and calls it "kB"; values leave this file in bytes. */
static double bytes_of_kib(uint64_t kib)
{
	return (double)(kib * 1024);
}

static double memory_parse_size(struct text line, bool is_count)
{
	struct text unit;
	uint64_t kib;

	if (is_count)
		return text_u64(&line, &kib) && text_is_done(&line) ? (double)kib : NAN;
	if (!text_u64(&line, &kib) || !text_word(&line, &unit) ||
		!text_is(&unit, "kB") || !text_is_done(&line) ||
		kib > UINT64_MAX / 1024)
		return NAN;
	return bytes_of_kib(kib);
}

/* "  16384 kB" and the end of its line, as nearly every line is; else NAN, and
 * memory_parse_size decides. */
static double plain_size(const char *at, const char *end)
{
	static const char unit[] = " kB\n";
	uint64_t kib = 0;
	const char *first;

	while (at < end && *at == ' ')
		at++;
	first = at;
	while (at < end && (unsigned char)(*at - '0') <= 9)
		kib = kib * 10 + (uint64_t)(*at++ - '0');
	return at > first && at - first < 16 && end - at >= 4 && !memcmp(at, unit, 4)
		? bytes_of_kib(kib)
		: NAN;
}

/* NAN where the text has no such key, or no size behind it.  Read when it is asked for:
 * most machines need neither the parts of the estimate nor what huge pages hold. */
EACH_TICK static double field_of(const struct meminfo *meminfo, size_t field)
{
	size_t at = meminfo->places->at[field];
	struct text rest, line;
	double size;

	if (at == SIZE_MAX)
		return NAN;
	rest = (struct text){ meminfo->text + at + keys[field].length + 1,
		meminfo->text + meminfo->length };
	size = keys[field].is_count ? NAN : plain_size(rest.at, rest.end);
	if (!isnan(size))
		return size;
	return text_line(&rest, &line) ? memory_parse_size(line, keys[field].is_count)
				       : NAN;
}

static double give_back(double bytes, double low_bytes)
{
	return bytes - fmin(bytes / 2, low_bytes);
}

static double estimate_available(const struct meminfo *meminfo, double min_free_bytes)
{
	double low_bytes = min_free_bytes * 1.25;
	double files =
		field_of(meminfo, ACTIVE_FILE) + field_of(meminfo, INACTIVE_FILE);
	double reclaimable = field_of(meminfo, S_RECLAIMABLE);
	double available = field_of(meminfo, FREE) - low_bytes +
		give_back(files, low_bytes) + give_back(reclaimable, low_bytes);

	/* fmin and fmax prefer a number to NAN: an unknown part makes it all unknown */
	return isnan(low_bytes + files + reclaimable) ? NAN : fmax(available, 0);
}

static void put_size(struct sink *sink, enum metric_id metric, double value)
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

/* Same length, and each key begins a line where it did; a usual one that was not there may
 * have come, so that a kernel without all of those is looked through each time.  A kernel
 * prints a rarer one always or never. */
static bool are_places_good(
	const char *text, size_t length, const struct memory_places *places)
{
	if (places->length != length)
		return false;
	for (size_t i = 0; i < FIELDS; i++) {
		size_t at = places->at[i];
		struct text line;

		if (at == SIZE_MAX && i >= FIELDS_USUAL)
			continue;
		if (at >= length || (at > 0 && text[at - 1] != '\n'))
			return false;
		line = (struct text){ text + at, text + length };
		if (!memory_is_key(&line, &keys[i]))
			return false;
	}
	return true;
}

/* Free memory is not use, whatever the estimate says; an estimate of 0 beside it is none. */
static double find_available(
	const struct meminfo *meminfo, double total, double min_free_bytes)
{
	double available = field_of(meminfo, AVAILABLE);
	double unused = field_of(meminfo, FREE);

	if (isnan(available) || (available == 0 && unused > free_share_odd * total))
		available = estimate_available(meminfo, min_free_bytes);
	return available < unused ? unused : available;
}

/* Of all sizes of pages; put where there are any. */
static void put_huge_pages(struct sink *sink, const struct meminfo *meminfo,
	const struct memory_facts *facts)
{
	double bytes = facts->other_huge_bytes;

	if (field_of(meminfo, HUGE_TOTAL) > 0) {
		double free_pages =
			field_of(meminfo, HUGE_FREE) - field_of(meminfo, HUGE_RESERVED);

		bytes = (isnan(bytes) ? 0 : bytes) +
			(free_pages >= 0 ? free_pages : NAN) *
				field_of(meminfo, HUGE_SIZE);
		/* there are some, and nobody knows how many of them are free */
		sink->put_gauge(sink, METRIC_MEMORY_HUGE_BYTES, 0, bytes);
	} else {
		put_size(sink, METRIC_MEMORY_HUGE_BYTES, bytes);
	}
}

static void put_sizes(struct sink *sink, const struct meminfo *meminfo, double total,
	const struct memory_facts *facts)
{
	double swap = field_of(meminfo, SWAP_TOTAL);

	put_size(sink, METRIC_MEMORY_TOTAL_BYTES, total);
	put_size(sink, METRIC_MEMORY_AVAILABLE_BYTES,
		find_available(meminfo, total, facts->min_free_bytes));
	put_size(sink, METRIC_MEMORY_CACHED_BYTES,
		field_of(meminfo, CACHED) + field_of(meminfo, BUFFERS));
	put_size(sink, METRIC_MEMORY_SWAP_SIZE_BYTES, swap);
	put_size(sink, METRIC_MEMORY_SWAP_USED_BYTES,
		swap - field_of(meminfo, SWAP_FREE));
	if (facts->is_in_container) /* what else stands there is its host's */
		return;
	put_size(sink, METRIC_MEMORY_COMMITTED_BYTES, field_of(meminfo, COMMITTED));
	put_huge_pages(sink, meminfo, facts);
	for (size_t i = 0; i < FIELDS; i++)
		if (keys[i].metric != METRIC_COUNT)
			put_size(sink, keys[i].metric, field_of(meminfo, i));
}

EACH_TICK int memory_parse(const char *text, size_t length,
	const struct memory_facts *facts, struct memory_places *places,
	struct sink *sink, struct err *err)
{
	struct memory_places own = { 0 };
	struct meminfo meminfo = { text, length, places ? places : &own };
	double total;

	if (!places)
		places = &own;
	if (!are_places_good(text, length, places))
		find_places(text, length, places);
	total = field_of(&meminfo, TOTAL);
	if (isnan(total))
		return err_set(err, -EINVAL, "MemTotal is not there as a size in kB");
	put_sizes(sink, &meminfo, total, facts);
	return 0;
}

double memory_parse_arc(const char *text, size_t length)
{
	struct text all = text_of(text, length);
	double size = NAN;
	double floor = NAN;
	struct text line, word;
	uint64_t type, value;

	while (text_line(&all, &line)) {
		double *field;

		if (!text_word(&line, &word))
			continue;
		field = text_is(&word, "size")    ? &size
			: text_is(&word, "c_min") ? &floor
						  : NULL;
		if (field && text_u64(&line, &type) && text_u64(&line, &value))
			*field = (double)value;
	}
	return size >= floor ? size - floor : isnan(size) || isnan(floor) ? NAN : 0;
}

/* ---- huge pages of the sizes that meminfo does not tell -------------------------- */

static bool read_huge(const struct host_root *root, const char *folder,
	const char *file, uint64_t *ret_value)
{
	char path[128];
	int length = snprintf(path, sizeof(path), HUGE_FOLDER "/%s/%s", folder, file);

	return length > 0 && (size_t)length < sizeof(path) &&
		hostroot_read_u64(root, path, ret_value) == 0;
}

/* Sizes that architectures have; a folder for each that this kernel has, which under a live
 * process stays so. */
static void find_huge_sizes(struct probe_state *state)
{
	static const unsigned sizes_kib[] = { 64, 1024, 2048, 8192, 16384, 32768,
		524288, 1048576, 2097152, 16777216 };

	bool is_known = state->is_huge_known && state->context->root->is_live;

	state->huge_count = 0;
	for (size_t i = 0; i < ARRAY_LEN(sizes_kib); i++) {
		struct huge_size *size = &state->huge[state->huge_count];
		uint64_t pages;

		if (sizes_kib[i] == state->default_kib ||
			(is_known && !(state->huge_here & 1u << i)))
			continue;
		size->kib = sizes_kib[i];
		(void)snprintf(size->folder, sizeof(size->folder), "hugepages-%ukB",
			sizes_kib[i]);
		if (!read_huge(
			    state->context->root, size->folder, "nr_hugepages", &pages))
			continue;
		state->huge_here |= 1u << i;
		if (pages > 0 && state->huge_count < HUGE_SIZES_MAX - 1)
			state->huge_count++;
	}
	state->is_huge_known = true;
}

/* NAN where there are none; where one size cannot be read it stays out of what is given
 * back, and so counts as used. */
static double read_other_huge(const struct probe_state *state)
{
	double bytes = NAN;

	for (size_t i = 0; i < state->huge_count; i++) {
		const struct huge_size *size = &state->huge[i];
		const struct host_root *root = state->context->root;
		uint64_t unused, reserved;

		if (!read_huge(root, size->folder, "free_hugepages", &unused) ||
			!read_huge(root, size->folder, "resv_hugepages", &reserved) ||
			reserved > unused)
			continue;
		bytes = (isnan(bytes) ? 0 : bytes) +
			(double)(unused - reserved) * (double)size->kib * 1024;
	}
	return bytes;
}

/* ---- the probe --------------------------------------------------------------------- */

static int memory_open(struct probe_state **ret_state,
	const struct probe_context *context, struct err *err)
{
	struct probe_state *state = calloc(1, sizeof(*state));
	uint64_t kib;

	if (!state)
		return err_oom(err);
	state->context = context;
	hostroot_file_init(&state->file, context->root, "proc/meminfo");
	hostroot_file_init(&state->arc, context->root, ARC_FILE);
	state->facts.min_free_bytes = NAN;
	if (hostroot_read_u64(context->root, "proc/sys/vm/min_free_kbytes", &kib) == 0)
		state->facts.min_free_bytes = (double)kib * 1024;
	*ret_state = state;
	return 0;
}

/* What a machine has or has not, seldom changes: ZFS, huge pages of other sizes. */
static void look_around(struct probe_state *state, const char *text, size_t length)
{
	const struct host_root *root = state->context->root;
	struct text all = text_of(text, length);
	struct text line;

	state->default_kib = 0;
	while (text_line(&all, &line))
		if (text_prefix(&line, "Hugepagesize:"))
			(void)text_u64(&line, &state->default_kib);
	state->has_arc = hostroot_exists(root, ARC_FILE);
	find_huge_sizes(state);
}

static int put_arc(struct probe_state *state, struct sink *sink, struct err *err)
{
	const struct probe_context *context = state->context;
	size_t length;
	int r = hostroot_file_read(
		&state->arc, context->text, context->text_size, &length, err);

	if (r == -ENOENT)
		return 0;
	/* it is there: unknown is not none */
	sink->put_gauge(sink, METRIC_MEMORY_ARC_BYTES, 0,
		r < 0 ? NAN : memory_parse_arc(context->text, length));
	return r;
}

/* In a container: its limit and its own use, of its host's meminfo only what is installed. */
static int read_container(struct probe_state *state, struct sink *sink, struct err *err)
{
	const struct probe_context *context = state->context;
	struct container_memory memory;
	struct memory_places places = { 0 };
	struct meminfo meminfo = { .places = &places };
	double total;
	size_t length;
	int r = hostroot_file_read(
		&state->file, context->text, context->text_size, &length, err);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	find_places(context->text, length, &places);
	meminfo.text = context->text;
	meminfo.length = length;
	total = field_of(&meminfo, TOTAL);
	container_read_memory(context->root, context->container, context->text,
		context->text_size, &memory);
	if (memory.limit_bytes < total)
		total = memory.limit_bytes;
	put_size(sink, METRIC_MEMORY_TOTAL_BYTES, total);
	put_size(sink, METRIC_MEMORY_AVAILABLE_BYTES, total - memory.used_bytes);
	put_size(sink, METRIC_MEMORY_CACHED_BYTES, memory.cached_bytes);
	sink->complete(sink, METRIC_FILE_MEMORY);
	return 0;
}

EACH_TICK static int memory_probe_read(
	struct probe_state *state, struct sink *sink, bool is_slow, struct err *err)
{
	const struct probe_context *context = state->context;
	const struct container *container = context->container;
	size_t length;
	int r;

	if (container && container->is_unclear)
		return err_set(err, -ENODATA,
			"process 1 is of another control group: whose memory is meant cannot be told");
	if (container_is_foreign(container, container && container->owns_meminfo))
		return read_container(state, sink, err);
	r = hostroot_file_read_short(
		&state->file, context->text, context->text_size, &length, err);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (is_slow)
		look_around(state, context->text, length);
	state->facts.is_in_container = container && container->is_one;
	state->facts.other_huge_bytes = read_other_huge(state);
	r = memory_parse(
		context->text, length, &state->facts, &state->places, sink, err);
	if (r < 0)
		return err_wrap(err, r, "proc/meminfo");
	/* a container sees the cache of its host */
	if (state->has_arc && !(container && container->is_one))
		r = put_arc(state, sink, err);
	sink->complete(sink, METRIC_FILE_MEMORY);
	return r;
}

static void memory_close(struct probe_state *state)
{
	if (!state)
		return;
	hostroot_file_done(&state->file);
	hostroot_file_done(&state->arc);
	free(state);
}

const struct probe memory_probe = {
	.name = "memory",
	.help = "physical memory and swap: total, available, cached, committed",
	.open = memory_open,
	.read = memory_probe_read,
	.close = memory_close,
};
