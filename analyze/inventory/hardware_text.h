/*
 * What dmidecode, lscpu (text and JSON), lshw -json and systeminfo print, as part of a machine
 * document: for machines of which nothing else is at hand.  Pure functions of texts.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_INVENTORY_HARDWARE_TEXT_H
#define ANALYZE_INVENTORY_HARDWARE_TEXT_H

#include "schema/machine.h"

#include <stdbool.h>
#include <stddef.h>

enum hardware_kind {
	HARDWARE_NONE,
	HARDWARE_DMIDECODE,
	HARDWARE_LSCPU,
	HARDWARE_JSON, /* of lshw or lscpu */
	HARDWARE_SYSTEMINFO,
};

/* By how it begins; HARDWARE_NONE for another text. */
enum hardware_kind hardware_kind_of(const char *text);

/*
 * hardware_parse - fill in what the text says: vendor, model, firmware, sockets, cores,
 * threads, clock and memory
 *
 * What it does not say stays as it is, so that a second text completes the first.  The
 * clock is the one in the processor's name ("@ 2.67GHz"), where there is one: the speed
 * that firmware prints beside it may be that of the moment or of the turbo.  Cores are
 * those enabled; a socket that does not say how many makes them unknown.
 *
 * Returns 0, -EINVAL where there is nothing of it in the text, or -ENOMEM.
 */
int hardware_parse(enum hardware_kind kind, const char *text, struct machine *machine,
	struct err *err);

/* Its parts: of hardware_parse alone. */
bool hardware_is_systeminfo(const char *text);
int hardware_parse_systeminfo(
	const char *text, struct machine *machine, struct err *err);
int hardware_parse_json(const char *text, struct machine *machine, struct err *err);
/* "Intel(R) Xeon(R) CPU X5650 @ 2.67GHz" to 2670; NAN. */
double hardware_clock_in_name(const char *name);

#endif
