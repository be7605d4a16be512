/* Messages of the programs: escaped, rated, one line each. */
#include "common/clock.h"
#include "common/log.h"

#include "common/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static void log_write_line(
	const struct log *log, enum log_level level, const char *message)
{
	char line[LINE_BYTES];
	int used = log->is_journal ? snprintf(line, sizeof(line), "<%d>", (int)level)
				   : snprintf(line, sizeof(line), "%s: ", log->program);
	unsigned length = (unsigned)used;
	ssize_t ignored;

	length +=
		log_escape(message, line + length, (unsigned)sizeof(line) - length - 1);
	line[length++] = '\n';
	/* one call, so that the lines of several processes do not mix; a full pipe or a
	 * closed terminal must not stop the sampling */
	ignored = write(log->fd, line, length);
	(void)ignored;
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
