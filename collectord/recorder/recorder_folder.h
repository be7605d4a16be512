/* Is the folder at the data folder's path still that of the store? */
#ifndef COLLECTORD_RECORDER_RECORDER_FOLDER_H
#define COLLECTORD_RECORDER_RECORDER_FOLDER_H

#include "collectord/recorder/recorder_state.h"
#include "common/err.h"

/*
 * recorder_folder_check - before anything is made in it
 *
 * A file system that is unmounted leaves its mount point behind, and a folder that is moved
 * leaves nothing: what were made there would be acknowledged, and hidden by the next mount.
 *
 * 0: the folder of before, or one with the store's id; -ESTALE where it is another or gone, or
 * another negative errno where it cannot be looked at, with the text set.
 */
int recorder_folder_check(struct recorder *recorder, struct err *err);

#endif
