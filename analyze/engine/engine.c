#include "analyze/engine/engine.h"

#include "analyze/engine/decoder.h"
#include "analyze/engine/engine_wire.h"
#include "common/clock.h"
#include "common/confine.h"
#include "common/io.h"
#include "common/program.h"
#include "common/spawn.h"
#include "common/utf8.h"
#include "common/util.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_BYTES_MAX ((uint64_t)4 << 30)
#define ALL_BYTES_MAX (UINT64_MAX / 2)
#define DECODER_MEMORY_BYTES ((uint64_t)512 << 20)
#define DECODER_DEADLINE_MS (24 * 3600 * 1000)
#define DAY_MS INT64_C(86400000)
#define OLDEST_MS INT64_C(31536000000)
#define YOUNGEST_MS INT64_C(4102444800000)
#define PAYLOAD_MAX ((size_t)128 << 10)
#define URL_MAX 2000

struct engine_link {
	char url[URL_MAX + 1]; /* without a slash at its end */
	enum engine_way way;
	pid_t fetch_pid;
	int to_fetch;
	struct confined *decoder;
	bool is_answering;
	int64_t from_ms, to_ms; /* of the answer: what is outside is not passed on */
	uint64_t samples;
	struct engine_labels labels;
	size_t begin, end; /* of in */
	char in[2 * PAYLOAD_MAX];
	_Alignas(struct engine_sample) char payload[PAYLOAD_MAX + 1];
};

static const char *const way_names[] = { "auto", "read", "export", "query" };

const char *engine_way_name(enum engine_way way)
{
	return way_names[way];
}

int engine_way_find(const char *name)
{
	for (int i = 0; i < 4; i++)
		if (strcmp(way_names[i], name) == 0)
			return i;
	return -1;
}

const char *engine_way_text(enum engine_way way)
{
	static const char *const texts[] = { "nothing",
		"remote read of streamed chunks", "/api/v1/export",
		"/api/v1/query with range selectors, a day at a time" };

	return texts[way];
}

enum engine_way engine_way(const struct engine_link *engine)
{
	return engine->way;
}

int64_t engine_span_ms(const struct engine_link *engine)
{
	return engine->way == ENGINE_QUERY ? DAY_MS : INT64_MAX;
}

uint64_t engine_samples(const struct engine_link *engine)
{
	return engine->samples;
}

/* ---- the two children ------------------------------------------------------------------ */

/* The child asks the network and does nothing else.  Secrets go to it as names of
 * files: the words of a command line can be read by everybody on the machine. */
static int spawn_fetch(struct engine_link *engine, const char *path,
	const struct engine_options *options, int from[2], struct err *err)
{
	const struct {
		const char *name, *value;
	} given[] = { { "--cacert", options->ca_file }, { "--user", options->user },
		{ "--password-file", options->password_file },
		{ "--token-file", options->token_file } };
	char *argv[12];
	size_t argc = 0;
	int to[2], r = 0;

	argv[argc++] = strdup(path);
	for (size_t i = 0; i < ARRAY_LEN(given); i++)
		if (given[i].value) {
			argv[argc++] = strdup(given[i].name);
			argv[argc++] = strdup(given[i].value);
		}
	argv[argc] = NULL;
	for (size_t i = 0; i < argc; i++)
		if (!argv[i])
			r = err_oom(err);
	if (r == 0 && pipe2(to, O_CLOEXEC) < 0)
		r = err_errno(err, "pipe");
	if (r == 0) {
		const struct spawn_fd fd[] = { { to[0], STDIN_FILENO },
			{ from[1], STDOUT_FILENO } };

		r = spawn_program(
			path, argv, fd, ARRAY_LEN(fd), 0, &engine->fetch_pid, err);
		close(to[0]);
		engine->to_fetch = to[1];
	}
	for (size_t i = 0; i < argc; i++)
		free(argv[i]);
	return r;
}

