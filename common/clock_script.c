/* A scripted clock: weeks in seconds, and every trick that clocks play. */
#include "common/clock.h"

#include "common/array.h"
#include "common/io.h"
#include "common/parse.h"
#include "common/strbuf.h"
#include "common/util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SCRIPT_BYTES_MAX (1 << 20)
#define WORDS_MAX 5

enum action {
	ACTION_SET,
	ACTION_STEP,
	ACTION_STOP,
	ACTION_SUSPEND,
	ACTION_STEAL,
	ACTION_SYNCHRONISED
};

static const char *const action_names[] = {
	[ACTION_SET] = "set",
	[ACTION_STEP] = "step",
	[ACTION_STOP] = "stop",
	[ACTION_SUSPEND] = "suspend",
	[ACTION_STEAL] = "steal",
	[ACTION_SYNCHRONISED] = "synchronised",
};

struct order {
	int64_t at_ns; /* since the start, monotonic */
	enum action action;
	int64_t amount_ns;
};

struct clock_script {
	struct clock clock; /* first: the vtable's argument is cast back */
	struct clock_now now;
	int64_t start_ns;         /* monotonic */
	int64_t stopped_until_ns; /* monotonic; real time stands still before */
	bool is_synchronised;
	double speed; /* 0: as fast as possible */
	int request_fd, reply_fd;
	struct order *order;
	size_t order_count, order_next;
};

/* ---- running ---------------------------------------------------------------- */

static void pass(struct clock_script *script, int64_t ns)
{
	int64_t stopped_ns = script->stopped_until_ns - script->now.monotonic_ns;

	if (stopped_ns < 0)
		stopped_ns = 0;
	script->now.monotonic_ns += ns;
	script->now.boottime_ns += ns;
	if (ns > stopped_ns)
		script->now.realtime_ns += ns - stopped_ns;
}

static void obey(struct clock_script *script, const struct order *order)
{
	switch (order->action) {
	case ACTION_SET:
		script->now.realtime_ns = order->amount_ns;
		break;
	case ACTION_STEP:
		script->now.realtime_ns += order->amount_ns;
		break;
	case ACTION_STOP:
		script->stopped_until_ns = script->now.monotonic_ns + order->amount_ns;
		break;
	case ACTION_SUSPEND:
		script->now.boottime_ns += order->amount_ns;
		script->now.realtime_ns += order->amount_ns;
		break;
	case ACTION_STEAL:
		pass(script, order->amount_ns);
		break;
	case ACTION_SYNCHRONISED:
		script->is_synchronised = order->amount_ns != 0;
		break;
	}
}

static void script_read(struct clock *clock, struct clock_now *ret_now)
{
	*ret_now = ((struct clock_script *)(void *)clock)->now;
}

static bool script_is_synchronised(struct clock *clock)
{
	return ((struct clock_script *)(void *)clock)->is_synchronised;
}

/* The test changes the host root while we wait here.  A test that has gone ends us. */
static int ask_pace(struct clock_script *script)
{
	char line[64], reply;
	int length = snprintf(line, sizeof(line), "%lld %lld\n",
		(long long)(script->now.realtime_ns / NS_PER_S),
		(long long)(script->now.boottime_ns / 1000000));

	if (io_write_full(script->request_fd, line, (size_t)length) < 0 ||
		io_read_full(script->reply_fd, &reply, 1) != 1) {
		return SIGTERM;
	}
	return 0;
}

/* Signals must get through also where nothing is waited for. */
static int wait_really(
	const struct clock_script *script, int64_t ns, const sigset_t *signals)
{
	struct timespec left = { 0 };

	if (script->speed > 0) {
		ns = (int64_t)((double)ns / script->speed);
		left.tv_sec = (time_t)(ns / NS_PER_S);
		left.tv_nsec = (long)(ns % NS_PER_S);
	}
	return sigtimedwait(signals, NULL, &left);
}

static int script_sleep_until(
	struct clock *clock, int64_t monotonic_ns, const sigset_t *signals)
{
	struct clock_script *script = (struct clock_script *)(void *)clock;
	int r = wait_really(script, monotonic_ns - script->now.monotonic_ns, signals);

	if (r > 0)
		return r;
	while (script->now.monotonic_ns < monotonic_ns) {
		const struct order *order = &script->order[script->order_next];
		bool is_order = script->order_next < script->order_count &&
			script->start_ns + order->at_ns <= monotonic_ns;
		int64_t until_ns =
			is_order ? script->start_ns + order->at_ns : monotonic_ns;

		if (until_ns > script->now.monotonic_ns)
			pass(script, until_ns - script->now.monotonic_ns);
		if (!is_order)
			break;
		script->order_next++;
		obey(script, order);
	}
	return script->request_fd >= 0 ? ask_pace(script) : 0;
}

