/*
 * What every file of steps has to keep: names that there are, placeholders that stand where
 * their quoting holds, phases and needs that there are and make no circle.
 */
#include "schema/steps.h"

#include "common/suggest.h"
#include "common/util.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Where one looks, and what is repeated around it. */
struct step_check {
	const struct steps *steps;
	const struct step_entry *step; /* NULL: a setting */
	const char *path;
	enum quote_format format;
	bool is_inside[EACH_COUNT];
	unsigned at;
	struct err *err;
};

#define refuse(c, ...) err_code(-EINVAL, refuse_put((c), __VA_ARGS__))
static int refuse_put(const struct step_check *c, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static int refuse_put(const struct step_check *c, const char *format, ...)
{
	char words[300];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	return err_put(c->err, "%s:%u: step %s: %s", c->path ? c->path : "steps", c->at,
		c->step ? c->step->id : "(setting)", words);
}

/* ---- names ----------------------------------------------------------------------------- */

static int check_name(const struct step_check *c, const char *name, size_t length)
{
	const char *near = NULL, *keys[512];
	char key[64];
	size_t count = 0;
	int value;

	if (length > 4 && length < sizeof(key) && strncmp(name, "set.", 4) == 0) {
		memcpy(key, name + 4, length - 4);
		key[length - 4] = '\0';
		if (steps_setting(c->steps, key))
			return 0;
		for (size_t i = 0; i < c->steps->setting_count && i < ARRAY_LEN(keys);
			i++)
			keys[count++] = c->steps->setting[i].key;
		near = suggest_nearest(key, keys, count);
		return refuse(c, "there is no setting \"%s\"%s%s%s", key,
			near ? ", did you mean \"" : "", near ? near : "",
			near ? "\"?" : "");
	}
	if (length > 5 && strncmp(name, "rule.", 5) == 0)
		return 0;
	value = step_value_find(name, length, &near);
	if (value < 0)
		return refuse(c, "there is no value \"%.*s\"%s%s%s",
			(int)(length < 60 ? length : 60), name,
			near ? ", did you mean \"" : "", near ? near : "",
			near ? "\"?" : "");
	if (!c->is_inside[step_value_table[value].each])
		return refuse(c, "%s is known in lines for each %s alone",
			step_value_table[value].name,
			step_each_name(step_value_table[value].each));
	return 0;
}

static int check_gate(const struct step_check *c, const struct step_gate *gate)
{
	const char *names[] = { gate->with, gate->without, gate->is_name,
		gate->not_name };
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(names); i++) {
		if (names[i])
			r = check_name(c, names[i], strlen(names[i]));
	}
	if (r == 0 && gate->has_when) {
		int scope = condition_scope(&gate->when);
		bool is_there = scope == SCOPE_WORKLOAD;

		for (int each = 0; each < EACH_COUNT; each++)
			is_there |= c->is_inside[each] &&
				scope == (int)step_each_scope((enum step_each)each);
		if (!is_there)
			r = refuse(c, "when: asks fields of what is not repeated here");
	}
	return r;
}

/* ---- quoting --------------------------------------------------------------------------- */

struct quote_state {
	char open; /* the quote one is in; 0: none */
	bool is_comment;
};

/* sh: '...' has no escape, "..." and no quotes have \. */
static void walk_sh(struct quote_state *state, const char *line, size_t at)
{
	const char *p = line + at;

	if (state->is_comment)
		return;
	if (state->open == '\\') {
		state->open = 0;
	} else if (state->open == 'e') {
		state->open = '"';
	} else if (state->open == '\'') {
		state->open = *p == '\'' ? 0 : '\'';
	} else if (state->open == '"') {
		state->open = *p == '"' ? 0 : *p == '\\' ? 'e' : '"';
	} else if (*p == '\\') {
		state->open = '\\';
	} else if (*p == '\'' || *p == '"') {
		state->open = *p;
	} else if (*p == '#' && (at == 0 || strchr(" \t;", p[-1]))) {
		state->is_comment = true;
	}
}

/* PowerShell: quotes are doubled within themselves, which closes and opens again. */
static void walk_ps1(struct quote_state *state, const char *line, size_t at)
{
	char c = line[at];

	if (state->is_comment)
		return;
	if (state->open == '`' || state->open == 'e') {
		state->open = state->open == 'e' ? '"' : 0;
	} else if (state->open == '"' && c == '`') {
		state->open = 'e';
	} else if (state->open) {
		state->open = c == state->open ? 0 : state->open;
	} else if (c == '`' || c == '\'' || c == '"') {
		state->open = c;
	} else if (c == '#') {
		state->is_comment = true;
	}
}

static void walk_cmd(struct quote_state *state, const char *line, size_t at)
{
	const char *start = line + strspn(line, " \t@");

	if (at == 0 &&
		(strncasecmp(start, "rem ", 4) == 0 || strncmp(start, "::", 2) == 0))
		state->is_comment = true;
	if (line[at] == '"')
		state->open = state->open ? 0 : '"';
}

