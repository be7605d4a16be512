/*
 * What every stage reads from: the store, the workloads in it, those that are asked for,
 * and what was asked.  Opened once, closed once.  A stage hears of its user only here: what
 * it has to say and how far it is goes to the listener, never to a screen.
 */
#ifndef ANALYZE_ESTATE_ESTATE_H
#define ANALYZE_ESTATE_ESTATE_H

#include "common/err.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Who is told; a function may be NULL.  show is called by the thread that called the stage;
 * say by any, one at a time.
 */
struct estate_listener {
	/* One line that does not end the run: what is left out, what is wrong on disk. */
	void (*say)(void *closure, const char *text);
	/* How far a stage is, 0..1, and with what (NULL: nothing to tell); what NULL: it is
	 * over. */
	void (*show)(
		void *closure, const char *what, double done_ratio, const char *detail);
	void *closure;
};

/* What is asked for: an end that is not given is the workload's own. */
struct load_request {
	bool has_since, has_until;
	int64_t since, until; /* Unix seconds UTC, as shown (phase included) */
};

struct series_source; /* analyze/estate/source.h */

/* All borrowed. */
struct estate_request {
	const char *data_dir;
	const char *config_dir;
	const char *profile; /* NULL: the default one */
	bool is_for_steps;   /* the profile need not be a place to run in */
	bool is_strict;      /* a fact that nobody stated is unknown, never absent */
	const char *as_of;   /* "YYYY-MM-DD"; NULL: the day of now */
	int64_t now;
	struct load_request span;
	char *const *name; /* workloads or patterns; none: all */
	size_t name_count;
	struct estate_listener listener;
	/* Opens what is read instead of the archives of the store; NULL: those are. */
	int (*open_source)(const void *closure, struct store *hub, int64_t now,
		struct series_source **ret_source, struct err *err);
	const void *source_closure;
};

struct estate {
	struct estate_request request;
	struct store *store;
	struct series_source *source; /* NULL: the archives of the store */
	struct workload_list list;
	const struct workload **chosen; /* of the list, in its order */
	size_t count;
};

/*
 * estate_open - open the store for reading, list it and choose
 *
 * Asks the recorder to bring its staged ticks into the archives first; where it may not,
 * the listener hears up to when the archives are complete.  Returns 0, -ENOENT for a name
 * that is neither a workload nor a pattern of some, or another negative errno; then nothing
 * is open.  What is open is not to be moved: the store knows where its listener is.  A copy
 * that lives no longer may ask for another profile, or choose others of the list.
 */
int estate_open(const struct estate_request *request, struct estate *ret_estate,
	struct err *err);
/* The same without list and choice, for who looks at no workload or at one alone. */
int estate_open_store(const struct estate_request *request, struct estate *ret_estate,
	struct err *err);
void estate_close(struct estate *estate); /* one that is all zero is a no-op */
/* -ENOENT: no workload has that name, and which one is nearest to it. */
int estate_unknown_workload(
	const struct workload_list *list, const char *name, struct err *err);

/*
 * estate_choose - the workloads of a list that names call
 *
 * None named: all.  A name that is unknown may be a pattern (* ? [), else it is refused
 * (-ENOENT), with the nearest name.  Borrowed from list, sorted as it is; free the array.
 */
int estate_choose(const struct workload_list *list, char *const *name,
	size_t name_count, const struct workload ***ret_chosen, size_t *ret_count,
	struct err *err);

/* To the listener of the estate, where it has one. */
void estate_say(const struct estate *estate, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void estate_show(const struct estate *estate, const char *what, double done_ratio,
	const char *detail);
void estate_shown(const struct estate *estate); /* what was shown is over */

#endif