static int start_children(struct engine_link *engine,
	const struct engine_options *options, struct err *err)
{
	struct confine_options confine = { .what = engine->url,
		.memory_bytes = DECODER_MEMORY_BYTES,
		.answer_bytes = ALL_BYTES_MAX,
		.deadline_ms = DECODER_DEADLINE_MS };
	struct decoder_work work = { .what = engine->url };
	char path[PATH_MAX + 32];
	int from[2], r;

	if (program_find("headroom-fetch", path, sizeof(path)) < 0)
		return err_set(err, -ENOENT,
			"headroom-fetch, which talks to servers, is not installed "
			"(looked for %.300s)",
			path);
	if (pipe2(from, O_CLOEXEC) < 0)
		return err_errno(err, "pipe");
	/* the kernel's most for everybody: fewer turns for the same bytes */
	(void)fcntl(from[0], F_SETPIPE_SZ, 1 << 20);
	r = spawn_fetch(engine, path, options, from, err);
	close(from[1]);
	work.frames_fd = confine.keep_fd[confine.keep_count++] = from[0];
	if (r == 0)
		r = confine_start(&confine, decoder_run, &work, &engine->decoder, err);
	close(from[0]);
	if (r == 0)
		(void)fcntl(confine_fd(engine->decoder), F_SETPIPE_SZ, 1 << 20);
	return r;
}

