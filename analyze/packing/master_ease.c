/*
 * Room to spare, resource by resource.  Series that vary from slot to slot leave hosts
 * over their limits in some resources and never in others; what is not short needs no
 * room, which would only make the hosts dearer.
 */
#include "analyze/packing/master.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SHORT 0.1 /* of what the shortest resource is over by: it is short too */
#define EASE_LEAST 0.25
#define EASE_STEP 1.5

size_t master_dimension(const struct master *m, size_t row)
{
	const struct model *whole = &m->engine->model;

	return packing_row_dimension(whole->problem, whole->row_origin[row], NULL);
}

int master_ease_init(struct master *m)
{
	size_t n = m->engine->problem->dimension_count;

	m->ease = calloc(n + 1, sizeof(*m->ease));
	m->excess = calloc(n + 1, sizeof(*m->excess));
	m->was_short = calloc(n + 1, sizeof(*m->was_short));
	if (!m->ease || !m->excess || !m->was_short)
		return -ENOMEM;
	m->dimension_count = n;
	for (size_t d = 0; d < n; d++)
		m->ease[d] = 1;
	return 0;
}

double master_ease(const struct master *m, const struct master_row *row)
{
	double ease = 0;

	for (size_t d = 0; d < m->dimension_count && row->share; d++)
		ease += row->share[d] * m->ease[d];
	return row->share ? ease : 1;
}

void master_scale_rows(const struct master *m, double room, double *ret_scale)
{
	bool is_even = true;

	for (size_t d = 0; d < m->dimension_count; d++)
		is_even = is_even && m->ease[d] == 1;
	for (size_t row = 0; row < m->model->row_count; row++) {
		size_t d = master_dimension(m, m->has_all_rows ? row : m->chosen[row]);

		ret_scale[row] = is_even ? 1 : 1 + room * m->ease[d];
	}
}

void master_note_excess(struct master *m, const double *excess)
{
	const struct few_rows *few = &m->few;

	for (size_t k = 0; k < few->model.row_count; k++)
		m->excess[master_dimension(m, few->has_all ? k : few->row[k])] +=
			excess[k];
}

/* At first what is not short gets little; later what is short after all gets more. */
enum master_eased master_learn_ease(struct master *m)
{
	enum master_eased eased = MASTER_EASED_NOT;
	double most = 0;

	for (size_t d = 0; d < m->dimension_count; d++)
		most = m->excess[d] > most ? m->excess[d] : most;
	for (size_t d = 0; d < m->dimension_count && most > 0; d++) {
		bool is_short = m->excess[d] >= SHORT * most;

		if (!m->has_learnt && !is_short) {
			m->ease[d] = EASE_LEAST;
			eased = MASTER_EASED_LESS;
		} else if (m->has_learnt && is_short && m->ease[d] < 1) {
			m->ease[d] = fmin(1, EASE_STEP * m->ease[d]);
			m->was_short[d] = true;
			eased = MASTER_EASED_MORE;
		} else if (m->has_learnt && !is_short && !m->was_short[d] &&
			m->ease[d] < 1 && eased == MASTER_EASED_NOT) {
			m->ease[d] /= EASE_STEP;
			eased = MASTER_EASED_AGAIN;
		}
	}
	m->has_learnt = m->has_learnt || most > 0;
	memset(m->excess, 0, m->dimension_count * sizeof(*m->excess));
	if (eased != MASTER_EASED_NOT)
		m->has_assigned = false;
	return eased;
}
