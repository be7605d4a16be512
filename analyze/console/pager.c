#include "analyze/console/pager.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *pager_command(void)
{
	const char *own = getenv("HEADROOM_PAGER"), *any = getenv("PAGER");
	const char *command = own ? own : any ? any : "less";

	return *command && strcmp(command, "cat") != 0 ? command : NULL;
}

static bool is_for_people(const struct context *context)
{
	const char *term = getenv("TERM");

	return context->out == stdout && context->format == FORMAT_TEXT &&
		context->verb->formats & CAN_PAGE && isatty(STDOUT_FILENO) && term &&
		*term && strcmp(term, "dumb") != 0;
}

/* In the child. */
static void become_pager(const char *command, int from)
{
	if (dup2(from, STDIN_FILENO) >= 0) {
		/* gone where all fits on the screen, colours kept, nothing wiped */
		(void)setenv("LESS", "FRX", 0);
		/* where there is none, all is shown as it comes */
		(void)execl("/bin/sh", "sh", "-c",
			"command -v \"${1%% *}\" >/dev/null 2>&1 && eval \"exec $1\"; exec cat",
			"sh", command, (char *)NULL);
	}
	_exit(127);
}

pid_t pager_begin(const struct context *context)
{
	const char *command = pager_command();
	int ends[2];
	pid_t pid;

	if (!command || !is_for_people(context) || pipe(ends) != 0)
		return 0;
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		close(ends[1]);
		become_pager(command, ends[0]);
	}
	close(ends[0]);
	if (pid > 0 && dup2(ends[1], STDOUT_FILENO) < 0)
		pid = 0;
	close(ends[1]);
	return pid > 0 ? pid : 0;
}

void pager_end(pid_t pager)
{
	if (pager == 0)
		return;
	fflush(stdout);
	(void)close(STDOUT_FILENO); /* it sees the end */
	while (waitpid(pager, NULL, 0) < 0)
		continue;
}
