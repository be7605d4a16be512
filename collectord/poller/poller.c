/* The poller: who is asked when, and what became of it. */
#include "collectord/poller/poller.h"

#include "common/hex.h"
#include "common/io.h"
#include "schema/rra.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum {
	FIRST_VALUES = 96,
	SEATS_LEAST = 256,
	SEATS_MOST = 16384,
	WAIT_MOST_MS = 1000,
	FILES_OWN = 64,
	FILES_EACH = 4,
};

/* A new ssh takes both machines 0.1 s of processor time: two hundred at once would all be
 * late, and begin again. */
enum { OPENING_MOST = 12, OPENING_WAIT_MS = 200, OPENING_DEADLINE_MS = 60000 };

/* Room for two minutes of ticks: the recorder comes by once a minute. */
static unsigned seats_for(const struct remote_hosts *hosts)
{
	unsigned ticks = 0, seats = SEATS_LEAST;

	for (size_t i = 0; i < hosts->count; i++)
		ticks += 120 / hosts->host[i].interval_s + 1;
	while (seats < ticks && seats < SEATS_MOST)
		seats *= 2;
	return seats;
}

static int poller_open_ring(struct poller *poller, struct err *err)
{
	struct ring_config config = { .seat_count = seats_for(&poller->hosts),
		.value_count = FIRST_VALUES,
		.step_s = 1 }; /* a subject has its own */
	char path[POLLER_PATH_BYTES + 8], note[160];
	int r;

	hex_read(poller->settings.store_id, config.store_id, sizeof(config.store_id));
	snprintf(path, sizeof(path), "%s/ring", poller->folder);
	r = ring_create(path, &config, &poller->ring, note, err);
	if (r == 0 && note[0])
		log_warning(&poller->log, "%s", note);
	return r;
}

static int polled_open(struct poller *poller, size_t index, struct err *err)
{
	struct polled *polled = &poller->polled[index];
	const struct remote_host *host = &poller->hosts.host[index];
	struct collect_options options = { .step_s = host->interval_s,
		.instances_max = (unsigned)poller->settings.instances_max.number,
		.nominal_mhz = (double)host->nominal_mhz };
	int r;

	if (index > 0)
		options.text_of = poller->polled[0].collect;
	polled->host = host;
	polled->in_fd = polled->out_fd = -1;
	polled->root.fd = -1;
	polled->flags = RING_AFTER_START;
	strbuf_init(&polled->answer, 1);
	layout_init(&polled->layout, host->interval_s);
	snprintf(polled->folder, sizeof(polled->folder), "%.500s/roots/%zu",
		poller->folder, index);
	r = subject_init(&polled->subject, host->name, host->interval_s, err);
	if (r == 0)
		r = subject_save(&polled->subject, poller->folder, false, err);
	if (r == 0)
		r = io_make_folders(polled->folder, 0750, err);
	if (r == 0)
		r = hostroot_open(&polled->root, polled->folder, err);
	return r == 0 ? collect_open(&polled->collect, &polled->root, &options, err)
		      : r;
}

/* A root, and the ends of a channel or a connection, for each. */
static void allow_files(struct poller *poller)
{
	rlim_t wanted = FILES_OWN + (rlim_t)poller->hosts.count * FILES_EACH;
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur >= wanted)
		return;
	files.rlim_cur = wanted < files.rlim_max ? wanted : files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files);
	if (files.rlim_cur < wanted)
		log_warning(&poller->log,
			"%zu hosts need up to %llu open files, and %llu are allowed "
			"(LimitNOFILE= of the service): some may not be sampled",
			poller->hosts.count, (unsigned long long)wanted,
			(unsigned long long)files.rlim_cur);
}

