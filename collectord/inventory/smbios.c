#include "collectord/inventory/smbios.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum {
	SMBIOS_BIOS = 0,
	SMBIOS_SYSTEM = 1,
	SMBIOS_PROCESSOR = 4,
	SMBIOS_MEMORY_MODULE = 17,
	SMBIOS_END = 127,
};

/* One structure: its fixed part, and its texts behind it. */
struct structure {
	const unsigned char *at;
	size_t length; /* of the fixed part */
	const unsigned char *texts, *end;
};

/* A field that a shorter, older structure does not have is 0, as a field left empty. */
static unsigned byte_at(const struct structure *one, size_t offset)
{
	return offset < one->length ? one->at[offset] : 0;
}

static unsigned word_at(const struct structure *one, size_t offset)
{
	return byte_at(one, offset) | byte_at(one, offset + 1) << 8;
}

static uint32_t long_at(const struct structure *one, size_t offset)
{
	return (uint32_t)word_at(one, offset) |
		(uint32_t)word_at(one, offset + 2) << 16;
}

/* The text whose number, from 1, stands at the offset; without blanks around it. */
static void smbios_copy_text(const struct structure *one, size_t offset, char *to)
{
	unsigned number = byte_at(one, offset);
	const unsigned char *at = one->texts;
	size_t length;

	while (number > 1 && at < one->end && *at) {
		at += strnlen((const char *)at, (size_t)(one->end - at)) + 1;
		number--;
	}
	if (number != 1 || at >= one->end)
		return;
	length = strnlen((const char *)at, (size_t)(one->end - at));
	while (length > 0 && *at == ' ') {
		at++;
		length--;
	}
	while (length > 0 && at[length - 1] == ' ')
		length--;
	(void)snprintf(to, SMBIOS_TEXT_MAX, "%.*s", (int)length, (const char *)at);
}

static bool next_structure(
	const unsigned char **cursor, const unsigned char *end, struct structure *one)
{
	const unsigned char *at = *cursor;

	if (end - at < 4 || at[1] < 4 || at[1] > end - at)
		return false;
	one->at = at;
	one->length = at[1];
	one->texts = at + at[1];
	for (at = one->texts; end - at >= 2 && (at[0] || at[1]); at++)
		;
	one->end = at;
	*cursor = end - at >= 2 ? at + 2 : end;
	return true;
}

static void take_processor(
	const struct structure *one, struct smbios *smbios, bool *is_known)
{
	unsigned status = byte_at(one, 0x18), cores = byte_at(one, 0x23),
		 threads = byte_at(one, 0x25), mhz = word_at(one, 0x16);

	/* bit 6: a processor is there; type 3: a central one; status 1: it is enabled */
	if (!(status & 0x40) || byte_at(one, 0x05) != 3 || (status & 7) == 0 ||
		(status & 7) == 3)
		return;
	smbios->sockets++;
	if (cores == 0xff)
		cores = word_at(one, 0x2a);
	if (threads == 0xff)
		threads = word_at(one, 0x2e);
	if (cores == 0 || threads == 0)
		*is_known = false;
	smbios->cores += cores;
	smbios->threads += threads;
	if (mhz > 0 && !(smbios->mhz >= mhz))
		smbios->mhz = mhz;
	if (!smbios->processor[0])
		smbios_copy_text(one, 0x10, smbios->processor);
}

static void take_module(const struct structure *one, struct smbios *smbios)
{
	unsigned size = word_at(one, 0x0c);
	double bytes;

	smbios->slots++;
	if (size == 0)
		return; /* an empty slot */
	smbios->modules++;
	if (size == 0xffff)
		bytes = NAN;
	else if (size == 0x7fff)
		bytes = (double)(long_at(one, 0x1c) & 0x7fffffff) * 1048576;
	else if (size & 0x8000)
		bytes = (size & 0x7fff) * 1024.0;
	else
		bytes = size * 1048576.0;
	smbios->memory_bytes =
		smbios->modules == 1 ? bytes : smbios->memory_bytes + bytes;
}

void smbios_parse(const unsigned char *table, size_t length, struct smbios *ret_smbios)
{
	const unsigned char *cursor = table, *end = table + length;
	struct smbios smbios = { .mhz = NAN, .memory_bytes = NAN };
	bool are_cores_known = true;
	struct structure one;

	while (next_structure(&cursor, end, &one) && one.at[0] != SMBIOS_END) {
		switch (one.at[0]) {
		case SMBIOS_BIOS:
			smbios_copy_text(&one, 0x04, smbios.bios_vendor);
			smbios_copy_text(&one, 0x05, smbios.bios_version);
			smbios_copy_text(&one, 0x08, smbios.bios_date);
			break;
		case SMBIOS_SYSTEM:
			smbios_copy_text(&one, 0x04, smbios.vendor);
			smbios_copy_text(&one, 0x05, smbios.product);
			break;
		case SMBIOS_PROCESSOR:
			take_processor(&one, &smbios, &are_cores_known);
			break;
		case SMBIOS_MEMORY_MODULE:
			take_module(&one, &smbios);
			break;
		default:
			break;
		}
	}
	if (!are_cores_known)
		smbios.cores = smbios.threads = 0;
	*ret_smbios = smbios;
}
