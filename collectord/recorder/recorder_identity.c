/* Who the daemon is, as the head of staging keeps it. */
#include "collectord/recorder/recorder_identity.h"
#include "common/hex.h"

#include "common/clock.h"

#include <stdio.h>
#include <string.h>

void recorder_init(struct recorder *recorder)
{
	memset(recorder, 0, sizeof(*recorder));
	log_init(&recorder->log, "collectord-recorder");
	recorder->lock_fd = -1;
	recorder->listen_fd = -1;
	recorder->child.note_fd = -1;
	for (size_t i = 0; i < RECORDER_CLIENTS; i++)
		recorder->client[i].fd = -1;
	recorder->batch_ms = clock_monotonic_ms();
	recorder->staged_ms = recorder->batch_ms;
}

unsigned recorder_step_s(const struct recorder *recorder)
{
	return (unsigned)recorder->settings.interval.number;
}

void recorder_identity(
	const struct recorder *recorder, struct staging_identity *identity)
{
	const struct settings *settings = &recorder->settings;

	memset(identity, 0, sizeof(*identity)); /* its padding is under a checksum */
	hex_read(settings->store_id, identity->store_id, sizeof(identity->store_id));
	snprintf(identity->name, sizeof(identity->name), "%.127s", settings->name.text);
	identity->step_s = recorder_step_s(recorder);
	identity->rows = (struct rra_settings){
		.base_keep_s = (uint64_t)settings->keep_base.number,
		.fine_step_s = (unsigned)settings->fine_step.number,
		.fine_keep_s = (uint64_t)settings->keep_fine.number,
		.coarse_step_s = (unsigned)settings->coarse_step.number,
		.coarse_keep_s = (uint64_t)settings->keep_coarse.number,
	};
}
