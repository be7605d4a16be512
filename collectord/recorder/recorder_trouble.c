/* Failures of staging and of batches: told once, tried again. */
#include "collectord/recorder/recorder_trouble.h"
#include "common/clock.h"

#include <stdio.h>
#include <time.h>

enum {
	BACKOFF_FIRST_MS = 500,
	BACKOFF_MAX_MS = 10000,
};

void recorder_failed(struct recorder *recorder, struct recorder_trouble *trouble,
	const char *what, const struct err *err)
{
	trouble->backoff_ms =
		trouble->backoff_ms ? 2 * trouble->backoff_ms : BACKOFF_FIRST_MS;
	if (trouble->backoff_ms > BACKOFF_MAX_MS)
		trouble->backoff_ms = BACKOFF_MAX_MS;
	trouble->retry_ms = clock_monotonic_ms() + trouble->backoff_ms;
	if (trouble->has_failed)
		return; /* told once, however long it lasts */
	log_warning(&recorder->log, "%s: %s; ticks are held, next try in %.1f s", what,
		err->text, (double)trouble->backoff_ms / 1000);
	trouble->since_ms = clock_monotonic_ms();
	snprintf(trouble->why, sizeof(trouble->why), "%s: %.180s", what, err->text);
	trouble->has_failed = true;
}

void recorder_trouble_text(const struct recorder_trouble *trouble,
	char ret_text[static RECORDER_NOTE_BYTES])
{
	snprintf(ret_text, RECORDER_NOTE_BYTES,
		"for %.1f s nothing could be stored: %s",
		(double)(clock_monotonic_ms() - trouble->since_ms) / 1000,
		trouble->why);
}

void recorder_succeeded(struct recorder *recorder, struct recorder_trouble *trouble)
{
	if (trouble->has_failed)
		log_notice(&recorder->log, "all is well again");
	/* a batch writes its own event with what it stores */
	if (trouble->has_failed && trouble == &recorder->staging_trouble)
		recorder_trouble_text(trouble, recorder->trouble_note);
	*trouble = (struct recorder_trouble){ .has_failed = false };
}
