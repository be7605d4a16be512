/* The store as its users see it: workloads, transactions, series, imports. */
#include "store/incoming.h"
#include "store/store.h"
#include "tests/support.h"
#include "tests/scratch_dir.h"

#include "store/db/events.h"
#include "store/db/health.h"
#include "store/db/imports.h"
#include "store/dir/lock.h"
#include "store/rrd/series_store.h"
#include "store/db/workloads.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct store *open_store(const char *dir)
{
	struct store *store = NULL;
	struct err err = ERR_INIT;

	if (store_open(dir, &store, &err) < 0)
		fail_msg("%s", err.text);
	return store;
}

static void ok(int r, const struct err *err)
{
	if (r < 0)
		fail_msg("%s", err->text);
}

static void an_empty_store_has_no_workloads_and_nothing_is_created(void **state)
{
	struct workload_list list;
	struct err err = ERR_INIT;
	char path[PATH_MAX];
	struct store *store = NULL;
	struct stat status;

	snprintf(path, sizeof(path), "%s/none", (char *)*state);
	store = open_store(path);
	ok(store_workloads(store, &list, &err), &err);
	assert_int_equal(list.count, 0);
	assert_string_equal(store_id(store), "");
	assert_int_equal(stat(path, &status), -1);
	store_close(store);
}

static void workloads_are_kept_and_sorted_with_digits_by_value(void **state)
{
	static const char *const names[] = { "vm10", "vm2", "b", "../../etc", "vm2a",
		"2" };
	static const char *const sorted[] = { "../../etc", "2", "b", "vm2", "vm2a",
		"vm10" };
	struct store *store = open_store(*state);
	struct workload_list list;
	struct err err = ERR_INIT;

	ok(store_begin(store, 0, &err), &err);
	assert_int_equal(strlen(store_id(store)), 32);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct workload workload;

		ok(store_workload_ensure(
			   store, names[i], ORIGIN_IMPORTED, 300, 7, &workload, &err),
			&err);
		assert_null(strchr(workload.folder, '/'));
		assert_true(workload.folder[0] != '.');
		workload_done(&workload);
	}
	ok(store_commit(store, &err), &err);
	ok(store_workloads(store, &list, &err), &err);
	assert_int_equal(list.count, ARRAY_LEN(sorted));
	for (size_t i = 0; i < list.count; i++) {
		assert_string_equal(list.workload[i].name, sorted[i]);
		assert_ptr_equal(
			workload_list_find(&list, sorted[i]), &list.workload[i]);
		assert_int_equal(list.workload[i].phase_s, 7);
	}
	assert_null(workload_list_find(&list, "vm3"));
	workload_list_done(&list);
	store_close(store);
}

static void another_step_is_refused_with_both_numbers(void **state)
{
	struct store *store = open_store(*state);
	struct workload workload;
	struct err err = ERR_INIT;

	ok(store_begin(store, 0, &err), &err);
	ok(store_workload_ensure(store, "a", ORIGIN_SAMPLED, 10, 0, &workload, &err),
		&err);
	workload_done(&workload);
	assert_int_equal(store_workload_ensure(
				 store, "a", ORIGIN_SAMPLED, 5, 0, &workload, &err),
		-EEXIST);
	assert_non_null(strstr(err.text, "10 s"));
	assert_non_null(strstr(err.text, "5 s"));
	store_close(store);
}

static void a_rollback_and_a_close_leave_nothing(void **state)
{
	struct store *store = open_store(*state);
	struct workload_list list;
	struct workload workload;
	struct err err = ERR_INIT;
	double values[2] = { 1, 2 };
	const char *source[] = { "used" };
	unsigned handle = 0;
	char path[PATH_MAX];

	ok(store_incoming_rows(store, source, 1, 300, 3000, 2, values, &handle, &err),
		&err);
	ok(store_begin(store, 0, &err), &err);
	ok(store_workload_ensure(store, "a", ORIGIN_IMPORTED, 300, 0, &workload, &err),
		&err);
	ok(store_publish(store, handle, &workload, "memory", 0, &err), &err);
	workload_done(&workload);
	store_rollback(store);
	ok(store_workloads(store, &list, &err), &err);
	assert_int_equal(list.count, 0);
	store_close(store);
	snprintf(path, sizeof(path), "%s/incoming", (char *)*state);
	assert_int_equal(access(path, F_OK), -1);
	snprintf(path, sizeof(path), "%s/rrd", (char *)*state);
	assert_int_equal(access(path, F_OK), -1);
}

