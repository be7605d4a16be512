/* The addresses of the adapters of this machine, asked of the kernel by netlink. */
#ifndef COLLECTORD_INVENTORY_ADDRESSES_H
#define COLLECTORD_INVENTORY_ADDRESSES_H

#include <stdbool.h>
#include <stddef.h>

struct address {
	unsigned index; /* of the adapter */
	char text[64];  /* "192.0.2.7/24" */
	bool is_v4;
	bool is_leased; /* it has an end: given by DHCP, or by a router to IPv6 */
};

struct address_list {
	struct address *address; /* free it */
	size_t count;
};

/* All but those of the loopback; 0, or a negative errno. */
int addresses_read(struct address_list *ret_list);

/*
 * addresses_parse - the messages of one answer (RTM_NEWADDR), appended to the list
 *
 * Returns 1 at the end of the dump, 0 to read on, -ENOMEM, or the error the kernel sent.
 * Pure.
 */
int addresses_parse(void *messages, size_t length, struct address_list *list);

#endif
