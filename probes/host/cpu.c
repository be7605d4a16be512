#include "probes/host/cpu.h"

#include "common/util.h"
#include "probes/text.h"
#include "probes/host/topology.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	STATE_IDLE = 3,
	STATE_IOWAIT = 4,
	STATES_MIN = 4,
	CLOCKS_LOOKED_AT = 16,     /* each may interrupt its core, so not all of them */
	TOPOLOGY_PAUSE_TURNS = 10, /* a CPU flapping each second is not worth more */
};

static const enum metric_id state_metric[CPU_STATES] = {
	METRIC_CPU_USER_TICKS,
	METRIC_CPU_NICE_TICKS,
	METRIC_CPU_SYSTEM_TICKS,
	METRIC_CPU_IDLE_TICKS,
	METRIC_CPU_IOWAIT_TICKS,
	METRIC_CPU_IRQ_TICKS,
	METRIC_CPU_SOFTIRQ_TICKS,
	METRIC_CPU_STEAL_TICKS,
};

struct probe_state {
	const struct probe_context *context; /* borrowed */
	struct host_file file, cpuinfo;
	struct topology topology;
	unsigned topology_cores; /* cores in proc/stat when the topology was read */
	unsigned topology_pause;
	double current_mhz;
	uint32_t turn;
	uint32_t seen[CPU_CORES_MAX]; /* turn in which a core was there; 0: not there */
	struct cpu_stat stat;
};

static void parse_core(struct text line, struct cpu_stat *stat)
{
	uint64_t value[CPU_STATES] = { 0 };
	struct cpu_core core = { .number = 0 };
	uint64_t number;

	size_t states;

	if (!text_u64(&line, &number) || number > UINT32_MAX)
		return;
	states = text_u64_list(&line, value, CPU_STATES);
	if (states < STATES_MIN || (states < CPU_STATES && !text_is_done(&line)))
		return;
	stat->cores++;
	if (stat->kept == CPU_CORES_MAX || number >= CPU_CORES_MAX)
		return;
	core.number = (unsigned)number;
	for (size_t i = 0; i < CPU_STATES; i++) {
		if (i == STATE_IDLE || i == STATE_IOWAIT)
			core.idle += value[i];
		else
			core.busy += value[i];
	}
	stat->core[stat->kept++] = core;
}

static double parse_gauge(struct text line)
{
	uint64_t value;

	return text_u64(&line, &value) ? (double)value : NAN;
}

int cpu_parse(
	const char *text, size_t length, struct cpu_stat *ret_stat, struct err *err)
{
	struct text all = text_of(text, length);
	struct text line;
	size_t states = 0;

	ret_stat->cores = 0;
	ret_stat->kept = 0;
	ret_stat->run_queue = NAN;
	ret_stat->blocked = NAN;
	while (text_line(&all, &line)) {
		if (text_prefix(&line, "cpu")) {
			if (line.at == line.end || *line.at != ' ') {
				parse_core(line, ret_stat);
				continue;
			}
			states = text_u64_list(&line, ret_stat->state, CPU_STATES);
			if (states < CPU_STATES && !text_is_done(&line))
				states =
					0; /* damaged: half of the states would mislead */
		} else if (text_prefix(&line, "procs_running ")) {
			ret_stat->run_queue = parse_gauge(line);
		} else if (text_prefix(&line, "procs_blocked ")) {
			ret_stat->blocked = parse_gauge(line);
		}
	}
	ret_stat->states = (unsigned)states;
	if (states < STATES_MIN)
		return err_set(err, -EINVAL,
			"the line \"cpu\" has %zu numbers, expected at least 4",
			states);
	return 0;
}

static int cpu_open(struct probe_state **ret_state, const struct probe_context *context,
	struct err *err)
{
	struct probe_state *state = calloc(1, sizeof(*state));

	if (!state)
		return err_oom(err);
	state->context = context;
	state->current_mhz = NAN;
	hostroot_file_init(&state->file, context->root, "proc/stat");
	hostroot_file_init(&state->cpuinfo, context->root, "proc/cpuinfo");
	*ret_state = state;
	return 0;
}

