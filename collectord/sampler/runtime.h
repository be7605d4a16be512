/*
 * The runtime folder made again.  It lies in /dev/shm where no service manager gives one, and
 * may be wiped there (RemoveIPC of logind does, when its user logs out): those who run go on
 * with what they have mapped, but none that starts later would find ring and settings.
 */
#ifndef COLLECTORD_SAMPLER_RUNTIME_H
#define COLLECTORD_SAMPLER_RUNTIME_H

#include "collectord/link/remote_hosts.h"
#include "collectord/sampler/sampler.h"
#include "collectord/sampler/supervise.h"

/*
 * runtime_mend - looks whether ring and settings are there
 *
 * hosts    what the poller is told
 * lock_fd  of the folder's lock; replaced with it
 *
 * Where they are not, folder, lock, settings, hosts, layout, ring (with the ticks in it) and
 * the helper's page are made anew, and helper and poller end, to be started with the new ones.
 * What fails is logged, and tried again by the next look.
 */
void runtime_mend(struct sampler *sampler, struct supervisor *supervisor,
	const struct remote_hosts *hosts, int *lock_fd);

#endif
