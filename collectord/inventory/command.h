/* A program of the system that is asked for a list: its output, with a deadline. */
#ifndef COLLECTORD_INVENTORY_COMMAND_H
#define COLLECTORD_INVENTORY_COMMAND_H

#include "common/strbuf.h"

/*
 * command_read - run argv[0], found by PATH, and keep what it writes to stdout
 *
 * Its stdin and stderr are /dev/null, its language is C.  Over the ceiling of output or
 * the deadline it is killed.
 *
 * Returns 0, -ENOENT when there is no such program, -EIO when it ended with another code
 * than 0, -ETIME, -EFBIG, -ENOMEM or another negative errno.
 */
int command_read(const char *const *argv, int deadline_ms, struct strbuf *output);

#endif
