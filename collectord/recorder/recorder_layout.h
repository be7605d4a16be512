/*
 * The descriptions of ticks, beside staging.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef COLLECTORD_RECORDER_RECORDER_LAYOUT_H
#define COLLECTORD_RECORDER_RECORDER_LAYOUT_H

#include "collectord/recorder/recorder_state.h"

/* Own ticks that are staged are of that layout: as after a start, before any is taken. */
void recorder_layout_known(struct recorder *recorder, uint64_t id);
/* The layout of a tick, described in that folder, is beside staging, durable, before the tick
 * is; of: whose, NULL: own. */
int recorder_layout_keep(struct recorder *recorder, const char *dir,
	struct recorder_subject *of, uint64_t id, struct err *err);
/* The layouts of the own ticks that were taken, and of the last of each polled machine, stand
 * beside staging, made again where somebody removed them: a batch without them would lose its
 * ticks.  0 or a negative errno: not now. */
int recorder_layouts_keep(struct recorder *recorder, struct err *err);

#endif
