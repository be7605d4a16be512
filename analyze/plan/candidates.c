#include "analyze/plan/candidates.h"

#include "analyze/assess/assess.h"
#include "common/suggest.h"
#include "store/db/machines.h"
#include "common/units.h"
#include "common/util.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_SIZE 320
#define ASSUMED_NOTHING "counted as nothing, for want of a figure: "

static const char *const include_words[] = { "pass", "review", "unknown",
	"insufficient", "disqualified" };

int candidates_parse_include(const char *text, unsigned *ret_include, struct err *err)
{
	unsigned include = INCLUDE_PASS;

	while (*text) {
		size_t length = strcspn(text, ",");
		char word[32] = "";
		const char *near;
		size_t i = 0;

		memcpy(word, text,
			length < sizeof(word) - 1 ? length : sizeof(word) - 1);
		while (i < ARRAY_LEN(include_words) &&
			strcmp(include_words[i], word) != 0)
			i++;
		if (i == ARRAY_LEN(include_words)) {
			near = suggest_nearest(
				word, include_words, ARRAY_LEN(include_words));
			return err_set(err, -EINVAL,
				"--include: \"%s\" is not one of pass, review, "
				"unknown, insufficient, disqualified%s%s%s",
				word, near ? "; did you mean \"" : "", near ? near : "",
				near ? "\"?" : "");
		}
		include |= 1u << i;
		text += length + (text[length] == ',');
	}
	*ret_include = include;
	return 0;
}

static void factors_of(const struct profile *profile, struct plan_factors *factors)
{
	const struct profile_settings *settings = &profile->settings;

	*factors = (struct plan_factors){ .profile = profile->id,
		.profile_checksum = profile->checksum,
		.memory_factor = settings->memory_growth_factor,
		.counts_host_memory = true,
		.cpu_available_ratio = 1 - settings->cpu_reserve_ratio,
		.keeps_one_core = settings->is_cpu_reserve_one_core != 0,
		.has_reservations = settings->has_reservations != 0,
		.network_ratio = settings->network_efficiency_ratio,
		.wants_host_adapter = settings->wants_host_adapter != 0,
		.max_cores_per_vm = settings->max_cores_per_vm,
		.own_disks_ratio = settings->own_disks_ratio,
		.toolkit_workloads = settings->toolkit_workloads,
		.storage_factor =
			requirement_storage(1, settings->storage_overhead_ratio,
				settings->is_overhead_of_grand_total != 0) };
}

int candidates_factors(const char *config_dir, const char *profile,
	struct plan_factors *ret_factors, struct err *err)
{
	const struct profile *found;
	struct library library;
	int r = library_load(config_dir, &library, err);

	if (r < 0)
		return r;
	r = library_target_get(&library, profile, &found, err);
	if (r == 0) {
		factors_of(found, ret_factors);
		ret_factors->profile = profile;
	}
	library_done(&library);
	return r;
}

/* ---- one workload: in, or out with its reason ------------------------------------ */

/* What the candidates' texts and figures lie in. */
struct candidate_texts {
	struct assess_run run;
	bool has_run;
	struct assessment *assessments;
	size_t count;
	char (*text)[TEXT_SIZE]; /* [count] reason, or what was assumed */
	char **mac;              /* [count] of a candidate; NULL: not known */
	size_t mac_count;
};

static bool is_included(const struct assessment *assessment, unsigned include)
{
	static const unsigned needed[] = {
		[VERDICT_PASS] = INCLUDE_PASS,
		[VERDICT_REVIEW] = INCLUDE_REVIEW,
		[VERDICT_UNKNOWN] = INCLUDE_UNKNOWN,
		[VERDICT_DISQUALIFIED] = INCLUDE_DISQUALIFIED,
		[VERDICT_INSUFFICIENT] = INCLUDE_INSUFFICIENT,
	};

	return (include & needed[assessment->verdict]) != 0;
}

/* The first of the worst findings: what a reader should look at. */
static size_t worst_finding(const struct assessment *assessment)
{
	const struct finding_list *list = &assessment->findings;
	size_t worst = list->count;

	for (size_t i = 0; i < list->count; i++) {
		if (list->finding[i].outcome == OUTCOME_PASS)
			continue;
		if (worst == list->count ||
			list->finding[i].outcome > list->finding[worst].outcome)
			worst = i;
	}
	return worst;
}

