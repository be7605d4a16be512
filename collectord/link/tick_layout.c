/* The layout of a tick: which file and data source each value belongs to. */
#include "collectord/link/tick_layout.h"

#include "common/array.h"
#include "common/checksum.h"
#include "common/hex.h"
#include "common/io.h"
#include "common/parse.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_LINE "headroom-layout 1"
#define PATH_BYTES 4096

void layout_init(struct layout *layout, unsigned step_s)
{
	memset(layout, 0, sizeof(*layout));
	layout->step_s = step_s;
}

void layout_done(struct layout *layout)
{
	free(layout->file);
	free(layout->column);
	memset(layout, 0, sizeof(*layout));
}

const struct layout_file *layout_find_file(
	const struct layout *layout, const char *name)
{
	for (size_t i = 0; i < layout->file_count; i++)
		if (strcmp(layout->file[i].name, name) == 0)
			return &layout->file[i];
	return NULL;
}

int layout_add_file(struct layout *layout, const char *name, struct err *err)
{
	struct layout_file *file;
	size_t length = strlen(name);

	if (length == 0 || length >= LAYOUT_NAME_BYTES)
		return err_set(err, -EINVAL,
			"a file's name has 1 to %d bytes, this has %zu",
			LAYOUT_NAME_BYTES - 1, length);
	if (layout_find_file(layout, name))
		return err_set(err, -EEXIST, "the file %s is there twice", name);
	if (layout->file_count >= LAYOUT_FILES_MAX)
		return err_set(err, -E2BIG, "more than %d files", LAYOUT_FILES_MAX);
	if (ARRAY_RESERVE(
		    layout->file, layout->file_allocated, layout->file_count + 1) < 0)
		return err_oom(err);
	file = &layout->file[layout->file_count++];
	memset(file, 0, sizeof(*file));
	memcpy(file->name, name, length + 1);
	file->first = layout->column_count;
	return 0;
}

