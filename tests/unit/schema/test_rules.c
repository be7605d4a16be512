/*
 * Every built-in rule under every profile it belongs to: values made from its own
 * condition fire it and keep it silent, and a second evaluator, written over the JSON
 * and sharing no code with the first, agrees on each of them.
 */
#include "tests/support.h"

#include "schema/builtin.h"
#include "schema/library.h"

#include <string.h>
#include <strings.h>

#define FIELDS_USED_MAX 16
#define CANDIDATES_MAX 64

/* What a field may be given in the search. */
struct candidate {
	bool is_known, is_true;
	double number;
	char text[200];
};

struct used {
	const char *name;
	struct candidate candidate[CANDIDATES_MAX];
	size_t count;
	size_t chosen;
};

struct world {
	const struct profile *profile;
	struct used used[FIELDS_USED_MAX];
	size_t count;
};

static struct used *use(struct world *world, const char *name)
{
	for (size_t i = 0; i < world->count; i++) {
		if (strcmp(world->used[i].name, name) == 0)
			return &world->used[i];
	}
	assert_true(world->count < FIELDS_USED_MAX);
	world->used[world->count].name = name;
	world->used[world->count].candidate[0].is_known = false;
	world->used[world->count].count = 1;
	return &world->used[world->count++];
}

static void add(struct used *used, const struct candidate *candidate)
{
	if (used->count < CANDIDATES_MAX)
		used->candidate[used->count++] = *candidate;
}

static void add_text(struct used *used, const char *before, const char *text)
{
	struct candidate one = { .is_known = true };

	(void)snprintf(one.text, sizeof(one.text), "%s%s", before, text);
	add(used, &one);
}

static double setting_of(const struct world *world, const cJSON *value)
{
	const cJSON *name = cJSON_GetObjectItem(value, "setting");

	return factor_get(&world->profile->settings,
		(size_t)factor_find(name->valuestring, NULL));
}

static void collect(struct world *world, const cJSON *condition)
{
	const cJSON *inner = condition->child, *item;
	struct used *used;

	if (strcmp(inner->string, "not") == 0) {
		collect(world, inner);
		return;
	}
	if (strcmp(inner->string, "field") != 0) {
		cJSON_ArrayForEach (item, inner)
			collect(world, item);
		return;
	}
	used = use(world, inner->valuestring);
	item = inner->next;
	if (cJSON_IsNumber(item) || cJSON_IsObject(item)) {
		double middle = cJSON_IsNumber(item) ? item->valuedouble
						     : setting_of(world, item);

		for (int step = -1; step <= 1; step++)
			add(used,
				&(struct candidate){
					.is_known = true, .number = middle + step });
	} else if (cJSON_IsBool(item)) {
		add(used,
			&(struct candidate){ .is_known = true,
				.is_true = true,
				.number = 1,
				.text = "x" });
		add(used, &(struct candidate){ .is_known = true, .text = "y" });
	} else if (cJSON_IsString(item)) {
		add_text(used, "", item->valuestring);
		add_text(used, "some ", item->valuestring);
		add_text(used, "", "other");
	} else {
		const cJSON *word;

		cJSON_ArrayForEach (word, item)
			add_text(used, "", word->valuestring);
		add_text(used, "", "other");
	}
}

/* ---- the second evaluator: 0 no, 1 yes, 2 nobody knows -------------------------- */

static int judge(const struct world *world, const cJSON *condition);

static int judge_word(const char *op, const char *have, const cJSON *want)
{
	size_t length = strlen(want->valuestring);

	if (strcmp(op, "contains") == 0 || strcmp(op, "contains_any") == 0)
		return strcasestr(have, want->valuestring) != NULL;
	if (strcmp(op, "starts_with") == 0)
		return strncasecmp(have, want->valuestring, length) == 0;
	return strcasecmp(have, want->valuestring) == 0;
}

static int judge_field(const struct world *world, const cJSON *condition)
{
	const cJSON *want = condition->child->next, *word;
	const char *op = want->string;
	const struct candidate *have = NULL;
	double number = 0;
	int any = 0;

	for (size_t i = 0; i < world->count; i++) {
		if (strcmp(world->used[i].name, condition->child->valuestring) == 0)
			have = &world->used[i].candidate[world->used[i].chosen];
	}
	assert_non_null(have);
	if (strcmp(op, "known") == 0)
		return have->is_known == (bool)cJSON_IsTrue(want);
	if (cJSON_IsObject(want) && isnan(setting_of(world, want)))
		return 0;
	if (!have->is_known)
		return 2;
	if (cJSON_IsBool(want))
		return (have->is_true == (bool)cJSON_IsTrue(want)) ==
			(strcmp(op, "equals") == 0);
	if (cJSON_IsString(want))
		return judge_word(op, have->text, want) ==
			(strcmp(op, "not_equals") != 0);
	if (cJSON_IsArray(want)) {
		cJSON_ArrayForEach (word, want)
			any |= judge_word(op, have->text, word);
		return strcmp(op, "not_in") == 0 ? !any : any;
	}
	number = cJSON_IsNumber(want) ? want->valuedouble : setting_of(world, want);
	if (strcmp(op, "greater") == 0)
		return have->number > number;
	if (strcmp(op, "greater_or_equal") == 0)
		return have->number >= number;
	if (strcmp(op, "less") == 0)
		return have->number < number;
	if (strcmp(op, "less_or_equal") == 0)
		return have->number <= number;
	return (have->number == number) == (strcmp(op, "equals") == 0);
}

