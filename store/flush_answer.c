/* What a recorder answers, read as a stranger's word. */
#include "store/flush_client.h"

#include "common/parse.h"
#include "common/safe_text.h"
#include "common/util.h"
#include "store/live.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The next word of the line, which is moved behind it; its length, 0 at the end. */
static size_t answer_word(const char **line, const char **ret_word)
{
	size_t length;

	*line += strspn(*line, " ");
	length = strcspn(*line, " ");
	*ret_word = *line;
	*line += length;
	return length;
}

static bool answer_is(const char **line, const char *wanted)
{
	const char *word;
	size_t length = answer_word(line, &word);

	return length == strlen(wanted) && memcmp(word, wanted, length) == 0;
}

static bool answer_number(const char **line, int64_t *ret_number)
{
	const char *word;
	size_t length = answer_word(line, &word);

	return length > 0 && parse_i64(word, length, ret_number) == 0;
}

/* What it said instead, for people. */
static int refuse_answer_line(const char *answer, int code, struct err *err)
{
	char *shown = safe_terminal_dup(answer);

	err_set(err, code, "the recorder: \"%.60s\"", shown ? shown : "");
	free(shown);
	return code;
}

void flush_answer_read(const char *answer, struct flush_result *ret_result)
{
	const char *line = answer;

	if (answer_is(&line, "ok") && answer_number(&line, &ret_result->last_stamp_s))
		ret_result->is_complete = true;
	else
		snprintf(ret_result->why, sizeof(ret_result->why),
			"the recorder cannot write at present");
}

int health_answer_read(
	const char *answer, struct live_health *ret_health, struct err *err)
{
	struct live_health health = { .ticks = 0 };
	int64_t batch = 0, failing = 0;
	const struct {
		const char *word;
		int64_t *number;
	} parts[] = {
		{ "ticks", &health.ticks },
		{ "staged", &health.staged },
		{ "waiting", &health.waiting },
		{ "dropped", &health.dropped },
		{ "late", &health.late },
		{ "restarts", &health.restarts },
		{ "last", &health.last },
		{ "pid", &health.pid },
		{ "batch", &batch },
		{ "failing", &failing },
	};
	const char *line = answer;

	if (!answer_is(&line, "ok"))
		return refuse_answer_line(answer, -EBADMSG, err);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (!answer_is(&line, parts[i].word) ||
			!answer_number(&line, parts[i].number))
			return refuse_answer_line(answer, -EBADMSG, err);
	health.is_failing = failing != 0;
	*ret_health = health;
	return 0;
}

int live_answer_read(const char *answer, struct live_figures *ret_live, struct err *err)
{
	struct live_figures live = { .stamp = 0 };
	const char *line = answer, *word;
	int64_t step_s = 0;

	if (strncmp(answer, "failed", 6) == 0)
		return refuse_answer_line(answer, -ENODATA, err);
	if (!answer_is(&line, "ok") || !answer_number(&line, &live.stamp))
		return refuse_answer_line(answer, -EBADMSG, err);
	if (!answer_number(&line, &step_s) || step_s < 1 || step_s > UINT32_MAX)
		return err_set(err, -EBADMSG, "the recorder tells no step");
	live.step_s = (unsigned)step_s;
	for (size_t i = 0; i < LIVE_COUNT; i++) {
		size_t length = answer_word(&line, &word);

		live.of[i] = NAN;
		if (length == 1 && *word == '-')
			continue;
		if (parse_double(word, length, &live.of[i]) < 0 || live.of[i] < 0)
			return err_set(err, -EBADMSG, "the recorder tells too little");
	}
	*ret_live = live;
	return 0;
}
