/* Quoting (common/quote.h): what is quoted comes back byte for byte from those who read it. */
#include "tests/support.h"

#include "common/quote.h"
#include "tests/scratch_dir.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <libxml/parser.h>

#define NAMES 10000

/* ---- rows ------------------------------------------------------------------------------ */

struct quote_case {
	const char *name;
	enum quote_format format;
	const char *text, *wanted; /* NULL: refused */
};

static struct quote_case cases[] = {
	{ "sh: a plain word", QUOTE_SH, "web1", "'web1'" },
	{ "sh: nothing at all", QUOTE_SH, "", "''" },
	{ "sh: a quote", QUOTE_SH, "it's", "'it'\\''s'" },
	{ "sh: what a shell expands", QUOTE_SH, "$(id) `id` \\ \"",
		"'$(id) `id` \\ \"'" },
	{ "sh: no UTF-8", QUOTE_SH, "\xff", "'\xff'" },
	{ "ps1: a quote", QUOTE_PS1, "it's", "'it''s'" },
	{ "ps1: quotes of print", QUOTE_PS1,
		"a\xe2\x80\x98"
		"b\xe2\x80\x9b",
		"'a\xe2\x80\x98\xe2\x80\x98"
		"b\xe2\x80\x9b\xe2\x80\x9b'" },
	{ "ps1: double quotes of print stay", QUOTE_PS1, "\xe2\x80\x9c",
		"'\xe2\x80\x9c'" },
	{ "ps1: $ and ` stay", QUOTE_PS1, "$a`b", "'$a`b'" },
	{ "ps1: no UTF-8", QUOTE_PS1, "\xff", NULL },
	{ "ps1: a return", QUOTE_PS1, "a\rb", NULL },
	{ "xml: markup", QUOTE_XML, "<a b='c'>&\"",
		"&lt;a b=&apos;c&apos;&gt;&amp;&quot;" },
	{ "xml: ends of lines", QUOTE_XML, "a\n\r\tb", "a&#10;&#13;&#9;b" },
	{ "xml: a control character", QUOTE_XML, "\x01", NULL },
	{ "xml: U+FFFE", QUOTE_XML, "\xef\xbf\xbe", NULL },
	{ "cmd: a path", QUOTE_CMD, "C:\\My Files", "\"C:\\My Files\"" },
	{ "cmd: a path that ends in \\", QUOTE_CMD, "C:\\", "\"C:\\\\\"" },
	{ "cmd: a variable", QUOTE_CMD, "100%PATH%", "\"100%%PATH%%\"" },
	{ "cmd: what separates commands", QUOTE_CMD, "a&b|c>d^e", "\"a&b|c>d^e\"" },
	{ "cmd: a quote", QUOTE_CMD, "a\"b", NULL },
	{ "cmd: an end of line", QUOTE_CMD, "a\nb", NULL },
	{ "cmd: more than ASCII", QUOTE_CMD, "M\xc3\xbcller", NULL },
	{ "json: quotes and ends of lines", QUOTE_JSON, "a\"\\\n",
		"\"a\\\"\\\\\\u000a\"" },
	{ "plain: an address", QUOTE_PLAIN, "192.0.2.7/24", "192.0.2.7/24" },
	{ "plain: a blank", QUOTE_PLAIN, "a b", NULL },
	{ "plain: a $", QUOTE_PLAIN, "$a", NULL },
	{ "text: a name", QUOTE_TEXT, "web1", "`web1`" },
	{ "text: backticks", QUOTE_TEXT, "a``b", "``` a``b ```" },
	{ "text: an end of line", QUOTE_TEXT, "a\nb", "`a\\x0Ab`" },
	{ "text: no UTF-8", QUOTE_TEXT, "a\xff", "`a\\xFF`" },
};

static void check_row(void **state)
{
	const struct quote_case *row = *state;
	struct strbuf out;
	struct err err = ERR_INIT;
	int r;

	strbuf_init(&out, 1000);
	r = quote_add(&out, row->format, row->text, &err);
	assert_int_equal(r, row->wanted ? 0 : -EINVAL);
	assert_string_equal(strbuf_text(&out), row->wanted ? row->wanted : "");
	assert_int_equal(*err.text == '\0', row->wanted != NULL);
	strbuf_done(&out);
}

/* ---- many ------------------------------------------------------------------------------ */

/* Made of what breaks quoting: 1 to 12 pieces. */
static void make_name(uint64_t *random, char *text)
{
	static const char *const pieces[] = { "'", "\"", "$", "`", "\\", ";", "&", "|",
		"\n", " ", "..", "/", "-", "$(id)", "${x}", "!", "*", "~", "#", "%",
		"<", ">", "\xe2\x80\x98", "\xe2\x80\x99", "\xe2\x80\x9a",
		"\xe2\x80\x9b", "\xe2\x80\x9c", "\xc3\xbc", "\xe6\x9c\xba",
		"\xf0\x9f\x96\xa5", "a", "Z", "7", "\t", "{{", "}}", "]]>", "--", "=" };
	size_t count = 1 + support_random(random) % 12;

	*text = '\0';
	for (size_t i = 0; i < count; i++)
		strcat(text, pieces[support_random(random) % ARRAY_LEN(pieces)]);
}

