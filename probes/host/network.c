#include "probes/host/network.h"

#include "common/each_tick.h"
#include "common/util.h"
#include "probes/host/devices.h"
#include "probes/host/machine.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	COLUMNS_MIN = 12,
	JUDGED_AT_ONCE = 64, /* adapters a reading: with a thousand none stands out */
	/* slow turns in which all that is known of an adapter is read again: the first after
	 * a change, and one in ten */
	WHOLE_AFTER_CHANGE = 3,
	WHOLE_EVERY = 10,
	/* flags of a device: the enum network_kind of network_judge, and */
	IS_PLAIN = 4, /* counted because there is no hardware */
	KIND_MASK = 3,
};

/* Column of the line to metric. */
static const struct net_column {
	enum metric_id metric;
	unsigned index;
} columns[] = {
	{ METRIC_NET_RX_BPS, 0 },
	{ METRIC_NET_RX_PPS, 1 },
	{ METRIC_NET_RX_ERRORS_S, 2 },
	{ METRIC_NET_RX_DROPS_S, 3 },
	{ METRIC_NET_TX_BPS, 8 },
	{ METRIC_NET_TX_PPS, 9 },
	{ METRIC_NET_TX_ERRORS_S, 10 },
	{ METRIC_NET_TX_DROPS_S, 11 },
};

struct probe_state {
	const struct probe_context *context; /* borrowed */
	struct host_file file;
	size_t judge_next, judge_due; /* who is judged next, and how many still are */
	unsigned whole_left, whole_turn;
	bool is_brief; /* of those that are due only what changes often is read */
	bool is_guest; /* the speed of a link is a label */
	/* In a container no adapter has a device: then the plain Ethernet ones count. */
	bool has_hardware;
	bool is_begun;
	struct devices devices; /* figure: the speed in bit/s, NAN unknown */
};

EACH_TICK bool network_next(
	struct text *all, struct network_line *ret_line, unsigned *skipped)
{
	struct text line;

	while (text_line(all, &line)) {
		const char *colon;

		text_blanks(&line);
		/* an alias such as eth0:1 has its colon too: the last one counts */
		colon = memrchr(line.at, ':', (size_t)(line.end - line.at));
		if (!colon)
			continue; /* a header, or empty */
		ret_line->name = (struct text){ line.at, colon };
		ret_line->rest = (struct text){ colon + 1, line.end };
		if (line.at < colon &&
			!memchr(line.at, '\0', (size_t)(colon - line.at)))
			return true;
		(*skipped)++;
	}
	return false;
}

EACH_TICK bool network_parse_values(struct text rest, struct network_values *ret_values)
{
	return text_u64_list(&rest, ret_values->value, NETWORK_COLUMNS) >=
		COLUMNS_MIN &&
		text_is_done(&rest);
}

static int network_open(struct probe_state **ret_state,
	const struct probe_context *context, struct err *err)
{
	struct probe_state *state = calloc(1, sizeof(*state));

	if (!state)
		return err_oom(err);
	state->context = context;
	hostroot_file_init(&state->file, context->root, "proc/net/dev");
	devices_init(&state->devices, METRIC_FILE_NET);
	*ret_state = state;
	return 0;
}

/* ---- which are counted, and for how long ------------------------------------------- */

static enum network_kind kind_of_device(const struct host_device *device)
{
	return (enum network_kind)(device->flags & KIND_MASK);
}

/* Judged again: masters, hardware and names come later than the adapter. */
static void judge_device(
	struct probe_state *state, struct host_device *device, struct sink *sink)
{
	const struct host_root *root = state->context->root;
	enum network_kind kind = network_judge(root, device->name);
	bool is_plain = kind == NETWORK_VIRTUAL && !state->has_hardware &&
		network_is_plain_end(root, device->name);
	bool is_wanted = kind != NETWORK_VIRTUAL || is_plain;

	device->flags = (uint8_t)(is_plain ? NETWORK_PARAVIRTUAL | IS_PLAIN : kind);
	/* without a device the kernel makes a speed up (veth: 10 Gbit/s) */
	device->figure =
		is_wanted && !is_plain ? network_speed_bps(root, device->name) : NAN;
	if (is_wanted && !device->is_counted && !device->is_waiting)
		devices_count(&state->devices, device, sink);
	else if (!is_wanted)
		devices_uncount(&state->devices, device, sink);
}

/* What of a counted adapter changes while it is here: that it gets a master, its speed. */
static void look_at_counted(
	struct probe_state *state, struct host_device *device, struct sink *sink)
{
	const struct host_root *root = state->context->root;

	if (device->flags & IS_PLAIN || network_has_master(root, device->name))
		judge_device(state, device, sink);
	else
		device->figure = network_speed_bps(root, device->name);
}

static bool find_hardware(const struct probe_state *state)
{
	const struct devices *devices = &state->devices;

	for (size_t i = 0; i < devices->high; i++)
		if (devices->device[i].seen &&
			kind_of_device(&devices->device[i]) != NETWORK_VIRTUAL &&
			!(devices->device[i].flags & IS_PLAIN))
			return true;
	return !hostroot_exists(state->context->root, "sys/class/net");
}

/* The pass-through half of a paravirtual adapter gets its master a moment after it
 * appears, and again each time the host is serviced: looked at in each reading. */
static void judge_passed_through(struct probe_state *state, struct sink *sink)
{
	struct devices *devices = &state->devices;

	for (size_t i = 0; i < devices->high; i++) {
		struct host_device *device = &devices->device[i];

		if (device->seen && kind_of_device(device) == NETWORK_HARDWARE &&
			device->is_counted &&
			network_has_master(state->context->root, device->name))
			judge_device(state, device, sink);
	}
}

