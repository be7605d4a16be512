/* What is longer than the screen goes through a pager, on a terminal alone. */
#ifndef ANALYZE_CONSOLE_PAGER_H
#define ANALYZE_CONSOLE_PAGER_H

#include "analyze/console/verb.h"

#include <sys/types.h>

/*
 * pager_begin - stdout into HEADROOM_PAGER, else PAGER, else less
 *
 * Does nothing where stdout is no terminal or a dumb one, where the output is no text or
 * goes into a file, for verbs that are not CAN_PAGE, and where the pager is empty, "cat" or
 * not there.  Call it when width and colours are known.  Returns its process, 0: none.
 */
pid_t pager_begin(const struct context *context);
/* Waits until the reader has had enough. */
void pager_end(pid_t pager); /* 0 is a no-op */

#endif
