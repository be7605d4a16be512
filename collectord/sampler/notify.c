/* Words to the service manager (sd_notify), without its library. */
#include "collectord/sampler/notify.h"

#include "common/parse.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void notify_open(struct notify *notify)
{
	const char *path = getenv("NOTIFY_SOCKET");
	const char *interval = getenv("WATCHDOG_USEC");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = path ? strlen(path) : 0;
	uint64_t interval_us;

	notify->fd = -1;
	notify->watchdog_ns = 0;
	if (interval && parse_u64(interval, strlen(interval), &interval_us) == 0 &&
		interval_us < UINT64_C(1) << 40)
		notify->watchdog_ns = (int64_t)interval_us * 1000 / 3;
	if (length > 1 && length < sizeof(address.sun_path) &&
		(path[0] == '/' || path[0] == '@')) {
		memcpy(address.sun_path, path, length);
		if (path[0] == '@')
			address.sun_path[0] = '\0'; /* abstract name */
		notify->fd =
			socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	}
	if (notify->fd >= 0 &&
		connect(notify->fd, (const struct sockaddr *)&address,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) <
			0)
		notify_close(notify);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

void notify_close(struct notify *notify)
{
	if (notify->fd >= 0)
		close(notify->fd);
	notify->fd = -1;
}

void notify_send(const struct notify *notify, const char *text)
{
	ssize_t ignored;

	if (notify->fd < 0)
		return;
	ignored = send(notify->fd, text, strlen(text), MSG_NOSIGNAL);
	(void)ignored;
}
