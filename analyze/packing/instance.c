/* Reading a file and telling the formats apart; the numeric formats. */
#include "analyze/packing/instance.h"

#include "analyze/packing/instance_text.h"
#include "common/io.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define FILE_BYTES_MAX ((size_t)512 << 20)

/* The sizes of the items read so far, one row of `width` figures each. */
struct rows {
	int64_t *size;
	size_t width;       /* >= 1 */
	size_t count, room; /* in rows */
};

/* Room for more rows. */
static int rows_reserve(
	struct rows *rows, size_t more, const struct tokens *tokens, struct err *err)
{
	size_t room = 2 * (rows->count + more);
	int64_t *grown;

	if (rows->count + more <= rows->room)
		return 0;
	grown = reallocarray(rows->size, room * rows->width, sizeof(*grown));
	if (!grown)
		return tokens_error(tokens, -ENOMEM, err, "no memory");
	rows->size = grown;
	rows->room = room;
	return 0;
}

/* The sizes, and how many items are like this. */
static int parse_vbp_line(struct tokens *tokens, struct rows *rows, struct err *err)
{
	int64_t demand = 0, *row;
	int r = rows_reserve(rows, 1, tokens, err);

	assert(rows->width > 0); /* parse_vbp read a number of at least 1 */
	if (r < 0)
		return r;
	row = rows->size + rows->count * rows->width;
	for (size_t d = 0; d < rows->width && r == 0; d++)
		r = tokens_number(tokens, "a size", 0, PACKING_SIZE_MAX, &row[d], err);
	if (r == 0)
		r = tokens_number(tokens, "a demand", 0, (int64_t)PACKING_ITEMS_MAX,
			&demand, err);
	if (r < 0)
		return r;
	if (demand > (int64_t)(PACKING_ITEMS_MAX - rows->count) ||
		(size_t)demand > INSTANCE_CELLS_MAX / rows->width - rows->count)
		return tokens_error(tokens, -E2BIG, err, "too many items in all");
	r = rows_reserve(rows, (size_t)demand, tokens, err);
	if (r < 0)
		return r;
	row = rows->size + rows->count * rows->width;
	for (size_t copy = 1; copy < (size_t)demand; copy++)
		memcpy(row + copy * rows->width, row, rows->width * sizeof(*row));
	rows->count += (size_t)demand;
	return 0;
}

/* d; d capacities; n; then per line d sizes and how many items are like this. */
static int parse_vbp(
	struct tokens *tokens, struct packing_problem *problem, struct err *err)
{
	struct packing_dimension dimension[INSTANCE_DIMENSIONS_MAX];
	int64_t capacity[INSTANCE_DIMENSIONS_MAX] = { 0 };
	struct rows rows = { .size = NULL };
	int64_t dims = 0, lines = 0;
	int r = tokens_number(tokens, "the number of dimensions", 1,
		INSTANCE_DIMENSIONS_MAX, &dims, err);

	for (size_t d = 0; d < INSTANCE_DIMENSIONS_MAX; d++)
		dimension[d] = (struct packing_dimension){ .name = "size", .slots = 1 };
	for (int64_t d = 0; d < dims && r == 0; d++)
		r = tokens_number(
			tokens, "a capacity", 1, PACKING_SIZE_MAX, &capacity[d], err);
	if (r == 0)
		r = tokens_number(tokens, "the number of lines", 0,
			(int64_t)PACKING_ITEMS_MAX, &lines, err);
	rows.width = (size_t)dims;
	for (int64_t i = 0; i < lines && r == 0; i++)
		r = parse_vbp_line(tokens, &rows, err);
	if (r == 0)
		r = tokens_end(tokens, err);
	if (r == 0)
		r = instance_allocate(
			problem, dimension, rows.width, 1, rows.count, tokens, err);
	if (r == 0 && rows.count)
		memcpy(problem->size, rows.size,
			rows.count * rows.width * sizeof(*rows.size));
	for (int64_t d = 0; d < dims && r == 0; d++)
		problem->capacity[d] = capacity[d];
	free(rows.size);
	return r;
}

