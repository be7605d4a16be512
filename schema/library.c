#include "schema/library.h"

#include "common/array.h"
#include "common/json_folder.h"
#include "common/suggest.h"
#include "common/util.h"
#include "schema/builtin.h"
#include "schema/date.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#define BASES_MAX 8 /* a base may have a base */

static void guest_os_done(struct guest_os *os)
{
	free(os->match);
	free(os->family);
	free(os->release);
	free(os->end_of_support);
	free(os->source);
}

void library_done(struct library *library)
{
	for (size_t i = 0; i < library->profile_count; i++)
		profile_done(&library->profile[i]);
	free(library->profile);
	rule_list_done(&library->rules);
	check_list_done(&library->checks);
	for (size_t i = 0; i < library->guest_os_count; i++)
		guest_os_done(&library->guest_os[i]);
	free(library->guest_os);
	for (size_t i = 0; i < library->refusal_count; i++)
		free(library->refusal[i]);
	free(library->refusal);
	*library = (struct library){ .profile_count = 0 };
}

/* Room for so many items, not one more: what a file brings comes all at once. */
static void *library_grow(void *items, size_t count, size_t size)
{
	return reallocarray(items, count, size);
}

static int take_profile(
	struct library *library, struct profile *profile, struct err *err)
{
	struct profile *grown;
	size_t i = 0;

	while (i < library->profile_count &&
		strcmp(library->profile[i].id, profile->id) < 0)
		i++;
	if (i < library->profile_count &&
		strcmp(library->profile[i].id, profile->id) == 0) {
		if (!library->profile[i].is_builtin || profile->is_builtin)
			return err_set(err, -EEXIST,
				"%s:1: the profile \"%.60s\" is in %s already",
				profile->path, profile->id, library->profile[i].path);
		profile_done(&library->profile[i]);
		library->profile[i] = *profile;
		return 0;
	}
	if (ARRAY_EXTEND(library->profile, library->profile_count) < 0)
		return err_oom(err);
	grown = library->profile;
	memmove(&grown[i + 1], &grown[i],
		(library->profile_count - i) * sizeof(*grown));
	grown[i] = *profile;
	library->profile_count++;
	return 0;
}

static int load_profile(struct library *library, const struct json_doc *doc,
	bool is_builtin, struct err *err)
{
	const char *base = json_doc_text(doc->root, "base", NULL);
	const struct profile *found = base ? library_profile(library, base) : NULL;
	struct profile profile;
	int r = 0;

	if (base && !found)
		return json_doc_refuse(doc,
			cJSON_GetObjectItemCaseSensitive(doc->root, "base"), err,
			"base: there is no profile \"%.60s\"", base);
	r = profile_parse(doc, found, &profile, err);
	if (r < 0)
		return r;
	profile.is_builtin = is_builtin;
	r = take_profile(library, &profile, err);
	if (r < 0)
		profile_done(&profile);
	return r;
}

/* By id, among many: sorted indices would need upkeep, and the lists are short. */
static size_t find_rule(const struct rule_list *list, const char *id)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->rule[i].id, id) == 0)
			return i;
	}
	return list->count;
}

static int refuse_taken(const struct rule_list *have, const struct rule_list *brought,
	bool is_builtin, struct err *err)
{
	for (size_t i = 0; i < brought->count; i++) {
		size_t at = find_rule(have, brought->rule[i].id);

		if (at < have->count && (!have->rule[at].is_builtin || is_builtin))
			return err_set(err, -EEXIST,
				"%s:%u: rule.id: \"%.60s\" is in %s:%u already",
				brought->rule[i].path, brought->rule[i].line,
				brought->rule[i].id, have->rule[at].path,
				have->rule[at].line);
	}
	return 0;
}

static size_t find_check(const struct check_list *list, const char *id)
{
	size_t at = 0;

	while (at < list->count && strcmp(list->check[at].id, id) != 0)
		at++;
	return at;
}

static int refuse_taken_checks(const struct check_list *have,
	const struct check_list *brought, bool is_builtin, struct err *err)
{
	for (size_t i = 0; i < brought->count; i++) {
		size_t at = find_check(have, brought->check[i].id);

		if (at < have->count && (!have->check[at].is_builtin || is_builtin))
			return err_set(err, -EEXIST,
				"%s:%u: check.id: \"%.60s\" is in %s:%u already",
				brought->check[i].path, brought->check[i].line,
				brought->check[i].id, have->check[at].path,
				have->check[at].line);
	}
	return 0;
}