static int judge(const struct world *world, const cJSON *condition)
{
	const cJSON *inner = condition->child, *item;
	bool is_all = strcmp(inner->string, "all") == 0;
	int worst, one;

	if (strcmp(inner->string, "field") == 0)
		return judge_field(world, condition);
	if (strcmp(inner->string, "not") == 0) {
		one = judge(world, inner);
		return one == 2 ? 2 : !one;
	}
	worst = is_all;
	cJSON_ArrayForEach (item, inner) {
		one = judge(world, item);
		if (one == !is_all)
			worst = one;
		else if (one == 2 && worst == is_all)
			worst = 2;
	}
	return worst;
}

/* ---- one rule ------------------------------------------------------------------------ */

static void give(struct field_value *value, int field,
	const struct candidate *candidate, const char *const *list)
{
	*value = (struct field_value){ .is_known = candidate->is_known,
		.number = candidate->number,
		.is_true = candidate->is_true,
		.text = candidate->text };
	if (field_type(field) == FIELD_LIST) {
		value->list = list;
		value->list_count = 1;
	}
}

static enum outcome expected(const struct rule *rule, int truth)
{
	if (truth == 2)
		return OUTCOME_UNKNOWN;
	switch (rule->severity) {
	case SEVERITY_NOTE:
		return OUTCOME_PASS;
	case SEVERITY_REVIEW:
		return OUTCOME_REVIEW;
	case SEVERITY_UNKNOWN:
		return OUTCOME_UNKNOWN;
	default:
		return rule->is_verified ? OUTCOME_DISQUALIFIED : OUTCOME_REVIEW;
	}
}

/* Judges the rule with the values chosen; returns what the second evaluator says. */
static int try_once(struct world *world, const struct rule *rule, const cJSON *when)
{
	const char *lists[FIELDS_USED_MAX];
	struct rule_subject subject = { .name = "w" };
	struct profile_settings settings;
	struct finding_list found = { .count = 0 };
	struct field_item *item = NULL;
	int truth = judge(world, when);
	bool is_silent = truth == 0 || (truth == 2 && rule->severity == SEVERITY_NOTE);

	if (rule->scope != SCOPE_WORKLOAD) {
		subject.is_listed[rule->scope] = true;
		assert_int_equal(subject_add_item(&subject, rule->scope, &item), 0);
	}
	for (size_t i = 0; i < world->count; i++) {
		const struct candidate *c =
			&world->used[i].candidate[world->used[i].chosen];
		int field = field_find(world->used[i].name, NULL);

		lists[i] = c->text;
		give(field_scope(field) == SCOPE_WORKLOAD
				? &subject.value[field]
				: field_item_value(item, field),
			field, c, &lists[i]);
	}
	settings = world->profile->settings;
	settings.takes_unstated_as_absent =
		0; /* the rules themselves, as with --strict */
	assert_int_equal(rule_judge(rule, &subject, &settings, &found), 0);
	if (found.count != (is_silent ? 0 : 1) ||
		(!is_silent && found.finding[0].outcome != expected(rule, truth)))
		fail_msg("%s under %s: the evaluators disagree", rule->id,
			world->profile->id);
	finding_list_done(&found);
	subject_done(&subject);
	return truth;
}

static void check_rule(const struct profile *profile, const struct rule *rule,
	const cJSON *when, uint64_t *random)
{
	struct world *world = calloc(1, sizeof(*world));
	unsigned fired = 0, silent = 0;

	assert_non_null(world);
	world->profile = profile;
	collect(world, when);
	for (int round = 0; round < 20000 && (round < 300 || !fired || !silent);
		round++) {
		for (size_t i = 0; i < world->count; i++)
			world->used[i].chosen =
				support_random(random) % world->used[i].count;
		switch (try_once(world, rule, when)) {
		case 0:
			silent++;
			break;
		case 1:
			fired++;
			break;
		default:
			break;
		}
	}
	if (!fired || !silent)
		fail_msg("%s under %s: fired %u times, silent %u times", rule->id,
			profile->id, fired, silent);
	free(world);
}

static void every_rule_fires_and_keeps_silent(void **state)
{
	uint64_t seed = support_seed(11), random = seed;
	struct library library;
	struct err err = ERR_INIT;
	unsigned checked = 0;

	(void)state;
	assert_int_equal(library_load(NULL, &library, &err), 0);
	for (const struct builtin_file *file = builtin_files; file->path; file++) {
		const cJSON *rule, *of;
		cJSON *root;

		if (strncmp(file->path, "rules/", 6) != 0)
			continue;
		root = cJSON_ParseWithLength(file->data, file->size);
		assert_non_null(root);
		cJSON_ArrayForEach (rule, cJSON_GetObjectItem(root, "rules")) {
			const char *id = cJSON_GetObjectItem(rule, "id")->valuestring;

			cJSON_ArrayForEach (of, cJSON_GetObjectItem(root, "profiles")) {
				check_rule(library_profile(&library, of->valuestring),
					library_rule(&library, id),
					cJSON_GetObjectItem(rule, "when"), &random);
				checked++;
			}
		}
		cJSON_Delete(root);
	}
	print_message(
		"%u rules of profiles, seed %llu\n", checked, (unsigned long long)seed);
	assert_true(checked > 100);
	library_done(&library);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_rule_fires_and_keeps_silent),
	};
	return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
