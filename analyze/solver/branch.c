/* Nodes are solved when they are made; the one with the least bound is divided next. */
#include "analyze/solver/branch.h"

#include "analyze/solver/lp.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define NO_NODE SIZE_MAX
#define WHOLE 1e-6 /* nearer to a whole number is one */

struct node {
	size_t parent;
	int64_t column, value; /* the branch that led here */
	bool is_upper;         /* its side: y[column] >= value + 1 */
	bool is_empty;
	double bound;
	size_t first, count; /* multipliers */
	int64_t divided;     /* column it was divided by; -1: not */
	int64_t divided_at;
	size_t child; /* the lower side; the upper one follows */
	size_t depth;
};

struct branch_tree {
	const struct wire_mip *task;
	const struct mip *mip;
	struct work *work;
	struct lp *lp;
	double *scale; /* [row] of the programme as CLP sees it */
	struct node *node;
	size_t count, room;
	size_t *heap;
	size_t heap_count;
	struct mip_multiplier *multiplier;
	size_t multiplier_count, multiplier_room;
	double *lower, *upper; /* [column] of the node at hand */
	double *point;         /* [column] its solution */
	double *reduced;       /* [column] scratch */
	int64_t *whole;        /* [column] scratch */
	int64_t *best;         /* [column] */
	bool has_best;
	int64_t cutoff;
};

/* ---- the programme ------------------------------------------------------------------ */

/* Rows are scaled to 1, so that the tolerance of the linear programme means the same
 * for bytes as for cores; what is decided is decided by the integers. */
static int load(struct branch_tree *t)
{
	const struct mip *m = t->mip;
	size_t columns = m->column_count, rows = m->row_count, filled = 0;
	size_t cells = columns * rows + 1;
	double *numbers = malloc((3 * columns + 2 * rows + cells + 8) * sizeof(double));
	int *index = malloc((columns + cells + 8) * sizeof(int));
	double *cost = numbers, *row_lower = numbers + 3 * columns;
	double *value = row_lower + 2 * rows;
	struct lp_matrix matrix = { columns, rows, cost, cost + columns,
		cost + 2 * columns, row_lower, row_lower + rows, index,
		index + columns + 1, value };

	if (!numbers || !index) {
		free(numbers);
		free(index);
		return -ENOMEM;
	}
	for (size_t i = 0; i < rows; i++) {
		double most = fabs((double)m->need[i]);

		for (size_t j = 0; j < columns; j++)
			most = fmax(most, fabs((double)m->give[i * columns + j]));
		t->scale[i] = most > 0 ? 1 / most : 1;
		row_lower[i] = (double)m->need[i] * t->scale[i];
		row_lower[rows + i] = 1e30;
	}
	for (size_t j = 0; j < columns; j++) {
		cost[j] = (double)m->cost[j];
		cost[columns + j] = (double)m->lower[j];
		cost[2 * columns + j] = (double)m->upper[j];
		index[j] = (int)filled;
		for (size_t i = 0; i < rows; i++) {
			if (!m->give[i * columns + j])
				continue;
			index[columns + 1 + filled] = (int)i;
			value[filled++] =
				(double)m->give[i * columns + j] * t->scale[i];
		}
	}
	index[columns] = (int)filled;
	t->lp = lp_load(&matrix);
	free(numbers);
	free(index);
	return t->lp ? 0 : -ENOMEM;
}

/* What multipliers of the rows prove, in doubles; with costs or (empty) without. */
static double proven(
	struct branch_tree *t, const double *multiplier, double sign, bool is_empty)
{
	const struct mip *m = t->mip;
	size_t columns = m->column_count;
	double sum = 0;

	for (size_t j = 0; j < columns; j++)
		t->reduced[j] = is_empty ? 0 : (double)m->cost[j];
	for (size_t i = 0; i < m->row_count; i++) {
		double weight = sign * multiplier[i] * t->scale[i];

		if (weight <= 0)
			continue;
		sum += weight * (double)m->need[i];
		for (size_t j = 0; j < columns; j++)
			t->reduced[j] -= weight * (double)m->give[i * columns + j];
	}
	for (size_t j = 0; j < columns; j++)
		sum += t->reduced[j] * (t->reduced[j] >= 0 ? t->lower[j] : t->upper[j]);
	return sum;
}

