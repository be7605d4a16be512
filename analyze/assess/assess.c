#include "analyze/assess/assess.h"

#include "analyze/peaks/growth.h"
#include "common/grid.h"
#include "common/timefmt.h"
#include "common/units.h"
#include "store/store.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[] = { "PASS", "REVIEW", "UNKNOWN",
		"DISQUALIFIED", "insufficient" };

	return names[verdict];
}

/* ---- growth ---------------------------------------------------------------------- */

/* A trend that is clear, and upwards, to the horizon; nothing where data are short. */
static int find_growth(
	const struct load_set *set, double horizon_days, struct assessment *a)
{
	for (int i = 0; !isnan(horizon_days) && i < RESOURCE_COUNT; i++) {
		struct growth growth;
		double *daily = NULL;
		size_t days;
		int r;

		if (set->series[i].count == 0)
			continue;
		r = growth_daily(&set->series[i], DURATION_15_MIN_S, a->peaks.phase_s,
			&daily, &days);
		if (r == 0)
			r = growth_fit(daily, days, &growth);
		free(daily);
		if (r == -ENOMEM)
			return r;
		if (r == 0 && growth.is_significant && growth.slope_per_day > 0)
			a->growth[i] = growth.slope_per_day * horizon_days;
	}
	return 0;
}

/* ---- excursions --------------------------------------------------------------------- */

/* 60 s slots out of finer ones, as the archives would make them. */
static int build_slots(const struct series *fine, struct series *ret_slots)
{
	struct slot_builder builder = { .sample_s = fine->step_s, .slot_s = 60 };
	int64_t first = grid_ceil(fine->first, 60);
	int64_t last = fine->first + (int64_t)(fine->count - 1) * (int64_t)fine->step_s;
	struct series slots;

	if (series_init(&slots, first, 60, (size_t)((last + 59 - first) / 60 + 1), 0) <
		0)
		return -ENOMEM;
	for (size_t i = 0; i < fine->count; i++) {
		int64_t at = fine->first + (int64_t)i * (int64_t)fine->step_s;
		struct slot closed[2];
		unsigned count =
			slot_builder_add(&builder, at, fine->maximum[i], closed);

		for (unsigned k = 0; k < count; k++)
			slots.mean[(closed[k].stamp - first) / 60] = closed[k].value;
	}
	*ret_slots = slots;
	return 0;
}

/* The slots that excursions are counted in: those of the analysis, but never finer
 * than 60 s for what is sampled (a period of under two hours is read in base rows). */
static int read_memory_slots(struct store *store, const struct workload *workload,
	const struct load_set *set, struct series *ret_series, bool *ret_is_own,
	struct err *err)
{
	const struct series *memory = &set->series[RESOURCE_MEMORY];
	int r;

	*ret_is_own = false;
	if (set->period.step_s >= 60 || 60 % set->period.step_s != 0 ||
		workload->origin == ORIGIN_IMPORTED) {
		*ret_series = *memory;
		return 0;
	}
	r = store_read_metric(store, workload, METRIC_MEMORY_USED_BYTES, 60,
		set->period.from, set->period.to, ret_series, err);
	if (r == -ENODATA || r == -ENOENT) {
		r = build_slots(memory, ret_series);
		if (r < 0)
			err_oom(err);
	}
	*ret_is_own = r == 0;
	return r;
}

