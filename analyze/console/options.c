#include "analyze/console/options.h"

#include "common/timefmt.h"
#include "common/suggest.h"
#include "common/util.h"

#include <errno.h>
#include <string.h>

#define WORDS_MAX 128

const struct option_spec options_common[] = {
	{ "data", "DIR", "the store (HEADROOM_DATA, else " HEADROOM_DATA_DIR ")" },
	{ "format", "FORMAT", "text, json, csv or kv; what a verb can print" },
	{ "json", NULL, "the same as --format json" },
	{ "output", "FILE",
		"-o FILE: write there instead of stdout, whole or not at all; .json, .csv "
		"and what else the verb can write name the format" },
	{ "since", "TIME",
		"from this time on: 4w, 2026-11-21, 2026-11-21T08:30Z, now" },
	{ "until", "TIME", "up to this time" },
	{ "profile", "ID", "the target profile whose factors and rules count" },
	{ "target", "ID", "the same as --profile: a target is named by its profile" },
	{ "as-of", "DATE", "use the rules of that day, YYYY-MM-DD" },
	{ "config-dir", "DIR",
		"own profiles, rules and catalogues (HEADROOM_CONFIG_DIR, else " HEADROOM_CONFIG_DIR
		")" },
	{ "color", "WHEN", "--color[=always|never|auto]; auto honours NO_COLOR" },
	{ "quiet", NULL, "-q: no messages and no progress on stderr" },
	{ "help", NULL, "-h: this help" },
	{ "version", NULL, "-V: the version" },
	{ NULL, NULL, NULL },
};

static const char *const format_names[FORMAT_COUNT] = { "text", "json", "csv", "kv",
	"html", "xlsx", "svg", "png" };

const struct verb *options_find_verb(
	const struct verb *verbs, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(verbs[i].name, name))
			return &verbs[i];
	return NULL;
}

int options_unknown_verb(
	const struct verb *verbs, size_t count, const char *name, struct err *err)
{
	const char *words[WORDS_MAX];
	const char *nearest;
	size_t word_count = 0;

	for (size_t i = 0; i < count && word_count < WORDS_MAX; i++)
		words[word_count++] = verbs[i].name;
	nearest = suggest_nearest(name, words, word_count);
	if (nearest)
		return err_set(err, -EINVAL,
			"unknown verb \"%.60s\", did you mean \"%s\"?", name, nearest);
	return err_set(err, -EINVAL,
		"unknown verb \"%.60s\"; `analyze help` lists them", name);
}

static const struct option_spec *find_option(
	const struct option_spec *list, const char *name, size_t length)
{
	for (; list && list->name; list++)
		if (strlen(list->name) == length && !memcmp(list->name, name, length))
			return list;
	return NULL;
}

static int unknown_option(
	const struct verb *verb, const char *name, size_t length, struct err *err)
{
	const struct option_spec *lists[] = { options_common,
		verb ? verb->options : NULL };
	const char *words[WORDS_MAX];
	const char *nearest;
	char wrong[64];
	size_t count = 0;

	if (length >= sizeof(wrong))
		length = sizeof(wrong) - 1;
	memcpy(wrong, name, length);
	wrong[length] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		for (const struct option_spec *o = lists[i]; o && o->name; o++)
			if (count < WORDS_MAX)
				words[count++] = o->name;
	nearest = suggest_nearest(wrong, words, count);
	if (nearest)
		return err_set(err, -EINVAL, "unknown option --%s, did you mean --%s?",
			wrong, nearest);
	return err_set(err, -EINVAL,
		"unknown option --%s; `analyze %s%s--help` lists them", wrong,
		verb ? verb->name : "", verb ? " " : "");
}

static int set_format(struct context *context, const char *value, struct err *err)
{
	for (unsigned i = 0; i < FORMAT_COUNT; i++) {
		if (!strcmp(value, format_names[i])) {
			context->format = (enum format)i;
			context->has_format = true;
			return 0;
		}
	}
	return err_set(err, -EINVAL,
		"--format: \"%.40s\" is none of text, json, csv and kv", value);
}

static int set_color(struct context *context, const char *value, struct err *err)
{
	if (!strcmp(value, "always"))
		context->has_color = true;
	else if (!strcmp(value, "never"))
		context->has_color = false;
	else if (strcmp(value, "auto") != 0)
		return err_set(err, -EINVAL,
			"--color: \"%.40s\" is none of always, never and auto", value);
	return 0;
}

static int set_time(
	struct context *context, bool is_since, const char *value, struct err *err)
{
	int r = time_parse(
		value, context->now, is_since ? &context->since : &context->until, err);

