/* One scrape of an exporter, by libcurl. */
#include "collectord/poller/poller.h"

#include "collectord/link/shut_out.h"
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOKEN_MAX = 4096, DEADLINE_MOST_MS = 10000, BOOT_JITTER_S = 60 };

static size_t on_bytes(char *bytes, size_t one, size_t count, void *context)
{
	struct polled *polled = context;
	size_t length = one * count;

	strbuf_add_bytes(&polled->answer, bytes, length);
	return strbuf_failed(&polled->answer) ? 0 : length;
}

/* The secret is read each time: a new one needs no restart, and it stays nowhere. */
static int exporter_add_token(struct polled *polled, struct err *err)
{
	struct curl_slist *grown;
	struct strbuf token, line;
	int r;

	if (!polled->host->token_file[0])
		return 0;
	strbuf_init(&token, TOKEN_MAX);
	strbuf_init(&line, TOKEN_MAX + 64);
	r = io_read_file(AT_FDCWD, polled->host->token_file, &token, err);
	if (r == 0) {
		strbuf_addf(&line, "Authorization: Bearer %.*s",
			(int)strcspn(strbuf_text(&token), "\r\n"), strbuf_text(&token));
		grown = strbuf_failed(&line)
			? NULL
			: curl_slist_append(polled->headers, strbuf_text(&line));
		if (grown)
			polled->headers = grown;
		else
			r = err_oom(err);
	}
	strbuf_done(&token);
	strbuf_done(&line);
	return r;
}

int exporter_ask(struct poller *poller, struct polled *polled, struct err *err)
{
	const struct remote_host *host = polled->host;
	long deadline_ms = (long)host->interval_s * 800;
	CURL *easy = curl_easy_init();
	int r;

	if (!easy)
		return err_oom(err);
	polled->easy = easy;
	r = exporter_add_token(polled, err);
	if (r < 0) {
		exporter_end(poller, polled);
		return r;
	}
	if (deadline_ms > DEADLINE_MOST_MS)
		deadline_ms = DEADLINE_MOST_MS;
	strbuf_done(&polled->answer);
	strbuf_init(&polled->answer, EXPOSITION_BYTES_MAX + 1);
	curl_easy_setopt(easy, CURLOPT_URL, host->address);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, deadline_ms);
	curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, polled->headers);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_bytes);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, polled);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, polled);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, polled->said);
	polled->said[0] = '\0';
	if (host->ca_file[0])
		curl_easy_setopt(easy, CURLOPT_CAINFO, host->ca_file);
	if (curl_multi_add_handle(poller->multi, easy) != CURLM_OK) {
		exporter_end(poller, polled);
		return err_oom(err);
	}
	return 0;
}

void exporter_end(struct poller *poller, struct polled *polled)
{
	if (polled->easy) {
		(void)curl_multi_remove_handle(poller->multi, polled->easy);
		curl_easy_cleanup(polled->easy);
	}
	curl_slist_free_all(polled->headers);
	polled->easy = NULL;
	polled->headers = NULL;
	strbuf_done(&polled->answer);
	strbuf_init(&polled->answer, EXPOSITION_BYTES_MAX + 1);
}

/* The boot time is the boot's identity; what a disciplined clock moves it by is none. */
static int put_boot(struct polled *polled, int64_t booted_at_s, struct err *err)
{
	char text[64];

	if (booted_at_s > 0 &&
		(booted_at_s > polled->booted_at_s + BOOT_JITTER_S ||
			booted_at_s < polled->booted_at_s - BOOT_JITTER_S))
		polled->booted_at_s = booted_at_s;
	snprintf(text, sizeof(text), "%08" PRIx64 "-0000-4000-8000-000000000000\n",
		(uint64_t)polled->booted_at_s & 0xffffffff);
	return poller_put_text(
		polled, "proc/sys/kernel/random/boot_id", text, strlen(text), err);
}

int exporter_use(struct poller *poller, struct polled *polled, struct err *err)
{
	int r = exposition_parse(poller->exposition, strbuf_text(&polled->answer),
		polled->answer.length, err);

	if (r == 0)
		r = put_boot(polled, exposition_booted_at(poller->exposition), err);
	for (unsigned i = 0; i < EXPOSITION_TEXT_COUNT && r == 0; i++) {
		struct strbuf text;

		strbuf_init(&text, EXPOSITION_BYTES_MAX);
		exposition_print(poller->exposition, (enum exposition_text)i, &text);
		r = strbuf_failed(&text);
		if (r == 0 && text.length > 0)
			r = poller_put_text(polled, exposition_path[i],
				strbuf_text(&text), text.length, err);
		strbuf_done(&text);
	}
	return r;
}

/* NULL: it can be used. */
static const char *exporter_reason(struct polled *polled, CURLcode code)
{
	long status = 0;

	if (strbuf_failed(&polled->answer) < 0)
		return "its answer is over 16 MB";
	if (code == CURLE_OUT_OF_MEMORY) /* as curl calls it */
		return "out of memory, or a header line of it is over 100 kB";
	if (code != CURLE_OK) {
		if (!polled->said[0])
			snprintf(polled->said, sizeof(polled->said), "%s",
				curl_easy_strerror(code));
		shut_out_hint(polled->said, sizeof(polled->said), IS_UNREACHED(code));
		return polled->said;
	}
	curl_easy_getinfo(polled->easy, CURLINFO_RESPONSE_CODE, &status);
	return status / 100 == 3 ? "it redirects, which is not followed" : NULL;
}

void exporter_collect(struct poller *poller)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(poller->multi, &left)) != NULL) {
		struct polled *polled = NULL;
		struct err err = ERR_INIT;
		char *found = NULL;
		CURLcode code = message->data.result;
		const char *why;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &found);
		polled = (struct polled *)(void *)found;
		why = exporter_reason(polled, code);
		if (why)
			poller_fail(poller, polled, why);
		else if (exporter_use(poller, polled, &err) < 0)
			poller_fail(poller, polled, err.text);
		else
			poller_take(poller, polled);
		exporter_end(poller, polled);
	}
}
