/*
 * Alerts: their history, what the rules remember, and deliveries with receipts.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef STORE_DB_ALERTS_H
#define STORE_DB_ALERTS_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store; /* store/store.h */

struct alert_excursion {
	int64_t from, to;
	double height;
	bool is_sustained;
};

/* One delivery: an occasion of an alert over one channel. */
struct delivery {
	int64_t id;
	int64_t alert_id;
	char channel[32];  /* "journal", "webhook", "mail" */
	char occasion[16]; /* "opened", "disqualified", "closed" */
	int64_t created_at;
	int64_t attempts;
	int64_t next_try_at;  /* 0: at once */
	int64_t delivered_at; /* 0: not yet */
	int64_t given_up_at;  /* 0: no; maintenance, or nobody wants it any more */
	char *error;          /* NULL: none */
};

struct alert {
	int64_t id;
	int64_t workload_id;
	char *workload;
	char *kind, *subject, *unit;
	int64_t opened, disqualified, closed; /* 0: not */
	double height, limit;
	struct alert_excursion *excursion;
	size_t excursion_count;
	struct delivery *delivery;
	size_t delivery_count;
};

struct alert_list {
	struct alert *alert; /* by id */
	size_t count;
};

/* ---- the rules' state (in a transaction to set) ------------------------------------- */

/* -ENOENT when there is none; free *ret_state. */
int store_alert_state_get(struct store *store, int64_t workload_id, int64_t *ret_number,
	void **ret_state, size_t *ret_size, struct err *err);
int store_alert_state_set(struct store *store, int64_t workload_id, int64_t number,
	const void *state, size_t size, struct err *err);

/* ---- recording (in a transaction) ------------------------------------------------------ */

int store_alert_open(struct store *store, int64_t workload_id, const char *kind,
	const char *subject, int64_t opened, double height, double limit,
	const char *unit, int64_t *ret_id, struct err *err);
int store_alert_height(struct store *store, int64_t id, double height, struct err *err);
int store_alert_disqualify(
	struct store *store, int64_t id, int64_t at, struct err *err);
int store_alert_close(struct store *store, int64_t id, int64_t at, struct err *err);
/* Repeating one changes nothing. */
int store_alert_excursion(struct store *store, int64_t id,
	const struct alert_excursion *excursion, struct err *err);

/* ---- deliveries (in a transaction) ----------------------------------------------------- */

/* given_up_at not 0: recorded as held back from the start.  A repetition changes nothing. */
int store_delivery_add(struct store *store, int64_t alert_id, const char *channel,
	const char *occasion, int64_t created_at, int64_t given_up_at, const char *why,
	struct err *err);
int store_delivery_done(struct store *store, int64_t id, int64_t at, struct err *err);
int store_delivery_failed(struct store *store, int64_t id, int64_t next_try_at,
	const char *error, struct err *err);

/* ---- reading ------------------------------------------------------------------------------ */

/* open_only: those not closed.  since: opened or closed at or after it. */
int store_alerts(struct store *store, bool open_only, int64_t since,
	struct alert_list *ret_list, struct err *err);
void alert_list_done(struct alert_list *list);

/* Deliveries neither made nor given up whose time has come, of all workloads: who samples
 * them owes them; free(*ret). */
int store_deliveries_due(struct store *store, int64_t now, struct delivery **ret,
	size_t *ret_count, struct err *err);
/* The earliest next try; 0: nothing waits. */
int store_deliveries_next(struct store *store, int64_t *ret_when, struct err *err);

#endif
