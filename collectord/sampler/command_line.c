/* The command line of collectord. */
#include "collectord/sampler/command_line.h"

#include "common/parse.h"
#include "common/suggest.h"
#include "common/util.h"

#include <errno.h>
#include <string.h>

enum kind { KIND_ACTION, KIND_TEXT, KIND_TICKS, KIND_SWITCH };

static const struct option_row {
	const char *name, *short_name;
	enum kind kind;
	enum command_line_action action;
	size_t offset; /* KIND_TEXT, KIND_SWITCH; 0 for a switch without effect */
} rows[] = {
	{ "--help", "-h", KIND_ACTION, ACTION_HELP, 0 },
	{ "--version", "-V", KIND_ACTION, ACTION_VERSION, 0 },
	{ "--check-config", NULL, KIND_ACTION, ACTION_CHECK_CONFIG, 0 },
	{ "--list-probes", NULL, KIND_ACTION, ACTION_LIST_PROBES, 0 },
	{ "--estimate", NULL, KIND_ACTION, ACTION_ESTIMATE, 0 },
	{ "--print-inventory", NULL, KIND_ACTION, ACTION_PRINT_INVENTORY, 0 },
	{ "--print-sample", NULL, KIND_ACTION, ACTION_PRINT_SAMPLE, 0 },
	{ "--print-man", NULL, KIND_ACTION, ACTION_PRINT_MAN, 0 },
	{ "--config", "-c", KIND_TEXT, ACTION_RUN,
		offsetof(struct command_line, config) },
	{ "--data", NULL, KIND_TEXT, ACTION_RUN, offsetof(struct command_line, data) },
	{ "--name", NULL, KIND_TEXT, ACTION_RUN, offsetof(struct command_line, name) },
	{ "--interval", NULL, KIND_TEXT, ACTION_RUN,
		offsetof(struct command_line, interval) },
	{ "--root", NULL, KIND_TEXT, ACTION_RUN, offsetof(struct command_line, root) },
	{ "--clock", NULL, KIND_TEXT, ACTION_RUN,
		offsetof(struct command_line, clock_script) },
	{ "--ticks", NULL, KIND_TICKS, ACTION_RUN,
		offsetof(struct command_line, ticks) },
	{ "--trust-clock", NULL, KIND_SWITCH, ACTION_RUN,
		offsetof(struct command_line, trust_clock) },
	{ "--no-helper", NULL, KIND_SWITCH, ACTION_RUN,
		offsetof(struct command_line, no_helper) },
	/* it never goes into the background: that is the service manager's work */
	{ "--foreground", "-f", KIND_SWITCH, ACTION_RUN, 0 },
};

static int option_refuse(const char *word, struct err *err)
{
	const char *names[ARRAY_LEN(rows)];
	const char *nearest;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		names[i] = rows[i].name;
	nearest = suggest_nearest(word, names, ARRAY_LEN(rows));
	return err_set(err, -EINVAL, "there is no option \"%.60s\"%s%s%s (see --help)",
		word, nearest ? ", did you mean " : "", nearest ? nearest : "",
		nearest ? "?" : "");
}

/* "--data" or "-c"; with "--data=DIR" the value comes along. */
static const struct option_row *find(const char *word, const char **ret_value)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t length = strlen(rows[i].name);

		*ret_value = NULL;
		if (rows[i].short_name && strcmp(word, rows[i].short_name) == 0)
			return &rows[i];
		if (strncmp(word, rows[i].name, length) != 0)
			continue;
		if (word[length] == '=')
			*ret_value = word + length + 1;
		if (word[length] == '=' || word[length] == '\0')
			return &rows[i];
	}
	return NULL;
}

static int option_apply(const struct option_row *row, const char *value,
	struct command_line *options, struct err *err)
{
	char *field = (char *)options + row->offset;

	switch (row->kind) {
	case KIND_ACTION:
		options->action = row->action;
		break;
	case KIND_TEXT:
		*(const char **)(void *)field = value;
		break;
	case KIND_SWITCH:
		if (row->offset > 0)
			*(bool *)(void *)field = true;
		break;
	case KIND_TICKS:
		if (parse_u64(value, strlen(value), (uint64_t *)(void *)field) < 0 ||
			options->ticks == 0)
			return err_set(err, -EINVAL,
				"--ticks: expected a number from 1, found \"%.60s\"",
				value);
		break;
	}
	return 0;
}

int command_line_parse(
	int argc, char **argv, struct command_line *ret_options, struct err *err)
{
	struct command_line options = { .action = ACTION_RUN };

	for (int i = 1; i < argc; i++) {
		const char *value;
		const struct option_row *row = find(argv[i], &value);
		bool takes_value;
		int r;

		if (!row)
			return option_refuse(argv[i], err);
		takes_value = row->kind == KIND_TEXT || row->kind == KIND_TICKS;
		if (value && !takes_value)
			return err_set(err, -EINVAL, "%s takes no value", row->name);
		if (takes_value && !value) {
			if (i + 1 >= argc)
				return err_set(
					err, -EINVAL, "%s wants a value", row->name);
			value = argv[++i];
		}
		r = option_apply(row, value, &options, err);
		if (r < 0)
			return r;
	}
	*ret_options = options;
	return 0;
}
