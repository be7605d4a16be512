/*
 * The poller: samples other machines, each as a workload of its own.
 *
 * What a machine says is put below <runtime>/poller/roots/<n> as the texts that the
 * kernel has, and the probes, rates and demands of the local sampler read it from there:
 * so that every definition is the same.  Ticks go into a ring of the poller's own.  Each
 * host has its deadline and its back-off; none waits for another.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef COLLECTORD_POLLER_POLLER_H
#define COLLECTORD_POLLER_POLLER_H

#include "collectord/link/remote_hosts.h"
#include "collectord/link/ring.h"
#include "collectord/link/settings.h"
#include "collectord/link/subject.h"
#include "collectord/link/tick_layout.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/strbuf.h"
#include "probes/collect.h"
#include "probes/fleet/exposition.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <sys/types.h>

#define POLLER_PATH_BYTES 600
#define POLLER_BACKOFF_MOST_S 300

struct polled {
	const struct remote_host *host; /* borrowed */
	struct subject subject;
	char folder[POLLER_PATH_BYTES]; /* of its root */
	struct host_root root;
	struct collect *collect;
	struct layout layout;
	uint64_t snapshot_layout_id;
	int64_t due_s;       /* the stamp it is asked for next */
	int64_t asked_s;     /* ... is being asked for; 0: no */
	int64_t deadline_ms; /* monotonic */
	int64_t last_stamp_s;
	int64_t booted_at_s; /* 0: never said */
	unsigned failures;   /* on end */
	uint32_t flags;      /* enum ring_seat_flag, of the next tick */
	bool is_primed;      /* the first reading gives no rates */
	char why[160];
	struct strbuf answer;
	CURL *easy;                 /* exporter: while it is asked */
	char said[CURL_ERROR_SIZE]; /* why it failed, by curl */
	struct curl_slist *headers; /* likewise */
	pid_t pid;                  /* of a channel: the client; 0: none */
	int in_fd, out_fd;          /* likewise; -1: closed */
	double uptime_s;            /* snmp: what the agent said last ... */
	int64_t own_ns;             /* ... and when, monotonic */
	int64_t source_ns; /* snmp: time along the agent's clock; 0: none yet */
};

struct poller {
	struct settings settings;
	struct remote_hosts hosts;
	struct log log;
	char folder[POLLER_PATH_BYTES]; /* <runtime>/poller */
	struct ring *line;              /* the sampler's: its clock is ours */
	struct ring *ring;
	struct polled *polled;
	struct exposition *exposition;
	CURLM *multi;
	int64_t look_ns; /* monotonic: when somebody is due, or 0: somebody has answered */
	unsigned opening;         /* ssh: channels that have not answered yet */
	struct curl_waitfd *wait; /* room for hosts.count */
	struct polled **waiting;  /* ... whose each is */
};

/* ---- poller.c ---------------------------------------------------------------------- */

int poller_open(struct poller *poller, const char *runtime, struct err *err);
void poller_close(struct poller *poller);
/* Asks who is due, takes what has come, waits for more: a second at most. */
void poller_turn(struct poller *poller);

/* ---- poller_tick.c ------------------------------------------------------------------ */

/* The texts below folder have changed: one reading, and a tick where rates are known. */
void poller_take(struct poller *poller, struct polled *polled);
/* It did not answer, or not with what can be used. */
void poller_fail(struct poller *poller, struct polled *polled, const char *why);
/* One text of a root; 0 or a negative errno. */
int poller_put_text(const struct polled *polled, const char *path, const char *text,
	size_t length, struct err *err);

/* ---- exporter.c ---------------------------------------------------------------------- */

int exporter_ask(struct poller *poller, struct polled *polled, struct err *err);
/* What curl has finished. */
void exporter_collect(struct poller *poller);
void exporter_end(struct poller *poller, struct polled *polled);

/* The answer's text becomes the texts of the root. */
int exporter_use(struct poller *poller, struct polled *polled, struct err *err);

/* ---- ssh.c --------------------------------------------------------------------------- */

/* A child that answers lines; polled->in_fd, out_fd and pid. */
int channel_open(struct polled *polled, char *const *argv, struct err *err);
/* One line into it; most: bytes of the answer */
int channel_ask(struct polled *polled, const char *line, size_t most, struct err *err);
/* What has come is added to the answer; false: nobody waits for it, or it failed. */
bool channel_read(struct poller *poller, struct polled *polled, const char *why_ended);
void channel_end(struct polled *polled);

/* One line into the open channel; opens it first. */
int ssh_ask(struct poller *poller, struct polled *polled, struct err *err);
/* Bytes have come, or the client has ended. */
void ssh_read(struct poller *poller, struct polled *polled);

/* ---- snmp.c -------------------------------------------------------------------------- */

/* One line into the open channel; opens it first. */
int snmp_ask(struct polled *polled, struct err *err);
/* Bytes have come, or the client has ended. */
void snmp_read(struct poller *poller, struct polled *polled);

#endif
