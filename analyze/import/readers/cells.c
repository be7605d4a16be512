#include "analyze/import/readers/cells.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CELLS_BUFFER_BYTES (CELLS_CELL_MAX_BYTES * 4)

struct cells {
	struct text_place place;
	struct bytes *bytes;
	char delimiter;
	bool is_at_end, has_begun;
	bool is_in_row;        /* the last cell was not the last of its row */
	uint32_t column;       /* of the next cell */
	uint64_t lines_inside; /* line ends within quotes of this row */
	size_t begin, end;
	char buffer[CELLS_BUFFER_BYTES];
};

int cells_open(
	struct bytes *bytes, char delimiter, struct cells **ret_cells, struct err *err)
{
	struct cells *cells = malloc(sizeof(*cells));

	if (!cells)
		return err_oom(err);
	cells->place = (struct text_place){ bytes_name(bytes), 0 };
	cells->bytes = bytes;
	cells->delimiter = delimiter;
	cells->is_at_end = cells->has_begun = cells->is_in_row = false;
	cells->column = 0;
	cells->lines_inside = 0;
	cells->begin = cells->end = 0;
	*ret_cells = cells;
	return 0;
}

void cells_close(struct cells *cells)
{
	free(cells);
}

const struct text_place *cells_place(const struct cells *cells)
{
	return &cells->place;
}

static int refuse_cells(const struct cells *cells, struct err *err, const char *what)
{
	return err_set(err, -EINVAL, "%s:%llu: %s", cells->place.path,
		(unsigned long long)cells->place.line, what);
}

/* More bytes behind what is not handed out yet. */
static int fill_cells(struct cells *cells, struct err *err)
{
	size_t got = 0;
	int r;

	if (cells->begin > 0) {
		memmove(cells->buffer, cells->buffer + cells->begin,
			cells->end - cells->begin);
		cells->end -= cells->begin;
		cells->begin = 0;
	}
	r = bytes_read(cells->bytes, cells->buffer + cells->end,
		CELLS_BUFFER_BYTES - cells->end, &got, err);
	if (r < 0)
		return r;
	if (memchr(cells->buffer + cells->end, '\0', got))
		return refuse_cells(cells, err,
			"expected text, found a NUL byte (is it UTF-16 without a mark? "
			"--encoding UTF-16LE)");
	cells->end += got;
	cells->is_at_end = got == 0;
	if (cells->has_begun || (cells->end < 3 && got > 0))
		return 0; /* until three bytes are there it may be a mark */
	if (cells->end >= 3 && !memcmp(cells->buffer, "\xef\xbb\xbf", 3))
		cells->begin = 3;
	cells->has_begun = true;
	return 0;
}

/* The end of an unquoted cell: its delimiter, its line's end, or the end of the file.
 * *ret_length includes neither; NULL: not in the buffer. */
static const char *plain_end(const struct cells *cells)
{
	const char *at = cells->buffer + cells->begin;
	const char *end = cells->buffer + cells->end;
	char delimiter = cells->delimiter;

	while (at < end && *at != delimiter && *at != '\n')
		at++;
	return at < end || cells->is_at_end ? at : NULL;
}

/* The closing quote from behind the opening one; doubled quotes are passed. */
static const char *quoted_end(const struct cells *cells)
{
	const char *at = cells->buffer + cells->begin + 1;
	const char *end = cells->buffer + cells->end;

	while ((at = at < end ? memchr(at, '"', (size_t)(end - at)) : NULL)) {
		if (at + 1 == end && !cells->is_at_end)
			return NULL;
		if (at + 1 == end || at[1] != '"')
			return at;
		at += 2;
	}
	return NULL;
}

/* "a ""b"" c" becomes a "b" c in its own place. */
static size_t undouble(char *text, size_t length)
{
	size_t kept = 0;

	for (size_t i = 0; i < length; i++) {
		text[kept++] = text[i];
		if (text[i] == '"')
			i++;
	}
	return kept;
}

static uint64_t count_lines(const char *text, size_t length)
{
	const char *end = text + length;
	uint64_t lines = 0;

	while ((text = memchr(text, '\n', (size_t)(end - text)))) {
		lines++;
		text++;
	}
	return lines;
}

