/* A history that ends in the future is set aside. */
#include "collectord/sampler/renew.h"

#include "collectord/sampler/sampler.h"
#include "common/program_run.h"
#include "common/timefmt.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#define RENEW_PATH_BYTES 4096
#define DAY_S 86400
#define LOOK_MS 20

/* Its messages are ours: both go to stderr. */
static int run_recorder(const struct settings *settings, struct err *err)
{
	char path[RENEW_PATH_BYTES], data[SETTING_TEXT_BYTES], word[] = "--begin-anew";
	char *argv[] = { path, word, data, NULL };
	struct program_child child;
	int r;

	snprintf(path, sizeof(path), "%s/collectord-recorder", settings->libexec);
	snprintf(data, sizeof(data), "%s", settings->data.text);
	r = program_start(&child, argv, STDERR_FILENO, err);
	if (r < 0)
		return r;
	while (!program_has_ended(&child))
		(void)poll(NULL, 0, LOOK_MS);
	if (child.exit_code != 0)
		return err_set(err, -EIO,
			"the history that ends in the future could not be set aside");
	return 0;
}

int renew_future_history(const struct settings *settings, const struct log *log,
	int64_t now_s, struct err *err)
{
	char ring[RENEW_PATH_BYTES], time[TIME_TEXT_SIZE];
	int64_t last_s = 0;
	int r = sampler_history(settings, &last_s, err);

	if (r < 0 || last_s <= now_s + DAY_S)
		return r;
	r = run_recorder(settings, err);
	if (r < 0)
		return r;
	snprintf(ring, sizeof(ring), "%s/ring", settings->runtime);
	if (unlink(ring) < 0 && errno != ENOENT)
		return err_errno(err, "%s", ring);
	log_notice(log,
		"the history until %s, in the future, is kept under another name "
		"(analyze status); a new one begins",
		time_text(last_s, time));
	return 0;
}
