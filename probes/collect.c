/* One reading after another: probes, rates, demands, snapshot (see collect.h). */
#include "probes/collect.h"

#include "common/each_tick.h"
#include "common/util.h"
#include "probes/collect_state.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
	TEXT_SIZE =
		4 << 20, /* address space: pages are touched as far as texts reach */
	ARENA_SIZE = 64 << 20, /* likewise */
	SLOW_S = 60,
	CONTAINER_TURNS = 10,      /* slow ones, see is_container_due */
	IDLE_BACKWARD_TICKS = 300, /* 3 s per CPU (F06) */
};
static const double lag_s = 2; /* drivers that refresh their counters every 2 s */

/* ---- rates ---------------------------------------------------------------------- */

static unsigned width_of_counter(
	const struct collect *collect, const struct metric_numbers *row)
{
	return row->width == METRIC_WIDTH_32      ? 32
		: row->width == METRIC_WIDTH_LONG ? collect->root.long_bits
						  : 64;
}

static struct rate_kind kind_of_counter(const struct collect *collect,
	struct kind *kind, size_t spot, enum metric_id metric)
{
	const struct metric_numbers *row = &metric_numbers_table[metric];
	unsigned cpus = collect->cpus.online ? collect->cpus.online : 1;
	struct rate_kind counter = {
		.width = width_of_counter(collect, row),
		.bound_per_s = row->bound_per_s,
		.lag_s = lag_s,
	};

	if (row->bound == METRIC_BOUND_LINK) {
		const struct metric_cell *link =
			kind_cell(kind, spot, METRIC_NET_BOUND_BPS);

		if (kind_is_put(kind, spot, METRIC_NET_BOUND_BPS) && link->value > 0) {
			counter.bound_per_s = link->value / 8;
			counter.is_firm = true;
		}
	} else if (row->bound == METRIC_BOUND_CPUS) {
		counter.bound_per_s *= cpus;
	}
	if (metric == METRIC_CPU_IDLE_TICKS || metric == METRIC_CPU_IOWAIT_TICKS)
		counter.backward = (uint64_t)IDLE_BACKWARD_TICKS * cpus;
	else if (metric == METRIC_CORE_IDLE_TICKS)
		counter.backward = IDLE_BACKWARD_TICKS;
	return counter;
}

/* Several counters of one device fall together when it starts anew, not by wrapping. */
static bool has_restarted(uint64_t put, const struct metric_cell *cell, size_t count)
{
	unsigned falls = 0;

	for (size_t i = 0; i < count; i++)
		falls += (put >> i & 1) && rate_is_fall(&cell[i].rate, cell[i].raw);
	return falls >= RATE_FALLS_MEAN_RESTART;
}

/* A driver that counts 32 bits into the kernel's 64: the bytes fell, the packets went on
 * rising.  From then on it is one that wraps (F03). */
static void find_narrow(struct kind *kind, size_t spot)
{
	static const enum metric_id pairs[][2] = {
		{ METRIC_NET_RX_BPS, METRIC_NET_RX_PPS },
		{ METRIC_NET_TX_BPS, METRIC_NET_TX_PPS },
	};

	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		struct metric_cell *bytes = kind_cell(kind, spot, pairs[i][0]);
		const struct metric_cell *packets = kind_cell(kind, spot, pairs[i][1]);

		if (kind_is_put(kind, spot, pairs[i][0]) &&
			kind_is_put(kind, spot, pairs[i][1]) &&
			rate_is_fall(&bytes->rate, bytes->raw) && bytes->raw > 0 &&
			bytes->rate.raw <= UINT32_MAX &&
			bytes->rate.raw > UINT32_MAX / 2 && packets->rate.is_known &&
			packets->raw > packets->rate.raw)
			bytes->rate.is_narrow = 1;
	}
}

static void rate_spot(struct collect *collect, struct kind *kind, size_t spot)
{
	struct instance *instance = &kind->instance[spot];
	struct rate_interval interval =
		rate_between(&instance->last, &collect->now, collect->step_s);
	struct metric_cell *cell = &kind->cell[spot * kind->metric_count];

	if (has_restarted(instance->put, cell, kind->metric_count))
		interval.is_adjacent = false;
	else if (kind == &collect->kind[METRIC_FILE_NET])
		find_narrow(kind, spot);
	for (size_t i = 0; i < kind->metric_count; i++, cell++) {
		enum metric_id metric = (enum metric_id)(kind->first + i);
		const struct metric_numbers *row = &metric_numbers_table[metric];
		bool is_put = instance->put >> i & 1;
		struct rate_kind counter;
		double per_s;

		if (row->type == METRIC_GAUGE && !is_put)
			cell->value = NAN;
		if (row->type != METRIC_COUNTER)
			continue;
		if (!is_put) { /* its last reading has another age */
			rate_forget(&cell->rate);
			cell->value = NAN;
			continue;
		}
		collect->report.counters++;
		if (width_of_counter(collect, row) == 64 &&
			rate_is_still(&cell->rate, &interval, cell->raw)) {
			collect->report.outcome[RATE_OK]++;
			cell->value = 0;
			continue;
		}
		counter = kind_of_counter(collect, kind, spot, metric);
		collect->report.outcome[rate_next(
			&cell->rate, &counter, &interval, cell->raw, &per_s)]++;
		cell->value = per_s * row->scale;
	}
	if (instance->was_put)
		instance->last = collect->now;
}

