#include "probes/host/cpu.h"

#include "common/each_tick.h"
#include "common/util.h"
#include "probes/text.h"
#include "probes/host/container.h"
#include "probes/host/cpu_scale.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	STATE_IDLE = 3,
	STATE_IOWAIT = 4,
	STATES_MIN = 4,
	CORE_WORDS = CPU_CORES_MAX / 64,
	CLOCKS_LOOKED_AT = 16, /* each may interrupt its core, so not all of them */
	/* slow turns after which a clock in cpuinfo that has not moved is taken for one
	 * that does not, and is read in one of ten */
	CLOCK_STILL = 3,
	CLOCK_EVERY = 10,
};
_Static_assert((int)CPU_CORES_MAX <= (int)TOPOLOGY_CPUS_MAX, "each core has its scale");

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
	struct cpu_scale *scale;
	struct cpu_totals totals;
	bool is_set_new; /* the CPUs are others than in the last reading */
	double current_mhz;
	unsigned clock_still,
		clock_turn; /* slow turns: it stood so long; since a look */
	uint32_t turn;
	unsigned high;             /* beyond the highest number that was ever there */
	uint64_t here[CORE_WORDS]; /* a bit for each number: in the last reading */
	uint64_t now[CORE_WORDS];  /* and in this one */
	struct cpu_stat stat;
	unsigned number[CPU_CORES_MAX];
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

