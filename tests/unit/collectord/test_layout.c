/* The layout of a tick: text out and in, names, damage. */
#include "tests/support.h"

#include "collectord/link/tick_layout.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void fill(struct layout *layout)
{
	struct err err = ERR_INIT;

	layout_init(layout, 10);
	assert_int_equal(layout_add_file(layout, "cpu", &err), 0);
	assert_int_equal(layout_add_column(layout, "used_mhz",
				 LAYOUT_KEEP_MIN | LAYOUT_KEEP_MAX, &err),
		0);
	assert_int_equal(
		layout_add_column(layout, "busy_ratio", LAYOUT_KEEP_MAX, &err), 0);
	assert_int_equal(layout_add_file(layout, "fs-/mnt/\xc3\xa4 b%\n", &err), 0);
	assert_int_equal(layout_add_column(layout, "size_bytes", 0, &err), 0);
	assert_int_equal(layout_seal(layout, &err), 0);
}

static void text_and_back_is_the_same(void **state)
{
	struct layout layout, again;
	struct strbuf text;
	struct err err = ERR_INIT;

	(void)state;
	fill(&layout);
	strbuf_init(&text, LAYOUT_TEXT_MAX);
	assert_int_equal(layout_print(&layout, &text, &err), 0);
	assert_string_equal(strbuf_text(&text),
		"headroom-layout 1\nstep 10\nfile cpu\nds used_mhz min max\n"
		"ds busy_ratio max\nfile fs-%2Fmnt%2F%C3%A4%20b%25%0A\nds "
		"size_bytes\nend\n");
	assert_int_equal(
		layout_parse(strbuf_text(&text), text.length, &again, &err), 0);
	assert_true(again.id == layout.id && again.id != 0);
	assert_int_equal(again.step_s, 10);
	assert_int_equal(again.file_count, 2);
	assert_string_equal(again.file[1].name, "fs-/mnt/\xc3\xa4 b%\n");
	assert_int_equal(again.file[1].first, 2);
	assert_int_equal(again.file[1].count, 1);
	assert_int_equal(again.column[0].flags, LAYOUT_KEEP_MIN | LAYOUT_KEEP_MAX);
	assert_ptr_equal(layout_find_file(&again, "cpu"), &again.file[0]);
	assert_null(layout_find_file(&again, "memory"));
	layout_done(&again);
	layout_done(&layout);
	strbuf_done(&text);
}

static void bad_names_are_refused(void **state)
{
	struct layout layout;
	struct err err = ERR_INIT;
	char longest[LAYOUT_NAME_BYTES + 1];

	(void)state;
	layout_init(&layout, 1);
	memset(longest, 'n', sizeof(longest));
	longest[LAYOUT_NAME_BYTES] = '\0';
	assert_int_equal(layout_add_column(&layout, "x", 0, &err), -EINVAL);
	assert_int_equal(layout_add_file(&layout, "", &err), -EINVAL);
	assert_int_equal(layout_add_file(&layout, longest, &err), -EINVAL);
	longest[LAYOUT_NAME_BYTES - 1] = '\0';
	assert_int_equal(layout_add_file(&layout, longest, &err), 0);
	assert_int_equal(layout_add_file(&layout, longest, &err), -EEXIST);
	assert_int_equal(layout_add_column(&layout, "", 0, &err), -EINVAL);
	assert_int_equal(layout_add_column(&layout, "a-b", 0, &err), -EINVAL);
	assert_int_equal(
		layout_add_column(&layout, "0123456789abcdef", 0, &err), -EINVAL);
	assert_int_equal(layout_add_column(&layout, "0123456789abcde", 0, &err), 0);
	assert_int_equal(
		layout_add_column(&layout, "0123456789abcde", 0, &err), -EEXIST);
	assert_int_equal(layout_add_column(&layout, "f", 64, &err), -EINVAL);
	layout_done(&layout);
}

