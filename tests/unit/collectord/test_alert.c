/* Alerts as the samples come against the batch over the same series (issue: a streamed
 * alert and the verdict never disagree); G05, T23. */
#include "tests/support.h"

#include "analyze/peaks/peak.h"
#include "collectord/recorder/alert.h"

#include <string.h>

#define SAMPLES_MAX 4000

/* What the archives would hold of the samples: slots of 60 s or the samples' step. */
struct slots {
	unsigned step_s;
	int64_t first;
	size_t count;
	double highest[SAMPLES_MAX];
	double mean[SAMPLES_MAX];
};

/* The plain way: every slot on its own, half of its samples must be known. */
static void consolidate(const double *samples, size_t count, unsigned sample_s,
	int64_t first, struct slots *slots)
{
	size_t per_slot;

	slots->step_s = sample_s > 60 ? sample_s : 60;
	per_slot = slots->step_s / sample_s;
	slots->first = first - (int64_t)sample_s + (int64_t)slots->step_s;
	slots->count = count / per_slot;
	for (size_t k = 0; k < slots->count; k++) {
		double highest = -INFINITY, sum = 0;
		size_t known = 0;

		for (size_t i = k * per_slot; i < (k + 1) * per_slot; i++) {
			if (isnan(samples[i]))
				continue;
			highest = samples[i] > highest ? samples[i] : highest;
			sum += samples[i];
			known++;
		}
		slots->highest[k] = 2 * known >= per_slot ? highest : NAN;
		slots->mean[k] = 2 * known >= per_slot ? sum / (double)known : NAN;
	}
}

/* Runs of high and low, single spikes, unknown stretches and missing ones. */
static size_t make_samples(uint64_t *random, double *samples)
{
	size_t count = 600 + support_random(random) % (SAMPLES_MAX - 600), i = 0;

	while (i < count) {
		size_t length = 1 + support_random(random) % 120;
		double level = support_uniform(random) < 0.4 ? 120 : 60;
		bool is_unknown = support_uniform(random) < 0.1;

		for (; length > 0 && i < count; length--, i++)
			samples[i] = is_unknown || support_uniform(random) < 0.05
				? NAN
				: level * (0.7 + 0.6 * support_uniform(random));
	}
	return count;
}

static void excursions_are_those_of_the_batch(void **state)
{
	static const unsigned steps[] = { 1, 5, 10, 30, 60, 120, 300 };
	uint64_t seed = support_seed(523), random = seed;
	static double samples[SAMPLES_MAX];
	static struct slots slots;
	size_t sustained = 0, short_ones = 0;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	for (int round = 0; round < 400; round++) {
		unsigned step_s = steps[support_random(&random) % ARRAY_LEN(steps)];
		unsigned slot_s = step_s > 60 ? step_s : 60;
		int64_t first = (int64_t)slot_s * 100000 + (int64_t)step_s;
		size_t per_slot = slot_s / step_s, count, streamed = 0, batch_count;
		struct excursion *batch, seen[SAMPLES_MAX / 2], last;
		struct alert_watch watch;

		count = make_samples(&random, samples) / per_slot * per_slot;
		consolidate(samples, count, step_s, first, &slots);
		alert_watch_init(&watch, ALERT_MEMORY_LIMIT, "", step_s, 100, 0, false);
		assert_int_equal(
			excursion_scan(&watch.limit, slots.first, slots.step_s,
				slots.highest, slots.count, 0, &batch, &batch_count),
			0);
		for (size_t i = 0; i < count; i++) {
			struct alert_change changes[2];
			int64_t stamp = first + (int64_t)i * (int64_t)step_s;
			size_t n;

			/* a sample that is unknown may as well not come at all */
			if (isnan(samples[i]) && support_uniform(&random) < 0.5)
				continue;
			n = alert_feed(&watch, 0, stamp, samples[i], changes);
			for (size_t k = 0; k < n; k++) {
				if (changes[k].events & EXCURSION_ENDED)
					seen[streamed++] = changes[k].ended;
			}
		}
		if (excursion_finish(&watch.state, &last))
			seen[streamed++] = last;
		/* the last slot may still wait for a sample that never came */
		if (batch_count == streamed + 1 &&
			batch[batch_count - 1].to ==
				slots.first + (int64_t)(slots.count - 1) * slots.step_s)
			batch_count--;
		if (streamed != batch_count)
			print_error("seed %llu round %d step %u: %zu streamed, %zu in "
				    "batch\n",
				(unsigned long long)seed, round, step_s, streamed,
				batch_count);
		assert_int_equal(streamed, batch_count);
		for (size_t i = 0; i < streamed; i++) {
			if (i + 1 == streamed && seen[i].to != batch[i].to)
				continue; /* cut by the slot that is still open */
			assert_int_equal(seen[i].from, batch[i].from);
			assert_int_equal(seen[i].to, batch[i].to);
			assert_near(seen[i].height, batch[i].height, 0);
			assert_int_equal(seen[i].is_sustained, batch[i].is_sustained);
			sustained += seen[i].is_sustained;
			short_ones += !seen[i].is_sustained;
		}
		free(batch);
	}
	assert_true(sustained > 100 && short_ones > 1000);
}