int poller_open(struct poller *poller, const char *runtime, struct err *err)
{
	int r = settings_load(runtime, &poller->settings, err);

	if (r == 0)
		r = remote_hosts_load(runtime, &poller->hosts, err);
	snprintf(poller->folder, sizeof(poller->folder), "%.512s/poller", runtime);
	if (r == 0)
		r = io_make_folders(poller->folder, 0750, err);
	if (r == 0)
		r = poller_open_ring(poller, err);
	if (r < 0)
		return r;
	allow_files(poller);
	poller->multi = curl_multi_init();
	poller->wait = calloc(poller->hosts.count + 1, sizeof(*poller->wait));
	poller->waiting = calloc(poller->hosts.count + 1, sizeof(struct polled *));
	poller->exposition = exposition_new();
	poller->polled = calloc(poller->hosts.count + 1, sizeof(*poller->polled));
	if (!poller->multi || !poller->exposition || !poller->polled || !poller->wait ||
		!poller->waiting)
		return err_oom(err);
	for (size_t i = 0; i < poller->hosts.count && r == 0; i++)
		r = polled_open(poller, i, err);
	return r;
}

void poller_close(struct poller *poller)
{
	for (size_t i = 0; poller->polled && i < poller->hosts.count; i++) {
		struct polled *polled = &poller->polled[i];

		if (!polled->host)
			continue;
		if (poller->multi)
			exporter_end(poller, polled);
		channel_end(polled);
		collect_close(polled->collect);
		layout_done(&polled->layout);
		strbuf_done(&polled->answer);
		if (polled->root.fd >= 0)
			hostroot_close(&polled->root);
	}
	free(poller->polled);
	free(poller->wait);
	free(poller->waiting);
	exposition_free(poller->exposition);
	curl_multi_cleanup(poller->multi);
	ring_close(poller->ring);
	ring_close(poller->line);
	remote_hosts_done(&poller->hosts);
}

/* ---- time ------------------------------------------------------------------------------- */

static bool connect_line(struct poller *poller)
{
	unsigned char store_id[16];
	struct err err = ERR_INIT;
	char path[POLLER_PATH_BYTES];

	if (poller->line && !ring_is_superseded(poller->line))
		return true;
	ring_close(poller->line);
	poller->line = NULL;
	hex_read(poller->settings.store_id, store_id, sizeof(store_id));
	snprintf(path, sizeof(path), "%.500s/ring", poller->settings.runtime);
	return ring_open(path, store_id, &poller->line, &err) == 0;
}

/* Real time along the sampler's line, which its clock guard has passed; 0: not known. */
static int64_t line_ns(struct poller *poller, const struct clock_now *now)
{
	int64_t stamp_s;

	if (!connect_line(poller) || ring_gauge(poller->line, RING_WITHHELD_NOW) > 0)
		return 0;
	stamp_s = ring_gauge(poller->line, RING_LAST_STAMP_S);
	if (stamp_s == 0)
		return 0;
	return stamp_s * NS_PER_S + now->boottime_ns -
		ring_gauge(poller->line, RING_LAST_BOOTTIME_NS);
}

/* ---- a turn ------------------------------------------------------------------------------ */

static bool is_to_open(const struct polled *polled)
{
	return polled->host->source == HOST_SSH && polled->pid == 0;
}

static void count_opening(struct poller *poller)
{
	poller->opening = 0;
	for (size_t i = 0; i < poller->hosts.count; i++)
		poller->opening += poller->polled[i].pid > 0 &&
			!poller->polled[i].is_primed &&
			poller->polled[i].host->source == HOST_SSH;
}

/* Are as many being opened as may be?  Those that failed have half of the places. */
static bool opening_must_wait(const struct poller *poller, const struct polled *polled)
{
	return is_to_open(polled) &&
		poller->opening >= (polled->failures ? OPENING_MOST / 2 : OPENING_MOST);
}

static void poller_ask(struct poller *poller, struct polled *polled, int64_t now_ms)
{
	struct err err = ERR_INIT;
	int r;

	polled->asked_s = polled->due_s;
	polled->deadline_ms = now_ms + (int64_t)polled->subject.step_s * 900;
	/* the first reading gives no slot that could be late */
	if (is_to_open(polled)) {
		polled->deadline_ms = now_ms + OPENING_DEADLINE_MS;
		poller->opening++;
	}
	if (polled->host->source == HOST_EXPORTER)
		r = exporter_ask(poller, polled, &err);
	else if (polled->host->source == HOST_SSH)
		r = ssh_ask(poller, polled, &err);
	else
		r = snmp_ask(polled, &err);
	if (r < 0)
		poller_fail(poller, polled, err.text);
	polled->due_s += polled->subject.step_s;
}

