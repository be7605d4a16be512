/*
 * Messages of the programs, on stderr: only programs log, libraries return errors.
 *
 * One line a message, control characters escaped, at most 1 KiB.  Under systemd
 * (JOURNAL_STREAM is set) each line begins with the syslog priority, "<4>"; elsewhere
 * with the program's name.  A site that has something to say again and again says it at
 * most LOG_LINES_PER_MINUTE times a minute, and then how much it kept to itself.
 *
 * Nobody waits for a reader: what a full pipe, a stopped terminal or a stuck journal does
 * not take is lost, counted, and the count is told before the next message.
 */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stdbool.h>
#include <stdint.h>

#define LOG_LINES_PER_MINUTE 10

/* As in syslog(3). */
enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_NOTICE = 5,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7
};

struct log {
	const char *program;  /* borrowed */
	enum log_level level; /* more talkative ones are left out */
	bool is_journal;
	int fd; /* 2 but in tests */
};

/* Where a message comes from; one static object per call, all zero at first.  The
 * counters are the one state that a file keeps: they belong to the call in the text. */
struct log_site {
	int64_t minute;
	unsigned lines;
	unsigned kept; /* not said this minute */
};

/* Notices and above (info) to stderr; in the journal's form where that is the
 * journal. */
void log_init(struct log *log, const char *program);

/* For a program that must never wait: its stderr becomes an open file of its own that
 * does not block, for it and for the children that it starts.  Without it, or where the
 * stream cannot be opened anew, a message waits only where others fill the last room
 * between our look and our write. */
void log_own_stream(const struct log *log);

/* Through the macros below, which give each place its own site. */
void log_write(const struct log *log, struct log_site *site, enum log_level level,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* log_error(log, "probe %s: %s", name, err.text) with a site of its own */
#define LOG_AT(log, level, ...)                                         \
	do {                                                            \
		static struct log_site log_site_here;                   \
		log_write((log), &log_site_here, (level), __VA_ARGS__); \
	} while (0)
#define log_error(log, ...) LOG_AT(log, LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(log, ...) LOG_AT(log, LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(log, ...) LOG_AT(log, LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(log, ...) LOG_AT(log, LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(log, ...) LOG_AT(log, LOG_LEVEL_DEBUG, __VA_ARGS__)

/* The escaping alone: C0, C1, DEL, U+2028/9 and what is not UTF-8 become \xNN or
 * \u{NNNN}; returns the length, cut at a whole character to fit size. */
unsigned log_escape(const char *text, char *out, unsigned size);

#endif