static void judge_some(struct probe_state *state, struct sink *sink)
{
	struct devices *devices = &state->devices;

	for (unsigned i = 0; i < JUDGED_AT_ONCE && state->judge_due > 0; i++) {
		size_t index = state->judge_next++ % devices->high;
		struct host_device *device = &devices->device[index];

		state->judge_due--;
		if (device->seen && state->is_brief && device->is_counted)
			look_at_counted(state, device, sink);
		else if (device->seen)
			judge_device(state, device, sink);
	}
}

/* The whole of it, or what changes often? */
static bool is_brief_turn(struct probe_state *state, bool is_changed)
{
	bool is_brief;

	if (is_changed)
		state->whole_left = WHOLE_AFTER_CHANGE + 1;
	is_brief = state->whole_left == 0 && state->whole_turn != 0;
	if (state->whole_left > 0)
		state->whole_left--;
	state->whole_turn = (state->whole_turn + 1) % WHOLE_EVERY;
	return is_brief;
}

/* After the names of this reading are known: all again when they are others than before,
 * and once a minute. */
static void judge_again(
	struct probe_state *state, bool is_set_new, bool is_slow, struct sink *sink)
{
	bool has_hardware = find_hardware(state);

	if (is_set_new || is_slow || has_hardware != state->has_hardware) {
		state->is_brief = is_brief_turn(
			state, is_set_new || has_hardware != state->has_hardware);
		state->judge_due = state->devices.high;
	}
	state->has_hardware = has_hardware;
	if (state->is_guest)
		judge_passed_through(state, sink);
	judge_some(state, sink);
}

/* At the first reading: is there hardware?  Before any is counted. */
static void begin_judging(struct probe_state *state, size_t length)
{
	const struct host_root *root = state->context->root;
	struct text all = text_of(state->context->text, length);
	struct network_line line;
	unsigned skipped = 0;

	state->is_begun = true;
	state->is_guest = machine_is_guest(root);
	state->has_hardware = !hostroot_exists(root, "sys/class/net");
	while (!state->has_hardware && network_next(&all, &line, &skipped)) {
		char name[DEVICES_NAME_MAX];
		size_t size = (size_t)(line.name.end - line.name.at);

		if (size >= sizeof(name))
			continue;
		memcpy(name, line.name.at, size);
		name[size] = '\0';
		state->has_hardware = network_judge(root, name) != NETWORK_VIRTUAL;
	}
}

/* ---- a reading -------------------------------------------------------------------- */

static void put_adapter(struct probe_state *state, const struct host_device *device,
	const struct network_values *values, struct sink *sink)
{
	double bps = device->figure;

	if (!isnan(bps)) {
		sink->put_gauge(sink, METRIC_NET_SPEED_BPS, device->spot, bps);
		if (kind_of_device(device) == NETWORK_HARDWARE && !state->is_guest &&
			network_is_link_speed(bps))
			sink->put_gauge(sink, METRIC_NET_BOUND_BPS, device->spot, bps);
	}
	for (size_t i = 0; i < ARRAY_LEN(columns); i++)
		sink->put_counter(sink, columns[i].metric, device->spot,
			values->value[columns[i].index]);
}

static void watch_adapter(
	struct devices *devices, struct host_device *device, struct text rest)
{
	struct network_values values;
	uint64_t bytes;

	if (!strcmp(device->name, "lo"))
		return;
	if (devices->counted > 0) {
		devices_watch(devices, device, NULL);
	} else if (network_parse_values(rest, &values)) {
		bytes = values.value[0] + values.value[8];
		devices_watch(devices, device, &bytes);
	}
}

/* A damaged line may have been an adapter: the sum is then unknown. */
static int finish_network(
	struct probe_state *state, unsigned skipped, struct sink *sink, struct err *err)
{
	enum devices_verdict verdict = devices_verdict(&state->devices);

	if (skipped)
		return err_set(err, -EINVAL, "proc/net/dev: %u damaged lines", skipped);
	if (verdict == DEVICES_MOVE)
		return err_set(err, -ENODATA,
			"no adapter that is listed is counted, but %s carries traffic: the network demand is unknown",
			state->devices.moving);
	if (verdict == DEVICES_ADD_UP)
		sink->complete(sink, METRIC_FILE_NET);
	return 0;
}

EACH_TICK static int network_read(
	struct probe_state *state, struct sink *sink, bool is_slow, struct err *err)
{
	const struct probe_context *context = state->context;
	struct network_line line;
	unsigned skipped = 0;
	struct text all;
	size_t length;
	int r = hostroot_file_read_short(
		&state->file, context->text, context->text_size, &length, err);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (!state->is_begun)
		begin_judging(state, length);
	devices_begin(&state->devices);
	all = text_of(context->text, length);
	while (network_next(&all, &line, &skipped)) {
		struct network_values values;
		bool is_new;
		struct host_device *device =
			devices_seen(&state->devices, &line.name, &is_new);

		if (device && is_new)
			judge_device(state, device, sink);
		if (device && !device->is_counted)
			watch_adapter(&state->devices, device, line.rest);
		if (!device || !device->is_counted)
			continue;
		if (network_parse_values(line.rest, &values))
			put_adapter(state, device, &values, sink);
		else
			skipped++;
	}
	judge_again(state, devices_end(&state->devices, sink), is_slow, sink);
	return finish_network(state, skipped, sink, err);
}

static void network_close(struct probe_state *state)
{
	if (!state)
		return;
	hostroot_file_done(&state->file);
	free(state);
}

const struct probe network_probe = {
	.name = "network",
	.help = "traffic, packets, errors and drops per network adapter",
	.open = network_open,
	.read = network_read,
	.close = network_close,
};
