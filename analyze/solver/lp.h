/* The linear programme behind a few functions, so that another library could do it. */
#ifndef ANALYZE_SOLVER_LP_H
#define ANALYZE_SOLVER_LP_H

#include <stddef.h>
#include <stdint.h>

struct lp; /* opaque: min sum(cost x), rows >= lower, x >= 0 */

/* A whole programme, column by column; everything is borrowed and copied. */
struct lp_matrix {
	size_t column_count, row_count;
	const double *cost, *column_lower, *column_upper; /* [column] */
	const double *row_lower, *row_upper;              /* [row]; 1e30: none */
	const int *start; /* [column + 1] in row, value */
	const int *row;
	const double *value;
};

/* NULL: no memory; lp_free. */
struct lp *lp_load(const struct lp_matrix *matrix); /* NULL: no memory */

struct lp *lp_new(size_t row_count, const double *lower); /* NULL: no memory */
void lp_free(struct lp *lp);                              /* NULL is a no-op */
/* A column of cost 1 with these rows; its number is the count of those before it. */
void lp_add_column(
	struct lp *lp, size_t entry_count, const int *row, const double *value);
/* The same with a cost of its own. */
void lp_add_priced(struct lp *lp, double cost, size_t entry_count, const int *row,
	const double *value);
size_t lp_column_count(const struct lp *lp);
void lp_set_lower(struct lp *lp, const double *lower);
/* Of all columns. */
void lp_set_costs(struct lp *lp, const double *cost);
/* Both bounds of all columns. */
void lp_set_columns(struct lp *lp, const double *lower, const double *upper);
/* As lp_solve, by the dual simplex: for what differs from the last in bounds alone. */
int lp_solve_dual(struct lp *lp);
/* One figure that is there already, not 0. */
void lp_set_entry(struct lp *lp, size_t row, size_t column, double value);
/* As lp_solve, by the primal simplex from where the last one ended. */
int lp_solve_primal(struct lp *lp);
/* As lp_solve, for a programme that was just loaded and may be large. */
int lp_solve_first(struct lp *lp);
/* After -EDOM: weights of the rows that show it, [row], owned by the caller; their
 * sign is either.  NULL: none is known. */
double *lp_ray(const struct lp *lp, size_t row_count);
/* 0, -EDOM when infeasible, -EIO for anything else (limits, numbers). */
int lp_solve(struct lp *lp);
double lp_objective(const struct lp *lp);
const double *lp_prices(const struct lp *lp);   /* [row], until the next change */
const double *lp_solution(const struct lp *lp); /* [column], likewise */

/*
 * lp_choose_integers - whole columns that cover the rows, at most `most` in all
 *
 * is_in  [column] the others are left aside; NULL: none is
 * value  [column] out
 *
 * With is_in the rows are met exactly.  Returns 1 when found, 0 when not (limits
 * included), -ENOMEM.
 */
struct lp_choice {
	const double *lower; /* [row] */
	size_t row_count, most;
	const unsigned char *is_in;
	double seconds;
	int node_limit;
};
int lp_choose_integers(
	const struct lp *lp, const struct lp_choice *choice, double *value);

#endif
