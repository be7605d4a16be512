/* Requests by libcurl; no redirect is followed, nothing larger than asked for is taken. */
#include "analyze/fetch/fetch.h"

#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	CONNECT_MS = 15000,
	SLOW_BYTES_PER_S = 64, /* a server that drips is given up after */
	SLOW_S = 60,           /* so long; a query may take that long to begin, too */
	ALL_S = 4 * 3600,
	SECRET_BYTES = 4096,
	SAID_BYTES = 300,
	BODY_BYTES = 1 << 20,
};

struct fetch_reply {
	struct fetch *fetch;
	const struct fetch_request *request;
	uint64_t bytes;
	bool has_begun;
	bool is_refused; /* what it says is kept as a reason */
	bool is_much;
	bool has_no_reader;
	char said[SAID_BYTES + 1];
	size_t said_length;
	char error[CURL_ERROR_SIZE];
};

/* ---- frames ------------------------------------------------------------------------------ */

static int put_frame(
	const struct fetch *fetch, uint32_t kind, const void *bytes, size_t length)
{
	const struct fetch_frame frame = { kind, (uint32_t)length };
	int r = io_write_full(fetch->to, &frame, sizeof(frame));

	return r < 0 || length == 0 ? r : io_write_full(fetch->to, bytes, length);
}

static int put_failure(
	const struct fetch *fetch, int code, long status, const char *text)
{
	struct {
		struct frame_failed head;
		char text[1024];
	} failed = { { code, (uint32_t)status }, "" };
	int length = snprintf(failed.text, sizeof(failed.text), "%s", text);

	if (length > (int)sizeof(failed.text) - 1)
		length = (int)sizeof(failed.text) - 1;
	return put_frame(fetch, FRAME_FAILED, &failed,
		sizeof(failed.head) + (size_t)(length > 0 ? length : 0));
}

static int put_begin(struct fetch_reply *reply)
{
	const struct frame_begin begin = { .answer = reply->request->answer,
		.from_ms = reply->request->from_ms,
		.to_ms = reply->request->to_ms };

	reply->has_begun = true;
	return put_frame(reply->fetch, FRAME_BEGIN, &begin, sizeof(begin));
}

/* ---- the answer as it comes ---------------------------------------------------------------- */

static bool is_wanted_answer(const struct fetch_reply *reply)
{
	const char *type = NULL;
	long status = 0;

	curl_easy_getinfo(reply->fetch->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(reply->fetch->easy, CURLINFO_CONTENT_TYPE, &type);
	if (status != 200)
		return false;
	return reply->request->answer != ANSWER_CHUNKS ||
		(type && strstr(type, "streamed"));
}

static size_t fetch_on_bytes(char *bytes, size_t one, size_t count, void *context)
{
	struct fetch_reply *reply = context;
	size_t length = one * count;

	if (!reply->has_begun && !reply->is_refused) {
		reply->is_refused = !is_wanted_answer(reply);
		if (!reply->is_refused && put_begin(reply) < 0)
			reply->has_no_reader = true;
	}
	if (reply->is_refused) {
		for (size_t i = 0; i < length && reply->said_length < SAID_BYTES; i++)
			reply->said[reply->said_length++] =
				(unsigned char)bytes[i] < 32 ? ' ' : bytes[i];
		/* what follows is of no interest */
		return reply->said_length < SAID_BYTES ? length : 0;
	}
	reply->bytes += length;
	reply->is_much = reply->bytes > reply->request->bytes_max;
	if (reply->is_much || reply->has_no_reader)
		return 0;
	for (size_t at = 0; at < length; at += FETCH_FRAME_MAX) {
		size_t part =
			length - at < FETCH_FRAME_MAX ? length - at : FETCH_FRAME_MAX;

		if (put_frame(reply->fetch, FRAME_BYTES, bytes + at, part) < 0) {
			reply->has_no_reader = true;
			return 0;
		}
	}
	return length;
}

/* ---- the request --------------------------------------------------------------------------- */

/* The first line of a file; kept nowhere else. */
static int fetch_read_secret(const char *path, struct strbuf *secret, struct err *err)
{
	int r = io_read_file(AT_FDCWD, path, secret, err);

	if (r == 0) {
		secret->length = strcspn(strbuf_text(secret), "\r\n");
		if (secret->text)
			secret->text[secret->length] = '\0';
		if (secret->length == 0)
			r = err_set(err, -EINVAL, "%s: it is empty", path);
	}
	return r;
}

static int add_header(struct curl_slist **list, const char *text, struct err *err)
{
	struct curl_slist *grown = curl_slist_append(*list, text);

	if (!grown)
		return err_oom(err);
	*list = grown;
	return 0;
}

static int set_access(struct fetch *fetch, struct curl_slist **headers, struct err *err)
{
	const struct fetch_access *access = &fetch->access;
	struct strbuf secret, line;
	int r = 0;

	strbuf_init(&secret, SECRET_BYTES);
	strbuf_init(&line, SECRET_BYTES + 64);
	if (access->token_file) {
		r = fetch_read_secret(access->token_file, &secret, err);
		strbuf_addf(&line, "Authorization: Bearer %s", strbuf_text(&secret));
		if (r == 0)
			r = add_header(headers, strbuf_text(&line), err);
	} else if (access->user) {
		r = access->password_file
			? fetch_read_secret(access->password_file, &secret, err)
			: 0;
		curl_easy_setopt(fetch->easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
		curl_easy_setopt(fetch->easy, CURLOPT_USERNAME, access->user);
		curl_easy_setopt(fetch->easy, CURLOPT_PASSWORD, strbuf_text(&secret));
	}
	if (access->ca_file)
		curl_easy_setopt(fetch->easy, CURLOPT_CAINFO, access->ca_file);
	strbuf_done(&secret);
	strbuf_done(&line);
	return r;
}

static void prepare_easy(struct fetch_reply *reply, const char *url)
{
	CURL *easy = reply->fetch->easy;

	curl_easy_reset(easy);
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)ALL_S);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long)SLOW_BYTES_PER_S);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)SLOW_S);
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)FETCH_FRAME_MAX);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, fetch_on_bytes);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, reply);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, reply->error);
	curl_easy_setopt(
		easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)reply->request->bytes_max);
}

