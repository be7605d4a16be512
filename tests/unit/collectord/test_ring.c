/* The ring of ticks: replay after kills, wrap-around, overflow, damage, widening. */
#include "tests/support.h"

#include "collectord/link/ring_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct fixture {
	char dir[64];
	char path[80];
	struct ring_config config;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	snprintf(f->dir, sizeof(f->dir), "/tmp/test_ring.XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	snprintf(f->path, sizeof(f->path), "%s/ring", f->dir);
	f->config =
		(struct ring_config){ .seat_count = 8, .value_count = 5, .step_s = 10 };
	memset(f->config.store_id, 7, sizeof(f->config.store_id));
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	(void)unlink(f->path);
	(void)rmdir(f->dir);
	free(f);
	return 0;
}

static struct ring *create(struct fixture *f, char note[static 160])
{
	struct err err = ERR_INIT;
	struct ring *ring = NULL;

	if (ring_create(f->path, &f->config, &ring, note, &err) < 0)
		fail_msg("ring_create: %s", err.text);
	return ring;
}

static struct ring *open_ring(struct fixture *f)
{
	struct err err = ERR_INIT;
	struct ring *ring = NULL;

	if (ring_open(f->path, f->config.store_id, &ring, &err) < 0)
		fail_msg("ring_open: %s", err.text);
	return ring;
}

/* Publishes a tick whose values can be recognised; false when the ring is full. */
static bool put(struct ring *ring, int64_t stamp_s, unsigned count, bool is_withheld)
{
	struct ring_seat *seat = ring_reserve(ring, count);

	if (!seat)
		return false;
	seat->stamp_s = stamp_s;
	seat->boottime_ns = stamp_s * 2;
	seat->step_s = 10;
	for (unsigned i = 0; i < count; i++)
		seat->values[i] = (double)(stamp_s + i);
	ring_publish(ring, is_withheld);
	return true;
}

static void assert_tick(
	struct ring *ring, uint64_t sequence, int64_t stamp_s, unsigned count)
{
	const struct ring_seat *seat = NULL;

	assert_int_equal(ring_peek(ring, sequence, &seat), 0);
	assert_int_equal(seat->sequence, sequence);
	assert_int_equal(seat->stamp_s, stamp_s);
	assert_int_equal(seat->count, count);
	for (unsigned i = 0; i < count; i++)
		assert_near(seat->values[i], (double)(stamp_s + i), 0);
}

static void ticks_come_out_as_they_went_in(void **state)
{
	struct fixture *f = *state;
	char note[160];
	struct ring *producer = create(f, note);
	struct ring *consumer = open_ring(f);
	const struct ring_seat *seat;

	assert_string_equal(note, "");
	assert_int_equal(ring_peek(consumer, 1, &seat), -ENOENT);
	for (int i = 1; i <= 100; i++) {
		assert_true(put(producer, i * 10, 5, false));
		assert_tick(consumer, (uint64_t)i, i * 10, 5);
		if (i % 3 == 0)
			ring_acknowledge(consumer, (uint64_t)i);
	}
	assert_int_equal(ring_acknowledged(producer), 99);
	assert_int_equal(ring_peek(consumer, 99, &seat), -ENOENT);
	assert_tick(consumer, 100, 1000, 5);
	ring_close(producer);
	ring_close(consumer);
}

static void a_full_ring_takes_no_more_and_loses_nothing(void **state)
{
	struct fixture *f = *state;
	char note[160];
	struct ring *ring = create(f, note);

	for (int i = 1; i <= 8; i++)
		assert_true(put(ring, i * 10, 5, false));
	assert_false(put(ring, 90, 5, false));
	ring_acknowledge(ring, 1);
	assert_true(put(ring, 90, 5, false));
	for (int i = 2; i <= 9; i++)
		assert_tick(ring, (uint64_t)i, i * 10, 5);
	ring_close(ring);
}

static void what_is_withheld_is_not_given_out_before_its_release(void **state)
{
	struct fixture *f = *state;
	char note[160];
	struct ring *ring = create(f, note);
	const struct ring_seat *seat;

	put(ring, 10, 5, false);
	put(ring, 20, 5, true);
	put(ring, 30, 5, true);
	assert_int_equal(ring_peek(ring, 2, &seat), -ENOENT);
	ring_acknowledge(ring, 3); /* not released: no effect */
	assert_int_equal(ring_acknowledged(ring), 0);
	ring_settle(ring, 2, 120, RING_WAS_WITHHELD);
	ring_settle(ring, 3, 0, RING_DISCARD);
	ring_release(ring);
	assert_int_equal(ring_peek(ring, 2, &seat), 0);
	assert_int_equal(seat->stamp_s, 120);
	assert_int_equal(seat->flags, RING_WAS_WITHHELD);
	assert_int_equal(ring_boottime_ns(ring, 2), 40);
	assert_int_equal(ring_peek(ring, 3, &seat), 0);
	assert_int_equal(seat->flags, RING_DISCARD);
	ring_close(ring);
}

