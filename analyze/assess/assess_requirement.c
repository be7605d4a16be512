/* From peaks and facts to the requirement: analyze/assess/assess.h. */
#include "analyze/assess/assess.h"

#include "common/units.h"

#include <math.h>

static size_t window_index(const struct profile_settings *settings)
{
	enum duration window = duration_find(settings->sizing_window_s);

	return window == DURATION_COUNT ? DURATION_15_MIN : window;
}

/* The sized figure, and the growth that is added to every slot. */
static double sized(const struct workload_peaks *all, enum resource resource,
	double sizing, const struct profile_settings *settings, const double *growth)
{
	const struct peaks *peaks = &all->resource[resource];
	double value;

	if (!peaks->is_counted)
		return NAN;
	value = (enum sizing)sizing == SIZING_PEAK
		? peaks->peak
		: peaks->sustained[window_index(settings)];
	return growth ? value + growth[resource] : value;
}

static void require_memory(const struct workload_peaks *peaks,
	const struct profile_settings *settings, const double *growth,
	struct requirement *q)
{
	q->sized.of[RESOURCE_MEMORY] = sized(
		peaks, RESOURCE_MEMORY, settings->memory_sizing, settings, growth);
	q->alloc_bytes = q->sized.of[RESOURCE_MEMORY];
	q->vm_memory_bytes = requirement_vm_memory(
		q->alloc_bytes, settings->memory_overhead_mb * BYTES_PER_MB);
}

/* What differs from a whole number by a rounding error is that number: 3000 MHz on
 * cores of 3000 MHz need one core, not a little more. */
static double snap(double value)
{
	double whole = round(value);

	return fabs(value - whole) < 1e-9 ? whole : value;
}

static void require_cpu(const struct workload_peaks *peaks, const struct facts *facts,
	const struct profile_settings *settings, const double *growth,
	struct requirement *q)
{
	double stated = facts_number(facts, FACT_PERFORMANCE_FACTOR);

	q->is_factor_stated = !isnan(stated);
	q->performance_factor = isnan(stated) ? settings->performance_factor : stated;
	q->sized.of[RESOURCE_CPU] =
		sized(peaks, RESOURCE_CPU, settings->cpu_sizing, settings, growth);
	q->cpu_mhz = requirement_cpu_on_target(
		q->sized.of[RESOURCE_CPU], q->performance_factor);
	q->target_core_mhz = settings->target_core_mhz;
	q->cores_needed = snap(q->cpu_mhz / q->target_core_mhz);
	q->reserved_percent = settings->has_reservations > 0
		? requirement_reserved_percent(q->cpu_mhz, q->target_core_mhz)
		: NAN;
}

static void require_storage(const struct facts *facts,
	const struct profile_settings *settings, struct requirement *q)
{
	const struct fact_value *disks = &facts->value[FACT_DISKS];

	q->save_state_gb =
		settings->counts_save_state > 0 ? q->alloc_bytes / BYTES_PER_GB : 0;
	q->disks_gb = disks->is_known ? 0 : NAN;
	q->children_gb = q->disks_gb;
	for (size_t i = 0; disks->is_known && i < disks->count; i++) {
		const struct fact_disk *fact = &disks->disk[i];
		struct requirement_disk disk = { .size = fact->size_gb,
			.used = fact->used_gb,
			.is_dynamic = fact->is_dynamic,
			.differencing = fact->differencing,
			.undo = fact->undo };

		q->disks_gb += requirement_disk_file(&disk);
		q->children_gb += requirement_disk_children(&disk);
	}
	q->storage_subtotal_gb = q->disks_gb + q->children_gb + q->save_state_gb;
	q->storage_gb = requirement_storage(q->storage_subtotal_gb,
		settings->storage_overhead_ratio,
		settings->is_overhead_of_grand_total > 0);
}

void assess_requirement(const struct workload_peaks *peaks, const struct facts *facts,
	const struct profile_settings *settings, const double growth[RESOURCE_COUNT],
	struct requirement *ret_requirement)
{
	double dedicated = facts_number(facts, FACT_DEDICATED_ADAPTERS);
	struct requirement q = { .shortfall_bytes = 0 };

	require_memory(peaks, settings, growth, &q);
	require_cpu(peaks, facts, settings, growth, &q);
	q.sized.of[RESOURCE_NETWORK] = sized(
		peaks, RESOURCE_NETWORK, settings->network_sizing, settings, growth);
	require_storage(facts, settings, &q);
	q.sized.of[RESOURCE_DISK] =
		sized(peaks, RESOURCE_DISK, settings->disk_sizing, settings, growth);
	q.sized.of[RESOURCE_DISK_OPS] = sized(
		peaks, RESOURCE_DISK_OPS, settings->disk_sizing, settings, growth);
	q.dedicated_adapters = isnan(dedicated) ? 0 : (unsigned)dedicated;
	*ret_requirement = q;
}
