/* The recorder's socket: one line asked, one line answered. */
#include "collectord/recorder/recorder_socket.h"

#include "collectord/recorder/recorder_health.h"
#include "collectord/recorder/recorder_live.h"
#include "collectord/recorder/recorder_take.h"
#include "collectord/recorder/recorder_trouble.h"
#include "store/dir/data_dir.h"
#include "common/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { CLIENT_DEADLINE_MS = 60000, ACCEPT_PAUSE_MS = 1000 };

/* A socket's path has at most 107 bytes, a folder's may have more: through /proc. */
static void address_of(int dir, struct sockaddr_un *address)
{
	address->sun_family = AF_UNIX;
	snprintf(address->sun_path, sizeof(address->sun_path), "/proc/self/fd/%d/%.60s",
		dir, data_name(DATA_RECORDER_SOCKET));
}

int recorder_listen(struct recorder *recorder, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int dir =
		open(recorder->settings.data.text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = -1;
	int r = 0;

	if (dir < 0)
		return err_errno(err, "%s", recorder->settings.data.text);
	address_of(dir, &address);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		r = err_errno(err, "socket");
		goto out;
	}
	/* ours to replace: <data>/recorder.lock is held */
	(void)unlinkat(dir, data_name(DATA_RECORDER_SOCKET), 0);
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
		listen(fd, RECORDER_CLIENTS) < 0) {
		r = err_errno(err, "%s/%s", recorder->settings.data.text,
			data_name(DATA_RECORDER_SOCKET));
		goto out;
	}
	if (fchmodat(dir, data_name(DATA_RECORDER_SOCKET), 0660, 0) < 0) {
		r = err_errno(err, "%s", data_name(DATA_RECORDER_SOCKET));
		goto out;
	}
	recorder->listen_fd = fd;
	fd = -1;
out:
	if (fd >= 0)
		close(fd);
	close(dir);
	return r;
}

void recorder_hang_up(struct recorder *recorder)
{
	for (size_t i = 0; i < RECORDER_CLIENTS; i++) {
		if (recorder->client[i].fd >= 0)
			close(recorder->client[i].fd);
		recorder->client[i].fd = -1;
	}
	if (recorder->listen_fd >= 0) {
		char path[RECORDER_PATH_BYTES];

		close(recorder->listen_fd);
		if (data_path(recorder->settings.data.text, DATA_RECORDER_SOCKET, path,
			    NULL) == 0)
			(void)unlink(path);
	}
	recorder->listen_fd = -1;
}

size_t recorder_poll_set(const struct recorder *recorder, struct pollfd *ret_set)
{
	size_t count = 0;

	bool is_open = clock_monotonic_ms() >= recorder->accept_ms;

	ret_set[count++] = (struct pollfd){ .fd = is_open ? recorder->listen_fd : -1,
		.events = POLLIN };
	for (size_t i = 0; i < RECORDER_CLIENTS; i++)
		ret_set[count++] = (struct pollfd){ .fd = recorder->client[i].fd,
			.events = POLLIN };
	return count;
}

static void client_done(struct recorder_client *client)
{
	close(client->fd);
	*client = (struct recorder_client){ .fd = -1 };
}

/* The answer is short and the socket's buffer empty: it fits, or the client is gone. */
static void answer(struct recorder_client *client, const char *line)
{
	ssize_t sent =
		send(client->fd, line, strlen(line), MSG_NOSIGNAL | MSG_DONTWAIT);

	(void)sent;
	client_done(client);
}

static void answer_stamp(
	const struct recorder *recorder, struct recorder_client *client)
{
	struct staging_status status = { .newest = 0 };
	char line[64];

	if (recorder->staging)
		staging_get_status(recorder->staging, &status);
	snprintf(line, sizeof(line), "ok %" PRId64 "\n", status.last_stamp_s);
	answer(client, line);
}

