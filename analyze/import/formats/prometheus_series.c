/*
 * Series of node_exporter, windows_exporter (and wmi_exporter before it) and our own names
 * to figures; counters through the rate engine, with the boot time as the boot's identity.
 */
#include "analyze/import/formats/prometheus_series.h"

#include "analyze/import/device_rules.h"
#include "analyze/import/formats/prometheus_rules.h"
#include "common/array.h"
#include "common/rate.h"
#include "common/util.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNTS_PER_UNIT 1000.0 /* the rate engine counts whole numbers */
#define BOOT_JITTER_MS 5000    /* what a disciplined clock moves a boot time by */
#define SERIES_VALUES_MAX ((size_t)8 << 20)
#define INSTANCE_BYTES (2 * LABEL_BYTES + 2)
#define HELD_SAMPLES_MAX ((size_t)4 << 20) /* 64 MB */

/* ---- what a machine is, beside its figures --------------------------------------------- */

/* From which stamp on which boot is meant; the instance is the machine. */
struct prom_boot {
	char instance[LABEL_BYTES];
	int64_t from_ms;
	double booted_at_ms;
	uint64_t number; /* of this machine's boots, from 1 */
};

/* A counter that came before its machine's boots. */
struct prom_held {
	struct engine_labels labels;
	struct engine_sample *sample; /* NULL: it was put */
	size_t samples;
};

struct prom_mapper {
	const struct import_source *source;
	struct import_sink *sink;
	struct err *err;
	struct engine_labels labels;
	bool has_series; /* whose samples are being gathered */
	struct engine_sample *sample;
	size_t samples, room;
	struct prom_boot *boot;
	size_t boots;
	struct prom_held *held;
	size_t helds, held_samples;
	bool is_releasing;
	int64_t from_s, to_s;
	bool has_windows, has_physical, takes_volumes, is_live;
	/* of one workload, until the next is asked for */
	uint32_t workload;
	bool has_workload;
	size_t throttled_cores;
	double windows_cores, core_mhz;
};

int prom_mapper_new(const struct import_source *source, struct import_sink *sink,
	struct prom_mapper **ret_mapper, struct err *err)
{
	struct prom_mapper *mapper = calloc(1, sizeof(*mapper));

	if (!mapper)
		return err_oom(err);
	mapper->source = source;
	mapper->sink = sink;
	mapper->err = err;
	mapper->from_s = source->options && source->options->has_since
		? source->options->since
		: INT64_MIN;
	mapper->to_s = INT64_MAX;
	*ret_mapper = mapper;
	return 0;
}

void prom_mapper_free(struct prom_mapper *mapper)
{
	if (!mapper)
		return;
	for (size_t i = 0; i < mapper->helds; i++)
		free(mapper->held[i].sample);
	free(mapper->held);
	free(mapper->boot);
	free(mapper->sample);
	free(mapper);
}

void prom_mapper_keep(struct prom_mapper *mapper, int64_t from_s, int64_t to_s)
{
	mapper->from_s = from_s;
	mapper->to_s = to_s;
	mapper->is_live = true;
}

bool prom_mapper_wants_volumes(const struct prom_mapper *mapper)
{
	return mapper->has_windows && !mapper->has_physical;
}

void prom_mapper_take_volumes(struct prom_mapper *mapper)
{
	mapper->takes_volumes = true;
}

/* Where the boot time changes; what comes in one series is in the order of time. */
static int put_boots(struct prom_mapper *mapper)
{
	const char *instance = mapper->labels.text[LABEL_INSTANCE];
	struct prom_boot *last = NULL;

	for (size_t i = 0; i < mapper->samples; i++) {
		const struct engine_sample *sample = &mapper->sample[i];
		double booted_at_ms = sample->value * 1000;

		if (isnan(sample->value))
			continue;
		if (last && fabs(last->booted_at_ms - booted_at_ms) <= BOOT_JITTER_MS) {
			last->booted_at_ms =
				booted_at_ms; /* it drifts with the clock */
			continue;
		}
		if (ARRAY_EXTEND(mapper->boot, mapper->boots) < 0)
			return err_oom(mapper->err);
		mapper->boot[mapper->boots] = (struct prom_boot){
			.from_ms = sample->stamp_ms,
			.booted_at_ms = booted_at_ms,
			.number = last ? mapper->boot[mapper->boots - 1].number + 1 : 1
		};
		last = &mapper->boot[mapper->boots++];
		snprintf(last->instance, LABEL_BYTES, "%s", instance);
	}
	return 0;
}

