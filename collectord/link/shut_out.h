/* An address that may not be reached from inside the service. */
#ifndef COLLECTORD_LINK_SHUT_OUT_H
#define COLLECTORD_LINK_SHUT_OUT_H

#include <stdbool.h>
#include <stddef.h>

/* Of libcurl's codes those that a packet lost on the way ends with. */
#define IS_UNREACHED(code)                                                        \
	((code) == CURLE_COULDNT_CONNECT || (code) == CURLE_OPERATION_TIMEDOUT || \
		(code) == CURLE_COULDNT_RESOLVE_HOST)

/*
 * Adds to a text that says why a machine was not reached (size bytes with its end, cut where
 * that is too short) that the service lets some addresses through alone: a packet that is
 * shut out is lost without a word, so that the reason reads as if nobody answered.  Once
 * only, and only where systemd started this process and the machine was not reached.
 */
void shut_out_hint(char *text, size_t size, bool is_unreached);

#endif
