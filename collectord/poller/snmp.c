/*
 * A machine by SNMP: collectord-snmp as a child, one for each host, that answers each line
 * as an exporter would.  It is there where libsnmp was when this was built.
 */
#include "collectord/poller/poller.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SNMP_ANSWER_MAX = 4 << 20 };

static const char answer_end[] = "# EOF\n";
static const char uptime_mark[] = "# uptime ";

/* It stands beside us. */
static int find_program(char ret_path[static POLLER_PATH_BYTES], struct err *err)
{
	ssize_t length = readlink("/proc/self/exe", ret_path, POLLER_PATH_BYTES - 32);
	char *slash;

	if (length <= 0)
		return err_errno(err, "/proc/self/exe");
	ret_path[length] = '\0';
	slash = strrchr(ret_path, '/');
	snprintf(slash ? slash + 1 : ret_path, 32, "collectord-snmp");
	return access(ret_path, X_OK) < 0
		? err_set(err, -ENOENT,
			  "SNMP was left out of this installation (collectord-snmp, "
			  "libsnmp)")
		: 0;
}

static int open_agent(struct polled *polled, struct err *err)
{
	char program[POLLER_PATH_BYTES], address[HOST_TEXT_BYTES],
		secrets[HOST_TEXT_BYTES];
	char *argv[] = { program, address, secrets, NULL };
	int r = find_program(program, err);

	if (r < 0)
		return r;
	snprintf(address, sizeof(address), "%s", polled->host->address);
	snprintf(secrets, sizeof(secrets), "%s", polled->host->token_file);
	return channel_open(polled, argv, err);
}

int snmp_ask(struct polled *polled, struct err *err)
{
	int r = polled->pid == 0 ? open_agent(polled, err) : 0;

	return r < 0 ? r : channel_ask(polled, "\n", SNMP_ANSWER_MAX, err);
}

/*
 * The agent's own time between two readings: ours has the way of the answer in it.  Where
 * the agent has begun anew, ours is what there is.
 */
static void snmp_set_clock(struct polled *polled, double uptime_s, int64_t own_ns)
{
	int64_t passed_ns = (int64_t)((uptime_s - polled->uptime_s) * (double)NS_PER_S);
	int64_t own_passed_ns = own_ns - polled->own_ns;

	if (polled->source_ns == 0 || uptime_s < polled->uptime_s ||
		llabs(passed_ns - own_passed_ns) > own_passed_ns / 2 + NS_PER_S)
		passed_ns = own_passed_ns;
	polled->source_ns = polled->source_ns ? polled->source_ns + passed_ns : own_ns;
	polled->uptime_s = uptime_s;
	polled->own_ns = own_ns;
}

static int snmp_use(struct poller *poller, struct polled *polled, struct err *err)
{
	const char *text = strbuf_text(&polled->answer);
	char *end = NULL;
	struct clock clock;
	struct clock_now now;
	double uptime_s;

	if (strncmp(text, uptime_mark, sizeof(uptime_mark) - 1) != 0)
		return err_set(err, -EIO, "%.*s",
			(int)strcspn(*text == '#' ? text + 2 : text, "\n") % 150,
			*text == '#' ? text + 2 : text);
	uptime_s = strtod(text + sizeof(uptime_mark) - 1, &end);
	if (!end || *end != '\n' || !isfinite(uptime_s) || uptime_s < 0)
		return err_set(err, -EBADMSG, "its answer is not one of ours");
	clock_init_kernel(&clock);
	clock.read(&clock, &now);
	snmp_set_clock(polled, uptime_s, now.monotonic_ns);
	return exporter_use(poller, polled, err);
}

void snmp_read(struct poller *poller, struct polled *polled)
{
	const size_t length = sizeof(answer_end) - 1;
	struct err err = ERR_INIT;

	if (!channel_read(poller, polled, "collectord-snmp has ended") ||
		polled->answer.length < length ||
		strcmp(polled->answer.text + polled->answer.length - length,
			answer_end) != 0)
		return;
	if (snmp_use(poller, polled, &err) < 0)
		poller_fail(poller, polled, err.text);
	else
		poller_take(poller, polled);
	strbuf_done(&polled->answer);
	strbuf_init(&polled->answer, SNMP_ANSWER_MAX);
}