static const char *describe(const struct assessment *assessment, char text[TEXT_SIZE])
{
	size_t worst = worst_finding(assessment);

	if (assessment->verdict == VERDICT_INSUFFICIENT) {
		const struct sufficiency *sufficiency = &assessment->sufficiency;

		(void)snprintf(text, TEXT_SIZE, "not enough data: %.160s%s%s",
			sufficiency->reason_count ? sufficiency->reason[0]
						  : "no samples",
			*sufficiency->earliest ? "; earliest verdict on " : "",
			sufficiency->earliest);
		return "sufficiency";
	}
	if (worst == assessment->findings.count) {
		(void)snprintf(
			text, TEXT_SIZE, "%s", verdict_name(assessment->verdict));
		return "verdict";
	}
	assess_finding_text(assessment, worst, text, TEXT_SIZE);
	return assessment->findings.finding[worst].rule->id;
}

/* A figure that is missing counts as nothing, and that is said. */
static double known(double value, const char *what, char text[TEXT_SIZE])
{
	size_t used = strlen(text);

	if (!isnan(value))
		return value;
	(void)snprintf(text + used, TEXT_SIZE - used, "%s%s",
		strstr(text, ASSUMED_NOTHING) ? ", "
			: used                ? "; " ASSUMED_NOTHING
					      : ASSUMED_NOTHING,
		what);
	return 0;
}

/* A review of more cores than one VM may have, that somebody accepted (CPU-11). */
static bool is_processor_accepted(const struct assessment *assessment)
{
	for (size_t i = 0; i < assessment->findings.count; i++) {
		const struct finding *finding = &assessment->findings.finding[i];

		if (finding->outcome == OUTCOME_REVIEW &&
			finding->rule->heading == HEADING_PROCESSOR &&
			assessment->review[i] && assessment->review[i]->is_accepted)
			return true;
	}
	return false;
}

/* Of a fact checked by its table: high, normal or low, in the ratio 4 to 2 to 1. */
static unsigned weight_of(const char *priority)
{
	return strcmp(priority, "high") == 0   ? 200
		: strcmp(priority, "low") == 0 ? 50
					       : 100;
}

static void fill_workload(const struct assessment *assessment,
	struct plan_workload *workload, char text[TEXT_SIZE])
{
	const struct fact_value *disks = &assessment->facts.value[FACT_DISKS];
	const struct requirement *need = &assessment->requirement;

	text[0] = '\0';
	if (assessment->verdict != VERDICT_PASS) {
		char why[TEXT_SIZE];

		if (strcmp(describe(assessment, why), "verdict") == 0)
			(void)snprintf(why, sizeof(why), "%s",
				assessment->peaks.is_coarse
					? "only rows coarser than 5 minutes are there"
					: "too little data for a verdict");
		(void)snprintf(text, TEXT_SIZE, "taken although %s: %.200s",
			verdict_name(assessment->verdict), why);
	}
	*workload = (struct plan_workload){ .name = assessment->workload->name,
		.environment =
			facts_text(&assessment->facts, FACT_ENVIRONMENT, "production"),
		.overhead_bytes = isnan(need->vm_memory_bytes)
			? 0
			: need->vm_memory_bytes - need->alloc_bytes,
		.shortfall_bytes = need->shortfall_bytes,
		.cpu_factor =
			isnan(need->performance_factor) ? 1 : need->performance_factor,
		.verdict = verdict_name(assessment->verdict),
		.weight = weight_of(
			facts_text(&assessment->facts, FACT_PRIORITY, "normal")),
		.is_sensitive = facts_bool(&assessment->facts, FACT_SENSITIVE, false),
		.is_capped_to_a_core = is_processor_accepted(assessment),
		.disk = disks->is_known ? disks->disk : NULL,
		.disk_count = disks->is_known ? disks->count : 0,
		.save_state_bytes = need->save_state_gb * BYTES_PER_GB,
		.dedicated_adapters = need->dedicated_adapters };
	workload->has_no_memory = isnan(need->alloc_bytes);
	workload->has_no_cpu = isnan(need->cpu_mhz);
	workload->need = need->sized;
	workload->need.of[RESOURCE_MEMORY] = known(need->alloc_bytes, "memory", text);
	workload->need.of[RESOURCE_CPU] = known(need->cpu_mhz, "CPU", text);
	workload->need.of[RESOURCE_NETWORK] =
		known(need->sized.of[RESOURCE_NETWORK], "network", text);
	workload->storage_bytes =
		known(need->storage_subtotal_gb, "storage", text) * BYTES_PER_GB;
	for (int i = 0; i < RESOURCE_COUNT; i++) {
		if (isnan(workload->need.of[i]))
			workload->need.of[i] =
				0; /* throughput: nothing is said of it */
		workload->growth[i] = assessment->growth[i];
	}
	workload->assumed = *text ? text : NULL;
}

