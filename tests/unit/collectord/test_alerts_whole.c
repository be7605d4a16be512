/*
 * Alerts are those of the definition whoever reads when: random histories of ticks pass
 * through ring, staging and database while readers ask for flushes, the recorder is
 * killed between any two of its steps, started again, and staging is drained where no
 * daemon runs.  What the database then holds has to be what one rule says that saw
 * every tick once, and what the verdict says of the same slots.
 *
 * The writer is left out: moving staging's mark is all that the alerts see of it.
 */
#include "tests/unit/collectord/alerts_whole_life.h"

/* ---- what has to come out ----------------------------------------------------------- */

struct expected {
	struct alert_excursion excursion[TICKS_MOST];
	size_t excursions;
	struct {
		int64_t opened, disqualified, closed;
	} alert[TICKS_MOST];
	size_t alerts;
};

/* One rule that sees each tick once. */
static void expect(const struct life *life, enum alert_kind kind, bool is_clock,
	struct expected *out)
{
	int64_t allowed_s = 3 * (int64_t)life->step_s;
	struct alert_watch watch;

	if (allowed_s < GAP_LEAST_S)
		allowed_s = GAP_LEAST_S;
	memset(out, 0, sizeof(*out));
	alert_watch_init(&watch, kind, "", life->step_s,
		kind == ALERT_HEALTH ? 0 : LIMIT_BYTES, 0, false);
	for (size_t i = 0; i < life->count; i++) {
		bool is_late = i > 0 &&
			life->tick[i].stamp_s - life->tick[i - 1].stamp_s > allowed_s;
		struct alert_change changes[2];
		size_t count = alert_feed(&watch, 0, life->tick[i].stamp_s,
			kind != ALERT_HEALTH ? life->tick[i].used
				: is_clock   ? life->tick[i].jumps
					     : is_late,
			changes);

		for (size_t k = 0; k < count; k++) {
			const struct alert_change *change = &changes[k];

			if (change->events & EXCURSION_ENDED)
				out->excursion[out->excursions++] =
					(struct alert_excursion){
						.from = change->ended.from,
						.to = change->ended.to,
						.height = change->ended.height,
						.is_sustained =
							change->ended.is_sustained
					};
			if (change->events & EXCURSION_ALERT_OPENED)
				out->alert[out->alerts++].opened = change->stamp;
			if (change->events & EXCURSION_ALERT_DISQUALIFIED)
				out->alert[out->alerts - 1].disqualified =
					change->stamp;
			if (change->events & EXCURSION_ALERT_CLOSED)
				out->alert[out->alerts - 1].closed = change->stamp;
		}
	}
}

/* The verdict's way: whole slots of the archives, scanned at once.  The last slot may
 * still be filling, and an excursion may still be under way: both are left out. */
static void check_verdict(const struct life *life, const struct expected *seen)
{
	static double highest[TICKS_MOST * 61], samples[TICKS_MOST * 61];
	struct excursion_limit limit = { .limit = LIMIT_BYTES,
		.sustain_s = EXCURSION_SUSTAIN_S };
	unsigned slot_s = life->step_s > 60 ? life->step_s : 60;
	size_t per_slot = slot_s / life->step_s, slots, list_count = 0;
	int64_t first = (FIRST_S / (int64_t)slot_s) * (int64_t)slot_s;
	size_t total = (size_t)((life->now_s - first) / (int64_t)life->step_s);
	struct excursion *list = NULL;

	for (size_t i = 0; i < total; i++)
		samples[i] = NAN;
	for (size_t i = 0; i < life->count; i++)
		samples[(life->tick[i].stamp_s - first) / (int64_t)life->step_s - 1] =
			life->tick[i].used;
	slots = total / per_slot;
	for (size_t k = 0; k < slots; k++) {
		size_t known = 0;

		highest[k] = -INFINITY;
		for (size_t i = k * per_slot; i < (k + 1) * per_slot; i++)
			if (!isnan(samples[i])) {
				highest[k] = fmax(highest[k], samples[i]);
				known++;
			}
		if (2 * known < per_slot)
			highest[k] = NAN;
	}
	assert_int_equal(excursion_scan(&limit, first + slot_s, slot_s, highest, slots,
				 0, &list, &list_count),
		0);
	while (list_count > 0 &&
		list[list_count - 1].to >= first + (int64_t)(slots * slot_s))
		list_count--; /* under way */
	assert_true(seen->excursions >= list_count);
	for (size_t i = 0; i < list_count; i++) {
		assert_int_equal(seen->excursion[i].from, list[i].from);
		assert_int_equal(seen->excursion[i].to, list[i].to);
		assert_near(seen->excursion[i].height, list[i].height, 1e-12);
		assert_int_equal(seen->excursion[i].is_sustained, list[i].is_sustained);
	}
	free(list);
}

