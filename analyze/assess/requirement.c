#include "analyze/assess/requirement.h"

#include "common/units.h"

#include <math.h>

double requirement_vm_memory(double peak, double overhead)
{
	return peak + overhead;
}

bool requirement_is_over(double vm_memory, double limit)
{
	return vm_memory > limit;
}

double requirement_accepted_memory(double limit, double overhead, double sustained)
{
	if (isnan(sustained))
		return limit - overhead;
	return fmin(limit - overhead, sustained);
}

double requirement_cpu_on_target(double requirement_mhz, double performance_factor)
{
	return requirement_mhz * performance_factor;
}

double requirement_reserved_percent(double requirement_mhz, double target_core_mhz)
{
	return units_round_up(100 * requirement_mhz / target_core_mhz);
}

double requirement_disk_file(const struct requirement_disk *disk)
{
	return disk->is_dynamic ? disk->used : disk->size;
}

double requirement_disk_children(const struct requirement_disk *disk)
{
	unsigned children = disk->differencing + disk->undo;

	return children ? disk->size * (double)children
			: 0; /* no child: size may be unknown */
}

double requirement_storage(
	double subtotal, double overhead_ratio, bool is_of_grand_total)
{
	return is_of_grand_total ? subtotal / (1 - overhead_ratio)
				 : subtotal * (1 + overhead_ratio);
}
