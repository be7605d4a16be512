#include "analyze/import/live.h"

#include "analyze/import/formats/prometheus_rules.h"
#include "analyze/import/formats/prometheus_series.h"
#include "common/array.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of one answer: 64 processors at 15 s are 80 MB of parts. */
#define SLICE_S (4 * 86400)
/* Before the first reading that is wanted: counters need a sample before it. */
#define LEAD_S 900
#define MACHINES_MAX 1000000
/* Modes in which no processor works: they need not be sent. */
#define IDLE_MODES "idle|iowait|guest|guest_nice|dpc|interrupt"

/* What is asked for: all series with these values of these labels. */
struct live_selection {
	enum engine_label label; /* LABEL_WORKLOAD, LABEL_VM, LABEL_INSTANCE */
	char *value;
	char *name; /* of the workload: borrowed from value, or cut */
};

struct live_machine {
	size_t first, count; /* of the selections, which are sorted by name */
	char *path;
};

struct live {
	struct import_origin origin; /* first: the origin is it */
	struct live_request request;
	struct engine_link *engine;
	struct selector matched; /* --match */
	/* names of metrics that the server has, as a regular expression */
	struct strbuf boots, volumes, others;
	struct live_selection *selection;
	size_t selections, selection_room;
	struct live_machine *machine;
};

static const char *const label_names[LABEL_COUNT] = {
	[LABEL_WORKLOAD] = "workload", [LABEL_VM] = "vm", [LABEL_INSTANCE] = "instance"
};

/* ---- what the server has ------------------------------------------------------------------ */

static int add_alternative(struct strbuf *out, const char *name)
{
	if (out->length)
		strbuf_add(out, "|");
	selector_quote_regex(name, out);
	return strbuf_failed(out);
}

static int add_wanted(void *data, const char *name, struct err *err)
{
	int r = add_alternative(data, name);

	return r < 0 ? err_set(err, r, "the names of metrics are too long") : 0;
}

/* --match and more matchers; what was added is of the caller's selector. */
static int select_matched(
	const struct live *live, struct selector *selector, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < live->matched.count; i++)
		r = selector_add(selector, live->matched.matcher[i].type,
			live->matched.matcher[i].name, live->matched.matcher[i].value,
			err);
	return r;
}

static int select_names(const struct live *live, const char *names,
	struct selector *selector, struct err *err)
{
	int r = selector_add(selector, MATCH_REGEX, "__name__", names, err);

	return r < 0 ? r : select_matched(live, selector, err);
}

static int ask_label(struct live *live, const char *label, const char *names,
	int (*one)(struct live *live, const char *value, struct err *err),
	struct err *err)
{
	struct selector selector = { .count = 0 };
	struct engine_item item;
	int r = select_names(live, names, &selector, err);

	if (r == 0)
		r = engine_ask_names(live->engine, label, &selector,
			live->request.since * 1000, live->request.until * 1000, err);
	while (r == 0 && (r = engine_next(live->engine, &item, err)) > 0)
		r = item.kind == ITEM_NAME ? one(live, item.name, err) : 0;
	selector_done(&selector);
	return r;
}

static int take_metric(struct live *live, const char *name, struct err *err)
{
	struct strbuf *of = prom_metric_is_boot(name) ? &live->boots
		: prom_metric_is_volume(name)         ? &live->volumes
						      : &live->others;

	return add_wanted(of, name, err);
}

static int add_selection(
	struct live *live, enum engine_label label, const char *value, struct err *err)
{
	const struct text_place place = { live->request.engine.url, 1 };
	struct live_selection *selection;
	struct engine_labels labels = { .text = { "" } };
	const struct import_options options = { .workload = live->request.workload };
	const char *name = NULL;
	size_t length;
	int r;

	snprintf(labels.text[label], LABEL_BYTES, "%s", value);
	length = prom_workload_name(&options, &labels, &name);
	r = text_name(&place, label_names[label], name, length, err);
	if (r < 0)
		return r;
	if (live->selections == MACHINES_MAX)
		return err_set(err, -EFBIG,
			"%s: expected at most %d machines, found more",
			live->request.engine.url, MACHINES_MAX);
	if (ARRAY_RESERVE(live->selection, live->selection_room, live->selections + 1) <
		0)
		return err_oom(err);
	selection = &live->selection[live->selections];
	*selection = (struct live_selection){
		.label = label, .value = strdup(value), .name = strndup(name, length)
	};
	live->selections++;
	return selection->value && selection->name ? 0 : err_oom(err);
}

static int take_workload_value(struct live *live, const char *value, struct err *err)
{
	return add_selection(live, LABEL_WORKLOAD, value, err);
}

static int take_vm_value(struct live *live, const char *value, struct err *err)
{
	return add_selection(live, LABEL_VM, value, err);
}

static int take_instance_value(struct live *live, const char *value, struct err *err)
{
	return add_selection(live, LABEL_INSTANCE, value, err);
}

