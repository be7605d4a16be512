/*
 * The rate engine: rows for each rule (F01 to F07), then random histories against a
 * simulated truth (T20, T21, T22).  HEADROOM_HISTORIES sets their number, HEADROOM_SEED
 * the seed.
 */
#include "tests/support.h"

#include "common/rate.h"

#include <stdbool.h>
#include <string.h>

enum { READINGS_MAX = 5 };

struct rate_case {
	const char *name;
	struct rate_kind kind;
	double step_s;
	/* readings at multiples of the step; 0 elapsed: the first */
	struct {
		uint64_t raw;
		double after_s;     /* since the one before */
		double suspended_s; /* of which asleep */
		uint64_t boot;
		enum rate_outcome outcome;
		double per_s; /* NAN: none */
	} reading[READINGS_MAX];
	size_t count;
};

#define WIDE                         \
	{                            \
		64, 1e9, 2, 0, false \
	}
#define NARROW                       \
	{                            \
		32, 1e6, 2, 0, false \
	}
#define IDLE                           \
	{                              \
		64, 200, 2, 300, false \
	}
#define TOP_64 UINT64_MAX
#define TOP_32 UINT32_MAX

static struct rate_case cases[] = {
	{ "the first reading has no rate", WIDE, 10,
		{ { 5, 0, 0, 1, RATE_FIRST, NAN } }, 1 },
	{ "a rise is divided by the time between", WIDE, 10,
		{ { 5, 0, 0, 1, RATE_FIRST, NAN }, { 1005, 10, 0, 1, RATE_OK, 100 },
			{ 1005, 10, 0, 1, RATE_OK, 0 } },
		3 },
	{ "F01 a 64-bit counter that falls was reset, it never wraps", WIDE, 10,
		{ { TOP_64 - 10, 0, 0, 1, RATE_FIRST, NAN },
			{ 5, 10, 0, 1, RATE_RESET, NAN },
			{ 105, 10, 0, 1, RATE_OK, 10 } },
		3 },
	{ "F01 five terabytes back to a thousand make no rate", WIDE, 10,
		{ { 5000000000000, 0, 0, 1, RATE_FIRST, NAN },
			{ 1000, 10, 0, 1, RATE_RESET, NAN } },
		2 },
	{ "F02 a 32-bit counter wraps after a good interval", NARROW, 10,
		{ { TOP_32 - 2000, 0, 0, 1, RATE_FIRST, NAN },
			{ TOP_32 - 1000, 10, 0, 1, RATE_OK, 100 },
			{ 999, 10, 0, 1, RATE_WRAP, 200 } },
		3 },
	{ "F02 no wrap is believed at the second reading", NARROW, 10,
		{ { TOP_32 - 1000, 0, 0, 1, RATE_FIRST, NAN },
			{ 999, 10, 0, 1, RATE_RESET, NAN } },
		2 },
	{ "F02 no wrap is believed after a missed tick", NARROW, 10,
		{ { TOP_32 - 2000, 0, 0, 1, RATE_FIRST, NAN },
			{ TOP_32 - 1000, 10, 0, 1, RATE_OK, 100 },
			{ 999, 20, 0, 1, RATE_RESET, NAN } },
		3 },
	{ "F02 a wrap over the bound is a reset", NARROW, 10,
		{ { 1000000000, 0, 0, 1, RATE_FIRST, NAN },
			{ 1000000100, 10, 0, 1, RATE_OK, 10 },
			{ 999, 10, 0, 1, RATE_RESET, NAN } },
		3 },
	{ "F03 a 32-bit counter that may wrap unseen has no rate",
		{ 32, 1e9, 2, 0, false }, 10,
		{ { 100, 0, 0, 1, RATE_FIRST, NAN },
			{ 200, 10, 0, 1, RATE_AMBIGUOUS, NAN },
			{ 300, 10, 0, 1, RATE_AMBIGUOUS, NAN } },
		3 },
	{ "F04 another boot has no rate, whatever the counts", WIDE, 10,
		{ { 100, 0, 0, 1, RATE_FIRST, NAN }, { 5000, 10, 0, 2, RATE_GAP, NAN },
			{ 5010, 10, 0, 2, RATE_OK, 1 } },
		3 },
	{ "F05 zeros and the old count again are a glitch, not traffic", WIDE, 10,
		{ { 1000000, 0, 0, 1, RATE_FIRST, NAN },
			{ 0, 10, 0, 1, RATE_RESET, NAN },
			{ 1000100, 10, 0, 1, RATE_GLITCH, NAN },
			{ 1000200, 10, 0, 1, RATE_OK, 10 } },
		4 },
	{ "F05 a fall that is no fall for long is a glitch too", WIDE, 10,
		{ { 1000000, 0, 0, 1, RATE_FIRST, NAN },
			{ 7, 10, 0, 1, RATE_RESET, NAN }, { 8, 10, 0, 1, RATE_OK, 0.1 },
			{ 1000100, 10, 0, 1, RATE_GLITCH, NAN },
			{ 1000200, 10, 0, 1, RATE_OK, 10 } },
		5 },
	{ "F05 zeros at the very first reading are not believed", WIDE, 10,
		{ { 0, 0, 0, 1, RATE_FIRST, NAN },
			{ 1000000, 10, 0, 1, RATE_FIRST, NAN },
			{ 1000100, 10, 0, 1, RATE_OK, 10 } },
		3 },
	{ "F05 all ones are not a count", WIDE, 10,
		{ { 100, 0, 0, 1, RATE_FIRST, NAN },
			{ TOP_64, 10, 0, 1, RATE_GLITCH, NAN },
			{ 300, 10, 0, 1, RATE_FIRST, NAN },
			{ 400, 10, 0, 1, RATE_OK, 10 } },
		4 },
	{ "F05 over the physical bound there is no rate", WIDE, 10,
		{ { 100, 0, 0, 1, RATE_FIRST, NAN },
			{ 100000000000, 10, 0, 1, RATE_IMPLAUSIBLE, NAN },
			{ 100000000100, 10, 0, 1, RATE_OK, 10 } },
		3 },
	{ "a source that catches up is cut at the bound", { 64, 100, 2, 0, false }, 10,
		{ { 100, 0, 0, 1, RATE_FIRST, NAN }, { 1200, 10, 0, 1, RATE_OK, 100 } },
		2 },
	{ "F06 idle that steps back by less than 3 s is 0", IDLE, 10,
		{ { 10000, 0, 0, 1, RATE_FIRST, NAN }, { 9800, 10, 0, 1, RATE_OK, 0 },
			{ 10100, 10, 0, 1, RATE_OK, 10 } },
		3 },
	{ "F06 idle that falls further was reset", IDLE, 10,
		{ { 10000, 0, 0, 1, RATE_FIRST, NAN },
			{ 9000, 10, 0, 1, RATE_RESET, NAN } },
		2 },
	{ "a suspend within the interval makes it unusable", WIDE, 10,
		{ { 100, 0, 0, 1, RATE_FIRST, NAN },
			{ 200, 10, 3600, 1, RATE_GAP, NAN },
			{ 300, 10, 0, 1, RATE_OK, 10 } },
		3 },
	{ "a missed tick gives the mean over both", WIDE, 10,
		{ { 100, 0, 0, 1, RATE_FIRST, NAN }, { 300, 20, 0, 1, RATE_OK, 10 } },
		2 },
	{ "four steps are too long for a rate", WIDE, 10,
		{ { 100, 0, 0, 1, RATE_FIRST, NAN }, { 500, 40, 0, 1, RATE_GAP, NAN } },
		2 },
	{ "a clock that stands still gives no rate", WIDE, 10,
		{ { 100, 0, 0, 1, RATE_FIRST, NAN }, { 500, 0, 0, 1, RATE_GAP, NAN } },
		2 },
	{ "over a bound that is no link a rate is cut, however long",
		{ 64, 100, 2, 0, false }, 10,
		{ { 1, 0, 0, 1, RATE_FIRST, NAN }, { 1101, 10, 0, 1, RATE_OK, 100 },
			{ 2201, 10, 0, 1, RATE_OK, 100 } },
		3 },
	{ "over a link it is cut once, then the link is a label",
		{ 64, 100, 2, 0, true }, 10,
		{ { 1, 0, 0, 1, RATE_FIRST, NAN }, { 1101, 10, 0, 1, RATE_OK, 100 },
			{ 2201, 10, 0, 1, RATE_IMPLAUSIBLE, NAN },
			{ 3301, 10, 0, 1, RATE_IMPLAUSIBLE, NAN },
			{ 3401, 10, 0, 1, RATE_OK, 10 } },
		5 },
	{ "a value over 32 bits makes a 32-bit counter a wide one", NARROW, 10,
		{ { 5000000000, 0, 0, 1, RATE_FIRST, NAN },
			{ 5000000100, 10, 0, 1, RATE_OK, 10 },
			{ 400, 10, 0, 1, RATE_RESET, NAN } },
		3 },
};

