/* Lists of numbers: json_stream_numbers beside json_stream_next, in pieces of any size. */
#include "tests/support.h"
#include "tests/unit/import/trickle.h"

#include "analyze/import/readers/json_stream.h"
#include "analyze/import/readers/text.h"
#include "common/strbuf.h"
#include "common/util.h"

#include <string.h>

/* Events with the values of numbers, by single steps or with the shorter way of lists. */
static int walk_numbers(const char *text, size_t piece, bool is_short, size_t *by_list,
	struct strbuf *seen, struct err *err)
{
	struct trickle trickle = { text, strlen(text), piece };
	struct bytes *bytes = NULL;
	struct json_stream *stream = NULL;
	struct json_token token = { .event = JSON_NULL };
	double number[3];
	int r = bytes_of("x", &trickle_origin, &trickle, &bytes, err);

	if (r == 0)
		r = json_stream_open(bytes, true, &stream, err);

	while (r == 0) {
		size_t count = is_short ? json_stream_numbers(stream, number, 3) : 0;

		for (size_t i = 0; i < count; i++)
			strbuf_addf(seen, "%.17g;", number[i]);
		*by_list += count;
		if (count == 3)
			continue;
		r = json_stream_next(stream, &token, err);
		if (r < 0 || token.event == JSON_END)
			break;
		if (token.event == JSON_NUMBER &&
			text_is_number(token.text, token.length, &number[0]))
			strbuf_addf(seen, "%.17g;", number[0]);
		else
			strbuf_addf(seen, "%d %s;", (int)token.event,
				token.event >= JSON_KEY && token.event <= JSON_NUMBER
					? token.text
					: "");
	}
	json_stream_close(stream);
	bytes_close(bytes);
	return r;
}

static void check_same_walk(const char *text, size_t piece, size_t *by_list)
{
	struct err one = ERR_INIT, other = ERR_INIT;
	struct strbuf slow, quick;
	size_t none = 0;

	strbuf_init(&slow, 10000);
	strbuf_init(&quick, 10000);
	assert_int_equal(walk_numbers(text, piece, false, &none, &slow, &one),
		walk_numbers(text, piece, true, by_list, &quick, &other));
	assert_string_equal(strbuf_text(&slow), strbuf_text(&quick));
	assert_string_equal(one.text, other.text);
	assert_int_equal(none, 0);
	strbuf_done(&slow);
	strbuf_done(&quick);
}

/* The shorter way sees what single steps see, and refuses what they refuse. */
static void check_json_numbers(void **state)
{
	static const char *const texts[] = {
		"[1,2.5,3e3,4E-2,5,-0,7,0.1234567890123456789]",
		"[1,null,2,\"NaN\",3,[4,5],{\"a\":[6,7,8]},-9,10]", "[1, 2 ,3,\n4,5]",
		"[1,2,1e999,3]", "[1,2,+3]", "[1,2,.5]", "[1,2,3-4]", "[1,2,3",
		"[1,2,,3]", "[1,2,3}", "{\"a\":1,\"b\":[1,2,3],\"c\":2}", "[1,2,]",
		"[1,2,true,3]", "[1,2,1e19,3]", "1 2 3", "[1,2,\"\\u00e9\",3]", "[nix]",
		"[1,\"abc", "", "[[1,2],[3,4,5,6]]\n[7,8]"
	};
	size_t by_list = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		for (size_t piece = 1; piece <= strlen(texts[i]); piece++)
			check_same_walk(texts[i], piece, &by_list);
	by_list = 0;
	check_same_walk(texts[0], 1000, &by_list);
	assert_int_equal(by_list, 7); /* all but the first */
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(check_json_numbers) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