/* Needed files add up: a file of the user's adds its own. */
static int load_checks(struct library *library, const struct json_doc *doc,
	bool is_builtin, struct err *err)
{
	struct check_list *have = &library->checks, brought;
	struct needed_file *files;
	struct check *checks;
	int r = check_list_parse(doc, &brought, err);

	if (r < 0)
		return r;
	r = refuse_taken_checks(have, &brought, is_builtin, err);
	if (r < 0)
		goto out;
	checks = library_grow(
		have->check, have->count + brought.count + 1, sizeof(*checks));
	have->check = checks ? checks : have->check;
	files = library_grow(
		have->file, have->file_count + brought.file_count + 1, sizeof(*files));
	have->file = files ? files : have->file;
	if (!checks || !files) {
		r = err_oom(err);
		goto out;
	}
	for (size_t i = 0; i < brought.count; i++) {
		size_t at = find_check(have, brought.check[i].id);

		brought.check[i].is_builtin = is_builtin;
		if (at < have->count)
			check_done(&checks[at]);
		else
			have->count++;
		checks[at] = brought.check[i];
	}
	for (size_t i = 0; i < brought.file_count; i++)
		files[have->file_count++] = brought.file[i];
	free(brought.check);
	free(brought.file);
	return 0;
out:
	check_list_done(&brought);
	return r;
}

static int load_rules(struct library *library, const struct json_doc *doc,
	bool is_builtin, struct err *err)
{
	struct rule_list brought;
	struct rule *grown;
	int r;

	if (strcmp(json_doc_text(doc->root, "schema", ""), "headroom/checks/1") == 0)
		return load_checks(library, doc, is_builtin, err);
	r = rule_list_parse(doc, &brought, err);
	if (r < 0)
		return r;
	r = refuse_taken(&library->rules, &brought, is_builtin, err);
	if (r < 0)
		goto out;
	grown = library_grow(library->rules.rule,
		library->rules.count + brought.count + 1, sizeof(*grown));
	if (!grown) {
		r = err_oom(err);
		goto out;
	}
	library->rules.rule = grown;
	for (size_t i = 0; i < brought.count; i++) {
		size_t at = find_rule(&library->rules, brought.rule[i].id);

		brought.rule[i].is_builtin = is_builtin;
		if (at < library->rules.count)
			rule_done(&grown[at]);
		else
			library->rules.count++;
		grown[at] = brought.rule[i];
	}
	free(brought.rule);
	return 0;
out:
	rule_list_done(&brought);
	return r;
}

static int read_guest_os(const struct json_doc *doc, const cJSON *json,
	struct guest_os *os, struct err *err)
{
	static const struct json_field fields[] = {
		{ "match", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "family", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "release", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "bits", JSON_FIELD_WHOLE, false, true, 16, 128 },
		{ "end_of_support", JSON_FIELD_TEXT, false, true, 0, 0 },
		{ "source", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "checked", JSON_FIELD_TEXT, false, false, 0, 0 },
	};
	const char *end, *checked;
	int r = json_doc_check_object(
		doc, json, "systems[]", fields, ARRAY_LEN(fields), err);

	if (r < 0)
		return r;
	checked = json_doc_text(json, "checked", NULL);
	if (checked && !date_is_valid(checked))
		return json_doc_refuse(doc, json, err,
			"checked: expected a date YYYY-MM-DD, found \"%.40s\"",
			checked);
	end = json_doc_text(json, "end_of_support", NULL);
	os->bits = json_doc_number(json, "bits", NAN);
	os->match = strdup(json_doc_text(json, "match", ""));
	os->family = strdup(json_doc_text(json, "family", ""));
	os->release = strdup(json_doc_text(json, "release", ""));
	os->source = strdup(json_doc_text(json, "source", ""));
	os->end_of_support = end ? strdup(end) : NULL;
	if (!os->match || !os->family || !os->release || !os->source ||
		(end && !os->end_of_support))
		return err_oom(err);
	return 0;
}

