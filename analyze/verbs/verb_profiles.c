/* analyze profiles: the targets, their factors, and the rules of a day. */
#include "analyze/console/json_out.h"
#include "analyze/console/safe_text.h"
#include "analyze/console/table.h"
#include "analyze/console/timefmt.h"
#include "analyze/verbs/verbs.h"
#include "common/util.h"
#include "schema/date.h"
#include "schema/library.h"

#include <errno.h>
#include <math.h>
#include <string.h>

const struct option_spec verb_profiles_options[] = {
	{ "rules", NULL,
		"every rule of every profile (a profile by name shows its own)" },
	{ "os", "NAME", "what each target says of this guest system, on that day" },
	{ NULL, NULL, NULL },
};

static size_t count_rules(
	const struct library *library, const struct profile *profile, const char *day)
{
	size_t count = 0;

	for (size_t i = 0; i < library->rules.count; i++)
		count += rule_is_of(&library->rules.rule[i], profile->id) &&
			rule_holds_on(&library->rules.rule[i], day);
	return count;
}

/* "32", "yes", "sustained", "none" */
static const char *factor_text(const struct profile_settings *settings, size_t index,
	char text[JSON_NUMBER_SIZE])
{
	double value = factor_get(settings, index);

	switch (factor_table[index].type) {
	case FACTOR_BOOL:
		return value > 0 ? "yes" : "no";
	case FACTOR_SIZING:
		return value > 0 ? "sustained" : "peak";
	case FACTOR_NUMBER:
		break;
	}
	return isnan(value) ? "none" : json_number_text(value, text);
}

/* ---- JSON ---------------------------------------------------------------------- */

static void json_settings(
	struct json_out *json, const struct profile_settings *settings)
{
	json_open_object(json, "settings");
	for (size_t i = 0; i < factor_count; i++) {
		double value = factor_get(settings, i);

		if (factor_table[i].type == FACTOR_BOOL)
			json_put_bool(json, factor_table[i].name, value > 0);
		else if (factor_table[i].type == FACTOR_SIZING)
			json_put_text(json, factor_table[i].name,
				value > 0 ? "sustained" : "peak");
		else
			json_put_number(json, factor_table[i].name, value);
	}
	json_close_object(json);
}

static void json_rule(struct json_out *json, const struct rule *rule, const char *day)
{
	json_open_object(json, NULL);
	json_put_text(json, "id", rule->id);
	json_put_text(json, "severity", severity_name(rule->severity));
	json_put_text(json, "heading", heading_name(rule->heading));
	json_put_text(json, "text", rule->text);
	json_put_text(json, "remedy", rule->remedy);
	json_put_text(json, "source", rule->source);
	json_put_text(json, "checked", rule->checked);
	json_put_text(json, "valid_from", rule->valid_from);
	json_put_text(json, "valid_to", rule->valid_to);
	json_put_bool(json, "verified", rule->is_verified);
	json_put_bool(json, "holds", rule_holds_on(rule, day));
	json_put_text(json, "file", rule->path);
	json_put_integer(json, "line", rule->line);
	json_close_object(json);
}

static void print_json(const struct context *context, const struct library *library,
	const struct profile *only, const char *day)
{
	bool has_rules = only || context_option(context, "rules");
	struct json_out json;

	json_begin(&json, context->out, "profiles");
	json_put_text(&json, "as_of", day);
	json_open_array(&json, "profiles");
	for (size_t i = 0; i < library->profile_count; i++) {
		const struct profile *profile = &library->profile[i];

		if (only && profile != only)
			continue;
		json_open_object(&json, NULL);
		json_put_text(&json, "id", profile->id);
		json_put_text(&json, "title", profile->title);
		json_put_text(&json, "source", profile->source);
		json_put_text(&json, "checked", profile->checked);
		json_put_text(&json, "file", profile->path);
		json_put_bool(&json, "builtin", profile->is_builtin);
		json_settings(&json, &profile->settings);
		json_open_array(&json, "rules");
		for (size_t r = 0; has_rules && r < library->rules.count; r++) {
			if (rule_is_of(&library->rules.rule[r], profile->id))
				json_rule(&json, &library->rules.rule[r], day);
		}
		json_close_array(&json);
		json_close_object(&json);
	}
	json_close_array(&json);
	json_open_array(&json, "refused");
	for (size_t i = 0; i < library->refusal_count; i++)
		json_put_text(&json, NULL, library->refusal[i]);
	json_close_array(&json);
	json_end(&json);
}