static void walk_json(struct quote_state *state, const char *line, size_t at)
{
	if (state->open == 'e')
		state->open = '"';
	else if (state->open && line[at] == '\\')
		state->open = 'e';
	else if (line[at] == '"')
		state->open = state->open ? 0 : '"';
}

/* XML: text, or a value within "..." of a tag; no comment. */
static void walk_xml(struct quote_state *state, const char *line, size_t at)
{
	if (at == 0 && strstr(line, "<!"))
		state->is_comment = true;
}

static void (*const walks[QUOTE_FORMAT_COUNT])(
	struct quote_state *state, const char *line, size_t at) = {
	[QUOTE_SH] = walk_sh,
	[QUOTE_PS1] = walk_ps1,
	[QUOTE_CMD] = walk_cmd,
	[QUOTE_JSON] = walk_json,
	[QUOTE_XML] = walk_xml,
};

/* A literal of PowerShell is an argument of its own: 'a''b' would be one literal. */
static bool stands_alone(const char *line, const struct placeholder *one)
{
	return (one->begin == line || strchr(" \t(,=;{", one->begin[-1])) &&
		strchr(" \t),;}", *one->end);
}

static int check_place(const struct step_check *c, const char *line,
	const struct placeholder *one, const struct quote_state *state)
{
	int value = step_value_find(one->name, one->length, NULL);
	bool is_number = value >= 0 && step_value_table[value].is_number;

	if (is_number || one->form != FORM_QUOTED)
		return 0;
	if (state->is_comment)
		return refuse(
			c, "a name in a comment: its ends of line would leave it");
	if (state->open)
		return refuse(c,
			"{{%.*s}} stands within quotes: it brings its own, assign it to "
			"a variable first",
			(int)one->length, one->name);
	if (c->format == QUOTE_PS1 && !stands_alone(line, one))
		return refuse(c, "{{%.*s}} is no argument of its own", (int)one->length,
			one->name);
	return 0;
}

static int check_text_line(const struct step_check *c, const char *line)
{
	struct quote_state state = { .open = 0 };
	struct placeholder one;
	size_t at = 0;

	if (strpbrk(line, "\n\r"))
		return refuse(c, "a line with an end of line in it");
	while (step_placeholder(line + at, &one)) {
		int r;

		if (one.length == 0)
			return refuse(c, "{{ without a name or without }}");
		for (; walks[c->format] && line + at < one.begin; at++)
			walks[c->format](&state, line, at);
		r = check_name(c, one.name, one.length);
		if (r == 0)
			r = check_place(c, line, &one, &state);
		if (r < 0)
			return r;
		at = (size_t)(one.end - line);
	}
	for (; walks[c->format] && line[at]; at++)
		walks[c->format](&state, line, at);
	if (c->format != QUOTE_CMD && (state.open == '"' || state.open == '\''))
		return refuse(c, "a line that ends within quotes");
	return 0;
}

/* ---- lines ----------------------------------------------------------------------------- */

static int check_lines(struct step_check *c, const struct step_line *line, size_t count)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++) {
		bool was_inside = c->is_inside[line[i].each];

		c->at = line[i].at;
		if ((line[i].each == EACH_PARTITION && !c->is_inside[EACH_DISK]) ||
			((line[i].each == EACH_ADDRESS || line[i].each == EACH_DNS) &&
				!c->is_inside[EACH_ADAPTER]))
			return refuse(c, "each %s stands in lines for each %s",
				step_each_name(line[i].each),
				line[i].each == EACH_PARTITION ? "disk" : "adapter");
		c->is_inside[line[i].each] = true;
		r = check_gate(c, &line[i].gate);
		if (r == 0 && line[i].text)
			r = check_text_line(c, line[i].text);
		if (r == 0)
			r = check_lines(c, line[i].line, line[i].count);
		c->is_inside[line[i].each] = was_inside;
	}
	return r;
}

static int check_in(
	struct step_check *c, enum quote_format format, const struct step_lines *lines)
{
	c->format = format;
	return check_lines(c, lines->line, lines->count);
}

static int check_path(struct step_check *c, const char *path)
{
	struct placeholder one;

	for (const char *at = path; step_placeholder(at, &one); at = one.end) {
		int r = one.length ? check_name(c, one.name, one.length) : -EINVAL;

		if (r < 0 || one.form != FORM_FILE)
			return refuse(c,
				"file \"%.60s\": only {{file:NAME}} can stand in it",
				path);
	}
	if (path[0] == '/' || path[0] == '.' || strstr(path, "..") ||
		strpbrk(path, " \\\"'$*?"))
		return refuse(
			c, "file \"%.60s\": expected a plain relative path", path);
	return 0;
}

/* ---- steps ----------------------------------------------------------------------------- */

