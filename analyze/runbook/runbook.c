/* Tasks, settings and checks of one runbook, before anything is generated. */
#include "analyze/runbook/runbook.h"

#include "analyze/runbook/runbook_value.h"
#include "common/array.h"
#include "common/suggest.h"
#include "common/util.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_BYTES_MAX (1u << 20)

void runbook_done(struct runbook *runbook)
{
	for (size_t i = 0; i < runbook->setting_count; i++)
		free(runbook->setting[i].value);
	for (size_t i = 0; i < runbook->missing_count; i++)
		free(runbook->missing[i].why);
	for (size_t i = 0; i < runbook->task_count; i++)
		free(runbook->task[i].unknown);
	for (size_t i = 0; i < runbook->file_count; i++) {
		free(runbook->file[i].path);
		free(runbook->file[i].bytes);
	}
	free(runbook->setting);
	free(runbook->missing);
	free(runbook->task);
	free(runbook->file);
	validation_done(&runbook->validation);
	if (runbook->subject)
		machine_subject_done(runbook->subject);
	free(runbook->subject);
	for (int i = 0; i < FACT_COUNT; i++) {
		if (runbook->is_fact_own[i])
			fact_value_done(&runbook->facts.value[i]);
	}
	tasks_done(&runbook->tasks);
	*runbook = (struct runbook){ .request = NULL };
}

/* ---- what is given ----------------------------------------------------------------------- */

static int refuse_key(const struct runbook *runbook, const char *key, struct err *err)
{
	const char *keys[512], *near;
	size_t count = 0;

	for (size_t i = 0; i < runbook->setting_count && count < ARRAY_LEN(keys); i++)
		keys[count++] = runbook->setting[i].setting->key;
	for (int i = 0; i < FACT_COUNT && count < ARRAY_LEN(keys); i++)
		keys[count++] = fact_table[i].key;
	near = suggest_nearest(key, keys, count);
	return err_set(err, -EINVAL,
		"--set: there is no setting \"%.60s\"%s%s%s; `analyze runbook --target "
		"%s --settings` lists them",
		key, near ? ", did you mean \"" : "", near ? near : "",
		near ? "\"?" : "", runbook->request->target->id);
}

/* A fact that is stated for this runbook alone. */
static int take_fact(
	struct runbook *runbook, enum fact_id fact, const char *value, struct err *err)
{
	struct fact_value parsed;
	int r = fact_parse(fact, value, &parsed, err);

	if (r < 0)
		return r;
	if (runbook->is_fact_own[fact])
		fact_value_done(&runbook->facts.value[fact]);
	runbook->facts.value[fact] = parsed;
	runbook->is_fact_own[fact] = true;
	return 0;
}

/* What is a setting and a fact is both, so that the rules see it too: instance_type. */
static int take_word(struct runbook *runbook, const char *word, struct err *err)
{
	const char *equals = strchr(word, '=');
	char key[64];
	int fact, r;
	bool is_setting = false;

	if (!equals || equals == word || (size_t)(equals - word) >= sizeof(key))
		return err_set(err, -EINVAL,
			"--set: expected key=value, found \"%.80s\"", word);
	memcpy(key, word, (size_t)(equals - word));
	key[equals - word] = '\0';
	for (size_t i = 0; i < runbook->setting_count; i++) {
		struct runbook_setting *one = &runbook->setting[i];

		if (strcmp(one->setting->key, key) != 0)
			continue;
		r = task_setting_check(one->setting, equals + 1, err);
		if (r < 0)
			return err_wrap(err, r, "--set");
		free(one->value);
		one->value = strdup(equals + 1);
		one->is_given = true;
		if (!one->value)
			return err_oom(err);
		is_setting = true;
	}
	fact = fact_find(key, NULL);
	if (fact < 0)
		return is_setting ? 0 : refuse_key(runbook, key, err);
	r = take_fact(runbook, (enum fact_id)fact, equals + 1, err);
	if (r == -EINVAL && is_setting) { /* disks=dynamic is no list of disks */
		*err = (struct err)ERR_INIT;
		r = 0;
	}
	return r;
}

static int take_words_given(struct runbook *runbook, struct err *err)
{
	const struct runbook_request *request = runbook->request;
	int r = 0;

	runbook->setting =
		calloc(runbook->tasks.setting_count + 1, sizeof(*runbook->setting));
	if (!runbook->setting)
		return err_oom(err);
	runbook->setting_count = runbook->tasks.setting_count;
	for (size_t i = 0; i < runbook->setting_count; i++)
		runbook->setting[i].setting = &runbook->tasks.setting[i];
	if (request->stated)
		runbook->facts = *request->stated;
	for (size_t i = 0; r == 0 && i < request->word_count; i++)
		r = take_word(runbook, request->word[i], err);
	return r;
}

