/*
 * Routes and name servers: pure parsers of the kernel's and the resolver's texts.
 *
 * Where nothing else is said, an int is 0 or a negative errno.
 */
#ifndef COLLECTORD_INVENTORY_ROUTES_H
#define COLLECTORD_INVENTORY_ROUTES_H

#include "schema/machine.h"

#include <stddef.h>

/* proc/net/route: "default" or "192.0.2.0/24", and the gateway where there is one.  Each
 * adds to the list.  0 or -ENOMEM. */
int routes_parse_v4(const char *text, size_t length, struct machine_list *routes);
/* proc/net/ipv6_route, without what the kernel makes itself: local, multicast and
 * link-local ones. */
int routes_parse_v6(const char *text, size_t length, struct machine_list *routes);

/* resolv.conf: the addresses of "nameserver" lines. */
int resolv_parse(const char *text, size_t length, struct machine_texts *dns);

#endif
