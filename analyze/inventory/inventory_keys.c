#include "analyze/inventory/inventory_keys.h"

#include "analyze/console/child.h"
#include "common/parse.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS_BYTES_MAX ((size_t)1 << 20)

void inventory_keys_done(struct inventory_keys *keys)
{
	free(keys->text);
	free(keys->pair);
	*keys = (struct inventory_keys){ .count = 0 };
}

int inventory_keys_parse(
	const char *text, struct inventory_keys *ret_keys, struct err *err)
{
	struct inventory_keys keys = { .text = strdup(text) };
	size_t lines = 1;

	for (const char *at = text; *at; at++)
		lines += *at == '\n';
	keys.pair = calloc(lines, sizeof(*keys.pair));
	if (!keys.text || !keys.pair) {
		inventory_keys_done(&keys);
		return err_oom(err);
	}
	for (char *line = keys.text, *next; line; line = next) {
		char *equals;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		equals = strchr(line, '=');
		if (!equals)
			continue;
		*equals = '\0';
		keys.pair[keys.count++] = (struct inventory_pair){ line, equals + 1 };
	}
	*ret_keys = keys;
	return 0;
}

int inventory_keys_read(
	const char *program_dir, struct inventory_keys *ret_keys, struct err *err)
{
	static char option[] = "--print-inventory";
	char program[PATH_MAX + 16];
	char *argv[] = { program, option, NULL };
	struct strbuf text;
	int code = -1, r;

	(void)snprintf(program, sizeof(program), "%s/collectord", program_dir);
	strbuf_init(&text, KEYS_BYTES_MAX);
	r = child_read(argv, &text, &code, err);
	if (r == 0 && code != 0)
		r = err_set(
			err, -EIO, "%s %s ended with code %d", program, option, code);
	if (r == 0)
		r = inventory_keys_parse(strbuf_text(&text), ret_keys, err);
	strbuf_done(&text);
	return r;
}

const char *inventory_keys_text(const struct inventory_keys *keys, const char *key)
{
	for (size_t i = 0; i < keys->count; i++) {
		if (strcmp(keys->pair[i].key, key) == 0)
			return keys->pair[i].value;
	}
	return "";
}

double inventory_keys_number(const struct inventory_keys *keys, const char *key)
{
	const char *value = inventory_keys_text(keys, key);
	double number;

	return parse_double(value, strlen(value), &number) == 0 ? number : NAN;
}

const char *inventory_keys_counted(const struct inventory_keys *keys, const char *kind,
	size_t index, int *ret_length)
{
	size_t length = strlen(kind);

	for (size_t i = 0; i < keys->count; i++) {
		const char *key = keys->pair[i].key;
		const char *dot = strrchr(key, '.');

		/* a device may have a dot in its name: "eth0.5" */
		if (strncmp(key, kind, length) != 0 || !dot || dot <= key + length ||
			strcmp(dot, ".counted") != 0 ||
			strcmp(keys->pair[i].value, "1") != 0)
			continue;
		if (index-- > 0)
			continue;
		*ret_length = (int)(dot - key - (long)length);
		return key + length;
	}
	return NULL;
}

double inventory_keys_device_number(const struct inventory_keys *keys, const char *kind,
	const char *name, int length, const char *field)
{
	char key[300];

	(void)snprintf(key, sizeof(key), "%s%.*s.%s", kind, length, name, field);
	return inventory_keys_number(keys, key);
}
