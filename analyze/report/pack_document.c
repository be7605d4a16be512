#include "analyze/report/pack_document.h"

#include "common/util.h"

#include <inttypes.h>

/* "infeasible" only when proven. */
static const char *status_of(const struct packing_result *result)
{
	if (!result->unplaced_count)
		return "packed";
	return result->is_all_refuted ? "infeasible" : "none_found";
}

/* With host types everything is in cost, also where all costs are equal. */
static int64_t in_cost(const struct packing_instance *instance,
	const struct packing_result *result, int64_t bound)
{
	return instance->has_host_types && result->has_equal_costs
		? bound * instance->problem.type[0].cost
		: bound;
}

/* By how much an item alone is over an empty host of the type, in a row. */
static int64_t missing_on(
	const struct packing_problem *problem, size_t item, size_t type, size_t row)
{
	size_t cell = type * problem->dimension_count +
		packing_row_dimension(problem, row, NULL);

	return packing_size(problem, problem->type[type].variant, item)[row] -
		(problem->capacity[cell] - problem->used[cell]);
}

/* The item is pinned to types that are all too small for it: what is short on the one
 * that comes nearest. */
static bool explain_pin(const struct packing_problem *problem,
	const struct packing_result *result, size_t item, char *text, size_t size)
{
	size_t row = result->reason_row[item], best = PACKING_NONE;

	for (size_t n = 0; n < result->conflict_count && row != PACKING_NONE; n++) {
		const struct packing_constraint *c =
			&problem->constraint[result->conflict[n]];
		bool is_of_item = false;

		for (size_t i = 0; i < c->item_count; i++)
			is_of_item = is_of_item || c->item[i] == item;
		for (size_t t = 0;
			t < c->type_count && is_of_item && c->kind == PACKING_PIN; t++)
			if (best == PACKING_NONE ||
				missing_on(problem, item, c->type[t], row) <
					missing_on(problem, item, best, row))
				best = c->type[t];
	}
	if (best == PACKING_NONE || missing_on(problem, item, best, row) <= 0)
		return false;
	snprintf(text, size,
		"is pinned to %.40s, where %.40s is %" PRId64 " short: %" PRId64
		" needed",
		problem->type[best].name ? problem->type[best].name : "a type",
		problem->dimension[packing_row_dimension(problem, row, NULL)].name,
		missing_on(problem, item, best, row),
		packing_size(problem, problem->type[best].variant, item)[row]);
	return true;
}

/* The first item that explains why not all is placed; of those in a conflict one that
 * is too large where it is pinned. */
static void explain_packing(const struct packing_instance *instance,
	const struct packing_result *result, char *text, size_t size)
{
	const struct packing_problem *problem = &instance->problem;
	char pin[160] = "";
	size_t i = 0;

	*text = '\0';
	while (i < problem->item_count &&
		!(result->reason[i] == PACKING_CONSTRAINT &&
			explain_pin(problem, result, i, pin, sizeof(pin))))
		i++;
	if (!*pin)
		i = 0;
	while (i < problem->item_count &&
		(result->reason[i] == PACKING_PLACED ||
			result->reason[i] == PACKING_NO_ROOM))
		i++;
	if (i == problem->item_count) {
		if (result->unplaced_count)
			snprintf(text, size, "%s for %zu of %zu items",
				result->is_all_refuted ? "there is no room"
						       : "no room was found",
				result->unplaced_count, problem->item_count);
		return;
	}
	snprintf(text, size, "item %zu%s%.40s%s %s", i,
		problem->item[i].name ? " (" : "",
		problem->item[i].name ? problem->item[i].name : "",
		problem->item[i].name ? ")" : "",
		result->reason[i] == PACKING_FITS_NO_HOST
			? "is larger than every host it may go on"
			: *pin ? pin
			: result->reason[i] == PACKING_CONSTRAINT
			? "takes part in constraints that cannot be met together"
			: "may go on no host");
}

static struct cell indices_of(
	struct document *document, const size_t *index, size_t count)
{
	struct doc_table *list = doc_list(document);

	for (size_t i = 0; i < count; i++)
		doc_item(list, cell_count((int64_t)index[i]));
	return cell_table(list);
}

static void add_facts(struct document *document,
	const struct packing_instance *instance, const struct packing_result *result,
	const char *reason)
{
	bool is_packed = !result->unplaced_count;
	struct cell none = cell_unknown(NULL);
	int64_t bound = in_cost(instance, result,
		is_packed ? result->lower_bound : result->lower_bound_all);

	doc_json(document, "status", cell_text(status_of(result)));
	doc_json(document, "bins",
		is_packed ? cell_count((int64_t)result->host_count) : none);
	if (instance->has_host_types)
		doc_json(document, "cost", is_packed ? cell_count(result->cost) : none);
	doc_json(document, "lower_bound",
		!is_packed && result->is_all_refuted ? none : cell_count(bound));
	doc_json(document, "proven_optimal",
		cell_bool(is_packed && result->is_proven_optimal));
	doc_json(document, "seconds", cell_plain_number(result->seconds));
	doc_json(document, "bound", cell_text(packing_bound_names[result->bound_kind]));
	doc_json(document, "reason", cell_text_or_none(reason));
	doc_json(
		document, "exact_phase_missing", cell_text_or_none(result->exact_note));
	doc_json(document, "assignment",
		is_packed ? indices_of(document, result->host_of,
				    instance->problem.item_count)
			  : none);
	if (is_packed && instance->has_host_types)
		doc_json(document, "bin_types",
			indices_of(document, result->host_type, result->host_count));
}