/* ---- reading the script ------------------------------------------------------ */

static int parse_seconds(const char *word, int64_t *ret_ns)
{
	double seconds;
	int r = parse_double(word, strlen(word), &seconds);

	if (r < 0)
		return r;
	if (seconds < -9e9 || seconds > 9e9)
		return -ERANGE;
	*ret_ns = (int64_t)seconds * NS_PER_S +
		(int64_t)((seconds - (double)(int64_t)seconds) * 1e9);
	return 0;
}

static int add_order(struct clock_script *script, char **word, size_t count)
{
	struct order order = { 0 };
	size_t action = 0;

	while (count == 4 && action < ARRAY_LEN(action_names) &&
		strcmp(word[2], action_names[action]) != 0)
		action++;
	if (count != 4 || action == ARRAY_LEN(action_names) ||
		parse_seconds(word[1], &order.at_ns) < 0 ||
		parse_seconds(word[3], &order.amount_ns) < 0)
		return -EINVAL;
	order.action = (enum action)action;
	if (script->order_count > 0 &&
		script->order[script->order_count - 1].at_ns > order.at_ns)
		return -EINVAL;
	if (ARRAY_EXTEND(script->order, script->order_count) < 0)
		return -ENOMEM;
	script->order[script->order_count++] = order;
	return 0;
}

static int set_start(struct clock_script *script, char **word, size_t count)
{
	int r = parse_seconds(word[1], &script->now.realtime_ns);

	if (r == 0 && count == 3)
		r = parse_seconds(word[2], &script->now.boottime_ns);
	script->now.monotonic_ns = script->now.boottime_ns;
	script->start_ns = script->now.monotonic_ns;
	return r;
}

static int open_pace(struct clock_script *script, char **word)
{
	script->request_fd = open(word[1], O_WRONLY | O_CLOEXEC);
	script->reply_fd = open(word[2], O_RDONLY | O_CLOEXEC);
	return script->request_fd < 0 || script->reply_fd < 0 ? -errno : 0;
}

static int take_line(struct clock_script *script, char *line)
{
	char *word[WORDS_MAX];
	size_t count = 0;

	line[strcspn(line, "#")] = '\0';
	for (char *at = line; count < WORDS_MAX;) {
		at += strspn(at, " \t");
		if (!*at)
			break;
		word[count++] = at;
		at += strcspn(at, " \t");
		if (*at)
			*at++ = '\0';
	}
	if (count == 0)
		return 0;
	if (strcmp(word[0], "at") == 0)
		return add_order(script, word, count);
	if (strcmp(word[0], "start") == 0 && (count == 2 || count == 3))
		return set_start(script, word, count);
	if (strcmp(word[0], "pace") == 0 && count == 3)
		return open_pace(script, word);
	if (strcmp(word[0], "speed") == 0 && count == 2)
		return parse_double(word[1], strlen(word[1]), &script->speed);
	return -EINVAL;
}

static int take_text(
	struct clock_script *script, char *text, const char *path, struct err *err)
{
	unsigned number = 0;

	for (char *line = text; line && *line;) {
		char *newline = strchr(line, '\n');
		int r;

		if (newline)
			*newline = '\0';
		number++;
		r = take_line(script, line);
		if (r < 0)
			return err_set(err, r, "%s:%u: this is no order for the clock",
				path, number);
		line = newline ? newline + 1 : NULL;
	}
	return 0;
}

int clock_script_open(
	const char *path, struct clock_script **ret_script, struct err *err)
{
	struct clock_script *script = calloc(1, sizeof(*script));
	struct strbuf text;
	int r;

	if (!script)
		return err_oom(err);
	script->clock = (struct clock){
		.read = script_read,
		.sleep_until = script_sleep_until,
		.is_synchronised = script_is_synchronised,
		.is_virtual = true,
	};
	script->now.boottime_ns = 1000 * NS_PER_S;
	script->now.monotonic_ns = script->start_ns = script->now.boottime_ns;
	script->request_fd = script->reply_fd = -1;
	strbuf_init(&text, SCRIPT_BYTES_MAX);
	r = io_read_file(AT_FDCWD, path, &text, err);
	if (r == 0 && text.length > 0)
		r = take_text(script, text.text, path, err);
	strbuf_done(&text);
	if (r < 0) {
		clock_script_close(script);
		return r;
	}
	*ret_script = script;
	return 0;
}

void clock_script_close(struct clock_script *script)
{
	if (!script)
		return;
	if (script->request_fd >= 0)
		close(script->request_fd);
	if (script->reply_fd >= 0)
		close(script->reply_fd);
	free(script->order);
	free(script);
}

struct clock *clock_script_clock(struct clock_script *script)
{
	return &script->clock;
}