static int by_selection_name(const void *a, const void *b)
{
	const struct live_selection *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order                   ? order
		: x->label != y->label ? (x->label < y->label ? -1 : 1)
				       : strcmp(x->value, y->value);
}

/* Several instances of a host (its exporters) are one machine. */
static int group_selections(struct live *live, struct err *err)
{
	struct live_machine *machine = NULL;

	qsort(live->selection, live->selections, sizeof(*live->selection),
		by_selection_name);
	live->machine = calloc(live->selections + 1, sizeof(*live->machine));
	if (!live->machine)
		return err_oom(err);
	for (size_t i = 0; i < live->selections; i++) {
		if (i > 0 &&
			!strcmp(live->selection[i].name, live->selection[i - 1].name)) {
			machine->count++;
			continue;
		}
		machine = &live->machine[live->origin.count];
		*machine = (struct live_machine){ .first = i, .count = 1 };
		if (asprintf(&machine->path, "%s %s", live->request.engine.url,
			    live->selection[i].value) < 0) {
			machine->path = NULL;
			return err_oom(err);
		}
		live->origin.count++;
	}
	return 0;
}

static int live_find_machines(struct live *live, struct err *err)
{
	struct strbuf all;
	int r;

	strbuf_init(&all, SELECTOR_TEXT_MAX);
	r = prom_metrics_each(add_wanted, &all, err);
	if (r == 0)
		r = ask_label(live, "__name__", strbuf_text(&all), take_metric, err);
	strbuf_done(&all);
	if (r == 0 && !live->others.length && !live->volumes.length)
		return err_set(err, -ENOENT,
			"%s: no series of node_exporter, windows_exporter or "
			"collectord-sender%s since the time asked for",
			live->request.engine.url,
			live->request.match ? " that --match names" : "");
	strbuf_init(&all, SELECTOR_TEXT_MAX);
	strbuf_add(&all, strbuf_text(&live->others));
	if (live->volumes.length)
		strbuf_addf(&all, "%s%s", all.length ? "|" : "",
			strbuf_text(&live->volumes));
	if (r == 0)
		r = ask_label(
			live, "workload", strbuf_text(&all), take_workload_value, err);
	if (r == 0)
		r = ask_label(live, "vm", strbuf_text(&all), take_vm_value, err);
	if (r == 0)
		r = ask_label(
			live, "instance", strbuf_text(&all), take_instance_value, err);
	strbuf_done(&all);
	return r < 0 ? r : group_selections(live, err);
}

/* ---- one machine --------------------------------------------------------------------------- */

/* Readings from the one stamp to the other; both are in. */
struct live_span {
	int64_t from_s, to_s;
};

/* Of the time asked for, what is not stored: before it and behind it. */
static size_t missing_spans(const struct live *live, const struct workload *stored,
	struct live_span span[2])
{
	int64_t since = live->request.since, until = live->request.until;
	int64_t first, last;
	size_t count = 0;

	if (!stored || stored->last == 0) {
		span[0] = (struct live_span){ since, until };
		return 1;
	}
	/* a stamp belongs to the nearest slot, rounded half up */
	first = stored->first + stored->phase_s - (int64_t)stored->step_s / 2 - 1;
	last = stored->last + stored->phase_s + ((int64_t)stored->step_s + 1) / 2;
	if (since <= first)
		span[count++] =
			(struct live_span){ since, first < until ? first : until };
	if (last <= until)
		span[count++] =
			(struct live_span){ last > since ? last : since, until };
	return count;
}

struct live_reading {
	struct live *live;
	struct prom_mapper *mapper;
	const struct live_machine *machine;
	struct err *err;
};

static int live_read_names(struct live_reading *reading,
	const struct live_selection *selection, const char *names, int64_t from_s,
	int64_t to_s)
{
	struct live *live = reading->live;
	struct selector selector = { .count = 0 };
	struct engine_item item;
	int r = select_names(live, names, &selector, reading->err);

	if (r == 0)
		r = selector_add(&selector, MATCH_EQUAL, label_names[selection->label],
			selection->value, reading->err);
	/* a series that names its workload is no other's */
	for (int label = LABEL_WORKLOAD; r == 0 && label < (int)selection->label;
		label++)
		if (label_names[label])
			r = selector_add(&selector, MATCH_EQUAL, label_names[label], "",
				reading->err);
	if (r == 0)
		r = selector_add(
			&selector, MATCH_NOT_REGEX, "mode", IDLE_MODES, reading->err);
	if (r == 0)
		r = engine_ask_series(live->engine, &selector, from_s * 1000,
			to_s * 1000, reading->err);
	while (r == 0 && (r = engine_next(live->engine, &item, reading->err)) > 0)
		r = item.kind == ITEM_SERIES
			? prom_mapper_series(reading->mapper, item.labels)
			: item.kind == ITEM_SAMPLES
			? prom_mapper_samples(reading->mapper, item.sample, item.count)
			: 0;
	selector_done(&selector);
	return r;
}