/* The boot of a stamp, looked for from *at on; 1 where none is known. */
static uint64_t boot_at(const struct prom_mapper *mapper, int64_t stamp_ms, size_t *at)
{
	const char *instance = mapper->labels.text[LABEL_INSTANCE];
	uint64_t number = 1;

	for (size_t i = *at; i < mapper->boots; i++) {
		const struct prom_boot *boot = &mapper->boot[i];

		if (strcmp(boot->instance, instance) != 0)
			continue;
		if (boot->from_ms > stamp_ms)
			break;
		number = boot->number;
		*at = i;
	}
	return number;
}

static double last_value(const struct prom_mapper *mapper)
{
	for (size_t i = mapper->samples; i-- > 0;)
		if (!isnan(mapper->sample[i].value))
			return mapper->sample[i].value;
	return NAN;
}

/* Is it of what is only counted, or said once? */
static bool take_machine_series(struct prom_mapper *mapper, const char *plain)
{
	if (!strcmp(plain, "node_cpu_core_throttles"))
		mapper->throttled_cores++; /* one series a core */
	else if (!strcmp(plain, "windows_cpu_info_core"))
		mapper->windows_cores += last_value(mapper);
	else if (!strcmp(plain, "windows_cpu_core_frequency_mhz"))
		mapper->core_mhz = last_value(mapper);
	else
		return false;
	return true;
}

static int put_number_fact(struct prom_mapper *mapper, const char *key, double value)
{
	char text[40];

	snprintf(text, sizeof(text), "%.0f", value);
	return mapper->sink->put_fact(
		mapper->sink, mapper->workload, key, text, mapper->err);
}

/* Processors are no cores, throttles show these. */
static int put_machine(struct prom_mapper *mapper)
{
	double cores = mapper->throttled_cores ? (double)mapper->throttled_cores
					       : mapper->windows_cores;
	int r = 0;

	if (mapper->has_workload && mapper->is_live) {
		if (cores >= 1)
			r = put_number_fact(mapper, "cpu.cores", cores);
		if (r >= 0 && mapper->core_mhz >= 1 && mapper->core_mhz <= 20000)
			r = put_number_fact(mapper, "cpu.core_mhz", mapper->core_mhz);
	}
	return r;
}

void prom_mapper_next_slice(struct prom_mapper *mapper)
{
	mapper->boots = 0;
	free(mapper->boot);
	mapper->boot = NULL;
	mapper->throttled_cores = 0;
	mapper->windows_cores = 0;
}

/* ---- one series ---------------------------------------------------------------------------- */

static bool is_busy_mode(const char *mode)
{
	/* guest is in user already; dpc and interrupt of Windows are in privileged */
	static const char *const others[] = { "idle", "iowait", "guest", "guest_nice",
		"dpc", "interrupt", "" };

	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		if (!strcmp(mode, others[i]))
			return false;
	}
	return true;
}

