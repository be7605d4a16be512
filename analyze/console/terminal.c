#include "analyze/console/terminal.h"

#include "common/clock.h"
#include "common/parse.h"
#include "common/safe_text.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define WIDTH_LEAST 40
#define WIDTH_MOST 1000
#define WIDTH_ELSEWHERE 80
#define PATIENCE_MS 300
#define REDRAW_MS 100
#define MESSAGE_INDENT 2 /* of its further lines */

static bool is_plain_terminal(void)
{
	const char *term = getenv("TERM");

	return !term || !*term || !strcmp(term, "dumb");
}

void terminal_detect_color(struct context *context)
{
	const char *no_color = getenv("NO_COLOR");

	context->has_color = isatty(STDOUT_FILENO) && !is_plain_terminal() &&
		!(no_color && *no_color);
}

/* COLUMNS counts wherever it is set, so that a pager or a test can ask for a width. */
static unsigned find_width(int fd)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	uint64_t width = 0;

	if (columns && *columns && parse_u64(columns, strlen(columns), &width) == 0 &&
		width >= WIDTH_LEAST && width <= WIDTH_MOST)
		return (unsigned)width;
	if (!isatty(fd))
		return 0;
	if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return WIDTH_ELSEWHERE;
	return size.ws_col < WIDTH_LEAST ? WIDTH_LEAST : size.ws_col;
}

void terminal_detect(struct context *context)
{
	bool is_stdout = context->out == stdout;

	context->width =
		is_stdout ? find_width(STDOUT_FILENO) : 0; /* 0: nothing is cut */
	context->has_progress =
		!context->is_quiet && isatty(STDERR_FILENO) && !is_plain_terminal();
	if (!is_stdout || context->format != FORMAT_TEXT)
		context->has_color = false;
}

unsigned terminal_width_of(const struct context *context)
{
	return context->width ? context->width : WIDTH_ELSEWHERE;
}

void terminal_message(unsigned column, const char *text)
{
	unsigned width = find_width(STDERR_FILENO);
	char *safe = width && !strchr(text, '\n') ? safe_terminal_dup(text) : NULL;
	char *at = safe;

	if (!safe)
		safe_print_message(stderr, text);
	while (at && *at) {
		size_t blanks = strspn(at, " "), length = strcspn(at + blanks, " ");
		char after = at[blanks + length];
		unsigned wide;

		at[blanks + length] = '\0';
		wide = (unsigned)blanks + safe_width(at + blanks);
		if (column > MESSAGE_INDENT && column + wide > width) {
			fprintf(stderr, "\n%*s", MESSAGE_INDENT, "");
			column = MESSAGE_INDENT;
			wide -= (unsigned)blanks;
			fputs(at + blanks, stderr);
		} else {
			fputs(at, stderr);
		}
		column += wide;
		at += blanks + length;
		*at = after;
	}
	fputc('\n', stderr);
	free(safe);
}

const char *terminal_color(const struct context *context, enum color color)
{
	static const char *const codes[] = { "\033[0m", "\033[1m", "\033[2m",
		"\033[32m", "\033[33m", "\033[31m" };

	return context->has_color ? codes[color] : "";
}

bool terminal_has_utf8(void)
{
	return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

void progress_begin(
	struct progress *progress, const struct context *context, const char *what)
{
	unsigned width = find_width(STDERR_FILENO);

	*progress = (struct progress){ .is_shown = context->has_progress,
		.what = what,
		.begin_ms = clock_monotonic_ms(),
		.width = width ? width : WIDTH_ELSEWHERE };
}

/* The last bytes of a name: of paths the end tells them apart. */
static const char *end_of(const char *text, size_t room)
{
	size_t length = strlen(text);

	if (length > room)
		text += length - room;
	while (((unsigned char)*text & 0xc0) == 0x80)
		text++;
	return text;
}

void progress_show(struct progress *progress, double done_ratio, const char *detail)
{
	bool has_utf8 = terminal_has_utf8();
	int64_t now = clock_monotonic_ms();
	unsigned bar, full;

	if (!progress->is_shown || now - progress->begin_ms < PATIENCE_MS ||
		(now - progress->last_ms < REDRAW_MS && done_ratio < 1))
		return;
	progress->last_ms = now;
	done_ratio = done_ratio < 0 ? 0 : done_ratio > 1 ? 1 : done_ratio;
	bar = progress->width / 3;
	full = (unsigned)(done_ratio * bar);
	fprintf(stderr, "\r\033[K%.24s ", progress->what);
	for (unsigned i = 0; i < bar; i++)
		fputs(i < full ? (has_utf8 ? "\u2588" : "#")
			       : (has_utf8 ? "\u2591" : "."),
			stderr);
	fprintf(stderr, " %3.0f %% %s", done_ratio * 100,
		end_of(detail ? detail : "",
			progress->width - bar - 32 > 60 ? 0
							: progress->width - bar - 32));
	fflush(stderr);
}

void progress_done(struct progress *progress)
{
	if (progress->is_shown && progress->last_ms)
		fputs("\r\033[K", stderr);
	progress->is_shown = false;
}
