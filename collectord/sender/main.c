/*
 * collectord-sender: what the archives hold goes to an engine.
 *
 *	collectord-sender --runtime DIR          started by collectord
 *	collectord-sender --once --runtime DIR   until nothing is left, or the engine is away
 */
#include "collectord/sender/sender.h"

#include "collectord/link/sandbox.h"
#include "common/clock.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

enum { TURN_MS = 20000, LEFT_MS = 200, VISIBLE_MS = 10000 };

static volatile sig_atomic_t is_asked_to_end;

static void sender_on_signal(int number)
{
	(void)number;
	is_asked_to_end = 1;
}

static void wait_ms(int64_t ms)
{
	const struct timespec pause = { .tv_sec = ms / 1000,
		.tv_nsec = ms % 1000 * 1000000L };

	if (!is_asked_to_end)
		(void)nanosleep(&pause, NULL);
}

int main(int argc, char **argv)
{
	const struct sigaction action = { .sa_handler = sender_on_signal };
	bool is_once = argc == 4 && strcmp(argv[1], "--once") == 0;
	struct sender sender = { .first_backoff_s = is_once ? 1 : VISIBLE_MS / 1000 };
	struct err err = ERR_INIT;
	bool is_left = true;
	int r;

	log_init(&sender.log, "collectord-sender");
	if (argc != (is_once ? 4 : 3) || strcmp(argv[argc - 2], "--runtime") != 0) {
		log_error(&sender.log,
			"this program is started by collectord, not by hand");
		return 2;
	}
	sigaction(SIGTERM, &action, NULL);
	sigaction(
		SIGHUP, &action, NULL); /* started again, it reads the settings anew */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	sandbox_harden();
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
	r = settings_load(argv[argc - 1], &sender.settings, &err);
	sender.easy = curl_easy_init();
	if (r < 0 || !sender.easy) {
		log_error(&sender.log, "%s", r < 0 ? err.text : OUT_OF_MEMORY);
		return 1;
	}
	/* an engine shows what it took some seconds later: of the process before us, too */
	wait_ms(is_once ? 0 : VISIBLE_MS);
	while (!is_asked_to_end) {
		r = sender_turn(&sender, &is_left, &err);
		if (r < 0)
			log_warning(&sender.log, "%s; next try soon", err.text);
		if (is_once && r == 0 && !is_left)
			break;
		wait_ms(is_left && r == 0 ? LEFT_MS : is_once ? LEFT_MS : TURN_MS);
	}
	sender_done(&sender);
	curl_global_cleanup();
	return 0;
}
