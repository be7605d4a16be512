#include "analyze/verbs/engine_options.h"

int engine_options_take(const struct context *context, const char *url,
	struct engine_options *ret_options, struct err *err)
{
	const char *fetch = context_option(context, "fetch");
	struct engine_options options = { .url = url,
		.ca_file = context_option(context, "cacert"),
		.user = context_option(context, "user"),
		.password_file = context_option(context, "password-file"),
		.token_file = context_option(context, "token-file") };
	int way = fetch ? engine_way_find(fetch) : ENGINE_ANY;

	if (way < 0)
		return err_set(err, -EINVAL,
			"--fetch: expected read, export, query or auto, found \"%.40s\"",
			fetch);
	if (options.token_file && options.user)
		return err_set(err, -EINVAL,
			"--token-file and --user exclude each other: a server takes one");
	if (options.password_file && !options.user)
		return err_set(err, -EINVAL, "--password-file goes with --user NAME");
	options.way = (enum engine_way)way;
	*ret_options = options;
	return 0;
}
