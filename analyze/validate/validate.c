#include "analyze/validate/validate.h"

#include "analyze/validate/machine_subject.h"
#include "common/array.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLACE_MAX 256
#define WORDS_MAX 512

void validation_done(struct validation *validation)
{
	for (size_t i = 0; i < validation->count; i++) {
		free(validation->item[i].at);
		free(validation->item[i].text);
		free(validation->item[i].remedy);
	}
	free(validation->item);
	free(validation->missing);
	*validation = (struct validation){ .count = 0 };
}

/* ---- what is found ------------------------------------------------------------------------ */

static int add_incompatibility(
	struct validation *validation, const struct incompatibility *one)
{
	if (ARRAY_EXTEND(validation->item, validation->count) < 0)
		return -ENOMEM;
	validation->item[validation->count++] = *one;
	return one->at && one->text ? 0 : -ENOMEM;
}

/* "storage.disks[0].kind" for a field of an item, its own name else. */
static void place_of_field(
	int field, const struct field_item *item, char *text, size_t size)
{
	const char *name = field_name(field), *dot = strrchr(name, '.');

	if (item && field_scope(field) != SCOPE_WORKLOAD)
		(void)snprintf(text, size, "%s.%s", item->label, dot ? dot + 1 : name);
	else
		(void)snprintf(text, size, "%s", name);
}

static void words_of_missing(const struct missing *missing, char *text, size_t size)
{
	size_t length = 0;

	text[0] = '\0';
	for (int i = 0; i < FIELD_COUNT; i++) {
		if (missing->is_missing[i] && length < size)
			length += (size_t)snprintf(text + length, size - length, "%s%s",
				length ? ", " : "", field_name(i));
	}
}

/* The check's own words, else how the first of the facts is stated. */
static char *remedy_of_unknown(const struct check *check, const struct missing *missing)
{
	char text[WORDS_MAX];

	if (check->ask)
		return strdup(check->ask);
	for (int i = 0; i < FACT_COUNT; i++) {
		if (!missing->is_missing[i])
			continue;
		(void)snprintf(text, sizeof(text),
			"gather it (collectord-inventory on Linux, docs/gather on "
			"Windows), or say it: --set %s=%s, of analyze inventory, or of "
			"the runbook alone",
			fact_table[i].key, fact_table[i].example);
		return strdup(text);
	}
	return strdup("gather it: collectord-inventory on Linux, docs/gather on "
		      "Windows");
}

static int add_unknown(struct validation *validation, const struct check *check,
	const struct field_item *item, const struct missing *missing)
{
	char words[WORDS_MAX], text[WORDS_MAX + 300], place[PLACE_MAX];

	if (check->unknown == UNKNOWN_SILENT)
		return 0;
	words_of_missing(missing, words, sizeof(words));
	(void)snprintf(text, sizeof(text),
		"cannot be judged, since nobody said %s: %.250s", words, check->text);
	place_of_field(check->at, item, place, sizeof(place));
	return add_incompatibility(validation,
		&(struct incompatibility){ .rule = check->id,
			.severity = check->unknown == UNKNOWN_BLOCKER ? CHECK_BLOCKER
								      : CHECK_WARNING,
			.at = strdup(place),
			.text = strdup(text),
			.remedy = remedy_of_unknown(check, missing),
			.source = check->source,
			.checked = check->checked,
			.is_unknown = true });
}

static int judge_check(struct validation *validation, const struct check *check,
	const struct rule_subject *subject, const struct field_item *item,
	const struct profile_settings *settings)
{
	struct missing missing = { .is_missing = { false } };
	enum truth truth =
		condition_judge(&check->when, subject, item, settings, &missing);
	enum check_severity severity = check->severity;
	const char *remedy = check->remedy;
	char place[PLACE_MAX];

	if (truth == TRUTH_FALSE)
		return 0;
	if (truth == TRUTH_UNKNOWN)
		return add_unknown(validation, check, item, &missing);
	if (check->softer.is_there &&
		condition_judge(&check->softer.when, subject, item, settings, NULL) ==
			TRUTH_TRUE) {
		severity = check->softer.severity;
		remedy = check->softer.remedy;
	}
	place_of_field(check->at, item, place, sizeof(place));
	return add_incompatibility(validation,
		&(struct incompatibility){ .rule = check->id,
			.severity = severity,
			.at = strdup(place),
			.text = strdup(check->text),
			.remedy = remedy ? strdup(remedy) : NULL,
			.source = check->source,
			.checked = check->checked });
}