static void imported_rows_come_back_bit_for_bit(void **state)
{
	const char *source[] = { "used", "used_min", "used_max", "total" };
	double values[5][4] = { { 0.1, 0.05, 0.3, 9 }, { NAN, NAN, NAN, NAN },
		{ 1e-300, NAN, NAN, 9 }, { 3, 2, 4, 9 }, { 1.0 / 3, 0.25, 0.5, 9 } };
	struct store *store = open_store(*state);
	struct workload workload;
	struct series series;
	struct err err = ERR_INIT;
	unsigned handle = 0;

	ok(store_incoming_rows(
		   store, source, 4, 300, 1000000200, 5, &values[0][0], &handle, &err),
		&err);
	ok(store_begin(store, 0, &err), &err);
	ok(store_workload_ensure(store, "a", ORIGIN_IMPORTED, 300, 0, &workload, &err),
		&err);
	ok(store_publish(store, handle, &workload, "memory", 0, &err), &err);
	ok(store_workload_set_span(store, workload.id, 1000000200, 1000001400, &err),
		&err);
	ok(store_commit(store, &err), &err);
	ok(store_read_series(store, &workload, "memory", "used", 0, 999999600,
		   1000001999, &series, &err),
		&err);
	assert_int_equal(series.count, 7);
	assert_int_equal(series.first, 999999900);
	assert_true(isnan(series.mean[0]) && isnan(series.mean[2]) &&
		isnan(series.mean[6]));
	for (size_t i = 0; i < 5; i++)
		assert_true(isnan(values[i][0]) || series.mean[i + 1] == values[i][0]);
	assert_true(series.minimum[1] == 0.05 && series.maximum[1] == 0.3);
	/* no extremes given: the mean; an unknown slot has none */
	assert_true(series.minimum[3] == 1e-300 && series.maximum[3] == 1e-300);
	assert_true(isnan(series.maximum[2]));
	series_done(&series);
	assert_int_equal(store_read_series(store, &workload, "memory", "used", 60, 0,
				 1000000, &series, &err),
		-ENODATA);
	assert_int_equal(store_read_series(store, &workload, "memory", "none", 0, 0,
				 1000, &series, &err),
		-ENOENT);
	assert_int_equal(store_read_series(store, &workload, "cpu", "used", 0, 0, 1000,
				 &series, &err),
		-ENOENT);
	workload_done(&workload);
	store_close(store);
}

static void one_writer_at_a_time_and_a_child_keeps_the_lock(void **state)
{
	struct store *first = open_store(*state);
	struct store *second = open_store(*state);
	struct err err = ERR_INIT;
	int pipes[2];
	pid_t child = 0;

	assert_int_equal(store_lock_fd(first), -1);
	ok(store_begin(first, 0, &err), &err);
	assert_true(store_lock_fd(first) >= 0);
	assert_int_equal(store_begin(second, 20, &err), -EBUSY);
	assert_non_null(strstr(err.text, "writer.lock"));
	assert_int_equal(pipe(pipes), 0);
	child = fork();
	if (child == 0) {
		char byte = 0;
		int kept = dup(store_lock_fd(first));

		close(pipes[1]);
		if (read(pipes[0], &byte, 1) < 0 || kept < 0)
			_exit(1);
		_exit(0);
	}
	ok(store_commit(first, &err), &err);
	/* the child's copy still holds it */
	assert_int_equal(store_begin(second, 20, &err), -EBUSY);
	close(pipes[0]);
	close(pipes[1]);
	waitpid(child, NULL, 0);
	ok(store_begin(second, 1000, &err), &err);
	store_close(second);
	store_close(first);
}

