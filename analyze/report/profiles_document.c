#include "analyze/report/profiles_document.h"

#include "common/json_out.h"
#include "analyze/report/cells.h"

#include <math.h>

static size_t count_rules(
	const struct profiles_view *view, const struct profile *profile)
{
	const struct rule_list *rules = &view->library->rules;
	size_t count = 0;

	for (size_t i = 0; i < rules->count; i++)
		count += library_rule_is_of(view->library, &rules->rule[i], profile) &&
			rule_holds_on(&rules->rule[i], view->day);
	return count;
}

/* ---- JSON ---------------------------------------------------------------------- */

static struct cell settings_of(
	struct document *document, const struct profile_settings *settings)
{
	struct doc_table *pairs = doc_pairs(document);

	for (size_t i = 0; i < factor_count; i++)
		doc_pair(pairs, factor_table[i].name,
			cell_factor(document, settings, i));
	return cell_table(pairs);
}

static struct cell profiles_document_rules_of(struct document *document,
	const struct profiles_view *view, const struct profile *profile)
{
	static const struct doc_column columns[] = {
		{ "id", NULL, 0, 0, NULL },
		{ "severity", NULL, 0, 0, NULL },
		{ "heading", NULL, 0, 0, NULL },
		{ "text", NULL, 0, 0, NULL },
		{ "remedy", NULL, 0, 0, NULL },
		{ "source", NULL, 0, 0, NULL },
		{ "checked", NULL, 0, 0, NULL },
		{ "valid_from", NULL, 0, 0, NULL },
		{ "valid_to", NULL, 0, 0, NULL },
		{ "verified", NULL, 0, 0, NULL },
		{ "holds", NULL, 0, 0, NULL },
		{ "file", NULL, 0, 0, NULL },
		{ "line", NULL, 0, 0, NULL },
	};
	const struct rule_list *rules = &view->library->rules;
	struct doc_table *table =
		doc_nested(document, TABLE_ROWS, columns, ARRAY_LEN(columns));

	for (size_t i = 0; (view->only || view->has_rules) && i < rules->count; i++) {
		const struct rule *r = &rules->rule[i];

		if (!library_rule_is_of(view->library, r, profile))
			continue;
		DOC_ROW(table, cell_text(r->id), cell_text(severity_name(r->severity)),
			cell_text(heading_name(r->heading)), cell_text(r->text),
			cell_text(r->remedy), cell_text(r->source),
			cell_text(r->checked), cell_text(r->valid_from),
			cell_text(r->valid_to), cell_bool(r->is_verified),
			cell_bool(rule_holds_on(r, view->day)), cell_text(r->path),
			cell_count(r->line));
	}
	return cell_table(table);
}

/* ---- the list --------------------------------------------------------------------- */

static void add_profiles(struct document *document, const struct profiles_view *view)
{
	static const struct doc_column columns[] = {
		{ "id", "PROFILE", 0, 0, "profile" },
		{ "title", "TARGET", COLUMN_WRAP, 0, NULL },
		{ NULL, "RULES", COLUMN_RIGHT, 0, NULL },
		{ "source", NULL, 0, 0, NULL },
		{ "checked", "CHECKED", 0, 0, NULL },
		{ "file", "FROM", COLUMN_CUT, 0, NULL },
		{ "builtin", NULL, 0, 0, NULL },
		{ "purpose", NULL, 0, 0, NULL },
		{ "settings", NULL, IN_JSON, 0, NULL },
		{ "rules", NULL, IN_JSON, 0, NULL },
	};
	struct doc_table *table = doc_table(document,
		view->only ? IN_JSON | IN_CSV : IN_TEXT | IN_JSON | IN_CSV, "profiles",
		TABLE_ROWS, columns, ARRAY_LEN(columns));

	for (size_t i = 0; i < view->library->profile_count; i++) {
		const struct profile *p = &view->library->profile[i];

		if (view->only && p != view->only)
			continue;
		DOC_ROW(table, cell_text(p->id), cell_text(p->title),
			cell_count((int64_t)count_rules(view, p)), cell_text(p->source),
			cell_text(p->checked),
			cell_shown(
				cell_text(p->path), p->is_builtin ? "built in" : NULL),
			cell_bool(p->is_builtin),
			cell_text(p->is_target ? "target" : "runbook"),
			settings_of(document, &p->settings),
			profiles_document_rules_of(document, view, p));
	}
}

static void add_refused(struct document *document, const struct library *library)
{
	struct doc_table *list = doc_list(document);

	for (size_t i = 0; i < library->refusal_count; i++)
		doc_item(list, cell_text(library->refusal[i]));
	doc_json(document, "refused", cell_table(list));
}

