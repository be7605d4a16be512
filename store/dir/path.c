#include "store/dir/path.h"

#include "common/hex.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* What a hashed name ends in; path_encode never makes "%~" otherwise. */
#define HASH_MARK "%~"
#define HASH_DIGITS 16

static bool path_is_plain(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		(c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

/* FNV-1a, 64 bits: names apart, not secrets. */
static uint64_t name_hash(const char *name)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (const unsigned char *at = (const unsigned char *)name; *at; at++)
		hash = (hash ^ *at) * 0x100000001b3u;
	return hash;
}

/* Encodes as much as fits in limit bytes; false when something was left. */
static bool encode(const char *name, char *encoded, size_t limit)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t used = 0;

	for (size_t i = 0; name[i]; i++) {
		unsigned char c = (unsigned char)name[i];
		bool stays = path_is_plain(c) && !(i == 0 && c == '.');
		size_t need = stays ? 1 : 3;

		if (used + need > limit) {
			encoded[used] = '\0';
			return false;
		}
		if (stays) {
			encoded[used] = (char)c;
		} else {
			encoded[used] = '%';
			encoded[used + 1] = hex[c >> 4];
			encoded[used + 2] = hex[c & 15];
		}
		used += need;
	}
	encoded[used] = '\0';
	return true;
}

int path_encode(const char *name, char *ret_encoded, size_t size, struct err *err)
{
	size_t length = strlen(name);
	size_t room = PATH_NAME_MAX - (sizeof(HASH_MARK) - 1) - HASH_DIGITS;
	size_t used = 0;

	if (size <= PATH_NAME_MAX)
		return err_set(err, -EINVAL, "no room for an encoded name");
	if (length == 0)
		return err_set(err, -EINVAL, "a name is empty");
	if (length > PATH_INPUT_MAX)
		return err_set(err, -ENAMETOOLONG,
			"a name has %zu bytes, at most %d are allowed", length,
			PATH_INPUT_MAX);
	if (encode(name, ret_encoded, PATH_NAME_MAX))
		return 0;
	encode(name, ret_encoded, room);
	used = strlen(ret_encoded);
	snprintf(ret_encoded + used, size - used, "%s%016llx", HASH_MARK,
		(unsigned long long)name_hash(name));
	return 0;
}

int path_decode(const char *encoded, char *ret_name, size_t size)
{
	char again[PATH_NAME_MAX + 1];
	char name[PATH_NAME_MAX + 1];
	size_t used = 0;

	if (strlen(encoded) > PATH_NAME_MAX)
		return -EINVAL;
	for (const char *at = encoded; *at; at++) {
		if (*at != '%') {
			name[used++] = *at;
			continue;
		}
		int byte = hex_byte(at + 1);

		if (byte <= 0)
			return -EINVAL;
		name[used++] = (char)byte;
		at += 2;
	}
	name[used] = '\0';
	/* only what path_encode would give: no second spelling of a name */
	if (used == 0 || used >= size ||
		path_encode(name, again, sizeof(again), NULL) < 0 ||
		strcmp(again, encoded) != 0)
		return -EINVAL;
	memcpy(ret_name, name, used + 1);
	return 0;
}