/* ---- text ------------------------------------------------------------------------ */

static int print_list(const struct context *context, const struct library *library,
	const char *day, struct err *err)
{
	static const struct table_column columns[] = { { "PROFILE", TABLE_LEFT },
		{ "TARGET", TABLE_CUT }, { "RULES", TABLE_RIGHT },
		{ "CHECKED", TABLE_LEFT }, { "FROM", TABLE_CUT } };
	struct table *table = table_new(context, columns, ARRAY_LEN(columns));

	for (size_t i = 0; i < library->profile_count; i++) {
		const struct profile *profile = &library->profile[i];

		table_row(table);
		table_cell(table, profile->id);
		table_cell(table, profile->title);
		table_cellf(table, "%zu", count_rules(library, profile, day));
		table_cell(table, profile->checked);
		table_cell(table, profile->is_builtin ? "built in" : profile->path);
	}
	return table_print(table, err);
}

static int print_factors(
	const struct context *context, const struct profile *profile, struct err *err)
{
	static const struct table_column columns[] = { { "FACTOR", TABLE_LEFT },
		{ "VALUE", TABLE_RIGHT }, { "WHAT IT DOES", TABLE_WRAP } };
	struct table *table = table_new(context, columns, ARRAY_LEN(columns));
	char text[JSON_NUMBER_SIZE];

	for (size_t i = 0; i < factor_count; i++) {
		table_row(table);
		table_cell(table, factor_table[i].name);
		table_cell(table, factor_text(&profile->settings, i, text));
		table_cell(table, factor_table[i].help);
	}
	return table_print(table, err);
}

static void print_validity(const struct context *context, const struct rule *rule)
{
	if (rule->valid_from || rule->valid_to)
		fprintf(context->out, ", holds %s%s%s%s",
			rule->valid_from ? "from " : "",
			rule->valid_from ? rule->valid_from : "",
			rule->valid_to ? (rule->valid_from ? " to " : "to ") : "",
			rule->valid_to ? rule->valid_to : "");
	if (!rule->is_verified)
		fputs(", not verified: REVIEW at most", context->out);
}

static void print_rules(const struct context *context, const struct library *library,
	const struct profile *profile, const char *day)
{
	fprintf(context->out, "\nrules on %s:\n", day);
	for (size_t i = 0; i < library->rules.count; i++) {
		const struct rule *rule = &library->rules.rule[i];

		if (!rule_is_of(rule, profile->id))
			continue;
		fprintf(context->out, "%c %s (%s, %s) ",
			rule_holds_on(rule, day) ? ' ' : '-', rule->id,
			severity_name(rule->severity), heading_name(rule->heading));
		safe_print_terminal(context->out, rule->text);
		fputs("\n    ", context->out);
		safe_print_terminal(context->out, rule->source);
		fprintf(context->out, "; checked %s", rule->checked);
		print_validity(context, rule);
		fputc('\n', context->out);
	}
	fprintf(context->out, "- does not hold on %s\n", day);
}

/* ---- one guest system on every target ---------------------------------------------- */

struct os_view {
	enum outcome outcome; /* of the rules that the system alone decides */
	size_t undecided;     /* rules that wait for other facts */
	char rules[200];      /* ids of what decides */
};

