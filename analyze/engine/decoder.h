/*
 * The confined child that turns frames of headroom-fetch into messages of engine_wire.h.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_ENGINE_DECODER_H
#define ANALYZE_ENGINE_DECODER_H

#include "common/err.h"

struct decoder_work {
	int frames_fd;
	const char *what; /* of messages: the server */
};
/* A confine_work: until the frames end. */
int decoder_run(void *context, int answer_fd, struct err *err);

#endif
