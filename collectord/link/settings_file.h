/*
 * The settings file, read by libconfuse; and the texts that are made from the table.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef COLLECTORD_LINK_SETTINGS_FILE_H
#define COLLECTORD_LINK_SETTINGS_FILE_H

#include "collectord/link/remote_hosts.h"
#include "collectord/link/settings.h"
#include "common/err.h"
#include "common/strbuf.h"

#define SETTINGS_FILE_BYTES_MAX (1 << 20)

/*
 * settings_read_file - put what a file says over what is in settings
 *
 * Errors carry file and line, an unknown word the nearest known one: "collectord.conf:3:
 * there is no setting \"intervall\", did you mean interval?".  On failure settings is
 * untouched.  ret_hosts: the blocks "host"; NULL: they are checked alone.
 */
int settings_read_file(const char *path, struct settings *settings,
	struct remote_hosts *ret_hosts, struct err *err);

/* The same from text; path is for the messages. */
int settings_read_text(const char *text, size_t length, const char *path,
	struct settings *settings, struct remote_hosts *ret_hosts, struct err *err);

/* "name = value" for each, in the syntax of the file (--check-config). */
void settings_print_all(const struct settings *settings, struct strbuf *out);
/* The sample file: all commented out, with help, default and range. */
void settings_print_sample(struct strbuf *out);
/* docs/collectord.conf.5 */
void settings_print_man(struct strbuf *out);
/* The part of --help. */
void settings_print_help(struct strbuf *out);

#endif
