/* The firmware's own table of the machine (SMBIOS, DMTF DSP0134), as the kernel shows it
 * below sys/firmware/dmi/tables/DMI. */
#ifndef COLLECTORD_INVENTORY_SMBIOS_H
#define COLLECTORD_INVENTORY_SMBIOS_H

#include <stddef.h>

#define SMBIOS_TEXT_MAX 128

struct smbios {
	char bios_vendor[SMBIOS_TEXT_MAX], bios_version[SMBIOS_TEXT_MAX],
		bios_date[SMBIOS_TEXT_MAX];
	char vendor[SMBIOS_TEXT_MAX], product[SMBIOS_TEXT_MAX];
	char processor[SMBIOS_TEXT_MAX];
	unsigned sockets;        /* filled ones; 0: unknown, as what follows */
	unsigned cores, threads; /* of all sockets; 0 where one does not say */
	double mhz;              /* the highest nominal speed of them; NAN unknown */
	double memory_bytes;     /* of all modules; NAN where one does not say */
	unsigned slots, modules; /* of memory: all, and filled ones */
};

/*
 * smbios_parse - the structures one behind the other, without an entry point
 *
 * Never fails: what is damaged ends the table, and what came before it counts.  Pure.
 */
void smbios_parse(const unsigned char *table, size_t length, struct smbios *ret_smbios);

#endif
