/*
 * A machine by ssh: the OpenSSH client as a child, one open channel a host, on which the
 * remote shell answers each line with the kernel's texts.  The user's ssh_config, keys and
 * known_hosts hold; nothing is ever asked for (BatchMode).
 *
 * The answer: "\001<path>\n" and the text of that file, "\002<path>\n<target>\n" for a
 * link, and "\001\n" at the end.  The line "s" asks for what changes slowly, too.
 */
#include "collectord/poller/poller.h"

#include "common/spawn.h"
#include "common/util.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SLOW_EVERY_S = 3600, SSH_ANSWER_MAX = 8 << 20 };

static const char remote_script[] =
	"t() { for f; do [ -f /$f ] && [ -r /$f ] && printf '\\001%s\\n' $f && "
	"head -c 400000 /$f 2>/dev/null; done; }\n"
	"d() { [ -e /$1/device ] || return 0; printf '\\001%s\\n' $1/device/recorded; "
	"l=$(readlink /$1/device/driver 2>/dev/null) && "
	"printf '\\002%s\\n%s\\n' $1/device/driver drivers/${l##*/}; }\n"
	"s() { t proc/cpuinfo proc/sys/kernel/osrelease proc/sys/kernel/arch "
	"proc/sys/vm/min_free_kbytes proc/version proc/self/mountinfo etc/os-release\n"
	"for c in /sys/devices/system/cpu/cpu[0-9]*; do a=${c#/}; "
	"t $a/topology/thread_siblings $a/topology/core_siblings $a/topology/core_id "
	"$a/topology/physical_package_id $a/topology/die_id $a/cpufreq/base_frequency "
	"$a/cpufreq/cpuinfo_max_freq $a/acpi_cppc/nominal_freq; done\n"
	"for n in /sys/class/net/*; do a=${n#/}; [ -d $n ] || continue; "
	"t $a/type $a/speed $a/operstate $a/tun_flags $a/uevent; "
	"for g in bridge bonding; do [ -d $n/$g ] && printf '\\001%s\\n' $a/$g/recorded; done; "
	"[ -e $n/master ] && l=$(readlink $n/master) && "
	"printf '\\002%s\\n%s\\n' $a/master ../${l##*/}; d $a; done\n"
	"for b in /sys/block/*; do a=${b#/}; [ -d $b ] || continue; "
	"t $a/size $a/removable $a/queue/rotational; d $a; done; }\n"
	"while read -r x; do [ \"$x\" = s ] && s 2>/dev/null; "
	"t proc/stat proc/meminfo proc/net/dev proc/diskstats proc/loadavg "
	"proc/pressure/cpu proc/pressure/memory proc/pressure/io "
	"proc/sys/kernel/random/boot_id; printf '\\001\\n'; done";

/* ---- the channel ------------------------------------------------------------------------- */

int channel_open(struct polled *polled, char *const *argv, struct err *err)
{
	struct spawn_pipes pipes;
	int r = spawn_with_pipes(
		argv[0], argv, SPAWN_BY_NAME | SPAWN_MUTE, &pipes, err);

	if (r < 0)
		return r;
	polled->pid = pipes.pid;
	polled->out_fd = pipes.to_fd;
	polled->in_fd = pipes.from_fd;
	(void)fcntl(polled->out_fd, F_SETFL, O_NONBLOCK);
	(void)fcntl(polled->in_fd, F_SETFL, O_NONBLOCK);
	polled->is_primed = false;
	return 0;
}

int channel_ask(struct polled *polled, const char *line, size_t most, struct err *err)
{
	strbuf_done(&polled->answer);
	strbuf_init(&polled->answer, most);
	if (write(polled->out_fd, line, strlen(line)) == (ssize_t)strlen(line))
		return 0;
	channel_end(polled);
	return err_set(err, -EPIPE, "the channel is closed");
}

bool channel_read(struct poller *poller, struct polled *polled, const char *why_ended)
{
	char bytes[65536];
	ssize_t got;

	while ((got = read(polled->in_fd, bytes, sizeof(bytes))) > 0)
		strbuf_add_bytes(&polled->answer, bytes, (size_t)got);
	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR) ||
		strbuf_failed(&polled->answer)) {
		channel_end(polled);
		if (polled->asked_s)
			poller_fail(poller, polled,
				got == 0 ? why_ended : "its answer is too long");
		return false;
	}
	return polled->asked_s != 0;
}

