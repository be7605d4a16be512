/*
 * Other machines that are sampled: the blocks "host NAME { ... }" of the settings file.
 *
 *     host web-1 {
 *         source = exporter                # or ssh, or snmp
 *         address = "http://web-1:9100/metrics"     # ssh: [user@]host of ssh_config
 *                                          # snmp: host[:port], or udp6:[::1]:161
 *         interval = 15s                   # at least 15 s (exporter), 10 s (ssh), 30 s (snmp)
 *         nominal_mhz = 2600               # where the source cannot say
 *         token_file = "/etc/headroom/web-1.token"  # exporter: a bearer token; snmp:
 *                                          # "community = ..." or user, auth, priv
 *         ca_file = "/etc/headroom/ca.pem"          # exporter: a private authority
 *     }
 *
 * The sampler reads them and hands them to the poller as <runtime>/hosts, a line each.
 */
#ifndef COLLECTORD_LINK_REMOTE_HOSTS_H
#define COLLECTORD_LINK_REMOTE_HOSTS_H

#include "common/err.h"

#include <stddef.h>
#include <stdint.h>

#define HOSTS_MAX 4000
#define HOST_NAME_BYTES 128
#define HOST_TEXT_BYTES 512

enum host_source { HOST_EXPORTER, HOST_SSH, HOST_SNMP, HOST_SOURCE_COUNT };

struct remote_host {
	char name[HOST_NAME_BYTES]; /* of the workload */
	enum host_source source;
	char address[HOST_TEXT_BYTES];
	unsigned interval_s;
	int64_t nominal_mhz;                                        /* 0: not stated */
	char token_file[HOST_TEXT_BYTES], ca_file[HOST_TEXT_BYTES]; /* "": none */
};

struct remote_hosts {
	struct remote_host *host;
	size_t count;
};

/* One value by its word in a block, checked; -EINVAL with what was expected. */
int remote_host_set(
	struct remote_host *host, const char *key, const char *text, struct err *err);
/* What holds between the values, once all are set. */
int remote_host_check(struct remote_host *host, struct err *err);

/* Takes the host over; -EEXIST for a name that is there, -E2BIG, -ENOMEM. */
int remote_hosts_add(
	struct remote_hosts *list, const struct remote_host *host, struct err *err);
void remote_hosts_done(struct remote_hosts *list);

/* <runtime>/hosts out and in; a list without hosts is no file. */
int remote_hosts_save(
	const struct remote_hosts *list, const char *runtime, struct err *err);
int remote_hosts_load(
	const char *runtime, struct remote_hosts *ret_list, struct err *err);

#endif