static void clear_reading(struct collect *collect)
{
	collect->report = (struct collect_report){ 0 };
	for (size_t i = 0; i < METRIC_FILE_COUNT; i++) {
		struct kind *kind = &collect->kind[i];

		if (kind->is_slow)
			continue;
		kind->is_complete = false;
		kind->ignored = 0;
		for (size_t spot = 0; spot < kind->high; spot++) {
			kind->instance[spot].was_put = false;
			kind->instance[spot].put = 0;
		}
	}
}

static void finish_kind(struct collect *collect, struct kind *kind)
{
	for (size_t spot = 0; spot < kind->high; spot++) {
		if (kind->instance[spot].is_present)
			rate_spot(collect, kind, spot);
	}
}

/* ---- one reading ------------------------------------------------------------------ */

static uint64_t read_boot(struct collect *collect)
{
	uint64_t hash = 14695981039346656037u; /* FNV-1a */
	size_t length;

	if (hostroot_file_read_short(&collect->boot_file, collect->context.text,
		    collect->context.text_size, &length, NULL) < 0)
		return 0;
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)collect->context.text[i]) *
			1099511628211u;
	return hash;
}

static void run_probes(struct collect *collect, bool is_slow)
{
	for (size_t i = 0; i < collect->run_count; i++) {
		struct probe_run *run = &collect->run[i];
		struct err *err = &collect->run_err[i];

		if (run->failure < 0)
			err->text[0] = '\0';
		run->failure = run->read(run->state, &collect->sink, is_slow, err);
		collect->report.failed_probes += run->failure < 0;
	}
}

/* A live process does not come into a container; that an unnamed group of it is limited
 * later is seen within ten minutes.  What is one has its group and files looked at each
 * time, its limits are read at each tick. */
static bool is_container_due(struct collect *collect)
{
	bool is_due = collect->container_turn == 0 || !collect->root.is_live ||
		collect->container.is_one || collect->container.is_unclear;

	collect->container_turn = (collect->container_turn + 1) % CONTAINER_TURNS;
	return is_due;
}

EACH_TICK void collect_read(struct collect *collect, const struct rate_instant *now)
{
	uint64_t boot = collect->now.boot;
	bool is_slow = collect->slow_turn == 0;

	collect->slow_turn = (collect->slow_turn + 1) % collect->slow_every;
	if (is_slow && is_container_due(collect))
		container_find(&collect->root, &collect->container);
	clear_reading(collect);
	collect->cpus_before = collect->cpus;
	collect->cpus = (struct probe_cpus){ .whole_mhz = NAN };
	collect->now = *now;
	collect->now.boot = boot;
	if (!collect->root.is_live) { /* a live one cannot change under a process */
		collect->now.boot = read_boot(collect);
		collect->report.is_another_boot = boot && boot != collect->now.boot;
	}
	run_probes(collect, is_slow);
	for (size_t i = 0; i < METRIC_FILE_COUNT; i++) {
		struct kind *kind = &collect->kind[i];

		if (kind->is_slow)
			collect_expire(collect, (enum metric_file)i);
		else
			finish_kind(collect, kind);
		for (size_t spot = 0; spot < kind->high; spot++)
			collect->report.folded[i] += kind->instance[spot].is_present &&
				!kind->instance[spot].has_own;
		collect->report.ignored[i] = (unsigned)kind->ignored;
	}
	collect->report.is_clock_unknown =
		collect->cpus.online && isnan(collect->cpus.whole_mhz);
	collect->report.are_cores_known = collect->cpus.physical_cores > 0;
	collect_derive(collect);
	collect_layout_fill(collect);
}

/* ---- open and close ------------------------------------------------------------------ */

static int init_kind(
	struct collect *collect, enum metric_file file, unsigned instances_max)
{
	const struct metric_file_info *info = &metric_file_table[file];
	struct kind *kind = &collect->kind[file];

	kind->first = METRIC_COUNT;
	for (size_t i = METRIC_COUNT; i-- > 0;)
		if (metric_table[i].file == file) {
			kind->first = (enum metric_id)i;
			kind->metric_count++;
		}
	assert(kind->metric_count <= 64); /* bits of instance.put */
	kind->is_slow = info->is_slow;
	kind->spot_max = info->tracked_max;
	kind->own_max = info->instances_max;
	if (instances_max && info->is_limited)
		kind->own_max =
			instances_max < kind->spot_max ? instances_max : kind->spot_max;
	kind->name = arena_alloc(&collect->arena, kind->spot_max, sizeof(*kind->name));
	return kind->name ? 0 : -ENOMEM;
}

