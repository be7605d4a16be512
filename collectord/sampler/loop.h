/*
 * The main loop: sleep, tick, look after the children.  The only file of the sampler
 * that blocks.
 */
#ifndef COLLECTORD_SAMPLER_LOOP_H
#define COLLECTORD_SAMPLER_LOOP_H

#include "collectord/link/footprint.h"
#include "collectord/sampler/notify.h"
#include "collectord/sampler/sampler.h"
#include "collectord/link/remote_hosts.h"
#include "collectord/link/settings.h"
#include "collectord/sampler/supervise.h"
#include "common/clock.h"
#include "common/log.h"

struct loop {
	struct settings *settings;        /* borrowed; replaced by a reload */
	const struct log *log;            /* borrowed */
	struct clock *clock;              /* borrowed */
	const struct remote_hosts *hosts; /* borrowed */
	int runtime_fd;                   /* the lock of the runtime folder */
	int64_t runtime_ns;               /* monotonic, when it was last looked at */
	struct notify notify;
	uint64_t ticks_wanted; /* end after so many; 0: never */
	uint64_t
		woken_at_ack; /* the recorder was woken when so much was acknowledged */
	int64_t status_ns, watchdog_ns; /* monotonic, when last sent */
	int64_t trimmed_ns;             /* monotonic; 0: not yet */
	/* that long without a beat is too long; of the settings, which lie far apart */
	int64_t helper_silent_ns, recorder_silent_ns;
	bool with_helper, with_poller;
	bool is_all_stored; /* set at the end: the ring is of no more use */
	struct child_watch helper_watch, recorder_watch;
	bool is_end_asked, is_reload_asked, has_child_ended;
	/* SIGHUP: reads the settings anew into the struct; 0 or an error to be logged,
	 * after which the old ones hold. */
	int (*reload)(void *context, struct settings *ret_settings, struct err *err);
	void *reload_context;
	struct supervisor supervisor;
	struct sampler sampler;
	struct footprint footprint;
};

/* Blocks the signals, starts the children, and comes back when SIGTERM, SIGINT or the
 * number of ticks ends it, the children gone and everything stored.  0, or -ETIME when
 * the recorder did not finish within 15 s. */
int loop_run(struct loop *loop, struct err *err);

#endif
