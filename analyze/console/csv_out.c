#include "analyze/console/csv_out.h"

#include "analyze/console/json_out.h"
#include "analyze/console/safe_text.h"

#include <inttypes.h>
#include <math.h>

void csv_put_number(FILE *out, double value)
{
	char text[JSON_NUMBER_SIZE];

	fprintf(out, ",%s", isnan(value) ? "" : json_number_text(value, text));
}

void csv_put_time(FILE *out, int64_t time)
{
	if (time)
		fprintf(out, ",%" PRId64, time);
	else
		fputc(',', out);
}

void csv_put_text(FILE *out, const char *text)
{
	fputc(',', out);
	safe_print_csv(out, text ? text : "");
}