static void answer_health(
	const struct recorder *recorder, struct recorder_client *client)
{
	struct collector_health health = { .workload_id = 0 };
	struct staging_status status = { .newest = 0 };
	uint64_t waiting = 0; /* for us, or for the clock to settle */
	char line[512];

	if (recorder->ring)
		waiting = ring_head(recorder->ring) - ring_acknowledged(recorder->ring);
	recorder_health_now(recorder, &health);
	if (recorder->staging)
		staging_get_status(recorder->staging, &status);
	snprintf(line, sizeof(line),
		"ok ticks %" PRId64 " staged %" PRIu64 " waiting %" PRIu64
		" dropped %" PRId64 " late %" PRId64 " restarts %" PRId64
		" last %" PRId64 " pid %" PRId64 " batch %d failing %d\n",
		health.ticks, status.pending_ticks, waiting, health.dropped,
		health.late, health.restarts, health.last, health.pid,
		(int)recorder->child.pid,
		recorder->staging_trouble.has_failed ||
			recorder->batch_trouble.has_failed);
	answer(client, line);
}

static void client_obey(struct recorder *recorder, struct recorder_client *client)
{
	struct err err = ERR_INIT;
	struct staging_status status;

	if (strcmp(client->request, "health") == 0) {
		answer_health(recorder, client);
		return;
	}
	if (strcmp(client->request, "live") == 0) {
		char line[RECORDER_LIVE_BYTES];

		recorder_live_line(recorder, line, sizeof(line));
		answer(client, line);
		return;
	}
	if (strcmp(client->request, "flush") != 0 &&
		strcmp(client->request, "take") != 0) {
		answer(client, "failed: expected flush, take, health or live\n");
		return;
	}
	if (!recorder->staging || recorder_take(recorder, &err) < 0) {
		answer(client, "failed: nothing can be stored at present\n");
		return;
	}
	if (client->request[0] == 't') {
		answer_stamp(recorder, client);
		return;
	}
	staging_get_status(recorder->staging, &status);
	client->wants_flush = true;
	client->wanted_number = status.newest;
	recorder->batch_trouble.retry_ms =
		0; /* a person waits: try at once, whatever failed before */
}

static void client_read(struct recorder *recorder, struct recorder_client *client)
{
	char *newline;
	ssize_t got = recv(client->fd, client->request + client->length,
		sizeof(client->request) - 1 - client->length, MSG_DONTWAIT);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0 || client->wants_flush) { /* gone, or talks out of turn */
		client_done(client);
		return;
	}
	client->length += (size_t)got;
	client->request[client->length] = '\0';
	newline = strchr(client->request, '\n');
	if (newline) {
		*newline = '\0';
		client_obey(recorder, client);
	} else if (client->length == sizeof(client->request) - 1) {
		client_done(client);
	}
}

static void client_accept(struct recorder *recorder, int64_t now_ms)
{
	int fd = accept4(recorder->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0) {
		/* no descriptors, no memory: who waits at the door would keep us awake */
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			recorder->accept_ms = now_ms + ACCEPT_PAUSE_MS;
		return;
	}
	for (size_t i = 0; i < RECORDER_CLIENTS; i++)
		if (recorder->client[i].fd < 0) {
			recorder->client[i] = (struct recorder_client){ .fd = fd,
				.deadline_ms = now_ms + CLIENT_DEADLINE_MS };
			return;
		}
	close(fd); /* all places are taken: asked again later */
}

void recorder_serve(struct recorder *recorder, const struct pollfd *set, size_t count,
	int64_t now_ms)
{
	for (size_t i = 1; i < count; i++) {
		struct recorder_client *client = &recorder->client[i - 1];

		if (client->fd < 0 || client->fd != set[i].fd)
			continue;
		if (set[i].revents)
			client_read(recorder, client);
		else if (now_ms >= client->deadline_ms)
			client_done(client);
	}
	if (set[0].revents & POLLIN)
		client_accept(recorder, now_ms);
}

bool recorder_flush_is_wanted(const struct recorder *recorder)
{
	for (size_t i = 0; i < RECORDER_CLIENTS; i++)
		if (recorder->client[i].fd >= 0 && recorder->client[i].wants_flush)
			return true;
	return false;
}

void recorder_answer_flushes(struct recorder *recorder, bool is_failed)
{
	for (size_t i = 0; i < RECORDER_CLIENTS; i++) {
		struct recorder_client *client = &recorder->client[i];

		if (client->fd < 0 || !client->wants_flush)
			continue;
		if (is_failed)
			answer(client, "failed\n");
		else if (client->wanted_number <= recorder->recorded)
			answer_stamp(recorder, client);
	}
}
