#include "analyze/verbs/screen.h"

#include "analyze/verbs/engine_options.h"

#include <errno.h>
#include <string.h>

static void screen_say(void *closure, const char *text)
{
	const struct screen *screen = closure;

	context_say(screen->context, "%s", text);
}

static void screen_show(
	void *closure, const char *what, double done_ratio, const char *detail)
{
	struct screen *screen = closure;

	if (screen->what && (!what || strcmp(screen->what, what) != 0)) {
		progress_done(&screen->progress);
		screen->what = NULL;
	}
	if (!what)
		return;
	if (!screen->what)
		progress_begin(&screen->progress, screen->context, what);
	screen->what = what;
	progress_show(&screen->progress, done_ratio, detail);
}

struct estate_request screen_request(
	struct screen *screen, const struct context *context, size_t first, size_t most)
{
	size_t given =
		context->argument_count > first ? context->argument_count - first : 0;

	*screen = (struct screen){ .context = context };
	return (struct estate_request){ .data_dir = context->data_dir,
		.config_dir = context->config_dir,
		.profile = context->profile,
		.is_strict = context_option(context, "strict") != NULL,
		.as_of = context->as_of,
		.now = context->now,
		.span = { .has_since = context->has_since,
			.has_until = context->has_until,
			.since = context->since,
			.until = context->until },
		.name = given ? context->arguments + first : NULL,
		.name_count = given < most ? given : most,
		.listener = {
			.say = screen_say, .show = screen_show, .closure = screen } };
}

int screen_open_estate(struct screen *screen, const struct context *context,
	size_t first, size_t most, struct estate *ret_estate, struct err *err)
{
	struct estate_request request = screen_request(screen, context, first, most);
	const char *url = context_option(context, "source");
	int r = 0;

	if (url) {
		r = engine_options_take(context, url, &screen->engine.engine, err);
		screen->engine.is_pushed_down = context_option(context, "push-down");
		request.open_source = engine_source_open;
		request.source_closure = &screen->engine;
	} else if (context_option(context, "push-down")) {
		r = err_set(err, -EINVAL,
			"--push-down asks an engine: --source URL names it");
	}
	return r < 0 ? r : estate_open(&request, ret_estate, err);
}

int screen_open_store(struct screen *screen, const struct context *context,
	struct estate *ret_estate, struct err *err)
{
	struct estate_request request = screen_request(screen, context, 0, 0);

	return estate_open_store(&request, ret_estate, err);
}
