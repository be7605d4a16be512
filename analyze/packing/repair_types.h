/* What a repair is asked: the hosts, and when to end. */
#ifndef ANALYZE_PACKING_REPAIR_TYPES_H
#define ANALYZE_PACKING_REPAIR_TYPES_H

#include "analyze/packing/state.h"
#include "analyze/packing/work.h"

struct repair_host {
	size_t type;
	unsigned environment; /* units of no other may come here */
};

struct repair_limits {
	uint64_t moves;           /* end after so many moves */
	uint64_t work;            /* or after looking at so many figures */
	int64_t reserve_permille; /* of each capacity, kept free; 0 */
	const int64_t *reserve;   /* [host][row] kept free beside that; NULL: nothing */
	double *excess; /* [row] out, in shares of a capacity: at the end where limits ended
			 * it, else at the beginning; NULL */
};

#endif
