#include "analyze/engine/decoder.h"

#include "analyze/engine/answers.h"
#include "analyze/engine/engine_wire.h"
#include "common/io.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_BYTES ((size_t)128 << 10)

struct answer_decoder {
	struct answer_sink sink; /* first: the sink is the decoder */
	int from, to;
	const char *what;
	uint32_t frame_left; /* bytes of a FRAME_BYTES that were not read yet */
	bool is_ended;       /* the answer's last frame has come */
	struct frame_failed failed;
	char failed_text[1025];
	size_t length;
	char out[MESSAGE_BYTES];
};

/* ---- messages ------------------------------------------------------------------------ */

static int decoder_flush(struct answer_decoder *decoder, struct err *err)
{
	int r = io_write_full(decoder->to, decoder->out, decoder->length);

	decoder->length = 0;
	return r < 0 ? err_set(err, r, "nobody reads the samples") : 0;
}

static int decoder_add(
	struct answer_decoder *decoder, const void *bytes, size_t size, struct err *err)
{
	int r = 0;

	if (decoder->length + size > sizeof(decoder->out))
		r = decoder_flush(decoder, err);
	if (r < 0)
		return r;
	memcpy(decoder->out + decoder->length, bytes, size);
	decoder->length += size;
	return 0;
}

static int decoder_say(struct answer_decoder *decoder, uint32_t kind, const void *bytes,
	size_t size, struct err *err)
{
	const struct engine_message message = { kind, (uint32_t)size };
	int r = decoder_add(decoder, &message, sizeof(message), err);

	return r < 0 ? r : decoder_add(decoder, bytes, size, err);
}

static int decode_series(
	struct answer_sink *sink, const struct engine_labels *labels, struct err *err)
{
	char texts[sizeof(labels->text)];
	size_t length = 0;

	for (size_t i = 0; i < LABEL_COUNT; i++) {
		size_t size = strlen(labels->text[i]) + 1;

		memcpy(texts + length, labels->text[i], size);
		length += size;
	}
	return decoder_say(
		(struct answer_decoder *)sink, ENGINE_SERIES, texts, length, err);
}

static int decode_samples(struct answer_sink *sink, const struct engine_sample *sample,
	size_t count, struct err *err)
{
	const size_t most = MESSAGE_BYTES / 2 / sizeof(*sample);
	int r = 0;

	for (size_t at = 0; r >= 0 && at < count; at += most)
		r = decoder_say((struct answer_decoder *)sink, ENGINE_SAMPLES,
			sample + at,
			(count - at < most ? count - at : most) * sizeof(*sample), err);
	return r;
}

static int decode_name(
	struct answer_sink *sink, const char *text, size_t length, struct err *err)
{
	return length > MESSAGE_BYTES / 2
		? err_set(err, -EFBIG, "expected shorter names, found one of %zu bytes",
			  length)
		: decoder_say((struct answer_decoder *)sink, ENGINE_NAME, text, length,
			  err);
}

/* ---- frames as a source of bytes ------------------------------------------------------- */

static int frames_broken(struct err *err)
{
	return err_set(err, -EPIPE, "headroom-fetch has ended");
}

/* A failure's reason; what the server said may be in it. */
static int take_failure(
	struct answer_decoder *decoder, uint32_t length, struct err *err)
{
	size_t text = length - sizeof(decoder->failed);

	if (length < sizeof(decoder->failed) || text >= sizeof(decoder->failed_text) ||
		io_read_full(decoder->from, &decoder->failed,
			sizeof(decoder->failed)) != sizeof(decoder->failed) ||
		io_read_full(decoder->from, decoder->failed_text, text) !=
			(ssize_t)text)
		return frames_broken(err);
	decoder->failed_text[text] = '\0';
	decoder->is_ended = true;
	return 0;
}

static int frames_read(
	void *data, char *to, size_t size, size_t *ret_got, struct err *err)
{
	struct answer_decoder *decoder = data;
	struct fetch_frame frame;
	ssize_t got;
	int r;

	*ret_got = 0;
	while (decoder->frame_left == 0 && !decoder->is_ended) {
		if (io_read_full(decoder->from, &frame, sizeof(frame)) !=
			(ssize_t)sizeof(frame))
			return frames_broken(err);
		if (frame.kind == FRAME_BYTES)
			decoder->frame_left = frame.length;
		else if (frame.kind == FRAME_END)
			decoder->is_ended = true;
		else if (frame.kind == FRAME_FAILED) {
			r = take_failure(decoder, frame.length, err);
			if (r < 0)
				return r;
			return err_set(err,
				decoder->failed.code < 0 ? decoder->failed.code : -EIO,
				"%s: %.400s", decoder->what, decoder->failed_text);
		} else
			return frames_broken(err);
	}
	if (decoder->is_ended)
		return 0;
	if (size > decoder->frame_left)
		size = decoder->frame_left;
	got = io_read_full(decoder->from, to, size);
	if (got != (ssize_t)size)
		return frames_broken(err);
	decoder->frame_left -= (uint32_t)size;
	*ret_got = size;
	return 0;
}

