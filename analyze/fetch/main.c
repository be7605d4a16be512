/*
 * headroom-fetch: requests of `analyze` to an engine, one after the other on one
 * connection.  It alone talks to the network and reads the secrets; it does not look into
 * what the server answers, and analyze does not link what it links.
 *
 *	headroom-fetch [--cacert FILE] [--token-file FILE | --user NAME --password-file FILE]
 *
 * Requests come on standard input, frames go to standard output
 * (analyze/engine/engine_wire.h).
 */
#include "analyze/fetch/fetch.h"

#include "common/io.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static int fetch_take_options(int argc, char **argv, struct fetch_access *access)
{
	const struct {
		const char *name;
		const char **value;
	} options[] = { { "--cacert", &access->ca_file }, { "--user", &access->user },
		{ "--password-file", &access->password_file },
		{ "--token-file", &access->token_file } };

	for (int i = 1; i < argc; i += 2) {
		size_t at = 0;

		while (at < sizeof(options) / sizeof(options[0]) &&
			strcmp(options[at].name, argv[i]) != 0)
			at++;
		if (at == sizeof(options) / sizeof(options[0]) || i + 1 == argc)
			return -1;
		*options[at].value = argv[i + 1];
	}
	return 0;
}

/* 1: a request; 0: no more; -1: it is none. */
static int take_request(struct fetch_request *request, char texts[FETCH_TEXT_MAX])
{
	ssize_t got = io_read_full(STDIN_FILENO, request, sizeof(*request));

	if (got == 0)
		return 0;
	if (got != (ssize_t)sizeof(*request) || request->magic != FETCH_MAGIC ||
		request->texts == 0 || request->texts > FETCH_TEXT_MAX)
		return -1;
	got = io_read_full(STDIN_FILENO, texts, request->texts);
	return got == (ssize_t)request->texts && texts[request->texts - 1] == '\0' ? 1
										   : -1;
}

int main(int argc, char **argv)
{
	static char texts[FETCH_TEXT_MAX];
	struct fetch fetch = { .to = STDOUT_FILENO };
	struct fetch_request request;
	int r;

	if (fetch_take_options(argc, argv, &fetch.access) < 0 || isatty(STDIN_FILENO)) {
		fprintf(stderr,
			"headroom-fetch: this program is started by analyze, not by "
			"hand\n");
		return 2;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	(void)prctl(PR_SET_DUMPABLE, 0); /* it holds secrets */
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
	fetch.easy = curl_easy_init();
	if (!fetch.easy)
		return 1;
	while ((r = take_request(&request, texts)) > 0 &&
		fetch_answer(&fetch, &request, texts) >= 0)
		;
	curl_easy_cleanup(fetch.easy);
	curl_global_cleanup();
	return r < 0 ? 1 : 0;
}
