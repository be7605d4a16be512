#include "collectord/sampler/print_inventory.h"

#include "probes/hostroot.h"
#include "probes/inventory.h"

#include <errno.h>
#include <stdlib.h>

/* Names come from devices and mount points: a line break in one would forge a fact. */
static int print_fact_line(void *context, const char *key, const char *value)
{
	struct strbuf *out = context;
	const char *part[] = { key, "=", value };

	for (size_t i = 0; i < 3; i++)
		for (const char *c = part[i]; *c; c++)
			strbuf_add_bytes(out, *c == '\n' ? " " : c, 1);
	strbuf_add(out, "\n");
	return 0;
}

int print_inventory(const char *root, struct strbuf *out, struct err *err)
{
	struct inventory *inventory = calloc(1, sizeof(*inventory));
	struct host_root host;
	int r;

	if (!inventory)
		return err_oom(err);
	r = hostroot_open(&host, root, err);
	if (r == 0) {
		r = inventory_read(&host, inventory, err);
		if (r == 0)
			r = inventory_walk(inventory, print_fact_line, out);
		hostroot_close(&host);
	}
	free(inventory);
	return r;
}
