/* A cmocka test for each row of a table, called as the row is called. */
#ifndef TESTS_NAMED_ROWS_H
#define TESTS_NAMED_ROWS_H

#include "tests/support.h"

struct named_rows {
	struct CMUnitTest test[200];
	size_t count;
};

/* name and row are borrowed; more rows than there is room for end the program. */
static inline void named_rows_add(
	struct named_rows *rows, const char *name, CMUnitTestFunction check, void *row)
{
	if (rows->count == ARRAY_LEN(rows->test)) {
		fprintf(stderr, "more than %zu rows of tests\n", rows->count);
		exit(1);
	}
	rows->test[rows->count++] = (struct CMUnitTest){
		.name = name, .test_func = check, .initial_state = row
	};
}

#endif
