/* Fields of a CSV row behind the first one: each begins with its comma. */
#ifndef ANALYZE_CONSOLE_CSV_OUT_H
#define ANALYZE_CONSOLE_CSV_OUT_H

#include <stdint.h>
#include <stdio.h>

/* Exact, as in JSON; empty for NAN. */
void csv_put_number(FILE *out, double value);
/* Unix seconds; empty for 0, a moment that is not known. */
void csv_put_time(FILE *out, int64_t time);
/* Quoted where needed, by safe_print_csv; empty for NULL. */
void csv_put_text(FILE *out, const char *text);

#endif
