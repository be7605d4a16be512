/* What a message says of an alert, whatever the names and figures in it are. */
#include "tests/support.h"

#include "collectord/recorder/deliver_text.h"
#include "common/units.h"

#include <cjson/cJSON.h>
#include <string.h>

/* A name of a mount from anybody: quotes, controls, a letter of two bytes, a sign that turns
 * the line round, a byte that is no UTF-8, and what that is cut from. */
static char odd_name[] = "a\"b\\c\n\x7f"
			 "\xc3\xa9"
			 "\xe2\x80\xae"
			 "\xff\xc3";

static struct alert_excursion excursions[] = {
	{ .from = 1000, .to = 2800, .height = 96 * BYTES_PER_GB, .is_sustained = true },
	{ .from = 4000, .to = 4060, .height = NAN },
};

static struct alert an_alert(char *workload, char *subject, char *unit)
{
	static char kind[] = "disk_space";

	return (struct alert){ .id = 7,
		.workload_id = 1,
		.workload = workload,
		.kind = kind,
		.subject = subject,
		.unit = unit,
		.opened = 1700000000,
		.height = 96 * BYTES_PER_GB,
		.limit = 90 * BYTES_PER_GB };
}

static void a_name_is_whole_in_json_and_safe_in_a_line(void **state)
{
	static char bytes[] = "bytes";
	struct alert alert = an_alert(odd_name, odd_name, bytes);
	struct strbuf text;
	cJSON *json, *labels;

	(void)state;
	strbuf_init(&text, 65536);
	deliver_alertmanager(&alert, "0123", &text);
	json = cJSON_Parse(strbuf_text(&text));
	assert_non_null(json);
	labels = cJSON_GetObjectItem(json, "labels");
	assert_string_equal(cJSON_GetObjectItem(labels, "instance")->valuestring,
		"a\"b\\c\n\x7f\xc3\xa9\xe2\x80\xae\xef\xbf\xbd\xef\xbf\xbd");
	assert_string_equal(cJSON_GetObjectItem(labels, "subject")->valuestring,
		cJSON_GetObjectItem(labels, "instance")->valuestring);
	assert_null(cJSON_GetObjectItem(json, "endsAt"));
	cJSON_Delete(json);
	strbuf_clear(&text);
	deliver_line(&alert, "opened", &text);
	assert_string_equal(strbuf_text(&text),
		"a\"b\\c\\x0a\\x7f\xc3\xa9\\u{202e}\\xff\\xc3: disk_space of "
		"a\"b\\c\\x0a\\x7f\xc3\xa9\\u{202e}\\xff\\xc3 opened: 96.00 GB, limit "
		"90.00 GB");
	strbuf_done(&text);
}

static void a_figure_has_its_unit(void **state)
{
	static char units[][8] = { "bytes", "ratio", "mhz", "celsius", "ticks" };
	static const double heights[] = { 1.5 * BYTES_PER_GB, 0.955, 2400, 81.25, 3 };
	static const char *const expected[] = {
		"w: disk_space opened: 1.50 GB, limit unknown",
		"w: disk_space opened: 95.5 %, limit unknown",
		"w: disk_space opened: 2400 MHz, limit unknown",
		"w: disk_space opened: 81.2 C, limit unknown",
		"w: disk_space opened: 3 ticks, limit unknown",
	};
	static char name[] = "w", nothing[] = "";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		struct alert alert = an_alert(name, nothing, units[i]);
		struct strbuf line;

		alert.height = heights[i];
		alert.limit = NAN;
		strbuf_init(&line, 4096);
		deliver_line(&alert, "opened", &line);
		assert_string_equal(strbuf_text(&line), expected[i]);
		strbuf_done(&line);
	}
}

