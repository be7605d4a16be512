/*
 * The settings of the daemon: one table (collectord/link/settings_table.h), from which come
 * the file's words, --help, --check-config, the sample file and the man page.
 *
 * The sampler alone reads the file (settings_file.h, libconfuse).  It hands what it
 * found to its children as <runtime>/settings, one "name value" a line, replaced
 * atomically at start and at SIGHUP: settings_load reads that, with libc alone.
 *
 * Children are started as "collectord-recorder --runtime DIR": all else is in there.
 * They get SIGHUP after a reload and SIGTERM at the end or when the sampler dies; the
 * recorder then drains ring and staging to the RRDs and exits with 0 within 15 s.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef COLLECTORD_LINK_SETTINGS_H
#define COLLECTORD_LINK_SETTINGS_H

#include "common/err.h"
#include "common/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SETTING_TEXT_BYTES 512

enum setting_type { SETTING_TEXT, SETTING_COUNT, SETTING_SPAN, SETTING_SWITCH };

union setting_value {
	char text[SETTING_TEXT_BYTES];
	int64_t number; /* COUNT, SPAN in seconds, SWITCH 0 or 1 */
};

/* Which member a field has: settings.data.text, settings.interval.number. */
struct settings {
#define SETTING(field, ...) union setting_value field;
#include "collectord/link/settings_table.h"
#undef SETTING
	/* Not from the file: found at the start, handed to the children. */
	char root[SETTING_TEXT_BYTES];    /* the host root: "/" */
	char runtime[SETTING_TEXT_BYTES]; /* where ring, layouts and settings lie */
	char libexec[SETTING_TEXT_BYTES]; /* where the other programs are */
	char store_id[33];
};

struct setting {
	const char *name;
	enum setting_type type;
	const char *standard; /* the default, as it is written in the file */
	int64_t least, most;  /* of the number, or of the text's length in bytes */
	const char *help;
	size_t offset; /* in struct settings */
};
extern const struct setting setting_table[];
extern const size_t setting_count;

/* NULL when there is none of that name. */
const struct setting *setting_find(const char *name);
/* The number of a setting by its name, for tables that name their settings; 0 for a text
 * or a name that is none. */
int64_t settings_number(const struct settings *settings, const char *name);
/* The nearest name for "did you mean", or NULL. */
const char *setting_suggest(const char *name);

/* All defaults; name is filled from uname -n. */
void settings_init(struct settings *settings);

/* One value from text, checked against type and range; -EINVAL with a text that tells
 * what was expected and what was found. */
int settings_set(struct settings *settings, const struct setting *setting,
	const char *text, struct err *err);

/* The value as it would be written in the file, without quotes. */
void settings_print_value(const struct settings *settings,
	const struct setting *setting, struct strbuf *out);

/* What holds between settings; -EINVAL with the text set. */
int settings_check(const struct settings *settings, struct err *err);

/* <runtime>/settings out and in; unknown names are left out silently when read. */
int settings_save(const struct settings *settings, struct err *err);
int settings_load(const char *runtime, struct settings *ret_settings, struct err *err);

/* "10s", "13w" to seconds; -EINVAL, -ERANGE. */
int setting_parse_span(const char *text, int64_t *ret_seconds);
/* Seconds to "10s", "13w": in the longest unit that divides. */
void settings_print_span(int64_t seconds, struct strbuf *out);

#endif
