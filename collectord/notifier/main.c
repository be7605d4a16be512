/* collectord-notifier: messages on standard input, receipts on standard output. */
#include "collectord/notifier/notifier.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	struct err err = ERR_INIT;

	(void)signal(
		SIGPIPE, SIG_IGN); /* a recorder that died is an error of a write */
	if (notifier_serve(STDIN_FILENO, STDOUT_FILENO, &err) == 0)
		return 0;
	fprintf(stderr, "collectord-notifier: %s\n", err.text);
	return 1;
}
