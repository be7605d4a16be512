/* A new history: the workload that was filled keeps its own under another name. */
#ifndef COLLECTORD_RECORDER_RECORDER_RENEW_H
#define COLLECTORD_RECORDER_RECORDER_RENEW_H

#include "collectord/recorder/recorder_state.h"

/*
 * recorder_renew - begin anew, once everything staged is stored
 *
 * The workload becomes "NAME until DATE", a new one of the old name begins with an empty
 * folder, and staging forgets the last stamp.  Repeated after a kill in between it ends
 * the same way.  0 or a negative errno with the text set.
 */
int recorder_renew(struct recorder *recorder, struct err *err);

#endif