/* ---- pages ----------------------------------------------------------------------- */

static void add_factors(struct document *document, const struct profile *profile)
{
	static const struct doc_column columns[] = {
		{ NULL, "FACTOR", 0, 0, NULL },
		{ NULL, "VALUE", COLUMN_RIGHT, 0, NULL },
		{ NULL, "WHAT IT DOES", COLUMN_WRAP, 0, NULL },
	};
	struct doc_table *table = doc_table(
		document, IN_TEXT, NULL, TABLE_ROWS, columns, ARRAY_LEN(columns));

	for (size_t i = 0; i < factor_count; i++)
		DOC_ROW(table, cell_text(factor_table[i].name),
			cell_factor(document, &profile->settings, i),
			cell_text(factor_table[i].help));
}

static void add_validity(struct document *document, const struct rule *rule)
{
	if (rule->valid_from || rule->valid_to)
		doc_span(document, COLOR_NONE, ", holds %s%s%s%s",
			rule->valid_from ? "from " : "",
			rule->valid_from ? rule->valid_from : "",
			rule->valid_to ? (rule->valid_from ? " to " : "to ") : "",
			rule->valid_to ? rule->valid_to : "");
	if (!rule->is_verified)
		doc_span(document, COLOR_NONE, ", not verified: REVIEW at most");
}

static void add_rule_lines(struct document *document, const struct profiles_view *view,
	const struct profile *profile)
{
	const struct rule_list *rules = &view->library->rules;

	doc_line(document, "rules on %s:", view->day);
	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *r = &rules->rule[i];

		if (!library_rule_is_of(view->library, r, profile))
			continue;
		doc_line(document, "%c %s (%s, %s) %s",
			rule_holds_on(r, view->day) ? ' ' : '-', r->id,
			severity_name(r->severity), heading_name(r->heading), r->text);
		doc_line(document, "    %s; checked %s", r->source, r->checked);
		add_validity(document, r);
	}
	doc_line(document, "- does not hold on %s", view->day);
}

static void add_one(struct document *document, const struct profiles_view *view)
{
	const struct profile *p = view->only;

	doc_line(document, "%s: %s", p->id, p->title);
	doc_line(document, "source: %s", p->source);
	doc_line(document, "file: %s%s", p->is_builtin ? "built in, " : "", p->path);
	doc_gap(document);
	add_factors(document, p);
	doc_gap(document);
	add_rule_lines(document, view, p);
}

struct document *profiles_document(const struct profiles_view *view)
{
	struct document *document = document_new("profiles");

	doc_json(document, "as_of", cell_text(view->day));
	add_profiles(document, view);
	add_refused(document, view->library);
	for (size_t i = 0; !view->only && i < view->library->profile_count; i++)
		if (!view->library->profile[i].is_target)
			doc_line(document,
				"%s is for analyze runbook and validate, no target of "
				"a verdict.",
				view->library->profile[i].id);
	if (view->only)
		add_one(document, view);
	for (size_t i = 0;
		!view->only && view->has_rules && i < view->library->profile_count;
		i++) {
		doc_gap(document);
		doc_heading(document, "%s", view->library->profile[i].id);
		add_rule_lines(document, view, &view->library->profile[i]);
	}
	return document;
}

struct document *guest_os_document(const struct guest_os *os, const char *day,
	const struct os_view *views, size_t count)
{
	static const struct doc_column columns[] = {
		{ "profile", "TARGET", 0, 0, NULL },
		{ "outcome", "SYSTEM", 0, 0, NULL },
		{ "undecided", "FACTS MISSING", COLUMN_RIGHT, 0, NULL },
		{ "rules", "RULE", COLUMN_WRAP, 0, NULL },
	};
	struct document *document = document_new("guest-os");
	struct doc_table *table;

	doc_json(document, "family", cell_text(os->family));
	doc_json(document, "release", cell_text(os->release));
	doc_json(document, "end_of_support", cell_text(os->end_of_support));
	doc_json(document, "as_of", cell_text(day));
	doc_line(document, "%s %s on %s", os->family, os->release, day);
	if (os->end_of_support)
		doc_span(document, COLOR_NONE, ", support of its vendor ends %s",
			os->end_of_support);
	table = doc_table(
		document, 0, "targets", TABLE_ROWS, columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < count; i++)
		DOC_ROW(table, cell_text(views[i].profile->id),
			cell_outcome(views[i].outcome),
			cell_count((int64_t)views[i].undecided),
			cell_text(views[i].rules));
	return document;
}