static void a_restart_finds_what_was_not_acknowledged(void **state)
{
	struct fixture *f = *state;
	char note[160];
	struct ring *ring = create(f, note);
	uint64_t incarnation = ring_incarnation(ring);

	for (int i = 1; i <= 6; i++)
		put(ring, i * 10, 5, i == 6);
	ring_acknowledge(ring, 2);
	ring_count(ring, RING_COUNT_TICKS, 6);
	ring_set_gauge(ring, RING_LAST_STAMP_S, 50);
	ring_close(ring);

	ring = create(f, note);
	assert_string_equal(note, "");
	assert_int_equal(ring_incarnation(ring), incarnation);
	assert_int_equal(ring_head(ring), 6);
	assert_int_equal(ring_released(ring), 5);
	assert_int_equal(ring_counter(ring, RING_COUNT_TICKS), 6);
	assert_int_equal(ring_gauge(ring, RING_LAST_STAMP_S), 50);
	for (int i = 3; i <= 5; i++)
		assert_tick(ring, (uint64_t)i, i * 10, 5);
	put(ring, 70, 5, true);
	assert_int_equal(ring_head(ring), 7);
	ring_close(ring);
}

static void the_ring_of_another_store_is_never_replayed(void **state)
{
	struct fixture *f = *state;
	char note[160];
	struct ring *ring = create(f, note), *other = NULL;
	struct err err = ERR_INIT;
	uint64_t incarnation = ring_incarnation(ring);

	put(ring, 10, 5, false);
	ring_close(ring);
	f->config.store_id[3] ^= 1;
	assert_int_equal(ring_open(f->path, f->config.store_id, &other, &err), -ESTALE);
	ring = create(f, note);
	assert_non_null(strstr(note, "another store"));
	assert_int_equal(ring_head(ring), 0);
	assert_true(ring_incarnation(ring) != incarnation);
	ring_close(ring);
}

static void another_step_makes_a_new_ring(void **state)
{
	struct fixture *f = *state;
	char note[160];
	struct ring *ring = create(f, note);

	put(ring, 10, 5, false);
	ring_close(ring);
	f->config.step_s = 5;
	ring = create(f, note);
	assert_non_null(strstr(note, "10 s"));
	assert_int_equal(ring_head(ring), 0);
	assert_int_equal(ring_step_s(ring), 5);
	ring_close(ring);
}

static void a_wider_layout_keeps_what_is_pending(void **state)
{
	struct fixture *f = *state;
	char note[160];
	struct ring *ring = create(f, note);
	struct ring *consumer = open_ring(f);
	struct err err = ERR_INIT;

	for (int i = 1; i <= 10; i++) {
		put(ring, i * 10, 5, false);
		if (i == 4)
			ring_acknowledge(consumer, 4);
	}
	ring_add_event(ring, RING_EVENT_HOTPLUG, 100, 1, "came: net-eth1");
	assert_null(ring_reserve(ring, 500));
	assert_int_equal(ring_widen(ring, 500, &err), 0);
	assert_true(ring_value_capacity(ring) >= 500);
	assert_true(put(ring, 110, 500, false));
	assert_true(ring_is_superseded(consumer));
	ring_acknowledge(consumer, 5); /* into the old file: lost, but repeated below */
	ring_close(consumer);
	consumer = open_ring(f);
	assert_false(ring_is_superseded(consumer));
	assert_int_equal(ring_event_head(consumer), 1);
	for (int i = 5; i <= 10; i++)
		assert_tick(consumer, (uint64_t)i, i * 10, 5);
	assert_tick(consumer, 11, 110, 500);
	ring_acknowledge(consumer, 11);
	assert_int_equal(ring_acknowledged(ring), 11);
	ring_close(ring);
	ring_close(consumer);
}

/* As after somebody wiped the folder. */
static void one_that_was_removed_is_put_back_with_what_is_pending(void **state)
{
	struct fixture *f = *state;
	char note[160];
	struct ring *ring = create(f, note);
	struct ring *consumer = open_ring(f);
	struct err err = ERR_INIT;
	unsigned capacity = ring_value_capacity(ring);

	for (int i = 1; i <= 10; i++) {
		put(ring, i * 10, 5, i > 8);
		if (i == 4)
			ring_acknowledge(consumer, 4);
	}
	ring_add_event(ring, RING_EVENT_HOTPLUG, 100, 1, "came: net-eth1");
	assert_int_equal(unlink(f->path), 0);
	assert_int_equal(ring_put_back(ring, &err), 0);
	assert_true(ring_is_superseded(consumer));
	ring_close(consumer);
	consumer = open_ring(f);
	assert_int_equal(ring_value_capacity(ring), capacity);
	assert_int_equal(ring_acknowledged(consumer), 4);
	assert_int_equal(ring_head(consumer), 10);
	assert_int_equal(ring_released(consumer), 8);
	assert_int_equal(ring_event_head(consumer), 1);
	for (int i = 5; i <= 8; i++)
		assert_tick(consumer, (uint64_t)i, i * 10, 5);
	ring_release(ring);
	assert_tick(consumer, 10, 100, 5);
	ring_close(ring);
	ring_close(consumer);
}