	if (r < 0)
		return err_wrap(err, r, is_since ? "--since" : "--until");
	if (is_since)
		context->has_since = true;
	else
		context->has_until = true;
	return 0;
}

static int set_common(struct context *context, const char *name, const char *value,
	enum options_want *want, struct err *err)
{
	if (!strcmp(name, "data") && !*value)
		return err_set(err, -EINVAL, "--data: the name of a folder is missing");
	if (!strcmp(name, "data"))
		context->data_dir = value;
	else if (!strcmp(name, "format"))
		return set_format(context, value, err);
	else if (!strcmp(name, "json"))
		return set_format(context, "json", err);
	else if (!strcmp(name, "output"))
		context->output_path = value;
	else if (!strcmp(name, "since") || !strcmp(name, "until"))
		return set_time(context, name[0] == 's', value, err);
	else if (!strcmp(name, "profile") || !strcmp(name, "target"))
		context->profile = value;
	else if (!strcmp(name, "config-dir"))
		context->config_dir = value;
	else if (!strcmp(name, "color"))
		return set_color(context, value, err);
	else if (!strcmp(name, "quiet"))
		context->is_quiet = true;
	else if (!strcmp(name, "help"))
		*want = OPTIONS_HELP;
	else if (!strcmp(name, "version"))
		*want = OPTIONS_VERSION;
	if (!strcmp(name, "as-of")) {
		int r = time_check_date(value, err);

		if (r < 0)
			return err_wrap(err, r, "--as-of");
		context->as_of = value;
	}
	return 0;
}

/* What one pass over argv needs beside the context. */
struct option_scan {
	struct context *context;
	int argc, i;
	char **argv;
	enum options_want want;
};

/* The value of the option at hand: behind '=' or the next word; NULL: none left. */
static const char *scan_value(struct option_scan *scan, const char *attached)
{
	if (attached)
		return attached;
	return scan->i + 1 < scan->argc ? scan->argv[++scan->i] : NULL;
}

static int take_option(struct option_scan *scan, const struct option_spec *spec,
	bool is_own, const char *value, struct err *err)
{
	struct context *context = scan->context;

	if (!is_own)
		return set_common(context, spec->name, value, &scan->want, err);
	if (context->given_count == OPTIONS_MAX)
		return err_set(err, -EINVAL, "more than %d options", OPTIONS_MAX);
	context->given[context->given_count++] =
		(struct given_option){ .spec = spec, .value = value };
	return 0;
}

static int scan_long(struct option_scan *scan, const char *word, struct err *err)
{
	struct context *context = scan->context;
	const char *equals = strchr(word, '=');
	size_t length = equals ? (size_t)(equals - word) : strlen(word);
	const char *attached = equals ? equals + 1 : NULL;
	const struct option_spec *own = context->verb
		? find_option(context->verb->options, word, length)
		: NULL;
	const struct option_spec *spec =
		own ? own : find_option(options_common, word, length);
	const char *value;

	if (!spec)
		return unknown_option(context->verb, word, length, err);
	if (!spec->argument && attached)
		return err_set(err, -EINVAL, "--%s takes no value", spec->name);
	/* --color alone means always: its value only comes attached */
	if (!spec->argument)
		value = "";
	else if (!own && !strcmp(spec->name, "color"))
		value = attached ? attached : "always";
	else if (!(value = scan_value(scan, attached)))
		return err_set(err, -EINVAL, "--%s needs a value: --%s %s", spec->name,
			spec->name, spec->argument);
	return take_option(scan, spec, own != NULL, value, err);
}

char option_letter(const struct option_spec *option)
{
	const char *help = option->help;

	return help[0] == '-' && help[1] && (help[2] == ':' || help[2] == ' ') ? help[1]
									       : '\0';
}

static const struct option_spec *find_letter(
	const struct option_spec *list, char letter)
{
	for (; list && list->name; list++) {
		if (letter && option_letter(list) == letter)
			return list;
	}
	return NULL;
}

/* Letters without a value may stand together: -qv. */
static int scan_short(struct option_scan *scan, const char *word, struct err *err)
{
	const struct verb *verb = scan->context->verb;
	const struct option_spec *own = verb ? find_letter(verb->options, *word) : NULL;
	const struct option_spec *spec = own ? own : find_letter(options_common, *word);
	const char *value = "";

	if (!spec)
		return err_set(err, -EINVAL,
			"unknown option -%.20s; short ones are -o FILE, -q and -h",
			word);
	if (spec->argument) {
		value = scan_value(scan, word[1] ? word + 1 : NULL);
		if (!value)
			return err_set(err, -EINVAL, "-%c needs a value: -%c %s", *word,
				*word, spec->argument);
	}
	if (take_option(scan, spec, own != NULL, value, err) < 0)
		return -EINVAL;
	return spec->argument || !word[1] ? 0 : scan_short(scan, word + 1, err);
}