struct bad {
	const char *name, *text, *expected;
};
static struct bad bad_cases[] = {
	{ "nothing", "", "line 1" },
	{ "another first line", "headroom-layout 2\nstep 10\nend\n", "line 1" },
	{ "no step", "headroom-layout 1\nend\n", "line 2" },
	{ "a step of 0", "headroom-layout 1\nstep 0\nend\n", "line 2" },
	{ "a step with rubbish", "headroom-layout 1\nstep 10x\nend\n", "line 2" },
	{ "no end", "headroom-layout 1\nstep 10\nfile cpu\n", "before \"end\"" },
	{ "text after the end", "headroom-layout 1\nstep 10\nend\nmore\n", "after" },
	{ "a source before a file", "headroom-layout 1\nstep 10\nds a\nend\n",
		"line 3" },
	{ "an unknown word", "headroom-layout 1\nstep 10\nfil cpu\nend\n", "line 3" },
	{ "a bad escape", "headroom-layout 1\nstep 10\nfile a%2\nend\n", "line 3" },
	{ "an escaped NUL", "headroom-layout 1\nstep 10\nfile a%00b\nend\n", "line 3" },
	{ "an unknown flag", "headroom-layout 1\nstep 10\nfile a\nds b avg\nend\n",
		"line 4" },
};

static void check_bad(void **state)
{
	const struct bad *bad = *state;
	struct layout layout;
	struct err err = ERR_INIT;

	assert_int_equal(
		layout_parse(bad->text, strlen(bad->text), &layout, &err), -EBADMSG);
	if (!strstr(err.text, bad->expected))
		fail_msg("\"%s\" lacks \"%s\"", err.text, bad->expected);
}

static void any_damage_gives_an_error_or_a_layout(void **state)
{
	uint64_t seed = support_seed(99);
	struct strbuf text;
	struct layout layout;
	struct err err = ERR_INIT;
	unsigned whole = 0;

	(void)state;
	print_message("# seed %llu\n", (unsigned long long)seed);
	strbuf_init(&text, LAYOUT_TEXT_MAX);
	fill(&layout);
	assert_int_equal(layout_print(&layout, &text, &err), 0);
	layout_done(&layout);
	for (int round = 0; round < 20000; round++) {
		char copy[512];
		size_t length = text.length;

		memcpy(copy, strbuf_text(&text), length);
		for (unsigned n = 1 + (unsigned)(support_random(&seed) % 3); n > 0; n--)
			copy[support_random(&seed) % length] =
				(char)(support_random(&seed) % 256);
		if (round % 3 == 0)
			length = support_random(&seed) % length;
		if (layout_parse(copy, length, &layout, &err) == 0) {
			whole++;
			assert_true(layout.id != 0 && layout.file_count <= 3);
			layout_done(&layout);
		}
	}
	assert_true(whole > 0 && whole < 20000);
	strbuf_done(&text);
}

static void files_keep_the_id_and_nothing_else_passes(void **state)
{
	char dir[] = "/tmp/test_layout.XXXXXX", name[LAYOUT_FILE_NAME_BYTES], path[128];
	struct layout layout, again;
	struct err err = ERR_INIT;
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(dir));
	fill(&layout);
	assert_int_equal(layout_save(&layout, dir, &err), 0);
	assert_int_equal(layout_save(&layout, dir, &err), 0);
	assert_int_equal(layout_load(dir, layout.id, &again, &err), 0);
	assert_true(again.id == layout.id);
	layout_done(&again);
	assert_int_equal(layout_load(dir, layout.id + 1, &again, &err), -ENOENT);
	layout_file_name(layout.id, name);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	fputs("headroom-layout 1\nstep 10\nend\n", file);
	fclose(file);
	assert_int_equal(layout_load(dir, layout.id, &again, &err), -EBADMSG);
	(void)unlink(path);
	(void)rmdir(dir);
	layout_done(&layout);
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(bad_cases) + 4] = {
		cmocka_unit_test(text_and_back_is_the_same),
		cmocka_unit_test(bad_names_are_refused),
		cmocka_unit_test(any_damage_gives_an_error_or_a_layout),
		cmocka_unit_test(files_keep_the_id_and_nothing_else_passes),
	};

	for (size_t i = 0; i < ARRAY_LEN(bad_cases); i++)
		tests[i + 4] = (struct CMUnitTest){ .name = bad_cases[i].name,
			.test_func = check_bad,
			.initial_state = &bad_cases[i] };
	return cmocka_run_group_tests_name("layout", tests, NULL, NULL);
}