static int find_excursions(struct store *store, const struct load_set *set,
	const struct assess_request *request, struct assessment *a, struct err *err)
{
	const struct profile_settings *settings = &request->settings;
	struct excursion_limit limit = {
		.limit = settings->memory_limit_mb * BYTES_PER_MB,
		.sustain_s = (unsigned)settings->excursion_sustain_s
	}; /* and no alert */
	struct series slots;
	bool is_own;
	int r;

	a->limit_bytes = limit.limit;
	if (isnan(limit.limit) || !a->peaks.resource[RESOURCE_MEMORY].is_counted)
		return 0;
	r = read_memory_slots(store, a->workload, set, &slots, &is_own, err);
	if (r < 0)
		return r;
	a->excursion_step_s = slots.step_s;
	r = excursion_scan(&limit, slots.first, slots.step_s, slots.maximum,
		slots.count, settings->memory_overhead_mb * BYTES_PER_MB, &a->excursion,
		&a->excursion_count);
	/* a slot of more than 5 minutes says that the limit was passed, not for how long */
	for (size_t i = 0; i < a->excursion_count; i++) {
		if (assess_is_of_unknown_length(a, &a->excursion[i]))
			a->excursion[i].is_sustained = false;
	}
	if (is_own)
		series_done(&slots);
	return r < 0 ? err_oom(err) : 0;
}

/* ---- the subject: every field a rule may ask ----------------------------------------- */

static const struct excursion *worst(
	const struct assessment *a, bool is_sustained, size_t *ret_count)
{
	const struct excursion *highest = NULL;
	size_t count = 0;

	for (size_t i = 0; i < a->excursion_count; i++) {
		if (a->excursion[i].is_sustained != is_sustained)
			continue;
		count++;
		if (!highest || a->excursion[i].height > highest->height)
			highest = &a->excursion[i];
	}
	*ret_count = count;
	return highest;
}

static int add_excursion(struct assessment *a, bool is_sustained)
{
	size_t count;
	const struct excursion *one = worst(a, is_sustained, &count);
	struct field_item *item;
	char length[TIME_TEXT_SIZE];

	if (!one)
		return 0;
	if (subject_add_item(&a->subject, SCOPE_EXCURSION, &item) < 0)
		return -ENOMEM;
	(void)snprintf(item->label, sizeof(item->label),
		"%zu time%s, the highest %s %s", count, count == 1 ? "" : "s",
		assess_is_of_unknown_length(a, one) ? "within one reading of"
						    : "lasted",
		time_text_length((double)excursion_length_s(one), length));
	item->at = one->height_at + a->peaks.phase_s;
	field_set_text(field_item_value(item, FIELD_EXCURSION_CLASS),
		is_sustained ? "sustained" : "short");
	field_set_number(field_item_value(item, FIELD_EXCURSION_LENGTH_S),
		(double)excursion_length_s(one));
	field_set_number(field_item_value(item, FIELD_EXCURSION_HEIGHT_MB),
		one->height / BYTES_PER_MB);
	return 0;
}

/* A machine that swapped wanted more than it had (MEM-1); NAN: swap was not counted. */
static double find_swap(struct store *store, const struct workload *workload,
	const struct load_set *set)
{
	struct err ignored = ERR_INIT;
	struct series swap;
	double highest = NAN;

	if (set->period.count == 0 ||
		store_read_metric(store, workload, METRIC_MEMORY_SWAP_USED_BYTES,
			set->period.step_s, set->period.from, set->period.to, &swap,
			&ignored) < 0)
		return NAN;
	for (size_t i = 0; i < swap.count; i++) {
		if (!isnan(swap.maximum[i]) && !(swap.maximum[i] <= highest))
			highest = swap.maximum[i];
	}
	series_done(&swap);
	return highest;
}

/*
 * Every counter 0, or no reading above the noise of one: less than 1 MHz, 1 MB, 1 kb/s and
 * 1 kB/s in the highest slot of the whole period.
 */
static bool is_idle(const struct workload_peaks *peaks)
{
	static const double noise[RESOURCE_COUNT] = { BYTES_PER_MB, 1, 1000, 1000, 1 };
	bool is_counted = false;

	for (int i = 0; i < RESOURCE_COUNT; i++) {
		const struct peaks *p = &peaks->resource[i];

		if (!p->is_counted)
			continue;
		if (p->peak >= noise[i])
			return false;
		is_counted = is_counted || i == RESOURCE_CPU || i == RESOURCE_MEMORY;
	}
	return is_counted;
}

