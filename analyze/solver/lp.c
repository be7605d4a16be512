/* CLP for the linear programmes, CBC for whole columns. */
#include "analyze/solver/lp.h"

#include <coin/Cbc_C_Interface.h>
#include <coin/Clp_C_Interface.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct lp {
	Clp_Simplex *model;
	/* since it was last solved */
	bool has_new_columns; /* or costs */
	bool has_new_rows;    /* their bounds */
};

struct lp *lp_new(size_t row_count, const double *lower)
{
	struct lp *lp = calloc(1, sizeof(*lp));
	double *upper = malloc((row_count + 1) * sizeof(*upper));
	CoinBigIndex *start = calloc(row_count + 1, sizeof(*start));

	if (!lp || !upper || !start) {
		free(lp);
		lp = NULL;
		goto out;
	}
	for (size_t i = 0; i < row_count; i++)
		upper[i] = 1e30;
	lp->model = Clp_newModel();
	Clp_setLogLevel(lp->model, 0);
	Clp_addRows(lp->model, (int)row_count, lower, upper, start, NULL, NULL);
	/* a perturbed right side would make the prices depend on luck */
	Clp_setPerturbation(lp->model, 100);
out:
	free(upper);
	free(start);
	return lp;
}

struct lp *lp_load(const struct lp_matrix *m)
{
	struct lp *lp = calloc(1, sizeof(*lp));

	if (!lp)
		return NULL;
	lp->model = Clp_newModel();
	Clp_setLogLevel(lp->model, 0);
	Clp_loadProblem(lp->model, (int)m->column_count, (int)m->row_count, m->start,
		m->row, m->value, m->column_lower, m->column_upper, m->cost,
		m->row_lower, m->row_upper);
	Clp_setPerturbation(lp->model, 100);
	return lp;
}

void lp_set_columns(struct lp *lp, const double *lower, const double *upper)
{
	Clp_chgColumnLower(lp->model, lower);
	Clp_chgColumnUpper(lp->model, upper);
}

int lp_solve_dual(struct lp *lp)
{
	Clp_dual(lp->model, 0);
	if (Clp_isProvenPrimalInfeasible(lp->model))
		return -EDOM;
	return Clp_isProvenOptimal(lp->model) ? 0 : -EIO;
}

void lp_set_entry(struct lp *lp, size_t row, size_t column, double value)
{
	Clp_modifyCoefficient(lp->model, (int)row, (int)column, value, false);
}

int lp_solve_primal(struct lp *lp)
{
	Clp_primal(lp->model, 0);
	if (Clp_isProvenPrimalInfeasible(lp->model))
		return -EDOM;
	return Clp_isProvenOptimal(lp->model) ? 0 : -EIO;
}

int lp_solve_first(struct lp *lp)
{
	Clp_initialSolve(lp->model);
	if (Clp_isProvenPrimalInfeasible(lp->model))
		return -EDOM;
	return Clp_isProvenOptimal(lp->model) ? 0 : -EIO;
}

double *lp_ray(const struct lp *lp, size_t row_count)
{
	double *ray = Clp_infeasibilityRay(lp->model);
	double *copy = ray ? malloc((row_count + 1) * sizeof(*copy)) : NULL;

	if (copy)
		memcpy(copy, ray, row_count * sizeof(*copy));
	if (ray)
		Clp_freeRay(lp->model, ray);
	return copy;
}

void lp_free(struct lp *lp)
{
	if (!lp)
		return;
	Clp_deleteModel(lp->model);
	free(lp);
}

void lp_add_column(
	struct lp *lp, size_t entry_count, const int *row, const double *value)
{
	lp_add_priced(lp, 1, entry_count, row, value);
}

void lp_add_priced(struct lp *lp, double cost, size_t entry_count, const int *row,
	const double *value)
{
	double lower = 0, upper = 1e30;
	CoinBigIndex start[2] = { 0, (CoinBigIndex)entry_count };

	lp->has_new_columns = true;
	Clp_addColumns(lp->model, 1, &lower, &upper, &cost, start, row, value);
}

size_t lp_column_count(const struct lp *lp)
{
	return (size_t)Clp_numberColumns(lp->model);
}

void lp_set_lower(struct lp *lp, const double *lower)
{
	lp->has_new_rows = true;
	Clp_chgRowLower(lp->model, lower);
}

void lp_set_costs(struct lp *lp, const double *cost)
{
	lp->has_new_columns = true;
	Clp_chgObjCoefficients(lp->model, cost);
}

int lp_solve(struct lp *lp)
{
	/* new columns leave the basis primal feasible, new row bounds dual feasible */
	bool is_dual = lp->has_new_rows && !lp->has_new_columns;

	if ((is_dual ? Clp_dual(lp->model, 0) : Clp_primal(lp->model, 0)) != 0)
		(void)Clp_initialPrimalSolve(lp->model);
	lp->has_new_columns = lp->has_new_rows = false;
	if (Clp_isProvenPrimalInfeasible(lp->model))
		return -EDOM;
	return Clp_isProvenOptimal(lp->model) ? 0 : -EIO;
}

double lp_objective(const struct lp *lp)
{
	return Clp_getObjValue(lp->model);
}

const double *lp_prices(const struct lp *lp)
{
	return Clp_getRowPrice(lp->model);
}

const double *lp_solution(const struct lp *lp)
{
	return Clp_getColSolution(lp->model);
}

/* The first solution within the cutoff ends it: the question is whether so many
 * columns cover the rows, not which cover is best. */
int lp_choose_integers(
	const struct lp *lp, const struct lp_choice *choice, double *value)
{
	size_t row_count = choice->row_count, most = choice->most;
	size_t columns = lp_column_count(lp);
	double *zeros = calloc(columns + 1, sizeof(*zeros));
	double *ones = malloc((columns + row_count + 1) * sizeof(*ones));
	double *upper = malloc((columns + row_count + 1) * sizeof(*upper));
	Cbc_Model *model = NULL;
	char text[32];
	int r = zeros && ones && upper ? 0 : -ENOMEM;

	if (r < 0)
		goto out;
	for (size_t i = 0; i < columns + row_count; i++) {
		ones[i] = 1;
		upper[i] = i >= columns                      ? 1e30
			: choice->is_in && !choice->is_in[i] ? 0
							     : (double)most;
	}
	for (size_t i = 0; i < row_count && choice->is_in; i++)
		upper[columns + i] = choice->lower[i];
	model = Cbc_newModel();
	Cbc_setLogLevel(model, 0);
	Cbc_loadProblem(model, (int)columns, (int)row_count,
		Clp_getVectorStarts(lp->model), Clp_getIndices(lp->model),
		Clp_getElements(lp->model), zeros, upper, ones, choice->lower,
		upper + columns);
	for (size_t i = 0; i < columns; i++)
		Cbc_setInteger(model, (int)i);
	Cbc_setCutoff(model, (double)most + 0.5);
	Cbc_setMaximumSolutions(model, 1);
	Cbc_setMaximumNodes(model, choice->node_limit);
	Cbc_setMaximumSeconds(model, choice->seconds);
	snprintf(text, sizeof(text), "%.3f", choice->seconds);
	Cbc_setParameter(model, "sec", text);
	Cbc_setParameter(model, "log", "0");
	Cbc_solve(model);
	if (Cbc_bestSolution(model) && Cbc_getObjValue(model) < (double)most + 0.5) {
		memcpy(value, Cbc_bestSolution(model), columns * sizeof(*value));
		r = 1;
	}
	Cbc_deleteModel(model);
out:
	free(zeros);
	free(ones);
	free(upper);
	return r;
}
