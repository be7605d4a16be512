/* The plan on the page: each host with its week against what it has. */
#include "analyze/report/handover.h"

#include "analyze/report/cells.h"
#include "schema/duration.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define AREAS_MAX 5 /* the largest workloads; the others are one area: six colours */

static const struct assessment *find_assessment(
	const struct handover *h, const char *name, size_t *ret_index)
{
	for (size_t i = 0; name && i < h->count; i++) {
		if (strcmp(h->assessments[i].workload->name, name) == 0) {
			*ret_index = i;
			return &h->assessments[i];
		}
	}
	return NULL;
}

/* ---- the table of hosts --------------------------------------------------------------- */

static struct cell cell_use(
	struct document *document, const cJSON *host, const char *dimension)
{
	const cJSON *use = cJSON_GetObjectItemCaseSensitive(
		cJSON_GetObjectItemCaseSensitive(host, "use"), dimension);
	double needed = handover_number(use, "needed");
	double capacity = handover_number(use, "capacity");
	double ratio = needed / capacity;

	if (isnan(ratio) || !(capacity > 0))
		return cell_unknown("this host has no limit in it");
	if (!(needed > 0))
		return cell_shown(cell_unknown(NULL), "not counted");
	return cell_toned(cell_shown(cell_share(ratio),
				  doc_keep(document, "%.0f %%", floor(100 * ratio))),
		ratio > 1 + 1e-9       ? COLOR_BAD
			: ratio > 0.95 ? COLOR_WARN
				       : COLOR_NONE);
}

static double minutes_over(const struct handover *h, const char *name)
{
	const cJSON *host;

	cJSON_ArrayForEach (
		host, cJSON_GetObjectItemCaseSensitive(h->backtest, "hosts")) {
		const char *other = handover_text(host, "name");

		if (other && strcmp(other, name) == 0)
			return handover_number(host, "minutes_over_any");
	}
	return NAN;
}

static void handover_plan_add_hosts(struct document *document, const struct handover *h)
{
	static const struct doc_column columns[] = {
		{ NULL, "Host", COLUMN_CUT, 0, NULL },
		{ NULL, "Workloads", COLUMN_RIGHT, 0, NULL },
		{ NULL, "Memory", COLUMN_RIGHT, 0, NULL },
		{ NULL, "CPU", COLUMN_RIGHT, 0, NULL },
		{ NULL, "Network", COLUMN_RIGHT, 0, NULL },
		{ NULL, "Storage", COLUMN_RIGHT, 0, NULL },
		{ NULL, "Minutes over a limit", COLUMN_RIGHT, 0, NULL },
		{ NULL, "Who runs there", COLUMN_WRAP, 0, NULL },
	};
	struct doc_table *table = doc_table(
		document, IN_HTML, NULL, TABLE_ROWS, columns, ARRAY_LEN(columns));
	const cJSON *host, *name;

	doc_title(table, "Hosts of the plan");
	if (!h->backtest)
		doc_hide(table, "Minutes over a limit");
	cJSON_ArrayForEach (host, cJSON_GetObjectItemCaseSensitive(h->plan, "hosts")) {
		const cJSON *names =
			cJSON_GetObjectItemCaseSensitive(host, "workloads");
		const char *called = handover_text(host, "name");
		struct doc_table *list = doc_list(document);

		cJSON_ArrayForEach (name, names)
			doc_item(list, cell_text(name->valuestring));
		DOC_ROW(table, cell_text(called), cell_count(cJSON_GetArraySize(names)),
			cell_use(document, host, "memory"),
			cell_use(document, host, "cpu"),
			cell_use(document, host, "network"),
			cell_use(document, host, "storage"),
			cell_plain_number(minutes_over(h, called ? called : "")),
			cell_table(list));
	}
}

/* ---- the week of a host ----------------------------------------------------------------- */

struct area {
	const char *name;
	const float *week;
	double sized;
};

static int by_size(const void *a, const void *b)
{
	const struct area *first = a, *second = b;

	return first->sized > second->sized    ? -1
		: first->sized < second->sized ? 1
					       : strcmp(first->name, second->name);
}

