/* The machine-readable forms; the text is in verdict_text.c. */
#include "analyze/report/verdict_out.h"

#include "analyze/console/csv_out.h"
#include "analyze/console/safe_text.h"
#include "common/units.h"

#include <math.h>

double verdict_mb(double bytes)
{
	return bytes / BYTES_PER_MB;
}

void verdict_out_sufficiency(
	struct json_out *json, const char *key, const struct sufficiency *s)
{
	json_open_object(json, key);
	json_put_text(json, "grade", grade_name(s->grade));
	json_open_array(json, "reasons");
	for (size_t i = 0; i < s->reason_count; i++)
		json_put_text(json, NULL, s->reason[i]);
	json_close_array(json);
	json_put_text(json, "earliest", *s->earliest ? s->earliest : NULL);
	json_close_object(json);
}

void verdict_out_judged(struct json_out *json, const struct judged *judged)
{
	if (judged->peaks.to)
		verdict_out_sufficiency(json, "sufficiency", &judged->sufficiency);
	else
		json_put_null(json, "sufficiency");
}

static void json_headings(struct json_out *json, const struct assessment *a)
{
	json_open_object(json, "headings");
	for (int i = 0; i < HEADING_COUNT; i++)
		json_put_text(json, heading_name((enum heading)i),
			a->has_heading[i] ? outcome_name(a->heading[i]) : NULL);
	json_close_object(json);
}

static void json_requirement(struct json_out *json, const struct requirement *q)
{
	json_open_object(json, "requirement");
	json_put_number(json, "vm_alloc_mb", verdict_mb(q->alloc_bytes));
	json_put_number(json, "vm_memory_mb", verdict_mb(q->vm_memory_bytes));
	json_put_number(json, "cpu_mhz", q->cpu_mhz);
	json_put_number(json, "reserved_percent", q->reserved_percent);
	json_put_number(json, "network_mbps", q->network_bps / BPS_PER_MBPS);
	json_put_number(json, "storage_gb", q->storage_gb);
	json_close_object(json);
}

static void json_findings(struct json_out *json, const struct assessment *a)
{
	char text[1024];

	json_open_array(json, "findings");
	for (size_t i = 0; i < a->findings.count; i++) {
		const struct finding *f = &a->findings.finding[i];

		assess_finding_text(a, i, text, sizeof(text));
		json_open_object(json, NULL);
		json_put_text(json, "rule", f->rule->id);
		json_put_text(json, "heading", heading_name(f->rule->heading));
		json_put_text(json, "outcome", outcome_name(f->outcome));
		json_put_number(json, "needed", f->needed);
		json_put_number(json, "allowed", f->allowed);
		json_put_text(json, "unit", f->rule->unit);
		json_put_time(json, "at", f->at);
		json_put_text(json, "text", text);
		json_put_text(json, "source", f->rule->source);
		json_put_text(json, "checked", f->rule->checked);
		json_close_object(json);
	}
	json_close_array(json);
}

void verdict_out_excursion(
	struct json_out *json, const struct assessment *a, const struct excursion *e)
{
	json_put_integer(json, "from", e->from + a->peaks.phase_s);
	json_put_integer(json, "to", e->to + a->peaks.phase_s);
	json_put_integer(json, "length_s", excursion_length_s(e));
	json_put_number(json, "height", verdict_mb(e->height));
	json_put_text(json, "unit", "MB");
	json_put_text(json, "class", e->is_sustained ? "sustained" : "short");
}

static void json_excursions(struct json_out *json, const struct assessment *a)
{
	json_open_array(json, "excursions");
	for (size_t i = 0; i < a->excursion_count; i++) {
		const struct excursion *e = &a->excursion[i];
		const struct rule *rule = assess_excursion_rule(a, e);

		json_open_object(json, NULL);
		json_put_text(json, "rule", rule ? rule->id : NULL);
		verdict_out_excursion(json, a, e);
		json_close_object(json);
	}
	json_close_array(json);
}

void verdict_out_json(const struct context *context,
	const struct assess_request *request, const struct assessment *assessments,
	size_t count)
{
	struct json_out json;

	json_begin(&json, context->out, "verdict");
	json_put_text(&json, "profile", request->profile->id);
	json_put_text(&json, "as_of", request->day);
	json_open_array(&json, "workloads");
	for (size_t i = 0; i < count; i++) {
		const struct assessment *a = &assessments[i];

		json_open_object(&json, NULL);
		json_put_text(&json, "name", a->workload->name);
		json_put_text(&json, "verdict", verdict_name(a->verdict));
		json_headings(&json, a);
		json_requirement(&json, &a->requirement);
		verdict_out_sufficiency(&json, "sufficiency", &a->sufficiency);
		json_findings(&json, a);
		json_excursions(&json, a);
		json_close_object(&json);
	}
	json_close_array(&json);
	json_end(&json);
}

void verdict_out_csv(const struct context *context,
	const struct assessment *assessments, size_t count)
{
	FILE *out = context->out;

	fputs("workload,verdict,memory,processor,network,storage,hardware,operational,vm_alloc_mb,vm_memory_mb,cpu_mhz,reserved_percent,network_mbps,storage_gb,sufficiency,earliest,excursions,findings\n",
		out);
	for (size_t i = 0; i < count; i++) {
		const struct assessment *a = &assessments[i];
		const struct requirement *q = &a->requirement;

		safe_print_csv(out, a->workload->name);
		fprintf(out, ",%s", verdict_name(a->verdict));
		for (int h = 0; h < HEADING_COUNT; h++)
			fprintf(out, ",%s",
				a->has_heading[h] ? outcome_name(a->heading[h]) : "");
		csv_put_number(out, verdict_mb(q->alloc_bytes));
		csv_put_number(out, verdict_mb(q->vm_memory_bytes));
		csv_put_number(out, q->cpu_mhz);
		csv_put_number(out, q->reserved_percent);
		csv_put_number(out, q->network_bps / BPS_PER_MBPS);
		csv_put_number(out, q->storage_gb);
		fprintf(out, ",%s,%s,%zu,", grade_name(a->sufficiency.grade),
			a->sufficiency.earliest, a->excursion_count);
		for (size_t f = 0; f < a->findings.count; f++) {
			if (f > 0)
				fputc(' ', out);
			fputs(a->findings.finding[f].rule->id, out);
		}
		fputc('\n', out);
	}
}

void verdict_out_kv(const struct context *context, const struct assess_request *request,
	const struct assessment *assessments, size_t count)
{
	unsigned counts[VERDICT_INSUFFICIENT + 1] = { 0 };

	for (size_t i = 0; i < count; i++)
		counts[assessments[i].verdict]++;
	fprintf(context->out, "PROFILE=%s\nAS_OF=%s\nWORKLOADS=%zu\n",
		request->profile->id, request->day, count);
	for (int v = 0; v <= VERDICT_INSUFFICIENT; v++)
		fprintf(context->out, "%s=%u\n",
			v == VERDICT_INSUFFICIENT ? "INSUFFICIENT"
						  : verdict_name((enum verdict)v),
			counts[v]);
}
