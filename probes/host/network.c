#include "probes/host/network.h"

#include "common/util.h"
#include "probes/host/devices.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	COLUMNS_MIN = 12,
	SPEEDS_TURNS = 60, /* a link speed is looked at once in as many turns */
};

/* Column of the line to metric. */
static const struct column {
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
	struct devices devices;
	double *speed_bps; /* per index of devices; NAN unknown */
	size_t speed_next, speed_due;
	/* In a container no adapter has a device: then the plain Ethernet ones count. */
	bool has_hardware;
	bool has_judged;
};

bool network_next(struct text *all, struct network_line *ret_line, unsigned *skipped)
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

bool network_parse_values(struct text rest, struct network_values *ret_values)
{
	return text_u64_list(&rest, ret_values->value, NETWORK_COLUMNS) >=
		COLUMNS_MIN &&
		text_is_done(&rest);
}

bool network_is_virtual_name(const char *name)
{
	static const char *const prefixes[] = { "veth", "docker", "br-", "virbr",
		"bond", "team", "tun", "tap", "dummy", "ifb", "wg", "vnet", "vmnet",
		"vboxnet", "cni", "flannel", "cali", "sit", "gre", "erspan", "ip6",
		"ip_vti", "tunl", "vxlan", "geneve", "nlmon", "macvtap", "macvlan",
		"ipvlan", "kube-", "lxc", "lxdbr", "podman", "teql", "isatap", "ppp",
		"nb-", "ovs-", "vlan", "vif", "can", "vcan", "zt", "tailscale", "fwbr",
		"fwln", "fwpr", "vmbr", "eql" };

	if (!strcmp(name, "lo") || strpbrk(name, ".@:"))
		return true; /* loopback; VLAN, alias */
	if (!strncmp(name, "br", 2) && name[2] >= '0' && name[2] <= '9')
		return true;
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

/* sys/class/net/<name>/<rest>; false where the name cannot be a path. */
static bool net_path(char *path, size_t size, const char *name, const char *rest)
{
	int length;

	if (strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, ".."))
		return false;
	length = snprintf(path, size, "sys/class/net/%s%s", name, rest);
	return length > 0 && (size_t)length < size;
}

static bool net_exists(const struct host_root *root, const char *name, const char *rest)
{
	char path[192];

	return net_path(path, sizeof(path), name, rest) && hostroot_exists(root, path);
}

enum network_kind network_judge(const struct host_root *root, const char *name)
{
	static const char *const paravirtual[] = { "virtio_net", "vmxnet3", "hv_netvsc",
		"vif", "xen_netfront", "netfront", "vmxnet", "ibmveth", "qeth" };
	char path[192];
	char driver[64];

	if (!net_exists(root, name, ""))
		return !hostroot_exists(root, "sys/class/net") &&
				!network_is_virtual_name(name)
			? NETWORK_PARAVIRTUAL
			: NETWORK_VIRTUAL;
	if (!net_exists(root, name, "/device") ||
		net_exists(root, name, "/master/device"))
		return NETWORK_VIRTUAL;
	if (!net_path(path, sizeof(path), name, "/device/driver") ||
		hostroot_read_link(root, path, driver, sizeof(driver)) < 0) {
		/* virtio: the adapter's device is a child of the one with the driver */
		return NETWORK_PARAVIRTUAL;
	}
	for (size_t i = 0; i < ARRAY_LEN(paravirtual); i++)
		if (!strcmp(driver, paravirtual[i]))
			return NETWORK_PARAVIRTUAL;
	return NETWORK_HARDWARE;
}

/* An Ethernet end that is nobody's master, tunnel or tap: a container's eth0. */
static bool is_plain_ethernet(const struct host_root *root, const char *name)
{
	/* the host's ends of pairs, and devices that nothing comes out of */
	static const char *const ends[] = { "dummy", "ifb", "docker", "veth" };
	static const char *const signs[] = { "/bridge", "/bonding", "/tun_flags",
		"/master" };
	char path[192];
	char text[512];
	uint64_t type;

	if (!net_path(path, sizeof(path), name, "/type") ||
		hostroot_read_u64(root, path, &type) < 0 || type != 1)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(signs); i++)
		if (net_exists(root, name, signs[i]))
			return false;
	/* bridge, bond, vlan, vxlan, macvlan ... say what they are; veth does not */
	if (!net_path(path, sizeof(path), name, "/uevent") ||
		hostroot_read_text(root, path, text, sizeof(text)) < 0 ||
		strstr(text, "DEVTYPE="))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (!strncmp(name, ends[i], strlen(ends[i])))
			return false;
	return true;
}

double network_speed_bps(const struct host_root *root, const char *name)
{
	char path[192];
	uint64_t mbit;

	/* -1 and EINVAL: unknown, or the link is down */
	if (!net_path(path, sizeof(path), name, "/speed") ||
		hostroot_read_u64(root, path, &mbit) < 0 || mbit == 0 || mbit > 4000000)
		return NAN;
	return (double)mbit * 1e6;
}

