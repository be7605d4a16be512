#include "collectord/sampler/runtime.h"

#include "collectord/link/helper_page.h"
#include "collectord/link/sandbox.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

static bool is_there(const struct settings *settings, const char *name)
{
	char path[SETTING_TEXT_BYTES + 16];

	snprintf(path, sizeof(path), "%s/%s", settings->runtime, name);
	return access(path, F_OK) == 0 || errno != ENOENT;
}

static int helper_page_again(struct sampler *sampler, struct err *err)
{
	struct helper_page *page = NULL;
	int r = helper_page_create(sampler->settings->runtime, &page, err);

	if (r < 0)
		return r;
	helper_page_close(sampler->page);
	sampler->page = page;
	return 0;
}

void runtime_mend(struct sampler *sampler, struct supervisor *supervisor,
	const struct remote_hosts *hosts, int *lock_fd)
{
	const struct settings *settings = sampler->settings;
	struct err err = ERR_INIT;
	int r;

	if (is_there(settings, "ring") && is_there(settings, "settings") &&
		is_there(settings, "helper"))
		return;
	r = sandbox_runtime_again(settings->runtime, lock_fd, &err);
	if (r == 0)
		r = settings_save(settings, &err);
	if (r == 0)
		r = remote_hosts_save(hosts, settings->runtime, &err);
	if (r == 0 && sampler->layout.id)
		r = layout_save(&sampler->layout, settings->runtime, &err);
	if (r == 0)
		r = helper_page_again(sampler, &err);
	if (r == 0)
		r = ring_put_back(sampler->ring, &err);
	if (r < 0) {
		log_error(sampler->log,
			"the runtime folder was removed and cannot be made again: %s",
			err.text);
		return;
	}
	log_warning(sampler->log,
		"%s was removed by somebody: it is made again, with the ticks that "
		"waited in it",
		settings->runtime);
	supervise_signal(supervisor, CHILD_HELPER, SIGKILL);
	supervise_signal(supervisor, CHILD_POLLER, SIGKILL);
}
