/* Hardware, or a guest of a hypervisor. */
#ifndef PROBES_HOST_MACHINE_H
#define PROBES_HOST_MACHINE_H

#include "probes/hostroot.h"

#include <stdbool.h>

/* "kvm", "vmware" ..., "unknown hypervisor", "none" on hardware, "" unknown.
 * is_guest: the CPU's flag "hypervisor": 1, 0, -1 where no flags are printed. */
const char *machine_virtualisation(const struct host_root *root, int is_guest);

/* True where anything says so: then what a device says of its link is a label. */
bool machine_is_guest(const struct host_root *root);

#endif
