#include "analyze/assess/explain.h"

#include "common/units.h"
#include "common/util.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct explained_info {
	const char *name;
	int resource; /* -1: made of facts */
	enum heading heading;
	const char *unit; /* of the samples */
	double units;     /* natural units per printed one */
} infos[EXPLAIN_COUNT] = {
	[EXPLAIN_MEMORY] = { "memory", RESOURCE_MEMORY, HEADING_MEMORY, "MB",
		BYTES_PER_MB },
	[EXPLAIN_CPU] = { "cpu", RESOURCE_CPU, HEADING_PROCESSOR, "MHz", 1 },
	[EXPLAIN_NETWORK] = { "network", RESOURCE_NETWORK, HEADING_NETWORK, "Mb/s",
		BPS_PER_MBPS },
	[EXPLAIN_DISK] = { "disk", RESOURCE_DISK, HEADING_STORAGE, "MB/s",
		BYTES_PER_MB },
	[EXPLAIN_STORAGE] = { "storage", -1, HEADING_STORAGE, "GB", BYTES_PER_GB },
};

const char *explained_name(enum explained explained)
{
	return infos[explained].name;
}

int explained_find(const char *name)
{
	for (size_t i = 0; i < EXPLAIN_COUNT; i++) {
		if (strcmp(infos[i].name, name) == 0)
			return (int)i;
	}
	return strcmp(name, "processor") == 0 ? EXPLAIN_CPU : -1;
}

enum heading explained_heading(enum explained explained)
{
	return infos[explained].heading;
}

