/* Sizes of the VM and times of the copy: measured, else from the inventory. */
#include "analyze/migrate/wave_request.h"
#include "analyze/runbook/runbook_value.h"
#include "common/parse.h"
#include "common/units.h"

#include <math.h>
#include <string.h>

#define MIB 1048576.0
#define GIB 1073741824.0
#define MEMORY_GRAIN_MIB 64 /* sizes of VMs: every target takes multiples of it */

/* CAP-1, GB of 10^9 bytes a minute */
#define COPY_SLOW 0.5
#define COPY_FAST 1.5

static double given_number(const struct runbook *runbook, const char *key)
{
	const char *text = runbook_given(runbook, key);
	uint64_t number;

	return text && parse_u64(text, strlen(text), &number) == 0 ? (double)number
								   : NAN;
}

static double memory_of_today(const struct machine *machine)
{
	return isnan(machine->general.installed_bytes)
		? machine->general.memory_bytes
		: machine->general.installed_bytes;
}

static double cpus_of_today(const struct machine *machine)
{
	return isnan(machine->general.threads) ? machine->general.cores
					       : machine->general.threads;
}

double runbook_memory_most(const struct profile_settings *settings)
{
	if (isnan(settings->memory_limit_mb))
		return INFINITY;
	return floor((settings->memory_limit_mb - settings->memory_overhead_mb) /
		       MEMORY_GRAIN_MIB) *
		MEMORY_GRAIN_MIB;
}

static double vm_memory_mib(const struct runbook *runbook, const char **ret_from)
{
	double given = given_number(runbook, "memory_mb");
	double bytes = runbook->request->alloc_bytes, mib, most;

	*ret_from = "given with --set";
	if (!isnan(given))
		return given;
	*ret_from = isnan(bytes) ? "what the inventory says it has today"
				 : "measured: its peak";
	if (isnan(bytes))
		bytes = memory_of_today(runbook->request->machine);
	mib = units_round_up(bytes / MIB / MEMORY_GRAIN_MIB) * MEMORY_GRAIN_MIB;
	most = runbook_memory_most(&runbook->request->target->settings);
	if (mib > most)
		*ret_from = "the most that the target gives a VM: today it has more";
	return mib > most ? most : mib;
}

static double vm_vcpus(const struct runbook *runbook, const char **ret_from)
{
	double given = given_number(runbook, "vcpus");
	double cores = runbook->request->cores_needed;

	*ret_from = "given with --set";
	if (!isnan(given))
		return given;
	*ret_from = isnan(cores) ? "what the inventory says it has today"
				 : "measured: sustained load over the target's cores";
	if (isnan(cores))
		cores = cpus_of_today(runbook->request->machine);
	if (cores > runbook->request->target->settings.max_cores_per_vm) {
		cores = runbook->request->target->settings.max_cores_per_vm;
		*ret_from = "the most that the target gives a VM: today it has more";
	}
	return isnan(cores) ? cores : fmax(1, units_round_up(cores));
}

bool runbook_fits(const struct runbook *runbook, const struct setting_default *type)
{
	const char *from;

	return isnan(type->vcpus) ||
		(vm_vcpus(runbook, &from) <= type->vcpus &&
			vm_memory_mib(runbook, &from) <= type->memory_mib);
}

enum sum { SUM_BYTES, SUM_GIB, SUM_LARGEST_GIB };

static double sum_of_disks(const struct machine *machine, enum sum what)
{
	const struct machine_disk *disk = machine->storage.disks.item;
	double sum = machine->storage.disks.count > 0 ? 0 : NAN;

	for (size_t i = 0; i < machine->storage.disks.count; i++) {
		double gib = ceil(disk[i].bytes / GIB);

		if (what == SUM_LARGEST_GIB)
			sum = isnan(gib) ? gib : fmax(sum, gib);
		else
			sum += what == SUM_BYTES ? disk[i].bytes : gib;
	}
	return sum;
}

static double unused_percent(const struct machine *machine)
{
	const struct machine_volume *volume = machine->storage.volumes.item;
	double bytes = 0, used = 0;

	for (size_t i = 0; i < machine->storage.volumes.count; i++) {
		bytes += volume[i].bytes;
		used += volume[i].used_bytes;
	}
	return bytes > 0 ? floor(100 * (bytes - used) / bytes) : NAN;
}

/* Whole disks, as an image of each holds all of it (CAP-1); else what the volumes use. */
static double bytes_to_copy(const struct runbook *runbook)
{
	const struct machine *machine = runbook->request->machine;
	const struct machine_volume *volume = machine->storage.volumes.item;
	const char *copied = runbook_given(runbook, "copied");
	double used = 0;

	if (!copied || strcmp(copied, "used") != 0)
		return sum_of_disks(machine, SUM_BYTES);
	for (size_t i = 0; i < machine->storage.volumes.count; i++)
		used += volume[i].used_bytes;
	return used > 0 ? used : NAN;
}

/* To a thousandth. */
static bool say_minutes(struct strbuf *out, double minutes)
{
	if (isnan(minutes))
		return false;
	strbuf_addf(out, "%.10g", round(minutes * 1000) / 1000);
	return true;
}

static bool say_concurrent(
	const struct runbook *runbook, enum task_value value, struct strbuf *out)
{
	double link_mbps = given_number(runbook, "link_mbps");
	bool is_bound = false;
	unsigned count;

	if (isnan(link_mbps))
		return false;
	count = wave_concurrent(link_mbps, COPY_FAST, &is_bound);
	if (value == VALUE_COPY_LINK_BOUND)
		return is_bound && runbook_say(out, "yes");
	return runbook_say_number(out, count);
}

