/* Question after question about one model, until the pipe is closed. */
#ifndef ANALYZE_SOLVER_SESSION_H
#define ANALYZE_SOLVER_SESSION_H

#include "analyze/packing/wire_task.h"

/*
 * session_run - answers the questions that come on descriptor `from`
 *
 * request  the model; its limits are not looked at
 * out      where the answers go
 *
 * Returns 0 when the other side has closed, -EPROTO for what is no question, -EPIPE,
 * -ENOMEM.
 */
int session_run(const struct wire_request *request, int from, int out);

#endif
