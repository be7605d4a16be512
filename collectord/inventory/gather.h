/* One machine, gathered below a host root into its document. */
#ifndef COLLECTORD_INVENTORY_GATHER_H
#define COLLECTORD_INVENTORY_GATHER_H

#include "probes/hostroot.h"
#include "probes/inventory.h"
#include "schema/machine.h"

#include <stdint.h>

/*
 * gather_machine - everything that can be read; what cannot stays unknown
 *
 * root_path  of the root, for programs that take one (systemctl --root); they and the
 *            kernel are asked only where the root is live ("/")
 * now        Unix seconds: when it is gathered
 *
 * Returns 0, -EINVAL for a root without proc, or -ENOMEM; machine_done when finished.
 */
int gather_machine(const struct host_root *root, const char *root_path, int64_t now,
	struct machine *ret_machine, struct err *err);

/* ---- its parts ------------------------------------------------------------------------ */

struct gathering {
	const struct host_root *root; /* borrowed, as all below */
	const char *root_path;
	const struct inventory *inventory;
	struct machine *machine;
	char *scratch; /* GATHER_SCRATCH bytes: the text of one file */
};

#define GATHER_SCRATCH ((size_t)32 << 20)

/* Each fills its part of the machine; 0 or -ENOMEM. */
int gather_storage(struct gathering *gathering);
int gather_network(struct gathering *gathering);
int gather_devices(struct gathering *gathering);
int gather_software(struct gathering *gathering);

/* A whole file into the scratch; its length, or a negative errno. */
long gather_file(struct gathering *gathering, const char *path);
/* A copy of a text where it is not empty; 0 or -ENOMEM. */
int gather_text(char **to, const char *text);
/* The first line of a small file, "" where it cannot be read. */
const char *gather_line(
	const struct gathering *gathering, const char *path, char *text, size_t size);

#endif
