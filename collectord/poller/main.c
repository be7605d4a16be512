/* collectord-poller --runtime DIR: started by collectord where hosts are configured. */
#include "collectord/poller/poller.h"

#include "collectord/link/footprint.h"
#include "collectord/link/sandbox.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

static volatile sig_atomic_t is_asked_to_end;

static void poller_on_signal(int number)
{
	(void)number;
	is_asked_to_end = 1;
}

int main(int argc, char **argv)
{
	const struct sigaction action = { .sa_handler = poller_on_signal };
	struct err err = ERR_INIT;
	static struct poller poller; /* large, and there is one */

	footprint_prepare(); /* tables of many hosts, of which little is touched */
	log_init(&poller.log, "collectord-poller");
	if (argc != 3 || strcmp(argv[1], "--runtime") != 0) {
		log_error(&poller.log,
			"this program is started by collectord, not by hand");
		return 2;
	}
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL); /* started again, it reads the hosts anew */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	sandbox_harden();
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
	if (poller_open(&poller, argv[2], &err) < 0) {
		log_error(&poller.log, "%s", err.text);
		poller_close(&poller);
		return 1;
	}
	while (!is_asked_to_end)
		poller_turn(&poller);
	poller_close(&poller);
	curl_global_cleanup();
	return 0;
}
