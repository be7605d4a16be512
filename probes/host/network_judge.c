/* Which adapters are an end of their own; see network.h. */
#include "probes/host/network.h"

#include "common/util.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ADAPTERS_LOOKED_AT = 4096, LOWER_MAX = 512 };

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

static bool read_net_text(const struct host_root *root, const char *name,
	const char *rest, char *text, size_t size)
{
	char path[192];

	return net_path(path, sizeof(path), name, rest) &&
		hostroot_read_text(root, path, text, size) == 0;
}

static bool read_net_u64(const struct host_root *root, const char *name,
	const char *rest, uint64_t *ret_value)
{
	char path[192];

	return net_path(path, sizeof(path), name, rest) &&
		hostroot_read_u64(root, path, ret_value) == 0;
}

/* Types that carry no IP, or all frames in the air (include/uapi/linux/if_arp.h). */
static bool is_no_ip_type(uint64_t type)
{
	static const unsigned types[] = { 280 /* CAN */, 801, 802,
		803 /* 802.11 frames */, 804, 805 /* 802.15.4 */, 820, 821 /* PHONET */,
		824 /* netlink */, 826 /* vsock */ };

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (types[i] == type)
			return true;
	return false;
}

/* "DEVTYPE=" of uevent, which bridges, bonds, VLANs ... have; "" without. */
static void read_devtype(
	const struct host_root *root, const char *name, char *type, size_t size)
{
	static const char key[] = "DEVTYPE=";
	char text[512];
	const char *at;

	type[0] = '\0';
	if (!read_net_text(root, name, "/uevent", text, sizeof(text)))
		return;
	at = strstr(text, key);
	if (!at)
		return;
	at += sizeof(key) - 1;
	(void)snprintf(type, size, "%.*s", (int)strcspn(at, "\r\n"), at);
}

/* The ports of an embedded switch, functions of an adapter in switchdev mode: "pf0vf3",
 * "pf0sf1", "c1pf0vf2" show what went through the up-link ("p0"). */
static bool is_representor(const struct host_root *root, const char *name)
{
	char port[64];
	const char *at;

	if (!read_net_text(root, name, "/phys_port_name", port, sizeof(port)))
		return false;
	at = port;
	if (*at == 'c')
		at += 1 + strspn(at + 1, "0123456789");
	return !strncmp(at, "pf", 2) && at[2] >= '0' && at[2] <= '9';
}

/* The host's end of a guest's Xen adapter; what it carries leaves by another adapter. */
static bool is_backend(const struct host_root *root, const char *name)
{
	char node[128];

	return read_net_text(root, name, "/device/nodename", node, sizeof(node)) &&
		!strncmp(node, "backend/", 8);
}

static bool is_conduit(const void *context, const char *name)
{
	return net_exists(context, name, "/dsa");
}

/* The adapter behind the ports of a switch chip, which counts what they all carry. */
static bool has_conduit(const struct host_root *root)
{
	return hostroot_find(
		root, "sys/class/net", ADAPTERS_LOOKED_AT, is_conduit, root);
}

bool network_has_master(const struct host_root *root, const char *name)
{
	return net_exists(root, name, "/master/device");
}

/* A device of its own, which is nevertheless another view of the same traffic. */
static bool is_second_view(const struct host_root *root, const char *name)
{
	enum { TYPE_INFINIBAND = 32 };
	char devtype[32];
	uint64_t type = 1;

	if (read_net_u64(root, name, "/type", &type) && is_no_ip_type(type))
		return true;
	if (type == TYPE_INFINIBAND && net_exists(root, name, "/parent"))
		return true; /* a partition of its adapter */
	if (network_has_master(root, name))
		return true;
	read_devtype(root, name, devtype, sizeof(devtype));
	if (!strcmp(devtype, "dsa") && has_conduit(root))
		return true;
	return is_representor(root, name) || is_backend(root, name);
}

enum network_kind network_judge(const struct host_root *root, const char *name)
{
	static const char *const paravirtual[] = { "virtio_net", "vmxnet3", "hv_netvsc",
		"vif", "xen_netfront", "netfront", "vmxnet", "ibmveth", "qeth" };
	char path[192];
	char driver[64];