static size_t collect_areas(const struct handover *h, const cJSON *host,
	enum resource resource, struct area *areas, double *ret_sized)
{
	const cJSON *name;
	size_t count = 0, index = 0;

	*ret_sized = 0;
	cJSON_ArrayForEach (name, cJSON_GetObjectItemCaseSensitive(host, "workloads")) {
		const struct assessment *a =
			find_assessment(h, name->valuestring, &index);
		const struct peaks *p = a ? &a->peaks.resource[resource] : NULL;
		double sized = !p                     ? (double)NAN
			: resource == RESOURCE_MEMORY ? p->peak
						      : p->sustained[DURATION_15_MIN];

		if (isnan(sized) || !h->outlines[index].course[resource].is_known)
			continue;
		areas[count++] = (struct area){ name->valuestring,
			h->outlines[index].course[resource].week, sized };
		*ret_sized += sized;
	}
	qsort(areas, count, sizeof(*areas), by_size);
	return count;
}

/* What is beyond the largest becomes one area. */
static size_t merge_rest(struct area *areas, size_t count, float *rest)
{
	if (count <= AREAS_MAX)
		return count;
	for (size_t i = 0; i < OUTLINE_HOURS; i++) {
		rest[i] = 0;
		for (size_t a = AREAS_MAX; a < count; a++)
			rest[i] += isnan(areas[a].week[i]) ? 0 : areas[a].week[i];
	}
	areas[AREAS_MAX] = (struct area){ "all others", rest, 0 };
	return AREAS_MAX + 1;
}

/* The limit in the unit of the readings: what is left of the host once the factors of the
 * profile are taken off. */
static double limit_of(const cJSON *host, enum resource resource, double sized)
{
	const cJSON *use = cJSON_GetObjectItemCaseSensitive(
		cJSON_GetObjectItemCaseSensitive(host, "use"),
		resource_table[resource].name);
	double needed = handover_number(use, "needed");

	return needed > 0 ? handover_number(use, "capacity") * sized / needed
			  : (double)NAN;
}

static double peak_of_sum(const struct area *areas, size_t count)
{
	double top = 0;

	for (size_t i = 0; i < OUTLINE_HOURS; i++) {
		double sum = 0;

		for (size_t a = 0; a < count; a++)
			sum += isnan(areas[a].week[i]) ? 0 : (double)areas[a].week[i];
		top = sum > top ? sum : top;
	}
	return top;
}

static void draw_week(struct document *document, const cJSON *host,
	enum resource resource, const struct area *areas, size_t count, double sized)
{
	static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat",
		"Sun" };
	struct chart_series series[AREAS_MAX + 1];
	char peak[CELL_TEXT_SIZE], sum[CELL_TEXT_SIZE];
	struct cell top = cell_resource(peak_of_sum(areas, count), resource);
	struct cell all = cell_resource(sized, resource);
	struct chart chart = { .kind = CHART_STACK,
		.title = doc_keep(document,
			"%s of %s by hour of the week (UTC); sum of the peaks %s, peak of "
			"the sum of hours %s",
			resource == RESOURCE_CPU ? "CPU" : "Memory",
			handover_text(host, "name"), cell_for_people(&all, sum),
			cell_for_people(&top, peak)),
		.unit = unit_of_resource(resource),
		.count = OUTLINE_HOURS,
		.series = series,
		.series_count = count,
		.limit = limit_of(host, resource, sized),
		.limit_name = "capacity after factors",
		.label = days,
		.label_count = ARRAY_LEN(days) };

	for (size_t i = 0; i < count; i++)
		series[i] = (struct chart_series){ .name = areas[i].name,
			.mean = areas[i].week };
	doc_chart(document, chart_keep(document, &chart));
}

static void add_week(struct document *document, const struct handover *h,
	const cJSON *host, enum resource resource)
{
	size_t most = (size_t)cJSON_GetArraySize(
		cJSON_GetObjectItemCaseSensitive(host, "workloads"));
	struct area *areas = calloc(most + AREAS_MAX + 1, sizeof(*areas));
	float rest[OUTLINE_HOURS];
	double sized;
	size_t count;

	if (!areas)
		return;
	count = collect_areas(h, host, resource, areas, &sized);
	if (count > 0)
		draw_week(document, host, resource, areas,
			merge_rest(areas, count, rest), sized);
	free(areas);
}