/* Every loss, and where its items restart: enough to be added up by others. */
static void add_losses(struct document *document,
	const struct packing_instance *instance, const struct packing_result *result)
{
	static const struct doc_column columns[] = {
		{ "lost", NULL, 0, 0, NULL },
		{ "survived", NULL, 0, 0, NULL },
		{ "items", NULL, 0, 0, NULL },
		{ "to", NULL, 0, 0, NULL },
	};
	struct doc_table *table;
	size_t survived = 0;

	doc_json(document, "failover.k", cell_count(instance->problem.failover));
	doc_json(document, "failover.met", cell_bool(result->is_failover_met));
	doc_json(document, "failover.refuted", cell_bool(result->is_failover_refuted));
	table = doc_table(document, IN_JSON, "failover.losses", TABLE_ROWS, columns,
		ARRAY_LEN(columns));
	for (size_t i = 0; i < result->recovery_count; i++) {
		const struct packing_recovery *one = &result->recovery[i];

		survived += one->is_survived;
		DOC_ROW(table,
			indices_of(document, one->lost,
				one->lost[1] == PACKING_NONE ? 1 : 2),
			cell_bool(one->is_survived),
			indices_of(document, one->item, one->moved_count),
			indices_of(document, one->host, one->moved_count));
	}
	doc_line(document, "failover %u: %zu of %zu losses survived%s",
		instance->problem.failover, survived, result->recovery_count,
		result->is_failover_met ? ""
			: result->is_failover_refuted
			? "; proven: no packing survives all"
			: "; no packing was found that survives all");
	if (!result->is_failover_met && result->is_cut_by_clock)
		doc_line(
			document, "The time was over: a longer --time-limit may help.");
}

/* The constraints that cannot be met together, each with its items. */
static void add_conflict(struct document *document,
	const struct packing_instance *instance, const struct packing_result *result)
{
	static const char *const kinds[] = { "pin", "exclude", "together", "apart",
		"at_most", "spread", "at_most_hosts", "apart_groups" };
	static const struct doc_column columns[] = {
		{ "kind", NULL, 0, 0, NULL },
		{ "items", NULL, 0, 0, NULL },
	};
	const struct packing_problem *problem = &instance->problem;
	struct doc_table *table = doc_table(
		document, IN_JSON, "conflict", TABLE_ROWS, columns, ARRAY_LEN(columns));

	for (size_t i = 0; i < result->conflict_count; i++) {
		const struct packing_constraint *c =
			&problem->constraint[result->conflict[i]];

		DOC_ROW(table, cell_text(kinds[c->kind]),
			indices_of(document, c->item, c->item_count));
		doc_line(document, "  %s:", kinds[c->kind]);
		for (size_t k = 0; k < c->item_count && k < 8; k++) {
			const char *name = problem->item[c->item[k]].name;

			if (name)
				doc_span(document, COLOR_NONE, " %.20s", name);
			else
				doc_span(document, COLOR_NONE, " %zu", c->item[k]);
		}
		if (c->item_count > 8)
			doc_span(document, COLOR_NONE, " and %zu more",
				c->item_count - 8);
	}
}

/* Which resource is short even if every host were full to the brim. */
static void add_shortage(
	struct document *document, const struct packing_instance *instance)
{
	const struct packing_problem *p = &instance->problem;

	for (size_t row = 0; row < p->row_count; row++) {
		size_t d = packing_row_dimension(p, row, NULL);
		double need = 0, room = 0;

		for (size_t i = 0; i < p->item_count; i++)
			need += (double)packing_size(p, 0, i)[row];
		for (size_t t = 0; t < p->type_count; t++)
			room += p->type[t].count == PACKING_UNLIMITED
				? need
				: (double)p->type[t].count *
					(double)p->capacity[t * p->dimension_count + d];
		if (p->variant_count > 1 || need <= room)
			continue;
		doc_line(document,
			"%.40s: %.0f needed, %.0f on all hosts; %.0f missing",
			p->dimension[d].name, need, room, need - room);
		return;
	}
}

static void add_bound_line(struct document *document,
	const struct packing_instance *instance, const struct packing_result *result)
{
	const char *by = packing_bound_names[result->bound_kind];
	const char *unit = instance->has_host_types ? "cost" : "bins";
	int64_t value =
		instance->has_host_types ? result->cost : (int64_t)result->host_count;
	int64_t bound = in_cost(instance, result, result->lower_bound);

	if (result->is_proven_optimal)
		doc_line(
			document, "optimal: proven by %s, %.2f s", by, result->seconds);
	else
		doc_line(document,
			"at least %" PRId64 " %s by %s; gap %" PRId64
			" (%.2f %%), %.2f s",
			bound, unit, by, value - bound,
			bound ? 100.0 * (double)(value - bound) / (double)bound : 0.0,
			result->seconds);
}

struct document *pack_document(
	const struct packing_instance *instance, const struct packing_result *result)
{
	struct document *document = document_new("pack");
	bool is_packed = !result->unplaced_count;
	char reason[260];

	explain_packing(instance, result, reason, sizeof(reason));
	add_facts(document, instance, result, reason);
	doc_line(document, "%s: %zu items", status_of(result),
		instance->problem.item_count);
	if (is_packed)
		doc_span(document, COLOR_NONE, " in %zu bins", result->host_count);
	if (is_packed && instance->has_host_types)
		doc_span(document, COLOR_NONE, " at cost %" PRId64, result->cost);
	if (is_packed)
		add_bound_line(document, instance, result);
	if (is_packed && instance->problem.failover)
		add_losses(document, instance, result);
	if (*reason)
		doc_line(document, "%s", reason);
	if (result->conflict_count)
		add_conflict(document, instance, result);
	if (!is_packed)
		add_shortage(document, instance);
	if (*result->exact_note)
		doc_line(
			document, "the exact phase is missing: %s", result->exact_note);
	return document;
}
