/* The files of steps: built in, then steps/ of the configuration folder. */
#include "schema/steps.h"

#include "common/array.h"
#include "common/util.h"
#include "schema/builtin.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char folder[] = "steps/";

void steps_done(struct steps *steps)
{
	for (size_t i = 0; i < steps->phase_count; i++) {
		free(steps->phase[i].id);
		free(steps->phase[i].title);
	}
	for (size_t i = 0; i < steps->count; i++)
		step_done(&steps->step[i]);
	for (size_t i = 0; i < steps->setting_count; i++)
		step_setting_done(&steps->setting[i]);
	for (size_t i = 0; i < steps->written_for_count; i++)
		free(steps->written_for[i]);
	free(steps->phase);
	free(steps->step);
	free(steps->setting);
	free(steps->written_for);
	*steps = (struct steps){ .count = 0 };
}

const struct step_setting *steps_setting(const struct steps *steps, const char *key)
{
	for (size_t i = 0; i < steps->setting_count; i++) {
		if (strcmp(steps->setting[i].key, key) == 0)
			return &steps->setting[i];
	}
	return NULL;
}

static int load_builtin_steps(
	const char *target, struct steps *steps, size_t *count, struct err *err)
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
		r = steps_parse(&doc, target, true, steps, &is_of, err);
		*count += is_of;
		json_doc_done(&doc);
	}
	return r;
}

static int is_steps_file(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > 5 &&
		strcmp(entry->d_name + length - 5, ".json") == 0;
}

static int load_configured_steps(const char *config_dir, const char *target,
	struct steps *steps, size_t *files, struct err *err)
{
	struct dirent **names = NULL;
	char dir[PATH_MAX], path[PATH_MAX + 300];
	int count, r = 0;

	(void)snprintf(dir, sizeof(dir), "%s/steps", config_dir);
	count = scandir(dir, &names, is_steps_file, alphasort);
	if (count < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0
							   : err_errno(err, "%s", dir);
	for (int i = 0; i < count; i++) {
		struct json_doc doc;
		bool is_of = false;

		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]->d_name);
		free(names[i]);
		if (r < 0)
			continue;
		r = json_doc_load(path, STEPS_BYTES_MAX, &doc, err);
		if (r < 0)
			continue;
		r = steps_parse(&doc, target, false, steps, &is_of, err);
		*files += is_of;
		json_doc_done(&doc);
	}
	free(names);
	return r;
}

/* Each target once, in the order of the files. */
void steps_add_targets(struct strbuf *out)
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
	steps_add_targets(&known);
	(void)snprintf(words, sizeof(words), "%s", strbuf_text(&known));
	strbuf_done(&known);
	for (char *at = words; *at; at++) {
		if (*at == '\n')
			*at = at[1] ? ' ' : '\0';
	}
	return err_set(err, -ENOENT,
		"there is no runbook for %.60s; there is one for: %s", target, words);
}

int steps_load(const char *config_dir, const char *target, struct steps *ret_steps,
	struct err *err)
{
	struct steps steps = { .count = 0 };
	size_t files = 0;
	int r = load_builtin_steps(target, &steps, &files, err);

	if (r == 0 && config_dir)
		r = load_configured_steps(config_dir, target, &steps, &files, err);
	if (r == 0 && files == 0)
		r = refuse_target(target, err);
	if (r == 0)
		r = steps_check(&steps, err);
	if (r < 0) {
		steps_done(&steps);
		return r;
	}
	*ret_steps = steps;
	return 0;
}