static int view_os(const struct library *library, const struct profile *profile,
	const char *os, const char *day, struct os_view *ret_view, struct err *err)
{
	struct os_view view = { .outcome = OUTCOME_PASS };
	struct subject subject = { .name = "it" };
	struct finding_list list = { .count = 0 };
	bool has_heading[HEADING_COUNT];
	int r;

	field_set_text(&subject.value[FACT_OS], os);
	field_set_text(&subject.value[FACT_ENVIRONMENT], "production");
	library_resolve_os(library, &subject);
	r = library_judge(library, profile, &profile->settings, &subject, day, &list,
		has_heading, err);
	for (size_t i = 0; r == 0 && i < list.count; i++) {
		const struct finding *f = &list.finding[i];
		size_t used = strlen(view.rules);

		if (f->rule->heading != HEADING_OPERATIONAL ||
			f->rule->severity == SEVERITY_NOTE)
			continue;
		if (f->outcome == OUTCOME_UNKNOWN) {
			view.undecided++;
			continue;
		}
		if (f->outcome > view.outcome)
			view.outcome = f->outcome;
		(void)snprintf(view.rules + used, sizeof(view.rules) - used, "%s%s",
			used ? ", " : "", f->rule->id);
	}
	finding_list_done(&list);
	subject_done(&subject);
	if (r == 0)
		*ret_view = view;
	return r;
}

static int print_os(const struct context *context, const struct library *library,
	const char *os, const char *day, struct err *err)
{
	static const struct table_column columns[] = { { "TARGET", TABLE_LEFT },
		{ "SYSTEM", TABLE_LEFT }, { "WAITING", TABLE_RIGHT },
		{ "RULES", TABLE_WRAP } };
	const struct guest_os *known = library_guest_os(library, os);
	struct table *table = table_new(context, columns, ARRAY_LEN(columns));

	if (!known) {
		table_free(table);
		return err_set(err, -ENOENT,
			"the guest system \"%.80s\" is not in the catalogue; a file in "
			"catalogue/ of the configuration folder may add it",
			os);
	}
	fprintf(context->out, "%s %s on %s", known->family, known->release, day);
	if (known->end_of_support)
		fprintf(context->out, ", support of its vendor ends %s",
			known->end_of_support);
	fputc('\n', context->out);
	for (size_t i = 0; i < library->profile_count; i++) {
		struct os_view view;
		int r = view_os(library, &library->profile[i], os, day, &view, err);

		if (r != 0) {
			table_free(table);
			return r;
		}
		table_row(table);
		table_cell(table, library->profile[i].id);
		table_cell(table, outcome_name(view.outcome));
		table_cellf(table, "%zu", view.undecided);
		table_cell(table, view.rules);
	}
	return table_print(table, err);
}

static int print_one(const struct context *context, const struct library *library,
	const struct profile *profile, const char *day, struct err *err)
{
	int r;

	safe_print_terminal(context->out, profile->id);
	fputs(": ", context->out);
	safe_print_terminal(context->out, profile->title);
	fputs("\nsource: ", context->out);
	safe_print_terminal(context->out, profile->source);
	fprintf(context->out, "\nfile: %s%s\n\n",
		profile->is_builtin ? "built in, " : "", profile->path);
	r = print_factors(context, profile, err);
	if (r == 0)
		print_rules(context, library, profile, day);
	return r;
}

int verb_profiles(struct context *context, struct err *err)
{
	const char *id =
		context->argument_count ? context->arguments[0] : context->profile;
	const struct profile *only = NULL;
	struct library library;
	char today[DATE_TEXT_SIZE];
	const char *day =
		context->as_of ? context->as_of : date_from_time(context->now, today);
	int r = library_load(context->config_dir, &library, err);

	if (r < 0)
		return EXIT_FAILED;
	for (size_t i = 0; i < library.refusal_count; i++)
		fprintf(stderr, "analyze profiles: refused: %s\n", library.refusal[i]);
	if (id)
		r = library_profile_get(&library, id, &only, err);
	if (r == 0 && context->format == FORMAT_JSON)
		print_json(context, &library, only, day);
	else if (r == 0 && context_option(context, "os"))
		r = print_os(
			context, &library, context_option(context, "os"), day, err);
	else if (r == 0 && only)
		r = print_one(context, &library, only, day, err);
	else if (r == 0)
		r = print_list(context, &library, day, err);
	for (size_t i = 0; r == 0 && !only && context->format == FORMAT_TEXT &&
		context_option(context, "rules") && i < library.profile_count;
		i++) {
		fprintf(context->out, "\n%s", library.profile[i].id);
		print_rules(context, &library, &library.profile[i], day);
	}
	/* what was refused is a failure for who asks whether the files are good */
	if (r == 0 && library.refusal_count > 0)
		r = -EINVAL;
	library_done(&library);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}
