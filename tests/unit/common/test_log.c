/* Messages (T64), whole reads and writes, checksums. */
#include "tests/support.h"

#include "common/checksum.h"
#include "common/io.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct escape {
	const char *name, *text, *expected;
};
static struct escape escapes[] = {
	{ "plain text stays", "probe cpu: 5 %", "probe cpu: 5 %" },
	{ "umlauts stay",
		"K\xc3\xbc"
		"che",
		"K\xc3\xbc"
		"che" },
	{ "a newline cannot begin a line", "a\ncollectord: all is well",
		"a\\x0acollectord: all is well" },
	{ "terminal codes are shown", "\033[31m", "\\x1b[31m" },
	{ "delete", "\x7f", "\\x7f" },
	{ "C1 controls",
		"\xc2\x9b"
		"31m",
		"\\u{9b}31m" },
	{ "line separators",
		"a\xe2\x80\xa8"
		"b",
		"a\\u{2028}b" },
	{ "text that runs backwards",
		"\xe2\x80\xae"
		"gpj",
		"\\u{202e}gpj" },
	{ "a lone byte that is no UTF-8",
		"a\xff"
		"b",
		"a\\xffb" },
	{ "an overlong slash", "\xc0\xaf", "\\xc0\\xaf" },
	{ "half a character at the end", "a\xe2\x80", "a\\xe2\\x80" },
	{ "a surrogate", "\xed\xa0\x80", "\\xed\\xa0\\x80" },
	{ "a backslash is doubled, so that nothing can be faked", "\\x0a", "\\\\x0a" },
	{ "nothing", "", "" },
};

static void check_escape(void **state)
{
	const struct escape *escape = *state;
	char out[256];

	assert_int_equal(
		log_escape(escape->text, out, sizeof(out)), strlen(escape->expected));
	assert_string_equal(out, escape->expected);
	/* cut anywhere it stays within its bounds */
	for (unsigned size = 1; size < 12; size++) {
		memset(out, 'x', sizeof(out));
		assert_true(log_escape(escape->text, out, size) < size);
		assert_int_equal(out[size], 'x');
	}
}

