/*
 * The notifier: takes messages, delivers them over the network, returns receipts.  It
 * has no store and no settings: all it needs is in the message, so that whatever the
 * network does to it concerns nobody else.
 *
 * One JSON object a line.  In:
 *	{"id":7,"channel":"webhook","url":"http://...","key":"<idempotency key>",
 *	 "secret_file":"/path or absent","body":"..."}
 *	{"id":8,"channel":"mail","url":"smtp://...","from":"a@b","to":"c@d",
 *	 "secret_file":"user:password in it, or absent","body":"whole message"}
 * Out, in any order, one for each message:
 *	{"id":7,"ok":true}   {"id":8,"ok":false,"error":"..."}
 *
 * It tries each message once; when to try again is the recorder's business.
 */
#ifndef COLLECTORD_NOTIFIER_NOTIFIER_H
#define COLLECTORD_NOTIFIER_NOTIFIER_H

#include "common/err.h"

#define NOTIFIER_LINE_MAX ((size_t)8 << 20) /* a report of 2 MB as base64, too */
#define NOTIFIER_TRANSFERS 16               /* at a time; further messages wait */

/* Serves until the input ends and all is delivered or has failed; 0 or -errno. */
int notifier_serve(int in_fd, int out_fd, struct err *err);

#endif