static int keep_multipliers(
	struct branch_tree *t, struct node *node, const double *multiplier, double sign)
{
	node->first = t->multiplier_count;
	node->count = 0;
	for (size_t i = 0; i < t->mip->row_count; i++) {
		double weight = sign * multiplier[i] * t->scale[i];

		if (!(weight > 0))
			continue;
		if (t->multiplier_count == t->multiplier_room) {
			size_t room = 2 * t->multiplier_room + 1024;
			void *grown =
				realloc(t->multiplier, room * sizeof(*t->multiplier));

			if (!grown)
				return -ENOMEM;
			t->multiplier = grown;
			t->multiplier_room = room;
		}
		t->multiplier[t->multiplier_count++] =
			(struct mip_multiplier){ i, weight };
		node->count++;
	}
	return 0;
}

/* ---- solutions ------------------------------------------------------------------------ */

static int64_t branch_cost_of(const struct mip *m, const int64_t *y)
{
	int64_t cost = 0;

	for (size_t j = 0; j < m->column_count; j++)
		cost += m->cost[j] * y[j];
	return cost;
}

static void keep_solution(struct branch_tree *t, const int64_t *y)
{
	int64_t cost = branch_cost_of(t->mip, y);

	if (cost >= t->cutoff)
		return;
	t->cutoff = cost;
	t->has_best = true;
	memcpy(t->best, y, t->mip->column_count * sizeof(*y));
}

/* Rounded up, then one less of whatever still can be spared, dear ones first. */
static void round_point(struct branch_tree *t)
{
	const struct mip *m = t->mip;

	for (size_t j = 0; j < m->column_count; j++)
		t->whole[j] = (int64_t)ceil(t->point[j] - WHOLE);
	if (!mip_allows(m, t->whole))
		return;
	for (;;) {
		int64_t dearest = -1;
		size_t at = 0;

		for (size_t j = 0; j < m->column_count; j++) {
			if (m->cost[j] <= dearest || t->whole[j] <= m->lower[j])
				continue;
			t->whole[j]--;
			if (mip_allows(m, t->whole)) {
				dearest = m->cost[j];
				at = j;
			}
			t->whole[j]++;
		}
		if (dearest < 0)
			break;
		t->whole[at]--;
	}
	keep_solution(t, t->whole);
}

/* ---- nodes ---------------------------------------------------------------------------- */

static bool is_before(const struct branch_tree *t, size_t a, size_t b)
{
	const struct node *x = &t->node[a], *y = &t->node[b];

	return x->bound != y->bound ? x->bound < y->bound : x->depth > y->depth;
}

static void heap_push(struct branch_tree *t, size_t node)
{
	size_t at = t->heap_count++;

	for (; at > 0 && is_before(t, node, t->heap[(at - 1) / 2]); at = (at - 1) / 2)
		t->heap[at] = t->heap[(at - 1) / 2];
	t->heap[at] = node;
}

static size_t heap_pop(struct branch_tree *t)
{
	size_t top = t->heap[0], last = t->heap[--t->heap_count], at = 0;

	for (;;) {
		size_t next = 2 * at + 1;

		if (next >= t->heap_count)
			break;
		if (next + 1 < t->heap_count &&
			is_before(t, t->heap[next + 1], t->heap[next]))
			next++;
		if (!is_before(t, t->heap[next], last))
			break;
		t->heap[at] = t->heap[next];
		at = next;
	}
	t->heap[at] = last;
	return top;
}

