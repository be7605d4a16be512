/* What may be given with --set: one check for each kind of setting. */
#include "schema/tasks.h"

#include "common/parse.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SETTING_BYTES_MAX 4096

static const struct {
	const char *name, *expected;
} kinds[SETTING_KIND_COUNT] = {
	[SETTING_TEXT] = { "text", "a text" },
	[SETTING_NAME] = { "name",
		"a name that is not blank and does not begin with -, which tools would "
		"take for an option" },
	[SETTING_DNS_LABEL] = { "dns_label",
		"a DNS label: letters, digits and -, at most 63" },
	[SETTING_HOST] = { "host", "a host name or an address" },
	[SETTING_WORD] = { "word", "letters, digits and . _ -, not first . or -" },
	[SETTING_PATH] = { "path", "a path from the root: /var/lib/images" },
	[SETTING_WINDOWS_PATH] = { "windows_path",
		"a path of Windows with its drive: C:\\Images, or \\\\server\\share" },
	[SETTING_NUMBER] = { "number", "a whole number" },
	[SETTING_CHOICE] = { "choice", "one of the choices" },
	[SETTING_YES] = { "yes", "yes or no" },
	[SETTING_MAC] = { "mac", "a MAC address of one adapter: 00:0a:e4:5a:7d:1b" },
};

const char *setting_kind_name(enum setting_kind kind)
{
	return kinds[kind].name;
}

static bool is_of_letters(const char *text, const char *others)
{
	for (; *text; text++) {
		if (!((unsigned char)*text < 0x80 && isalnum((unsigned char)*text)) &&
			!strchr(others, *text))
			return false;
	}
	return true;
}

static bool is_name(const char *value)
{
	return value[0] != '-' && value[strspn(value, " \t\n\r")] != '\0' &&
		strcmp(value, ".") != 0 && strcmp(value, "..") != 0;
}

static bool is_dns_label(const char *value)
{
	size_t length = strlen(value);

	return length >= 1 && length <= 63 && is_of_letters(value, "-") &&
		value[0] != '-' && value[length - 1] != '-';
}

static bool is_host(const char *value)
{
	return *value && strlen(value) <= 253 && value[0] != '-' && value[0] != '.' &&
		is_of_letters(value, ".-:_%");
}

/* A name of Windows has none of these; a drive, or a share. */
static bool is_windows_path(const char *value)
{
	bool has_drive =
		isalpha((unsigned char)value[0]) && value[1] == ':' && value[2] == '\\';
	bool is_share = value[0] == '\\' && value[1] == '\\' && value[2] != '\0' &&
		value[2] != '\\';

	if (!has_drive && !is_share)
		return false;
	for (const char *at = value + 2; *at; at++) {
		if ((unsigned char)*at < 0x20 || strchr("<>:\"/|?*", *at))
			return false;
	}
	return true;
}

/* Of one adapter: bit 0 of the first byte, which stands for many, is not set. */
static bool is_mac(const char *value)
{
	if (strlen(value) != 17)
		return false;
	for (int i = 0; i < 17; i++) {
		if (i % 3 == 2 ? value[i] != ':' : !isxdigit((unsigned char)value[i]))
			return false;
	}
	return strchr("02468aceACE", value[1]) != NULL;
}

static bool is_number_of(const struct task_setting *setting, const char *value)
{
	uint64_t number;

	if (parse_u64(value, strlen(value), &number) < 0)
		return false;
	return (double)number >= setting->minimum &&
		(setting->maximum == 0 || (double)number <= setting->maximum);
}

static bool is_choice_of(const struct task_setting *setting, const char *value)
{
	for (size_t i = 0; i < setting->choice_count; i++) {
		if (strcmp(setting->choice[i], value) == 0)
			return true;
	}
	return false;
}

static bool suits(const struct task_setting *setting, const char *value)
{
	switch (setting->kind) {
	case SETTING_NAME:
		return is_name(value);
	case SETTING_DNS_LABEL:
		return is_dns_label(value);
	case SETTING_HOST:
		return is_host(value);
	case SETTING_WORD:
		return *value && value[0] != '-' && value[0] != '.' &&
			is_of_letters(value, "._-");
	case SETTING_PATH:
		return value[0] == '/';
	case SETTING_WINDOWS_PATH:
		return is_windows_path(value);
	case SETTING_NUMBER:
		return is_number_of(setting, value);
	case SETTING_CHOICE:
		return is_choice_of(setting, value);
	case SETTING_YES:
		return strcmp(value, "yes") == 0 || strcmp(value, "no") == 0;
	case SETTING_MAC:
		return is_mac(value);
	case SETTING_TEXT:
	case SETTING_KIND_COUNT:
		break;
	}
	return true;
}

static int check_characters(
	const struct task_setting *setting, const char *value, struct err *err)
{
	size_t length_max =
		setting->length_max ? setting->length_max : SETTING_BYTES_MAX;

	if (strlen(value) > length_max)
		return err_set(err, -EINVAL, "%s: longer than %zu bytes", setting->key,
			length_max);
	for (const char *at = value; setting->forbid && *at; at++) {
		if (!strchr(setting->forbid, *at))
			continue;
		if (*at == '\n')
			return err_set(err, -EINVAL,
				"%s: it holds an end of line, which the target takes in "
				"no such value",
				setting->key);
		return err_set(err, -EINVAL,
			"%s: it holds %c, which the target takes in no such value",
			setting->key, *at);
	}
	return 0;
}

int task_setting_check(
	const struct task_setting *setting, const char *value, struct err *err)
{
	char words[256] = "";
	size_t length = 0;
	int r = check_characters(setting, value, err);

	if (r < 0 || suits(setting, value))
		return r;
	if (setting->kind == SETTING_NUMBER && setting->maximum > 0)
		return err_set(err, -EINVAL,
			"%s: expected a whole number from %.0f to %.0f, found \"%.80s\"",
			setting->key, setting->minimum, setting->maximum, value);
	if (setting->kind != SETTING_CHOICE)
		return err_set(err, -EINVAL, "%s: expected %s, found \"%.80s\"",
			setting->key, kinds[setting->kind].expected, value);
	for (size_t i = 0; i < setting->choice_count && length < sizeof(words); i++)
		length += (size_t)snprintf(words + length, sizeof(words) - length,
			"%s%s", i ? ", " : "", setting->choice[i]);
	return err_set(err, -EINVAL, "%s: expected one of %s, found \"%.80s\"",
		setting->key, words, value);
}
