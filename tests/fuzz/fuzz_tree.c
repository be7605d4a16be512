/* Any bytes as the rules of a tree, a newline of two, and a path for them. */
#include "analyze/import/formats/tree_rules.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	const char *end = size ? memmem(text, size, "\n\n", 2) : NULL;
	size_t length = end ? (size_t)(end - text) : size, at = 0;
	char *path = end ? strndup(end + 2, size - length - 2) : strdup("");
	struct tree_rules *rules = calloc(1, sizeof(*rules));
	struct tree_match match;
	char filled[64];

	if (!path || !rules)
		abort();
	if (tree_rules_add(rules, "fuzz.json", text, length, NULL) >= 0) {
		while (tree_rules_find(rules, path, &at, &match)) {
			tree_match_fill(
				&match, match.file->path, filled, sizeof(filled));
			if (strlen(filled) >= sizeof(filled))
				abort();
		}
	}
	tree_rules_free(rules);
	free(path);
	return 0;
}
