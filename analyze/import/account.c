#include "analyze/import/account.h"

#include "common/array.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACCOUNT_TEXT_MAX 300

void account_done(struct account *account)
{
	for (size_t i = 0; i < account->mapped_count; i++)
		free(account->mapped[i].from);
	for (size_t i = 0; i < account->ignored_count; i++) {
		free(account->ignored[i].from);
		free(account->ignored[i].why);
	}
	for (size_t i = 0; i < account->warning_count; i++)
		free(account->warning[i]);
	free(account->mapped);
	free(account->ignored);
	free(account->warning);
	*account = (struct account){ .mapped = NULL };
}

/* A stranger's text: cut, NUL-terminated. */
static char *account_text(const char *text, size_t length)
{
	return strndup(text, length < ACCOUNT_TEXT_MAX ? length : ACCOUNT_TEXT_MAX);
}

/* Room for one more behind `count`, which doubles at each power of two. */
static int account_grow(void **list, size_t count, size_t size, struct err *err)
{
	return array_extend(list, count, size) < 0 ? err_oom(err) : 0;
}

int account_map(struct account *account, const char *from, size_t length,
	const char *figure, size_t *ret_row, struct err *err)
{
	size_t count = account ? account->mapped_count : 0;
	void *list = account ? account->mapped : NULL;
	char *copy;
	int r;

	*ret_row = ACCOUNT_NO_ROW;
	for (size_t i = 0; i < count; i++) {
		const struct account_mapped *row = &account->mapped[i];

		if (!strcmp(row->figure, figure) && strlen(row->from) == length &&
			!memcmp(row->from, from, length)) {
			*ret_row = i;
			return 0;
		}
	}
	if (!account)
		return 0;
	if (count == ACCOUNT_ROWS_MAX) {
		account->mapped_left_out++;
		return 0;
	}
	r = account_grow(&list, count, sizeof(*account->mapped), err);
	if (r < 0)
		return r;
	account->mapped = list;
	copy = account_text(from, length);
	if (!copy)
		return err_oom(err);
	account->mapped[count] = (struct account_mapped){ copy, figure, 0 };
	*ret_row = account->mapped_count++;
	return 0;
}

void account_count(struct account *account, size_t row, uint64_t readings)
{
	if (account && row < account->mapped_count)
		account->mapped[row].readings += readings;
}

int account_ignore(struct account *account, const char *from, size_t length,
	const char *why, struct err *err)
{
	struct account_ignored row;
	void *list;
	int r;

	if (!account)
		return 0;
	if (account->ignored_count == ACCOUNT_ROWS_MAX) {
		account->ignored_left_out++;
		return 0;
	}
	list = account->ignored;
	r = account_grow(&list, account->ignored_count, sizeof(row), err);
	if (r < 0)
		return r;
	account->ignored = list;
	row = (struct account_ignored){ account_text(from, length), strdup(why) };
	if (!row.from || !row.why) {
		free(row.from);
		free(row.why);
		return err_oom(err);
	}
	account->ignored[account->ignored_count++] = row;
	return 0;
}

int account_warn(struct account *account, struct err *err, const char *format, ...)
{
	char text[ACCOUNT_TEXT_MAX];
	va_list arguments;
	void *list;
	int r;

	if (!account)
		return 0;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	for (size_t i = 0; i < account->warning_count; i++) {
		if (!strcmp(account->warning[i], text))
			return 0;
	}
	if (account->warning_count == ACCOUNT_ROWS_MAX) {
		account->warning_left_out++;
		return 0;
	}
	list = account->warning;
	r = account_grow(&list, account->warning_count, sizeof(char *), err);
	if (r < 0)
		return r;
	account->warning = list;
	account->warning[account->warning_count] = strdup(text);
	if (!account->warning[account->warning_count])
		return err_oom(err);
	account->warning_count++;
	return 0;
}

void account_set_zone(struct account *account, const char *zone)
{
	if (account)
		snprintf(account->zone, sizeof(account->zone), "%s", zone);
}

const char *account_outcome(const struct account *account)
{
	if (account->readings > 0)
		return "figures";
	return account->facts > 0 ? "facts" : "nothing of ours";
}
