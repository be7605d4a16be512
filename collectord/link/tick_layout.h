/*
 * The layout of a tick: which file and data source each value belongs to.
 *
 * It changes only when a device comes or goes.  The sampler writes it as text to
 * <runtime>/layout-<id> before the first tick that uses it; the recorder copies it
 * beside its staging ring.  The id is a checksum of the text, so the same topology
 * has the same id, on every machine and after every restart.
 *
 * The text: one item a line, names percent-encoded outside [A-Za-z0-9._-]
 *
 *     headroom-layout 1
 *     step 10
 *     file net-eth0
 *     ds demand_bps max         the words behind the name: the archives that are kept
 *     ds received_bps min max   beside AVERAGE
 *     end
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef COLLECTORD_LINK_TICK_LAYOUT_H
#define COLLECTORD_LINK_TICK_LAYOUT_H

#include "common/err.h"
#include "common/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LAYOUT_FILES_MAX 1024
#define LAYOUT_COLUMNS_MAX 65536
#define LAYOUT_NAME_BYTES 200  /* of a file's name, before encoding, with the NUL */
#define LAYOUT_COLUMN_BYTES 16 /* a data source has at most 15 characters */
#define LAYOUT_TEXT_MAX ((size_t)4 << 20)

enum layout_column_flag {
	LAYOUT_KEEP_MIN = 1 << 0, /* MIN archives are kept */
	LAYOUT_KEEP_MAX = 1 << 1, /* MAX archives are kept */
};

struct layout_column {
	char name[LAYOUT_COLUMN_BYTES];
	uint32_t flags;
};

/* Values first .. first + count of a tick, in the order of its columns. */
struct layout_file {
	char name[LAYOUT_NAME_BYTES]; /* "cpu", "net-eth0": not encoded */
	size_t first;
	size_t count;
};

struct layout {
	uint64_t id; /* 0 until layout_seal */
	unsigned step_s;
	struct layout_file *file;
	size_t file_count;
	struct layout_column *column;
	size_t column_count;
	size_t file_allocated, column_allocated;
};

/* Empty; layout_done frees what is added, and leaves it empty. */
void layout_init(struct layout *layout, unsigned step_s);
void layout_done(struct layout *layout);

/* Files in the order they are added; columns go to the file added last.  -EINVAL for a
 * bad name, -EEXIST for a repeated one, -E2BIG over a ceiling, -ENOMEM. */
int layout_add_file(struct layout *layout, const char *name, struct err *err);
int layout_add_column(
	struct layout *layout, const char *name, uint32_t flags, struct err *err);
/* Computes the id; call once everything is added. */
int layout_seal(struct layout *layout, struct err *err);

/* NULL when there is none; within the layout. */
const struct layout_file *layout_find_file(
	const struct layout *layout, const char *name);

/* Text out and in.  Parsing trusts nothing: -EBADMSG with the line in the text. */
int layout_print(const struct layout *layout, struct strbuf *out, struct err *err);
int layout_parse(
	const char *text, size_t length, struct layout *ret_layout, struct err *err);

/* "layout-0123456789abcdef" */
#define LAYOUT_FILE_NAME_BYTES 24
void layout_file_name(uint64_t id, char ret_name[static LAYOUT_FILE_NAME_BYTES]);
/* Writes <dir>/layout-<id> under another name and renames it; does nothing when it is
 * there.  layout_load checks that the text has the id that was asked for. */
int layout_save(const struct layout *layout, const char *dir, struct err *err);
int layout_load(
	const char *dir, uint64_t id, struct layout *ret_layout, struct err *err);

#endif
