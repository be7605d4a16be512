/* Hardware or a guest, by what the firmware and the CPU say. */
#include "probes/host/machine.h"

#include "common/util.h"
#include "probes/host/topology.h"

#include <stdlib.h>
#include <string.h>

enum { CPUINFO_PIECE = 8192 }; /* the flags of the first CPU are in it */

static void read_dmi(
	const struct host_root *root, const char *name, char *to, size_t size)
{
	char path[64] = "sys/class/dmi/id/";

	strncat(path, name, sizeof(path) - strlen(path) - 1);
	if (hostroot_read_text(root, path, to, size) < 0)
		to[0] = '\0';
	to[strcspn(to, "\r\n")] = '\0';
}

/* By what the firmware calls the machine; the CPU's own flag decides what is left. */
const char *machine_virtualisation(const struct host_root *root, int is_guest)
{
	static const struct mark {
		const char *vendor, *product, *kind;
	} marks[] = {
		{ "QEMU", "", "kvm" },
		{ "", "KVM", "kvm" },
		{ "Red Hat", "RHEV", "kvm" },
		{ "oVirt", "", "kvm" },
		{ "OpenStack Foundation", "", "kvm" },
		{ "Amazon EC2", "", "kvm" },
		{ "Google", "Google Compute Engine", "kvm" },
		{ "DigitalOcean", "", "kvm" },
		{ "Hetzner", "vServer", "kvm" },
		{ "Alibaba Cloud", "", "kvm" },
		{ "VMware", "", "vmware" },
		{ "innotek", "", "virtualbox" },
		{ "", "VirtualBox", "virtualbox" },
		{ "Xen", "", "xen" },
		{ "Microsoft Corporation", "Virtual Machine", "hyper-v" },
		{ "Parallels", "", "parallels" },
		{ "Bochs", "", "bochs" },
		{ "Apple", "Virtualization", "apple" },
		{ "Nutanix", "AHV", "kvm" },
	};
	char vendor[128], product[128], text[64];

	read_dmi(root, "sys_vendor", vendor, sizeof(vendor));
	read_dmi(root, "product_name", product, sizeof(product));
	if (strstr(product, ".metal"))
		return "none"; /* Amazon EC2's whole machines */
	for (size_t i = 0; i < ARRAY_LEN(marks); i++)
		if (!strncmp(vendor, marks[i].vendor, strlen(marks[i].vendor)) &&
			strstr(product, marks[i].product))
			return marks[i].kind;
	if (hostroot_read_text(root, "sys/hypervisor/type", text, sizeof(text)) == 0 &&
		!strcmp(text, "xen")) {
		char control[64];

		if (hostroot_read_text(root, "proc/xen/capabilities", control,
			    sizeof(control)) == 0 &&
			strstr(control, "control_d"))
			return "none"; /* the domain that owns the hardware */
		return "xen";
	}
	if (hostroot_exists(root, "proc/vz") && !hostroot_exists(root, "proc/bc"))
		return "openvz";
	if (is_guest > 0)
		return "unknown hypervisor";
	/* kernels before 2.6.28 have no such flag: without the firmware's word it is open */
	return is_guest == 0 && vendor[0] ? "none" : "";
}

bool machine_is_guest(const struct host_root *root)
{
	char *text = malloc(CPUINFO_PIECE);
	struct topology_facts facts = { .is_guest = -1 };
	const char *kind;

	if (text && hostroot_read_text(root, "proc/cpuinfo", text, CPUINFO_PIECE) == 0)
		topology_parse_cpuinfo(text, strlen(text), &facts, NULL);
	free(text);
	kind = machine_virtualisation(root, facts.is_guest);
	/* ARM has no flag, a hypervisor tells by the device tree */
	return (kind[0] && strcmp(kind, "none") != 0) ||
		hostroot_exists(root, "proc/device-tree/hypervisor");
}