/* The alert on SMP need opens exactly where the verdict's sustained(900) is over. */
static void smp_need_is_the_peak_of_the_curve(void **state)
{
	static const unsigned steps[] = { 10, 60, 300 };
	uint64_t seed = support_seed(900), random = seed;
	static double samples[SAMPLES_MAX];
	static struct slots slots;
	size_t opened_count = 0;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	for (int round = 0; round < 300; round++) {
		unsigned step_s = steps[support_random(&random) % ARRAY_LEN(steps)];
		unsigned slot_s = step_s > 60 ? step_s : 60;
		int64_t first = (int64_t)slot_s * 100000 + (int64_t)step_s;
		size_t per_slot = slot_s / step_s, count;
		struct series series;
		struct alert_watch watch;
		struct peaks peaks;
		bool is_open = false;
		double limit;

		count = make_samples(&random, samples) / per_slot * per_slot;
		/* the ends are known, so that both see the same first and last window */
		for (size_t i = 0; i < per_slot; i++)
			samples[i] = samples[count - 1 - i] = 10;
		consolidate(samples, count, step_s, first, &slots);
		series = (struct series){ .first = slots.first,
			.step_s = slots.step_s,
			.count = slots.count,
			.mean = slots.mean,
			.minimum = slots.mean,
			.maximum = slots.highest };
		assert_int_equal(peak_analyse(&series, &peaks), 0);
		/* near the highest mean, so that it goes either way */
		limit = peaks.sustained[DURATION_15_MIN] *
			(0.99 + 0.02 * support_uniform(&random));
		if (fabs(peaks.sustained[DURATION_15_MIN] - limit) < 1e-6)
			continue; /* the last bits decide */
		alert_watch_init(&watch, ALERT_SMP_NEED, "", step_s, limit, 0, true);
		for (size_t i = 0; i < count; i++) {
			struct alert_change changes[2];
			size_t n = alert_feed(&watch, 0,
				first + (int64_t)i * (int64_t)step_s, samples[i],
				changes);

			for (size_t k = 0; k < n; k++) {
				bool is_opened =
					changes[k].events & EXCURSION_ALERT_OPENED;

				is_open = is_open || is_opened;
				if (is_opened)
					assert_true(changes[k].events &
						EXCURSION_ALERT_DISQUALIFIED);
			}
		}
		if (is_open != (peaks.sustained[DURATION_15_MIN] > limit))
			print_error("seed %llu round %d: sustained %.17g, alert %d\n",
				(unsigned long long)seed, round,
				peaks.sustained[DURATION_15_MIN], is_open);
		assert_int_equal(is_open, peaks.sustained[DURATION_15_MIN] > limit);
		opened_count += is_open;
	}
	if (opened_count <= 20 || opened_count >= 280)
		print_error("opened in %zu of 300\n", opened_count);
	assert_true(opened_count > 20 && opened_count < 280);
}

struct story {
	const char *name;
	unsigned step_s;
	unsigned over_slots;          /* how long over the limit */
	unsigned wanted;              /* events seen in all */
	int64_t disqualified_after_s; /* from the begin of the first slot; 0: never */
};

