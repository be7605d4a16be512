#include "analyze/console/verb.h"

#include "analyze/console/terminal.h"

#include "common/parse.h"
#include "common/strbuf.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#define SAY_BYTES_MAX 65536

const char *context_option_next(
	const struct context *context, const char *name, size_t *cursor)
{
	while (*cursor < context->given_count) {
		const struct given_option *given = &context->given[(*cursor)++];

		if (!strcmp(given->spec->name, name))
			return given->value;
	}
	return NULL;
}

const char *context_option(const struct context *context, const char *name)
{
	const char *value = NULL, *next;
	size_t cursor = 0;

	while ((next = context_option_next(context, name, &cursor)))
		value = next;
	return value;
}

int context_number(const struct context *context, const char *name, double minimum,
	double maximum, double *ret_value, struct err *err)
{
	const char *text = context_option(context, name);
	double value;

	if (!text)
		return 0;
	if (parse_double(text, strlen(text), &value) < 0)
		return err_set(
			err, -EINVAL, "--%s: \"%s\" is not a number", name, text);
	if (!(value >= minimum && value <= maximum))
		return err_set(err, -EINVAL, "--%s: %s is not between %g and %g", name,
			text, minimum, maximum);
	*ret_value = value;
	return 0;
}

void context_say(const struct context *context, const char *format, ...)
{
	struct strbuf text;
	va_list args;

	if (context->is_quiet)
		return;
	fflush(context->out);
	strbuf_init(&text, SAY_BYTES_MAX);
	va_start(args, format);
	strbuf_vaddf(&text, format, args);
	va_end(args);
	terminal_message(0, strbuf_text(&text));
	strbuf_done(&text);
}