/* ---- the section ------------------------------------------------------------------------- */

static void handover_plan_add_failover(struct document *document, const cJSON *plan)
{
	const cJSON *failover = cJSON_GetObjectItemCaseSensitive(plan, "failover");
	const cJSON *losses = cJSON_GetObjectItemCaseSensitive(failover, "losses");
	const cJSON *loss;
	int survived = 0;

	if (!failover) {
		doc_fact(document, IN_HTML, NULL, "Failover",
			cell_text("not asked for (--failover K)"));
		return;
	}
	cJSON_ArrayForEach (loss, losses)
		survived += cJSON_IsTrue(
			cJSON_GetObjectItemCaseSensitive(loss, "survived"));
	doc_fact(document, IN_HTML, NULL, "Failover",
		cell_toned(cell_text(doc_keep(document,
				   "the loss of any %.0f: %d of %d losses survived",
				   handover_number(failover, "k"), survived,
				   cJSON_GetArraySize(losses))),
			survived == cJSON_GetArraySize(losses) ? COLOR_GOOD
							       : COLOR_BAD));
}

static void handover_plan_add_terms(struct document *document, const struct handover *h)
{
	const cJSON *binding = cJSON_GetObjectItemCaseSensitive(h->plan, "binding");
	const char *resource = handover_text(binding, "resource");
	double at = handover_number(binding, "at");

	doc_fact(document, IN_HTML, NULL, "From",
		cell_text(
			h->plan_path ? h->plan_path : "the newest plan of the store"));
	doc_fact(document, IN_HTML, NULL, "Profile",
		cell_text(handover_text(h->plan, "profile")));
	doc_fact(document, IN_HTML, NULL, "Demand",
		cell_text(handover_text(h->plan, "demand")));
	doc_fact(document, IN_HTML, NULL, "No fewer hosts, or no less cost, than",
		cell_plain_number(handover_number(h->plan, "lower_bound")));
	doc_fact(document, IN_HTML, NULL, "Limited by",
		cell_text(resource && strcmp(resource, "cpu") == 0 ? "CPU" : resource));
	if (!isnan(at))
		doc_fact(document, IN_HTML, NULL, "at",
			cell_moment((int64_t)at, MOMENT_LONG));
	handover_plan_add_failover(document, h->plan);
	if (h->backtest)
		doc_fact(document, IN_HTML, NULL, "Back-test",
			cell_text(doc_keep(document,
				"%.6g minutes over a limit, replayed on all that was "
				"recorded",
				handover_number(h->backtest, "minutes_over"))));
}

static void handover_plan_add_left_out(
	struct document *document, const struct handover *h)
{
	static const struct doc_column columns[] = {
		{ NULL, "Left out", COLUMN_CUT, 0, NULL },
		{ NULL, "Rule", 0, 0, NULL },
		{ NULL, "Reason", COLUMN_WRAP, 0, NULL },
	};
	struct doc_table *table = doc_table(
		document, IN_HTML, NULL, TABLE_ROWS, columns, ARRAY_LEN(columns));
	const cJSON *one;

	doc_title(table, "Left out");
	cJSON_ArrayForEach (one, cJSON_GetObjectItemCaseSensitive(h->plan, "unplaced"))
		DOC_ROW(table, cell_text(handover_text(one, "name")),
			cell_text(handover_text(one, "rule")),
			cell_text(handover_text(one, "reason")));
}

void handover_plan(struct document *document, const struct handover *h)
{
	const cJSON *host;

	doc_section(document, "plan", "The plan");
	handover_plan_add_terms(document, h);
	handover_plan_add_hosts(document, h);
	cJSON_ArrayForEach (host, cJSON_GetObjectItemCaseSensitive(h->plan, "hosts")) {
		add_week(document, h, host, RESOURCE_CPU);
		add_week(document, h, host, RESOURCE_MEMORY);
	}
	handover_plan_add_left_out(document, h);
}