static void check_rows(void **state)
{
	const struct rate_case *row = *state;
	struct rate_state counter = { 0 };
	struct rate_instant before = { .boot = 0 };

	for (size_t i = 0; i < row->count; i++) {
		double elapsed_s = row->reading[i].after_s;
		struct rate_instant now = {
			.monotonic_ns =
				before.monotonic_ns + (int64_t)(elapsed_s * 1e9),
			.boottime_ns = before.boottime_ns +
				(int64_t)((elapsed_s + row->reading[i].suspended_s) *
					1e9),
			.boot = row->reading[i].boot,
		};
		struct rate_interval interval =
			rate_between(&before, &now, row->step_s);
		double per_s = 0;
		enum rate_outcome outcome = rate_next(
			&counter, &row->kind, &interval, row->reading[i].raw, &per_s);

		if (outcome != row->reading[i].outcome)
			print_error("reading %zu is %s, wanted %s\n", i,
				rate_outcome_name(outcome),
				rate_outcome_name(row->reading[i].outcome));
		assert_int_equal(outcome, row->reading[i].outcome);
		assert_near(per_s, row->reading[i].per_s, 1e-12);
		before = now;
	}
}

static bool has_restarted(
	const struct rate_state *state, const uint64_t *raw, size_t count)
{
	unsigned falls = 0;

	for (size_t i = 0; i < count; i++)
		falls += rate_is_fall(&state[i], raw[i]);
	return falls >= RATE_FALLS_MEAN_RESTART;
}

