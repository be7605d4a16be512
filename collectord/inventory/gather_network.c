/* Adapters with their addresses, routes and name servers. */
#include "collectord/inventory/gather.h"

#include "collectord/inventory/addresses.h"
#include "collectord/inventory/routes.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOWER_DEPTH_MAX = 8 };

static struct machine_adapter *find_adapter(struct machine *machine, const char *name)
{
	struct machine_adapter *adapter = machine->network.item;

	for (size_t i = 0; i < machine->network.count; i++) {
		if (strcmp(adapter[i].name, name) == 0)
			return &adapter[i];
	}
	return NULL;
}

/* ---- what lies on what ------------------------------------------------------------------ */

struct lower_search {
	struct gathering *gathering;
	struct machine_adapter *found;
	unsigned depth;
};

static struct machine_adapter *adapter_below(
	struct gathering *gathering, const char *name, unsigned depth);

static int visit_lower(void *context, const char *name)
{
	struct lower_search *search = context;

	if (strncmp(name, "lower_", 6) != 0)
		return 0;
	search->found = adapter_below(search->gathering, name + 6, search->depth + 1);
	return search->found != NULL;
}

/* The adapter a bond, bridge or VLAN lies on: the first of them; itself where it is one. */
static struct machine_adapter *adapter_below(
	struct gathering *gathering, const char *name, unsigned depth)
{
	struct lower_search search = { .gathering = gathering, .depth = depth };
	char path[128];

	search.found = find_adapter(gathering->machine, name);
	if (search.found || depth > LOWER_DEPTH_MAX)
		return search.found;
	(void)snprintf(path, sizeof(path), "sys/class/net/%.80s", name);
	(void)hostroot_list(gathering->root, path, 4096, visit_lower, &search);
	return search.found;
}

/* ---- adapters ------------------------------------------------------------------------------ */

static int gather_adapter(struct gathering *gathering, const struct inventory_nic *nic)
{
	struct machine_adapter *adapter =
		machine_list_add(&gathering->machine->network, &machine_adapter_shape);
	char path[128], mac[64];
	int r;

	if (!adapter)
		return -ENOMEM;
	(void)snprintf(path, sizeof(path), "sys/class/net/%s/address", nic->name);
	gather_line(gathering, path, mac, sizeof(mac));
	adapter->speed_mbps = nic->speed_bps / 1e6;
	r = gather_text(&adapter->name, nic->name);
	if (r == 0)
		r = gather_text(&adapter->driver, nic->driver);
	if (r == 0 && strcmp(mac, "00:00:00:00:00:00") != 0)
		r = gather_text(&adapter->mac, mac);
	return r;
}

struct address_place {
	struct gathering *gathering;
	const struct address_list *list;
	int r;
};

/* Those of one interface go to the adapter below it. */
static int visit_interface(void *context, const char *name)
{
	struct address_place *place = context;
	struct machine_adapter *adapter;
	char path[128];
	uint64_t index;

	(void)snprintf(path, sizeof(path), "sys/class/net/%.80s/ifindex", name);
	if (hostroot_read_u64(place->gathering->root, path, &index) < 0)
		return 0;
	adapter = adapter_below(place->gathering, name, 0);
	for (size_t i = 0; adapter && place->r == 0 && i < place->list->count; i++) {
		const struct address *address = &place->list->address[i];

		if (address->index != index)
			continue;
		place->r = machine_texts_add(&adapter->addresses, address->text);
		/* one that a router gives to IPv6 has an end as well, and says nothing */
		if (address->is_v4 && adapter->dhcp != ANSWER_YES)
			adapter->dhcp = address->is_leased ? ANSWER_YES : ANSWER_NO;
	}
	return place->r;
}

static int gather_addresses(struct gathering *gathering)
{
	struct machine_adapter *adapter = gathering->machine->network.item;
	struct address_list list = { .count = 0 };
	struct address_place place = { .gathering = gathering, .list = &list };

	if (!gathering->root->is_live || addresses_read(&list) < 0)
		return 0;
	for (size_t i = 0; i < gathering->machine->network.count; i++)
		adapter[i].addresses.is_known = true;
	(void)hostroot_list(
		gathering->root, "sys/class/net", 4096, visit_interface, &place);
	free(list.address);
	return place.r;
}

/* ---- routes and names ------------------------------------------------------------------------ */

/* The best default route marks the primary adapter, and each one its gateway. */
static int mark_gateways(struct gathering *gathering)
{
	struct machine *machine = gathering->machine;
	const struct machine_route *route = machine->routes.item, *best = NULL;
	struct machine_adapter *adapter = machine->network.item;
	int r = 0;

	for (size_t i = 0; r == 0 && i < machine->routes.count; i++) {
		struct machine_adapter *out;

		if (strcmp(route[i].to, "default") != 0 || !route[i].via)
			continue;
		out = adapter_below(gathering, route[i].adapter, 0);
		if (!out)
			continue;
		if (!out->gateway)
			r = gather_text(&out->gateway, route[i].via);
		/* of two of the same metric the first, which is that of IPv4 */
		if (!best || route[i].metric < best->metric)
			best = &route[i];
	}
	for (size_t i = 0; best && i < machine->network.count; i++)
		adapter[i].primary =
			adapter_below(gathering, best->adapter, 0) == &adapter[i]
			? ANSWER_YES
			: ANSWER_NO;
	return r;
}

static int gather_resolver(struct gathering *gathering)
{
	static const char *const files[] = { "run/systemd/resolve/resolv.conf",
		"etc/resolv.conf" };
	struct machine_adapter *adapter = gathering->machine->network.item,
			       *primary = NULL;

	for (size_t i = 0; i < gathering->machine->network.count; i++) {
		if (!primary || adapter[i].primary == ANSWER_YES)
			primary = &adapter[i];
	}
	for (size_t i = 0; primary && i < sizeof(files) / sizeof(files[0]); i++) {
		long length = gather_file(gathering, files[i]);

		if (length >= 0)
			return resolv_parse(
				gathering->scratch, (size_t)length, &primary->dns);
	}
	return 0;
}

int gather_network(struct gathering *gathering)
{
	const struct inventory *inventory = gathering->inventory;
	struct machine *machine = gathering->machine;
	long length;
	int r = 0;

	machine->network.is_known = hostroot_exists(gathering->root, "sys/class/net");
	for (size_t i = 0; r == 0 && i < inventory->nic_count; i++)
		r = gather_adapter(gathering, &inventory->nic[i]);
	if (r == 0)
		r = gather_addresses(gathering);
	length = r == 0 ? gather_file(gathering, "proc/net/route") : -1;
	if (length >= 0)
		r = routes_parse_v4(
			gathering->scratch, (size_t)length, &machine->routes);
	length = r == 0 ? gather_file(gathering, "proc/net/ipv6_route") : -1;
	if (length >= 0)
		r = routes_parse_v6(
			gathering->scratch, (size_t)length, &machine->routes);
	if (r == 0)
		r = mark_gateways(gathering);
	return r < 0 ? r : gather_resolver(gathering);
}