static void check_kind(const struct alert_list *list, const char *kind,
	const char *subject, const struct expected *wanted, struct expected *seen)
{
	seen->alerts = seen->excursions = 0;
	for (size_t i = 0; i < list->count; i++) {
		const struct alert *alert = &list->alert[i];

		if (strcmp(alert->kind, kind) != 0 ||
			strcmp(alert->subject, subject) != 0)
			continue;
		seen->alert[seen->alerts].opened = alert->opened;
		seen->alert[seen->alerts].disqualified = alert->disqualified;
		seen->alert[seen->alerts++].closed = alert->closed;
		for (size_t k = 0; k < alert->excursion_count; k++)
			seen->excursion[seen->excursions++] = alert->excursion[k];
	}
	assert_int_equal(seen->alerts, wanted->alerts);
	assert_int_equal(seen->excursions, wanted->excursions);
	for (size_t i = 0; i < wanted->alerts; i++) {
		assert_int_equal(seen->alert[i].opened, wanted->alert[i].opened);
		assert_int_equal(
			seen->alert[i].disqualified, wanted->alert[i].disqualified);
		assert_int_equal(seen->alert[i].closed, wanted->alert[i].closed);
	}
	for (size_t i = 0; i < wanted->excursions; i++) {
		assert_int_equal(seen->excursion[i].from, wanted->excursion[i].from);
		assert_int_equal(seen->excursion[i].to, wanted->excursion[i].to);
		assert_near(
			seen->excursion[i].height, wanted->excursion[i].height, 1e-12);
	}
}

static size_t check_life(const struct life *life)
{
	static struct expected wanted, seen;
	struct alert_list list;
	struct err err = ERR_INIT;
	struct store *store = NULL;
	size_t alerts;

	ok(store_open(life->data, &store, &err), &err);
	ok(store_alerts(store, false, 0, &list, &err), &err);
	expect(life, ALERT_MEMORY_LIMIT, false, &wanted);
	check_kind(&list, "memory_limit", "", &wanted, &seen);
	check_verdict(life, &seen);
	alerts = wanted.alerts;
	expect(life, ALERT_HEALTH, false, &wanted);
	check_kind(&list, "health", "gap", &wanted, &seen);
	alerts += wanted.alerts;
	expect(life, ALERT_HEALTH, true, &wanted);
	check_kind(&list, "health", "clock", &wanted, &seen);
	alerts += wanted.alerts;
	alert_list_done(&list);
	store_close(store);
	return alerts;
}

/* ---- one history ----------------------------------------------------------------------- */

#define FRESH_EVERY 10 /* so many histories begin without a database */

static void copy_file(const char *from, const char *to)
{
	static char bytes[1 << 16];
	FILE *in = fopen(from, "rb"), *out = in ? fopen(to, "wb") : NULL;
	size_t size;

	if (!in)
		return; /* there is none of that kind */
	assert_non_null(out);
	while ((size = fread(bytes, 1, sizeof(bytes), in)) > 0)
		assert_int_equal(fwrite(bytes, 1, size, out), size);
	assert_int_equal(fclose(out), 0);
	fclose(in);
}

/* The tables of a database take half of a history's time to make.  The first history's
 * are kept, before anything is in them, and most of the others begin with them. */
static void provide_database(struct life *life, const char *dir, bool is_first)
{
	static const char *const parts[] = { "", "-wal", "-shm" };
	struct store *store = NULL;
	struct err err = ERR_INIT;

	if (is_first) {
		ok(store_open(life->data, &store, &err), &err);
		ok(store_begin(store, 1000, &err), &err);
		ok(store_commit(store, &err), &err);
		store_close(store);
	}
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		char own[PATH_SIZE + 32], kept[PATH_SIZE + 32];

		snprintf(own, sizeof(own), "%s/headroom.db%s", life->data, parts[i]);
		snprintf(kept, sizeof(kept), "%.200s/kept.db%s", dir, parts[i]);
		if (is_first)
			copy_file(own, kept);
		else
			copy_file(kept, own);
	}
}

