#include "analyze/report/plan_document.h"

#include "analyze/console/csv_out.h"
#include "analyze/console/json_out.h"
#include "analyze/console/safe_text.h"

#include <math.h>

static void put_placed(const struct plan_document *document,
	const struct plan_host *host, const struct plan_workload *workload, FILE *out)
{
	struct plan_settings settings =
		plan_settings_of(document->request, host, workload);

	safe_print_csv(out, workload->name);
	csv_put_text(out, host->name);
	csv_put_text(out, document->request->hosts->type[host->type].name);
	csv_put_number(out, settings.alloc_mb);
	csv_put_number(out, plan_from_resource(PLAN_MEMORY, plan_footprint(workload)));
	csv_put_number(out, workload->need.of[RESOURCE_CPU]);
	csv_put_number(out, settings.reserved_percent);
	csv_put_number(out, settings.relative_weight);
	csv_put_number(out, settings.maximum_percent);
	csv_put_number(out,
		plan_from_resource(PLAN_NETWORK, workload->need.of[RESOURCE_NETWORK]));
	csv_put_number(out, settings.adapters);
	csv_put_number(out, settings.storage_gb);
	csv_put_number(
		out, plan_from_resource(PLAN_DISK, workload->need.of[RESOURCE_DISK]));
	csv_put_number(out, workload->need.of[RESOURCE_DISK_OPS]);
	csv_put_text(out, "");
	csv_put_text(out, workload->assumed);
	fputs("\r\n", out);
}

static void put_left_out(
	FILE *out, const char *name, const char *rule, const char *reason)
{
	safe_print_csv(out, name);
	fputs(",,,,,,,,,,,,,", out);
	csv_put_text(out, rule);
	csv_put_text(out, reason);
	fputs("\r\n", out);
}

void plan_print_csv(const struct plan_document *document, FILE *out)
{
	const struct plan_request *request = document->request;
	const struct plan *plan = document->plan;

	fputs("workload,host,type,vm_alloc_mb,memory_mb,cpu_mhz,reserved_percent,relative_weight,maximum_percent,network_mbps,dedicated_adapters,storage_gb,disk_mb_s,disk_ops,left_out_by,reason\r\n",
		out);
	for (size_t h = 0; h < plan->host_count; h++) {
		const struct plan_host *host = &plan->host[h];

		for (size_t i = 0; i < host->workload_count; i++)
			put_placed(document, host,
				&request->workload[host->workload[i]], out);
	}
	for (size_t i = 0; i < plan->unplaced_count; i++)
		put_left_out(out, request->workload[plan->unplaced[i].workload].name,
			plan->unplaced[i].rule, plan->unplaced[i].reason);
	for (size_t i = 0; i < document->excluded_count; i++)
		put_left_out(out, document->excluded[i].name,
			document->excluded[i].rule, document->excluded[i].reason);
}

void plan_print_kv(const struct plan_document *document, FILE *out)
{
	const struct plan *plan = document->plan;
	size_t number = 0;

	fputs("PROFILE=", out);
	safe_print_terminal(out, document->request->factors->profile);
	fprintf(out,
		"\nDEMAND=%s\nHOSTS_USED=%zu\nLOWER_BOUND=%.15g\nPROVEN_OPTIMAL=%d\n"
		"COST=%.15g\nUNPLACED=%zu\n",
		document->request->is_aligned ? "aligned" : "peak", plan->host_count,
		plan->lower_bound, plan->is_proven_optimal, plan->cost,
		plan->unplaced_count + document->excluded_count);
	for (size_t h = 0; h < plan->host_count; h++) {
		const struct plan_host *host = &plan->host[h];

		for (size_t i = 0; i < host->workload_count; i++) {
			fprintf(out, "PLACE_%zu=", number++);
			safe_print_terminal(out,
				document->request->workload[host->workload[i]].name);
			fputs(" ", out);
			safe_print_terminal(out, host->name);
			fputs("\n", out);
		}
	}
}
