/* The engine: remote write, and a query for the newest stamps. */
#include "collectord/sender/sender.h"

#include "collectord/link/shut_out.h"
#include "common/io.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define STAMP_END 253402300800.0 /* of the year 9999 */

enum { TIMEOUT_MS = 30000, CONNECT_MS = 5000, ANSWER_MAX = 64 << 20, TOKEN_MAX = 4096 };

static size_t on_answer(char *bytes, size_t one, size_t count, void *context)
{
	struct strbuf *answer = context;

	strbuf_add_bytes(answer, bytes, one * count);
	return strbuf_failed(answer) ? 0 : one * count;
}

/* The secret is read for each request and stays nowhere. */
static int engine_add_token(
	const struct sender *sender, struct curl_slist **headers, struct err *err)
{
	const char *path = sender->settings.engine_token_file.text;
	struct curl_slist *grown = NULL;
	struct strbuf token, line;
	int r;

	if (!*path)
		return 0;
	strbuf_init(&token, TOKEN_MAX);
	strbuf_init(&line, TOKEN_MAX + 64);
	r = io_read_file(AT_FDCWD, path, &token, err);
	if (r == 0) {
		strbuf_addf(&line, "Authorization: Bearer %.*s",
			(int)strcspn(strbuf_text(&token), "\r\n"), strbuf_text(&token));
		grown = curl_slist_append(*headers, strbuf_text(&line));
		r = grown ? 0 : err_oom(err);
	}
	if (grown)
		*headers = grown;
	strbuf_done(&token);
	strbuf_done(&line);
	return r;
}

static void prepare_request(
	struct sender *sender, const char *url, struct strbuf *answer)
{
	CURL *easy = sender->easy;

	curl_easy_reset(easy);
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, answer);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, sender->said);
	sender->said[0] = '\0';
	if (sender->settings.engine_ca_file.text[0])
		curl_easy_setopt(
			easy, CURLOPT_CAINFO, sender->settings.engine_ca_file.text);
}

/* Why a request came to nothing. */
static const char *engine_reason(
	struct sender *sender, const struct strbuf *answer, CURLcode code)
{
	if (strbuf_failed(answer) < 0)
		return "its answer is over 64 MB";
	if (code == CURLE_OUT_OF_MEMORY) /* as curl calls it */
		return "out of memory, or a header line of it is over 100 kB";
	if (!sender->said[0])
		snprintf(sender->said, sizeof(sender->said), "%s",
			curl_easy_strerror(code));
	shut_out_hint(sender->said, sizeof(sender->said), IS_UNREACHED(code));
	return sender->said;
}

static bool engine_says(const struct strbuf *answer, const char *words)
{
	size_t length = strlen(words);

	for (size_t i = 0; i + length <= answer->length; i++)
		if (strncasecmp(answer->text + i, words, length) == 0)
			return true;
	return false;
}

enum engine_answer engine_judge(long code, const struct strbuf *answer)
{
	static const char *const final[] = { "too old", "out of order", "out of bounds",
		"duplicate sample" };

	if (code >= 200 && code < 300)
		return ENGINE_TAKEN;
	for (size_t i = 0; i < sizeof(final) / sizeof(final[0]); i++)
		if (engine_says(answer, final[i]))
			return ENGINE_REFUSED;
	return code >= 400 && code < 500 && code != 429 && code != 401 && code != 403 &&
			code != 404 && code != 408
		? ENGINE_REFUSED
		: ENGINE_LATER;
}

/* From the headers to the judgement: what is made here is freed here. */
enum engine_answer engine_write(
	struct sender *sender, const struct strbuf *packed, char why[static 200])
{
	enum engine_answer result = ENGINE_LATER;
	struct curl_slist *headers = NULL;
	struct err err = ERR_INIT;
	struct strbuf answer;
	CURLcode code;
	long status = 0;

	strbuf_init(&answer, ANSWER_MAX);
	headers = curl_slist_append(headers, "Content-Type: application/x-protobuf");
	headers = curl_slist_append(headers, "Content-Encoding: snappy");
	headers =
		curl_slist_append(headers, "X-Prometheus-Remote-Write-Version: 0.1.0");
	headers = curl_slist_append(headers, "Expect:");
	if (engine_add_token(sender, &headers, &err) < 0) {
		snprintf(why, 200, "%.190s", err.text);
		goto out;
	}
	prepare_request(sender, sender->settings.engine_url.text, &answer);
	curl_easy_setopt(sender->easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(sender->easy, CURLOPT_POSTFIELDS, packed->text);
	curl_easy_setopt(
		sender->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)packed->length);
	code = curl_easy_perform(sender->easy);
	if (code != CURLE_OK) {
		snprintf(why, 200, "%.190s", engine_reason(sender, &answer, code));
		goto out;
	}
	curl_easy_getinfo(sender->easy, CURLINFO_RESPONSE_CODE, &status);
	result = engine_judge(status, &answer);
	snprintf(why, 200, "it answers %ld%s: %.*s", status,
		status / 100 == 3 ? " (redirects are not followed)" : "",
		(int)(answer.length ? strcspn(strbuf_text(&answer), "\r\n") % 150 : 0),
		answer.length ? strbuf_text(&answer) : "");
out:
	curl_slist_free_all(headers);
	strbuf_done(&answer);
	return result;
}

