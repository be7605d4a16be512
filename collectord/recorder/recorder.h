/*
 * The recorder: from the ring to staging, batch by batch to the RRD files (by the
 * writer, a child) and to the database.
 *
 *	ring --take--> staging --writer--> RRD files --record--> gaps, boots, events
 *
 * Each arrow moves a mark of its own when what it carries is durable, and each can be
 * repeated: a kill between any two steps loses nothing and stores nothing twice.
 */
#ifndef COLLECTORD_RECORDER_RECORDER_H
#define COLLECTORD_RECORDER_RECORDER_H

#include "collectord/link/ring.h"
#include "collectord/link/settings.h"
#include "collectord/link/staging.h"
#include "common/err.h"
#include "common/log.h"
#include "store/db/health.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define RECORDER_SOCKET_NAME "recorder.sock"
#define RECORDER_CLIENTS 8
#define RECORDER_PATH_BYTES 4096
#define RECORDER_KNOWN_LAYOUTS 8
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

struct recorder_alerts;

struct recorder {
	struct log log;
	struct settings settings;
	struct ring *ring;       /* NULL while there is none */
	struct staging *staging; /* NULL while it cannot be made */
	int lock_fd;             /* <data>/recorder.lock: one recorder at a time */
	int64_t workload_id;     /* 0: not in the database yet */
	struct recorder_child child;
	struct recorder_client client[RECORDER_CLIENTS];
	int listen_fd;
	int64_t accept_ms;         /* monotonic: nobody is let in before */
	unsigned unreadable_tries; /* to open a staging ring with bad blocks */
	uint64_t known_layout[RECORDER_KNOWN_LAYOUTS]; /* kept beside staging */
	size_t known_next;
	uint64_t noted_layout; /* whose files the database knows */
	size_t values_most;    /* of any tick so far: the ring must hold two batches */
	char note
		[RECORDER_NOTE_BYTES]; /* what a writer told, not yet an event in the database */
	/* how long nothing could be staged, likewise */
	char trouble_note[RECORDER_NOTE_BYTES];
	uint64_t recorded; /* frames up to here are in the database */
	bool is_recorded_known;
	bool is_draining;       /* SIGTERM: everything into the RRDs, then end */
	bool is_one_shot;       /* no daemon: drain what is staged */
	bool has_alert_trouble; /* the last try to keep what was judged failed: told */
	bool has_other_step;    /* the files have another step: nothing helps */
	bool is_swollen;        /* the database was used since pages were let go */
	struct recorder_trouble staging_trouble, batch_trouble;
	int64_t staged_ms, batch_ms; /* monotonic: of the last success */
	int64_t wait_ms;             /* how long to sleep, by how fast the ring fills */
	struct recorder_alerts *alerts; /* NULL: none */
	/* texts of the events that are being taken */
	char event_text[RING_EVENTS][RING_EVENT_TEXT_BYTES + 32];
};

int64_t recorder_now_ms(void);
unsigned recorder_step_s(const struct recorder *recorder);

/* ---- recorder.c ------------------------------------------------------------------ */

/* What the settings say about the workload; folder is left empty. */
void recorder_identity(
	const struct recorder *recorder, struct staging_identity *identity);
/* Opens what can be opened of ring and staging; called again until both are there. */
void recorder_connect(struct recorder *recorder);
/* Released ticks and events into staging, then acknowledged. 0 or a negative errno. */
int recorder_take(struct recorder *recorder, struct err *err);
/* After a batch: a larger ring where it is needed, no more layouts than that. */
void recorder_tidy(struct recorder *recorder);
/* Ticks in the ring that could be taken now. */
uint64_t recorder_waiting(const struct recorder *recorder);
/* Counts the failure and says when to try again. */
void recorder_failed(struct recorder *recorder, struct recorder_trouble *trouble,
	const char *what, const struct err *err);
void recorder_succeeded(struct recorder *recorder, struct recorder_trouble *trouble);
/* How long it has lasted, and why: an event. */
void recorder_trouble_text(const struct recorder_trouble *trouble,
	char ret_text[static RECORDER_NOTE_BYTES]);

/* ---- recorder_batch.c ------------------------------------------------------------- */

/* Is there anything in staging that is not in the RRDs and the database? */
bool recorder_is_behind(const struct recorder *recorder);
/* Starts the writer when a batch is due and none runs. */
void recorder_batch_begin(struct recorder *recorder, int64_t now_ms);
/* Looks after the writer: its end, its deadline, what comes after it. */
void recorder_batch_continue(struct recorder *recorder, int64_t now_ms);

/* ---- recorder_store.c ------------------------------------------------------------- */

/* As store_open; notes that there are pages to let go. */
int recorder_open_store(
	struct recorder *recorder, struct store **ret_store, struct err *err);

/* The workload in the database and in the head of staging. */
int recorder_enter(struct recorder *recorder, struct err *err);
/* Gaps, boots, events, span and health of the frames up to the mark: one transaction. */
int recorder_record(struct recorder *recorder, struct err *err);
/* Counters as they are now, of the ring that is mapped. */
void recorder_health_now(
	const struct recorder *recorder, struct collector_health *health);

/* ---- recorder_socket.c ------------------------------------------------------------ */

int recorder_listen(struct recorder *recorder, struct err *err);
/* Descriptors to poll; returns how many were filled (<= 1 + RECORDER_CLIENTS). */
size_t recorder_poll_set(const struct recorder *recorder, struct pollfd *ret_set);
void recorder_serve(struct recorder *recorder, const struct pollfd *set, size_t count,
	int64_t now_ms);
/* Tells those who wait for a flush how it ended. */
void recorder_answer_flushes(struct recorder *recorder, bool is_failed);
bool recorder_flush_is_wanted(const struct recorder *recorder);
void recorder_hang_up(struct recorder *recorder);

#endif