/* Its part of a figure by its labels; else why it is none of ours. */
static const char *series_instance(const struct prom_mapper *mapper,
	const struct prom_rule *rule, char instance[INSTANCE_BYTES])
{
	const char *device = mapper->labels.text[LABEL_DEVICE];
	const char *mode = mapper->labels.text[LABEL_MODE];

	snprintf(instance, INSTANCE_BYTES, "%s", device);
	if (rule->part == PART_CPU_MODE_RATIO) {
		snprintf(instance, INSTANCE_BYTES, "%s:%s",
			mapper->labels.text[LABEL_CPU], mode);
		return is_busy_mode(mode) ? NULL : "no busy time of a processor";
	}
	if (rule->device == DEVICE_ADAPTER &&
		!device_is_adapter(device, strlen(device)))
		return "an adapter that carries nothing of its own";
	if (rule->device == DEVICE_DISK && !device_is_disk(device, strlen(device)))
		return "no whole disk";
	if (rule->device == DEVICE_VOLUME && !mapper->takes_volumes)
		return "a volume: its disks are counted";
	if (!strcmp(device, "_Total"))
		return "a sum of the others";
	if (rule->device == DEVICE_NONE)
		instance[0] = '\0';
	return NULL;
}

/* --workload, the label workload or vm, the instance without its port. */
size_t prom_workload_name(const struct import_options *options,
	const struct engine_labels *labels, const char **ret_name)
{
	const char *name = options && options->workload ? options->workload
		: *labels->text[LABEL_WORKLOAD]         ? labels->text[LABEL_WORKLOAD]
		: *labels->text[LABEL_VM]               ? labels->text[LABEL_VM]
							: labels->text[LABEL_INSTANCE];
	size_t length = strlen(name);
	const char *port = strrchr(name, ':');

	if (name == labels->text[LABEL_INSTANCE] && port &&
		strspn(port + 1, "0123456789") == strlen(port + 1))
		length = (size_t)(port - name);
	*ret_name = name;
	return length;
}

static int series_workload(struct prom_mapper *mapper)
{
	const struct text_place place = { mapper->source->path, 1 };
	const char *name = NULL;
	size_t length =
		prom_workload_name(mapper->source->options, &mapper->labels, &name);
	int r = text_name(&place, "instance", name, length, mapper->err);

	if (r >= 0)
		r = mapper->sink->find_workload(
			mapper->sink, name, length, &mapper->workload, mapper->err);
	mapper->has_workload = r >= 0;
	return r;
}

/* The most frequent difference of the first samples, in seconds. */
static double series_step(const struct prom_mapper *mapper)
{
	double best = 60;
	size_t most = 0, seen = mapper->samples < 200 ? mapper->samples : 200;

	for (size_t i = 1; i < seen; i++) {
		int64_t step =
			mapper->sample[i].stamp_ms - mapper->sample[i - 1].stamp_ms;
		size_t count = 0;

		for (size_t k = 1; k < seen; k++)
			count += llabs(mapper->sample[k].stamp_ms -
					 mapper->sample[k - 1].stamp_ms - step) <= 100;
		if (count > most) {
			most = count;
			best = (double)step / 1000;
		}
	}
	return best > 0 ? best : 1;
}

/* A counter's samples become rates; the first one has none. */
static void samples_to_rates(struct prom_mapper *mapper, const struct prom_rule *rule)
{
	const struct rate_kind kind = { .width = 64,
		.bound_per_s = rule->bound_per_s * COUNTS_PER_UNIT };
	struct rate_state state = { .raw = 0 };
	struct rate_instant before = { .boot = 1 };
	double step_s = series_step(mapper);
	size_t boot = 0;

	for (size_t i = 0; i < mapper->samples; i++) {
		struct engine_sample *sample = &mapper->sample[i];
		const struct rate_instant now = { sample->stamp_ms * 1000000,
			sample->stamp_ms * 1000000,
			boot_at(mapper, sample->stamp_ms, &boot) };
		struct rate_interval interval = rate_between(&before, &now, step_s);
		double per_s = NAN;

		if (!isnan(sample->value) && sample->value >= 0 &&
			sample->value * COUNTS_PER_UNIT < 1.8e19) {
			enum rate_outcome outcome = rate_next(&state, &kind, &interval,
				(uint64_t)(sample->value * COUNTS_PER_UNIT), &per_s);

			if (outcome == RATE_RESET && mapper->sink->account)
				mapper->sink->account->resets++;
			before = now;
		}
		sample->value = per_s / COUNTS_PER_UNIT;
	}
}

