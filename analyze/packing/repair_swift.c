#include "analyze/packing/repair_swift.h"

#include "analyze/packing/repair_draw.h"
#include "analyze/packing/repair_shorts.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLES 2000
#define HEAT_FIRST 0.03 /* of what a step by chance does harm */
#define HEAT_LAST 0.004 /* of that */
#define LOOKED 8        /* a step that is looked at, in steps that need no look */
#define LOOK_AGAIN 4096 /* steps between two looks at heat and clock */
#define CHANCES 1024    /* as fine as chance is */
#define WEIGHED_ROUNDS 4
#define WEIGHED_HEAT 0.2   /* of the whole; half of that the second time, a third ... */
#define WEIGHED_SHARE 3    /* one step in so many of those of the whole */
#define WEIGHED_FROM 0.004 /* of a host, that a row is over by: it gets weight */
#define LATE 0.02          /* of the annealing, behind the clock: no haste */
#define NEAR 0.3 /* of a host over in all, where little was left: no heat loses that */
#define TRIFLE 0.002   /* of a host over in all: for true numbers and single steps */
#define NEAR_HEAT 0.05 /* each time */
#define HOPELESS 0.01  /* of a host over, for each: no weights help */

struct swift {
	struct repair *r;
	struct repair_shorts shorts;
	struct repair_draw draw;
	size_t *start;       /* [unit] the host at the beginning */
	double *chance;      /* [CHANCES] how much more than the heat is allowed */
	double groups;       /* what they are over by, in hosts */
	double heat;         /* in parts of a host */
	uint64_t done, most; /* steps that need no look */
	double begin_s;
};

static bool swift_has_volumes(const struct repair *r)
{
	for (size_t h = 0; h < r->host_count; h++)
		if (model_has_volumes(r->model, r->host[h].type))
			return true;
	return false;
}

static int swift_init(struct swift *s)
{
	struct repair *r = s->r;
	size_t units = r->model->unit_count;
	int result = repair_draw_init(&s->draw, r);

	if (result == 0)
		result = repair_shorts_init(&s->shorts, r);
	s->start = malloc((units + 1) * sizeof(*s->start));
	s->chance = malloc(CHANCES * sizeof(*s->chance));
	if (!s->start || !s->chance)
		return -ENOMEM;
	memcpy(s->start, r->host_of, units * sizeof(*s->start));
	for (size_t i = 0; i < CHANCES; i++)
		s->chance[i] = -log(((double)i + 0.5) / CHANCES);
	s->groups = r->zone_penalty;
	for (size_t h = 0; h < r->host_count; h++)
		s->groups += r->penalty[h] - r->figures[h];
	return result;
}

static void swift_done(struct swift *s)
{
	repair_shorts_done(&s->shorts);
	repair_draw_done(&s->draw);
	free(s->start);
	free(s->chance);
}

static bool is_right(const struct swift *s)
{
	return s->shorts.total == 0 && s->groups <= 1e-9;
}

/* What the step changes in groups, in hosts. */
static double groups_change(const struct swift *s, const struct repair_step *step)
{
	const struct repair *r = s->r;
	size_t from = r->host_of[step->unit];

	if (!r->model->group_count)
		return 0;
	return repair_group_change(r, step->to, step->unit, step->back, false) +
		repair_group_change(r, from, step->back, step->unit, false) +
		repair_step_zones(r, step, from);
}

static void make(struct swift *s, const struct repair_step *step)
{
	struct repair *r = s->r;
	size_t from = r->host_of[step->unit];

	repair_shorts_apply(&s->shorts, r, step);
	repair_count_groups(r, step->unit, from, -1);
	repair_count_groups(r, step->unit, step->to, 1);
	r->host_of[step->unit] = step->to;
	if (step->back == PACKING_NONE)
		return;
	repair_count_groups(r, step->back, step->to, -1);
	repair_count_groups(r, step->back, from, 1);
	r->host_of[step->back] = from;
}

/* One step drawn, and made where it helps or where chance allows it. */
static void swift_step(struct swift *s)
{
	struct repair *r = s->r;
	struct repair_step step;
	int64_t before = 0, most = 0;
	double groups = 0, allowed = 0;

	s->done++;
	if (!repair_draw_step(&s->draw, r, &step))
		return;
	before = s->shorts.over[step.to] + s->shorts.over[r->host_of[step.unit]];
	if (before == 0 && s->groups <= 1e-9)
		return;
	s->done += LOOKED - 1;
	groups = groups_change(s, &step);
	allowed = s->heat * s->chance[work_random(r->work) % CHANCES] -
		groups * s->shorts.parts;
	most = before + (int64_t)floor(allowed);
	if (most < 0 || repair_shorts_after(&s->shorts, r, &step, most) > most)
		return;
	make(s, &step);
	s->groups += groups;
}

