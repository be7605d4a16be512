/* Deliveries: to the journal by ourselves, to webhook and mail by the notifier. */
#include "collectord/recorder/alerts_state.h"
#include "collectord/recorder/deliver_text.h"
#include "collectord/recorder/recorder_db.h"
#include "common/clock.h"
#include "common/io.h"
#include "common/spawn.h"
#include "store/db/alerts.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	LOOK_MS = 1000, /* between looks at what is due */
	WAIT_NOTIFIER_MS = 100,
	NOTIFIER_DEADLINE_MS = 60000,
	BACKOFF_MAX_S = 60,
	LOCK_WAIT_MS = 2000,
	MESSAGE_MAX = 1 << 20,
};

/* ---- the notifier's process --------------------------------------------------------- */

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int notifier_start(struct recorder *recorder, int64_t now_ms, struct err *err)
{
	struct recorder_alerts *alerts = recorder->alerts;
	char path[RECORDER_PATH_BYTES];
	char name[] = "collectord-notifier";
	char *argv[] = { name, NULL };
	struct spawn_pipes pipes;
	int r;

	snprintf(path, sizeof(path), "%s/%s", recorder->settings.libexec, name);
	r = spawn_with_pipes(path, argv, 0, &pipes, err);
	if (r < 0)
		return r;
	(void)fcntl(pipes.from_fd, F_SETFL, O_NONBLOCK);
	alerts->notifier = pipes.pid;
	alerts->out_fd = pipes.to_fd;
	alerts->in_fd = pipes.from_fd;
	alerts->deadline_ms = now_ms + NOTIFIER_DEADLINE_MS;
	alerts->receipts_length = 0;
	return 0;
}

/* ---- messages ------------------------------------------------------------------------- */

static void add_field(struct strbuf *out, const char *name, const char *value)
{
	strbuf_addf(out, ",\"%s\":", name);
	deliver_json_text(value, out);
}

static void add_secret(struct strbuf *out, const char *path)
{
	if (*path)
		add_field(out, "secret_file", path);
}

static void add_webhook(const struct recorder *recorder, int64_t id, const char *key,
	const char *body, struct strbuf *out)
{
	strbuf_addf(out, "{\"id\":%" PRId64 ",\"channel\":\"webhook\"", id);
	add_field(out, "url", recorder->settings.alert_webhook.text);
	add_secret(out, recorder->settings.alert_webhook_secret_file.text);
	add_field(out, "key", key);
	add_field(out, "body", body);
	strbuf_add(out, "}\n");
}

static void add_mail(const struct recorder *recorder, int64_t id, const char *body,
	struct strbuf *out)
{
	strbuf_addf(out, "{\"id\":%" PRId64 ",\"channel\":\"mail\"", id);
	add_field(out, "url", recorder->settings.alert_smtp.text);
	add_secret(out, recorder->settings.alert_smtp_secret_file.text);
	add_field(out, "from", recorder->settings.alert_mail_from.text);
	add_field(out, "to", recorder->settings.alert_mail_to.text);
	add_field(out, "body", body);
	strbuf_add(out, "}\n");
}

static const struct alert *find_alert(const struct alert_list *list, int64_t id)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->alert[i].id == id)
			return &list->alert[i];
	}
	return NULL;
}

/* One message for the notifier; false when this delivery is not the notifier's. */
static bool add_message(const struct recorder *recorder,
	const struct delivery *delivery, const struct alert *alert, struct strbuf *out)
{
	const char *store_id = recorder->settings.store_id;
	struct strbuf body, key;
	bool is_webhook = strcmp(delivery->channel, "webhook") == 0;

	if (!is_webhook && strcmp(delivery->channel, "mail") != 0)
		return false;
	strbuf_init(&body, MESSAGE_MAX / 2);
	strbuf_init(&key, 256);
	if (is_webhook) {
		deliver_key(alert, store_id, delivery->occasion, &key);
		strbuf_add(&body, "[");
		deliver_alertmanager(alert, store_id, &body);
		strbuf_add(&body, "]");
		add_webhook(recorder, delivery->id, strbuf_text(&key),
			strbuf_text(&body), out);
	} else {
		deliver_mail(alert, store_id, delivery->occasion,
			recorder->settings.alert_mail_from.text,
			recorder->settings.alert_mail_to.text, &body);
		add_mail(recorder, delivery->id, strbuf_text(&body), out);
	}
	deliver_fail_with(out, &body);
	deliver_fail_with(out, &key);
	strbuf_done(&body);
	strbuf_done(&key);
	return true;
}