static size_t read_pipe(int fd, char *text, size_t size)
{
	ssize_t n = read(fd, text, size - 1);

	text[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

static void a_site_speaks_ten_times_a_minute(void **state)
{
	struct log log;
	struct log_site site = { 0 }, other = { 0 };
	char text[8192];
	int fds[2];
	unsigned lines = 0;

	(void)state;
	assert_int_equal(pipe2(fds, O_NONBLOCK), 0);
	unsetenv("JOURNAL_STREAM");
	log_init(&log, "test");
	log.fd = fds[1];
	for (int i = 0; i < 100; i++)
		log_write(&log, &site, LOG_LEVEL_ERROR, "again %d", i);
	log_write(&log, &other, LOG_LEVEL_WARNING, "something else");
	log_write(&log, &other, LOG_LEVEL_DEBUG, "too talkative");
	read_pipe(fds[0], text, sizeof(text));
	for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	/* a minute that ends in between begins anew */
	assert_true(lines == LOG_LINES_PER_MINUTE + 1 ||
		lines == 2 * LOG_LINES_PER_MINUTE + 2);
	assert_ptr_equal(strstr(text, "test: again 0\n"), text);
	assert_non_null(strstr(text, "test: something else\n"));
	assert_null(strstr(text, "talkative"));
	site.minute--; /* a minute later */
	log_write(&log, &site, LOG_LEVEL_ERROR, "again");
	read_pipe(fds[0], text, sizeof(text));
	assert_non_null(strstr(text, "came 90 more times"));
	close(fds[0]);
	close(fds[1]);
}

static void long_messages_are_cut_and_a_journal_gets_its_level(void **state)
{
	struct log log;
	char text[8192], message[4000];
	int fds[2];

	(void)state;
	memset(message, '\n', sizeof(message));
	message[sizeof(message) - 1] = '\0';
	assert_int_equal(pipe2(fds, O_NONBLOCK), 0);
	setenv("JOURNAL_STREAM", "8:1", 1);
	log_init(&log, "test");
	unsetenv("JOURNAL_STREAM");
	log.fd = fds[1];
	log_warning(&log, "%s", message);
	assert_true(read_pipe(fds[0], text, sizeof(text)) <= 1024);
	assert_ptr_equal(strstr(text, "<4>\\x0a"), text);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	close(fds[0]); /* nobody reads: no signal, no wait */
	signal(SIGPIPE, SIG_IGN);
	log_warning(&log, "into the void");
	close(fds[1]);
}

/* Blocking ends, as a shell gives them: what would wait is given up, and counted. */
static void check_full_stream(int read_fd, int write_fd)
{
	struct log log;
	struct log_site site = { 0 };
	char text[65536], expected[200];
	unsigned said = 0;

	log_init(&log, "test");
	log.fd = write_fd;
	log_error(&log, "what others lost is told"); /* and counts no more */
	read_pipe(read_fd, text, sizeof(text));
	signal(SIGALRM, SIG_DFL);
	alarm(10); /* one that waits is ended */
	for (unsigned i = 0; i < 40000; i++) {
		site = (struct log_site){ 0 };
		log_write(&log, &site, LOG_LEVEL_ERROR, "line %u", i);
	}
	alarm(0);
	assert_int_equal(fcntl(read_fd, F_SETFL, O_NONBLOCK), 0);
	while (read_pipe(read_fd, text, sizeof(text)) > 0)
		for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
			said++;
	assert_in_range(said, 1, 39999);
	log_error(&log, "read again");
	log_error(&log, "and again");
	read_pipe(read_fd, text, sizeof(text));
	snprintf(expected, sizeof(expected),
		"test: (%u messages lost: nobody read them)\n"
		"test: read again\ntest: and again\n",
		40000 - said);
	/* a socket may have taken half of the last line that it took */
	assert_non_null(strstr(text, expected));
	close(read_fd);
	close(write_fd);
}

static void a_full_pipe_is_not_waited_for(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	check_full_stream(fds[0], fds[1]);
}

static void a_full_socket_is_not_waited_for(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	check_full_stream(fds[0], fds[1]);
}

static void a_file_is_replaced_whole(void **state)
{
	char dir[] = "/tmp/test_log.XXXXXX", path[64], link[64];
	struct strbuf text;
	struct err err = ERR_INIT;
	struct stat status;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/file", dir);
	snprintf(link, sizeof(link), "%s/link", dir);
	umask(0);
	assert_int_equal(
		io_replace_file(AT_FDCWD, path, "one", 3, 0640, IO_DURABLE, &err), 0);
	assert_int_equal(
		io_replace_file(AT_FDCWD, path, "two!", 4, 0640, IO_VOLATILE, &err), 0);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0640);
	strbuf_init(&text, 100);
	assert_int_equal(io_read_file(AT_FDCWD, path, &text, &err), 0);
	assert_string_equal(strbuf_text(&text), "two!");
	strbuf_done(&text);
	strbuf_init(&text, 3);
	assert_int_equal(io_read_file(AT_FDCWD, path, &text, &err), -EFBIG);
	strbuf_done(&text);
	assert_int_equal(symlink(path, link), 0);
	strbuf_init(&text, 100);
	assert_int_equal(io_read_file(AT_FDCWD, link, &text, &err), -ELOOP);
	assert_int_equal(io_read_file(AT_FDCWD, dir, &text, &err), -EISDIR);
	strbuf_done(&text);
	assert_int_equal(io_replace_file(AT_FDCWD, "/nowhere/x", "a", 1, 0640,
				 IO_VOLATILE, &err),
		-ENOENT);
	(void)unlink(path);
	(void)unlink(link);
	(void)rmdir(dir);
}

static void folders_are_made_as_mkdir_p_does(void **state)
{
	char dir[] = "/tmp/test_log.XXXXXX", path[80], file[100];
	struct err err = ERR_INIT;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/a/b", dir);
	assert_int_equal(io_make_folders(path, 0750, &err), 0);
	assert_int_equal(io_make_folders(path, 0750, &err), 0);
	snprintf(file, sizeof(file), "%s/f", path);
	fd = open(file, O_CREAT | O_WRONLY, 0600);
	close(fd);
	assert_int_equal(io_make_folders(file, 0750, &err), -ENOTDIR);
	strncat(file, "/x", 3);
	assert_int_equal(io_make_folders(file, 0750, &err), -ENOTDIR);
	assert_int_equal(io_make_folders("", 0750, &err), -ENAMETOOLONG);
	snprintf(file, sizeof(file), "%s/f", path);
	(void)unlink(file);
	(void)rmdir(path);
	snprintf(path, sizeof(path), "%s/a", dir);
	(void)rmdir(path);
	(void)rmdir(dir);
}

static void every_changed_bit_changes_the_checksum(void **state)
{
	unsigned char bytes[200];
	uint64_t seed = support_seed(5);

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)support_random(&seed);
	for (size_t count = 0; count <= sizeof(bytes); count += count < 40 ? 1 : 23) {
		uint64_t sum = checksum64(bytes, count, 1);

		assert_true(sum != checksum64(bytes, count, 2));
		assert_true(count == 0 || sum != checksum64(bytes, count - 1, 1));
		for (size_t bit = 0; bit < count * 8; bit++) {
			bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
			if (checksum64(bytes, count, 1) == sum)
				fail_msg("bit %zu of %zu bytes", bit, count);
			bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
		}
	}
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(escapes) + 7] = {
		cmocka_unit_test(a_site_speaks_ten_times_a_minute),
		cmocka_unit_test(long_messages_are_cut_and_a_journal_gets_its_level),
		cmocka_unit_test(a_full_pipe_is_not_waited_for),
		cmocka_unit_test(a_full_socket_is_not_waited_for),
		cmocka_unit_test(a_file_is_replaced_whole),
		cmocka_unit_test(folders_are_made_as_mkdir_p_does),
		cmocka_unit_test(every_changed_bit_changes_the_checksum),
	};

	for (size_t i = 0; i < ARRAY_LEN(escapes); i++)
		tests[i + 7] = (struct CMUnitTest){ .name = escapes[i].name,
			.test_func = check_escape,
			.initial_state = &escapes[i] };
	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
