#include "collectord/recorder/deliver_text.h"

#include "common/units.h"
#include "common/utf8.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SUBJECT_COLUMNS 400
#define EXCURSIONS_TOLD 20 /* so that DELIVERIES_AT_ONCE messages fit into a pipe */

void deliver_fail_with(struct strbuf *out, const struct strbuf *part)
{
	if (strbuf_failed(part) == -ENOMEM)
		out->error = -ENOMEM;
}

void deliver_json_text(const char *text, struct strbuf *out)
{
	const unsigned char *at = (const unsigned char *)text;

	strbuf_add(out, "\"");
	while (*at) {
		uint32_t point = 0;
		unsigned length = utf8_decode(at, &point);

		if (length == 0) /* JSON is UTF-8, names of mounts are bytes */
			strbuf_add(out, "\xef\xbf\xbd");
		else if (point == '"' || point == '\\')
			strbuf_addf(out, "\\%c", (char)point);
		else if (point < 0x20 || point == 0x7f)
			strbuf_addf(out, "\\u%04x", point);
		else
			strbuf_add_bytes(out, (const char *)at, length);
		at += length ? length : 1;
	}
	strbuf_add(out, "\"");
}

/* In a line for people: a name cannot end the line, nor turn it round. */
static void add_name(struct strbuf *out, const char *name)
{
	const unsigned char *at = (const unsigned char *)name;

	while (*at) {
		uint32_t point = 0;
		unsigned length = utf8_decode(at, &point);

		if (length > 0 && utf8_is_plain(point))
			strbuf_add_bytes(out, (const char *)at, length);
		else
			strbuf_addf(out, length > 1 ? "\\u{%x}" : "\\x%02x",
				length > 1 ? point : *at);
		at += length ? length : 1;
	}
}

static void add_quantity(struct strbuf *out, double value, const char *unit)
{
	if (isnan(value))
		strbuf_add(out, "unknown");
	else if (strcmp(unit, "bytes") == 0)
		strbuf_addf(out, "%.2f GB", value / BYTES_PER_GB);
	else if (strcmp(unit, "ratio") == 0)
		strbuf_addf(out, "%.1f %%", 100 * value);
	else if (strcmp(unit, "mhz") == 0)
		strbuf_addf(out, "%.0f MHz", value);
	else if (strcmp(unit, "celsius") == 0)
		strbuf_addf(out, "%.1f C", value);
	else
		strbuf_addf(out, "%.0f %s", value, unit);
}

void deliver_line(const struct alert *alert, const char *occasion, struct strbuf *out)
{
	add_name(out, alert->workload);
	strbuf_addf(out, ": %s%s", alert->kind, *alert->subject ? " of " : "");
	add_name(out, alert->subject);
	strbuf_addf(out, " %s: ", occasion);
	add_quantity(out, alert->height, alert->unit);
	strbuf_add(out, ", limit ");
	add_quantity(out, alert->limit, alert->unit);
}

void deliver_key(const struct alert *alert, const char *store_id, const char *occasion,
	struct strbuf *out)
{
	strbuf_addf(out, "headroom-%s-%" PRId64 "-%s", store_id, alert->id, occasion);
}

