/* Cells that several documents show alike. */
#ifndef ANALYZE_REPORT_CELLS_H
#define ANALYZE_REPORT_CELLS_H

#include "analyze/assess/assess.h"
#include "analyze/assess/judged.h"
#include "analyze/document/document.h"

/* "SAMPLE" where it is one: no line of the sample estate goes without the word. */
#define SAMPLE_MARK "SAMPLE"
const char *sample_mark(const struct workload *workload);
struct cell cell_workload(const struct workload *workload);

/* Coverage in yellow below 0.9, in red below 0.6. */
struct cell cell_coverage(double coverage);

/* The word, in the colour that it has everywhere. */
struct cell cell_verdict(enum verdict verdict);
struct cell cell_outcome(enum outcome outcome);
enum color outcome_tone(enum outcome outcome);

/* "sufficiency" as an object in JSON; null where sufficiency is NULL. */
#define SUFFICIENCY_CELLS 3
#define SUFFICIENCY_COLUMNS                                                   \
	{ "sufficiency.grade", NULL, IN_JSON | IN_CSV, 0, "sufficiency" },    \
		{ "sufficiency.reasons", NULL, IN_JSON, 0, NULL },            \
	{                                                                     \
		"sufficiency.earliest", NULL, IN_JSON | IN_CSV, 0, "earliest" \
	}
void cells_sufficiency(struct document *document, const struct sufficiency *sufficiency,
	struct cell cells[SUFFICIENCY_CELLS]);
/* Of what is judged; NULL where nothing is stored. */
const struct sufficiency *judged_sufficiency(const struct workload_judgement *judged);

/* One excursion: from, to, length, height, unit, class. */
#define EXCURSION_CELLS 6
#define EXCURSION_COLUMNS                                                         \
	{ "from", NULL, 0, 0, NULL }, { "to", NULL, 0, 0, NULL },                 \
		{ "length_s", NULL, 0, 0, NULL }, { "height", NULL, 0, 0, NULL }, \
		{ "unit", NULL, 0, 0, NULL },                                     \
	{                                                                         \
		"class", NULL, 0, 0, NULL                                         \
	}
void cells_excursion(const struct assessment *assessment,
	const struct excursion *excursion, struct cell cells[EXCURSION_CELLS]);

/* How much of a unit's word a number has: of "adapters" all, where it is 1 without the s. */
size_t unit_length(double value, const char *unit);

/* A number in a unit that rules and plans name: "MB", "mhz", "percent" ...; as it is, with
 * the word behind it, where the unit is no other one. */
struct cell cell_in_unit(struct document *document, double value, const char *unit);

/* A setting of a profile: "32", "yes", "sustained", "none"; document: NULL where it is no
 * FACTOR_NUMBER. */
struct cell cell_factor(struct document *document,
	const struct profile_settings *settings, size_t index);

/* "", "s" */
const char *plural(size_t count);

#endif
