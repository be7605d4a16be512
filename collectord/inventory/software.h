/*
 * What is installed and what starts by itself: pure parsers of texts.
 *
 * Where nothing else is said, an int is 0 or a negative errno.
 */
#ifndef COLLECTORD_INVENTORY_SOFTWARE_H
#define COLLECTORD_INVENTORY_SOFTWARE_H

#include "schema/machine.h"

#include <stddef.h>

/* Each adds to its list, which is known from then on.  0 or -ENOMEM. */

/* var/lib/dpkg/status: what is installed or at least unpacked, as `dpkg-query -W` lists
 * it with the state "installed". */
int software_parse_dpkg(const char *text, size_t length, struct machine_list *packages);
/* lib/apk/db/installed of Alpine. */
int software_parse_apk(const char *text, size_t length, struct machine_list *packages);
/* "name version" a line: `rpm -qa --queryformat '%{NAME} %{VERSION}-%{RELEASE}\n'`. */
int software_parse_rpm(const char *text, size_t length, struct machine_list *packages);

/*
 * software_parse_units - `systemctl list-unit-files --type=service --no-legend --plain`
 *
 * Names without ".service"; enabled is "auto", indirect, linked and generated are
 * "manual"; aliases and transient units are left out.
 */
int software_parse_units(
	const char *text, size_t length, struct machine_list *services);

/* proc/modules: drivers that are loaded. */
int software_parse_modules(
	const char *text, size_t length, struct machine_list *drivers);

/* Lines of a crontab that run at boot ("@reboot ..."). */
int software_parse_crontab(
	const char *text, size_t length, struct machine_texts *auto_run);

#endif
