/* Any bytes as a file of rules, a profile or facts: refused with a message, or taken. */
#include "schema/profile.h"
#include "schema/rule.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int r, const struct err *err)
{
	if (r < 0 && !*err->text)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	struct rule_list rules;
	struct profile profile;
	struct json_doc doc;
	int r = json_doc_parse("fuzz.json", (const char *)data, size, &doc, &err);

	check(r, &err);
	if (r < 0)
		return 0;
	r = rule_list_parse(&doc, &rules, &err);
	check(r, &err);
	if (r == 0)
		rule_list_done(&rules);
	err.text[0] = '\0';
	r = profile_parse(&doc, NULL, &profile, &err);
	check(r, &err);
	if (r == 0)
		profile_done(&profile);
	for (int i = 0; i < FACT_COUNT; i++) {
		struct fact_value value;

		err.text[0] = '\0';
		r = fact_parse_json((enum fact_id)i, &doc, doc.root, &value, &err);
		check(r, &err);
		if (r == 0)
			fact_value_done(&value);
	}
	json_doc_done(&doc);
	return 0;
}
