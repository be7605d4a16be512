/*
 * The subject of a tick: whose reading it is.
 *
 * The machine that the daemon runs on is subject 0; what it is called stands in the head
 * of staging.  Every other workload that is sampled (by the poller) has a small text,
 * which its producer writes to <runtime of the producer>/subject-<id> before the first
 * tick, and which the recorder keeps as <data>/subjects/subject-<id>, there with the
 * folder of its archives once the database knows it:
 *
 *     headroom-subject 1
 *     step 60
 *     name web-1              percent-encoded outside [A-Za-z0-9._-]
 *     folder web-1            below <data>/rrd; only beside staging
 *     refused yes             its ticks are not stored; likewise
 *     end
 *
 * The id is a checksum of step and name.
 */
#ifndef COLLECTORD_LINK_SUBJECT_H
#define COLLECTORD_LINK_SUBJECT_H

#include "common/err.h"
#include "common/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SUBJECT_OWN 0 /* the machine of the daemon */
#define SUBJECT_NAME_BYTES 128
#define SUBJECT_FOLDER_BYTES 256
#define SUBJECT_FILE_NAME_BYTES 25 /* "subject-0123456789abcdef" */
#define SUBJECTS_MAX 4096

struct subject {
	uint64_t id;
	unsigned step_s;
	char name[SUBJECT_NAME_BYTES];
	char folder[SUBJECT_FOLDER_BYTES]; /* "" until it is known */
	bool is_refused; /* the store has that name for something else */
};

/* Name and step; the id follows from them.  -EINVAL for a name or step that cannot be. */
int subject_init(
	struct subject *subject, const char *name, unsigned step_s, struct err *err);

/* Text out and in.  Parsing trusts nothing: -EBADMSG with the line in the text. */
int subject_print(const struct subject *subject, struct strbuf *out, struct err *err);
int subject_parse(
	const char *text, size_t length, struct subject *ret_subject, struct err *err);

/* "subject-0123456789abcdef" */
void subject_file_name(uint64_t id, char ret_name[static SUBJECT_FILE_NAME_BYTES]);

/* <dir>/subject-<id>, replaced whole; is_durable: synced too. */
int subject_save(const struct subject *subject, const char *dir, bool is_durable,
	struct err *err);
/* Checks that the text has the id that was asked for. */
int subject_load(
	const char *dir, uint64_t id, struct subject *ret_subject, struct err *err);

/* Every whole one of the folder; the list is the caller's to free.  A folder that is not
 * there is an empty list; a text that is damaged is left out.  One that cannot be read now may
 * be another time: for who is patient that is a failure, else it is left out, too. */
int subject_list(const char *dir, bool is_patient, struct subject **ret_list,
	size_t *ret_count, struct err *err);

#endif