EACH_TICK int cpu_parse(
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

	if (state)
		state->scale = cpu_scale_new(context->root, context->nominal_mhz);
	if (!state || !state->scale) {
		free(state);
		return err_oom(err);
	}
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

/* Without cpufreq nobody sets the clock, and in a guest the kernel prints the same one for
 * ever; each look costs it the text of cpuinfo. */
static bool is_clock_due(struct probe_state *state)
{
	if (state->clock_still < CLOCK_STILL || !state->context->root->is_live)
		return true;
	state->clock_turn = (state->clock_turn + 1) % CLOCK_EVERY;
	return state->clock_turn == 0;
}

/* The clock of the moment once a minute: of some cores by cpufreq, else of those on the
 * first page of cpuinfo.  Uses the shared text buffer: only when the text of proc/stat has
 * been parsed. */
static void read_current_clock(struct probe_state *state)
{
	const struct probe_context *context = state->context;
	double before = state->current_mhz;
	bool is_still;
	size_t length;

	if (!is_clock_due(state))
		return;
	state->current_mhz = read_clocks(context->root, &state->stat);
	if (!isnan(state->current_mhz)) {
		state->clock_still = 0;
		return;
	}
	if (hostroot_file_read_begin(&state->cpuinfo, context->text, context->text_size,
		    &length, NULL) == 0)
		state->current_mhz = topology_parse_clock(context->text, length);
	is_still = state->current_mhz == before ||
		(isnan(state->current_mhz) && isnan(before));
	if (!is_still)
		state->clock_still = 0;
	else if (state->clock_still < CLOCK_STILL)
		state->clock_still++;
}

/* What the CPUs of this reading are worth; likewise, after the text has been parsed. */
static void put_scale(struct probe_state *state, struct sink *sink)
{
	const struct probe_context *context = state->context;
	const struct cpu_stat *stat = &state->stat;
	struct probe_cpus cpus = { .online = stat->cores, .whole_mhz = NAN };

	if (state->is_set_new || !state->totals.is_settled) {
		unsigned *number = state->number;

		for (unsigned i = 0; i < stat->kept; i++)
			number[i] = stat->core[i].number;
		cpu_scale_take(state->scale, number, stat->kept, state->turn,
			context->text, context->text_size, &state->totals);
	}
	if (stat->kept == stat->cores) {
		cpus.physical_cores = state->totals.physical_cores;
		cpus.whole_mhz = state->totals.whole_mhz;
		cpus.is_even = !isnan(state->totals.each_mhz);
		cpus.mhz = cpu_scale_mhz(state->scale);
	}
	sink->put_cpus(sink, &cpus);
}

/* Who came and who went. */
static void note_cores(struct probe_state *state, struct sink *sink)
{
	const struct cpu_stat *stat = &state->stat;

	state->is_set_new = state->turn == 0;
	state->turn = state->turn == UINT32_MAX ? 1 : state->turn + 1;
	for (unsigned i = 0; i < stat->kept; i++) {
		unsigned number = stat->core[i].number;
		uint64_t bit = (uint64_t)1 << number % 64;
		char name[16];

		if (!((state->here[number / 64] | state->now[number / 64]) & bit)) {
			(void)snprintf(name, sizeof(name), "%u", number);
			state->is_set_new = true;
			sink->appear(sink, METRIC_FILE_CORES, number, name);
		}
		state->now[number / 64] |= bit;
		if (number >= state->high)
			state->high = number + 1;
	}
	for (unsigned word = 0; word * 64 < state->high; word++) {
		uint64_t gone = state->here[word] & ~state->now[word];

		for (; gone; gone &= gone - 1) {
			state->is_set_new = true;
			sink->vanish(sink, METRIC_FILE_CORES,
				word * 64 + (unsigned)__builtin_ctzll(gone));
		}
		state->here[word] = state->now[word];
		state->now[word] = 0;
	}
}

static void put_core_ticks(struct probe_state *state, struct sink *sink)
{
	const struct cpu_stat *stat = &state->stat;

	for (unsigned i = 0; i < stat->kept; i++) {
		const struct cpu_core *core = &stat->core[i];

		sink->put_counter(
			sink, METRIC_CORE_BUSY_TICKS, core->number, core->busy);
		sink->put_counter(
			sink, METRIC_CORE_IDLE_TICKS, core->number, core->idle);
	}
	if (stat->cores > stat->kept)
		sink->overflow(sink, METRIC_FILE_CORES, stat->cores - stat->kept);
	sink->complete(sink, METRIC_FILE_CORES);
}

/* Of the machine that proc/stat speaks of. */
static void put_host_view(struct probe_state *state, struct sink *sink)
{
	const struct cpu_stat *stat = &state->stat;

	if (!isnan(stat->run_queue))
		sink->put_gauge(sink, METRIC_RUN_QUEUE, 0, stat->run_queue);
	if (!isnan(stat->blocked))
		sink->put_gauge(sink, METRIC_BLOCKED, 0, stat->blocked);
	put_core_ticks(state, sink);
}

/* proc/stat is the host's: what the container used is known to its group alone. */
static void put_own_time(struct probe_state *state, struct sink *sink)
{
	const struct probe_context *context = state->context;
	uint64_t us;

	if (container_read_cpu(context->root, context->container, context->text,
		    context->text_size, &us) == 0)
		sink->put_counter(sink, METRIC_CPU_OWN_TIME, 0, us);
}

EACH_TICK static int cpu_read(
	struct probe_state *state, struct sink *sink, bool is_slow, struct err *err)
{
	const struct probe_context *context = state->context;
	struct cpu_stat *stat = &state->stat;
	bool is_foreign = container_is_foreign(context->container,
		context->container && context->container->owns_stat);
	size_t length;
	int r = hostroot_file_read_short(
		&state->file, context->text, context->text_size, &length, err);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = cpu_parse(context->text, length, stat, err);
	if (r < 0)
		return err_wrap(err, r, "proc/stat");
	note_cores(state, sink);
	put_scale(state, sink);
	if (is_foreign)
		put_own_time(state, sink);
	else
		for (unsigned i = 0; i < stat->states; i++)
			sink->put_counter(sink, state_metric[i], 0, stat->state[i]);
	if (is_slow)
		read_current_clock(state);
	if (!isnan(state->current_mhz))
		sink->put_gauge(sink, METRIC_CPU_MHZ, 0, state->current_mhz);
	if (!is_foreign)
		put_host_view(state, sink);
	sink->complete(sink, METRIC_FILE_CPU);
	return 0;
}

static void cpu_close(struct probe_state *state)
{
	if (!state)
		return;
	hostroot_file_done(&state->file);
	hostroot_file_done(&state->cpuinfo);
	cpu_scale_free(state->scale);
	free(state);
}

const struct probe cpu_probe = {
	.name = "cpu",
	.help = "CPU time in total and per core, clock, run queue",
	.open = cpu_open,
	.read = cpu_read,
	.close = cpu_close,
};