/* Real scrapes never are so even: query_range gives a value for each step, also where the
 * last sample is up to five minutes old. */
static int warn_of_range(struct prom_mapper *mapper)
{
	const struct engine_sample *sample = mapper->sample;
	int64_t step = INT64_MAX;

	if (mapper->is_live || mapper->samples < 20 ||
		prom_has_front(mapper->labels.text[LABEL_METRIC], "headroom_"))
		return 0;
	for (size_t i = 1; i < mapper->samples; i++) {
		int64_t apart = sample[i].stamp_ms - sample[i - 1].stamp_ms;

		step = apart < step ? apart : step;
	}
	/* a gap that is longer than that is a gap there, too */
	for (size_t i = 1; i < mapper->samples; i++) {
		int64_t apart = sample[i].stamp_ms - sample[i - 1].stamp_ms;

		if (step <= 0 || step % 1000 != 0 || apart % step != 0)
			return 0;
	}
	return account_warn(mapper->sink->account, mapper->err,
		"its samples are as even as an answer of query_range, which hides gaps of up "
		"to five minutes: a range selector (query=NAME[30d]) gives what was scraped");
}

static int put_samples(struct prom_mapper *mapper, const struct prom_rule *rule,
	uint32_t column, size_t row)
{
	struct import_sink *sink = mapper->sink;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < mapper->samples; i++) {
		const struct engine_sample *sample = &mapper->sample[i];
		int64_t stamp = (sample->stamp_ms + 500) / 1000;

		if (stamp < mapper->from_s || stamp > mapper->to_s)
			continue;
		if (isnan(sample->value) && i == 0 && rule->is_counter)
			continue; /* nothing to compare with is no reading */
		if (!isnan(sample->value) && sample->value < 0)
			continue;
		account_count(sink->account, row, isnan(sample->value) ? 0u : 1u);
		r = sink->put_part(sink, mapper->workload, column, stamp,
			sample->value * rule->scale, mapper->err);
	}
	return r;
}

static void note_series(struct prom_mapper *mapper, const struct prom_rule *rule)
{
	if (prom_has_front(rule->name, "windows_"))
		mapper->has_windows = true;
	if (rule->device == DEVICE_ANY)
		mapper->has_physical = true;
}

static int put_series(struct prom_mapper *mapper);

/*
 * In a file the boots of a machine may stand behind its counters.  Those wait for them, or
 * for the end; what does not fit is put as it comes, and a boot of it shows as a counter that
 * falls.  A live import asks for the boots first.
 */
static bool must_hold(const struct prom_mapper *mapper)
{
	const char *instance = mapper->labels.text[LABEL_INSTANCE];

	if (mapper->is_live || mapper->is_releasing ||
		mapper->held_samples + mapper->samples > HELD_SAMPLES_MAX)
		return false;
	for (size_t i = 0; i < mapper->boots; i++)
		if (!strcmp(mapper->boot[i].instance, instance))
			return false;
	return true;
}

static int hold_series(struct prom_mapper *mapper)
{
	struct prom_held *held;

	if (ARRAY_EXTEND(mapper->held, mapper->helds) < 0)
		return err_oom(mapper->err);
	held = &mapper->held[mapper->helds];
	held->labels = mapper->labels;
	held->samples = mapper->samples;
	held->sample = calloc(mapper->samples + 1, sizeof(*held->sample));
	if (!held->sample)
		return err_oom(mapper->err);
	memcpy(held->sample, mapper->sample, mapper->samples * sizeof(*held->sample));
	mapper->helds++;
	mapper->held_samples += mapper->samples;
	return 0;
}