static void take_period(
	struct candidates *candidates, const struct workload_peaks *peaks)
{
	if (peaks->to == 0)
		return;
	if (candidates->from == 0 || peaks->from < candidates->from)
		candidates->from = peaks->from;
	if (peaks->to > candidates->to)
		candidates->to = peaks->to;
	if (peaks->step_s > candidates->coarsest_step_s)
		candidates->coarsest_step_s = peaks->step_s;
}

static int sort_out(struct candidates *candidates, struct candidate_texts *gathered,
	unsigned include, struct err *err)
{
	size_t count = gathered->count;

	candidates->workload = calloc(count + 1, sizeof(*candidates->workload));
	candidates->measured = calloc(count + 1, sizeof(const struct workload *));
	candidates->excluded = calloc(count + 1, sizeof(*candidates->excluded));
	gathered->text = calloc(count + 1, sizeof(*gathered->text));
	if (!candidates->workload || !candidates->measured || !candidates->excluded ||
		!gathered->text)
		return err_oom(err);
	for (size_t i = 0; i < count; i++) {
		const struct assessment *assessment = &gathered->assessments[i];
		char *text = gathered->text[i];

		if (!is_included(assessment, include)) {
			candidates->excluded[candidates->excluded_count++] =
				(struct plan_excluded){
					.name = assessment->workload->name,
					.rule = describe(assessment, text),
					.reason = text
				};
			continue;
		}
		fill_workload(
			assessment, &candidates->workload[candidates->count], text);
		candidates->measured[candidates->count++] = assessment->workload;
		take_period(candidates, &assessment->peaks);
	}
	return 0;
}

/* Of the adapter that the machine document has it use; nothing where there is none. */
static int find_macs(
	struct candidates *candidates, struct store *store, struct err *err)
{
	struct candidate_texts *gathered = candidates->owned;

	gathered->mac = calloc(candidates->count + 1, sizeof(*gathered->mac));
	if (!gathered->mac)
		return err_oom(err);
	gathered->mac_count = candidates->count;
	for (size_t i = 0; i < candidates->count; i++) {
		const struct machine_adapter *adapter;
		struct err ignored = ERR_INIT;
		struct machine machine;
		bool is_certain;

		if (store_machine_get(
			    store, candidates->measured[i]->id, &machine, &ignored) < 0)
			continue;
		adapter = machine_capture_adapter(&machine, &is_certain);
		if (adapter && adapter->mac)
			gathered->mac[i] = strdup(adapter->mac);
		machine_done(&machine);
		candidates->workload[i].mac = gathered->mac[i];
	}
	return 0;
}

static double fastest_core(const struct host_list *hosts)
{
	double fastest = NAN;

	for (size_t i = 0; hosts && i < hosts->type_count; i++) {
		if (!(fastest >= hosts->type[i].core_mhz))
			fastest = hosts->type[i].core_mhz;
	}
	return fastest;
}

int candidates_gather(const struct estate *estate,
	const struct candidates_request *request, struct candidates *ret_candidates,
	struct err *err)
{
	struct candidate_texts *gathered = calloc(1, sizeof(*gathered));
	struct candidates candidates = { .owned = gathered };
	struct estate whole = *estate;
	int r = gathered ? 0 : err_oom(err);

	whole.chosen = NULL;
	if (r == 0)
		r = estate_choose(
			&estate->list, NULL, 0, &whole.chosen, &whole.count, err);
	if (r == 0)
		r = assess_begin(
			estate, fastest_core(request->hosts), &gathered->run, err);
	if (r < 0)
		goto out;
	gathered->has_run = true;
	gathered->run.request.horizon_days =
		request->horizon_days > 0 ? request->horizon_days : NAN;
	factors_of(gathered->run.request.profile, &candidates.factors);
	r = assess_all(&whole, &gathered->run.request, &gathered->assessments, err);
	if (r < 0)
		goto out;
	gathered->count = whole.count;
	r = sort_out(&candidates, gathered, request->include, err);
	if (r == 0)
		r = find_macs(&candidates, estate->store, err);
	if (r == 0) {
		*ret_candidates = candidates;
		candidates = (struct candidates){ .owned = NULL };
	}
out:
	free(whole.chosen);
	candidates_done(&candidates);
	return r;
}

void candidates_done(struct candidates *candidates)
{
	struct candidate_texts *gathered = candidates->owned;

	if (gathered) {
		assessments_free(gathered->assessments, gathered->count);
		if (gathered->has_run)
			assess_end(&gathered->run);
		free(gathered->text);
		for (size_t i = 0; i < gathered->mac_count; i++)
			free(gathered->mac[i]);
		free(gathered->mac);
	}
	free(gathered);
	free(candidates->workload);
	free(candidates->measured);
	free(candidates->excluded);
	*candidates = (struct candidates){ .owned = NULL };
}