static int prepare_read(struct fetch_reply *reply, const char *texts,
	struct strbuf *body, struct curl_slist **headers, struct err *err)
{
	static const char *const lines[] = { "Content-Type: application/x-protobuf",
		"Content-Encoding: snappy", "X-Prometheus-Remote-Read-Version: 0.1.0",
		"Expect:" };
	CURL *easy = reply->fetch->easy;
	int r = fetch_read_body(reply->request, texts, body, err);

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]) && r == 0; i++)
		r = add_header(headers, lines[i], err);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body->text);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->length);
	return r;
}

/* ---- how it ended ----------------------------------------------------------------------------- */

static int tell_status(struct fetch_reply *reply, long status)
{
	struct fetch *fetch = reply->fetch;
	const char *place = NULL;
	char text[SAID_BYTES + 400];
	int code = -EREMOTEIO;

	if (status >= 300 && status < 400) {
		curl_easy_getinfo(fetch->easy, CURLINFO_REDIRECT_URL, &place);
		snprintf(text, sizeof(text),
			"it answers %ld, a redirect to %.200s, which is not followed: "
			"name the address that it leads to",
			status, place ? place : "nowhere");
		return put_failure(fetch, -EXDEV, status, text);
	}
	if (status == 401 || status == 403) {
		code = -EACCES;
		snprintf(text, sizeof(text),
			"it answers %ld: who asks is not allowed to (--user with "
			"--password-file, or --token-file)",
			status);
	} else if (status == 200) {
		code = -ENOTSUP;
		snprintf(text, sizeof(text),
			"it answers a remote read without streamed chunks");
	} else {
		snprintf(text, sizeof(text), "it answers %ld: %s", status, reply->said);
	}
	return put_failure(fetch, code, status, text);
}

static int tell_end(struct fetch_reply *reply, CURLcode code)
{
	struct fetch *fetch = reply->fetch;
	char text[SAID_BYTES + 400];
	long status = 0;

	if (reply->has_no_reader)
		return -EPIPE;
	if (reply->is_much || code == CURLE_FILESIZE_EXCEEDED) {
		snprintf(text, sizeof(text),
			"expected an answer of at most %" PRIu64 " MiB, found more",
			reply->request->bytes_max >> 20);
		return put_failure(fetch, -EFBIG, 0, text);
	}
	curl_easy_getinfo(fetch->easy, CURLINFO_RESPONSE_CODE, &status);
	if (reply->is_refused)
		return tell_status(reply, status);
	if (code == CURLE_OK && status != 200)
		return tell_status(reply, status);
	if (code == CURLE_OUT_OF_MEMORY)
		return put_failure(fetch, -EFBIG, 0,
			"expected header lines of at most 100 kB, found a longer one");
	if (code != CURLE_OK) {
		snprintf(text, sizeof(text), "%s%s%s", curl_easy_strerror(code),
			*reply->error ? ": " : "", reply->error);
		return put_failure(fetch, -EIO, 0, text);
	}
	if (!reply->has_begun && !is_wanted_answer(reply))
		return tell_status(reply, status);
	return reply->has_begun || put_begin(reply) == 0
		? put_frame(fetch, FRAME_END, NULL, 0)
		: -EPIPE;
}

int fetch_answer(
	struct fetch *fetch, const struct fetch_request *request, const char *texts)
{
	struct fetch_reply reply = { .fetch = fetch, .request = request };
	struct curl_slist *headers = NULL;
	struct err err = ERR_INIT;
	struct strbuf body;
	CURLcode code;
	int r = 0;

	strbuf_init(&body, BODY_BYTES);
	prepare_easy(&reply, texts);
	if (request->kind == FETCH_READ)
		r = prepare_read(&reply, texts, &body, &headers, &err);
	if (r == 0)
		r = set_access(fetch, &headers, &err);
	if (r < 0) {
		r = put_failure(fetch, r, 0, err.text);
	} else {
		curl_easy_setopt(fetch->easy, CURLOPT_HTTPHEADER, headers);
		code = curl_easy_perform(fetch->easy);
		r = tell_end(&reply, code);
	}
	curl_slist_free_all(headers);
	strbuf_done(&body);
	return r;
}
