/* The workloads in the database, and what the database keeps for the recorder. */
#ifndef COLLECTORD_RECORDER_RECORDER_ENTER_H
#define COLLECTORD_RECORDER_RECORDER_ENTER_H

#include "collectord/recorder/recorder_state.h"
#include "store/store.h"

/* Frames up to here were recorded, the stamp of their last tick, and the last event: its
 * number and its ring (an event may be staged twice when a kill came in between). */
enum { RECORDED_NUMBER, RECORDED_STAMP, RECORDED_EVENT, RECORDED_RING, RECORDED_COUNT };
extern const char recorder_recorded_key[];

/* Every workload in the database and, by its folder, beside staging.  0 or a negative
 * errno: -EBUSY while another holds the store, -EEXIST when the own one has another step. */
int recorder_enter(struct recorder *recorder, struct err *err);
/* What was entered may be gone: it is entered again. */
void recorder_enter_again(struct recorder *recorder);

/* The sampled workload with that folder, whatever it is called by now; without its texts.
 * -ENOENT. */
int recorder_workload_of(struct store *store, const char *folder,
	struct workload *ret_workload, struct err *err);

/* In a transaction: this is the workload that is filled under that name of the settings.
 * 0 or a negative errno. */
int recorder_fills_leave(
	struct store *store, int64_t workload_id, const char *name, struct err *err);

/* A frame may be overwritten once it is in the database and judged. */
void recorder_release_frames(struct recorder *recorder);

#endif