/* An alert of a workload that nobody samples any more will not close. */
static bool is_sampled(const struct recorder *recorder, int64_t workload_id)
{
	bool is_found = workload_id == recorder->workload_id;

	for (size_t i = 0; i < recorder->subject_count && !is_found; i++)
		is_found = recorder->subject[i]->workload_id == workload_id;
	return is_found;
}

/* Open alerts again, one message each, with the key of their newest occasion: who
 * drops repeated keys sees nothing new. */
static void add_resends(
	struct recorder *recorder, const struct alert_list *list, struct strbuf *out)
{
	size_t sent = 0;

	recorder->alerts->has_open = false;
	for (size_t i = 0; i < list->count && sent < DELIVERIES_AT_ONCE; i++) {
		const struct alert *alert = &list->alert[i];
		struct strbuf body, key;

		if (alert->closed || !is_sampled(recorder, alert->workload_id))
			continue;
		recorder->alerts->has_open = true;
		if (alert->delivery_count && alert->delivery[0].given_up_at)
			continue; /* held back: maintenance */
		strbuf_init(&body, MESSAGE_MAX / 2);
		strbuf_init(&key, 256);
		deliver_key(alert, recorder->settings.store_id,
			alert->disqualified ? "disqualified" : "opened", &key);
		strbuf_add(&body, "[");
		deliver_alertmanager(alert, recorder->settings.store_id, &body);
		strbuf_add(&body, "]");
		add_webhook(recorder, 0, strbuf_text(&key), strbuf_text(&body), out);
		deliver_fail_with(out, &body);
		deliver_fail_with(out, &key);
		strbuf_done(&body);
		strbuf_done(&key);
		sent++;
	}
}

/* ---- what came of them ------------------------------------------------------------------ */

struct outcome {
	int64_t id;
	const char *error; /* NULL: delivered */
	int64_t attempts;  /* before this one */
};

static int record_outcomes(struct recorder *recorder, const struct outcome *outcomes,
	size_t count, struct err *err)
{
	struct store *store = NULL;
	int64_t now = clock_wall_s();
	int r = count ? recorder_open_store(recorder, &store, err) : 0;

	if (r < 0 || count == 0)
		return r;
	r = store_begin(store, LOCK_WAIT_MS, err);
	for (size_t i = 0; r == 0 && i < count; i++) {
		int64_t shift = outcomes[i].attempts < 6 ? outcomes[i].attempts : 6;
		int64_t wait_s = (int64_t)1 << shift;

		if (wait_s > BACKOFF_MAX_S)
			wait_s = BACKOFF_MAX_S;
		r = outcomes[i].error
			? store_delivery_failed(store, outcomes[i].id, now + wait_s,
				  outcomes[i].error, err)
			: store_delivery_done(store, outcomes[i].id, now, err);
	}
	if (r == 0)
		r = recorder_commit(store, err);
	store_close(store); /* rolls back what did not come that far */
	return r;
}

/* {"id":7,"ok":true} or {"id":8,"ok":false,"error":"..."}: our own notifier's lines. */
static bool read_receipt(char *line, struct outcome *ret_outcome)
{
	char *id = strstr(line, "\"id\":");
	char *error = strstr(line, "\"error\":\"");
	char *end;

	if (!id)
		return false;
	*ret_outcome = (struct outcome){ .id = strtoll(id + 5, NULL, 10) };
	if (strstr(line, "\"ok\":true"))
		return true;
	ret_outcome->error = "refused";
	if (error) {
		error += strlen("\"error\":\"");
		end = strrchr(error, '"');
		if (end) {
			*end = '\0';
			ret_outcome->error = error;
		}
	}
	return true;
}

/* False: it was not sent, or has its receipt already. */
static bool take_from_flight(struct recorder_alerts *alerts, struct outcome *outcome)
{
	for (size_t i = 0; i < alerts->in_flight_count; i++) {
		if (alerts->in_flight[i].id != outcome->id)
			continue;
		outcome->attempts = alerts->in_flight[i].attempts;
		alerts->in_flight[i] = alerts->in_flight[--alerts->in_flight_count];
		return true;
	}
	return false;
}