static int make_subject(const struct assess_request *request, struct assessment *a)
{
	const struct requirement *q = &a->requirement;
	struct field_value *value = a->subject.value;

	a->subject.name = a->workload->name;
	if (subject_add_facts(&a->subject, &a->facts) < 0)
		return -ENOMEM;
	library_resolve_os(request->library, &a->subject);
	field_set_number(
		&value[FIELD_MEMORY_MB], q->sized.of[RESOURCE_MEMORY] / BYTES_PER_MB);
	field_set_number(&value[FIELD_ALLOC_MB], q->alloc_bytes / BYTES_PER_MB);
	field_set_number(&value[FIELD_VM_MEMORY_MB], q->vm_memory_bytes / BYTES_PER_MB);
	field_set_number(&value[FIELD_SWAP_MB], a->swap_bytes / BYTES_PER_MB);
	field_set_number(&value[FIELD_CPU_MHZ], q->cpu_mhz);
	field_set_number(&value[FIELD_CORES_NEEDED], q->cores_needed);
	field_set_number(&value[FIELD_NETWORK_MBPS],
		q->sized.of[RESOURCE_NETWORK] / BPS_PER_MBPS);
	field_set_number(&value[FIELD_STORAGE_GB], q->storage_gb);
	field_set_bool(&value[FIELD_IDLE], is_idle(&a->peaks));
	a->subject.is_listed[SCOPE_EXCURSION] =
		a->peaks.resource[RESOURCE_MEMORY].is_counted;
	return add_excursion(a, true) < 0 || add_excursion(a, false) < 0 ? -ENOMEM : 0;
}

/* ---- findings, headings, verdict ------------------------------------------------------ */

static int64_t assess_moment_of(const struct assessment *a,
	const struct finding *finding, const struct profile_settings *settings)
{
	const struct peaks *peaks = a->peaks.resource;
	int64_t at = 0;

	if (finding->at || finding->is_for_missing)
		return finding->at;
	switch (finding->rule->needed) {
	case FIELD_CPU_MHZ:
	case FIELD_CORES_NEEDED:
		at = peaks[RESOURCE_CPU].peak_at;
		if (settings->cpu_sizing > 0 &&
			duration_find(settings->sizing_window_s) != DURATION_COUNT)
			at = peaks[RESOURCE_CPU].sustained_at[duration_find(
				settings->sizing_window_s)];
		break;
	case FIELD_VM_MEMORY_MB:
	case FIELD_ALLOC_MB:
	case FIELD_MEMORY_MB:
		at = peaks[RESOURCE_MEMORY].peak_at;
		break;
	case FIELD_NETWORK_MBPS:
		at = peaks[RESOURCE_NETWORK].peak_at;
		break;
	default:
		break;
	}
	return at ? at + a->peaks.phase_s : 0;
}

/* An accepted review passes, a rejected one disqualifies; anything else stays. */
static enum outcome outcome_after(
	const struct finding *finding, const struct review *review)
{
	if (finding->outcome != OUTCOME_REVIEW || !review)
		return finding->outcome;
	return review->is_accepted ? OUTCOME_PASS : OUTCOME_DISQUALIFIED;
}

static int judge_rules(
	const struct assess_request *request, struct assessment *a, struct err *err)
{
	int r = library_judge(request->library, request->profile, &request->settings,
		&a->subject, request->day, &a->findings, a->has_heading, err);

	if (r < 0)
		return r;
	a->review = calloc(a->findings.count + 1, sizeof(const struct review *));
	if (!a->review)
		return err_oom(err);
	for (size_t i = 0; i < a->findings.count; i++) {
		struct finding *finding = &a->findings.finding[i];
		enum outcome outcome;

		finding->at = assess_moment_of(a, finding, &request->settings);
		a->review[i] = review_list_find(request->reviews, a->workload->id,
			request->profile->id, finding->rule->id, request->now);
		outcome = outcome_after(finding, a->review[i]);
		if (outcome > a->heading[finding->rule->heading])
			a->heading[finding->rule->heading] = outcome;
	}
	return 0;
}

