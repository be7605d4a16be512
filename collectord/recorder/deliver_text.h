/* What is sent of an alert: the JSON of Alertmanager's API v2, a mail, a line. */
#ifndef COLLECTORD_RECORDER_DELIVER_TEXT_H
#define COLLECTORD_RECORDER_DELIVER_TEXT_H

#include "common/strbuf.h"
#include "store/db/alerts.h"

/* "web-1: memory_limit opened: 4.1 GB over 3.6 GB": one line for log and subject. */
void deliver_line(const struct alert *alert, const char *occasion, struct strbuf *out);

/* The same for every delivery of this occasion, whoever sends it and how often. */
void deliver_key(const struct alert *alert, const char *store_id, const char *occasion,
	struct strbuf *out);

/* What lost a part for want of memory has failed: who gets half a message would answer for
 * the whole. */
void deliver_fail_with(struct strbuf *out, const struct strbuf *part);

/* One object of the array of POST /api/v2/alerts.  Labels and startsAt never change. */
void deliver_alertmanager(
	const struct alert *alert, const char *store_id, struct strbuf *out);

/* A whole message (RFC 5322); of many excursions the last ones. */
void deliver_mail(const struct alert *alert, const char *store_id, const char *occasion,
	const char *from, const char *to, struct strbuf *out);

/* A JSON string with its quotes. */
void deliver_json_text(const char *text, struct strbuf *out);

#endif