/* ---- random histories ------------------------------------------------------------ */

enum { COUNTERS = 4, READINGS = 24 };

/* A device as it really is, and as it is read. */
struct device {
	uint64_t boot;
	uint64_t count[COUNTERS];  /* since the device started: what the kernel holds */
	uint64_t offset[COUNTERS]; /* where it started counting */
	double traffic[COUNTERS];  /* true counts since the last reading */
	bool is_disturbed;         /* something happened since the last reading */
	bool was_zero;             /* a counter stood at 0 at the last reading */
	unsigned calm;             /* readings since the last disturbance */
};

static struct rate_kind kinds[COUNTERS] = {
	{ 64, 1.25e8, 2, 0, false }, /* bytes of a 1 Gbit/s adapter */
	{ 32, 1000, 2, 0, false },   /* busy milliseconds */
	{ 32, 1.5e6, 2, 0, false },  /* packets, an old kernel */
	{ 64, 800, 2, 1200, false }, /* idle ticks of four CPUs */
};

static uint64_t mask_of(size_t i)
{
	return kinds[i].width == 32 ? UINT32_MAX : UINT64_MAX;
}

static void run_device(struct device *device, double seconds, uint64_t *random)
{
	for (size_t i = 0; i < COUNTERS; i++) {
		double level = support_uniform(random);
		uint64_t counts;

		/* idle most of the time, sometimes at the limit */
		level = level < 0.3 ? 0 : level > 0.9 ? 1 : level * level;
		counts = (uint64_t)(kinds[i].bound_per_s * level * seconds);
		device->count[i] += counts;
		device->traffic[i] += (double)counts;
	}
}