static void too_wide_is_refused(void **state)
{
	struct fixture *f = *state;
	char note[160];
	struct ring *ring = NULL;
	struct err err = ERR_INIT;

	f->config.value_count = RING_VALUES_MAX + 1;
	assert_int_equal(ring_create(f->path, &f->config, &ring, note, &err), -E2BIG);
	assert_null(ring);
}

/* T04: the producer is killed at a random moment, many times; what it said it published
 * is there. */
static void a_killed_producer_loses_nothing_published(void **state)
{
	struct fixture *f = *state;
	uint64_t seed = support_seed(20261121);
	char note[160];
	uint64_t taken = 0;
	_Atomic uint64_t *published = mmap(
		NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	print_message("# seed %llu\n", (unsigned long long)seed);
	f->config.seat_count = 64;
	/* on a busy machine many are killed before they have run at all */
	for (int round = 0; round < 60 || (taken <= 100 && round < 2000); round++) {
		const struct ring_seat *seat;
		struct ring *ring;
		pid_t pid = fork();
		uint64_t head;

		if (pid == 0) {
			ring = create(f, note);
			for (;;) {
				int64_t stamp = (int64_t)ring_head(ring) + 1;

				if (put(ring, stamp, 5, false))
					atomic_store(published, (uint64_t)stamp);
			}
		}
		usleep(200 + (unsigned)(support_random(&seed) % 3000));
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		if (access(f->path, F_OK) < 0)
			continue; /* before it had made the file */
		ring = create(f, note);
		head = ring_head(ring);
		assert_string_equal(note, "");
		assert_true(head >= atomic_load(published));
		assert_true(head <= atomic_load(published) + 1);
		for (uint64_t s = ring_acknowledged(ring) + 1; s <= head; s++) {
			assert_int_equal(s, ++taken);
			assert_int_equal(ring_peek(ring, s, &seat), 0);
			assert_int_equal(seat->stamp_s, s);
			assert_near(seat->values[4], (double)(s + 4), 0);
		}
		ring_acknowledge(ring, head);
		ring_close(ring);
	}
	assert_true(taken > 100);
	munmap((void *)(uintptr_t)published, 4096);
}

/* T17: any damaged byte is found, or did not matter. */
static void damage_never_passes_as_a_tick(void **state)
{
	struct fixture *f = *state;
	uint64_t seed = support_seed(7);
	unsigned refused = 0, discarded = 0;
	struct stat status;

	print_message("# seed %llu\n", (unsigned long long)seed);
	for (int round = 0; round < 400; round++) {
		char note[160];
		struct ring *ring;
		const struct ring_seat *seat;
		unsigned char byte;
		off_t at;
		int fd;

		(void)unlink(f->path);
		ring = create(f, note);
		for (int i = 1; i <= 5; i++)
			put(ring, i * 10, 5, false);
		ring_close(ring);
		fd = open(f->path, O_RDWR);
		assert_int_equal(fstat(fd, &status), 0);
		at = (off_t)(support_random(&seed) % (uint64_t)status.st_size);
		if (round % 2) /* half of them where the seats are */
			at = status.st_size - 1 - at % (64 * 2 * 8);
		assert_int_equal(pread(fd, &byte, 1, at), 1);
		byte ^= (unsigned char)(1u << (support_random(&seed) % 8));
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		close(fd);
		ring = create(f, note);
		refused += strstr(note, "new ring") != NULL;
		for (uint64_t s = 1; s <= ring_head(ring) && s <= 5; s++) {
			if (ring_peek(ring, s, &seat) != 0)
				continue;
			if (seat->flags & RING_DISCARD) {
				discarded++;
				continue;
			}
			assert_int_equal(seat->stamp_s, (int64_t)s * 10);
			assert_near(seat->values[2], (double)(s * 10 + 2), 0);
		}
		ring_close(ring);
	}
	print_message("# %u rings refused, %u ticks discarded\n", refused, discarded);
	assert_true(discarded > 20);
}

static void a_file_that_is_no_ring_is_replaced(void **state)
{
	struct fixture *f = *state;
	static const off_t sizes[] = { 0, 1, 100, 5000, 100000 };
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		char note[160];
		struct ring *ring = NULL;
		int fd = open(f->path, O_RDWR | O_CREAT | O_TRUNC, 0600);

		assert_int_equal(ftruncate(fd, sizes[i]), 0);
		close(fd);
		assert_int_equal(ring_open(f->path, NULL, &ring, &err), -EBADMSG);
		ring = create(f, note);
		assert_int_equal(ring_head(ring), 0);
		assert_true(note[0]);
		ring_close(ring);
	}
}