/* The limits that the branches from the root set. */
static void branch_set_limits(struct branch_tree *t, size_t node)
{
	for (size_t j = 0; j < t->mip->column_count; j++) {
		t->lower[j] = (double)t->mip->lower[j];
		t->upper[j] = (double)t->mip->upper[j];
	}
	for (; t->node[node].parent != NO_NODE; node = t->node[node].parent) {
		const struct node *n = &t->node[node];

		if (n->is_upper)
			t->lower[n->column] =
				fmax(t->lower[n->column], (double)n->value + 1);
		else
			t->upper[n->column] =
				fmin(t->upper[n->column], (double)n->value);
	}
}

/* Whole multiples of the step of the costs: nothing cheaper than the best is below. */
static bool is_closed(const struct branch_tree *t, const struct node *node)
{
	double step = (double)t->task->step;

	return node->is_empty ||
		ceil((node->bound - 1e-6) / step) * step >= (double)t->cutoff;
}

/* The column whose fraction is nearest to a half, dear ones first; -1: all whole. */
static int64_t branch_choose_column(const struct branch_tree *t)
{
	int64_t best = -1;
	double best_score = 0;

	for (size_t j = 0; j < t->mip->column_count; j++) {
		double part = t->point[j] - floor(t->point[j]);
		double score =
			(part < 0.5 ? part : 1 - part) * (1 + (double)t->mip->cost[j]);

		if (part < WHOLE || part > 1 - WHOLE)
			continue;
		if (score > best_score) {
			best_score = score;
			best = (int64_t)j;
		}
	}
	return best;
}

/* A whole point that a row refuses by a hair: divide anything that is still open. */
static int64_t any_column(const struct branch_tree *t)
{
	for (size_t j = 0; j < t->mip->column_count; j++)
		if (t->lower[j] < t->upper[j])
			return (int64_t)j;
	return -1;
}

/* Solves a node: bound, multipliers, and by which column it would be divided. */
static int solve_node(struct branch_tree *t, size_t number)
{
	struct node *node = &t->node[number];
	double *ray = NULL;
	int r = 0;

	branch_set_limits(t, number);
	for (size_t j = 0; j < t->mip->column_count; j++)
		if (t->lower[j] > t->upper[j])
			node->is_empty = true;
	node->divided = -1;
	if (node->is_empty)
		return 0;
	lp_set_columns(t->lp, t->lower, t->upper);
	r = lp_solve_dual(t->lp);
	if (r == -EDOM) {
		ray = lp_ray(t->lp, t->mip->row_count);
		for (int side = 0; side < 2 && ray && !node->is_empty; side++) {
			double sign = side ? -1 : 1;

			if (proven(t, ray, sign, true) <= 1e-9)
				continue;
			node->is_empty = true;
			r = keep_multipliers(t, node, ray, sign);
		}
		free(ray);
		if (node->is_empty)
			return r == -ENOMEM ? r : 0;
	}
	if (r != 0)
		return 0; /* no bound of its own: that of the parent stands */
	memcpy(t->point, lp_solution(t->lp), t->mip->column_count * sizeof(double));
	node->bound = fmax(node->bound, proven(t, lp_prices(t->lp), 1, false));
	if (keep_multipliers(t, node, lp_prices(t->lp), 1) < 0)
		return -ENOMEM;
	node->divided = branch_choose_column(t);
	round_point(t);
	if (node->divided < 0)
		node->divided = any_column(t);
	if (node->divided >= 0)
		node->divided_at = (int64_t)floor(t->point[node->divided] + WHOLE);
	if (node->divided >= 0 && (double)node->divided_at >= t->upper[node->divided])
		node->divided_at--;
	return 0;
}

static int add_node(struct branch_tree *t, size_t parent, bool is_upper)
{
	struct node node = { .parent = parent, .divided = -1, .child = NO_NODE };

	if (t->count == t->room) {
		size_t room = 2 * t->room + 256;
		void *grown = realloc(t->node, room * sizeof(*t->node));

		if (!grown)
			return -ENOMEM;
		t->node = grown;
		grown = realloc(t->heap, room * sizeof(*t->heap));
		if (!grown)
			return -ENOMEM;
		t->heap = grown;
		t->room = room;
	}
	if (parent != NO_NODE) {
		const struct node *p = &t->node[parent];

		node.column = p->divided;
		node.value = p->divided_at;
		node.is_upper = is_upper;
		node.bound = p->bound;
		node.first = p->first;
		node.count = p->count;
		node.depth = p->depth + 1;
	}
	t->node[t->count++] = node;
	return solve_node(t, t->count - 1);
}