static void restart_device(struct device *device)
{
	for (size_t i = 0; i < COUNTERS; i++) {
		device->count[i] = 0;
		device->offset[i] = 0;
	}
	device->is_disturbed = true;
}

static void disturb(struct device *device, uint64_t *raw, struct rate_instant *now,
	double *elapsed_s, double step_s, uint64_t *random)
{
	switch (support_random(random) % 16) {
	case 0: /* hot-plug under the same name, or a driver that was loaded anew */
		restart_device(device);
		run_device(device, support_uniform(random) * step_s, random);
		break;
	case 1: /* reboot */
		device->boot++;
		restart_device(device);
		break;
	case 2: /* suspended for a while */
		now->boottime_ns +=
			(int64_t)(1e9 * (1 + 1e4 * support_uniform(random)));
		device->is_disturbed = true;
		break;
	case 3: /* missed ticks */
		for (uint64_t n = 1 + support_random(random) % 4; n > 0; n--) {
			run_device(device, step_s, random);
			*elapsed_s += step_s;
		}
		device->is_disturbed =
			device->is_disturbed || *elapsed_s > 1.5 * step_s;
		break;
	case 4: /* the file reads zeros once; where it did already, nobody can tell */
		if (!device->was_zero)
			memset(raw, 0, COUNTERS * sizeof(*raw));
		break;
	case 5: /* a dead device reads all ones */
		for (size_t i = 0; i < COUNTERS; i++)
			raw[i] = mask_of(i);
		break;
	default:
		break;
	}
}

/* The level is right, or below it by less than the interval; never above the truth. */
static void judge(const struct device *device, size_t i, enum rate_outcome outcome,
	double per_s, double elapsed_s, double noise, uint64_t seed, uint64_t history)
{
	double truth = device->traffic[i] / elapsed_s;
	bool is_known = outcome == RATE_OK || outcome == RATE_WRAP;
	bool is_fine = is_known == !isnan(per_s);

	if (is_known &&
		(per_s > kinds[i].bound_per_s || per_s < 0 ||
			per_s > truth + noise / elapsed_s + 1e-6 * truth + 1e-9))
		is_fine = false; /* a false peak */
	/* nothing happened for long, and still no rate; a restart of idle below 3 s looks
	 * like noise at first and is found out later */
	if (device->calm > (noise > 0 ? 12 : 6) && !is_known)
		is_fine = false;
	if (is_known && device->calm > 6 && noise == 0 &&
		fabs(per_s - truth) > 1e-9 * truth + 1e-9)
		is_fine = false;
	if (is_fine)
		return;
	print_error("seed %llu history %llu counter %zu: %s %.17g per s, truth %.17g, "
		    "calm %u\n",
		(unsigned long long)seed, (unsigned long long)history, i,
		rate_outcome_name(outcome), per_s, truth, device->calm);
	fail();
}

/* What rate_is_still promises. */
static void assert_still(const struct rate_state *last, const struct rate_state *now,
	enum rate_outcome outcome, double per_s)
{
	assert_int_equal(outcome, RATE_OK);
	assert_true(per_s == 0);
	assert_true(now->raw == last->raw && now->is_known && now->is_trusted);
	assert_true(!now->is_doubtful && now->watch_left == 0 && !now->was_cut &&
		!now->is_narrow && now->has_fallen == last->has_fallen);
}

struct history {
	struct device device;
	struct rate_state state[COUNTERS];
	struct rate_instant before;
	double step_s;
	uint64_t seed, number, random;
};