static void add_rfc3339(struct strbuf *out, int64_t when)
{
	time_t seconds = (time_t)when;
	struct tm parts;
	char text[32] = "";

	if (gmtime_r(&seconds, &parts))
		(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
	strbuf_addf(out, "\"%s\"", text);
}

static void add_pair(
	struct strbuf *out, const char *name, const char *value, bool is_last)
{
	strbuf_addf(out, "\"%s\":", name);
	deliver_json_text(value, out);
	strbuf_add(out, is_last ? "" : ",");
}

void deliver_alertmanager(
	const struct alert *alert, const char *store_id, struct strbuf *out)
{
	struct strbuf line;
	char id[32];

	strbuf_init(&line, 4096);
	deliver_line(alert,
		alert->closed                 ? "closed"
			: alert->disqualified ? "disqualified"
					      : "opened",
		&line);
	snprintf(id, sizeof(id), "%" PRId64, alert->id);
	strbuf_add(out, "{\"labels\":{");
	add_pair(out, "alertname", "Headroom", false);
	add_pair(out, "instance", alert->workload, false);
	add_pair(out, "kind", alert->kind, false);
	if (*alert->subject)
		add_pair(out, "subject", alert->subject, false);
	add_pair(out, "store", store_id, false);
	add_pair(out, "alert_id", id, true);
	strbuf_add(out, "},\"annotations\":{");
	add_pair(out, "severity", alert->disqualified ? "critical" : "warning", false);
	add_pair(out, "summary", strbuf_text(&line), true);
	strbuf_add(out, "},\"startsAt\":");
	add_rfc3339(out, alert->opened);
	if (alert->closed) {
		strbuf_add(out, ",\"endsAt\":");
		add_rfc3339(out, alert->closed);
	}
	strbuf_add(out, "}");
	deliver_fail_with(out, &line);
	strbuf_done(&line);
}

/* A header takes one line of ASCII; anything else in a name becomes a question mark. */
static void mail_header_add(struct strbuf *out, const char *name, const char *value)
{
	unsigned columns = 0;

	strbuf_addf(out, "%s: ", name);
	for (const unsigned char *p = (const unsigned char *)value;
		*p && columns < SUBJECT_COLUMNS; p++, columns++)
		strbuf_addf(out, "%c", *p >= 0x20 && *p < 0x7f ? *p : '?');
	strbuf_add(out, "\r\n");
}

static void add_date(struct strbuf *out, int64_t when)
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri",
		"Sat" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
		"Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t seconds = (time_t)when;
	struct tm parts;

	if (gmtime_r(&seconds, &parts))
		strbuf_addf(out, "Date: %s, %02d %s %04d %02d:%02d:%02d +0000\r\n",
			days[parts.tm_wday % 7], parts.tm_mday,
			months[parts.tm_mon % 12], parts.tm_year + 1900, parts.tm_hour,
			parts.tm_min, parts.tm_sec);
}

static void add_moment(struct strbuf *out, const char *label, int64_t when)
{
	if (!when)
		return;
	strbuf_addf(out, "%s ", label);
	add_rfc3339(out, when);
	strbuf_add(out, "\r\n");
}

static int64_t delivery_moment(const struct alert *alert, const char *occasion)
{
	if (strcmp(occasion, "closed") == 0)
		return alert->closed;
	return strcmp(occasion, "disqualified") == 0 ? alert->disqualified
						     : alert->opened;
}

/* The last ones, and how many were before them. */
static void add_last_excursions(struct strbuf *out, const struct alert *alert)
{
	size_t first = 0;

	if (alert->excursion_count > EXCURSIONS_TOLD) {
		first = alert->excursion_count - EXCURSIONS_TOLD;
		strbuf_addf(out, "%zu excursions before these:\r\n", first);
	}
	for (size_t i = first; i < alert->excursion_count; i++) {
		const struct alert_excursion *excursion = &alert->excursion[i];

		strbuf_addf(out, "%s excursion of %" PRId64 " s, up to ",
			excursion->is_sustained ? "sustained" : "short",
			excursion->to - excursion->from);
		add_quantity(out, excursion->height, alert->unit);
		strbuf_add(out, "\r\n");
	}
}

void deliver_mail(const struct alert *alert, const char *store_id, const char *occasion,
	const char *from, const char *to, struct strbuf *out)
{
	struct strbuf text;

	strbuf_init(&text, 4096);
	mail_header_add(out, "From", from);
	mail_header_add(out, "To", to);
	strbuf_add(&text, "[headroom] ");
	deliver_line(alert, occasion, &text);
	mail_header_add(out, "Subject", strbuf_text(&text));
	add_date(out, delivery_moment(alert, occasion));
	deliver_fail_with(out, &text);
	strbuf_clear(&text);
	strbuf_add(&text, "<");
	deliver_key(alert, store_id, occasion, &text);
	strbuf_add(&text, "@headroom.invalid>");
	mail_header_add(out, "Message-ID", strbuf_text(&text));
	strbuf_add(out,
		"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
		"Auto-Submitted: auto-generated\r\n\r\n");
	deliver_fail_with(out, &text);
	strbuf_clear(&text);
	deliver_line(alert, occasion, &text);
	strbuf_addf(out, "%s\r\n\r\n", strbuf_text(&text));
	add_moment(out, "opened", alert->opened);
	add_moment(out, "disqualified", alert->disqualified);
	add_moment(out, "closed", alert->closed);
	add_last_excursions(out, alert);
	deliver_fail_with(out, &text);
	strbuf_done(&text);
}
