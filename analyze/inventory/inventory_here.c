#include "analyze/inventory/inventory_here.h"

#include "common/strbuf.h"
#include "common/units.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

static int state_unless_refused(
	struct stated_list *list, enum fact_id fact, const char *text, struct err *err)
{
	struct err refusal = ERR_INIT;
	int r = stated_add_text(list, NULL, fact, text, 0, &refusal);

	return r == -ENOMEM ? err_oom(err) : 0;
}

/* "sda:0.93,sdb:0.93" of the disks that are counted */
static int state_disks(
	const struct inventory_keys *keys, struct stated_list *list, struct err *err)
{
	struct strbuf disks;
	const char *name;
	int length = 0, r = 0;

	strbuf_init(&disks, FACT_TEXT_MAX);
	for (size_t i = 0; (name = inventory_keys_counted(keys, "disk.", i, &length));
		i++) {
		double bytes = inventory_keys_device_number(
			keys, "disk.", name, length, "size_bytes");

		if (!isnan(bytes))
			strbuf_addf(&disks, "%s%.*s:%.17g", disks.length ? "," : "",
				length, name, bytes / BYTES_PER_GB);
	}
	if (disks.length > 0)
		r = state_unless_refused(list, FACT_DISKS, strbuf_text(&disks), err);
	strbuf_done(&disks);
	return r;
}

/* How many adapters there are, and their speed together where each says its own. */
static int state_adapters(
	const struct inventory_keys *keys, struct stated_list *list, struct err *err)
{
	char text[40];
	double speed_bps = 0;
	size_t count = 0;
	const char *name;
	int length = 0, r;

	while ((name = inventory_keys_counted(keys, "nic.", count, &length))) {
		speed_bps += inventory_keys_device_number(
			keys, "nic.", name, length, "speed_bps");
		count++;
	}
	(void)snprintf(text, sizeof(text), "%zu", count);
	r = state_unless_refused(list, FACT_ADAPTERS, text, err);
	if (r == 0 && count > 0 && !isnan(speed_bps)) {
		(void)snprintf(text, sizeof(text), "%.0f", speed_bps);
		r = state_unless_refused(list, FACT_NETWORK_SPEED_BPS, text, err);
	}
	return r;
}

int inventory_here(
	const struct inventory_keys *keys, struct stated_list *list, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < keys->count; i++) {
		const char *value = NULL;
		int id = fact_of_probe(keys->pair[i].key, keys->pair[i].value, &value);

		if (id >= 0)
			r = state_unless_refused(list, (enum fact_id)id, value, err);
	}
	if (r == 0)
		r = state_disks(keys, list, err);
	if (r == 0)
		r = state_adapters(keys, list, err);
	return r;
}