	if (!net_exists(root, name, "/device"))
		return !network_is_virtual_name(name) && !net_exists(root, name, "") &&
				!hostroot_exists(root, "sys/class/net")
			? NETWORK_PARAVIRTUAL
			: NETWORK_VIRTUAL;
	if (is_second_view(root, name))
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

/* ---- without hardware: in a container --------------------------------------------- */

static bool is_lower(const void *context, const char *name)
{
	(void)context;
	return !strncmp(name, "lower_", 6);
}

/* On top of another adapter that is here, too. */
static bool has_lower(const struct host_root *root, const char *name)
{
	char path[192];

	return net_path(path, sizeof(path), name, "") &&
		hostroot_find(root, path, LOWER_MAX, is_lower, NULL);
}

bool network_is_default_route(const char *text, size_t length, const char *name)
{
	struct text all = text_of(text, length);
	struct text line, word;

	while (text_line(&all, &line))
		if (text_word(&line, &word) && text_is(&word, name) &&
			text_word(&line, &word) && text_is(&word, "00000000"))
			return true;
	return false;
}

/* Names of host ends of pairs, and of devices that nothing comes out of. */
static bool is_host_end(const struct host_root *root, const char *name)
{
	static const char *const ends[] = { "dummy", "ifb", "docker", "veth", "cali",
		"lxc", "eni", "azv", "gke" };
	bool is_end = false;
	char text[4096];

	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		is_end = is_end || !strncmp(name, ends[i], strlen(ends[i]));
	/* whatever its name, the way out is no end of somebody else's */
	return is_end &&
		!(hostroot_read_text(root, "proc/net/route", text, sizeof(text)) == 0 &&
			network_is_default_route(text, strlen(text), name));
}

bool network_is_plain_end(const struct host_root *root, const char *name)
{
	enum { TYPE_ETHERNET = 1, TYPE_VOID = 65535 /* venet */ };
	/* of another adapter, which in a container may be its host's */
	static const char *const over[] = { "macvlan", "ipvlan", "vlan" };
	static const char *const signs[] = { "/bridge", "/bonding", "/tun_flags",
		"/master" };
	char devtype[32];
	bool is_over = false;
	uint64_t type;

	if (!read_net_u64(root, name, "/type", &type) ||
		(type != TYPE_ETHERNET && type != TYPE_VOID))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(signs); i++)
		if (net_exists(root, name, signs[i]))
			return false;
	/* bridge, bond, vxlan ... say what they are; veth does not */
	read_devtype(root, name, devtype, sizeof(devtype));
	for (size_t i = 0; i < ARRAY_LEN(over); i++)
		is_over = is_over || !strcmp(devtype, over[i]);
	if (devtype[0] && (!is_over || has_lower(root, name)))
		return false;
	return !is_host_end(root, name);
}

/* ---- the link ---------------------------------------------------------------------- */

double network_speed_bps(const struct host_root *root, const char *name)
{
	/* all ones of each width that a driver or a kernel had for it */
	static const uint64_t unknown[] = { 0, UINT16_MAX, INT32_MAX, UINT32_MAX };
	uint64_t mbit;

	/* -1 and EINVAL: unknown, or the link is down */
	if (!read_net_u64(root, name, "/speed", &mbit) || mbit > 4000000)
		return NAN;
	for (size_t i = 0; i < ARRAY_LEN(unknown); i++)
		if (mbit == unknown[i])
			return NAN;
	return (double)mbit * 1e6;
}

bool network_is_link_speed(double bps)
{
	/* include/uapi/linux/ethtool.h, SPEED_* */
	static const double mbit[] = { 10, 100, 1000, 2500, 5000, 10000, 14000, 20000,
		25000, 40000, 50000, 56000, 100000, 200000, 400000, 800000, 1600000 };

	for (size_t i = 0; i < ARRAY_LEN(mbit); i++)
		if (bps == mbit[i] * 1e6)
			return true;
	return false;
}
