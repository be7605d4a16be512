#include "collectord/inventory/routes.h"

#include "probes/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUTE_UP = 1, ROUTE_GATEWAY = 2, ROUTE_REJECT = 0x200 };

/* Hexadecimal digits and nothing else, at most 8 of them. */
static bool hex_word(const struct text *word, uint32_t *ret_value)
{
	uint32_t value = 0;

	if (word->end == word->at || word->end - word->at > 8)
		return false;
	for (const char *at = word->at; at < word->end; at++) {
		const char *digits = "0123456789abcdef0123456789ABCDEF";
		const char *digit = *at ? strchr(digits, *at) : NULL;

		if (!digit)
			return false;
		value = value << 4 | (uint32_t)((digit - digits) & 15);
	}
	*ret_value = value;
	return true;
}

static unsigned ones_of(uint32_t mask)
{
	unsigned count = 0;

	for (; mask; mask &= mask - 1)
		count++;
	return count;
}

static int add_route(struct machine_list *routes, const char *to, const char *via,
	const struct text *adapter, double metric)
{
	struct machine_route *route = machine_list_add(routes, &machine_route_shape);

	if (!route)
		return -ENOMEM;
	route->to = strdup(to);
	route->via = via ? strdup(via) : NULL;
	route->adapter = strndup(adapter->at, (size_t)(adapter->end - adapter->at));
	route->metric = metric;
	return !route->to || !route->adapter || (via && !route->via) ? -ENOMEM : 0;
}

/* Iface Destination Gateway Flags RefCnt Use Metric Mask ...: addresses are words of
 * memory, so the machine's own order of bytes makes them an address. */
static int take_v4(struct text line, struct machine_list *routes)
{
	char to[INET_ADDRSTRLEN + 4] = "default", via[INET_ADDRSTRLEN];
	struct text adapter, word[7];
	uint32_t net, gateway, flags, mask;
	uint64_t metric;
	struct text metric_word;

	if (!text_word(&line, &adapter))
		return 0;
	for (size_t i = 0; i < 7; i++) {
		if (!text_word(&line, &word[i]))
			return 0;
	}
	metric_word = word[5];
	if (!hex_word(&word[0], &net) || !hex_word(&word[1], &gateway) ||
		!hex_word(&word[2], &flags) || !hex_word(&word[6], &mask) ||
		!text_u64(&metric_word, &metric) || !(flags & ROUTE_UP) ||
		(flags & ROUTE_REJECT))
		return 0;
	if (mask != 0) {
		(void)inet_ntop(AF_INET, &net, to, INET_ADDRSTRLEN);
		(void)snprintf(to + strlen(to), 5, "/%u", ones_of(mask));
	}
	(void)inet_ntop(AF_INET, &gateway, via, sizeof(via));
	return add_route(routes, to, flags & ROUTE_GATEWAY ? via : NULL, &adapter,
		(double)metric);
}

int routes_parse_v4(const char *text, size_t length, struct machine_list *routes)
{
	struct text all = text_of(text, length), line;
	int r = 0;

	routes->is_known = true;
	(void)text_line(&all, &line); /* the headings */
	while (r == 0 && text_line(&all, &line))
		r = take_v4(line, routes);
	return r;
}

static bool hex_address(const struct text *word, struct in6_addr *ret_address)
{
	if (word->end - word->at != 32)
		return false;
	for (size_t i = 0; i < 4; i++) {
		struct text part = { word->at + 8 * i, word->at + 8 * i + 8 };
		uint32_t value;

		if (!hex_word(&part, &value))
			return false;
		value = htonl(value);
		memcpy(&ret_address->s6_addr[4 * i], &value, 4);
	}
	return true;
}

/* dest length source length gateway metric refcnt use flags adapter */
static int take_v6(struct text line, struct machine_list *routes)
{
	char to[INET6_ADDRSTRLEN + 5] = "default", via[INET6_ADDRSTRLEN];
	struct in6_addr net, gateway;
	uint32_t bits, metric, flags;
	struct text word[10];

	for (size_t i = 0; i < 10; i++) {
		if (!text_word(&line, &word[i]))
			return 0;
	}
	if (!hex_address(&word[0], &net) || !hex_word(&word[1], &bits) ||
		!hex_address(&word[4], &gateway) || !hex_word(&word[5], &metric) ||
		!hex_word(&word[8], &flags) || !(flags & ROUTE_UP) ||
		(flags & (ROUTE_REJECT | 0x80000000u)) || bits > 128 ||
		text_is(&word[9], "lo") || IN6_IS_ADDR_MULTICAST(&net) ||
		IN6_IS_ADDR_LINKLOCAL(&net))
		return 0;
	if (bits > 0) {
		(void)inet_ntop(AF_INET6, &net, to, INET6_ADDRSTRLEN);
		(void)snprintf(to + strlen(to), 5, "/%u", bits);
	}
	(void)inet_ntop(AF_INET6, &gateway, via, sizeof(via));
	return add_route(routes, to, flags & ROUTE_GATEWAY ? via : NULL, &word[9],
		(double)metric);
}

int routes_parse_v6(const char *text, size_t length, struct machine_list *routes)
{
	struct text all = text_of(text, length), line;
	int r = 0;

	while (r == 0 && text_line(&all, &line))
		r = take_v6(line, routes);
	return r;
}

int resolv_parse(const char *text, size_t length, struct machine_texts *dns)
{
	struct text all = text_of(text, length), line, word;
	int r = 0;

	dns->is_known = true;
	while (r == 0 && text_line(&all, &line)) {
		char address[64];

		if (!text_word(&line, &word) || !text_is(&word, "nameserver") ||
			!text_word(&line, &word))
			continue;
		(void)snprintf(address, sizeof(address), "%.*s",
			(int)(word.end - word.at), word.at);
		r = machine_texts_add(dns, address);
	}
	return r;
}
