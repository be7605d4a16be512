/* A monitoring system asks how the simulated machine is: it must not hear OK where it is
 * not (`analyze check`, by its own code). */
#include "tests/simulator/episode.h"
#include "tests/simulator/shared.h"

#include "analyze/verbs/monitor.h"
#include "common/clock.h"

#include <inttypes.h>
#include <string.h>

enum { AGE_SPARE_STEPS = 2 };

/* What is said; what cannot be read is said to be unknown. */
static int verdict(struct episode *episode, struct monitor *monitor)
{
	struct context context = { .data_dir = episode->node.settings.data.text,
		.now = shared->real_ns / NS_PER_S };
	struct err err = ERR_INIT;
	int r;

	*monitor = (struct monitor){ .context = &context };
	node_serve_begin(&episode->node);
	r = monitor_read_state(monitor, &err);
	node_serve_end(&episode->node);
	if (r < 0)
		monitor->code = MONITOR_UNKNOWN;
	else
		monitor_judge_state(monitor);
	alert_list_done(&monitor->alerts);
	workload_done(&monitor->subject);
	return monitor->code;
}

/* NULL: nothing is known to be wrong. */
static const char *what_is_wrong(
	const struct episode *episode, const struct monitor *monitor, bool was_taken)
{
	const struct oracle *oracle = &episode->oracle;
	const struct ring *ring = episode->node.sampler.ring;
	int64_t age_s = shared->real_ns / NS_PER_S - oracle_last_stamp(oracle);

	if (!episode->node.recorder)
		return "no recorder runs";
	/* once there is room again it is told as an alert, with the tick that comes next */
	if (episode->was_dropped && ring_acknowledged(ring) < ring_released(ring))
		return "ticks are dropped";
	if (was_taken && ring_acknowledged(ring) < ring_released(ring))
		return "ticks were not taken from the ring";
	if (!oracle->has_moved_clock && oracle_last_stamp(oracle) > 0 &&
		age_s > monitor_age_limit_s(monitor) +
				AGE_SPARE_STEPS * (int64_t)episode->step_s)
		return "no tick was taken for long";
	return NULL;
}

void episode_ask(
	struct episode *episode, bool was_taken, struct episode_figures *figures)
{
	struct monitor monitor;
	struct err err = ERR_INIT;
	const char *wrong;
	int code;

	if (!episode->node.is_sampling)
		return;
	code = verdict(episode, &monitor);
	wrong = what_is_wrong(episode, &monitor, was_taken);
	figures->asked++;
	figures->asked_ill += wrong != NULL;
	figures->heard_ok += code == MONITOR_OK;
	if (code != MONITOR_OK || !wrong)
		return;
	err_set(&err, -1, "%s", wrong);
	episode_problem(episode, "a false OK", &err);
}
