/* The settings of the daemon: the table, values from text, the children's copy. */
#include "collectord/link/settings.h"

#include "common/io.h"
#include "common/parse.h"
#include "common/suggest.h"
#include "common/util.h"
#include "schema/rra.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/utsname.h>

#define PATH_BYTES 4096
#define FILE_BYTES_MAX 65536

const struct setting setting_table[] = {
#define SETTING(field, type, standard, least, most, help)      \
	{ #field, SETTING_##type, standard, least, most, help, \
		offsetof(struct settings, field) },
#include "collectord/link/settings_table.h"
#undef SETTING
};
const size_t setting_count = ARRAY_LEN(setting_table);

static const struct {
	const char *suffix;
	int64_t seconds;
} span_units[] = {
	/* from long to short: printing takes the first that divides */
	{ "y", INT64_C(365) * 86400 },
	{ "w", INT64_C(7) * 86400 },
	{ "d", 86400 },
	{ "h", 3600 },
	{ "m", 60 },
	{ "s", 1 },
};

const struct setting *setting_find(const char *name)
{
	for (size_t i = 0; i < setting_count; i++)
		if (strcmp(setting_table[i].name, name) == 0)
			return &setting_table[i];
	return NULL;
}

const char *setting_suggest(const char *name)
{
	const char *names[ARRAY_LEN(setting_table)];

	for (size_t i = 0; i < setting_count; i++)
		names[i] = setting_table[i].name;
	return suggest_nearest(name, names, setting_count);
}

static union setting_value *setting_value_of(
	struct settings *settings, const struct setting *setting)
{
	return (union setting_value *)(void *)((char *)settings + setting->offset);
}

static const union setting_value *value_in(
	const struct settings *settings, const struct setting *setting)
{
	return (const union setting_value *)(const void *)((const char *)settings +
		setting->offset);
}

int64_t settings_number(const struct settings *settings, const char *name)
{
	const struct setting *setting = setting_find(name);

	return !setting || setting->type == SETTING_TEXT
		? 0
		: value_in(settings, setting)->number;
}

void settings_init(struct settings *settings)
{
	struct utsname machine;

	memset(settings, 0, sizeof(*settings));
	for (size_t i = 0; i < setting_count; i++)
		(void)settings_set(
			settings, &setting_table[i], setting_table[i].standard, NULL);
	if (uname(&machine) == 0)
		snprintf(settings->name.text, sizeof(settings->name.text), "%s",
			machine.nodename);
	if (!settings->name.text[0])
		snprintf(settings->name.text, sizeof(settings->name.text), "localhost");
	snprintf(settings->root, sizeof(settings->root), "/");
}

int setting_parse_span(const char *text, int64_t *ret_seconds)
{
	size_t digits = strspn(text, "0123456789");
	int64_t unit = text[digits] ? 0 : 1;
	uint64_t number;
	int r = parse_u64(text, digits, &number);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_LEN(span_units) && unit == 0; i++)
		if (strcmp(text + digits, span_units[i].suffix) == 0)
			unit = span_units[i].seconds;
	if (unit == 0)
		return -EINVAL;
	if (number > (uint64_t)(INT64_MAX / unit))
		return -ERANGE;
	*ret_seconds = (int64_t)number * unit;
	return 0;
}

static int parse_switch(const char *text, int64_t *ret_number)
{
	static const char *const words[] = { "no", "yes", "off", "on", "false", "true",
		"0", "1" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcasecmp(text, words[i]) == 0) {
			*ret_number = (int64_t)(i % 2);
			return 0;
		}
	return -EINVAL;
}

static int settings_set_text(union setting_value *value, const struct setting *setting,
	const char *text, struct err *err)
{
	size_t length = strlen(text);

	if ((int64_t)length < setting->least || (int64_t)length > setting->most)
		return err_set(err, -EINVAL,
			"%s: expected %lld to %lld characters, found %zu",
			setting->name, (long long)setting->least,
			(long long)setting->most, length);
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 127)
			return err_set(err, -EINVAL,
				"%s: a control character at position %zu",
				setting->name, i + 1);
	memset(value->text, 0, sizeof(value->text));
	memcpy(value->text, text, length);
	return 0;
}

void settings_print_span(int64_t seconds, struct strbuf *out)
{
	size_t i = 0;

	while (i + 1 < ARRAY_LEN(span_units) && seconds % span_units[i].seconds != 0)
		i++;
	if (seconds == 0)
		i = ARRAY_LEN(span_units) - 1;
	strbuf_addf(out, "%lld%s", (long long)(seconds / span_units[i].seconds),
		span_units[i].suffix);
}

/* "expected a time span from 1s to 5m, such as 10s; found \"x\"" */
static int setting_refuse(
	const struct setting *setting, const char *text, struct err *err)
{
	struct strbuf least, most;

	strbuf_init(&least, 64);
	strbuf_init(&most, 64);
	settings_print_span(setting->least, &least);
	settings_print_span(setting->most, &most);
	if (setting->type == SETTING_SPAN)
		err_set(err, -EINVAL,
			"%s: expected a time span from %s to %s, such as %s; found "
			"\"%.60s\"",
			setting->name, strbuf_text(&least), strbuf_text(&most),
			setting->standard, text);
	else if (setting->type == SETTING_SWITCH)
		err_set(err, -EINVAL, "%s: expected yes or no, found \"%.60s\"",
			setting->name, text);
	else
		err_set(err, -EINVAL,
			"%s: expected a number from %lld to %lld, found \"%.60s\"",
			setting->name, (long long)setting->least,
			(long long)setting->most, text);
	strbuf_done(&least);
	strbuf_done(&most);
	return -EINVAL;
}

