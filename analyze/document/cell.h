/*
 * What a document says in one place: a number with its unit, a share, a moment, a text, a
 * verdict, or that it is unknown and why.  A cell knows no format: each writer has its own
 * way to put a moment or an unknown number on paper.
 */
#ifndef ANALYZE_DOCUMENT_CELL_H
#define ANALYZE_DOCUMENT_CELL_H

#include "analyze/console/terminal.h"
#include "schema/resource.h"

#include <stdbool.h>
#include <stdint.h>

enum cell_kind {
	CELL_ABSENT,  /* there is no such member here: JSON leaves the key out */
	CELL_UNKNOWN, /* text: why, NULL where nobody can say */
	CELL_NUMBER,  /* number, unit */
	CELL_WHOLE,   /* integer: how many, a number of a row, seconds as they are */
	CELL_SHARE,   /* number: 0..1 */
	CELL_MOMENT,  /* integer: Unix seconds UTC; 0: not known */
	CELL_BOOL,    /* integer */
	CELL_TEXT,    /* text; NULL: there is none */
	CELL_TABLE,   /* a table inside the row */
	CELL_CHART,   /* a small chart: a line of the week, say */
};

/* Of a number, for people: machines get the bare number in the unit its key names. */
enum unit {
	UNIT_NONE, /* as it is, six digits */
	UNIT_BYTES,
	UNIT_MHZ,
	UNIT_BPS,
	UNIT_BYTES_PER_S,
	UNIT_OPS_PER_S,
	UNIT_MB,
	UNIT_GB,
	UNIT_MBPS,
	UNIT_MB_PER_S,
	UNIT_PERCENT, /* 0..100, of what the title says */
	UNIT_RATIO,   /* 0..1, shown in per cent */
	UNIT_SECONDS, /* a length: "45 s", "5 min" */
	UNIT_DAYS,
	UNIT_PER_S, /* of packets, errors, switches */
	UNIT_CELSIUS,
	UNIT_RPM,
	UNIT_WATT,
	UNIT_VOLT,
};

/* How much of a moment is shown to people; machines always get all of it. */
enum moment_form {
	MOMENT_SHORT, /* 2026-11-21 08:30 */
	MOMENT_LONG,  /* 2026-11-21 08:30:00 +0100 */
	MOMENT_DAY,
	MOMENT_WITHIN_YEAR, /* 11-21 08:30 */
	MOMENT_CLOCK,       /* 08:30:00 */
};

struct chart;
struct doc_table;

/* The texts are borrowed until the cell is put into a document, which copies them. */
struct cell {
	enum cell_kind kind;
	enum unit unit;
	enum moment_form form;
	enum color tone; /* what a glance should see; never the only sign of it */
	double number;
	int64_t integer;
	const char *text;
	const char *shown; /* for people instead of the value; NULL: as the kind says */
	const char *mark;  /* for people behind the value: "SAMPLE"; NULL: none */
	const char *link;  /* on a page: the id it leads to; NULL: none */
	struct doc_table *table;
	const struct chart *chart; /* of the document that the cell goes into */
};

struct cell cell_absent(void);
struct cell cell_unknown(const char *why);
/* Unknown where value is NAN. */
struct cell cell_number(double value, enum unit unit);
struct cell cell_plain_number(double value);
struct cell cell_resource(double value, enum resource resource);
struct cell cell_count(int64_t count);
struct cell cell_share(double ratio);
struct cell cell_moment(int64_t at, enum moment_form form);
struct cell cell_bool(bool is_true);
struct cell cell_text(const char *text);
/* "" where there is none, which JSON shows as null. */
struct cell cell_text_or_none(const char *text);
struct cell cell_table(struct doc_table *table);
struct cell cell_chart(const struct chart *chart);

/* The same cell, for people in other words, in a colour, with a mark behind it. */
struct cell cell_shown(struct cell cell, const char *shown);
struct cell cell_toned(struct cell cell, enum color tone);
struct cell cell_marked(struct cell cell, const char *mark);

#define CELL_TEXT_SIZE 64

/* For people: into text where it is not a text of the cell itself; "-" for what is not
 * known.  Not yet made safe for the terminal. */
const char *cell_for_people(const struct cell *cell, char text[CELL_TEXT_SIZE]);

/* The unit of a resource's figures. */
enum unit unit_of_resource(enum resource resource);

#endif
