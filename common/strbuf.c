#include "common/strbuf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void strbuf_init(struct strbuf *buffer, size_t ceiling)
{
	*buffer = (struct strbuf){ .ceiling = ceiling };
}

void strbuf_done(struct strbuf *buffer)
{
	free(buffer->text);
	*buffer = (struct strbuf){ .ceiling = buffer->ceiling };
}

void strbuf_clear(struct strbuf *buffer)
{
	buffer->length = 0;
	buffer->error = 0;
	if (buffer->text)
		buffer->text[0] = '\0';
}

/* Room for count more bytes and the NUL. */
static int strbuf_reserve(struct strbuf *buffer, size_t count)
{
	size_t wanted;
	char *grown;

	if (buffer->error)
		return buffer->error;
	if (count > buffer->ceiling - buffer->length)
		return buffer->error = -EFBIG;
	wanted = buffer->length + count + 1;
	if (wanted <= buffer->allocated)
		return 0;
	if (wanted < buffer->allocated * 2)
		wanted = buffer->allocated * 2;
	if (wanted < 64)
		wanted = 64;
	grown = realloc(buffer->text, wanted);
	if (!grown)
		return buffer->error = -ENOMEM;
	buffer->text = grown;
	buffer->allocated = wanted;
	return 0;
}

void strbuf_add_bytes(struct strbuf *buffer, const char *bytes, size_t count)
{
	if (strbuf_reserve(buffer, count) < 0)
		return;
	memcpy(buffer->text + buffer->length, bytes, count);
	buffer->length += count;
	buffer->text[buffer->length] = '\0';
}

void strbuf_add(struct strbuf *buffer, const char *text)
{
	strbuf_add_bytes(buffer, text, strlen(text));
}

void strbuf_vaddf(struct strbuf *buffer, const char *format, va_list args)
{
	va_list again;
	int count;

	va_copy(again, args);
	count = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (count < 0) {
		buffer->error = -EINVAL;
		return;
	}
	if (strbuf_reserve(buffer, (size_t)count) < 0)
		return;
	(void)vsnprintf(buffer->text + buffer->length, (size_t)count + 1, format, args);
	buffer->length += (size_t)count;
}

void strbuf_addf(struct strbuf *buffer, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	strbuf_vaddf(buffer, format, args);
	va_end(args);
}

const char *strbuf_text(const struct strbuf *buffer)
{
	return buffer->text ? buffer->text : "";
}

char *strbuf_take(struct strbuf *buffer)
{
	char *text = NULL;

	if (!buffer->error)
		text = buffer->text ? buffer->text : strdup("");
	else
		free(buffer->text);
	*buffer = (struct strbuf){ .ceiling = buffer->ceiling };
	return text;
}

int strbuf_failed(const struct strbuf *buffer)
{
	return buffer->error;
}