void engine_close(struct engine_link *engine)
{
	int status;

	if (!engine)
		return;
	if (engine->to_fetch >= 0)
		close(engine->to_fetch); /* the end of what it is asked */
	confine_abort(engine->decoder);
	if (engine->fetch_pid > 0) {
		if (engine->is_answering)
			(void)kill(engine->fetch_pid, SIGTERM);
		while (waitpid(engine->fetch_pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	free(engine);
}

/* ---- requests ---------------------------------------------------------------------------- */

static int send_request(struct engine_link *engine, enum fetch_kind kind,
	enum fetch_answer answer, const struct strbuf *texts, int64_t from_ms,
	int64_t to_ms, struct err *err)
{
	struct fetch_request request = { .magic = FETCH_MAGIC,
		.kind = kind,
		.answer = answer,
		.texts = (uint32_t)texts->length,
		.from_ms = from_ms,
		.to_ms = to_ms,
		.bytes_max = ANSWER_BYTES_MAX };
	void (*before)(int) = signal(SIGPIPE, SIG_IGN);
	int r;

	if (strbuf_failed(texts) < 0 || texts->length > FETCH_TEXT_MAX)
		return err_set(
			err, -E2BIG, "%s: the question is too long", engine->url);
	engine_skip(engine);
	r = io_write_full(engine->to_fetch, &request, sizeof(request));
	if (r == 0)
		r = io_write_full(engine->to_fetch, texts->text, texts->length);
	(void)signal(SIGPIPE, before);
	if (r < 0)
		return err_set(err, r, "headroom-fetch has ended");
	engine->is_answering = true;
	engine->from_ms = from_ms;
	engine->to_ms = to_ms;
	return 0;
}

/* A value in the query of an URL. */
static void engine_add_escaped(struct strbuf *out, const char *text)
{
	for (; *text; text++) {
		if (isalnum((unsigned char)*text) || strchr("-_.~", *text))
			strbuf_add_bytes(out, text, 1);
		else
			strbuf_addf(out, "%%%02X", (unsigned)(unsigned char)*text);
	}
}

static void engine_add_selector(
	struct strbuf *out, const struct selector *selector, const char *behind)
{
	struct strbuf text;

	strbuf_init(&text, SELECTOR_TEXT_MAX);
	selector_write(selector, &text);
	strbuf_add(&text, behind);
	engine_add_escaped(out, strbuf_text(&text));
	if (strbuf_failed(&text) < 0)
		out->error = strbuf_failed(&text);
	strbuf_done(&text);
}

static void add_time(struct strbuf *out, const char *key, int64_t ms)
{
	strbuf_addf(out, "%s%" PRId64 ".%03d", key, ms / 1000, (int)(ms % 1000));
}

static void begin_url(
	struct engine_link *engine, struct strbuf *texts, const char *path)
{
	strbuf_init(texts, FETCH_TEXT_MAX);
	strbuf_addf(texts, "%s%s", engine->url, path);
}

/* With the NUL at its end. */
static int send_get(struct engine_link *engine, struct strbuf *texts,
	enum fetch_answer answer, int64_t from_ms, int64_t to_ms, struct err *err)
{
	int r;

	strbuf_add_bytes(texts, "", 1);
	r = send_request(engine, FETCH_GET, answer, texts, from_ms, to_ms, err);
	strbuf_done(texts);
	return r;
}

static int ask_read(struct engine_link *engine, const struct selector *selector,
	int64_t from_ms, int64_t to_ms, struct err *err)
{
	struct strbuf texts;
	int r;

	begin_url(engine, &texts, "/api/v1/read");
	strbuf_add_bytes(&texts, "", 1);
	for (size_t i = 0; i < selector->count; i++) {
		const struct matcher *matcher = &selector->matcher[i];
		const char type[2] = { (char)('0' + matcher->type), '\0' };

		strbuf_add_bytes(&texts, type, 2);
		strbuf_add_bytes(&texts, matcher->name, strlen(matcher->name) + 1);
		strbuf_add_bytes(&texts, matcher->value, strlen(matcher->value) + 1);
	}
	r = send_request(
		engine, FETCH_READ, ANSWER_CHUNKS, &texts, from_ms, to_ms, err);
	strbuf_done(&texts);
	return r;
}

int engine_ask_query(
	struct engine_link *engine, const char *query, int64_t at_ms, struct err *err)
{
	struct strbuf texts;

	begin_url(engine, &texts, "/api/v1/query");
	add_time(&texts, "?time=", at_ms);
	strbuf_add(&texts, "&query=");
	engine_add_escaped(&texts, query);
	return send_get(engine, &texts, ANSWER_SERIES, OLDEST_MS, YOUNGEST_MS, err);
}

int engine_ask_series(struct engine_link *engine, const struct selector *selector,
	int64_t from_ms, int64_t to_ms, struct err *err)
{
	struct strbuf texts;
	char range[40];

	if (engine->way == ENGINE_READ)
		return ask_read(engine, selector, from_ms, to_ms, err);
	if (engine->way == ENGINE_EXPORT) {
		begin_url(engine, &texts, "/api/v1/export");
		add_time(&texts, "?start=", from_ms);
		add_time(&texts, "&end=", to_ms);
		strbuf_add(&texts, "&match[]=");
		engine_add_selector(&texts, selector, "");
		return send_get(engine, &texts, ANSWER_SERIES, from_ms, to_ms, err);
	}
	/* the first stamp is in, whatever the engine makes of a window's ends */
	snprintf(range, sizeof(range), "[%" PRId64 "ms]", to_ms - from_ms + 1);
	begin_url(engine, &texts, "/api/v1/query");
	add_time(&texts, "?time=", to_ms);
	strbuf_add(&texts, "&query=");
	engine_add_selector(&texts, selector, range);
	return send_get(engine, &texts, ANSWER_SERIES, from_ms, to_ms, err);
}

int engine_ask_names(struct engine_link *engine, const char *label,
	const struct selector *selector, int64_t from_ms, int64_t to_ms,
	struct err *err)
{
	struct strbuf texts;

	begin_url(engine, &texts, "/api/v1/label/");
	strbuf_addf(&texts, "%s/values", label);
	add_time(&texts, "?start=", from_ms);
	add_time(&texts, "&end=", to_ms);
	strbuf_add(&texts, "&match[]=");
	engine_add_selector(&texts, selector, "");
	return send_get(engine, &texts, ANSWER_NAMES, from_ms, to_ms, err);
}

/* ---- answers --------------------------------------------------------------------------- */

static int engine_broken(struct engine_link *engine, struct err *err)
{
	engine->is_answering = false;
	return err_set(err, -EBADMSG,
		"%s: it is not what it says it is (reading its answer gives no sense)",
		engine->url);
}

static int engine_take(
	struct engine_link *engine, void *to, size_t size, struct err *err)
{
	char *at = to;

	while (size > 0) {
		size_t there = engine->end - engine->begin;

		if (there == 0) {
			ssize_t got = confine_read(
				engine->decoder, engine->in, sizeof(engine->in), err);

			engine->begin = 0;
			engine->end = got > 0 ? (size_t)got : 0;
			if (got < 0)
				return (int)got;
			if (got == 0) {
				int r = confine_finish(engine->decoder, err);

				engine->decoder = NULL;
				return r < 0 ? r : engine_broken(engine, err);
			}
			continue;
		}
		there = there < size ? there : size;
		memcpy(at, engine->in + engine->begin, there);
		engine->begin += there;
		at += there;
		size -= there;
	}
	return 0;
}

static int take_labels_of(struct engine_link *engine, size_t length,
	struct engine_item *item, struct err *err)
{
	size_t at = 0;

	for (size_t i = 0; i < LABEL_COUNT; i++) {
		size_t size = strnlen(engine->payload + at, length - at) + 1;

		if (at + size > length || size > LABEL_BYTES)
			return engine_broken(engine, err);
		memcpy(engine->labels.text[i], engine->payload + at, size);
		at += size;
	}
	item->kind = ITEM_SERIES;
	item->labels = &engine->labels;
	return at == length ? 1 : engine_broken(engine, err);
}

static int take_samples(struct engine_link *engine, size_t length,
	struct engine_item *item, struct err *err)
{
	void *bytes = engine->payload;
	struct engine_sample *sample = bytes;
	size_t count = length / sizeof(*sample), kept = 0;

	for (size_t i = 0; i < count; i++)
		if (sample[i].stamp_ms >= engine->from_ms &&
			sample[i].stamp_ms <= engine->to_ms)
			sample[kept++] = sample[i];
	item->kind = ITEM_SAMPLES;
	item->sample = sample;
	item->count = kept;
	engine->samples += kept;
	return length % sizeof(*sample) ? engine_broken(engine, err) : 1;
}

static int engine_take_failure(
	struct engine_link *engine, size_t length, struct err *err)
{
	struct frame_failed failed;

	engine->is_answering = false;
	if (length < sizeof(failed))
		return engine_broken(engine, err);
	memcpy(&failed, engine->payload, sizeof(failed));
	engine->payload[length] = '\0';
	for (char *c = engine->payload + sizeof(failed); *c; c++)
		if ((unsigned char)*c < 32 || *c == 127)
			*c = ' ';
	return err_set(err, failed.code < 0 && failed.code > -4096 ? failed.code : -EIO,
		"%.500s", engine->payload + sizeof(failed));
}

/* UTF-8 without control characters; the text ends with NUL. */
static bool is_plain_name(const char *text, size_t length)
{
	const unsigned char *at = (const unsigned char *)text;
	uint32_t point = 0;

	while (*at) {
		unsigned size = utf8_decode(at, &point);

		if (size == 0 || !utf8_is_plain(point))
			return false;
		at += size;
	}
	return length > 0 && length < LABEL_BYTES &&
		(size_t)(at - (const unsigned char *)text) == length;
}

int engine_next(
	struct engine_link *engine, struct engine_item *ret_item, struct err *err)
{
	struct engine_message message;
	int r;

	if (!engine->is_answering)
		return 0;
	r = engine_take(engine, &message, sizeof(message), err);
	if (r == 0 && message.length > PAYLOAD_MAX)
		r = engine_broken(engine, err);
	if (r == 0)
		r = engine_take(engine, engine->payload, message.length, err);
	if (r < 0) {
		engine->is_answering = false;
		return r;
	}
	switch (message.kind) {
	case ENGINE_SERIES:
		return take_labels_of(engine, message.length, ret_item, err);
	case ENGINE_SAMPLES:
		return take_samples(engine, message.length, ret_item, err);
	case ENGINE_NAME:
		engine->payload[message.length] = '\0';
		if (!is_plain_name(engine->payload, message.length))
			return engine_next(engine, ret_item, err);
		ret_item->kind = ITEM_NAME;
		ret_item->name = engine->payload;
		return 1;
	case ENGINE_END:
		engine->is_answering = false;
		return 0;
	case ENGINE_FAILED:
		return engine_take_failure(engine, message.length, err);
	default:
		return engine_broken(engine, err);
	}
}

void engine_skip(struct engine_link *engine)
{
	struct engine_item item;

	while (engine->is_answering && engine_next(engine, &item, NULL) > 0)
		;
}

/* ---- what the server has ------------------------------------------------------------------ */

/* 0: it has it; -ENOTSUP: it has not; another negative errno: it answers nobody. */
static int try_way(struct engine_link *engine, enum engine_way way, struct err *err)
{
	struct selector nothing = { .count = 0 };
	struct engine_item item;
	int64_t now_ms = clock_wall_ns() / 1000000;
	int r;

	engine->way = way;
	r = selector_add(&nothing, MATCH_EQUAL, "__name__", "headroom_nothing", err);
	if (r == 0)
		r = engine_ask_series(engine, &nothing, now_ms - 1000, now_ms, err);
	while (r == 0 && (r = engine_next(engine, &item, err)) > 0)
		r = 0;
	selector_done(&nothing);
	return r == -EREMOTEIO || r == -EBADMSG ? -ENOTSUP : r;
}

static int find_way(struct engine_link *engine, enum engine_way wanted, struct err *err)
{
	int r = -ENOTSUP;

	if (wanted != ENGINE_ANY) {
		r = try_way(engine, wanted, err);
		return r == -ENOTSUP ? -EREMOTEIO : r;
	}
	for (int way = ENGINE_READ; way <= ENGINE_QUERY && r == -ENOTSUP; way++)
		r = try_way(engine, (enum engine_way)way, err);
	return r == -ENOTSUP ? -EREMOTEIO : r;
}

/* http or https, a host, no credentials: those would stand on a command line. */
static int check_url(const char *url, char to[URL_MAX + 1], struct err *err)
{
	size_t length = strlen(url);
	const char *host = strncasecmp(url, "http://", 7) == 0 ? url + 7
		: strncasecmp(url, "https://", 8) == 0         ? url + 8
							       : NULL;

	if (!host || !*host || *host == '/' || length > URL_MAX ||
		strpbrk(url, " ?#\"<>\\^`{|}"))
		return err_set(err, -EINVAL,
			"expected the address of a server (https://HOST:PORT or "
			"https://HOST/PREFIX), found \"%.100s\"",
			url);
	if (memchr(host, '@', strcspn(host, "/")))
		return err_set(err, -EINVAL,
			"a password has no place in an address: use --user with "
			"--password-file, or --token-file");
	while (length > 0 && url[length - 1] == '/')
		length--;
	memcpy(to, url, length);
	to[length] = '\0';
	return 0;
}

int engine_open(const struct engine_options *options, struct engine_link **ret_engine,
	struct err *err)
{
	struct engine_link *engine = calloc(1, sizeof(*engine));
	int r;

	if (!engine)
		return err_oom(err);
	engine->to_fetch = -1;
	r = check_url(options->url, engine->url, err);
	if (r == 0)
		r = start_children(engine, options, err);
	if (r == 0)
		r = find_way(engine, options->way, err);
	if (r < 0) {
		engine_close(engine);
		return r;
	}
	*ret_engine = engine;
	return 0;
}