int settings_set(struct settings *settings, const struct setting *setting,
	const char *text, struct err *err)
{
	union setting_value *value = setting_value_of(settings, setting);
	int64_t number = 0;
	int r = 0;

	switch (setting->type) {
	case SETTING_TEXT:
		return settings_set_text(value, setting, text, err);
	case SETTING_COUNT:
		r = parse_i64(text, strlen(text), &number);
		break;
	case SETTING_SPAN:
		r = setting_parse_span(text, &number);
		/* nobody means 100 s by "keep_base = 100", where days are usual */
		if (r == 0 && number && strspn(text, "0123456789") == strlen(text) &&
			strpbrk(setting->standard, "dwy"))
			r = -EINVAL;
		break;
	case SETTING_SWITCH:
		r = parse_switch(text, &number);
		break;
	}
	if (r < 0 || number < setting->least || number > setting->most)
		return setting_refuse(setting, text, err);
	value->number = number;
	return 0;
}

void settings_print_value(const struct settings *settings,
	const struct setting *setting, struct strbuf *out)
{
	const union setting_value *value = value_in(settings, setting);

	switch (setting->type) {
	case SETTING_TEXT:
		strbuf_add(out, value->text);
		break;
	case SETTING_COUNT:
		strbuf_addf(out, "%lld", (long long)value->number);
		break;
	case SETTING_SPAN:
		settings_print_span(value->number, out);
		break;
	case SETTING_SWITCH:
		strbuf_add(out, value->number ? "yes" : "no");
		break;
	}
}

int settings_check(const struct settings *settings, struct err *err)
{
	struct rra_settings keep = {
		.base_keep_s = (uint64_t)settings->keep_base.number,
		.fine_step_s = (unsigned)settings->fine_step.number,
		.fine_keep_s = (uint64_t)settings->keep_fine.number,
		.coarse_step_s = (unsigned)settings->coarse_step.number,
		.coarse_keep_s = (uint64_t)settings->keep_coarse.number,
	};
	unsigned step_s = (unsigned)settings->interval.number;
	struct rra_set layout;
	int r;

	if (!rra_is_sampling_step(step_s))
		return err_set(err, -EINVAL,
			"interval: expected 1, 2, 5, 10, 15, 20, 30 s, 1, 2 or 5 m; "
			"found %u s",
			step_s);
	if (settings->data.text[0] != '/')
		return err_set(err, -EINVAL,
			"data: expected an absolute path, found \"%s\"",
			settings->data.text);
	r = rra_set_daemon(&keep, step_s, true, &layout, err);
	return r < 0 ? err_wrap(err, r, "keep_base, keep_fine, keep_coarse") : 0;
}

/* ---- the children's copy ----------------------------------------------------- */

static const struct {
	const char *name;
	size_t offset, size;
} found_table[] = {
	{ "root", offsetof(struct settings, root), SETTING_TEXT_BYTES },
	{ "runtime", offsetof(struct settings, runtime), SETTING_TEXT_BYTES },
	{ "libexec", offsetof(struct settings, libexec), SETTING_TEXT_BYTES },
	{ "store_id", offsetof(struct settings, store_id), 33 },
};

int settings_save(const struct settings *settings, struct err *err)
{
	char path[PATH_BYTES];
	struct strbuf text;
	int r;

	strbuf_init(&text, FILE_BYTES_MAX);
	for (size_t i = 0; i < setting_count; i++) {
		strbuf_addf(&text, "%s ", setting_table[i].name);
		settings_print_value(settings, &setting_table[i], &text);
		strbuf_add(&text, "\n");
	}
	for (size_t i = 0; i < ARRAY_LEN(found_table); i++)
		strbuf_addf(&text, "%s %s\n", found_table[i].name,
			(const char *)settings + found_table[i].offset);
	snprintf(path, sizeof(path), "%s/settings", settings->runtime);
	r = strbuf_failed(&text);
	if (r < 0)
		err_set(err, r, "the settings do not fit");
	else
		r = io_replace_file(AT_FDCWD, path, strbuf_text(&text), text.length,
			0640, IO_VOLATILE, err);
	strbuf_done(&text);
	return r;
}

static int load_line(struct settings *settings, char *line, struct err *err)
{
	char *blank = strchr(line, ' ');
	const struct setting *setting;

	if (!blank)
		return err_set(err, -EBADMSG, "no value in \"%.40s\"", line);
	*blank = '\0';
	setting = setting_find(line);
	if (setting)
		return settings_set(settings, setting, blank + 1, err);
	for (size_t i = 0; i < ARRAY_LEN(found_table); i++)
		if (strcmp(found_table[i].name, line) == 0)
			snprintf((char *)settings + found_table[i].offset,
				found_table[i].size, "%s", blank + 1);
	return 0;
}

int settings_load(const char *runtime, struct settings *ret_settings, struct err *err)
{
	struct settings settings;
	char path[PATH_BYTES];
	struct strbuf text;
	int r;

	snprintf(path, sizeof(path), "%s/settings", runtime);
	settings_init(&settings);
	strbuf_init(&text, FILE_BYTES_MAX);
	r = io_read_file(AT_FDCWD, path, &text, err);
	for (char *line = text.text; r == 0 && line && *line;) {
		char *newline = strchr(line, '\n');

		if (newline)
			*newline = '\0';
		r = load_line(&settings, line, err);
		if (r < 0)
			err_wrap(err, r, "%s", path);
		line = newline ? newline + 1 : NULL;
	}
	if (r == 0)
		*ret_settings = settings;
	strbuf_done(&text);
	return r;
}
