/*
 * The inner loops of peak_window.c, for any machine and for AVX2; chosen once at run
 * time.  Both add in the same order, so figures do not depend on the machine.
 */
#ifndef ANALYZE_PEAKS_PEAK_LANES_H
#define ANALYZE_PEAKS_PEAK_LANES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * In place, upwards: x[i] = x[i] op x[i + a] op ... (q terms; 1, 2, 3 or 5) for
 * i < count; returns the highest new x[i] with i < starts (-INFINITY: starts is 0).
 */
typedef double lanes_fold(double *x, size_t count, size_t starts, size_t a, unsigned q);

/* The best windows among those with at least `least` known slots. */
struct lanes_judged {
	double mean;    /* in: the best so far; out: that or a higher one */
	size_t mean_at; /* its index, where it rose */
	double low;     /* likewise */
	bool is_risen;  /* mean has risen */
};
typedef void lanes_judge(const double *sum, const double *known, const double *minimum,
	size_t starts, double least, struct lanes_judged *judged);

struct lanes {
	lanes_fold *fold_sum, *fold_minimum;
	lanes_judge *judge;
};

/* Never NULL. */
const struct lanes *lanes_choose(void);
/* The one that runs everywhere, for comparison. */
const struct lanes *lanes_plain(void);

#endif