static void begin(struct life *life, const char *dir, uint64_t seed, size_t number)
{
	static const unsigned steps[] = { 10, 30, 60, 120 };
	struct err err = ERR_INIT;

	memset(life, 0, sizeof(*life));
	life->random = seed;
	life->step_s = steps[support_random(&life->random) % ARRAY_LEN(steps)];
	life->now_s = FIRST_S;
	snprintf(life->data, sizeof(life->data), "%.200s/data", dir);
	snprintf(life->runtime, sizeof(life->runtime), "%.200s/run", dir);
	ok(io_make_folders(life->data, 0750, &err), &err);
	ok(io_make_folders(life->runtime, 0750, &err), &err);
	ok(store_id_ensure(life->data, life->store_id, &err), &err);
	if (number == 0 || number % FRESH_EVERY != 0)
		provide_database(life, dir, number == 0);
	make_layout(life);
	make_ring(life);
}

static size_t live(struct life *life, const char *dir, uint64_t seed, size_t number)
{
	struct err err = ERR_INIT;
	size_t alerts;

	begin(life, dir, seed, number);
	while (life->count < TICKS_MOST) {
		sample(life);
		turn(life);
		if (ring_head(life->ring) - ring_acknowledged(life->ring) == RING_SEATS)
			turn(life); /* full: nothing is dropped here */
	}
	if (support_uniform(&life->random) < 0.2 && life->is_running)
		kill_it(life);
	/* somebody reads at the end, and nobody kills */
	if (!life->is_running)
		start(life);
	while (life->is_running && recorder_waiting(&life->recorder) > 0)
		ok(recorder_take(&life->recorder, &err), &err);
	write_rrd(&life->recorder);
	ok(recorder_record(&life->recorder, &err), &err);
	alerts = check_life(life);
	drop(&life->recorder);
	ring_close(life->ring);
	scratch_dir_remove(life->data);
	scratch_dir_remove(life->runtime);
	return alerts;
}

struct sums {
	size_t alerts, kills, drains, flushes;
};

/* Every second history from `first` on. */
static struct sums live_through(
	const char *dir, uint64_t seed, size_t first, size_t histories)
{
	static struct life life;
	struct sums sums = { 0 };
	char own[PATH_SIZE];

	snprintf(own, sizeof(own), "%.200s/%zu", dir, first);
	assert_int_equal(mkdir(own, 0750), 0);
	for (size_t i = first; i < histories; i += 2) {
		sums.alerts += live(&life, own, seed + i * 7919, i - first);
		sums.kills += life.kills;
		sums.drains += life.drains;
		sums.flushes += life.flushes;
	}
	return sums;
}

/* The odd ones are lived through by a process of their own: there are two processors. */
static void alerts_are_those_of_the_definition_whoever_reads_when(void **state)
{
	char dir[] = "/dev/shm/headroom-alerts.XXXXXX";
	const char *asked = getenv("HEADROOM_HISTORIES");
	size_t histories = asked ? strtoul(asked, NULL, 10) : HISTORIES;
	uint64_t seed = support_seed(1011);
	struct sums even, odd = { 0 };
	int ends[2], status = 0;
	pid_t child;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	if (!mkdtemp(dir)) {
		snprintf(dir, sizeof(dir), "%s", "/tmp/hr-alerts.XXXXXX");
		assert_non_null(mkdtemp(dir));
	}
	assert_int_equal(pipe(ends), 0);
	fflush(stdout);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		/* one that fails ends here with the test's own word and status */
		odd = live_through(dir, seed, 1, histories);
		_exit(write(ends[1], &odd, sizeof(odd)) != sizeof(odd));
	}
	even = live_through(dir, seed, 0, histories);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(read(ends[0], &odd, sizeof(odd)), sizeof(odd));
	close(ends[0]);
	close(ends[1]);
	scratch_dir_remove(dir);
	even.alerts += odd.alerts;
	even.flushes += odd.flushes;
	even.kills += odd.kills;
	even.drains += odd.drains;
	print_message("%zu histories, %zu alerts, %zu flushes, %zu kills, %zu drains\n",
		histories, even.alerts, even.flushes, even.kills, even.drains);
	assert_true(even.alerts > histories && even.flushes > histories &&
		even.kills > histories / 2 && even.drains > histories / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alerts_are_those_of_the_definition_whoever_reads_when),
	};

	return cmocka_run_group_tests_name("alerts_whole", tests, NULL, NULL);
}