static struct story stories[] = {
	{ "one slot over the limit opens, and closes after a calm", 300, 1,
		EXCURSION_ENDED | EXCURSION_BEGAN | EXCURSION_ALERT_OPENED |
			EXCURSION_ALERT_CLOSED,
		0 },
	{ "G05: 600 s stays short", 300, 2,
		EXCURSION_ENDED | EXCURSION_BEGAN | EXCURSION_ALERT_OPENED |
			EXCURSION_ALERT_CLOSED,
		0 },
	{ "MEM-10: the third slot of 300 s makes it disqualifying", 300, 3,
		EXCURSION_ENDED | EXCURSION_BEGAN | EXCURSION_SUSTAINED |
			EXCURSION_ALERT_OPENED | EXCURSION_ALERT_DISQUALIFIED |
			EXCURSION_ALERT_CLOSED,
		900 },
	{ "G05: 1800 s", 300, 6,
		EXCURSION_ENDED | EXCURSION_BEGAN | EXCURSION_SUSTAINED |
			EXCURSION_ALERT_OPENED | EXCURSION_ALERT_DISQUALIFIED |
			EXCURSION_ALERT_CLOSED,
		900 },
	{ "never over: silence", 60, 0, 0, 0 },
};

static void check_story(void **state)
{
	const struct story *row = *state;
	struct alert_watch watch;
	unsigned events = 0;
	int64_t begin = (int64_t)row->step_s * 1000, disqualified = 0;

	alert_watch_init(&watch, ALERT_MEMORY_LIMIT, "", row->step_s, 1000, 32, false);
	for (unsigned i = 0; i < 60; i++) {
		struct alert_change changes[2];
		bool is_over = i >= 10 && i < 10 + row->over_slots;
		int64_t stamp = begin + (int64_t)(i + 1) * (int64_t)row->step_s;
		size_t count =
			alert_feed(&watch, 0, stamp, is_over ? 969 : 500, changes);

		for (size_t k = 0; k < count; k++) {
			events |= changes[k].events;
			if (changes[k].events & EXCURSION_ALERT_DISQUALIFIED)
				disqualified = changes[k].stamp - begin -
					10 * (int64_t)row->step_s;
		}
	}
	assert_int_equal(events, row->wanted);
	assert_int_equal(disqualified, row->disqualified_after_s);
}

static void exactly_the_limit_is_not_over(void **state)
{
	struct alert_watch watch;
	struct alert_change changes[2];

	(void)state;
	alert_watch_init(&watch, ALERT_MEMORY_LIMIT, "", 60, 1000, 32, false);
	assert_int_equal(alert_feed(&watch, 0, 60000, 968, changes), 0);
	assert_int_equal(alert_feed(&watch, 0, 60060, 968.5, changes), 1);
	/* a tick that comes again after a restart changes nothing */
	assert_int_equal(alert_feed(&watch, 0, 60060, 968.5, changes), 0);
}

/* What is kept between processes is the state itself: a copy goes on like the first. */
static void a_copy_goes_on_where_the_first_stood(void **state)
{
	uint64_t random = 11;
	struct alert_watch first, copy;

	(void)state;
	alert_watch_init(&first, ALERT_SMP_NEED, "", 10, 100, 0, true);
	for (unsigned i = 0; i < 5000; i++) {
		struct alert_change a[2], b[2];
		double value = support_uniform(&random) * 210;
		size_t count_a, count_b;

		memcpy(&copy, &first, sizeof(copy));
		count_a = alert_feed(&first, 0, 600000 + 10 * (int64_t)i, value, a);
		count_b = alert_feed(&copy, 0, 600000 + 10 * (int64_t)i, value, b);
		assert_int_equal(count_a, count_b);
		assert_memory_equal(&first, &copy, sizeof(copy));
	}
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(stories) + 4] = {
		cmocka_unit_test(excursions_are_those_of_the_batch),
		cmocka_unit_test(smp_need_is_the_peak_of_the_curve),
		cmocka_unit_test(exactly_the_limit_is_not_over),
		cmocka_unit_test(a_copy_goes_on_where_the_first_stood),
	};

	for (size_t i = 0; i < ARRAY_LEN(stories); i++)
		tests[i + 4] = (struct CMUnitTest){ .name = stories[i].name,
			.test_func = check_story,
			.initial_state = &stories[i] };
	return cmocka_run_group_tests_name("alert", tests, NULL, NULL);
}