static double read_clocks(const struct host_root *root, const struct cpu_stat *stat)
{
	unsigned step = stat->kept / CLOCKS_LOOKED_AT + 1;
	double sum = 0;
	unsigned count = 0;

	for (unsigned i = 0; i < stat->kept; i += step) {
		char path[96];
		uint64_t khz;

		(void)snprintf(path, sizeof(path),
			"sys/devices/system/cpu/cpu%u/cpufreq/scaling_cur_freq",
			stat->core[i].number);
		if (hostroot_read_u64(root, path, &khz) < 0)
			break;
		sum += (double)khz * 0.001;
		count++;
	}
	return count ? sum / count : NAN;
}

/* The topology is looked at when the number of CPUs changes, the clock once a minute: of
 * some cores by cpufreq, else of those on the first page of cpuinfo.  Uses the shared text
 * buffer: only when the text of proc/stat has been parsed. */
static void read_slow_facts(struct probe_state *state, bool is_slow)
{
	const struct probe_context *context = state->context;
	size_t length;

	if (state->topology_pause)
		state->topology_pause--;
	if (state->topology_cores != state->stat.cores && !state->topology_pause) {
		topology_read(context->root, context->text, context->text_size,
			&state->topology);
		state->topology_cores = state->stat.cores;
		state->topology_pause = TOPOLOGY_PAUSE_TURNS;
	}
	if (!is_slow)
		return;
	state->current_mhz = read_clocks(context->root, &state->stat);
	if (isnan(state->current_mhz) &&
		hostroot_file_read_begin(&state->cpuinfo, context->text,
			context->text_size, &length, NULL) == 0)
		state->current_mhz = topology_parse_clock(context->text, length);
}

static void put_cores(struct probe_state *state, struct sink *sink)
{
	const struct cpu_stat *stat = &state->stat;
	unsigned gone = 0;

	state->turn = state->turn == UINT32_MAX ? 1 : state->turn + 1;
	for (unsigned i = 0; i < stat->kept; i++) {
		const struct cpu_core *core = &stat->core[i];

		if (!state->seen[core->number]) {
			char name[16];

			(void)snprintf(name, sizeof(name), "%u", core->number);
			sink->appear(sink, METRIC_FILE_CORES, core->number, name);
		}
		state->seen[core->number] = state->turn;
		sink->put_counter(
			sink, METRIC_CORE_BUSY_TICKS, core->number, core->busy);
		sink->put_counter(
			sink, METRIC_CORE_IDLE_TICKS, core->number, core->idle);
	}
	for (unsigned i = 0; i < CPU_CORES_MAX; i++) {
		if (i >= stat->kept && !state->seen[i] && ++gone > 64)
			break; /* a long stretch of numbers never used: the rest too */
		if (state->seen[i] && state->seen[i] != state->turn) {
			state->seen[i] = 0;
			sink->vanish(sink, METRIC_FILE_CORES, i);
		}
	}
	if (stat->cores > stat->kept)
		sink->overflow(sink, METRIC_FILE_CORES, stat->cores - stat->kept);
	sink->complete(sink, METRIC_FILE_CORES);
}

static int cpu_read(
	struct probe_state *state, struct sink *sink, bool is_slow, struct err *err)
{
	const struct probe_context *context = state->context;
	struct cpu_stat *stat = &state->stat;
	size_t length;
	int r = hostroot_file_read(
		&state->file, context->text, context->text_size, &length, err);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = cpu_parse(context->text, length, stat, err);
	if (r < 0)
		return err_wrap(err, r, "proc/stat");
	read_slow_facts(state, is_slow);
	sink->put_cpus(sink, stat->cores, state->topology.physical_cores,
		state->topology.nominal_mhz);
	for (unsigned i = 0; i < stat->states; i++)
		sink->put_counter(sink, state_metric[i], 0, stat->state[i]);
	if (!isnan(state->current_mhz))
		sink->put_gauge(sink, METRIC_CPU_MHZ, 0, state->current_mhz);
	if (!isnan(stat->run_queue))
		sink->put_gauge(sink, METRIC_RUN_QUEUE, 0, stat->run_queue);
	if (!isnan(stat->blocked))
		sink->put_gauge(sink, METRIC_BLOCKED, 0, stat->blocked);
	put_cores(state, sink);
	sink->complete(sink, METRIC_FILE_CPU);
	return 0;
}

static void cpu_close(struct probe_state *state)
{
	if (!state)
		return;
	hostroot_file_done(&state->file);
	hostroot_file_done(&state->cpuinfo);
	free(state);
}

const struct probe cpu_probe = {
	.name = "cpu",
	.help = "CPU time in total and per core, clock, run queue",
	.open = cpu_open,
	.read = cpu_read,
	.close = cpu_close,
};
