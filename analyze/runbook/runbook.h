/*
 * A runbook: the tasks by which a person moves one machine to a target, and the scripts that
 * belong to them, as files of a folder.  Tasks are data (schema/tasks.h); nothing is
 * executed here.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_RUNBOOK_RUNBOOK_H
#define ANALYZE_RUNBOOK_RUNBOOK_H

#include "analyze/runbook/runbook_types.h"

/*
 * runbook_prepare - tasks, settings, checks
 *
 * The request has to live as long.  Afterwards validation says whether anything may be
 * generated (is_success), and missing what has to be given.  Returns 0, -EINVAL for a
 * setting that is not there or has no such value, -ENOENT where no runbook is for the
 * target, or another negative errno; runbook_done when finished.
 */
int runbook_prepare(const struct runbook_request *request, struct runbook *ret_runbook,
	struct err *err);

/*
 * runbook_render - README.md, steps.json and the scripts, in memory
 *
 * Only after runbook_prepare, with nothing missing and a successful validation.  Returns
 * 0, or -EINVAL where a name cannot be written in the format of a file, with both.
 */
int runbook_render(struct runbook *runbook, struct err *err);
void runbook_done(struct runbook *runbook);

/*
 * runbook_write - the files into a folder, all of them or none
 *
 * dir  is not there yet, or empty
 *
 * Written beside it under a name of its own, synced, and renamed in one step.  A signal
 * that would end the program waits for the end of it.
 */
int runbook_write(const struct runbook *runbook, const char *dir, struct err *err);
/* May the folder be written?  Before anything is asked of the machine. */
int runbook_check_dir(const char *dir, struct err *err);

#endif