/* Hosts are spread over their step, so that a thousand are not asked at once; the stamp
 * stays the end of the slot in which it is asked. */
static int64_t offset_ns(const struct poller *poller, const struct polled *polled)
{
	int64_t step_ns = polled->subject.step_s * NS_PER_S;
	size_t index = (size_t)(polled - poller->polled);

	return (int64_t)((double)step_ns / 4 * (double)index /
		(double)poller->hosts.count);
}

static void give_up(struct poller *poller, struct polled *polled)
{
	if (polled->host->source == HOST_EXPORTER)
		exporter_end(poller, polled);
	else
		channel_end(polled);
	poller_fail(poller, polled, "it does not answer in time");
}

static int64_t look_after(
	struct poller *poller, struct polled *polled, int64_t real_ns, int64_t now_ms)
{
	int64_t step_s = polled->subject.step_s, at_ns;

	if (polled->asked_s) {
		if (now_ms >= polled->deadline_ms)
			give_up(poller, polled);
		return WAIT_MOST_MS;
	}
	if (polled->due_s == 0)
		polled->due_s = (real_ns / NS_PER_S / step_s + 1) * step_s;
	at_ns = polled->due_s * NS_PER_S + offset_ns(poller, polled);
	if (real_ns >= at_ns + step_s * NS_PER_S / 2) { /* missed: never made up for */
		polled->due_s = (real_ns / NS_PER_S / step_s + 1) * step_s;
		polled->flags |= RING_AFTER_MISSED;
	} else if (real_ns >= at_ns && opening_must_wait(poller, polled)) {
		return OPENING_WAIT_MS;
	} else if (real_ns >= at_ns) {
		poller_ask(poller, polled, now_ms);
	}
	at_ns = polled->due_s * NS_PER_S + offset_ns(poller, polled);
	return (at_ns - real_ns) / 1000000 + 1;
}

static void read_channel(struct poller *poller, struct polled *polled)
{
	if (polled->host->source == HOST_SSH)
		ssh_read(poller, polled);
	else
		snmp_read(poller, polled);
}

/* Everyone: who is due is asked, who is silent given up.  When to look again. */
static void look_after_all(struct poller *poller, const struct clock_now *now)
{
	int64_t real_ns = line_ns(poller, now), wait_ms = WAIT_MOST_MS;

	count_opening(poller);
	for (size_t i = 0; i < poller->hosts.count && real_ns > 0; i++) {
		int64_t own_ms = look_after(poller, &poller->polled[i], real_ns,
			now->monotonic_ns / 1000000);

		wait_ms = own_ms < wait_ms ? own_ms : wait_ms;
	}
	poller->look_ns = now->monotonic_ns + (wait_ms > 0 ? wait_ms : 0) * 1000000;
}

void poller_turn(struct poller *poller)
{
	struct clock clock;
	struct clock_now now;
	unsigned count = 0;
	int64_t wait_ms;
	int running = 0, ready = 0;

	clock_init_kernel(&clock);
	clock.read(&clock, &now);
	if (now.monotonic_ns >= poller->look_ns)
		look_after_all(poller, &now);
	for (size_t i = 0; i < poller->hosts.count; i++)
		if (poller->polled[i].in_fd >= 0) {
			poller->waiting[count] = &poller->polled[i];
			poller->wait[count++] =
				(struct curl_waitfd){ .fd = poller->polled[i].in_fd,
					.events = CURL_WAIT_POLLIN };
		}
	(void)curl_multi_perform(poller->multi, &running);
	exporter_collect(poller);
	wait_ms = (poller->look_ns - now.monotonic_ns + 999999) / 1000000;
	if (curl_multi_poll(poller->multi, poller->wait, count,
		    wait_ms < 0 ? 0 : (int)wait_ms, &ready) == CURLM_OK)
		for (unsigned i = 0; i < count; i++)
			if (poller->wait[i].revents &&
				poller->waiting[i]->in_fd == poller->wait[i].fd)
				read_channel(poller, poller->waiting[i]);
}