static int load_catalogue(struct library *library, const struct json_doc *doc,
	bool is_builtin, struct err *err)
{
	static const struct json_field fields[] = {
		{ "schema", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "comment", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "systems", JSON_FIELD_ARRAY, true, false, 0, 0 },
	};
	const cJSON *systems, *item;
	size_t before = library->guest_os_count;
	int r;

	/* names of counters: the importers read them */
	if (!strcmp(json_doc_text(doc->root, "schema", ""),
		    "headroom/perfmon-names/1") ||
		!strcmp(json_doc_text(doc->root, "schema", ""),
			"headroom/systeminfo-names/1"))
		return 0;
	r = json_doc_check_object(
		doc, doc->root, "catalogue", fields, ARRAY_LEN(fields), err);

	if (r < 0)
		return r;
	if (strcmp(json_doc_text(doc->root, "schema", ""), "headroom/guest-os/1") != 0)
		return json_doc_refuse(doc, doc->root, err,
			"schema: expected \"headroom/guest-os/1\"");
	systems = cJSON_GetObjectItemCaseSensitive(doc->root, "systems");
	if (cJSON_GetArraySize(systems) > RULES_MAX)
		return json_doc_refuse(
			doc, systems, err, "systems: more than %d rows", RULES_MAX);
	cJSON_ArrayForEach (item, systems) {
		struct guest_os *system;

		if (ARRAY_EXTEND(library->guest_os, library->guest_os_count) < 0)
			return err_oom(err);
		system = &library->guest_os[library->guest_os_count++];
		*system = (struct guest_os){ .is_builtin = is_builtin };
		r = read_guest_os(doc, item, system, err);
		if (r < 0)
			break;
	}
	while (r < 0 && library->guest_os_count > before)
		guest_os_done(&library->guest_os[--library->guest_os_count]);
	return r;
}

static const struct folder {
	const char *name;
	int (*load)(struct library *library, const struct json_doc *doc,
		bool is_builtin, struct err *err);
} folders[] = {
	{ "profiles", load_profile },
	{ "rules", load_rules },
	{ "catalogue", load_catalogue },
};