/* ---- what is not given ------------------------------------------------------------------- */

/* Its text in *ret_value; NULL: the value it is taken from is not known. */
static int fallback_text(const struct runbook *runbook,
	const struct setting_default *one, char **ret_value, struct err *err)
{
	const struct runbook_cursor cursor = { .innermost = EACH_NONE };
	struct strbuf text;

	strbuf_init(&text, TEXT_BYTES_MAX);
	if (one->value)
		runbook_raw(runbook, one->value, &text);
	else if (!runbook_value(
			 runbook, &cursor, one->from, strlen(one->from), &text, NULL)) {
		strbuf_done(&text);
		*ret_value = NULL;
		return 0;
	}
	*ret_value = strbuf_take(&text);
	return *ret_value ? 0 : err_oom(err);
}

static int runbook_add_missing(struct runbook *runbook,
	const struct task_setting *setting, const char *why, struct err *err)
{
	if (ARRAY_EXTEND(runbook->missing, runbook->missing_count) < 0)
		return err_oom(err);
	runbook->missing[runbook->missing_count++] =
		(struct runbook_missing){ .setting = setting,
			.why = why ? strdup(why) : NULL };
	return 0;
}

/* In their order, so that a default may look at the settings before it. */
static int settle_setting(
	struct runbook *runbook, struct runbook_setting *one, struct err *err)
{
	const struct runbook_cursor cursor = { .innermost = EACH_NONE };
	const struct task_setting *setting = one->setting;
	struct err why = ERR_INIT;
	int r = 0;

	if (one->is_given || !runbook_gate_open(runbook, &cursor, &setting->gate, NULL))
		return 0;
	for (size_t i = 0; r == 0 && !one->value && i < setting->fallback_count; i++) {
		if (runbook_gate_open(
			    runbook, &cursor, &setting->fallback[i].gate, NULL) &&
			runbook_fits(runbook, &setting->fallback[i]))
			r = fallback_text(
				runbook, &setting->fallback[i], &one->value, err);
	}
	if (r < 0)
		return r;
	if (one->value && task_setting_check(setting, one->value, &why) < 0) {
		free(one->value);
		one->value = NULL;
	}
	if (!one->value && setting->is_required)
		return runbook_add_missing(
			runbook, setting, *why.text ? why.text : NULL, err);
	return 0;
}

/* A size that is given has to be one that the target has. */
static int check_sizes(const struct runbook *runbook, struct err *err)
{
	const struct profile_settings *settings = &runbook->request->target->settings;
	const char *memory = runbook_given(runbook, "memory_mb");
	const char *vcpus = runbook_given(runbook, "vcpus");

	if (memory && atof(memory) > runbook_memory_most(settings))
		return err_set(err, -EINVAL,
			"--set memory_mb: a VM of %s has at most %.0f MiB, found %s",
			runbook->request->target->id, runbook_memory_most(settings),
			memory);
	if (vcpus && atof(vcpus) > settings->max_cores_per_vm)
		return err_set(err, -EINVAL,
			"--set vcpus: a VM of %s has at most %.0f, found %s",
			runbook->request->target->id, settings->max_cores_per_vm,
			vcpus);
	return 0;
}

int runbook_prepare(const struct runbook_request *request, struct runbook *ret_runbook,
	struct err *err)
{
	struct runbook runbook = { .request = request };
	int r = tasks_load(
		request->config_dir, request->target->id, &runbook.tasks, err);

	if (r == 0)
		r = take_words_given(&runbook, err);
	if (r == 0)
		r = check_sizes(&runbook, err);
	if (r == 0)
		r = validate_machine(request->library, request->target, request->day,
			request->machine, &runbook.facts, &runbook.validation, err);
	if (r == 0) {
		runbook.subject = calloc(1, sizeof(*runbook.subject));
		r = runbook.subject
			? machine_subject_make(request->library, request->machine,
				  &runbook.facts, runbook.subject)
			: -ENOMEM;
		if (r < 0)
			(void)err_oom(err);
	}
	for (size_t i = 0; r == 0 && i < runbook.setting_count; i++)
		r = settle_setting(&runbook, &runbook.setting[i], err);
	if (r < 0) {
		runbook_done(&runbook);
		return r;
	}
	*ret_runbook = runbook;
	return 0;
}