/* Behind a cell: its delimiter or line end, which *cells moves past. */
static int pass_end(
	struct cells *cells, const char *at, struct table_cell *cell, struct err *err)
{
	const char *end = cells->buffer + cells->end;

	cell->is_last = at == end || *at == '\n';
	if (at < end && !cell->is_last && *at != cells->delimiter)
		return refuse_cells(cells, err,
			"expected a delimiter or the end of the line behind a closing "
			"quote");
	cells->begin = (size_t)(at - cells->buffer) + (at < end);
	cells->is_in_row = !cell->is_last;
	cell->column = cells->column;
	cells->column = cell->is_last ? 0 : cells->column + 1;
	if (cell->is_last) {
		/* counted when the next row begins */
		return 1;
	}
	if (cells->column == CELLS_COLUMNS_MAX)
		return err_set(err, -EFBIG,
			"%s:%llu: expected at most %d columns, found more",
			cells->place.path, (unsigned long long)cells->place.line,
			CELLS_COLUMNS_MAX);
	return 1;
}

static int take_quoted_cell(struct cells *cells, const char *close,
	struct table_cell *cell, struct err *err)
{
	char *text = cells->buffer + cells->begin + 1;
	size_t length = (size_t)(close - text);
	const char *at = close + 1, *end = cells->buffer + cells->end;

	cells->lines_inside += count_lines(text, length);
	cell->is_quoted = true;
	cell->length = memchr(text, '"', length) ? undouble(text, length) : length;
	cell->text = text;
	if (at < end && *at == '\r')
		at++;
	return pass_end(cells, at, cell, err);
}

static int take_plain_cell(
	struct cells *cells, const char *at, struct table_cell *cell, struct err *err)
{
	const char *text = cells->buffer + cells->begin;

	cell->is_quoted = false;
	cell->text = text;
	cell->length = (size_t)(at - text);
	if (cell->length > 0 && text[cell->length - 1] == '\r' &&
		(at == cells->buffer + cells->end || *at == '\n'))
		cell->length--;
	return pass_end(cells, at, cell, err);
}

int cells_next(struct cells *cells, struct table_cell *ret_cell, struct err *err)
{
	int r;

	if (!cells->is_in_row) {
		cells->place.line += 1 + cells->lines_inside;
		cells->lines_inside = 0;
	}
	for (;;) {
		size_t there = cells->end - cells->begin;
		bool is_quoted = there > 0 && cells->buffer[cells->begin] == '"';
		/* what follows a closing quote must be there too, with the CR */
		const char *at = !cells->has_begun || (there == 0 && !cells->is_at_end)
			? NULL
			: is_quoted ? quoted_end(cells)
				    : plain_end(cells);

		if (there == 0 && cells->is_at_end && !cells->is_in_row)
			return 0;
		if (at && is_quoted &&
			(cells->is_at_end || at + 2 < cells->buffer + cells->end))
			return take_quoted_cell(cells, at, ret_cell, err);
		if (at && !is_quoted)
			return take_plain_cell(cells, at, ret_cell, err);
		if (there > CELLS_CELL_MAX_BYTES)
			return refuse_cells(cells, err,
				"expected a cell of at most 65536 bytes, found a longer "
				"one");
		if (cells->is_at_end)
			return refuse_cells(cells, err,
				"expected a closing quote, found the end of the file");
		r = fill_cells(cells, err);
		if (r < 0)
			return r;
	}
}

char cells_guess_delimiter(const char *head, size_t length)
{
	static const char candidates[] = ",;\t|";
	size_t count[sizeof(candidates)] = { 0 }, best = 0;
	bool is_quoted = false;

	for (size_t i = 0; i < length && (is_quoted || head[i] != '\n'); i++) {
		const char *found = head[i] ? strchr(candidates, head[i]) : NULL;

		if (head[i] == '"')
			is_quoted = !is_quoted;
		else if (found && !is_quoted)
			count[found - candidates]++;
	}
	for (size_t i = 1; i < sizeof(candidates) - 1; i++) {
		if (count[i] > count[best])
			best = i;
	}
	return count[best] ? candidates[best] : '\0';
}
