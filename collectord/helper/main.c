/* collectord-helper --runtime DIR: started by collectord, not by hand. */
#include "collectord/helper/helper.h"
#include "collectord/link/footprint.h"
#include "collectord/link/sandbox.h"
#include "common/clock.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { SHRINK_TURNS = 60 }; /* an hour of turns of a minute */

static void helper_set_signals(sigset_t *ret_wanted)
{
	sigset_t blocked;

	sigemptyset(ret_wanted);
	sigaddset(ret_wanted, SIGTERM);
	sigaddset(ret_wanted, SIGHUP);
	blocked = *ret_wanted;
	sigaddset(&blocked, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &blocked, NULL);
	(void)signal(SIGHUP, SIG_DFL); /* inherited as ignored: it would not be seen */
}

/* Until the next turn; false when it is time to end. */
static bool rest(struct helper *helper, const char *runtime, const struct log *log,
	int64_t until_ns, const sigset_t *wanted)
{
	struct clock clock;
	int number;

	clock_init_kernel(&clock);
	while ((number = clock.sleep_until(&clock, until_ns, wanted)) > 0) {
		struct err err = ERR_INIT;

		if (number != SIGHUP)
			return false;
		if (settings_load(runtime, &helper->settings, &err) < 0)
			log_error(log, "%s", err.text);
	}
	return true;
}

int main(int argc, char **argv)
{
	struct err err = ERR_INIT;
	struct helper *helper;
	struct clock clock;
	struct clock_now now;
	struct log log;
	sigset_t wanted;
	int64_t until_ns;
	unsigned turns = 0;

	log_init(&log, "collectord-helper");
	if (argc != 3 || strcmp(argv[1], "--runtime") != 0) {
		log_error(&log, "this program is started by collectord, not by hand");
		return 2;
	}
	footprint_prepare();
	helper = calloc(1, sizeof(*helper));
	helper_set_signals(&wanted);
	sandbox_harden();
	if (!helper || helper_open(helper, argv[2], &log, &err) < 0) {
		log_error(&log, "%s", helper ? err.text : OUT_OF_MEMORY);
		free(helper);
		return 1;
	}
	clock_init_kernel(&clock);
	do {
		clock.read(&clock, &now);
		until_ns = now.monotonic_ns +
			helper->settings.helper_interval.number * NS_PER_S;
		helper_turn(helper);
		/* what the start and a turn brought in; hot-plug brings it in again */
		if (turns++ % SHRINK_TURNS == 0)
			footprint_shrink();
	} while (rest(helper, argv[2], &log, until_ns, &wanted));
	helper_close(helper);
	free(helper);
	return 0;
}