/* One bash reads all of them and prints each with a NUL behind it. */
static void test_bash_reads_them_back(void **state)
{
	uint64_t random = support_seed(14);
	char(*names)[64] = calloc(NAMES, sizeof(*names)), path[300], command[700];
	char got[64];
	struct strbuf script;
	FILE *file;

	assert_non_null(names);
	strbuf_init(&script, 8 << 20);
	strbuf_add(&script, "set -f\n");
	for (int i = 0; i < NAMES; i++) {
		make_name(&random, names[i]);
		strbuf_add(&script, "printf '%s\\0' ");
		assert_int_equal(quote_add(&script, QUOTE_SH, names[i], NULL), 0);
		strbuf_add(&script, "\n");
	}
	assert_int_equal(strbuf_failed(&script), 0);
	(void)snprintf(path, sizeof(path), "%s/names.sh", (const char *)*state);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(script.text, 1, script.length, file), script.length);
	assert_int_equal(fclose(file), 0);
	(void)snprintf(command, sizeof(command), "cd '%s' && exec bash names.sh",
		(const char *)*state);
	file = popen(command, "r");
	assert_non_null(file);
	for (int i = 0; i < NAMES; i++) {
		size_t length = 0;
		int c;

		while ((c = fgetc(file)) > 0 && length + 1 < sizeof(got))
			got[length++] = (char)c;
		got[length] = '\0';
		assert_int_equal(c, 0);
		assert_string_equal(got, names[i]);
	}
	assert_int_equal(fgetc(file), EOF);
	assert_int_equal(pclose(file), 0);
	strbuf_done(&script);
	free(names);
}

/* libxml2 and cJSON, which are not ours, read each back, as text and as attribute. */
static void test_parsers_read_them_back(void **state)
{
	uint64_t random = support_seed(15);
	char name[64];

	(void)state;
	for (int i = 0; i < NAMES; i++) {
		struct strbuf xml, json;
		xmlDoc *doc;
		xmlChar *text, *attribute;
		cJSON *value;

		make_name(&random, name);
		strbuf_init(&xml, 10000);
		strbuf_init(&json, 10000);
		strbuf_add(&xml, "<a b=\"");
		assert_int_equal(quote_add(&xml, QUOTE_XML, name, NULL), 0);
		strbuf_add(&xml, "\">");
		assert_int_equal(quote_add(&xml, QUOTE_XML, name, NULL), 0);
		strbuf_add(&xml, "</a>");
		assert_int_equal(quote_add(&json, QUOTE_JSON, name, NULL), 0);
		doc = xmlReadMemory(
			xml.text, (int)xml.length, "a", "UTF-8", XML_PARSE_NONET);
		assert_non_null(doc);
		text = xmlNodeGetContent(xmlDocGetRootElement(doc));
		attribute = xmlGetProp(xmlDocGetRootElement(doc), (const xmlChar *)"b");
		assert_string_equal((const char *)text, name);
		assert_string_equal((const char *)attribute, name);
		xmlFree(text);
		xmlFree(attribute);
		xmlFreeDoc(doc);
		value = cJSON_ParseWithLength(json.text, json.length);
		assert_string_equal(cJSON_GetStringValue(value), name);
		cJSON_Delete(value);
		strbuf_done(&xml);
		strbuf_done(&json);
	}
	xmlCleanupParser();
}

/* A literal of PowerShell by its grammar: from a quote to the first one that is not doubled;
 * each of ' and U+2018 to U+201B is one. */
static size_t ps1_quote(const char *at)
{
	if (*at == '\'')
		return 1;
	return strncmp(at, "\xe2\x80", 2) == 0 && (unsigned char)at[2] >= 0x98 &&
			(unsigned char)at[2] <= 0x9b
		? 3
		: 0;
}

static void test_powershell_grammar_reads_them_back(void **state)
{
	uint64_t random = support_seed(16);
	char name[64], got[200];

	(void)state;
	for (int i = 0; i < NAMES; i++) {
		struct strbuf out;
		const char *at;
		size_t length = 0;

		make_name(&random, name);
		strbuf_init(&out, 1000);
		assert_int_equal(quote_add(&out, QUOTE_PS1, name, NULL), 0);
		at = strbuf_text(&out);
		assert_int_equal(*at, '\'');
		for (at++; *at;) {
			size_t quote = ps1_quote(at), step = quote ? quote : 1;

			if (quote && !ps1_quote(at + quote))
				break;
			memcpy(got + length, at, step);
			length += step;
			at += quote ? quote + ps1_quote(at + quote) : 1;
		}
		got[length] = '\0';
		/* the literal ends where the text ends, not before */
		assert_string_equal(at, "'");
		assert_string_equal(got, name);
		strbuf_done(&out);
	}
}

static void test_file_names_are_plain(void **state)
{
	uint64_t random = support_seed(17);
	char name[64];

	(void)state;
	for (int i = 0; i < NAMES; i++) {
		struct strbuf out;

		make_name(&random, name);
		strbuf_init(&out, 1000);
		quote_add_file_name(&out, name);
		assert_true(out.length > 0 && out.text[0] != '.' && out.text[0] != '-');
		assert_int_equal(
			strspn(out.text,
				"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				"0123456789._-%"),
			out.length);
		strbuf_done(&out);
	}
}

int main(void)
{
	static const struct CMUnitTest many[] = {
		cmocka_unit_test_setup_teardown(test_bash_reads_them_back,
			scratch_dir_setup, scratch_dir_teardown),
		cmocka_unit_test(test_parsers_read_them_back),
		cmocka_unit_test(test_powershell_grammar_reads_them_back),
		cmocka_unit_test(test_file_names_are_plain),
	};
	struct CMUnitTest tests[ARRAY_LEN(cases) + ARRAY_LEN(many)];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		tests[i] = (struct CMUnitTest){ .name = cases[i].name,
			.test_func = check_row,
			.initial_state = &cases[i] };
	memcpy(tests + ARRAY_LEN(cases), many, sizeof(many));
	return cmocka_run_group_tests_name("quote", tests, NULL, NULL);
}
