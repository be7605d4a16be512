/* Figures for people: three digits and a unit. */
#ifndef ANALYZE_DOCUMENT_QUANTITY_H
#define ANALYZE_DOCUMENT_QUANTITY_H

#include "schema/resource.h"

#define QUANTITY_SIZE 32

/* "3.42 GB" (MB = 2^20 for memory and disk), "812 MHz", "93.1 Mb/s" (10^6), "410 op/s";
 * "-" for NAN. */
const char *quantity_text(
	double value, enum resource resource, char text[QUANTITY_SIZE]);

/* "1.34 GB" of any number of bytes. */
const char *quantity_bytes(double value, char text[QUANTITY_SIZE]);

/* "96.2 %", "100 %"; "-" for NAN.  Only 1 is 100 %. */
const char *quantity_percent(double ratio, char text[QUANTITY_SIZE]);

/* A bar of up to cells columns, eighths in UTF-8, '#' otherwise; size: 3 * cells + 4. */
const char *quantity_bar(double ratio, unsigned cells, char *text, unsigned size);

/* "5 min", "1 h" for the durations of the curve. */
const char *quantity_duration(unsigned duration_s, char text[QUANTITY_SIZE]);

#endif