/* Letters, digits and '_': what RRD takes. */
static bool is_column_name(const char *name)
{
	size_t length = strspn(name,
		"abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

	return length > 0 && length < LAYOUT_COLUMN_BYTES && name[length] == '\0';
}

int layout_add_column(
	struct layout *layout, const char *name, uint32_t flags, struct err *err)
{
	struct layout_file *file;
	struct layout_column *column;

	if (layout->file_count == 0)
		return err_set(err, -EINVAL, "a data source before the first file");
	if (!is_column_name(name))
		return err_set(err, -EINVAL,
			"\"%.40s\" is no name for a data source: 1 to %d letters, "
			"digits, _",
			name, LAYOUT_COLUMN_BYTES - 1);
	if (flags & ~(uint32_t)(LAYOUT_KEEP_MIN | LAYOUT_KEEP_MAX))
		return err_set(err, -EINVAL, "unknown flags of a data source");
	if (layout->column_count >= LAYOUT_COLUMNS_MAX)
		return err_set(
			err, -E2BIG, "more than %d data sources", LAYOUT_COLUMNS_MAX);
	file = &layout->file[layout->file_count - 1];
	for (size_t i = file->first; i < layout->column_count; i++)
		if (strcmp(layout->column[i].name, name) == 0)
			return err_set(
				err, -EEXIST, "%s has %s twice", file->name, name);
	if (ARRAY_RESERVE(layout->column, layout->column_allocated,
		    layout->column_count + 1) < 0)
		return err_oom(err);
	column = &layout->column[layout->column_count++];
	memset(column, 0, sizeof(*column));
	memcpy(column->name, name, strlen(name) + 1);
	column->flags = flags;
	file->count++;
	return 0;
}

/* ---- text out --------------------------------------------------------------- */

static void add_encoded(struct strbuf *out, const char *name)
{
	for (const char *at = name; *at; at++) {
		unsigned char c = (unsigned char)*at;
		bool is_plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
			(c >= 'a' && c <= 'z') || c == '.' || c == '_' || c == '-';

		if (is_plain)
			strbuf_add_bytes(out, at, 1);
		else
			strbuf_addf(out, "%%%02X", c);
	}
}

int layout_print(const struct layout *layout, struct strbuf *out, struct err *err)
{
	strbuf_addf(out, "%s\nstep %u\n", FIRST_LINE, layout->step_s);
	for (size_t i = 0; i < layout->file_count; i++) {
		const struct layout_file *file = &layout->file[i];

		strbuf_add(out, "file ");
		add_encoded(out, file->name);
		strbuf_add(out, "\n");
		for (size_t k = file->first; k < file->first + file->count; k++) {
			const struct layout_column *column = &layout->column[k];

			assert(layout->column);
			strbuf_addf(out, "ds %s%s%s\n", column->name,
				column->flags & LAYOUT_KEEP_MIN ? " min" : "",
				column->flags & LAYOUT_KEEP_MAX ? " max" : "");
		}
	}
	strbuf_add(out, "end\n");
	if (strbuf_failed(out))
		return err_set(err, strbuf_failed(out), "the layout does not fit");
	return 0;
}

int layout_seal(struct layout *layout, struct err *err)
{
	struct strbuf text;
	int r;

	strbuf_init(&text, LAYOUT_TEXT_MAX);
	r = layout_print(layout, &text, err);
	if (r == 0)
		layout->id = checksum64(strbuf_text(&text), text.length, 0);
	if (r == 0 && layout->id == 0)
		layout->id = 1; /* 0 means not sealed */
	strbuf_done(&text);
	return r;
}

/* ---- text in ---------------------------------------------------------------- */

/* One line without its newline; false at the end of the text. */
struct line_reader {
	const char *at, *end;
	unsigned number;
	char line[LAYOUT_NAME_BYTES * 3 + 16];
};

static int next_line(struct line_reader *reader, struct err *err)
{
	const char *newline =
		memchr(reader->at, '\n', (size_t)(reader->end - reader->at));
	size_t length;

	reader->number++;
	if (!newline)
		return err_set(err, -EBADMSG, "line %u: the text ends before \"end\"",
			reader->number);
	length = (size_t)(newline - reader->at);
	if (length >= sizeof(reader->line) || memchr(reader->at, '\0', length))
		return err_set(err, -EBADMSG, "line %u: not a line of a layout",
			reader->number);
	memcpy(reader->line, reader->at, length);
	reader->line[length] = '\0';
	reader->at = newline + 1;
	return 0;
}

static int layout_decode_name(const char *text, char ret_name[static LAYOUT_NAME_BYTES])
{
	size_t length = 0;

	for (; *text; text++) {
		int c = (unsigned char)*text;

		if (c == '%') {
			c = hex_byte(text + 1);
			if (c <= 0)
				return -EBADMSG;
			text += 2;
		}
		if (length + 1 >= LAYOUT_NAME_BYTES)
			return -EBADMSG;
		ret_name[length++] = (char)c;
	}
	ret_name[length] = '\0';
	return length > 0 ? 0 : -EBADMSG;
}

static int parse_column(struct layout *layout, char *words, struct err *err)
{
	uint32_t flags = 0;
	char *blank = strchr(words, ' ');

	if (blank) {
		*blank = '\0';
		if (strcmp(blank + 1, "min") == 0)
			flags = LAYOUT_KEEP_MIN;
		else if (strcmp(blank + 1, "max") == 0)
			flags = LAYOUT_KEEP_MAX;
		else if (strcmp(blank + 1, "min max") == 0)
			flags = LAYOUT_KEEP_MIN | LAYOUT_KEEP_MAX;
		else
			return err_set(err, -EBADMSG,
				"\"%.40s\" is not min, max or min max", blank + 1);
	}
	return layout_add_column(layout, words, flags, err);
}

static int layout_parse_line(struct layout *layout, char *line, struct err *err)
{
	char name[LAYOUT_NAME_BYTES];

	if (strncmp(line, "ds ", 3) == 0)
		return parse_column(layout, line + 3, err);
	if (strncmp(line, "file ", 5) == 0) {
		if (layout_decode_name(line + 5, name) < 0)
			return err_set(err, -EBADMSG, "this is no name of a file");
		return layout_add_file(layout, name, err);
	}
	return err_set(err, -EBADMSG, "\"%.20s\" begins no line of a layout", line);
}

static int parse_head(
	struct line_reader *reader, struct layout *layout, struct err *err)
{
	uint64_t step;
	int r = next_line(reader, err);

	if (r == 0 && strcmp(reader->line, FIRST_LINE) != 0)
		r = err_set(err, -EBADMSG, "line 1: not \"" FIRST_LINE "\"");
	if (r == 0)
		r = next_line(reader, err);
	if (r < 0)
		return r;
	if (strncmp(reader->line, "step ", 5) != 0 ||
		parse_u64(reader->line + 5, strlen(reader->line + 5), &step) < 0 ||
		step < 1 || step > 86400)
		return err_set(err, -EBADMSG, "line 2: no usable step");
	layout_init(layout, (unsigned)step);
	return 0;
}

int layout_parse(
	const char *text, size_t length, struct layout *ret_layout, struct err *err)
{
	struct line_reader reader = { .at = text, .end = text + length };
	struct layout layout;
	int r;

	layout_init(&layout, 0);
	if (length > LAYOUT_TEXT_MAX)
		return err_set(err, -EBADMSG, "longer than %zu bytes", LAYOUT_TEXT_MAX);
	r = parse_head(&reader, &layout, err);
	while (r == 0) {
		r = next_line(&reader, err);
		if (r < 0 || strcmp(reader.line, "end") == 0)
			break;
		r = layout_parse_line(&layout, reader.line, err);
		if (r < 0)
			r = err_wrap(err, r == -ENOMEM ? r : -EBADMSG, "line %u",
				reader.number);
	}
	if (r == 0 && reader.at != reader.end)
		r = err_set(err, -EBADMSG, "text after \"end\"");
	if (r == 0)
		r = layout_seal(&layout, err);
	if (r == 0)
		*ret_layout = layout;
	else
		layout_done(&layout);
	return r;
}

/* ---- files ------------------------------------------------------------------ */

void layout_file_name(uint64_t id, char ret_name[static LAYOUT_FILE_NAME_BYTES])
{
	snprintf(ret_name, LAYOUT_FILE_NAME_BYTES, "layout-%016llx",
		(unsigned long long)id);
}

static int layout_path(uint64_t id, const char *dir, char ret_path[static PATH_BYTES])
{
	char name[LAYOUT_FILE_NAME_BYTES];

	layout_file_name(id, name);
	if ((size_t)snprintf(ret_path, PATH_BYTES, "%s/%s", dir, name) >= PATH_BYTES)
		return -ENAMETOOLONG;
	return 0;
}

int layout_save(const struct layout *layout, const char *dir, struct err *err)
{
	char path[PATH_BYTES];
	struct strbuf text;
	int r;

	if (layout_path(layout->id, dir, path) < 0)
		return err_set(err, -ENAMETOOLONG, "%.100s: the path is too long", dir);
	if (access(path, F_OK) == 0)
		return 0;
	strbuf_init(&text, LAYOUT_TEXT_MAX);
	r = layout_print(layout, &text, err);
	if (r == 0)
		r = io_replace_file(AT_FDCWD, path, strbuf_text(&text), text.length,
			0640, IO_VOLATILE, err);
	strbuf_done(&text);
	return r;
}

int layout_load(
	const char *dir, uint64_t id, struct layout *ret_layout, struct err *err)
{
	char path[PATH_BYTES];
	struct layout layout;
	struct strbuf text;
	int r;

	if (layout_path(id, dir, path) < 0)
		return err_set(err, -ENAMETOOLONG, "%.100s: the path is too long", dir);
	strbuf_init(&text, LAYOUT_TEXT_MAX);
	r = io_read_file(AT_FDCWD, path, &text, err);
	if (r == 0) {
		r = layout_parse(strbuf_text(&text), text.length, &layout, err);
		if (r < 0)
			err_wrap(err, r, "%s", path);
	}
	if (r == 0 && layout.id != id) {
		layout_done(&layout);
		r = err_set(err, -EBADMSG, "%s: the text has another id", path);
	}
	if (r == 0)
		*ret_layout = layout;
	strbuf_done(&text);
	return r;
}