/* DESIGN 4.4: an accepted memory review is sized at what it can live with. */
static void size_accepted(const struct assess_request *request, struct assessment *a)
{
	const struct profile_settings *settings = &request->settings;
	double overhead = settings->memory_overhead_mb * BYTES_PER_MB;
	bool is_accepted = false;

	for (size_t i = 0; i < a->findings.count; i++) {
		const struct finding *finding = &a->findings.finding[i];

		is_accepted |= finding->outcome == OUTCOME_REVIEW &&
			finding->rule->scope == SCOPE_EXCURSION && a->review[i] &&
			a->review[i]->is_accepted;
	}
	if (!is_accepted || a->heading[HEADING_MEMORY] == OUTCOME_DISQUALIFIED)
		return;
	a->requirement.alloc_bytes =
		requirement_accepted_memory(a->limit_bytes, overhead,
			a->peaks.resource[RESOURCE_MEMORY].sustained[DURATION_15_MIN]);
	a->requirement.shortfall_bytes =
		a->requirement.sized.of[RESOURCE_MEMORY] - a->requirement.alloc_bytes;
	a->requirement.vm_memory_bytes =
		requirement_vm_memory(a->requirement.alloc_bytes, overhead);
	if (settings->counts_save_state > 0 && !isnan(a->requirement.storage_gb)) {
		struct requirement *q = &a->requirement;

		q->save_state_gb = q->alloc_bytes / BYTES_PER_GB;
		q->storage_subtotal_gb =
			q->disks_gb + q->children_gb + q->save_state_gb;
		q->storage_gb = requirement_storage(q->storage_subtotal_gb,
			settings->storage_overhead_ratio,
			settings->is_overhead_of_grand_total > 0);
	}
}

static void conclude(struct assessment *a)
{
	enum outcome worst_outcome = OUTCOME_PASS;

	for (int i = 0; i < HEADING_COUNT; i++) {
		if (a->has_heading[i] && a->heading[i] > worst_outcome)
			worst_outcome = a->heading[i];
	}
	/* where only coarse rows are left, or a coarse import: REVIEW at best */
	if (a->peaks.is_coarse && worst_outcome < OUTCOME_REVIEW)
		worst_outcome = OUTCOME_REVIEW;
	a->verdict = (enum verdict)worst_outcome;
	if (a->sufficiency.grade == GRADE_INSUFFICIENT &&
		worst_outcome <= OUTCOME_REVIEW)
		a->verdict = VERDICT_INSUFFICIENT;
}

void assess_add_stability(struct assessment *assessment, double same_ratio,
	const struct profile_settings *settings)
{
	sufficiency_add_stability(&assessment->sufficiency, same_ratio, settings);
	conclude(assessment);
}

/* What the profile of the request makes of figures that were read. */
static int judge_under(struct store *store, const struct load_set *set,
	const struct assess_request *request, struct assessment *a, struct err *err)
{
	int r = find_excursions(store, set, request, a, err);

	if (r < 0)
		return r;
	assess_requirement(
		&a->peaks, &a->facts, &request->settings, a->growth, &a->requirement);
	if (make_subject(request, a) < 0)
		return err_oom(err);
	r = judge_rules(request, a, err);
	if (r < 0)
		return r;
	size_accepted(request, a);
	conclude(a);
	return 0;
}

/* Whether the data suffice is the same question under both. */
static bool is_scored_alike(
	const struct profile_settings *one, const struct profile_settings *other)
{
	return one->coverage_full_ratio == other->coverage_full_ratio &&
		one->coverage_minimum_ratio == other->coverage_minimum_ratio;
}

