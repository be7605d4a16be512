/*
 * What every file of tasks has to keep: names that there are, placeholders that stand where
 * their quoting holds, phases and needs that there are and make no circle.
 */
#include "schema/tasks.h"

#include "common/suggest.h"
#include "common/util.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Where one looks, and what is repeated around it. */
struct task_check {
	const struct tasks *tasks;
	const struct task_entry *task; /* NULL: a setting */
	const char *path;
	enum quote_format format;
	bool is_inside[EACH_COUNT];
	unsigned at;
	struct err *err;
};

#define refuse(c, ...) err_code(-EINVAL, refuse_put((c), __VA_ARGS__))
static int refuse_put(const struct task_check *c, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static int refuse_put(const struct task_check *c, const char *format, ...)
{
	char words[300];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	return err_put(c->err, "%s:%u: step %s: %s", c->path ? c->path : "steps", c->at,
		c->task ? c->task->id : "(setting)", words);
}

/* ---- names ----------------------------------------------------------------------------- */

static int check_name(const struct task_check *c, const char *name, size_t length)
{
	const char *near = NULL, *keys[512];
	char key[64];
	size_t count = 0;
	int value;

	if (length > 4 && length < sizeof(key) && strncmp(name, "set.", 4) == 0) {
		memcpy(key, name + 4, length - 4);
		key[length - 4] = '\0';
		if (tasks_setting(c->tasks, key))
			return 0;
		for (size_t i = 0; i < c->tasks->setting_count && i < ARRAY_LEN(keys);
			i++)
			keys[count++] = c->tasks->setting[i].key;
		near = suggest_nearest(key, keys, count);
		return refuse(c, "there is no setting \"%s\"%s%s%s", key,
			near ? ", did you mean \"" : "", near ? near : "",
			near ? "\"?" : "");
	}
	if (length > 5 && strncmp(name, "rule.", 5) == 0)
		return 0;
	value = task_value_find(name, length, &near);
	if (value < 0)
		return refuse(c, "there is no value \"%.*s\"%s%s%s",
			(int)(length < 60 ? length : 60), name,
			near ? ", did you mean \"" : "", near ? near : "",
			near ? "\"?" : "");
	if (!c->is_inside[task_value_table[value].each])
		return refuse(c, "%s is known in lines for each %s alone",
			task_value_table[value].name,
			task_each_name(task_value_table[value].each));
	return 0;
}

static int check_gate(const struct task_check *c, const struct task_gate *gate)
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
				scope == (int)task_each_scope((enum task_each)each);
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

static int check_place(const struct task_check *c, const char *line,
	const struct placeholder *one, const struct quote_state *state)
{
	int value = task_value_find(one->name, one->length, NULL);
	bool is_number = value >= 0 && task_value_table[value].is_number;

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

static int check_text_line(const struct task_check *c, const char *line)
{
	struct quote_state state = { .open = 0 };
	struct placeholder one;
	size_t at = 0;

	if (strpbrk(line, "\n\r"))
		return refuse(c, "a line with an end of line in it");
	while (task_placeholder(line + at, &one)) {
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

static int check_lines(struct task_check *c, const struct task_line *line, size_t count)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++) {
		bool was_inside = c->is_inside[line[i].each];

		c->at = line[i].at;
		if ((line[i].each == EACH_PARTITION && !c->is_inside[EACH_DISK]) ||
			((line[i].each == EACH_ADDRESS || line[i].each == EACH_DNS) &&
				!c->is_inside[EACH_ADAPTER]))
			return refuse(c, "each %s stands in lines for each %s",
				task_each_name(line[i].each),
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
	struct task_check *c, enum quote_format format, const struct task_lines *lines)
{
	c->format = format;
	return check_lines(c, lines->line, lines->count);
}

static int check_path(struct task_check *c, const char *path)
{
	struct placeholder one;

	for (const char *at = path; task_placeholder(at, &one); at = one.end) {
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

/* ---- tasks ----------------------------------------------------------------------------- */

static size_t task_find(const struct tasks *tasks, const char *id)
{
	size_t at = 0;

	while (at < tasks->count && strcmp(tasks->task[at].id, id) != 0)
		at++;
	return at;
}

/* What a task needs is done before: it stands above it. */
static int check_needs(struct task_check *c, size_t index)
{
	const struct task_entry *task = c->task;

	for (size_t i = 0; i < task->need_count; i++) {
		size_t at = task_find(c->tasks, task->need[i]);

		if (at == c->tasks->count)
			return refuse(c, "needs \"%.60s\", which is no step here",
				task->need[i]);
		if (at >= index)
			return refuse(c, "needs \"%.60s\", which stands after it",
				task->need[i]);
		if (c->tasks->task[at].is_destructive)
			return refuse(
				c, "needs \"%.60s\", which destroys", task->need[i]);
	}
	return 0;
}

static int check_task(const struct tasks *tasks, size_t index, struct err *err)
{
	const struct task_entry *task = &tasks->task[index];
	struct task_check c = { .tasks = tasks,
		.task = task,
		.path = task->path,
		.at = task->line,
		.is_inside = { [EACH_NONE] = true },
		.err = err };
	int r = check_gate(&c, &task->gate);

	if (r == 0)
		r = check_needs(&c, index);
	if (r == 0)
		r = check_in(&c, QUOTE_TEXT, &task->text);
	if (r == 0)
		r = check_in(&c, QUOTE_TEXT, &task->check);
	if (r == 0)
		r = check_in(&c, QUOTE_TEXT, &task->undo);
	if (r == 0 && task->has_command)
		r = check_in(&c, task->command_format, &task->command);
	for (size_t i = 0; r == 0 && i < task->product_count; i++) {
		c.at = task->line;
		r = check_gate(&c, &task->product[i].gate);
		if (r == 0)
			r = check_text_line(&c, task->product[i].path);
		if (r == 0)
			r = check_in(&c, QUOTE_TEXT, &task->product[i].lines);
	}
	for (size_t i = 0; r == 0 && i < task->file_count; i++) {
		c.at = task->line;
		r = check_path(&c, task->file[i].path);
		if (r == 0)
			r = check_gate(&c, &task->file[i].gate);
		if (r == 0)
			r = check_in(&c, task->file[i].format, &task->file[i].lines);
	}
	return r;
}

/* One with placeholders is checked when it is filled. */
static int check_default(const struct task_check *c, const struct task_setting *setting,
	const char *value)
{
	struct placeholder one;
	const char *at = value;

	for (; task_placeholder(at, &one); at = one.end) {
		int r = one.length ? check_name(c, one.name, one.length)
				   : refuse(c, "{{ without a name or without }}");

		if (r < 0)
			return r;
	}
	return at > value ? 0 : task_setting_check(setting, value, c->err);
}

static int check_setting(
	const struct tasks *tasks, const struct task_setting *setting, struct err *err)
{
	struct task_check c = { .tasks = tasks,
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

static size_t phase_find(const struct tasks *tasks, const char *id)
{
	size_t at = 0;

	while (at < tasks->phase_count && strcmp(tasks->phase[at].id, id) != 0)
		at++;
	return at;
}

static int compare_tasks(const void *a, const void *b, void *closure)
{
	const struct tasks *tasks = closure;
	const struct task_entry *one = a, *other = b;
	size_t phase = phase_find(tasks, one->phase);
	size_t other_phase = phase_find(tasks, other->phase);

	if (phase != other_phase)
		return phase < other_phase ? -1 : 1;
	if (one->order != other->order)
		return one->order < other->order ? -1 : 1;
	return strcmp(one->id, other->id);
}

int tasks_check(struct tasks *tasks, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < tasks->count; i++) {
		if (phase_find(tasks, tasks->task[i].phase) == tasks->phase_count)
			return err_set(err, -EINVAL,
				"%s:%u: step %s: phase \"%.60s\" is none of the target",
				tasks->task[i].path, tasks->task[i].line,
				tasks->task[i].id, tasks->task[i].phase);
	}
	if (tasks->count > 0)
		qsort_r(tasks->task, tasks->count, sizeof(*tasks->task), compare_tasks,
			tasks);
	for (size_t i = 0; r == 0 && i < tasks->setting_count; i++)
		r = check_setting(tasks, &tasks->setting[i], err);
	for (size_t i = 0; r == 0 && i < tasks->count; i++)
		r = check_task(tasks, i, err);
	return r;
}