/* The labels decide which alert it is, the rest what became of it. */
static void alertmanager_learns_what_became_of_it(void **state)
{
	static char name[] = "w", subject[] = "", unit[] = "ratio";
	static const struct {
		int64_t disqualified, closed;
		const char *severity, *word, *end;
	} rows[] = {
		{ 0, 0, "warning", "opened", NULL },
		{ 1700000100, 0, "critical", "disqualified", NULL },
		{ 1700000100, 1700003600, "critical", "closed",
			"2023-11-14T23:13:20Z" },
		{ 0, 1700003600, "warning", "closed", "2023-11-14T23:13:20Z" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct alert alert = an_alert(name, subject, unit);
		struct strbuf text;
		cJSON *json, *notes, *end;

		alert.disqualified = rows[i].disqualified;
		alert.closed = rows[i].closed;
		strbuf_init(&text, 65536);
		deliver_alertmanager(&alert, "0123", &text);
		json = cJSON_Parse(strbuf_text(&text));
		assert_non_null(json);
		notes = cJSON_GetObjectItem(json, "annotations");
		assert_string_equal(cJSON_GetObjectItem(notes, "severity")->valuestring,
			rows[i].severity);
		assert_non_null(
			strstr(cJSON_GetObjectItem(notes, "summary")->valuestring,
				rows[i].word));
		assert_null(cJSON_GetObjectItem(
			cJSON_GetObjectItem(json, "labels"), "subject"));
		end = cJSON_GetObjectItem(json, "endsAt");
		if (rows[i].end)
			assert_string_equal(end->valuestring, rows[i].end);
		else
			assert_null(end);
		cJSON_Delete(json);
		strbuf_done(&text);
	}
}

/* No header has more than its line, whatever the name is. */
static void a_mail_has_its_headers_and_nobody_elses(void **state)
{
	static char unit[] = "bytes";
	char longest[1000];
	struct alert alert;
	struct strbuf text;
	const char *subject;

	(void)state;
	memset(longest, 'y', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	alert = an_alert(odd_name, longest, unit);
	alert.disqualified = 1700000100;
	alert.excursion = excursions;
	alert.excursion_count = ARRAY_LEN(excursions);
	strbuf_init(&text, 65536);
	deliver_mail(
		&alert, "0123", "disqualified", "f\r\nBcc: x@y", "t\xc3\xa9", &text);
	assert_non_null(strstr(strbuf_text(&text), "From: f??Bcc: x@y\r\nTo: t??\r\n"));
	subject = strstr(strbuf_text(&text), "Subject: [headroom] a\"b\\c\\x0a");
	assert_non_null(subject);
	assert_int_equal(strcspn(subject, "\r"), strlen("Subject: ") + 400);
	assert_non_null(strstr(
		strbuf_text(&text), "Date: Tue, 14 Nov 2023 22:15:00 +0000\r\n"));
	assert_non_null(strstr(strbuf_text(&text),
		"Message-ID: <headroom-0123-7-disqualified@headroom.invalid>\r\n"));
	assert_non_null(strstr(strbuf_text(&text), "opened \"2023-11-14T22:13:20Z\""));
	assert_null(strstr(strbuf_text(&text), "closed"));
	assert_non_null(strstr(strbuf_text(&text),
		"sustained excursion of 1800 s, up to 96.00 GB\r\n"
		"short excursion of 60 s, up to unknown\r\n"));
	strbuf_clear(&text);
	alert.closed = 1700003600;
	deliver_mail(&alert, "0123", "closed", "f", "t", &text);
	assert_non_null(strstr(
		strbuf_text(&text), "Date: Tue, 14 Nov 2023 23:13:20 +0000\r\n"));
	assert_non_null(strstr(strbuf_text(&text), "closed \"2023-11-14T23:13:20Z\""));
	strbuf_clear(&text);
	deliver_mail(&alert, "0123", "opened", "f", "t", &text);
	assert_non_null(strstr(
		strbuf_text(&text), "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"));
	strbuf_done(&text);
}

/* An alert that was open for weeks: the last of its excursions, and how many there were. */
static void a_mail_tells_the_last_excursions(void **state)
{
	static struct alert_excursion many[1000];
	static char name[] = "w", subject[] = "", unit[] = "ratio";
	struct alert alert = an_alert(name, subject, unit);
	struct strbuf text;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		many[i] = (struct alert_excursion){
			.from = 0, .to = 60 * (int64_t)i, .height = 0.9
		};
	alert.excursion = many;
	alert.excursion_count = ARRAY_LEN(many);
	strbuf_init(&text, 65536);
	deliver_mail(&alert, "0123", "opened", "f", "t", &text);
	assert_true(text.length < 4096);
	assert_non_null(strstr(strbuf_text(&text),
		"\r\n980 excursions before these:\r\n"
		"short excursion of 58800 s, up to 90.0 %\r\n"));
	assert_non_null(strstr(strbuf_text(&text), "excursion of 59940 s"));
	strbuf_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_whole_in_json_and_safe_in_a_line),
		cmocka_unit_test(a_figure_has_its_unit),
		cmocka_unit_test(alertmanager_learns_what_became_of_it),
		cmocka_unit_test(a_mail_has_its_headers_and_nobody_elses),
		cmocka_unit_test(a_mail_tells_the_last_excursions),
	};

	return cmocka_run_group_tests_name("deliver_text", tests, NULL, NULL);
}