static int check_period(const struct context *context, struct err *err)
{
	if (context->has_since && context->has_until &&
		context->since >= context->until)
		return err_set(err, -EINVAL, "--since is not before --until");
	return 0;
}

static void list_formats(
	unsigned can, const char *between, char *list, size_t list_size)
{
	size_t length = 0;

	*list = '\0';
	for (unsigned i = 0; i < FORMAT_COUNT; i++) {
		if (can & (1u << i) && length < list_size)
			length += (size_t)snprintf(list + length, list_size - length,
				"%s%s", length ? between : "", format_names[i]);
	}
}

void options_format_words(const struct verb *verb, char *words, size_t size)
{
	/* the others come by the name of the file of -o */
	unsigned can = verb && verb->formats ? verb->formats : CAN_TEXT;

	list_formats(verb ? can & CAN_ALL : CAN_ALL, " ", words, size);
}

static int check_format(const struct context *context, struct err *err)
{
	unsigned can = context->verb->formats ? context->verb->formats : CAN_TEXT;
	char list[64];

	if (can & (1u << context->format))
		return 0;
	list_formats(can, ", ", list, sizeof(list));
	return err_set(err, -EINVAL, "--format %s: `%s` prints %s",
		format_names[context->format], context->verb->name, list);
}

/* The ending of -o, where no --format is given: that of a format of the verb is chosen;
 * that of a picture or document which it cannot write is refused. */
static int choose_by_ending(struct context *context, struct err *err)
{
	static const char *const others[] = { "pdf", "jpg", "jpeg", "gif", "webp",
		"ods", "odt", "docx", "htm", "xls", "eps" };
	const char *path = context->output_path;
	const char *name = path ? strrchr(path, '/') : NULL;
	const char *dot = path ? strrchr(name ? name : path, '.') : NULL;
	unsigned can = context->verb->formats ? context->verb->formats : CAN_TEXT;
	bool is_picture = false;
	char list[64];

	if (!dot || context->has_format || context->verb->has_own_output)
		return 0;
	for (unsigned i = FORMAT_JSON; i < FORMAT_COUNT; i++) {
		if (strcmp(dot + 1, format_names[i]) != 0)
			continue;
		is_picture = i >= FORMAT_HTML;
		if (can & (1u << i))
			context->format = (enum format)i;
	}
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		is_picture |= strcmp(dot + 1, others[i]) == 0;
	if (!is_picture || context->format != FORMAT_TEXT)
		return 0;
	list_formats(can & ~CAN_TEXT & ~CAN_KV, ", FILE.", list, sizeof(list));
	return err_set(err, -EINVAL, "-o: expected %s%s, found \"%.60s\"",
		*list ? "FILE." : "a name without that ending", list, path);
}

/* One pass over the words: the verb may stand before or behind its options. */
int options_parse(struct context *context, const struct verb *verbs, size_t verb_count,
	int argc, char **argv, char **arguments, enum options_want *ret_want,
	struct err *err)
{
	struct option_scan scan = { context, argc, 1, argv, OPTIONS_RUN };
	bool is_only_arguments = false;
	int r;

	context->arguments = arguments;
	for (; scan.i < argc; scan.i++) {
		const char *word = argv[scan.i];

		r = 0;
		if (!is_only_arguments && !strcmp(word, "--")) {
			is_only_arguments = true;
		} else if (!is_only_arguments && word[0] == '-' && word[1]) {
			r = word[1] == '-' ? scan_long(&scan, word + 2, err)
					   : scan_short(&scan, word + 1, err);
		} else if (!context->verb) {
			context->verb = options_find_verb(verbs, verb_count, word);
			if (!context->verb)
				r = options_unknown_verb(verbs, verb_count, word, err);
		} else if (context->argument_count == ARGUMENTS_MAX) {
			r = err_set(
				err, -E2BIG, "more than %d arguments", ARGUMENTS_MAX);
		} else {
			arguments[context->argument_count++] = argv[scan.i];
		}
		if (r < 0)
			return r;
	}
	if (!context->verb && scan.want == OPTIONS_RUN)
		scan.want = OPTIONS_HELP;
	r = check_period(context, err);
	if (r == 0 && scan.want == OPTIONS_RUN)
		r = choose_by_ending(context, err);
	if (r == 0 && scan.want == OPTIONS_RUN)
		r = check_format(context, err);
	if (r == 0)
		*ret_want = scan.want;
	return r;
}