/* The notifier is through, or has died: what it did not answer is tried again. */
static void notifier_conclude(struct recorder *recorder)
{
	struct recorder_alerts *alerts = recorder->alerts;
	struct outcome outcomes[2 * DELIVERIES_AT_ONCE];
	struct err err = ERR_INIT;
	size_t count = 0;
	char *line = alerts->receipts, *end;

	alerts->receipts[alerts->receipts_length] = '\0';
	while ((end = strchr(line, '\n')) != NULL) {
		*end = '\0';
		if (read_receipt(line, &outcomes[count]) && outcomes[count].id > 0 &&
			take_from_flight(alerts, &outcomes[count]))
			count++;
		line = end + 1;
	}
	for (size_t i = 0; i < alerts->in_flight_count; i++)
		outcomes[count++] = (struct outcome){ .id = alerts->in_flight[i].id,
			.error = "the notifier gave no receipt",
			.attempts = alerts->in_flight[i].attempts };
	alerts->in_flight_count = 0;
	for (size_t i = 0; i < count; i++) {
		if (outcomes[i].error)
			log_warning(&recorder->log, "delivery %" PRId64 ": %s",
				outcomes[i].id, outcomes[i].error);
	}
	if (record_outcomes(recorder, outcomes, count, &err) < 0)
		log_warning(
			&recorder->log, "receipts: %s; they are sent again", err.text);
	alerts->has_deliveries = true; /* perhaps there is more */
	alerts->next_look_ms = 0;
}

static void look_after_notifier(struct recorder *recorder, int64_t now_ms)
{
	struct recorder_alerts *alerts = recorder->alerts;
	size_t room = sizeof(alerts->receipts) - 1 - alerts->receipts_length;
	ssize_t count =
		read(alerts->in_fd, alerts->receipts + alerts->receipts_length, room);

	if (count > 0) {
		alerts->receipts_length += (size_t)count;
		return;
	}
	if (count < 0 && (errno == EAGAIN || errno == EINTR) &&
		now_ms < alerts->deadline_ms)
		return;
	if (now_ms >= alerts->deadline_ms || room == 0)
		(void)kill(alerts->notifier, SIGKILL);
	close_fd(&alerts->in_fd);
	close_fd(&alerts->out_fd);
	(void)waitpid(
		alerts->notifier, NULL, 0); /* it has closed its end, or was killed */
	alerts->notifier = 0;
	notifier_conclude(recorder);
}

/* ---- sending -------------------------------------------------------------------------------- */

static void note_sent(struct recorder_alerts *alerts, const struct delivery *delivery)
{
	size_t at = alerts->in_flight_count++;

	alerts->in_flight[at].id = delivery->id;
	alerts->in_flight[at].attempts = delivery->attempts;
}

/* The journal is ours: said, then noted; said again where we died in between. */
static size_t write_journal(struct recorder *recorder, const struct alert_list *list,
	const struct delivery *due, size_t count, struct outcome *outcomes)
{
	size_t said = 0;

	for (size_t i = 0; i < count && said < DELIVERIES_AT_ONCE; i++) {
		const struct alert *alert = find_alert(list, due[i].alert_id);
		struct strbuf line;

		if (!alert || strcmp(due[i].channel, "journal") != 0)
			continue;
		strbuf_init(&line, 4096);
		deliver_line(alert, due[i].occasion, &line);
		if (strbuf_failed(&line) != -ENOMEM) {
			log_warning(&recorder->log, "alert %" PRId64 ": %s", alert->id,
				strbuf_text(&line));
			outcomes[said++] = (struct outcome){ .id = due[i].id };
		}
		strbuf_done(&line);
	}
	return said;
}

static int send_messages(struct recorder *recorder, const struct strbuf *messages,
	int64_t now_ms, struct err *err)
{
	struct recorder_alerts *alerts = recorder->alerts;
	int r = strbuf_failed(messages);

	if (r < 0)
		return r == -ENOMEM ? err_oom(err)
				    : err_set(err, r, "a message is too long");
	r = notifier_start(recorder, now_ms, err);
	if (r < 0)
		return r;
	r = io_write_full(alerts->out_fd, messages->text, messages->length);
	close_fd(&alerts->out_fd);
	return r < 0 ? err_set(err, r, "the notifier does not take messages") : 0;
}