/* ---- queries -------------------------------------------------------------------------- */

static void query_base(
	const struct sender *sender, char ret_url[static SENDER_URL_BYTES])
{
	const char *url = sender->settings.engine_query.text;
	const char *host;
	size_t length;

	if (*url) {
		snprintf(ret_url, SENDER_URL_BYTES, "%s", url);
		return;
	}
	url = sender->settings.engine_url.text;
	host = strstr(url, "://");
	length = host ? (size_t)(host + 3 - url) + strcspn(host + 3, "/") : strlen(url);
	snprintf(ret_url, SENDER_URL_BYTES, "%.*s", (int)length, url);
}

/* A workload's name within a quoted text of a selector. */
static void add_quoted(struct strbuf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			strbuf_add(out, "\\");
		strbuf_add_bytes(out, text, 1);
	}
}

static int engine_take_series(const cJSON *series, int64_t *ret_last)
{
	const cJSON *metric = cJSON_GetObjectItemCaseSensitive(series, "metric");
	const cJSON *name = cJSON_GetObjectItemCaseSensitive(metric, "__name__");
	const cJSON *values = cJSON_GetObjectItemCaseSensitive(series, "values");
	const cJSON *value;

	if (!cJSON_IsString(name))
		return -EBADMSG;
	for (unsigned i = 0; i < SENDER_SERIES; i++) {
		char wanted[64];

		series_name(i, wanted);
		if (strcmp(wanted, name->valuestring) != 0)
			continue;
		cJSON_ArrayForEach (value, values) {
			const cJSON *stamp = cJSON_GetArrayItem(value, 0);

			/* what an int64_t cannot hold is no stamp */
			if (cJSON_IsNumber(stamp) && stamp->valuedouble > 0 &&
				stamp->valuedouble < STAMP_END &&
				(int64_t)stamp->valuedouble > ret_last[i])
				ret_last[i] = (int64_t)stamp->valuedouble;
		}
	}
	return 0;
}

int engine_read_stamps(const struct strbuf *answer,
	int64_t ret_last[static SENDER_SERIES], struct err *err)
{
	cJSON *document = cJSON_ParseWithLength(strbuf_text(answer), answer->length);
	const cJSON *data = cJSON_GetObjectItemCaseSensitive(document, "data");
	const cJSON *result = cJSON_GetObjectItemCaseSensitive(data, "result");
	const cJSON *series;
	int r = cJSON_IsArray(result) ? 0 : -EBADMSG;

	cJSON_ArrayForEach (series, result) {
		if (r == 0)
			r = engine_take_series(series, ret_last);
	}
	cJSON_Delete(document);
	return r < 0 ? err_set(err, r, "its answer to a query is none") : 0;
}

/* The engine itself is asked how far it has come: what was sent may not have arrived. */
int engine_last_stamps(struct sender *sender, const char *workload, int64_t after,
	int64_t until, int64_t ret_last[static SENDER_SERIES], struct err *err)
{
	struct curl_slist *headers = NULL;
	char base[SENDER_URL_BYTES];
	struct strbuf query, url, answer;
	long status = 0;
	char *escaped = NULL;
	CURLcode code;
	int r;

	strbuf_init(&query, 8192);
	strbuf_init(&url, 65536);
	strbuf_init(&answer, ANSWER_MAX);
	query_base(sender, base);
	strbuf_add(&query, "{__name__=~\"headroom_.+\",workload=\"");
	add_quoted(&query, workload);
	strbuf_addf(&query, "\"}[%" PRId64 "s]", until > after ? until - after : 1);
	escaped =
		curl_easy_escape(sender->easy, strbuf_text(&query), (int)query.length);
	strbuf_addf(&url, "%s/api/v1/query?time=%" PRId64 "&query=%s", base, until,
		escaped ? escaped : "");
	curl_free(escaped);
	r = engine_add_token(sender, &headers, err);
	if (r < 0)
		goto out;
	prepare_request(sender, strbuf_text(&url), &answer);
	curl_easy_setopt(sender->easy, CURLOPT_HTTPHEADER, headers);
	code = curl_easy_perform(sender->easy);
	curl_easy_getinfo(sender->easy, CURLINFO_RESPONSE_CODE, &status);
	if (code != CURLE_OK)
		r = err_set(err, -EIO, "%s", engine_reason(sender, &answer, code));
	else if (status != 200)
		r = err_set(err, -EIO, "a query is answered with %ld%s", status,
			status / 100 == 3 ? " (redirects are not followed)" : "");
	else
		r = engine_read_stamps(&answer, ret_last, err);
out:
	curl_slist_free_all(headers);
	strbuf_done(&query);
	strbuf_done(&url);
	strbuf_done(&answer);
	return r;
}