static const struct bytes_origin decoder_origin = { frames_read, NULL, NULL };

/* ---- answers --------------------------------------------------------------------------- */

static int decode_bytes(
	struct answer_decoder *decoder, uint32_t answer, struct err *err)
{
	struct bytes *bytes = NULL;
	int r = bytes_of(decoder->what, &decoder_origin, decoder, &bytes, err);

	if (r < 0)
		return r;
	switch (answer) {
	case ANSWER_CHUNKS:
		r = answer_read_chunks(bytes, &decoder->sink, err);
		break;
	case ANSWER_SERIES:
		r = answer_read_series(bytes, &decoder->sink, err);
		break;
	default:
		r = answer_read_names(bytes, &decoder->sink, err);
		break;
	}
	bytes_close(bytes);
	return r;
}

/* What is left of an answer that made no sense. */
static int drain_frames(struct answer_decoder *decoder, struct err *err)
{
	char rest[4096];
	size_t got = 1;
	int r = 0;

	while (r >= 0 && got > 0 && !decoder->is_ended)
		r = frames_read(decoder, rest, sizeof(rest), &got, err);
	return decoder->is_ended ? 0 : r;
}

static int tell_failure(
	struct answer_decoder *decoder, int code, const char *text, struct err *err)
{
	struct {
		struct frame_failed head;
		char text[sizeof(((struct err *)NULL)->text)];
	} failed = { { code, decoder->failed.status }, "" };

	strncpy(failed.text, text, sizeof(failed.text) - 1);
	return decoder_say(decoder, ENGINE_FAILED, &failed,
		sizeof(failed.head) + strlen(failed.text), err);
}

static int decode_answer(struct answer_decoder *decoder,
	const struct frame_begin *begin, struct err *err)
{
	struct err why = ERR_INIT, later = ERR_INIT;
	int r;

	decoder->sink.from_ms = begin->from_ms;
	decoder->sink.to_ms = begin->to_ms;
	r = decode_bytes(decoder, begin->answer, &why);
	if (!decoder->is_ended && drain_frames(decoder, &later) < 0 &&
		!decoder->is_ended)
		return frames_broken(err);
	/* an answer that was cut short is less of a reason than what cut it */
	if (decoder->failed.code < 0 && r >= 0)
		r = err_set(&why, decoder->failed.code, "%s: %.400s", decoder->what,
			decoder->failed_text);
	return r < 0 ? tell_failure(decoder, r, why.text, err)
		     : decoder_say(decoder, ENGINE_END, NULL, 0, err);
}

/* 1: an answer was passed on; 0: no more come. */
static int take_answer(struct answer_decoder *decoder, struct err *err)
{
	struct frame_begin begin;
	struct fetch_frame frame;
	char text[1600];
	ssize_t got = io_read_full(decoder->from, &frame, sizeof(frame));
	int r;

	if (got == 0)
		return 0;
	decoder->is_ended = false;
	decoder->frame_left = 0;
	decoder->failed = (struct frame_failed){ 0, 0 };
	if (got != (ssize_t)sizeof(frame))
		return frames_broken(err);
	if (frame.kind == FRAME_FAILED) {
		r = take_failure(decoder, frame.length, err);
		snprintf(text, sizeof(text), "%s: %s", decoder->what,
			decoder->failed_text);
		if (r >= 0)
			r = tell_failure(decoder,
				decoder->failed.code < 0 ? decoder->failed.code : -EIO,
				text, err);
	} else if (frame.kind != FRAME_BEGIN || frame.length != sizeof(begin) ||
		io_read_full(decoder->from, &begin, sizeof(begin)) !=
			(ssize_t)sizeof(begin)) {
		return frames_broken(err);
	} else {
		r = decode_answer(decoder, &begin, err);
	}
	if (r >= 0)
		r = decoder_flush(decoder, err);
	return r < 0 ? r : 1;
}

int decoder_run(void *context, int answer_fd, struct err *err)
{
	const struct decoder_work *work = context;
	struct answer_decoder *decoder = calloc(1, sizeof(*decoder));
	int r = 1;

	if (!decoder)
		return err_oom(err);
	decoder->sink = (struct answer_sink){ .series = decode_series,
		.samples = decode_samples,
		.name = decode_name,
		.has_vectors = true };
	decoder->from = work->frames_fd;
	decoder->to = answer_fd;
	decoder->what = work->what;
	while (r > 0)
		r = take_answer(decoder, err);
	free(decoder);
	return r;
}