static int load_builtin(struct library *library, struct err *err)
{
	for (const struct builtin_file *file = builtin_files; file->path; file++) {
		for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
			size_t length = strlen(folders[i].name);
			struct json_doc doc;
			int r;

			if (strncmp(file->path, folders[i].name, length) != 0 ||
				file->path[length] != '/')
				continue;
			r = json_doc_parse(
				file->path, file->data, file->size, &doc, err);
			if (r < 0)
				return r;
			r = folders[i].load(library, &doc, true, err);
			json_doc_done(&doc);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

static int keep_refusal(struct library *library, const char *text)
{
	if (ARRAY_EXTEND(library->refusal, library->refusal_count) < 0)
		return -ENOMEM;
	library->refusal[library->refusal_count] = strdup(text);
	if (!library->refusal[library->refusal_count])
		return -ENOMEM;
	library->refusal_count++;
	return 0;
}

static int load_file(struct library *library, const struct folder *folder,
	const char *path, struct err *err)
{
	struct err why = ERR_INIT;
	struct json_doc doc;
	int r = json_doc_load(path, RULE_FILE_BYTES_MAX, &doc, &why);

	if (r == 0) {
		r = folder->load(library, &doc, false, &why);
		json_doc_done(&doc);
	}
	if (r == 0)
		return 0;
	if (r == -ENOMEM || keep_refusal(library, why.text) < 0)
		return err_oom(err);
	return 0;
}

static int load_folder(struct library *library, const char *config_dir,
	const struct folder *folder, struct err *err)
{
	struct dirent **names = NULL;
	char dir[4096], path[4096 + 300];
	int count, r = 0;

	(void)snprintf(dir, sizeof(dir), "%s/%s", config_dir, folder->name);
	count = json_folder_names(dir, &names);
	if (count < 0) {
		(void)snprintf(path, sizeof(path), "%s: %s", dir, strerror(-count));
		return keep_refusal(library, path);
	}
	for (int i = 0; i < count; i++) {
		if (r == 0 && i < LIBRARY_FILES_MAX) {
			(void)snprintf(
				path, sizeof(path), "%s/%s", dir, names[i]->d_name);
			r = load_file(library, folder, path, err);
		}
		free(names[i]);
	}
	free(names);
	if (r == 0 && count > LIBRARY_FILES_MAX) {
		(void)snprintf(path, sizeof(path),
			"%s: more than %d files, the rest was not read", dir,
			LIBRARY_FILES_MAX);
		r = keep_refusal(library, path);
	}
	return r;
}

int library_load(const char *config_dir, struct library *ret_library, struct err *err)
{
	struct library library = { .profile_count = 0 };
	int r = load_builtin(&library, err);

	for (size_t i = 0; config_dir && i < ARRAY_LEN(folders) && r == 0; i++)
		r = load_folder(&library, config_dir, &folders[i], err);
	if (r < 0) {
		library_done(&library);
		return r;
	}
	*ret_library = library;
	return 0;
}

const struct profile *library_profile(const struct library *library, const char *id)
{
	for (size_t i = 0; i < library->profile_count; i++) {
		if (strcmp(library->profile[i].id, id) == 0)
			return &library->profile[i];
	}
	return NULL;
}

bool library_rule_is_of(const struct library *library, const struct rule *rule,
	const struct profile *profile)
{
	/* a file may replace the profile that it is based on: no chain is endless */
	for (int i = 0; profile && i < BASES_MAX; i++) {
		if (rule_is_of(rule, profile->id))
			return true;
		profile =
			profile->base ? library_profile(library, profile->base) : NULL;
	}
	return false;
}

static bool has_rules(const struct library *library, const struct profile *profile)
{
	for (size_t i = 0; i < library->rules.count; i++) {
		if (library_rule_is_of(library, &library->rules.rule[i], profile))
			return true;
	}
	return profile->is_builtin;
}

int library_profile_get(const struct library *library, const char *id,
	const struct profile **ret_profile, struct err *err)
{
	const struct profile *profile = library_profile(library, id);
	const char **names, *near;

	if (profile && !has_rules(library, profile))
		return err_set(err, -EINVAL,
			"%s: the profile \"%.60s\" has no rules, everything would "
			"pass: name the profile it changes, such as "
			"\"base\":\"virtual-server-2005-r2\"",
			profile->path, profile->id);
	if (profile) {
		*ret_profile = profile;
		return 0;
	}
	names = calloc(library->profile_count + 1, sizeof(*names));
	for (size_t i = 0; names && i < library->profile_count; i++)
		names[i] = library->profile[i].id;
	near = names ? suggest_nearest(id, names, library->profile_count) : NULL;
	free(names);
	return err_set(err, -ENOENT,
		"there is no profile \"%.60s\"%s%s%s; `analyze profiles` lists them",
		id, near ? ", did you mean \"" : "", near ? near : "",
		near ? "\"?" : "");
}

int library_target_get(const struct library *library, const char *id,
	const struct profile **ret_profile, struct err *err)
{
	int r = library_profile_get(library, id, ret_profile, err);

	if (r == 0 && !(*ret_profile)->is_target)
		return err_set(err, -EINVAL,
			"\"%.60s\" is no place to run in, it has no verdict and no "
			"plan; it is for analyze runbook, validate and profiles",
			id);
	return r;
}

const struct rule *library_rule(const struct library *library, const char *id)
{
	size_t at = find_rule(&library->rules, id);

	return at < library->rules.count ? &library->rules.rule[at] : NULL;
}

const struct guest_os *library_guest_os(
	const struct library *library, const char *words)
{
	const struct guest_os *best = NULL;

	for (size_t i = 0; i < library->guest_os_count; i++) {
		const struct guest_os *os = &library->guest_os[i];

		/* of equal length the later one, which is the user's */
		if (strcasestr(words, os->match) &&
			(!best || strlen(os->match) >= strlen(best->match)))
			best = os;
	}
	return best;
}

double guest_os_bits(const char *words)
{
	static const struct {
		const char *word;
		double bits;
	} rows[] = { { "x86_64", 64 }, { "x64", 64 }, { "64-bit", 64 }, { "amd64", 64 },
		{ "x86", 32 }, { "32-bit", 32 }, { "i386", 32 } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (strcasestr(words, rows[i].word))
			return rows[i].bits;
	}
	return NAN;
}

void library_resolve_os(const struct library *library, struct rule_subject *subject)
{
	const struct field_value *words = &subject->value[FACT_OS];
	const struct guest_os *os;
	double bits;

	if (!words->is_known)
		return;
	os = library_guest_os(library, words->text);
	field_set_text(&subject->value[FIELD_OS_FAMILY], os ? os->family : NULL);
	field_set_text(&subject->value[FIELD_OS_RELEASE], os ? os->release : NULL);
	if (subject->value[FACT_OS_BITS].is_known)
		return;
	bits = guest_os_bits(words->text);
	field_set_number(
		&subject->value[FACT_OS_BITS], isnan(bits) && os ? os->bits : bits);
}

int library_judge(const struct library *library, const struct profile *profile,
	const struct profile_settings *settings, const struct rule_subject *subject,
	const char *day, struct finding_list *ret_list,
	bool ret_has_heading[HEADING_COUNT], struct err *err)
{
	struct finding_list list = { .count = 0 };
	bool has_heading[HEADING_COUNT] = { false };

	for (size_t i = 0; i < library->rules.count; i++) {
		const struct rule *rule = &library->rules.rule[i];

		if (!library_rule_is_of(library, rule, profile) ||
			!rule_holds_on(rule, day))
			continue;
		has_heading[rule->heading] = true;
		if (rule_judge(rule, subject, settings, &list) < 0) {
			finding_list_done(&list);
			return err_oom(err);
		}
	}
	memcpy(ret_has_heading, has_heading, sizeof(has_heading));
	*ret_list = list;
	return 0;
}