static size_t step_find(const struct steps *steps, const char *id)
{
	size_t at = 0;

	while (at < steps->count && strcmp(steps->step[at].id, id) != 0)
		at++;
	return at;
}

/* What a step needs is done before: it stands above it. */
static int check_needs(struct step_check *c, size_t index)
{
	const struct step_entry *step = c->step;

	for (size_t i = 0; i < step->need_count; i++) {
		size_t at = step_find(c->steps, step->need[i]);

		if (at == c->steps->count)
			return refuse(c, "needs \"%.60s\", which is no step here",
				step->need[i]);
		if (at >= index)
			return refuse(c, "needs \"%.60s\", which stands after it",
				step->need[i]);
		if (c->steps->step[at].is_destructive)
			return refuse(
				c, "needs \"%.60s\", which destroys", step->need[i]);
	}
	return 0;
}

static int check_step(const struct steps *steps, size_t index, struct err *err)
{
	const struct step_entry *step = &steps->step[index];
	struct step_check c = { .steps = steps,
		.step = step,
		.path = step->path,
		.at = step->line,
		.is_inside = { [EACH_NONE] = true },
		.err = err };
	int r = check_gate(&c, &step->gate);

	if (r == 0)
		r = check_needs(&c, index);
	if (r == 0)
		r = check_in(&c, QUOTE_TEXT, &step->text);
	if (r == 0)
		r = check_in(&c, QUOTE_TEXT, &step->check);
	if (r == 0)
		r = check_in(&c, QUOTE_TEXT, &step->undo);
	if (r == 0 && step->has_command)
		r = check_in(&c, step->command_format, &step->command);
	for (size_t i = 0; r == 0 && i < step->product_count; i++) {
		c.at = step->line;
		r = check_gate(&c, &step->product[i].gate);
		if (r == 0)
			r = check_text_line(&c, step->product[i].path);
		if (r == 0)
			r = check_in(&c, QUOTE_TEXT, &step->product[i].lines);
	}
	for (size_t i = 0; r == 0 && i < step->file_count; i++) {
		c.at = step->line;
		r = check_path(&c, step->file[i].path);
		if (r == 0)
			r = check_gate(&c, &step->file[i].gate);
		if (r == 0)
			r = check_in(&c, step->file[i].format, &step->file[i].lines);
	}
	return r;
}

/* One with placeholders is checked when it is filled. */
static int check_default(const struct step_check *c, const struct step_setting *setting,
	const char *value)
{
	struct placeholder one;
	const char *at = value;

	for (; step_placeholder(at, &one); at = one.end) {
		int r = one.length ? check_name(c, one.name, one.length)
				   : refuse(c, "{{ without a name or without }}");

		if (r < 0)
			return r;
	}
	return at > value ? 0 : step_setting_check(setting, value, c->err);
}

static int check_setting(
	const struct steps *steps, const struct step_setting *setting, struct err *err)
{
	struct step_check c = { .steps = steps,
		.at = setting->line,
		.is_inside = { [EACH_NONE] = true },
		.err = err };
	int r = check_gate(&c, &setting->gate);

	for (size_t i = 0; r == 0 && i < setting->fallback_count; i++) {
		const struct setting_default *one = &setting->fallback[i];

		r = check_gate(&c, &one->gate);
		if (r == 0 && one->from)
			r = check_name(&c, one->from, strlen(one->from));
		if (r == 0 && one->value)
			r = check_default(&c, setting, one->value);
	}
	return r;
}

/* ---- all of it ------------------------------------------------------------------------- */

static size_t phase_find(const struct steps *steps, const char *id)
{
	size_t at = 0;

	while (at < steps->phase_count && strcmp(steps->phase[at].id, id) != 0)
		at++;
	return at;
}

static int compare_steps(const void *a, const void *b, void *closure)
{
	const struct steps *steps = closure;
	const struct step_entry *one = a, *other = b;
	size_t phase = phase_find(steps, one->phase);
	size_t other_phase = phase_find(steps, other->phase);

	if (phase != other_phase)
		return phase < other_phase ? -1 : 1;
	if (one->order != other->order)
		return one->order < other->order ? -1 : 1;
	return strcmp(one->id, other->id);
}

int steps_check(struct steps *steps, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < steps->count; i++) {
		if (phase_find(steps, steps->step[i].phase) == steps->phase_count)
			return err_set(err, -EINVAL,
				"%s:%u: step %s: phase \"%.60s\" is none of the target",
				steps->step[i].path, steps->step[i].line,
				steps->step[i].id, steps->step[i].phase);
	}
	if (steps->count > 0)
		qsort_r(steps->step, steps->count, sizeof(*steps->step), compare_steps,
			steps);
	for (size_t i = 0; r == 0 && i < steps->setting_count; i++)
		r = check_setting(steps, &steps->setting[i], err);
	for (size_t i = 0; r == 0 && i < steps->count; i++)
		r = check_step(steps, i, err);
	return r;
}