/* It is there from the beginning. */
static int add_single(struct collect *collect, enum metric_file file)
{
	struct kind *kind = &collect->kind[file];
	int r = kind_make_room(&collect->arena, kind, 0);

	if (r < 0)
		return r;
	kind->high = 1;
	kind->instance[0].is_present = true;
	kind->instance[0].has_own = true;
	kind_forget_spot(kind, 0);
	return 0;
}

static bool is_disabled(const struct collect_options *options, const char *name)
{
	for (const char *const *at = options->disabled; at && *at; at++)
		if (!strcmp(*at, name))
			return true;
	return false;
}

static int open_probes(
	struct collect *collect, const struct collect_options *options, struct err *err)
{
	for (const struct probe *const *probe = probe_table; *probe; probe++) {
		struct probe_run *run = &collect->run[collect->run_count];
		int r;

		if (is_disabled(options, (*probe)->name))
			continue;
		if (collect->run_count == COLLECT_PROBES_MAX)
			return err_set(
				err, -E2BIG, "more than %d probes", COLLECT_PROBES_MAX);
		run->probe = *probe;
		run->read = (*probe)->read;
		r = (*probe)->open(&run->state, &collect->context, err);
		if (r < 0)
			return err_wrap(err, r, "%s", (*probe)->name);
		collect->run_count++;
	}
	return 0;
}

/* What is seldom looked at comes first and has its full size, so that what each reading
 * touches lies together behind it: the values, the single files, and, with the first
 * readings, as many instances as there are. */
static int init_tables(struct collect *collect, unsigned instances_max)
{
	int r = 0;

	collect->run_err = arena_alloc(
		&collect->arena, COLLECT_PROBES_MAX, sizeof(*collect->run_err));
	if (!collect->run_err)
		return -ENOMEM;
	for (size_t i = 0; i < METRIC_FILE_COUNT && r == 0; i++)
		r = init_kind(collect, (enum metric_file)i, instances_max);
	if (r == 0)
		r = collect_layout_init(collect);
	for (size_t i = 0; i < METRIC_FILE_COUNT && r == 0; i++)
		if (metric_file_table[i].spread == METRIC_SINGLE)
			r = add_single(collect, (enum metric_file)i);
	return r;
}

static int open_inside(
	struct collect *collect, const struct collect_options *options, struct err *err)
{
	int r;

	collect->context = (struct probe_context){ .root = &collect->root,
		.text = options->text_of ? options->text_of->context.text
					 : arena_map(TEXT_SIZE),
		.text_size = TEXT_SIZE,
		.container = &collect->container,
		.nominal_mhz = options->nominal_mhz };
	collect->has_own_text = !options->text_of;
	if (!collect->context.text || arena_open(&collect->arena, ARENA_SIZE) < 0)
		return err_oom(err);
	r = init_tables(collect, options->instances_max);
	if (r < 0)
		return err_oom(err);
	hostroot_file_init(
		&collect->boot_file, &collect->root, "proc/sys/kernel/random/boot_id");
	collect->now.boot = read_boot(collect);
	hostroot_file_done(&collect->boot_file); /* of a live root: not read again */
	container_find(&collect->root, &collect->container);
	return open_probes(collect, options, err);
}

int collect_open(struct collect **ret_collect, const struct host_root *root,
	const struct collect_options *options, struct err *err)
{
	struct collect *collect = calloc(1, sizeof(*collect));
	double slow = round(SLOW_S / options->step_s);
	int r;

	if (!collect)
		return err_oom(err);
	collect_sink_init(&collect->sink);
	collect->root = *root;
	collect->boot_file.fd = -1;
	collect->cpus.whole_mhz = NAN;
	collect->step_s = options->step_s;
	collect->slow_every = options->slow_every ? options->slow_every
		: slow > 1                        ? (unsigned)slow
						  : 1;
	r = open_inside(collect, options, err);
	if (r < 0) {
		collect_close(collect);
		return r;
	}
	*ret_collect = collect;
	return 0;
}

void collect_close(struct collect *collect)
{
	if (!collect)
		return;
	for (size_t i = 0; i < collect->run_count; i++)
		collect->run[i].probe->close(collect->run[i].state);
	hostroot_file_done(&collect->boot_file);
	arena_close(&collect->arena);
	if (collect->context.text && collect->has_own_text)
		munmap(collect->context.text, collect->context.text_size);
	free(collect);
}

EACH_TICK const struct snapshot *collect_snapshot(const struct collect *collect)
{
	return &collect->snapshot;
}

EACH_TICK const struct collect_report *collect_report(const struct collect *collect)
{
	return &collect->report;
}

int collect_probe_error(const struct collect *collect, size_t index,
	const char **ret_name, struct err *err)
{
	const struct probe_run *run;

	if (index >= collect->run_count)
		return 1;
	run = &collect->run[index];
	*ret_name = run->probe->name;
	if (run->failure < 0)
		err_set(err, run->failure, "%s", collect->run_err[index].text);
	return run->failure;
}