static int network_open(struct probe_state **ret_state,
	const struct probe_context *context, struct err *err)
{
	struct probe_state *state = calloc(1, sizeof(*state));

	if (!state)
		return err_oom(err);
	state->context = context;
	hostroot_file_init(&state->file, context->root, "proc/net/dev");
	state->speed_bps = calloc(DEVICES_MAX, sizeof(*state->speed_bps));
	if (!state->speed_bps || devices_init(&state->devices, METRIC_FILE_NET) < 0) {
		free(state->speed_bps);
		free(state);
		return err_oom(err);
	}
	*ret_state = state;
	return 0;
}

static double read_speed(const struct probe_state *state, const struct device *device)
{
	double bps = network_speed_bps(state->context->root, device->name);

	/* without a device the kernel makes a figure up (veth: 10 Gbit/s) */
	return state->has_hardware ? bps : NAN;
}

/* No adapter with a device, and sysfs is there: a container, or its like. */
static bool has_hardware(struct probe_state *state, size_t length)
{
	struct text all = text_of(state->context->text, length);
	const struct host_root *root = state->context->root;
	struct network_line line;
	unsigned skipped = 0;

	while (network_next(&all, &line, &skipped)) {
		char name[DEVICES_NAME_MAX];
		size_t size = (size_t)(line.name.end - line.name.at);

		if (size >= sizeof(name))
			continue;
		memcpy(name, line.name.at, size);
		name[size] = '\0';
		if (network_judge(root, name) != NETWORK_VIRTUAL)
			return true;
	}
	return !hostroot_exists(root, "sys/class/net");
}

static void judge(struct probe_state *state, struct device *device, struct sink *sink)
{
	const struct host_root *root = state->context->root;
	size_t index = (size_t)(device - state->devices.device);
	enum network_kind kind = network_judge(root, device->name);

	if (kind == NETWORK_VIRTUAL && !state->has_hardware &&
		is_plain_ethernet(root, device->name))
		kind = NETWORK_PARAVIRTUAL;
	if (kind == NETWORK_VIRTUAL)
		return;
	device->flags = (uint8_t)kind;
	state->speed_bps[index] = read_speed(state, device);
	devices_count(&state->devices, device, sink);
}

/* Each name once in SPEEDS_TURNS turns: with a thousand of them no turn stands out. */
static void refresh_speeds(struct probe_state *state)
{
	struct devices *devices = &state->devices;

	state->speed_due += devices->high;
	for (; state->speed_due >= SPEEDS_TURNS; state->speed_due -= SPEEDS_TURNS) {
		size_t index = state->speed_next++ % devices->high;

		if (devices->device[index].is_counted)
			state->speed_bps[index] =
				read_speed(state, &devices->device[index]);
	}
}

static void put_values(struct probe_state *state, const struct device *device,
	const struct network_values *values, struct sink *sink)
{
	double bps = state->speed_bps[device - state->devices.device];

	if (!isnan(bps)) {
		sink->put_gauge(sink, METRIC_NET_SPEED_BPS, device->slot, bps);
		if (device->flags == NETWORK_HARDWARE)
			sink->put_gauge(sink, METRIC_NET_BOUND_BPS, device->slot, bps);
	}
	for (size_t i = 0; i < ARRAY_LEN(columns); i++)
		sink->put_counter(sink, columns[i].metric, device->slot,
			values->value[columns[i].index]);
}

static int network_read(
	struct probe_state *state, struct sink *sink, bool is_slow, struct err *err)
{
	const struct probe_context *context = state->context;
	struct network_line line;
	unsigned skipped = 0;
	struct text all;
	size_t length;
	int r = hostroot_file_read(
		&state->file, context->text, context->text_size, &length, err);

	(void)is_slow;
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (!state->has_judged) {
		state->has_hardware = has_hardware(state, length);
		state->has_judged = true;
	}
	refresh_speeds(state);
	devices_begin(&state->devices);
	all = text_of(context->text, length);
	while (network_next(&all, &line, &skipped)) {
		struct network_values values;
		bool is_new;
		struct device *device =
			devices_seen(&state->devices, &line.name, &is_new);

		if (device && is_new)
			judge(state, device, sink);
		if (!device || !device->is_counted)
			continue;
		if (network_parse_values(line.rest, &values))
			put_values(state, device, &values, sink);
		else
			skipped++;
	}
	devices_end(&state->devices, sink);
	/* a damaged line may have been an adapter: the sum is then unknown */
	if (skipped)
		return err_set(err, -EINVAL, "proc/net/dev: %u damaged lines", skipped);
	sink->complete(sink, METRIC_FILE_NET);
	return 0;
}

static void network_close(struct probe_state *state)
{
	if (!state)
		return;
	hostroot_file_done(&state->file);
	devices_done(&state->devices);
	free(state->speed_bps);
	free(state);
}

const struct probe network_probe = {
	.name = "network",
	.help = "traffic, packets, errors and drops per network adapter",
	.open = network_open,
	.read = network_read,
	.close = network_close,
};
