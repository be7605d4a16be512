/* Messages of the programs: escaped, rated, one line each. */
#include "common/clock.h"
#include "common/log.h"

#include "common/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LINE_BYTES 1024

void log_init(struct log *log, const char *program)
{
	const char *stream = getenv("JOURNAL_STREAM");

	log->program = program;
	log->level = LOG_LEVEL_INFO;
	log->is_journal = stream && *stream;
	log->fd = STDERR_FILENO;
}

static bool log_is_plain(uint32_t point)
{
	return utf8_is_plain(point) && point != '\\';
}

unsigned log_escape(const char *text, char *out, unsigned size)
{
	const unsigned char *at = (const unsigned char *)text;
	unsigned used = 0;

	while (*at && size > 0) {
		char piece[16];
		uint32_t point = 0;
		unsigned length = utf8_decode(at, &point);
		unsigned out_length;

		if (length > 0 && log_is_plain(point)) {
			memcpy(piece, at, length);
			out_length = length;
		} else if (point == '\\') {
			out_length = (unsigned)snprintf(piece, sizeof(piece), "\\\\");
		} else if (length > 1) {
			out_length = (unsigned)snprintf(
				piece, sizeof(piece), "\\u{%x}", point);
		} else {
			out_length = (unsigned)snprintf(
				piece, sizeof(piece), "\\x%02x", *at);
			length = 1;
		}
		if (used + out_length >= size)
			break;
		memcpy(out + used, piece, out_length);
		used += out_length;
		at += length;
	}
	if (size > 0)
		out[used] = '\0';
	return used;
}

/* A pipe or a terminal that is full would make us wait for whoever reads it.  The flag
 * that forbids it belongs to the open file, which others write to as well: ours is opened
 * anew, and under the same number, so that the children have it too.  A socket cannot be opened
 * anew and a file never waits: they stay as they are. */
void log_own_stream(const struct log *log)
{
	struct stat status;
	char path[40];
	int fd;

	if (fstat(log->fd, &status) < 0 ||
		(!S_ISFIFO(status.st_mode) && !S_ISCHR(status.st_mode)))
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", log->fd);
	fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return; /* log_send looks before it writes */
	(void)dup2(fd, log->fd);
	close(fd);
}

/* Never waits.  The look before the write is for a stream that could not be made ours:
 * another process may fill it in between, which nobody can exclude there. */
static bool log_send(int fd, const char *line, unsigned length)
{
	struct pollfd room = { .fd = fd, .events = POLLOUT };
	ssize_t count = send(fd, line, length, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (count < 0 && errno == ENOTSOCK) {
		if (poll(&room, 1, 0) <= 0)
			return false;
		count = write(fd, line, length);
	}
	return count == (ssize_t)length;
}

static unsigned log_format_line(const struct log *log, enum log_level level,
	const char *message, char line[LINE_BYTES])
{
	int used = log->is_journal ? snprintf(line, LINE_BYTES, "<%d>", (int)level)
				   : snprintf(line, LINE_BYTES, "%s: ", log->program);
	unsigned length = (unsigned)used;

	length += log_escape(message, line + length, LINE_BYTES - length - 1);
	line[length++] = '\n';
	return length;
}

static void log_write_line(
	const struct log *log, enum log_level level, const char *message)
{
	static unsigned unsaid; /* of the process, as its stderr is */
	char line[LINE_BYTES], text[80];

	if (unsaid > 0) {
		snprintf(text, sizeof(text), "(%u message%s lost: nobody read them)",
			unsaid, unsaid == 1 ? "" : "s");
		if (log_send(log->fd, line,
			    log_format_line(log, LOG_LEVEL_WARNING, text, line)))
			unsaid = 0;
	}
	/* one call, so that the lines of several processes do not mix; the later one does
	 * not overtake the count of those before it */
	if (unsaid > 0 ||
		!log_send(log->fd, line, log_format_line(log, level, message, line)))
		unsaid++;
}

/* Monotonic: a clock that is set must not open or close the mouth. */
static int64_t current_minute(void)
{
	return clock_monotonic_ns() / NS_PER_S / 60 + 1;
}

void log_write(const struct log *log, struct log_site *site, enum log_level level,
	const char *format, ...)
{
	char message[LINE_BYTES];
	int64_t minute = current_minute();
	va_list args;

	if (level > log->level)
		return;
	if (site->minute != minute) {
		if (site->kept > 0) {
			snprintf(message, sizeof(message),
				"(the next message came %u more times and was not "
				"shown)",
				site->kept);
			log_write_line(log, level, message);
		}
		*site = (struct log_site){ .minute = minute };
	}
	if (site->lines >= LOG_LINES_PER_MINUTE) {
		site->kept++;
		return;
	}
	site->lines++;
	va_start(args, format);
	(void)vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	log_write_line(log, level, message);
}