static int deliver(struct recorder *recorder, struct store *store, int64_t now_ms,
	bool is_resend, struct err *err)
{
	struct recorder_alerts *alerts = recorder->alerts;
	struct outcome outcomes[DELIVERIES_AT_ONCE];
	struct alert_list list = { .count = 0 };
	struct delivery *due = NULL;
	struct err ignored = ERR_INIT;
	struct strbuf messages;
	size_t count = 0, said = 0;
	int noted;
	int r = store_deliveries_due(store, clock_wall_s(), &due, &count, err);

	strbuf_init(&messages, (size_t)DELIVERIES_AT_ONCE * MESSAGE_MAX);
	if (r == 0 && (count > 0 || is_resend))
		r = store_alerts(store, false, 0, &list, err);
	if (r == 0)
		said = write_journal(recorder, &list, due, count, outcomes);
	for (size_t i = 0; r == 0 && i < count; i++) {
		const struct alert *alert = find_alert(&list, due[i].alert_id);

		if (alert && alerts->in_flight_count < DELIVERIES_AT_ONCE &&
			add_message(recorder, &due[i], alert, &messages))
			note_sent(alerts, &due[i]);
	}
	if (r == 0 && is_resend && *recorder->settings.alert_webhook.text)
		add_resends(recorder, &list, &messages);
	if (r == 0 && messages.length > 0)
		r = send_messages(recorder, &messages, now_ms, err);
	if (r < 0)
		alerts->in_flight_count = 0;
	alerts->has_deliveries = count > 0;
	strbuf_done(&messages);
	alert_list_done(&list);
	for (size_t i = 0; i < count; i++)
		free(due[i].error);
	free(due);
	/* whatever became of the messages: else the lines are written again and again */
	noted = record_outcomes(recorder, outcomes, said, r < 0 ? &ignored : err);
	if (r == 0)
		r = noted;
	if (said == DELIVERIES_AT_ONCE)
		alerts->next_look_ms = 0; /* there are more lines to write */
	return r;
}

int64_t recorder_deliver_wait_ms(const struct recorder *recorder, int64_t now_ms)
{
	const struct recorder_alerts *alerts = recorder->alerts;
	int64_t wait_ms = INT64_MAX;

	if (!alerts || recorder->workload_id == 0)
		return wait_ms;
	if (alerts->notifier)
		return WAIT_NOTIFIER_MS;
	if (alerts->has_deliveries)
		wait_ms = alerts->next_look_ms - now_ms;
	if (alerts->has_open && alerts->next_resend_ms - now_ms < wait_ms)
		wait_ms = alerts->next_resend_ms - now_ms;
	return wait_ms < 1 ? 1 : wait_ms;
}

void recorder_deliver(struct recorder *recorder, int64_t now_ms)
{
	struct recorder_alerts *alerts = recorder->alerts;
	struct err err = ERR_INIT;
	struct store *store = NULL;
	int64_t next = 0;
	bool is_resend;
	int r;

	if (!alerts || recorder->workload_id == 0 || recorder->is_one_shot)
		return;
	if (alerts->notifier) {
		look_after_notifier(recorder, now_ms);
		return;
	}
	is_resend = alerts->has_open && now_ms >= alerts->next_resend_ms;
	if (!is_resend && (!alerts->has_deliveries || now_ms < alerts->next_look_ms))
		return;
	if (is_resend || alerts->next_resend_ms == 0)
		alerts->next_resend_ms =
			now_ms + recorder->settings.alert_resend.number * 1000;
	alerts->next_look_ms = now_ms + LOOK_MS;
	r = recorder_open_store(recorder, &store, &err);
	if (r == 0)
		r = deliver(recorder, store, now_ms, is_resend, &err);
	if (r == 0)
		r = store_deliveries_next(store, &next, &err);
	if (r == 0 && next > 0) {
		int64_t wait_s = next - clock_wall_s();

		alerts->has_deliveries = true;
		if (wait_s > 1)
			alerts->next_look_ms = now_ms +
				(wait_s < BACKOFF_MAX_S ? wait_s : BACKOFF_MAX_S) *
					1000;
	}
	store_close(store);
	if (r < 0)
		log_warning(&recorder->log, "alerts: %s; next try soon", err.text);
}
