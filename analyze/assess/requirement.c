#include "analyze/assess/requirement.h"

#include "common/units.h"

#include <math.h>

double requirement_vm_memory(double peak, double overhead)
{
	return peak + overhead;
}

double requirement_server_memory(
	double host, const double *vm_memory, size_t count, double growth_factor)
{
	double sum = host;

	for (size_t i = 0; i < count; i++)
		sum += vm_memory[i];
	return sum * growth_factor;
}

double requirement_even_gb(double gb)
{
	return 2 * units_round_up(gb / 2);
}

double requirement_memory_room(double installed, double host, double growth_factor)
{
	return installed / growth_factor - host;
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

double requirement_cpu_mhz(double cores, double core_mhz, double sustained_ratio)
{
	return cores * core_mhz * sustained_ratio;
}

double requirement_cpu_on_target(double requirement_mhz, double performance_factor)
{
	return requirement_mhz * performance_factor;
}

double requirement_host_cpu_mhz(double cores, double core_mhz)
{
	return cores * core_mhz;
}

double requirement_host_cpu_available(
	double cores, double core_mhz, double reserve_ratio, bool is_one_core_cap)
{
	double capacity = cores * core_mhz;
	double reserve = capacity * reserve_ratio;

	if (is_one_core_cap && core_mhz < reserve)
		reserve = core_mhz;
	return capacity - reserve;
}

double requirement_reserved_percent(double requirement_mhz, double target_core_mhz)
{
	return units_round_up(100 * requirement_mhz / target_core_mhz);
}

double requirement_system_percent(double requirement_mhz, double capacity_mhz)
{
	return units_round_up(100 * requirement_mhz / capacity_mhz);
}

double requirement_network(double speed, double peak_ratio)
{
	return speed * peak_ratio;
}

double requirement_network_left(double speed, double efficiency_ratio, double total)
{
	return speed * efficiency_ratio - total;
}

bool requirement_wants_dedicated(
	double need, double largest_speed, double efficiency_ratio)
{
	return units_exceeds(need, largest_speed * efficiency_ratio);
}

unsigned requirement_adapters(
	bool has_host_adapter, unsigned dedicated, size_t sharing_workloads)
{
	return (has_host_adapter ? 1u : 0u) + dedicated +
		(sharing_workloads > 0 ? 1u : 0u);
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

double requirement_storage_subtotal(
	const struct requirement_disk *disks, size_t count, double save_state)
{
	double sum = save_state;

	for (size_t i = 0; i < count; i++)
		sum += requirement_disk_file(&disks[i]) +
			requirement_disk_children(&disks[i]);
	return sum;
}

double requirement_storage(
	double subtotal, double overhead_ratio, bool is_of_grand_total)
{
	return is_of_grand_total ? subtotal / (1 - overhead_ratio)
				 : subtotal * (1 + overhead_ratio);
}