/* instance NULL: of all machines */
static int release_held(struct prom_mapper *mapper, const char *instance)
{
	int r = 0;

	mapper->is_releasing = true;
	for (size_t i = 0; r >= 0 && i < mapper->helds; i++) {
		struct prom_held *held = &mapper->held[i];

		if (!held->sample ||
			(instance &&
				strcmp(instance, held->labels.text[LABEL_INSTANCE]) !=
					0))
			continue;
		mapper->labels = held->labels;
		mapper->samples = 0;
		r = prom_mapper_samples(mapper, held->sample, held->samples);
		if (r >= 0)
			r = put_series(mapper);
		mapper->held_samples -= held->samples;
		free(held->sample);
		held->sample = NULL;
	}
	mapper->is_releasing = false;
	return r;
}

/* The boots of a machine have come: its counters can go. */
static int take_boots(struct prom_mapper *mapper)
{
	char instance[LABEL_BYTES];
	int r = put_boots(mapper);

	snprintf(instance, sizeof(instance), "%s", mapper->labels.text[LABEL_INSTANCE]);
	return r < 0 ? r : release_held(mapper, instance);
}

/* Boots and facts of the machine are taken before the rules are asked: no figure is
 * made of them. */
static int put_series(struct prom_mapper *mapper)
{
	const char *metric = mapper->labels.text[LABEL_METRIC];
	struct import_sink *sink = mapper->sink;
	char plain[LABEL_BYTES + 8], instance[INSTANCE_BYTES];
	const struct prom_rule *rule;
	const char *why;
	uint32_t column = 0;
	size_t row = 0;
	int r;

	(void)prom_plain_metric(metric, plain);
	if (prom_metric_is_boot(metric))
		return take_boots(mapper);
	if (take_machine_series(mapper, plain))
		return 0;
	rule = prom_rule_find(plain);
	why = rule ? series_instance(mapper, rule, instance)
		   : "no series that a figure is made of";
	if (why)
		return account_ignore(
			sink->account, metric, strlen(metric), why, mapper->err);
	if (rule->is_counter && must_hold(mapper))
		return hold_series(mapper);
	note_series(mapper, rule);
	r = series_workload(mapper);
	if (r >= 0)
		r = sink->find_part(sink, mapper->workload, rule->part, rule->kind,
			instance, strlen(instance), &column, mapper->err);
	if (r >= 0)
		r = account_map(sink->account, metric, strlen(metric),
			part_figure(rule->part), &row, mapper->err);
	if (r >= 0)
		r = warn_of_range(mapper);
	if (r >= 0 && rule->is_counter)
		samples_to_rates(mapper, rule);
	if (r >= 0)
		r = put_samples(mapper, rule, column, row);
	if (r >= 0 && rule->part == PART_MEMORY_AVAILABLE_BYTES)
		r = sink->put_fact(
			sink, mapper->workload, "memory.kind", "guest", mapper->err);
	return r;
}

int prom_mapper_series(struct prom_mapper *mapper, const struct engine_labels *labels)
{
	int r = mapper->has_series ? put_series(mapper) : 0;

	mapper->has_series = true;
	mapper->labels = *labels;
	mapper->samples = 0;
	return r;
}

int prom_mapper_samples(
	struct prom_mapper *mapper, const struct engine_sample *sample, size_t count)
{
	if (mapper->samples + count > SERIES_VALUES_MAX)
		return err_set(mapper->err, -EFBIG,
			"%s: expected at most %zu samples of a series, found more",
			mapper->source->path, SERIES_VALUES_MAX);
	if (ARRAY_RESERVE(mapper->sample, mapper->room, mapper->samples + count) < 0)
		return err_oom(mapper->err);
	memcpy(mapper->sample + mapper->samples, sample, count * sizeof(*sample));
	mapper->samples += count;
	return 0;
}

int prom_mapper_end(struct prom_mapper *mapper)
{
	int r = mapper->has_series ? put_series(mapper) : 0;

	if (r >= 0)
		r = release_held(mapper, NULL);
	mapper->has_series = false;
	mapper->samples = 0;
	return r < 0 ? r : put_machine(mapper);
}
