#include "common/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* `behind` follows the words after a colon, where it is not empty. */
static void __attribute__((format(printf, 3, 0)))
print(struct err *err, const char *behind, const char *format, va_list args)
{
	int saved = errno;
	size_t used;

	(void)vsnprintf(err->text, sizeof(err->text), format, args);
	used = strlen(err->text);
	if (*behind)
		(void)snprintf(
			err->text + used, sizeof(err->text) - used, ": %s", behind);
	errno = saved;
}

int err_put(struct err *err, const char *format, ...)
{
	va_list args;

	if (!err)
		return 0;
	va_start(args, format);
	print(err, "", format, args);
	va_end(args);
	return 0;
}

int err_prefix(struct err *err, const char *format, ...)
{
	char inner[sizeof(err->text)];
	va_list args;

	if (!err)
		return 0;
	memcpy(inner, err->text, sizeof(inner));
	va_start(args, format);
	print(err, inner, format, args);
	va_end(args);
	return 0;
}

int err_number(void)
{
	return errno > 0 ? -errno : -EIO;
}

int err_put_errno(struct err *err, const char *format, ...)
{
	va_list args;

	if (!err)
		return 0;
	va_start(args, format);
	print(err, strerror(-err_number()), format, args);
	va_end(args);
	return 0;
}