static int branch_search(struct branch_tree *t)
{
	int r = add_node(t, NO_NODE, false);

	if (r == 0)
		heap_push(t, 0);
	while (r == 0 && t->heap_count && t->count < t->task->node_limit &&
		!work_is_over(t->work)) {
		size_t at = heap_pop(t);

		if (is_closed(t, &t->node[at]))
			break; /* and so are all others */
		if (t->node[at].divided < 0)
			continue; /* a leaf for want of anything to divide */
		t->node[at].child = t->count;
		for (int side = 0; side < 2 && r == 0; side++) {
			r = add_node(t, at, side == 1);
			if (r == 0 && !is_closed(t, &t->node[t->count - 1]))
				heap_push(t, t->count - 1);
		}
	}
	return r;
}

/* ---- the proof ------------------------------------------------------------------------ */

static int write_proof(const struct branch_tree *t, struct mip_proof *proof)
{
	size_t *stack = malloc((t->count + 2) * sizeof(*stack));
	size_t depth = 0;

	proof->step = calloc(t->count + 1, sizeof(*proof->step));
	if (!stack || !proof->step) {
		free(stack);
		return -ENOMEM;
	}
	if (t->count)
		stack[depth++] = 0;
	while (depth) {
		const struct node *node = &t->node[stack[--depth]];
		struct mip_step *step = &proof->step[proof->step_count++];

		if (node->child != NO_NODE) {
			*step = (struct mip_step){ .column = node->divided,
				.value = node->divided_at };
			stack[depth++] = node->child + 1;
			stack[depth++] = node->child;
			continue;
		}
		*step = (struct mip_step){ .column = -1,
			.first = node->first,
			.count = node->count,
			.is_empty = node->is_empty };
	}
	free(stack);
	return 0;
}

static int tree_init(
	struct branch_tree *t, const struct wire_mip *task, struct work *work)
{
	size_t columns = task->mip.column_count + 1;

	*t = (struct branch_tree){
		.task = task, .mip = &task->mip, .work = work, .cutoff = task->cutoff
	};
	t->scale = calloc(task->mip.row_count + 1, sizeof(double));
	t->lower = calloc(columns, sizeof(double));
	t->upper = calloc(columns, sizeof(double));
	t->point = calloc(columns, sizeof(double));
	t->reduced = calloc(columns, sizeof(double));
	t->whole = calloc(columns, sizeof(int64_t));
	t->best = calloc(columns, sizeof(int64_t));
	if (!t->scale || !t->lower || !t->upper || !t->point || !t->reduced ||
		!t->whole || !t->best)
		return -ENOMEM;
	return load(t);
}

static void tree_done(struct branch_tree *t)
{
	lp_free(t->lp);
	free(t->scale);
	free(t->node);
	free(t->heap);
	free(t->multiplier);
	free(t->lower);
	free(t->upper);
	free(t->point);
	free(t->reduced);
	free(t->whole);
	free(t->best);
}

int branch_run(const struct wire_mip *task, struct work *work,
	struct wire_mip_answer *ret_answer)
{
	struct branch_tree t;
	int r = tree_init(&t, task, work);

	*ret_answer =
		(struct wire_mip_answer){ .column_count = task->mip.column_count };
	if (r == 0)
		r = branch_search(&t);
	if (r == 0)
		r = write_proof(&t, &ret_answer->proof);
	if (r == 0) {
		ret_answer->proof.multiplier = t.multiplier;
		ret_answer->proof.multiplier_count = t.multiplier_count;
		t.multiplier = NULL;
	}
	if (r == 0 && t.has_best) {
		ret_answer->y = t.best;
		t.best = NULL;
	}
	tree_done(&t);
	return r;
}