/* The names of one kind from all its instances, a piece that the engine gives at a time. */
static int read_kind(struct live_reading *reading, const struct strbuf *names,
	int64_t from_s, int64_t to_s)
{
	const struct live_machine *machine = reading->machine;
	int r = 0;

	for (size_t i = 0; r >= 0 && names->length && i < machine->count; i++)
		r = live_read_names(reading,
			&reading->live->selection[machine->first + i],
			strbuf_text(names), from_s, to_s);
	return r < 0 ? r : prom_mapper_end(reading->mapper);
}

static int read_slice(struct live_reading *reading, int64_t from_s, int64_t to_s)
{
	struct live *live = reading->live;
	int64_t lead_s = from_s - LEAD_S;
	int r;

	prom_mapper_keep(reading->mapper, from_s, to_s);
	prom_mapper_next_slice(reading->mapper);
	r = read_kind(reading, &live->boots, lead_s, to_s);
	if (r >= 0)
		r = read_kind(reading, &live->others, lead_s, to_s);
	if (r >= 0 && prom_mapper_wants_volumes(reading->mapper)) {
		prom_mapper_take_volumes(reading->mapper);
		r = read_kind(reading, &live->volumes, lead_s, to_s);
	}
	return r;
}

static int read_span(struct live_reading *reading, const struct live_span *span,
	struct import_sink *sink,
	int (*settle)(struct import_sink *sink, struct err *err))
{
	int64_t length_s = engine_span_ms(reading->live->engine) / 1000 - LEAD_S;
	int r = 0;

	if (length_s > SLICE_S)
		length_s = SLICE_S;
	for (int64_t at = span->from_s; r >= 0 && at <= span->to_s; at += length_s) {
		int64_t to_s = at + length_s - 1;

		r = read_slice(reading, at, to_s < span->to_s ? to_s : span->to_s);
		if (r >= 0)
			r = settle(sink, reading->err);
	}
	return r;
}

static int live_read(struct import_origin *origin, size_t index,
	const struct workload *stored, struct import_sink *sink,
	int (*settle)(struct import_sink *sink, struct err *err), uint64_t *ret_bytes,
	struct err *err)
{
	struct live *live = (struct live *)origin;
	const struct live_machine *machine = &live->machine[index];
	const struct import_options options = {
		.workload = live->selection[machine->first].name,
		.now = live->request.until
	};
	const struct import_source source = { .path = machine->path,
		.options = &options };
	struct live_reading reading = { .live = live, .machine = machine, .err = err };
	uint64_t before = engine_samples(live->engine);
	struct live_span span[2];
	size_t spans = missing_spans(live, stored, span);
	int r = prom_mapper_new(&source, sink, &reading.mapper, err);

	for (size_t i = 0; r >= 0 && i < spans; i++)
		r = read_span(&reading, &span[i], sink, settle);
	prom_mapper_free(reading.mapper);
	*ret_bytes =
		(engine_samples(live->engine) - before) * sizeof(struct engine_sample);
	return r;
}

static const char *live_path(struct import_origin *origin, size_t index)
{
	return ((struct live *)origin)->machine[index].path;
}

static const char *live_name(struct import_origin *origin, size_t index)
{
	struct live *live = (struct live *)origin;

	return live->selection[live->machine[index].first].name;
}

enum engine_way live_way(const struct import_origin *origin)
{
	return engine_way(((const struct live *)(const void *)origin)->engine);
}

uint64_t live_samples(const struct import_origin *origin)
{
	return engine_samples(((const struct live *)(const void *)origin)->engine);
}

int live_open(const struct live_request *request, struct import_origin **ret_origin,
	struct err *err)
{
	struct live *live = calloc(1, sizeof(*live));
	int r;

	if (!live)
		return err_oom(err);
	live->origin = (struct import_origin){
		.path = live_path, .name = live_name, .read = live_read
	};
	live->request = *request;
	strbuf_init(&live->boots, SELECTOR_TEXT_MAX);
	strbuf_init(&live->volumes, SELECTOR_TEXT_MAX);
	strbuf_init(&live->others, SELECTOR_TEXT_MAX);
	r = request->match ? selector_parse(&live->matched, request->match, err) : 0;
	if (r == 0)
		r = engine_open(&request->engine, &live->engine, err);
	if (r == 0)
		r = live_find_machines(live, err);
	if (r < 0)
		live_close(&live->origin);
	else
		*ret_origin = &live->origin;
	return r;
}

void live_close(struct import_origin *origin)
{
	struct live *live = (struct live *)origin;

	if (!live)
		return;
	for (size_t i = 0; i < live->selections; i++) {
		free(live->selection[i].value);
		free(live->selection[i].name);
	}
	for (size_t i = 0; i < live->origin.count; i++)
		free(live->machine[i].path);
	free(live->selection);
	free(live->machine);
	selector_done(&live->matched);
	strbuf_done(&live->boots);
	strbuf_done(&live->volumes);
	strbuf_done(&live->others);
	engine_close(live->engine);
	free(live);
}