static void a_link_in_its_place_is_not_followed(void **state)
{
	struct fixture *f = *state;
	struct ring *ring = NULL;
	struct err err = ERR_INIT;
	struct stat status;
	char victim[96], note[160];
	int fd;

	snprintf(victim, sizeof(victim), "%s/victim", f->dir);
	fd = open(victim, O_RDWR | O_CREAT, 0600);
	close(fd);
	assert_int_equal(symlink(victim, f->path), 0);
	assert_int_equal(ring_open(f->path, NULL, &ring, &err), -ELOOP);
	ring = create(f, note); /* the link is replaced, not what it points to */
	ring_close(ring);
	assert_int_equal(lstat(f->path, &status), 0);
	assert_true(S_ISREG(status.st_mode));
	assert_int_equal(stat(victim, &status), 0);
	assert_int_equal(status.st_size, 0);
	(void)unlink(victim);
}

static void events_come_out_once_and_too_many_are_counted(void **state)
{
	struct fixture *f = *state;
	char note[160], text[400];
	struct ring *ring = create(f, note);
	const struct ring_event *event = NULL;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ring_add_event(ring, RING_EVENT_SUSPEND, 100, 30, "slept");
	ring_add_event(ring, RING_EVENT_SOURCE_LATE, 110, 0, text);
	assert_int_equal(ring_peek_event(ring, 1, &event), 0);
	assert_string_equal(event->text, "slept");
	assert_int_equal(event->amount, 30);
	assert_string_equal(ring_event_kind_name(event->kind), "suspend");
	assert_int_equal(ring_peek_event(ring, 2, &event), 0);
	assert_int_equal(strlen(event->text), RING_EVENT_TEXT_BYTES - 1);
	ring_acknowledge_events(ring, 2);
	assert_int_equal(ring_peek_event(ring, 2, &event), -ENOENT);
	for (int i = 0; i < RING_EVENTS + 5; i++)
		ring_add_event(ring, RING_EVENT_START, i, 0, "again");
	assert_int_equal(ring_counter(ring, RING_COUNT_EVENTS_DROPPED), 5);
	assert_int_equal(ring_event_head(ring), RING_EVENTS + 2);
	assert_string_equal(ring_event_kind_name(9999), "unknown");
	ring_close(ring);
}

/* A number in the file that counting never reaches: a walk up to it would not end. */
static void numbers_that_nobody_counted_to_are_refused(void **state)
{
	struct fixture *f = *state;
	const struct {
		size_t head, acknowledged;
	} pairs[] = { { offsetof(struct ring_header, head),
			      offsetof(struct ring_header, acknowledged) },
		{ offsetof(struct ring_header, event_head),
			offsetof(struct ring_header, event_acknowledged) } };

	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		const uint64_t most = UINT64_MAX, before = UINT64_MAX - 1;
		char note[160];
		struct ring *ring = create(f, note);
		int fd = open(f->path, O_WRONLY);

		ring_close(ring);
		assert_true(fd >= 0);
		assert_int_equal(pwrite(fd, &most, 8, (off_t)pairs[i].head), 8);
		assert_int_equal(
			pwrite(fd, &before, 8, (off_t)pairs[i].acknowledged), 8);
		assert_int_equal(
			pwrite(fd, &most, 8, offsetof(struct ring_header, released)),
			8);
		close(fd);
		assert_int_equal(ring_open(f->path, NULL, &ring, NULL), -EBADMSG);
		ring_close(create(f, note));
		assert_non_null(strstr(note, "sequence numbers are damaged"));
	}
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ticks_come_out_as_they_went_in),
		TEST(a_full_ring_takes_no_more_and_loses_nothing),
		TEST(what_is_withheld_is_not_given_out_before_its_release),
		TEST(a_restart_finds_what_was_not_acknowledged),
		TEST(the_ring_of_another_store_is_never_replayed),
		TEST(another_step_makes_a_new_ring),
		TEST(a_wider_layout_keeps_what_is_pending),
		TEST(one_that_was_removed_is_put_back_with_what_is_pending),
		TEST(too_wide_is_refused),
		TEST(a_killed_producer_loses_nothing_published),
		TEST(damage_never_passes_as_a_tick),
		TEST(numbers_that_nobody_counted_to_are_refused),
		TEST(a_file_that_is_no_ring_is_replaced),
		TEST(a_link_in_its_place_is_not_followed),
		TEST(events_come_out_once_and_too_many_are_counted),
	};

	return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
