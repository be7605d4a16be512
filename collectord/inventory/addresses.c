#include "collectord/inventory/addresses.h"

#include "common/array.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { ANSWER_BYTES = 65536, DEADLINE_S = 5 };

static int add_address(struct address_list *list, const struct address *address)
{
	if (ARRAY_EXTEND(list->address, list->count) < 0)
		return -ENOMEM;
	list->address[list->count++] = *address;
	return 0;
}

/* Its own address where the link has two ends, else the address. */
static int addresses_take_message(struct nlmsghdr *header, struct address_list *list)
{
	struct ifaddrmsg *message = NLMSG_DATA(header);
	struct rtattr *local = NULL, *other = NULL;
	size_t left = header->nlmsg_len - NLMSG_LENGTH(sizeof(*message));
	uint32_t flags = message->ifa_flags;
	struct address address = { .index = message->ifa_index };
	char text[INET6_ADDRSTRLEN];

	if (message->ifa_scope == RT_SCOPE_HOST ||
		(message->ifa_family != AF_INET && message->ifa_family != AF_INET6))
		return 0;
	for (struct rtattr *at = IFA_RTA(message); RTA_OK(at, left);
		at = RTA_NEXT(at, left)) {
		if (at->rta_type == IFA_LOCAL)
			local = at;
		else if (at->rta_type == IFA_ADDRESS)
			other = at;
		else if (at->rta_type == IFA_FLAGS && RTA_PAYLOAD(at) >= sizeof(flags))
			memcpy(&flags, RTA_DATA(at), sizeof(flags));
	}
	local = local ? local : other;
	address.is_v4 = message->ifa_family == AF_INET;
	if (!local || RTA_PAYLOAD(local) < (address.is_v4 ? 4 : 16) ||
		!inet_ntop(message->ifa_family, RTA_DATA(local), text, sizeof(text)))
		return 0;
	(void)snprintf(address.text, sizeof(address.text), "%s/%u", text,
		message->ifa_prefixlen);
	address.is_leased = !(flags & IFA_F_PERMANENT);
	return add_address(list, &address);
}

int addresses_parse(void *messages, size_t length, struct address_list *list)
{
	int r = 0;

	for (struct nlmsghdr *header = messages; r == 0 && NLMSG_OK(header, length);
		header = NLMSG_NEXT(header, length)) {
		if (header->nlmsg_type == NLMSG_DONE)
			return 1;
		if (header->nlmsg_type == NLMSG_ERROR) {
			struct nlmsgerr *error = NLMSG_DATA(header);

			return error->error < 0 ? error->error : -EIO;
		}
		if (header->nlmsg_type == RTM_NEWADDR &&
			header->nlmsg_len >= NLMSG_LENGTH(sizeof(struct ifaddrmsg)))
			r = addresses_take_message(header, list);
	}
	return r;
}

int addresses_read(struct address_list *ret_list)
{
	struct {
		struct nlmsghdr header;
		struct ifaddrmsg message;
	} request = { .header = { .nlmsg_len = NLMSG_LENGTH(sizeof(request.message)),
			      .nlmsg_type = RTM_GETADDR,
			      .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP } };
	struct timeval deadline = { .tv_sec = DEADLINE_S };
	struct address_list list = { .count = 0 };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	void *answer = malloc(ANSWER_BYTES);
	int r = fd < 0 ? -errno : answer ? 0 : -ENOMEM;

	if (r == 0 &&
		(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof(deadline)) <
				0 ||
			send(fd, &request, sizeof(request), 0) < 0))
		r = -errno;
	while (r == 0) {
		ssize_t count = recv(fd, answer, ANSWER_BYTES, 0);

		if (count < 0 && errno == EINTR)
			continue;
		r = count < 0 ? -errno : addresses_parse(answer, (size_t)count, &list);
	}
	free(answer);
	if (fd >= 0)
		close(fd);
	if (r < 0) {
		free(list.address);
		return r;
	}
	*ret_list = list;
	return 0;
}