static void events_come_back_in_order(void **state)
{
	struct store *store = open_store(*state);
	struct workload workload;
	struct event_list events;
	struct err err = ERR_INIT;
	char start[] = "start", resize[] = "resize", text[] = "a line", json[] = "{}";

	ok(store_begin(store, 0, &err), &err);
	ok(store_workload_ensure(store, "a", ORIGIN_SAMPLED, 10, 0, &workload, &err),
		&err);
	ok(store_event_add(store,
		   &(struct event){ .workload_id = workload.id,
			   .at = 200,
			   .kind = resize,
			   .text = text,
			   .data = json },
		   &err),
		&err);
	ok(store_event_add(store,
		   &(struct event){ .at = 100, .kind = start, .text = text }, &err),
		&err);
	ok(store_commit(store, &err), &err);

	ok(store_events(store, -1, NULL, 0, INT64_MAX, &events, &err), &err);
	assert_int_equal(events.count, 2);
	assert_string_equal(events.event[0].kind, "start");
	assert_string_equal(events.event[1].data, "{}");
	event_list_done(&events);
	ok(store_events(store, workload.id, "start", 0, 1000, &events, &err), &err);
	assert_int_equal(events.count, 0);
	event_list_done(&events);
	workload_done(&workload);
	store_close(store);
}

static void gaps_boots_and_devices_come_back(void **state)
{
	struct store *store = open_store(*state);
	struct workload workload;
	struct gap_list gaps;
	struct boot_list boots;
	struct device_list devices;
	struct err err = ERR_INIT;
	char restart[] = "restart", boot_id[] = "b-1", net[] = "net", eth0[] = "eth0";

	ok(store_begin(store, 0, &err), &err);
	ok(store_workload_ensure(store, "a", ORIGIN_SAMPLED, 10, 0, &workload, &err),
		&err);
	for (int twice = 0; twice < 2; twice++)
		ok(store_gap_add(store,
			   &(struct gap){ .workload_id = workload.id,
				   .from = 100,
				   .to = 120,
				   .reason = restart },
			   &err),
			&err);
	assert_int_equal(store_gap_add(store,
				 &(struct gap){ .workload_id = workload.id,
					 .from = 100,
					 .to = 100,
					 .reason = restart },
				 &err),
		-EINVAL);
	ok(store_boot_note(store,
		   &(struct boot){ .workload_id = workload.id,
			   .boot_id = boot_id,
			   .booted_at = 50,
			   .first_tick = 60,
			   .last_tick = 70 },
		   &err),
		&err);
	ok(store_boot_note(store,
		   &(struct boot){ .workload_id = workload.id,
			   .boot_id = boot_id,
			   .booted_at = 51,
			   .first_tick = 80,
			   .last_tick = 90 },
		   &err),
		&err);
	ok(store_device_note(store,
		   &(struct device){ .workload_id = workload.id,
			   .kind = net,
			   .name = eth0,
			   .first_seen = 5,
			   .last_seen = 9 },
		   &err),
		&err);
	ok(store_commit(store, &err), &err);

	ok(store_gaps(store, workload.id, 0, 1000, &gaps, &err), &err);
	assert_int_equal(gaps.count, 1);
	gap_list_done(&gaps);
	ok(store_boots(store, workload.id, &boots, &err), &err);
	assert_int_equal(boots.count, 1);
	assert_int_equal(boots.boot[0].booted_at, 50);
	assert_int_equal(boots.boot[0].first_tick, 60);
	assert_int_equal(boots.boot[0].last_tick, 90);
	boot_list_done(&boots);
	ok(store_devices(store, workload.id, &devices, &err), &err);
	assert_string_equal(devices.device[0].name, "eth0");
	device_list_done(&devices);
	workload_done(&workload);
	store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			an_empty_store_has_no_workloads_and_nothing_is_created,
			scratch_dir_setup, scratch_dir_teardown),
		cmocka_unit_test_setup_teardown(
			workloads_are_kept_and_sorted_with_digits_by_value,
			scratch_dir_setup, scratch_dir_teardown),
		cmocka_unit_test_setup_teardown(
			another_step_is_refused_with_both_numbers, scratch_dir_setup,
			scratch_dir_teardown),
		cmocka_unit_test_setup_teardown(a_rollback_and_a_close_leave_nothing,
			scratch_dir_setup, scratch_dir_teardown),
		cmocka_unit_test_setup_teardown(imported_rows_come_back_bit_for_bit,
			scratch_dir_setup, scratch_dir_teardown),
		cmocka_unit_test_setup_teardown(
			one_writer_at_a_time_and_a_child_keeps_the_lock,
			scratch_dir_setup, scratch_dir_teardown),
		cmocka_unit_test_setup_teardown(events_come_back_in_order,
			scratch_dir_setup, scratch_dir_teardown),
		cmocka_unit_test_setup_teardown(gaps_boots_and_devices_come_back,
			scratch_dir_setup, scratch_dir_teardown),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
