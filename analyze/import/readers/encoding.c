#include "analyze/import/readers/encoding.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#define RAW_BYTES 16384
/* A character of a code page becomes three bytes of UTF-8 at most. */
#define DECODED_BYTES (RAW_BYTES * 3 + 16)
#define NO_ICONV ((iconv_t)-1)

const char *encoding_of_head(const char *head, size_t length)
{
	const unsigned char *b = (const unsigned char *)head;

	if (length < 2)
		return NULL;
	if (b[0] == 0xff && b[1] == 0xfe)
		return "UTF-16LE";
	if (b[0] == 0xfe && b[1] == 0xff)
		return "UTF-16BE";
	if (length >= 4 && b[0] && !b[1] && b[2] && !b[3])
		return "UTF-16LE";
	if (length >= 4 && !b[0] && b[1] && !b[2] && b[3])
		return "UTF-16BE";
	return NULL;
}

/* Bytes of the character that this one leads; 0: it leads none. */
static size_t utf8_lead_length(unsigned char lead)
{
	return lead < 0x80    ? 1
		: lead < 0xc2 ? 0
		: lead < 0xe0 ? 2
		: lead < 0xf0 ? 3
		: lead < 0xf5 ? 4
			      : 0;
}

bool encoding_is_utf8(const char *text, size_t length)
{
	for (size_t i = 0; i < length;) {
		size_t size = utf8_lead_length((unsigned char)text[i]);

		if (size == 0)
			return false;
		for (size_t k = 1; k < size && i + k < length; k++) {
			if (((unsigned char)text[i + k] & 0xc0) != 0x80)
				return false;
		}
		i += size;
	}
	return true;
}

struct decoder {
	struct bytes *inner;
	iconv_t iconv;
	bool is_at_end, has_begun;
	char raw[RAW_BYTES];
	size_t raw_used;
	char decoded[DECODED_BYTES];
	size_t begin, end;
};

static void decoder_close(void *data)
{
	struct decoder *decoder = data;

	if (decoder->iconv != NO_ICONV)
		iconv_close(decoder->iconv);
	free(decoder);
}

/* iconv over what is there; what it does not know becomes '?'. */
static void decode_some(iconv_t iconv_state, char **in, size_t *in_left, char **out,
	size_t *out_left, bool is_at_end)
{
	while (*in_left > 0 && *out_left > 4) {
		if (iconv(iconv_state, in, in_left, out, out_left) != (size_t)-1)
			return;
		if (errno == E2BIG || (errno == EINVAL && !is_at_end))
			return;
		*(*out)++ = '?';
		(*out_left)--;
		(*in)++;
		(*in_left)--;
	}
}

static int decoder_fill(struct decoder *decoder, struct err *err)
{
	char *in = decoder->raw, *out = decoder->decoded;
	size_t got = 0, out_left = DECODED_BYTES, in_left;
	int r = bytes_read(decoder->inner, decoder->raw + decoder->raw_used,
		RAW_BYTES - decoder->raw_used, &got, err);

	if (r < 0)
		return r;
	decoder->is_at_end = got == 0;
	in_left = decoder->raw_used + got;
	decode_some(decoder->iconv, &in, &in_left, &out, &out_left, got == 0);
	memmove(decoder->raw, in, in_left);
	decoder->raw_used = in_left;
	decoder->begin = 0;
	decoder->end = DECODED_BYTES - out_left;
	/* the mark of the text is none of it */
	if (!decoder->has_begun && decoder->end >= 3 &&
		!memcmp(decoder->decoded, "\xef\xbb\xbf", 3))
		decoder->begin = 3;
	decoder->has_begun |= decoder->end > 0;
	return 0;
}

static int decoder_read(
	void *data, char *to, size_t size, size_t *ret_got, struct err *err)
{
	struct decoder *decoder = data;
	size_t got;

	while (decoder->begin == decoder->end && !decoder->is_at_end) {
		int r = decoder_fill(decoder, err);

		if (r < 0)
			return r;
	}
	got = decoder->end - decoder->begin;
	if (got > size)
		got = size;
	memcpy(to, decoder->decoded + decoder->begin, got);
	decoder->begin += got;
	*ret_got = got;
	return 0;
}

static const struct bytes_origin decoder_origin = { .read = decoder_read,
	.close = decoder_close };

static int open_iconv(const char *from, iconv_t *ret_iconv, struct err *err)
{
	*ret_iconv = iconv_open("UTF-8", from);
	return *ret_iconv == NO_ICONV
		? err_set(err, -EINVAL,
			  "expected an encoding such as CP1252, CP1251 or UTF-16LE, "
			  "found \"%.40s\"",
			  from)
		: 0;
}

int encoding_open(struct bytes *inner, const char *from, struct bytes **ret_bytes,
	struct err *err)
{
	struct decoder *decoder = calloc(1, sizeof(*decoder));
	int r;

	if (!decoder)
		return err_oom(err);
	decoder->inner = inner;
	r = open_iconv(from, &decoder->iconv, err);
	if (r < 0) {
		free(decoder);
		return r;
	}
	return bytes_of(bytes_name(inner), &decoder_origin, decoder, ret_bytes, err);
}

int encoding_text(const char *from, const char *text, size_t length, char *to,
	size_t size, struct err *err)
{
	size_t in_left = length, out_left = size - 1;
	char *copy = malloc(length + 1), *in = copy, *out = to;
	iconv_t state;
	int r;

	if (!copy)
		return err_oom(err);
	memcpy(copy, text, length);
	r = open_iconv(from, &state, err);
	if (r >= 0) {
		decode_some(state, &in, &in_left, &out, &out_left, true);
		iconv_close(state);
		*out = '\0';
	}
	free(copy);
	return r;
}
