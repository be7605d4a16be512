#include "analyze/import/parcel_ssh.h"

#include "common/quote.h"
#include "common/spawn.h"
#include "common/strbuf.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS_MAX 4096
#define LAST_WORDS_MS 2000

/* ---- the command at the other end -------------------------------------------------------- */

/* "HOST" or "HOST:DIR", with an address of IPv6 in brackets. */
static int split_address(
	const char *address, char **ret_host, char **ret_command, struct err *err)
{
	const char *end = address[0] == '[' ? strchr(address, ']') : NULL;
	const char *colon = strchr(end ? end : address, ':');
	size_t length = colon ? (size_t)(colon - address) : strlen(address);
	struct strbuf command;
	int r = 0;

	if (length == 0 || address[0] == '-' || (colon && !colon[1]))
		return err_set(err, -EINVAL,
			"ssh:%.100s: expected ssh:HOST:DIR or ssh:HOST", address);
	strbuf_init(&command, PATH_MAX * 4);
	strbuf_add(&command, "exec analyze ");
	if (colon) {
		strbuf_add(&command, "--data ");
		r = quote_add(&command, QUOTE_SH, colon + 1, err);
		strbuf_add(&command, " ");
	}
	strbuf_add(&command, "export store");
	*ret_command = strbuf_take(&command);
	strbuf_done(&command);
	if (r < 0) {
		free(*ret_command);
		return r;
	}
	*ret_host = end ? strndup(address + 1, (size_t)(end - address) - 1)
			: strndup(address, length);
	if (*ret_command && *ret_host)
		return 0;
	free(*ret_command);
	free(*ret_host);
	return err_oom(err);
}

/* ---- the client -------------------------------------------------------------------------- */

static int start_ssh(
	char *host, char *command, struct spawn_pipes *ret_pipes, struct err *err)
{
	char program[] = "ssh", no_tty[] = "-T", option[] = "-o",
	     batch[] = "BatchMode=yes", connect[] = "ConnectTimeout=20",
	     alive[] = "ServerAliveInterval=15", packed[] = "Compression=yes",
	     end[] = "--";
	char *argv[] = { program, no_tty, option, batch, option, connect, option, alive,
		option, packed, end, host, command, NULL };

	return spawn_with_pipes(
		program, argv, SPAWN_BY_NAME | SPAWN_WORDS, ret_pipes, err);
}

int parcel_ssh_open(const char *address, struct parcel_ssh *ret_ssh, struct err *err)
{
	char *host = NULL, *command = NULL;
	struct spawn_pipes pipes;
	int r = split_address(address, &host, &command, err);

	if (r < 0)
		return r;
	r = start_ssh(host, command, &pipes, err);
	free(host);
	free(command);
	if (r < 0)
		return r;
	*ret_ssh = (struct parcel_ssh){ .pid = pipes.pid,
		.to_fd = pipes.to_fd,
		.from_fd = pipes.from_fd,
		.words_fd = pipes.words_fd };
	return 0;
}

/* ---- its end ------------------------------------------------------------------------------ */

/* The last line of what it said, without what a terminal would obey. */
static void last_words(int fd, char text[PARCEL_WORDS_SIZE])
{
	char said[WORDS_MAX];
	size_t length = 0, begin;
	struct pollfd set = { .fd = fd, .events = POLLIN };

	while (length < sizeof(said) && poll(&set, 1, LAST_WORDS_MS) > 0) {
		ssize_t got = read(fd, said + length, sizeof(said) - length);

		if (got <= 0)
			break;
		length += (size_t)got;
	}
	while (length > 0 && (said[length - 1] == '\n' || said[length - 1] == '\r'))
		length--;
	for (begin = length; begin > 0 && said[begin - 1] != '\n'; begin--)
		;
	snprintf(text, PARCEL_WORDS_SIZE, "%.*s", (int)(length - begin), said + begin);
	for (char *at = text; *at; at++)
		if ((unsigned char)*at < ' ' || (unsigned char)*at >= 0x7f)
			*at = '?';
}

void parcel_ssh_close(struct parcel_ssh *ssh, char words[PARCEL_WORDS_SIZE])
{
	int status = 0;

	close(ssh->to_fd);
	close(ssh->from_fd);
	if (words)
		last_words(ssh->words_fd, words);
	close(ssh->words_fd);
	(void)kill(ssh->pid, SIGTERM);
	while (waitpid(ssh->pid, &status, 0) < 0 && errno == EINTR)
		;
}