/* Measured MB a second, else the slow or the fast rate of CAP-1. */
static double copy_minutes(const struct runbook *runbook, double gb_per_min)
{
	double mb_per_s = given_number(runbook, "rate_mb_per_s");
	double bytes = bytes_to_copy(runbook);

	return wave_transfer_minutes(
		bytes, isnan(mb_per_s) ? gb_per_min : mb_per_s * 60 / 1000);
}

double runbook_task_minutes(
	const struct runbook *runbook, const struct task_entry *task)
{
	double copies = task->copies > 0
		? task->copies * wave_planned_minutes(copy_minutes(runbook, COPY_SLOW))
		: 0;

	if (isnan(task->minutes) && task->copies == 0)
		return NAN;
	return copies + (isnan(task->minutes) ? 0 : task->minutes);
}

bool runbook_task_is_offline(
	const struct runbook *runbook, const struct task_entry *task)
{
	const struct runbook_cursor cursor = { .innermost = EACH_NONE };

	return task->is_offline && !task->is_destructive &&
		runbook_gate_open(runbook, &cursor, &task->gate, NULL);
}

/* NAN where one of them is not known. */
static double down_minutes(const struct runbook *runbook)
{
	double minutes = 0;
	bool is_any = false;

	for (size_t i = 0; i < runbook->tasks.count; i++) {
		const struct task_entry *task = &runbook->tasks.task[i];

		if (!runbook_task_is_offline(runbook, task))
			continue;
		minutes += runbook_task_minutes(runbook, task);
		is_any = true;
	}
	return is_any ? ceil(minutes) : NAN;
}

static double down_over_window(const struct runbook *runbook)
{
	double over = down_minutes(runbook) - given_number(runbook, "window_minutes");

	return over > 0 ? over : NAN;
}

static double static_adapters(const struct machine *machine)
{
	const struct machine_adapter *adapter = machine->network.item;
	double count = 0;

	for (size_t i = 0; i < machine->network.count; i++)
		count += adapter[i].dhcp == ANSWER_NO && adapter[i].addresses.count > 0;
	return count > 0 ? count : NAN;
}

bool runbook_size(
	const struct runbook *runbook, enum task_value value, struct strbuf *out)
{
	const struct machine *machine = runbook->request->machine;
	const char *from;

	switch (value) {
	case VALUE_MACHINE_MEMORY_MIB:
		return runbook_say_number(out, floor(memory_of_today(machine) / MIB));
	case VALUE_MACHINE_CPUS:
		return runbook_say_number(out, cpus_of_today(machine));
	case VALUE_VM_MEMORY_MIB:
		return runbook_say_number(out, vm_memory_mib(runbook, &from));
	case VALUE_VM_MEMORY_FROM:
		return !isnan(vm_memory_mib(runbook, &from)) && runbook_say(out, from);
	case VALUE_VM_VCPUS:
		return runbook_say_number(out, vm_vcpus(runbook, &from));
	case VALUE_VM_VCPUS_FROM:
		return !isnan(vm_vcpus(runbook, &from)) && runbook_say(out, from);
	case VALUE_DISKS_COUNT:
		return machine->storage.disks.is_known &&
			runbook_say_number(out, (double)machine->storage.disks.count);
	case VALUE_DISKS_BYTES:
		return runbook_say_number(out, sum_of_disks(machine, SUM_BYTES));
	case VALUE_DISKS_GIB:
		return runbook_say_number(out, sum_of_disks(machine, SUM_GIB));
	case VALUE_DISKS_LARGEST_GIB:
		return runbook_say_number(out, sum_of_disks(machine, SUM_LARGEST_GIB));
	case VALUE_DISKS_UNUSED_PERCENT:
		return runbook_say_number(out, unused_percent(machine));
	case VALUE_DISKS_MANY_UNUSED: /* half: GEN-8 has no figure, this one is ours */
		return unused_percent(machine) >= 50 && runbook_say(out, "yes");
	case VALUE_SCRATCH_GIB:
		return runbook_say_number(out,
			sum_of_disks(machine, SUM_GIB) +
				2 * sum_of_disks(machine, SUM_LARGEST_GIB));
	case VALUE_VM_RESERVED_PERCENT:
		return runbook_say_number(out, runbook->request->reserved_percent);
	case VALUE_COPY_GB:
		return runbook_say_number(
			out, units_round_up(bytes_to_copy(runbook) / 1e9));
	case VALUE_COPY_MINUTES_SLOW:
		return say_minutes(out, copy_minutes(runbook, COPY_SLOW));
	case VALUE_COPY_MINUTES_FAST:
		return say_minutes(out, copy_minutes(runbook, COPY_FAST));
	case VALUE_COPY_MINUTES:
		return runbook_say_number(
			out, wave_planned_minutes(copy_minutes(runbook, COPY_SLOW)));
	case VALUE_DOWN_MINUTES:
		return runbook_say_number(out, down_minutes(runbook));
	case VALUE_DOWN_OVER_WINDOW:
		return runbook_say_number(out, down_over_window(runbook));
	case VALUE_COPY_CONCURRENT:
	case VALUE_COPY_LINK_BOUND:
		return say_concurrent(runbook, value, out);
	case VALUE_ADAPTERS_COUNT:
		return runbook_say_number(out, (double)machine->network.count);
	case VALUE_ADAPTERS_STATIC:
		return runbook_say_number(out, static_adapters(machine));
	default:
		return false;
	}
}
