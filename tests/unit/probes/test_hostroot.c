#include "probes/hostroot.h"
#include "tests/support.h"

#include <string.h>

/* The kernel refuses to read a file of proc/sys into a buffer as large as a probe's. */
static void test_large_buffer_for_sysctl(void **state)
{
	static char text[8 << 20];
	int (*const reads[])(struct host_file *, char *, size_t, size_t *,
		struct err *) = { hostroot_file_read, hostroot_file_read_short,
		hostroot_file_read_begin };
	struct host_root root;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(hostroot_open(&root, "/", &err), 0);
	for (size_t i = 0; i < ARRAY_LEN(reads); i++) {
		struct host_file file;
		size_t length = 0;

		hostroot_file_init(&file, &root, "proc/sys/kernel/ostype");
		assert_int_equal(reads[i](&file, text, sizeof(text), &length, &err), 0);
		assert_int_equal(length, strlen("Linux\n"));
		hostroot_file_done(&file);
	}
	assert_int_equal(
		hostroot_read_text(&root, "proc/sys/kernel/ostype", text, sizeof(text)),
		0);
	assert_string_equal(text, "Linux");
	hostroot_close(&root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_large_buffer_for_sysctl),
	};

	return cmocka_run_group_tests_name("hostroot", tests, NULL, NULL);
}