/* The same figures under another profile; what was found on the way is forgotten. */
static int judge_under_one(struct store *store, const struct load_set *set,
	const struct assess_request *request, const struct assessment *a,
	bool has_same_scores, enum verdict *ret_verdict, struct err *err)
{
	struct assessment *other = calloc(1, sizeof(*other));
	int r = 0;

	if (!other)
		return err_oom(err);
	other->workload = a->workload;
	other->peaks = a->peaks;
	other->facts = a->facts; /* a's own: not to be freed here */
	other->swap_bytes = a->swap_bytes;
	memcpy(other->growth, a->growth, sizeof(other->growth));
	other->sufficiency = a->sufficiency;
	if (!has_same_scores &&
		sufficiency_judge(set, &other->peaks, &other->facts, &request->settings,
			&other->sufficiency) < 0)
		r = err_oom(err);
	if (r == 0)
		r = judge_under(store, set, request, other, err);
	*ret_verdict = other->verdict;
	other->facts = (struct facts){ .value = { { .is_known = false } } };
	assessment_done(other);
	free(other);
	return r;
}

static int judge_under_all(struct store *store, const struct load_set *set,
	const struct assess_request *request, struct assessment *a, struct err *err)
{
	const struct library *library = request->library;
	int r = 0;

	a->under = calloc(library->profile_count + 1, sizeof(*a->under));
	if (!a->under)
		return err_oom(err);
	for (size_t i = 0; r == 0 && i < library->profile_count; i++) {
		struct assess_request other = *request;

		other.profile = &library->profile[i];
		other.settings = other.profile->settings;
		if (request->is_core_of_hosts)
			other.settings.target_core_mhz =
				request->settings.target_core_mhz;
		if (!other.profile->is_target)
			continue;
		if (other.profile == request->profile)
			a->under[i] = a->verdict;
		else
			r = judge_under_one(store, set, &other, a,
				is_scored_alike(&request->settings, &other.settings),
				&a->under[i], err);
	}
	return r;
}

int assess_workload(const struct estate *estate, const struct workload *workload,
	const struct assess_request *request, struct facts *facts,
	struct assessment *ret_assessment, struct err *err)
{
	struct assessment *a = calloc(1, sizeof(*a)); /* 60 kB: too much for a stack */
	struct load_set set = { .period = { .count = 0 } };
	int r;

	if (!a) {
		facts_done(facts);
		return err_oom(err);
	}
	a->workload = workload;
	a->facts = *facts;
	*facts = (struct facts){ .value = { { .is_known = false } } };
	r = load_set_read(estate, workload, &request->span, &set, err);
	if (r == 0)
		r = load_set_peaks(&set, workload, &a->peaks, err);
	if (r == 0 &&
		sufficiency_judge(&set, &a->peaks, &a->facts, &request->settings,
			&a->sufficiency) < 0)
		r = err_oom(err);
	if (r == 0 && find_growth(&set, request->horizon_days, a) < 0)
		r = err_oom(err);
	if (r == 0) {
		/* an engine has no series of it, and an archive of the hub's is not the
		 * engine's machine of now */
		a->swap_bytes =
			estate->source ? NAN : find_swap(estate->store, workload, &set);
		r = judge_under(estate->store, &set, request, a, err);
	}
	if (r == 0 && request->is_of_all)
		r = judge_under_all(estate->store, &set, request, a, err);
	if (r == 0) {
		*ret_assessment = *a;
		*a = (struct assessment){ .workload = NULL };
	}
	load_set_done(&set);
	assessment_done(a);
	free(a);
	return r;
}

void assessment_done(struct assessment *assessment)
{
	facts_done(&assessment->facts);
	free(assessment->excursion);
	subject_done(&assessment->subject);
	finding_list_done(&assessment->findings);
	free(assessment->review);
	free(assessment->under);
	*assessment = (struct assessment){ .workload = NULL };
}

void assessments_free(struct assessment *assessments, size_t count)
{
	for (size_t i = 0; assessments && i < count; i++)
		assessment_done(&assessments[i]);
	free(assessments);
}