/* The harm that a step by chance does on the average, where it does any: in parts. */
static double swift_usual_harm(const struct swift *s)
{
	struct repair *r = s->r;
	double sum = 0;
	size_t count = 0;

	for (size_t i = 0; i < SAMPLES; i++) {
		struct repair_step step;
		int64_t harm = 0;

		if (!repair_draw_step(&s->draw, r, &step))
			continue;
		harm = repair_shorts_after(&s->shorts, r, &step, INT64_MAX) -
			s->shorts.over[step.to] - s->shorts.over[r->host_of[step.unit]];
		sum += harm > 0 ? (double)harm : 0;
		count += harm > 0;
	}
	return count ? sum / (double)count : 0;
}

/* How much of the annealing is done; what the clock leaves no time for is passed over. */
static double progress(const struct swift *s)
{
	struct work *work = s->r->work;
	double by_steps = (double)s->done / (double)s->most;
	double by_clock = (work_now_s() - s->begin_s) / (work->deadline_s - s->begin_s);

	if (by_clock <= by_steps + LATE)
		return by_steps;
	work->is_hurried = true;
	return by_clock;
}

static void swift_cool(struct swift *s, double first, uint64_t steps)
{
	s->done = 0;
	s->most = LOOKED * steps;
	s->heat = first;
	s->begin_s = work_now_s();
	for (uint64_t i = 1; !is_right(s); i++) {
		if (i % LOOK_AGAIN == 0) {
			double part = 0;

			if (work_is_over(s->r->work))
				return;
			part = progress(s);
			if (part >= 1)
				return;
			s->heat = first * pow(HEAT_LAST, part);
		}
		swift_step(s);
	}
}

/* All that moved, in the true numbers too. */
static int swift_take_over(struct swift *s)
{
	struct repair *r = s->r;
	size_t units = r->model->unit_count;
	int result = 0;

	for (size_t u = 0; u < units && result == 0; u++) {
		size_t now = r->host_of[u];

		if (now == s->start[u])
			continue;
		repair_count_groups(r, u, now, -1);
		repair_count_groups(r, u, s->start[u], 1);
		r->host_of[u] = s->start[u];
		repair_take(r, u);
		result = repair_put(r, u, now);
	}
	for (size_t h = 0; h < r->host_count && result == 0; h++)
		repair_refresh(r, h);
	repair_refresh_zones(r);
	repair_add_up(r);
	return result;
}

static double hosts_over(const struct swift *s)
{
	return (double)s->shorts.total / s->shorts.parts + s->groups;
}

/* Again, and again, with weight on what stays over. */
static void swift_weigh(struct swift *s, double heat, bool is_even, uint64_t steps)
{
	for (int i = 0; i < WEIGHED_ROUNDS && hosts_over(s) > TRIFLE; i++) {
		bool is_weighed = repair_shorts_weigh(&s->shorts, s->r, WEIGHED_FROM);

		if ((i > 0 && !is_weighed) || work_is_over(s->r->work))
			return;
		swift_cool(s, is_even ? heat : heat / (i + 1), steps);
	}
}

int repair_swift(struct repair *r, double heat, uint64_t steps)
{
	struct swift s = { .r = r };
	double first = 0;
	bool is_near = false;
	int result = swift_has_volumes(r) ? -ENOTSUP : swift_init(&s);

	if (result == 0) {
		first = HEAT_FIRST * swift_usual_harm(&s);
		is_near = heat < 1 && hosts_over(&s) < NEAR;
		if (!is_near)
			swift_cool(&s, heat * first, steps);
		if (hosts_over(&s) <= HOPELESS * (double)r->host_count)
			swift_weigh(&s,
				is_near ? NEAR_HEAT * first : WEIGHED_HEAT * first,
				is_near, is_near ? steps : steps / WEIGHED_SHARE);
		result = swift_take_over(&s);
	}
	swift_done(&s);
	return result < 0 ? result : r->total <= 1e-9;
}