static int judge_checks(struct validation *validation, const struct library *library,
	const struct rule_subject *subject, const char *day)
{
	const struct profile *target = validation->target;
	int r = 0;

	for (size_t c = 0; r == 0 && c < library->checks.count; c++) {
		const struct check *check = &library->checks.check[c];

		if (!check_is_of(check, target->id) || !check_holds_on(check, day))
			continue;
		if (check->scope == SCOPE_WORKLOAD ||
			!subject->is_listed[check->scope]) {
			r = judge_check(
				validation, check, subject, NULL, &target->settings);
			continue;
		}
		for (size_t i = 0; r == 0 && i < subject->item_count; i++) {
			if (subject->item[i].scope == check->scope)
				r = judge_check(validation, check, subject,
					&subject->item[i], &target->settings);
		}
	}
	return r;
}

/* ---- the rules of the target ---------------------------------------------------------------- */

static int validate_first_of(const struct condition *condition)
{
	return condition->kind == CONDITION_COMPARE
		? condition->field
		: validate_first_of(condition->child);
}

/* Only what the facts settle: the verdict judges what was counted. */
static int add_rule_findings(
	struct validation *validation, const struct finding_list *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->finding[i];
		const struct rule *rule = finding->rule;
		char place[PLACE_MAX];

		if (finding->is_for_missing || finding->outcome == OUTCOME_UNKNOWN ||
			finding->outcome == OUTCOME_PASS)
			continue;
		place_of_field(validate_first_of(&rule->when), finding->item, place,
			sizeof(place));
		if (add_incompatibility(validation,
			    &(struct incompatibility){ .rule = rule->id,
				    .severity = finding->outcome == OUTCOME_DISQUALIFIED
					    ? CHECK_BLOCKER
					    : CHECK_WARNING,
				    .at = strdup(place),
				    .text = strdup(rule->text),
				    .remedy =
					    rule->remedy ? strdup(rule->remedy) : NULL,
				    .source = rule->source,
				    .checked = rule->checked }) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* ---- files ------------------------------------------------------------------------------------ */

static bool has_file(const struct machine *machine, const char *name)
{
	const struct machine_file *file = machine->software.system_files.item;

	for (size_t i = 0; i < machine->software.system_files.count; i++) {
		const char *base = strrchr(file[i].name, '\\');

		if (strcasecmp(base ? base + 1 : file[i].name, name) == 0)
			return true;
	}
	return false;
}

/* Where nobody listed the files of the system, none is known to be missing. */
static int find_missing_files(struct validation *validation,
	const struct library *library, const struct rule_subject *subject)
{
	const struct check_list *checks = &library->checks;

	if (!validation->machine->software.system_files.is_known)
		return 0;
	validation->missing =
		calloc(checks->file_count + 1, sizeof(*validation->missing));
	if (!validation->missing)
		return -ENOMEM;
	for (size_t i = 0; i < checks->file_count; i++) {
		const struct needed_file *file = &checks->file[i];

		if (!needed_file_is_of(file, validation->target->id) ||
			condition_judge(&file->when, subject, NULL,
				&validation->target->settings, NULL) != TRUTH_TRUE ||
			has_file(validation->machine, file->file))
			continue;
		validation->missing[validation->missing_count++] =
			(struct missing_file){ file->file, file->held_by };
	}
	return 0;
}

static void set_success(struct validation *validation)
{
	validation->is_success = validation->missing_count == 0;
	for (size_t i = 0; i < validation->count; i++)
		validation->is_success &= validation->item[i].severity != CHECK_BLOCKER;
}

int validate_machine(const struct library *library, const struct profile *target,
	const char *day, const struct machine *machine, const struct facts *facts,
	struct validation *ret_validation, struct err *err)
{
	struct validation validation = { .machine = machine, .target = target };
	struct machine_subject *whole = calloc(1, sizeof(*whole));
	struct finding_list findings = { .count = 0 };
	bool has_heading[HEADING_COUNT], is_certain;
	const struct machine_adapter *adapter;
	int r = whole ? machine_subject_make(library, machine, facts, whole)
		      : err_oom(err);

	if (r == 0)
		r = judge_checks(&validation, library, &whole->subject, day);
	if (r == 0)
		r = library_judge(library, target, &target->settings, &whole->subject,
			day, &findings, has_heading, err);
	if (r == 0)
		r = add_rule_findings(&validation, &findings);
	if (r == 0)
		r = find_missing_files(&validation, library, &whole->subject);
	machine_system_partition(
		machine, validation.partition, sizeof(validation.partition));
	adapter = machine_capture_adapter(machine, &is_certain);
	validation.mac = adapter && is_certain ? adapter->mac : NULL;
	set_success(&validation);
	finding_list_done(&findings);
	if (whole)
		machine_subject_done(whole);
	free(whole);
	if (r < 0) {
		validation_done(&validation);
		return err_oom(err);
	}
	*ret_validation = validation;
	return 0;
}
