/* The files of tasks: built in, then steps/ of the configuration folder. */
#include "schema/tasks.h"

#include "common/array.h"
#include "common/json_folder.h"
#include "common/util.h"
#include "schema/builtin.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char folder[] = "steps/";

void tasks_done(struct tasks *tasks)
{
	for (size_t i = 0; i < tasks->phase_count; i++) {
		free(tasks->phase[i].id);
		free(tasks->phase[i].title);
	}
	for (size_t i = 0; i < tasks->count; i++)
		task_done(&tasks->task[i]);
	for (size_t i = 0; i < tasks->setting_count; i++)
		task_setting_done(&tasks->setting[i]);
	for (size_t i = 0; i < tasks->written_for_count; i++)
		free(tasks->written_for[i]);
	free(tasks->phase);
	free(tasks->task);
	free(tasks->setting);
	free(tasks->written_for);
	*tasks = (struct tasks){ .count = 0 };
}

const struct task_setting *tasks_setting(const struct tasks *tasks, const char *key)
{
	for (size_t i = 0; i < tasks->setting_count; i++) {
		if (strcmp(tasks->setting[i].key, key) == 0)
			return &tasks->setting[i];
	}
	return NULL;
}

static int load_builtin_tasks(
	const char *target, struct tasks *tasks, size_t *count, struct err *err)
{
	int r = 0;

	for (const struct builtin_file *file = builtin_files; r == 0 && file->path;
		file++) {
		struct json_doc doc;
		bool is_of = false;

		if (strncmp(file->path, folder, sizeof(folder) - 1) != 0)
			continue;
		r = json_doc_parse(file->path, file->data, file->size, &doc, err);
		if (r < 0)
			return r;
		r = tasks_parse(&doc, target, true, tasks, &is_of, err);
		*count += is_of;
		json_doc_done(&doc);
	}
	return r;
}

struct configured {
	const char *target;
	struct tasks *tasks;
	size_t *files; /* that name the target */
};

static int take_file(void *closure, struct json_doc *doc, struct err *err)
{
	struct configured *configured = closure;
	bool is_of = false;
	int r = tasks_parse(
		doc, configured->target, false, configured->tasks, &is_of, err);

	*configured->files += is_of;
	json_doc_done(doc);
	return r;
}

static int load_configured_tasks(const char *config_dir, const char *target,
	struct tasks *tasks, size_t *files, struct err *err)
{
	struct configured configured = { target, tasks, files };
	char dir[PATH_MAX];

	(void)snprintf(dir, sizeof(dir), "%s/steps", config_dir);
	return json_folder_each(dir, TASKS_BYTES_MAX, take_file, &configured, err);
}

/* Each target once, in the order of the files. */
void tasks_add_targets(struct strbuf *out)
{
	struct strbuf seen;

	strbuf_init(&seen, 4096);
	strbuf_add(&seen, "\n");
	for (const struct builtin_file *file = builtin_files; file->path; file++) {
		struct json_doc doc;
		const cJSON *item;

		if (strncmp(file->path, folder, sizeof(folder) - 1) != 0 ||
			json_doc_parse(file->path, file->data, file->size, &doc, NULL) <
				0)
			continue;
		cJSON_ArrayForEach (
			item, cJSON_GetObjectItemCaseSensitive(doc.root, "targets")) {
			char word[128];

			(void)snprintf(word, sizeof(word), "\n%s\n",
				cJSON_GetStringValue(item));
			/* the file with the phases makes it a target */
			if (cJSON_GetObjectItemCaseSensitive(doc.root, "phases") &&
				!strstr(strbuf_text(&seen), word)) {
				strbuf_addf(&seen, "%s\n", word + 1);
				strbuf_add(out, word + 1);
			}
		}
		json_doc_done(&doc);
	}
	strbuf_done(&seen);
}

static int refuse_target(const char *target, struct err *err)
{
	struct strbuf known;
	char words[300];

	strbuf_init(&known, 4096);
	tasks_add_targets(&known);
	(void)snprintf(words, sizeof(words), "%s", strbuf_text(&known));
	strbuf_done(&known);
	for (char *at = words; *at; at++) {
		if (*at == '\n')
			*at = at[1] ? ' ' : '\0';
	}
	return err_set(err, -ENOENT,
		"there is no runbook for %.60s; there is one for: %s", target, words);
}

int tasks_load(const char *config_dir, const char *target, struct tasks *ret_tasks,
	struct err *err)
{
	struct tasks tasks = { .count = 0 };
	size_t files = 0;
	int r = load_builtin_tasks(target, &tasks, &files, err);

	if (r == 0 && config_dir)
		r = load_configured_tasks(config_dir, target, &tasks, &files, err);
	if (r == 0 && files == 0)
		r = refuse_target(target, err);
	if (r == 0)
		r = tasks_check(&tasks, err);
	if (r < 0) {
		tasks_done(&tasks);
		return r;
	}
	*ret_tasks = tasks;
	return 0;
}
