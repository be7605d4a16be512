/* Other machines that are sampled: the blocks "host NAME { ... }" of the settings. */
#include "collectord/link/remote_hosts.h"

#include "collectord/link/settings.h"
#include "common/array.h"
#include "common/io.h"
#include "common/parse.h"
#include "common/strbuf.h"
#include "common/suggest.h"
#include "common/util.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HOSTS_TEXT_MAX = 16 << 20, PATH_BYTES = 4096, FIELDS = 7 };

static const struct {
	const char *name;
	unsigned least_s;
} sources[HOST_SOURCE_COUNT] = {
	[HOST_EXPORTER] = { "exporter", 15 },
	[HOST_SSH] = { "ssh", 10 },
	[HOST_SNMP] = { "snmp", 30 },
};

static int set_source(struct remote_host *host, const char *text, struct err *err)
{
	for (unsigned i = 0; i < HOST_SOURCE_COUNT; i++)
		if (strcmp(sources[i].name, text) == 0) {
			host->source = (enum host_source)i;
			return 0;
		}
	return err_set(err, -EINVAL,
		"source = \"%.40s\": expected exporter, ssh or snmp", text);
}

static int remote_hosts_set_text(
	char *to, const char *key, const char *text, struct err *err)
{
	size_t length = strlen(text);

	if (length >= HOST_TEXT_BYTES)
		return err_set(err, -EINVAL, "%s: longer than %d bytes", key,
			HOST_TEXT_BYTES - 1);
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return err_set(err, -EINVAL,
				"%s: a control character is no part of it", key);
	memcpy(to, text, length + 1);
	return 0;
}

int remote_host_set(
	struct remote_host *host, const char *key, const char *text, struct err *err)
{
	int64_t span_s = 0;
	uint64_t number = 0;

	if (strcmp(key, "source") == 0)
		return set_source(host, text, err);
	if (strcmp(key, "address") == 0)
		return remote_hosts_set_text(host->address, key, text, err);
	if (strcmp(key, "token_file") == 0)
		return remote_hosts_set_text(host->token_file, key, text, err);
	if (strcmp(key, "ca_file") == 0)
		return remote_hosts_set_text(host->ca_file, key, text, err);
	if (strcmp(key, "interval") == 0) {
		if (setting_parse_span(text, &span_s) < 0 || span_s < 1 || span_s > 300)
			return err_set(err, -EINVAL,
				"interval = \"%.40s\": expected 10s to 5m", text);
		host->interval_s = (unsigned)span_s;
		return 0;
	}
	if (strcmp(key, "nominal_mhz") == 0) {
		if (parse_u64(text, strlen(text), &number) < 0 || number > 20000)
			return err_set(err, -EINVAL,
				"nominal_mhz = \"%.40s\": expected 0 to 20000", text);
		host->nominal_mhz = (int64_t)number;
		return 0;
	}
	return err_set(err, -EINVAL, "a host has no \"%.40s\"", key);
}

int remote_host_check(struct remote_host *host, struct err *err)
{
	unsigned least_s = sources[host->source].least_s;

	if (!host->name[0] || strlen(host->name) >= HOST_NAME_BYTES)
		return err_set(err, -EINVAL, "a host needs a name of 1 to %d bytes",
			HOST_NAME_BYTES - 1);
	if (!host->address[0])
		return err_set(
			err, -EINVAL, "host %s: there is no address", host->name);
	if (host->source == HOST_EXPORTER &&
		strncmp(host->address, "http://", 7) != 0 &&
		strncmp(host->address, "https://", 8) != 0)
		return err_set(err, -EINVAL,
			"host %s: address = \"%.80s\": expected http:// or https://",
			host->name, host->address);
	/* it becomes an argument: an option is no host */
	if (host->source != HOST_EXPORTER && host->address[0] == '-')
		return err_set(err, -EINVAL,
			"host %s: address = \"%.80s\": expected %s", host->name,
			host->address,
			host->source == HOST_SSH ? "[user@]host" : "host[:port]");
	if (host->source == HOST_SNMP && !host->token_file[0])
		return err_set(err, -EINVAL,
			"host %s: by snmp a token_file is needed (\"community = ...\" or "
			"\"user = ...\")",
			host->name);
	if (host->interval_s == 0)
		host->interval_s = least_s;
	if (host->interval_s < least_s)
		return err_set(err, -EINVAL,
			"host %s: interval = %us: by %s at least %us", host->name,
			host->interval_s, sources[host->source].name, least_s);
	if (300 % host->interval_s != 0)
		return err_set(err, -EINVAL,
			"host %s: interval = %us: expected a part of 5 minutes (10, 15, "
			"20, 30 s, 1, 2, 5 m)",
			host->name, host->interval_s);
	return 0;
}

