/*
 * The recorder: from the ring to staging, batch by batch to the RRD files (by the
 * writer, a child) and to the database.
 *
 *	ring --take--> staging --writer--> RRD files --record--> gaps, boots, events
 *
 * Each arrow moves a mark of its own when what it carries is durable, and each can be
 * repeated: a kill between any two steps loses nothing and stores nothing twice.
 */
#ifndef COLLECTORD_RECORDER_RECORDER_STATE_H
#define COLLECTORD_RECORDER_RECORDER_STATE_H

#include "collectord/link/ring.h"
#include "collectord/link/settings.h"
#include "collectord/link/staging.h"
#include "collectord/link/subject.h"
#include "common/err.h"
#include "common/log.h"
#include "store/db/health.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define RECORDER_CLIENTS 8
#define RECORDER_PATH_BYTES 4096
#define RECORDER_KNOWN_LAYOUTS 8
#define RECORDER_POLLER_FOLDER "poller" /* below the runtime folder: its ring */
#define RECORDER_NOTE_BYTES 256
#define RECORDER_EXIT_OTHER_STEP 78 /* trying again does not help */

struct recorder_client {
	int fd;                 /* -1: free */
	bool wants_flush;       /* answered when the flush is over */
	uint64_t wanted_number; /* ... of frames up to this one */
	int64_t deadline_ms;    /* a silent client is let go */
	char request[32];
	size_t length;
};

/* The writer, while it runs. */
struct recorder_child {
	pid_t pid; /* 0: none */
	int64_t deadline_ms;
	int note_fd; /* its stdout: one line about what was damaged or lost; -1: none */
};

/* What fails is tried again after a while; staging and batches apart, so that ticks go
 * on being staged while no batch can be written. */
struct recorder_trouble {
	bool has_failed;  /* the last attempt */
	int64_t retry_ms; /* monotonic: not before */
	int64_t backoff_ms;
	int64_t since_ms; /* monotonic: of the first failure */
	char why[200];    /* ... and its reason */
};

/* Another workload than the own machine's, whose ticks come from the poller. */
struct recorder_subject {
	struct subject subject;
	int64_t workload_id;   /* 0: not in the database yet */
	bool is_refused;       /* the database has it with another step */
	int64_t last_stamp_s;  /* of its last tick in staging; 0: none */
	int64_t taken_stamp_s; /* ... in what is being taken */
	int64_t recorded_s;    /* of its last tick in the database; 0: none */
	size_t values;         /* of its last tick; 0: none since our start */
	uint64_t kept_layout;  /* beside staging */
	uint64_t noted_layout; /* whose files the database knows */
};

struct recorder_alerts;

struct recorder {
	struct log log;
	struct settings settings;
	struct ring *ring;                 /* NULL while there is none */
	struct ring *poller_ring;          /* likewise: of <runtime>/poller */
	struct recorder_subject **subject; /* in the order they were met */
	size_t subject_count, subject_room, refused_count;
	size_t subject_near; /* where the last one was found: they come in turn */
	bool has_unentered;  /* one of them is neither in the database nor refused */
	struct staging *staging; /* NULL while it cannot be made */
	int lock_fd;             /* <data>/recorder.lock: one recorder at a time */
	dev_t folder_device;     /* of the data folder ... */
	ino_t folder_inode;      /* ... 0: not looked at yet */
	int64_t workload_id;     /* 0: not in the database yet */
	struct recorder_child child;
	struct recorder_client client[RECORDER_CLIENTS];
	int listen_fd;
	int64_t accept_ms;         /* monotonic: nobody is let in before */
	unsigned unreadable_tries; /* to open a staging ring with bad blocks */
	unsigned subject_tries;    /* to read the subjects beside it */
	uint64_t known_layout[RECORDER_KNOWN_LAYOUTS]; /* kept beside staging */
	size_t known_next;
	uint64_t noted_layout; /* whose files the database knows */
	size_t values_most;    /* of any tick so far: the ring must hold two batches */
	struct staging_load hosts_load; /* of the hosts of the settings */
	char note
		[RECORDER_NOTE_BYTES]; /* what a writer told, not yet an event in the database */
	/* how long nothing could be staged, likewise */
	char trouble_note[RECORDER_NOTE_BYTES];
	uint64_t recorded; /* frames up to here are in the database */
	bool is_recorded_known;
	bool is_draining;           /* SIGTERM: everything into the RRDs, then end */
	bool is_one_shot;           /* no daemon: drain what is staged */
	bool has_webhook, has_mail; /* alerts go there too */
	bool are_limits_known; /* of the alerts: by the settings, or as a daemon left them */
	bool has_alert_trouble; /* the last try to keep what was judged failed: told */
	bool has_other_step;    /* the files have another step: nothing helps */
	bool has_db_memory;     /* SQLite's pages: given back before a long sleep */
	struct recorder_trouble staging_trouble, batch_trouble;
	int64_t staged_ms, batch_ms; /* monotonic: of the last success */
	int64_t wait_ms;             /* how long to sleep, by how fast the ring fills */
	struct recorder_alerts *alerts; /* NULL: none */
	/* texts of the events that are being taken */
	char event_text[RING_EVENTS][RING_EVENT_TEXT_BYTES + 32];
};

#endif
