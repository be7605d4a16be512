#include "analyze/import/device_rules.h"

#include "common/util.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define NAME_MAX_BYTES 64

/* Ends in digits alone behind the prefix, so that "brocade0" is no bridge. */
static const char *const virtual_numbered[] = { "br", "bond", "team", "veth", "tun",
	"tap", "dummy", "ifb", "docker", "virbr", "vnet", "vlan", "sit", "gre",
	"ip6tnl", "ppp", "wg", "vmnet", "lxcbr", "vmbr", "fwbr", "fwpr", "fwln", "lo" };
static const char *const virtual_begun[] = { "veth", "br-", "docker", "virbr", "cali",
	"flannel", "cni", "vxlan", "lxc", "kube-", "nodelocaldns", "tunl", "ovs-",
	"fwln", "fwpr", "isatap", "Loopback", "macvtap", "macvlan" };

bool device_is_adapter(const char *name, size_t length)
{
	char text[NAME_MAX_BYTES];

	if (length == 0 || length >= sizeof(text))
		return false;
	memcpy(text, name, length);
	text[length] = '\0';
	if (!strcmp(text, "lo") || memchr(text, '.', length) ||
		memchr(text, ':', length) ||
		(length > 4 && !strcmp(text + length - 4, "-nic")))
		return false; /* loopback, VLANs, aliases, a bridge's own adapter */
	for (size_t i = 0; i < ARRAY_LEN(virtual_begun); i++) {
		if (!strncmp(text, virtual_begun[i], strlen(virtual_begun[i])))
			return false;
	}
	for (size_t i = 0; i < ARRAY_LEN(virtual_numbered); i++) {
		size_t prefix = strlen(virtual_numbered[i]);

		if (!strncmp(text, virtual_numbered[i], prefix) && length > prefix &&
			strspn(text + prefix, "0123456789") == length - prefix)
			return false;
	}
	return true;
}

/* Majors of whole disks, and how many minors each of them has. */
static bool is_disk_number(unsigned major, unsigned minor)
{
	if (major == 8 || (major >= 65 && major <= 71) ||
		(major >= 128 && major <= 135) || major == 202)
		return minor % 16 == 0;
	return (major == 3 || major == 22) && minor % 64 == 0;
}

bool device_is_disk(const char *name, size_t length)
{
	static const char *const lettered[] = { "sd", "hd", "vd", "xvd", "dasd" };
	char text[NAME_MAX_BYTES];
	unsigned first, second;
	int used = 0;

	if (length == 0 || length >= sizeof(text))
		return false;
	memcpy(text, name, length);
	text[length] = '\0';
	if (sscanf(text, "dev%u-%u%n", &first, &second, &used) == 2 &&
		(size_t)used == length)
		return is_disk_number(first, second);
	if (sscanf(text, "nvme%un%u%n", &first, &second, &used) == 2 &&
		(size_t)used == length)
		return true;
	if (sscanf(text, "mmcblk%u%n", &first, &used) == 1 && (size_t)used == length)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(lettered); i++) {
		size_t prefix = strlen(lettered[i]);

		if (!strncmp(text, lettered[i], prefix) && length > prefix &&
			strspn(text + prefix, "abcdefghijklmnopqrstuvwxyz") ==
				length - prefix)
			return true;
	}
	return false;
}
