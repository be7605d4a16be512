/*
 * The recorder's alerts: staged frames are judged in their order, what they change is
 * recorded together with how far they were judged, and deliveries follow.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef COLLECTORD_RECORDER_RECORDER_ALERT_H
#define COLLECTORD_RECORDER_RECORDER_ALERT_H

#include "collectord/recorder/recorder_state.h"
#include "store/store.h"

struct recorder_alerts; /* opaque */

/* NULL when out of memory: the recorder then goes on without alerts.
 * recorder_alerts_free. */
struct recorder_alerts *recorder_alerts_new(void);
void recorder_alerts_free(struct recorder_alerts *alerts);

/*
 * recorder_alerts_judge - all staged frames that were not judged yet
 *
 * What changes is recorded at once, in a transaction of its own, exactly once: the
 * number of the last frame judged and the state of the rules stand in the same
 * transaction.  Returns 0 or a negative errno; the next call tries again.
 */
int recorder_alerts_judge(struct recorder *recorder, struct err *err);

/* What the rules of the workload that was entered remember. */
int recorder_alerts_enter(
	struct recorder *recorder, struct store *store, struct err *err);

/*
 * recorder_alerts_save - the same within the batch's transaction
 *
 * A frame is released when it is in the RRD files, in the database and judged: whoever
 * makes a batch, and whenever, judges first.  Where the limits are not known (no daemon
 * runs, and none ever told the database) nothing is judged, and the frames stay.
 */
int recorder_alerts_save(
	struct recorder *recorder, struct store *store, struct err *err);
/* Frames up to this one are judged for good; no other may be released. */
uint64_t recorder_alerts_kept(const struct recorder *recorder);
/* The transaction that recorder_alerts_save was part of has ended. */
void recorder_alerts_saved(struct recorder *recorder, bool is_committed);

/*
 * recorder_deliver - log, start the notifier, take its receipts, resend what is open
 *
 * Called in every turn of the loop; does nothing most of the time.
 */
void recorder_deliver(struct recorder *recorder, int64_t now_ms);
/* The notifier is at work, or something is due before this many ms. */
int64_t recorder_deliver_wait_ms(const struct recorder *recorder, int64_t now_ms);

#endif