static void read_once(struct history *history)
{
	struct device *device = &history->device;
	double step_s = history->step_s;
	double elapsed_s = step_s * (0.9 + 0.2 * support_uniform(&history->random));
	bool is_special = support_random(&history->random) % 4 == 0;
	struct rate_instant now = history->before;
	uint64_t raw[COUNTERS];
	uint64_t given[COUNTERS];
	struct rate_interval interval;

	run_device(device, elapsed_s, &history->random);
	memset(given, 0x55, sizeof(given));
	if (is_special)
		disturb(device, given, &now, &elapsed_s, step_s, &history->random);
	/* the first rise from zeros after a fall has no rate, by design */
	device->is_disturbed = device->is_disturbed || device->was_zero;
	device->was_zero = false;
	for (size_t i = 0; i < COUNTERS; i++) {
		device->was_zero = device->was_zero || device->count[i] == 0;
		raw[i] = (device->offset[i] + device->count[i]) & mask_of(i);
		if (given[i] != 0x5555555555555555u) {
			raw[i] = given[i];
			device->is_disturbed = true;
		}
		/* a count that truly is all ones is taken for a dead device, once */
		if (raw[i] == mask_of(i))
			device->is_disturbed = true;
	}
	/* idle is read with up to 3 s of noise */
	if (raw[3] > 1200 && raw[3] != UINT64_MAX)
		raw[3] -= support_random(&history->random) % 1200;
	now.monotonic_ns += (int64_t)(elapsed_s * 1e9);
	now.boottime_ns += (int64_t)(elapsed_s * 1e9);
	now.boot = device->boot;
	interval = rate_between(&history->before, &now, step_s);
	elapsed_s = interval.elapsed_s;
	if (has_restarted(history->state, raw, COUNTERS)) {
		/* also a true wrap in the moment in which idle steps back: no rate then */
		interval.is_adjacent = false;
		device->is_disturbed = true;
	}
	device->calm = device->is_disturbed ? 0 : device->calm + 1;
	for (size_t i = 0; i < COUNTERS; i++) {
		double per_s = 0;
		struct rate_state last = history->state[i];
		enum rate_outcome outcome = rate_next(
			&history->state[i], &kinds[i], &interval, raw[i], &per_s);

		if (kinds[i].width == 64 && rate_is_still(&last, &interval, raw[i]))
			assert_still(&last, &history->state[i], outcome, per_s);
		judge(device, i, outcome, per_s, elapsed_s, i == 3 ? 1200 : 0,
			history->seed, history->number);
		device->traffic[i] = 0;
	}
	device->is_disturbed = false;
	history->before = now;
}

static void check_histories(void **state)
{
	const char *text = getenv("HEADROOM_HISTORIES");
	uint64_t count = text ? strtoull(text, NULL, 10) : 250000;
	uint64_t seed = support_seed(20061);

	(void)state;
	for (uint64_t n = 0; n < count; n++) {
		struct history history = { .seed = seed,
			.number = n,
			.random = seed * 0x9e3779b97f4a7c15u + n };

		history.step_s = n % 3 ? 10 : 1;
		history.device.boot = 1;
		for (size_t i = 0; i < COUNTERS; i++)
			history.device.offset[i] = kinds[i].width == 32 &&
					support_random(&history.random) % 2
				? mask_of(i) -
					support_random(&history.random) % 100000000
				: support_random(&history.random) % 1000000000000 + 1;
		for (int reading = 0; reading < READINGS; reading++)
			read_once(&history);
	}
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(cases) + 1];
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		tests[count++] = (struct CMUnitTest){ .name = cases[i].name,
			.test_func = check_rows,
			.initial_state = &cases[i] };
	tests[count++] =
		(struct CMUnitTest){ .name = "T20-T22 no rate above the truth or the "
					     "bound in random histories",
			.test_func = check_histories };
	return _cmocka_run_group_tests("rate", tests, count, NULL, NULL);
}