void channel_end(struct polled *polled)
{
	if (polled->out_fd >= 0)
		close(polled->out_fd);
	if (polled->in_fd >= 0)
		close(polled->in_fd);
	polled->out_fd = polled->in_fd = -1;
	if (polled->pid > 0) {
		(void)kill(polled->pid, SIGKILL);
		(void)waitpid(polled->pid, NULL, 0);
	}
	polled->pid = 0;
}

/* ---- the client -------------------------------------------------------------------------- */

static int open_client(struct polled *polled, struct err *err)
{
	char address[HOST_TEXT_BYTES], script[sizeof(remote_script)];
	char program[] = "ssh", no_tty[] = "-T", option[] = "-o",
	     batch[] = "BatchMode=yes", connect[] = "ConnectTimeout=10",
	     alive[] = "ServerAliveInterval=15", end[] = "--";
	char *argv[] = { program, no_tty, option, batch, option, connect, option, alive,
		end, address, script, NULL };

	memcpy(script, remote_script, sizeof(script));
	snprintf(address, sizeof(address), "%s", polled->host->address);
	return channel_open(polled, argv, err);
}

int ssh_ask(struct poller *poller, struct polled *polled, struct err *err)
{
	bool is_new = polled->pid == 0;
	bool is_slow = is_new || polled->asked_s % SLOW_EVERY_S == 0;
	int r = is_new ? open_client(polled, err) : 0;

	(void)poller;
	return r < 0
		? r
		: channel_ask(polled, is_slow ? "s\n" : "f\n", SSH_ANSWER_MAX, err);
}

/* ---- the answer --------------------------------------------------------------------------- */

/* Below proc, sys, etc or usr, without a step up. */
static bool is_path(const char *path)
{
	static const char *const tops[] = { "proc/", "sys/", "etc/", "usr/" };

	if (strstr(path, "..") || strlen(path) > 200 ||
		path[strspn(path,
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			"0123456789._:@/!-")] != '\0')
		return false;
	for (size_t i = 0; i < ARRAY_LEN(tops); i++)
		if (strncmp(path, tops[i], strlen(tops[i])) == 0)
			return true;
	return false;
}

static int put_link(const struct polled *polled, const char *path, const char *target,
	struct err *err)
{
	char whole[POLLER_PATH_BYTES + 256];
	int r;

	if (strncmp(target, "../", 3) == 0 ? strchr(target + 3, '/') != NULL
					   : strncmp(target, "drivers/", 8) != 0)
		return 0;
	/* its folder is made by a file that is put and taken away */
	r = poller_put_text(polled, path, "", 0, err);
	if (r < 0)
		return r;
	snprintf(whole, sizeof(whole), "%s/%.200s", polled->folder, path);
	(void)unlink(whole);
	return symlink(target, whole) < 0 ? err_errno(err, "%s", whole) : 0;
}

/* Each part of a whole answer into the root. */
static int use_parts(struct polled *polled, struct err *err)
{
	char *at = polled->answer.text;
	char *end = at + polled->answer.length;

	while (at < end && (*at == '\001' || *at == '\002')) {
		bool is_link = *at == '\002';
		char *path = at + 1;
		char *newline = memchr(path, '\n', (size_t)(end - path));
		char *next;
		int r = 0;

		if (!newline)
			return err_set(err, -EBADMSG, "its answer is cut");
		*newline = '\0';
		if (!*path)
			return 0;
		for (next = newline + 1; next < end &&
			!((next[-1] == '\n' || next[-1] == '\0') &&
				(*next == '\001' || *next == '\002'));
			next++)
			;
		if (is_link && next > newline + 1) {
			next[-1] = '\0';
			if (is_path(path))
				r = put_link(polled, path, newline + 1, err);
		} else if (!is_link && is_path(path)) {
			r = poller_put_text(polled, path, newline + 1,
				(size_t)(next - newline - 1), err);
		}
		if (r < 0)
			return r;
		at = next;
	}
	return err_set(err, -EBADMSG, "its answer is not one of ours");
}

static bool ssh_is_whole(const struct strbuf *answer)
{
	size_t length = answer->length;

	return length >= 2 && memcmp(answer->text + length - 2, "\001\n", 2) == 0 &&
		(length == 2 || answer->text[length - 3] == '\n');
}

void ssh_read(struct poller *poller, struct polled *polled)
{
	struct err err = ERR_INIT;

	if (!channel_read(poller, polled, "ssh has ended (ssh -v tells why)") ||
		!ssh_is_whole(&polled->answer))
		return;
	if (use_parts(polled, &err) < 0)
		poller_fail(poller, polled, err.text);
	else
		poller_take(poller, polled);
	strbuf_done(&polled->answer);
	strbuf_init(&polled->answer, SSH_ANSWER_MAX);
}