/* n, capacity, then one size per line. */
static int parse_bpp(
	struct tokens *tokens, struct packing_problem *problem, struct err *err)
{
	struct packing_dimension dimension = { .name = "size", .slots = 1 };
	int64_t items = 0, capacity = 0;
	int r = tokens_number(tokens, "the number of items", 0,
		(int64_t)PACKING_ITEMS_MAX, &items, err);

	if (r == 0)
		r = tokens_number(
			tokens, "the capacity", 1, PACKING_SIZE_MAX, &capacity, err);
	if (r == 0)
		r = instance_allocate(
			problem, &dimension, 1, 1, (size_t)items, tokens, err);
	if (r != 0)
		return r;
	problem->capacity[0] = capacity;
	for (int64_t i = 0; i < items && r == 0; i++)
		r = tokens_number(
			tokens, "a size", 0, PACKING_SIZE_MAX, &problem->size[i], err);
	return r == 0 ? tokens_end(tokens, err) : r;
}

struct job {
	int64_t start, end, size;
};

static int compare_times(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/*
 * The times that matter: the starts behind which a job ends before the next one starts.
 * At any other time the active jobs are a part of those at one of these.
 */
static size_t choose_times(
	const struct job *job, size_t count, int64_t *start, int64_t *end)
{
	size_t kept = 0, e = 0;

	for (size_t i = 0; i < count; i++) {
		start[i] = job[i].start;
		end[i] = job[i].end;
	}
	qsort(start, count, sizeof(*start), compare_times);
	qsort(end, count, sizeof(*end), compare_times);
	for (size_t i = 0; i < count; i++) {
		int64_t time = start[i];

		while (e < count && end[e] <= time)
			e++;
		if (i + 1 == count || (e < count && end[e] <= start[i + 1]))
			start[kept++] = time;
	}
	return kept;
}

static int fill_temporal(struct packing_problem *problem, const struct job *job,
	size_t count, int64_t capacity, enum instance_demand demand,
	const struct tokens *tokens, struct err *err)
{
	struct packing_dimension dimension = { .name = "size", .slots = 1 };
	int64_t *start = calloc(count + 1, sizeof(*start));
	int64_t *end = calloc(count + 1, sizeof(*end));
	int r = start && end ? 0 : tokens_error(tokens, -ENOMEM, err, "no memory");

	if (r == 0 && demand == INSTANCE_COINCIDENT && count)
		dimension.slots = choose_times(job, count, start, end);
	if (r == 0)
		r = instance_allocate(problem, &dimension, 1, 1, count, tokens, err);
	for (size_t i = 0; i < count && r == 0; i++) {
		int64_t *size = packing_size(problem, 0, i);

		for (size_t s = 0; s < dimension.slots; s++)
			if (demand == INSTANCE_PEAK ||
				(job[i].start <= start[s] && start[s] < job[i].end))
				size[s] = job[i].size;
	}
	if (r == 0)
		problem->capacity[0] = capacity;
	free(start);
	free(end);
	return r;
}

/* n, capacity, 0, 0; then index, start, end, size: active for start <= t < end. */
static int parse_temporal(struct tokens *tokens, enum instance_demand demand,
	struct packing_problem *problem, struct err *err)
{
	int64_t count = 0, capacity = 0, ignored = 0;
	struct job *job = NULL;
	int r = tokens_number(tokens, "the number of jobs", 0,
		(int64_t)PACKING_ITEMS_MAX, &count, err);

	if (r == 0)
		r = tokens_number(
			tokens, "the capacity", 1, PACKING_SIZE_MAX, &capacity, err);
	for (int i = 0; i < 2 && r == 0; i++)
		r = tokens_number(tokens, "a 0", 0, 0, &ignored, err);
	if (r < 0)
		return r;
	job = calloc((size_t)count + 1, sizeof(*job));
	if (!job)
		return tokens_error(tokens, -ENOMEM, err, "no memory");
	for (int64_t i = 0; i < count && r == 0; i++) {
		r = tokens_number(tokens, "the index of a job", i, i, &ignored, err);
		if (r == 0)
			r = tokens_number(tokens, "a start", INT64_MIN / 2,
				INT64_MAX / 2, &job[i].start, err);
		if (r == 0)
			r = tokens_number(tokens, "an end", job[i].start + 1,
				INT64_MAX / 2, &job[i].end, err);
		if (r == 0)
			r = tokens_number(tokens, "a size", 0, PACKING_SIZE_MAX,
				&job[i].size, err);
	}
	if (r == 0)
		r = tokens_end(tokens, err);
	if (r == 0)
		r = fill_temporal(
			problem, job, (size_t)count, capacity, demand, tokens, err);
	free(job);
	return r;
}

static bool ends_with(const char *path, const char *ending)
{
	size_t a = strlen(path), b = strlen(ending);

	return a >= b && strcmp(path + a - b, ending) == 0;
}

static size_t words_in(const char *text, const char *end)
{
	size_t words = 0;
	bool is_inside = false;

	for (; text < end; text++) {
		bool is_blank =
			*text == ' ' || *text == '\t' || *text == '\r' || *text == '\n';

		words += !is_blank && !is_inside;
		is_inside = !is_blank;
	}
	return words;
}

/* One number in the first line: .vbp or BPPLIB, which has n + 2 words in all. */
static bool is_bpp(const char *path, const char *text, size_t length)
{
	if (ends_with(path, ".vbp"))
		return false;
	if (ends_with(path, ".txt") || ends_with(path, ".bpp"))
		return true;
	return words_in(text, text + length) == strtoull(text, NULL, 10) + 2;
}

int instance_parse(const char *path, char *text, size_t length,
	enum instance_demand demand, struct packing_instance *ret_instance,
	struct err *err)
{
	struct packing_instance instance = { .text = text };
	struct tokens tokens;
	const char *begin = text, *line_end = NULL;
	int r = 0;

	instance.problem.setup_dimension = PACKING_NONE;
	while (begin < text + length && strchr(" \t\r\n", *begin) && *begin)
		begin++;
	line_end = memchr(begin, '\n', (size_t)(text + length - begin));
	tokens_init(&tokens, path, text, length);
	if (length - (size_t)(begin - text) >= 4 && strncmp(begin, "CAP1", 4) == 0) {
		instance.has_host_types = true;
		r = instance_parse_cap(&tokens, &instance.problem, err);
	} else if (length - (size_t)(begin - text) >= 3 &&
		strncmp(begin, "TS1", 3) == 0) {
		instance.has_host_types = true;
		r = instance_parse_series(&tokens, demand, &instance.problem, err);
	} else if (!ends_with(path, ".vbp") &&
		words_in(begin, line_end ? line_end : text + length) == 4) {
		r = parse_temporal(&tokens, demand, &instance.problem, err);
	} else if (is_bpp(path, begin, length - (size_t)(begin - text))) {
		r = parse_bpp(&tokens, &instance.problem, err);
	} else {
		r = parse_vbp(&tokens, &instance.problem, err);
	}
	if (r < 0) {
		instance_done(&instance);
		return r;
	}
	*ret_instance = instance;
	return 0;
}

int instance_read(const char *path, enum instance_demand demand,
	struct packing_instance *ret_instance, struct err *err)
{
	struct strbuf buffer;
	char *text = NULL;
	size_t length = 0;
	int r = 0;

	strbuf_init(&buffer, FILE_BYTES_MAX);
	r = io_read_file(AT_FDCWD, path, &buffer, err);
	strbuf_add(&buffer, "");
	length = buffer.length;
	text = r < 0 ? NULL : strbuf_take(&buffer);
	strbuf_done(&buffer);
	if (r < 0)
		return r;
	if (!text)
		return err_set(err, -ENOMEM, "%s: no memory", path);
	return instance_parse(path, text, length, demand, ret_instance, err);
}

void instance_done(struct packing_instance *instance)
{
	packing_problem_done(&instance->problem);
	free(instance->text);
	instance->text = NULL;
}