static void explain_add(struct explanation *e, const char *name, double value,
	const char *unit, const char *source, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

static void explain_add(struct explanation *e, const char *name, double value,
	const char *unit, const char *source, const char *format, ...)
{
	struct explain_step *step;
	va_list args;

	if (e->step_count == EXPLAIN_STEPS_MAX)
		return;
	step = &e->step[e->step_count++];
	*step = (struct explain_step){
		.name = name, .value = value, .unit = unit, .source = source
	};
	va_start(args, format);
	(void)vsnprintf(step->formula, sizeof(step->formula), format, args);
	va_end(args);
	/* a person reads this */
	for (char *p = step->formula; (p = strstr(p, "nan")); p += 3)
		p[0] = '(', p[1] = '?', p[2] = ')';
}

/* The slots behind the figure: the window that ends at stamp, or the one slot. */
static void add_samples(struct explanation *e, const struct assessment *a,
	const struct series *series, int64_t stamp, unsigned window_s, bool is_peak)
{
	size_t slots = is_peak ? 1 : (window_s + series->step_s - 1) / series->step_s;
	double units = infos[e->what].units;

	for (size_t i = 0; i < slots; i++) {
		int64_t at = stamp - (int64_t)(slots - 1 - i) * (int64_t)series->step_s;
		int64_t k = (at - series->first) / (int64_t)series->step_s;

		if (k < 0 || k >= (int64_t)series->count)
			continue;
		if (e->sample_count == EXPLAIN_SAMPLES_MAX) {
			e->samples_left_out++;
			continue;
		}
		e->sample[e->sample_count++] = (struct explain_sample){
			.at = at + a->peaks.phase_s,
			.value = (is_peak ? series->maximum[k] : series->mean[k]) /
				units,
		};
	}
}

/* The duration that the profile sizes by. */
static size_t window_of(const struct assess_request *request)
{
	unsigned window_s = (unsigned)request->settings.sizing_window_s;
	size_t window = 0;

	while (window + 1 < DURATION_COUNT && duration_s[window] != window_s)
		window++;
	return window;
}

static void explain_sized(struct explanation *e, const struct assessment *a,
	const struct assess_request *request, const struct series *series,
	double sizing, double sized)
{
	const struct peaks *p = &a->peaks.resource[infos[e->what].resource];
	unsigned window_s = (unsigned)request->settings.sizing_window_s;
	double units = infos[e->what].units;
	bool is_peak = (enum sizing)sizing == SIZING_PEAK;
	size_t window = window_of(request);

	e->known = p->known;
	e->expected = p->expected;
	if (!p->is_counted) {
		explain_add(e, "sized figure", NAN, e->sample_unit, "",
			"never counted: not a figure, and never a pass");
		return;
	}
	explain_add(e, "peak", p->peak / units, e->sample_unit, "COL-6",
		"the highest slot maximum (all others are at most this)");
	if (is_peak) {
		add_samples(e, a, series, p->peak_at, window_s, true);
		explain_add(e, "sized figure", sized / units, e->sample_unit,
			"COL-6, COL-8", "= peak");
		return;
	}
	explain_add(e, "sized figure", sized / units, e->sample_unit, "COL-7",
		"sustained(%u s): the highest mean over %u s, of the known slots below",
		window_s, window_s);
	if (!isnan(sized))
		add_samples(e, a, series, p->sustained_at[window], window_s, false);
}

/* Values of their own, and why they are not in the figure. */
static void explain_given_back(
	struct explanation *e, const struct explain_given_back *given_back)
{
	const struct {
		const char *name, *what;
		double bytes;
	} parts[] = {
		{ "ZFS ARC", "the cache above its floor", given_back->arc },
		{ "free huge pages", "set aside, neither used nor reserved",
			given_back->huge_free },
		{ "balloon", "lent back to the hypervisor", given_back->balloon },
	};

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (!isnan(parts[i].bytes))
			explain_add(e, parts[i].name, parts[i].bytes / BYTES_PER_MB,
				"MB", "",
				"%s: not in the figure (mean of the same time)",
				parts[i].what);
}

static void explain_memory(struct explanation *e, const struct assessment *a,
	const struct assess_request *request)
{
	const struct requirement *q = &a->requirement;
	const struct profile_settings *s = &request->settings;
	double alloc = q->alloc_bytes / BYTES_PER_MB,
	       vm = q->vm_memory_bytes / BYTES_PER_MB;
	double excess =
		q->sized.of[RESOURCE_MEMORY] / BYTES_PER_MB + s->memory_overhead_mb;

	if (q->shortfall_bytes > 0) {
		explain_add(e, "allocation", alloc, "MB", "MEM-5",
			"accepted review: min(limit %.6g - %.6g, sustained(900 s) "
			"%.6g)",
			s->memory_limit_mb, s->memory_overhead_mb,
			a->peaks.resource[RESOURCE_MEMORY].sustained[DURATION_15_MIN] /
				BYTES_PER_MB);
		explain_add(e, "shortfall", q->shortfall_bytes / BYTES_PER_MB, "MB",
			"MEM-5", "peak - allocation = %.6g - %.6g",
			q->sized.of[RESOURCE_MEMORY] / BYTES_PER_MB, alloc);
	} else {
		explain_add(e, "allocation", alloc, "MB", "MEM-3", "= sized figure");
	}
	explain_add(e, "VM memory", vm, "MB", "MEM-2",
		"allocation + overhead = %.6g + %.6g", alloc, s->memory_overhead_mb);
	if (!isnan(s->memory_limit_mb))
		explain_add(e, "limit of one VM", s->memory_limit_mb, "MB", "MEM-5",
			"peak + overhead = %.6g + %.6g = %.6g %s %.6g",
			q->sized.of[RESOURCE_MEMORY] / BYTES_PER_MB,
			s->memory_overhead_mb, excess,
			isnan(excess) ? "against"
				: requirement_is_over(excess, s->memory_limit_mb)
				? ">"
				: "<=",
			s->memory_limit_mb);
	explain_add(e, "on a host", vm * s->memory_growth_factor, "MB", "MEM-6",
		"VM memory x growth = %.6g x %.6g (the host's own memory comes to "
		"it)",
		vm, s->memory_growth_factor);
}

/* Each line shows its figures, so that a person can compute it again; a line that
 * needs a fact nobody stated is left out. */
static void explain_cpu(struct explanation *e, const struct assessment *a,
	const struct assess_request *request)
{
	const struct requirement *q = &a->requirement;
	double cores = facts_number(&a->facts, FACT_CPU_CORES);
	double core_mhz = facts_number(&a->facts, FACT_CPU_CORE_MHZ);

	if (!isnan(cores) && !isnan(core_mhz))
		explain_add(e, "busy share of the source",
			100 * q->sized.of[RESOURCE_CPU] / (cores * core_mhz), "%",
			"CPU-3", "sized figure / (cores x MHz) = %.6g / (%.6g x %.6g)",
			q->sized.of[RESOURCE_CPU], cores, core_mhz);
	if (!isnan(core_mhz))
		explain_add(e, "cores busy, sustained",
			q->sized.of[RESOURCE_CPU] / core_mhz, "cores", "CPU-2",
			"sized figure / MHz of one core = %.6g / %.6g",
			q->sized.of[RESOURCE_CPU], core_mhz);
	explain_add(e, "requirement", q->cpu_mhz, "MHz", "CPU-3, CPU-4",
		"sized figure x performance factor = %.6g x %.6g (%s)",
		q->sized.of[RESOURCE_CPU], q->performance_factor,
		q->is_factor_stated ? "stated" : "not stated");
	explain_add(e, "target core", q->target_core_mhz, "MHz", "CPU-1",
		request->is_core_of_hosts ? "the fastest core of the hosts file"
					  : "setting target_core_mhz of the profile");
	if (isnan(request->settings.max_cores_per_vm))
		explain_add(e, "cores needed", q->cores_needed, "cores", "CPU-1",
			"requirement / target core = %.6g / %.6g", q->cpu_mhz,
			q->target_core_mhz);
	else
		explain_add(e, "cores needed", q->cores_needed, "cores", "CPU-1",
			"requirement / target core = %.6g / %.6g; one VM has at most "
			"%.6g",
			q->cpu_mhz, q->target_core_mhz,
			request->settings.max_cores_per_vm);
	if (request->settings.has_reservations > 0)
		explain_add(e, "reserved capacity", q->reserved_percent,
			"% of one core", "CPU-10",
			"100 x %.6g / %.6g = %.6g, rounded up", q->cpu_mhz,
			q->target_core_mhz, 100 * q->cpu_mhz / q->target_core_mhz);
}

static void explain_network(struct explanation *e, const struct assessment *a,
	const struct assess_request *request)
{
	double need = a->requirement.sized.of[RESOURCE_NETWORK] / BPS_PER_MBPS;
	double ratio = request->settings.network_efficiency_ratio;

	explain_add(e, "requirement", need, "Mb/s", "NET-4", "= sized figure");
	explain_add(e, "adapter it would fill", need / ratio, "Mb/s", "NET-5",
		"requirement / usable share of an adapter = %.6g / %.6g", need, ratio);
}

static void explain_storage(struct explanation *e, const struct assessment *a,
	const struct assess_request *request)
{
	const struct fact_value *disks = &a->facts.value[FACT_DISKS];
	const struct requirement *q = &a->requirement;
	double ratio = request->settings.storage_overhead_ratio;

	if (!disks->is_known)
		explain_add(e, "disks", NAN, "GB", "STO-7",
			"nobody listed them: analyze inventory NAME --set "
			"disks=c:40,d:100");
	for (size_t i = 0; disks->is_known && i < disks->count && i < 12; i++) {
		const struct fact_disk *disk = &disks->disk[i];

		explain_add(e, "disk", disk->is_dynamic ? disk->used_gb : disk->size_gb,
			"GB", "STO-7, STO-4",
			"%.60s: size %.6g, used %.6g, %s, %u undo, %u differencing",
			disk->name, disk->size_gb, disk->used_gb,
			disk->is_dynamic ? "dynamic: what is used counts"
					 : "fixed: the size counts",
			disk->undo, disk->differencing);
	}
	explain_add(e, "undo and differencing", q->children_gb, "GB", "STO-4",
		"each as large as its base disk");
	explain_add(e, "save state", q->save_state_gb, "GB", "STO-2",
		request->settings.counts_save_state > 0
			? "as large as the memory allocation"
			: "not counted by this profile");
	if (isnan(q->storage_subtotal_gb))
		explain_add(
			e, "sum", NAN, "GB", "STO-6", "disks + children + save state");
	else
		explain_add(e, "sum", q->storage_subtotal_gb, "GB", "STO-6",
			"%.6g + %.6g + %.6g", q->disks_gb, q->children_gb,
			q->save_state_gb);
	explain_add(e, "requirement", q->storage_gb, "GB", "STO-6",
		request->settings.is_overhead_of_grand_total > 0 ? "sum / (1 - %.6g)"
								 : "sum x (1 + %.6g)",
		ratio);
}

static double sizing_of(enum explained what, const struct profile_settings *settings)
{
	return what == EXPLAIN_MEMORY     ? settings->memory_sizing
		: what == EXPLAIN_CPU     ? settings->cpu_sizing
		: what == EXPLAIN_NETWORK ? settings->network_sizing
					  : settings->disk_sizing;
}

bool explain_span(const struct assessment *assessment,
	const struct assess_request *request, const struct load_set *set,
	enum explained what, int64_t *ret_from, int64_t *ret_to)
{
	const struct peaks *p;
	size_t window = window_of(request);

	if (infos[what].resource < 0)
		return false;
	p = &assessment->peaks.resource[infos[what].resource];
	if (!p->is_counted)
		return false;
	if ((enum sizing)sizing_of(what, &request->settings) == SIZING_PEAK) {
		*ret_to = p->peak_at;
		*ret_from = p->peak_at - set->series[infos[what].resource].step_s;
		return true;
	}
	*ret_to = p->sustained_at[window];
	*ret_from = *ret_to - duration_s[window];
	return !isnan(p->sustained[window]);
}

void explain_make(const struct assessment *assessment,
	const struct assess_request *request, const struct load_set *set,
	enum explained what, const struct explain_given_back *given_back,
	struct explanation *ret_explanation)
{
	const struct explained_info *info = &infos[what];
	struct explanation *e = ret_explanation;

	*e = (struct explanation){ .what = what, .sample_unit = info->unit };
	if (info->resource < 0) {
		explain_storage(e, assessment, request);
		return;
	}
	e->file = metric_file_name(resource_table[info->resource].metric);
	e->data_source = metric_data_source(resource_table[info->resource].metric);
	e->functions =
		"AVERAGE (means), MIN and MAX (extremes) where rows hold several "
		"readings";
	explain_sized(e, assessment, request, &set->series[info->resource],
		sizing_of(what, &request->settings),
		assessment->requirement.sized.of[info->resource]);
	if (what == EXPLAIN_MEMORY) {
		explain_given_back(e, given_back);
		explain_memory(e, assessment, request);
	} else if (what == EXPLAIN_CPU)
		explain_cpu(e, assessment, request);
	else if (what == EXPLAIN_NETWORK)
		explain_network(e, assessment, request);
}
