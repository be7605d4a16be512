/* The settings file, read by libconfuse. */
#include "collectord/link/settings_file.h"

#include "common/io.h"
#include "common/util.h"

#include <confuse.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One reading of a file. */
struct settings_reading {
	struct settings *settings;
	const char *path;
	struct err *err;
	bool has_failed; /* the first message is the one to show */
};

/* libconfuse's callbacks carry no context; set for the length of one cfg_parse_buf. */
static _Thread_local struct settings_reading *current;

static void settings_fail(const cfg_t *cfg, const char *text)
{
	if (current->has_failed)
		return;
	current->has_failed = true;
	err_set(current->err, -EINVAL, "%s:%d: %s", current->path, cfg->line, text);
}

static void __attribute__((format(printf, 2, 0)))
take_error(cfg_t *cfg, const char *format, va_list args)
{
	char message[256], text[400];
	char *from, *to;
	const char *nearest;

	(void)vsnprintf(message, sizeof(message), format, args);
	snprintf(text, sizeof(text), "%s", message);
	from = strchr(message, '\'');
	to = from ? strrchr(message, '\'') : NULL;
	if (strncmp(message, "no such option", 14) == 0 && to && to > from) {
		*to = '\0';
		nearest = setting_suggest(from + 1);
		snprintf(text, sizeof(text), "there is no setting \"%s\"%s%s%s",
			from + 1, nearest ? ", did you mean " : "",
			nearest ? nearest : "", nearest ? "?" : "");
	}
	settings_fail(cfg, text);
}

static int settings_file_take_value(cfg_t *cfg, cfg_opt_t *option)
{
	const struct setting *setting = setting_find(cfg_opt_name(option));
	unsigned count = cfg_opt_size(option);
	const char *text = count > 0 ? cfg_opt_getnstr(option, count - 1) : NULL;
	struct err why = ERR_INIT;

	if (!setting || !text)
		return -1;
	if (settings_set(current->settings, setting, text, &why) == 0)
		return 0;
	settings_fail(cfg, why.text);
	return -1;
}

/* ---- blocks of hosts ---------------------------------------------------------------- */

static const char *const host_keys[] = { "source", "address", "interval", "nominal_mhz",
	"token_file", "ca_file" };

static int settings_file_take_host(
	cfg_t *block, struct remote_hosts *list, struct err *err)
{
	struct remote_host host = { .interval_s = 0 };
	const char *name = cfg_title(block);
	int r = 0;

	if (!name || strlen(name) >= sizeof(host.name) || strpbrk(name, "\t\n"))
		return err_set(err, -EINVAL, "a host needs a name of 1 to %d bytes",
			HOST_NAME_BYTES - 1);
	snprintf(host.name, sizeof(host.name), "%s", name);
	for (size_t i = 0; i < ARRAY_LEN(host_keys) && r == 0; i++) {
		const char *text = cfg_getstr(block, host_keys[i]);

		if (text)
			r = remote_host_set(&host, host_keys[i], text, err);
		if (r < 0)
			return err_wrap(err, r, "host %s", name);
	}
	r = remote_host_check(&host, err);
	return r == 0 ? remote_hosts_add(list, &host, err) : r;
}

static int take_hosts(
	cfg_t *cfg, const char *path, struct remote_hosts *ret_hosts, struct err *err)
{
	struct remote_hosts list = { .count = 0 };
	int r = 0;

	for (unsigned i = 0; i < cfg_size(cfg, "host") && r == 0; i++) {
		cfg_t *block = cfg_getnsec(cfg, "host", i);

		r = settings_file_take_host(block, &list, err);
		if (r < 0)
			err_wrap(err, r, "%s:%d", path, block->line);
	}
	if (r == 0 && ret_hosts)
		*ret_hosts = list;
	else
		remote_hosts_done(&list);
	return r;
}

/* host_options: as long as the parser. */
static cfg_t *make_parser(cfg_opt_t *options, cfg_opt_t *host_options)
{
	static const cfg_opt_t last = CFG_END();
	cfg_t *cfg;

	for (size_t i = 0; i < ARRAY_LEN(host_keys); i++) {
		cfg_opt_t option = CFG_STR(host_keys[i], NULL, CFGF_NONE);

		host_options[i] = option;
	}
	host_options[ARRAY_LEN(host_keys)] = last;
	for (size_t i = 0; i < setting_count; i++) {
		cfg_opt_t option = CFG_STR(setting_table[i].name, NULL, CFGF_NODEFAULT);

		options[i] = option;
	}
	options[setting_count + 1] = last;
	{
		cfg_opt_t hosts = CFG_SEC("host", host_options,
			CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES);

		options[setting_count] = hosts;
	}
	cfg = cfg_init(options, CFGF_NONE);
	if (!cfg)
		return NULL;
	(void)cfg_set_error_function(cfg, take_error);
	for (size_t i = 0; i < setting_count; i++)
		(void)cfg_set_validate_func(
			cfg, setting_table[i].name, settings_file_take_value);
	return cfg;
}

int settings_read_text(const char *text, size_t length, const char *path,
	struct settings *settings, struct remote_hosts *ret_hosts, struct err *err)
{
	cfg_opt_t host_options[ARRAY_LEN(host_keys) + 1];
	struct settings changed = *settings;
	struct settings_reading reading = {
		.settings = &changed, .path = path, .err = err
	};
	cfg_opt_t *options;
	cfg_t *cfg;
	int parsed;

	for (size_t i = 0, line = 1; i < length; i++) {
		line += text[i] == '\n';
		if (text[i] == '\0')
			return err_set(
				err, -EINVAL, "%s:%zu: this is not text", path, line);
	}
	if (strspn(text, " \t\r\n") == length)
		return 0; /* libconfuse does not take nothing for a file */
	options = calloc(setting_count + 2, sizeof(*options));
	cfg = options ? make_parser(options, host_options) : NULL;
	if (!cfg) {
		free(options);
		return err_oom(err);
	}
	current = &reading;
	parsed = cfg_parse_buf(cfg, text);
	current = NULL;
	if (!reading.has_failed && parsed == CFG_SUCCESS &&
		take_hosts(cfg, path, ret_hosts, err) < 0)
		reading.has_failed = true;
	cfg_free(cfg);
	free(options);
	if (reading.has_failed)
		return -EINVAL;
	if (parsed != CFG_SUCCESS)
		return err_set(err, -EINVAL, "%s: it cannot be read as settings", path);
	*settings = changed;
	return 0;
}

int settings_read_file(const char *path, struct settings *settings,
	struct remote_hosts *ret_hosts, struct err *err)
{
	struct strbuf text;
	int r;

	strbuf_init(&text, SETTINGS_FILE_BYTES_MAX);
	r = io_read_file(AT_FDCWD, path, &text, err);
	if (r == 0)
		r = settings_read_text(strbuf_text(&text), text.length, path, settings,
			ret_hosts, err);
	strbuf_done(&text);
	return r;
}