int remote_hosts_add(
	struct remote_hosts *list, const struct remote_host *host, struct err *err)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->host[i].name, host->name) == 0)
			return err_set(
				err, -EEXIST, "host %s is there twice", host->name);
	if (list->count == HOSTS_MAX)
		return err_set(err, -E2BIG, "more than %d hosts", HOSTS_MAX);
	if (ARRAY_EXTEND(list->host, list->count) < 0)
		return err_oom(err);
	list->host[list->count++] = *host;
	return 0;
}

void remote_hosts_done(struct remote_hosts *list)
{
	free(list->host);
	*list = (struct remote_hosts){ .count = 0 };
}

/* ---- from process to process ------------------------------------------------------- */

static int hosts_path(
	const char *runtime, char path[static PATH_BYTES], struct err *err)
{
	return snprintf(path, PATH_BYTES, "%s/hosts", runtime) < PATH_BYTES
		? 0
		: err_set(err, -ENAMETOOLONG, "%.100s: too long", runtime);
}

int remote_hosts_save(
	const struct remote_hosts *list, const char *runtime, struct err *err)
{
	char path[PATH_BYTES];
	struct strbuf text;
	int r = hosts_path(runtime, path, err);

	if (r < 0)
		return r;
	if (list->count == 0)
		return unlink(path) < 0 && errno != ENOENT ? err_errno(err, "%s", path)
							   : 0;
	strbuf_init(&text, HOSTS_TEXT_MAX);
	for (size_t i = 0; i < list->count; i++) {
		const struct remote_host *host = &list->host[i];

		strbuf_addf(&text, "%s\t%s\t%s\t%u\t%" PRId64 "\t%s\t%s\n", host->name,
			sources[host->source].name, host->address, host->interval_s,
			host->nominal_mhz, host->token_file, host->ca_file);
	}
	r = strbuf_failed(&text);
	if (r == 0)
		r = io_replace_file(AT_FDCWD, path, strbuf_text(&text), text.length,
			0640, IO_VOLATILE, err);
	strbuf_done(&text);
	return r;
}

static int parse_host(char *line, struct remote_host *host, struct err *err)
{
	static const char *const keys[FIELDS] = { NULL, "source", "address", "interval",
		"nominal_mhz", "token_file", "ca_file" };
	char *field[FIELDS];

	for (size_t i = 0; i < FIELDS; i++) {
		field[i] = line;
		line += strcspn(line, "\t");
		if ((*line == '\0') != (i == FIELDS - 1))
			return err_set(err, -EBADMSG, "not a line of hosts");
		if (*line)
			*line++ = '\0';
	}
	*host = (struct remote_host){ .interval_s = 0 };
	snprintf(host->name, sizeof(host->name), "%s", field[0]);
	for (size_t i = 1; i < FIELDS; i++) {
		int r = remote_host_set(host, keys[i], field[i], err);

		if (r < 0)
			return r;
	}
	return remote_host_check(host, err);
}

int remote_hosts_load(
	const char *runtime, struct remote_hosts *ret_list, struct err *err)
{
	struct remote_hosts list = { .count = 0 };
	char path[PATH_BYTES], *rest, *line;
	struct strbuf text;
	int r = hosts_path(runtime, path, err);

	if (r < 0)
		return r;
	strbuf_init(&text, HOSTS_TEXT_MAX);
	r = io_read_file(AT_FDCWD, path, &text, err);
	rest = r == 0 ? text.text : NULL;
	while (r == 0 && rest && (line = strsep(&rest, "\n")) != NULL) {
		struct remote_host host;

		if (!*line)
			continue;
		r = parse_host(line, &host, err);
		if (r == 0)
			r = remote_hosts_add(&list, &host, err);
	}
	strbuf_done(&text);
	if (r < 0 && r != -ENOENT) {
		remote_hosts_done(&list);
		return r;
	}
	*ret_list = list;
	return 0;
}
