/* The programme, its answer and its proof; rows come in when an answer breaks them. */
#include "analyze/packing/master.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS_MAX 200
#define ROWS_A_ROUND 12

static bool is_used(const struct master *m, size_t row, const size_t loss[2])
{
	for (size_t i = 0; i < m->use_count; i++)
		if (m->use[i].row == row && m->use[i].loss[0] == loss[0] &&
			m->use[i].loss[1] == loss[1])
			return true;
	return false;
}

static int add_use(struct master *m, size_t row, const size_t loss[2])
{
	if (m->use_count == m->use_room) {
		size_t room = 2 * m->use_room + 64;
		void *grown = realloc(m->use, room * sizeof(*m->use));

		if (!grown)
			return -ENOMEM;
		m->use = grown;
		m->use_room = room;
	}
	m->use[m->use_count++] =
		(struct master_use){ .row = row, .loss = { loss[0], loss[1] } };
	return 0;
}

static __int128 needed(const struct master *m, const struct master_row *row,
	const struct master_wish *wish)
{
	double room = wish->room ? wish->room[row->environment] : 0;

	return room > 0 && (wish->is_loose ? row->is_whole : row->is_divisible)
		? row->need + (__int128)((double)row->need * room * master_ease(m, row))
		: row->need;
}

/* The rows that y breaks most, by the share that is missing, come in.  Returns how many
 * are new; is_broken: some row is, be it new or not. */
static int take_broken(struct master *m, const int64_t *y,
	const struct master_wish *wish, bool *ret_is_broken)
{
	int added = 0;

	*ret_is_broken = false;
	for (int i = 0; i < ROWS_A_ROUND; i++) {
		size_t worst = PACKING_NONE, worst_loss[2] = { 0 };
		double most = 0;

		for (size_t r = 0; r < m->row_count; r++) {
			const struct master_row *row = &m->row[r];
			size_t loss[2];

			if (wish->is_single && row->environment != wish->environment)
				continue;
			__int128 need = needed(m, row, wish);
			__int128 missing = need - master_given(m, row, y, loss);

			if (missing <= 0)
				continue;
			*ret_is_broken = true;
			if ((double)missing / (double)need <= most ||
				is_used(m, r, loss))
				continue;
			most = (double)missing / (double)need;
			worst = r;
			memcpy(worst_loss, loss, sizeof(worst_loss));
		}
		if (worst == PACKING_NONE)
			break;
		if (add_use(m, worst, worst_loss) < 0)
			return -ENOMEM;
		added++;
	}
	return added;
}

/* ---- the programme ------------------------------------------------------------------- */

/* Column of the i-th host of a kind being used: 1 where there are more than i. */
static size_t flag_of(const struct master *m, size_t kind, unsigned i)
{
	return (i + 1) * m->kind_count + kind;
}

/* y <= i + (upper - i) flag: a host that is lost has to be counted as there. */
static void put_flags(const struct master *m, struct mip *mip, size_t *row)
{
	size_t columns = mip->column_count;

	for (unsigned i = 0; i < m->failover; i++)
		for (size_t k = 0; k < m->kind_count; k++) {
			int64_t *give = mip->give + *row * columns;

			mip->upper[flag_of(m, k, i)] = 1;
			give[k] = -1;
			give[flag_of(m, k, i)] = mip->upper[k] - (int64_t)i;
			mip->need[(*row)++] = -(int64_t)i;
		}
}

static void put_uses(const struct master *m, const struct master_wish *wish,
	struct mip *mip, size_t *row)
{
	size_t columns = mip->column_count;

	for (size_t i = 0; i < m->use_count; i++) {
		const struct master_use *use = &m->use[i];
		const struct master_row *from = &m->row[use->row];
		int64_t *give = mip->give + *row * columns;

		if (wish->is_single && from->environment != wish->environment)
			continue; /* a row of zeros, which asks for nothing */
		memcpy(give, from->give, m->kind_count * sizeof(*give));
		for (unsigned f = 0; f < m->failover; f++) {
			size_t k = use->loss[f];

			if (k != PACKING_NONE)
				give[flag_of(m, k, f == 1 && use->loss[0] == k)] -=
					from->give[k];
		}
		mip->need[*row] = (int64_t)needed(m, from, wish);
		if (use->loss[0] != PACKING_NONE)
			mip->need[*row] -= (int64_t)master_spared(m, from);
		(*row)++;
	}
}

static int build_programme(
	const struct master *m, const struct master_wish *wish, struct mip *mip)
{
	size_t environments = m->engine->model.environment_count;
	size_t columns = m->kind_count * (1 + m->failover), row = 0;
	size_t shared = environments > 1 ? m->class_count : 0;
	int r = mip_init(mip, columns,
		m->use_count + shared + m->failover * m->kind_count +
			(wish->min_cost > 0) + (wish->min_single ? environments : 0));

	if (r < 0)
		return r;
	for (size_t k = 0; k < m->kind_count; k++) {
		bool is_in =
			!wish->is_single || k / m->class_count == wish->environment;

		mip->cost[k] = m->cost[k % m->class_count];
		mip->upper[k] = is_in ? m->count[k % m->class_count] : 0;
	}
	put_flags(m, mip, &row);
	put_uses(m, wish, mip, &row);
	for (size_t c = 0; c < shared; c++) {
		for (size_t e = 0; e < environments; e++)
			mip->give[row * columns + e * m->class_count + c] = -1;
		mip->need[row++] = -m->count[c];
	}
	if (wish->min_cost > 0) {
		memcpy(mip->give + row * columns, mip->cost,
			m->kind_count * sizeof(int64_t));
		mip->need[row++] = wish->min_cost;
	}
	for (size_t e = 0; e < environments && wish->min_single; e++) {
		memcpy(mip->give + row * columns + e * m->class_count,
			mip->cost + e * m->class_count,
			m->class_count * sizeof(int64_t));
		mip->need[row++] = wish->min_single[e];
	}
	return 0;
}

/* ---- asking --------------------------------------------------------------------------- */

/* 1: an answer, to be freed; -EAGAIN: none in time, or the child is of no more use. */
static int master_solve_ask(struct master *m, const struct wire_mip *task,
	struct wire_mip_answer *ret_answer)
{
	struct wire_head head;
	struct strbuf payload;
	const char *answer = NULL;
	int r = 0;

	strbuf_init(&payload, WIRE_PAYLOAD_MAX);
	r = wire_encode_mip(task, &payload);
	if (r == 0)
		r = solver_child_send(&m->child, WIRE_MIP, &payload);
	strbuf_done(&payload);
	if (r == 0)
		r = solver_child_receive(&m->child, work_now_s() + task->seconds + 0.2,
			m->engine->options->is_cancelled, &head, &answer);
	if (r == 1 && head.kind == WIRE_MIP_ANSWER)
		r = wire_decode_mip_answer(
			answer, head.length, task->mip.column_count, ret_answer);
	else if (r != -ENOMEM)
		r = -EPROTO;
	if (r == 0)
		return 1;
	if (r != -ENOMEM) {
		solver_child_stop(&m->child, false, true, m->note, sizeof(m->note));
		m->has_child = false;
	}
	return r == -ENOMEM ? r : -EAGAIN;
}

int master_raise_least(struct master *m, size_t environment, int64_t least)
{
	const struct master_row like = {
		.environment = environment, .kind = PACKING_BOUND_MIX, .is_final = true
	};
	__int128 *give = calloc(m->kind_count + 1, sizeof(*give));
	int r = give ? 0 : -ENOMEM;

	for (size_t k = 0; k < m->class_count && give; k++)
		give[environment * m->class_count + k] = m->cost[k];
	if (least > m->least[environment])
		m->least[environment] = least;
	if (r == 0)
		r = master_add_row(m, &like, least, give);
	free(give);
	return r;
}

/* What a proof says of all environments, or of one: that becomes a row. */
static int use_bound(struct master *m, const struct master_wish *wish, int64_t bound)
{
	int64_t step = m->engine->mix.cost_gcd;
	int r = 0;

	if (bound == INT64_MAX) {
		m->is_infeasible = true;
		return 0;
	}
	bound = (bound + step - 1) / step * step;
	if (!wish->is_single && bound > m->bound)
		m->bound = bound;
	if (wish->is_single)
		r = master_raise_least(m, wish->environment, bound);
	return r < 0 ? r : 0;
}

/* One programme as the rows are now: 1 with y, 0 nothing cheaper, -ESRCH, -EAGAIN,
 * -ENOMEM. */
static int solve_once(struct master *m, const struct master_wish *wish)
{
	struct wire_mip task = { .seconds = wish->until_s - work_now_s(),
		.node_limit = wish->nodes,
		.step = m->engine->mix.cost_gcd,
		.cutoff = wish->cutoff };
	struct wire_mip_answer answer = { 0 };
	int64_t bound = 0;
	int r = build_programme(m, wish, &task.mip);

	if (r == 0 && task.seconds <= 0)
		r = -EAGAIN;
	if (r == 0)
		r = master_solve_ask(m, &task, &answer);
	if (r == 1 && mip_bound(&task.mip, &answer.proof, &bound) < 0)
		r = -EAGAIN;
	if (r == 1 && !wish->room && wish->min_cost <= 0 && !wish->min_single &&
		use_bound(m, wish, bound) < 0)
		r = -ENOMEM;
	if (r == 1 && answer.y && mip_allows(&task.mip, answer.y))
		memcpy(m->y, answer.y, m->kind_count * sizeof(*m->y));
	else if (r == 1)
		r = bound >= wish->cutoff ? 0 : -ESRCH;
	wire_mip_answer_done(&answer);
	mip_done(&task.mip);
	return r;
}

int master_solve(struct master *m, const struct master_wish *wish)
{
	int r = 1;

	for (int round = 0; round < ROUNDS_MAX && r == 1; round++) {
		bool is_broken = false;

		if (!m->has_child || work_now_s() > wish->until_s)
			return -EAGAIN;
		r = solve_once(m, wish);
		if (r != 1)
			break;
		r = take_broken(m, m->y, wish, &is_broken);
		if (r < 0)
			return r;
		if (r > 0 && m->use_count < MIP_ROWS_MAX / 2) {
			r = 1;
			continue;
		}
		if (is_broken)
			return -ESRCH; /* no more rows can come in */
		if (wish->is_firm)
			return 1;
		r = master_assign(m, m->y,
			wish->is_single ? wish->environment : PACKING_NONE, wish->room,
			wish->until_s);
		if (r == 1)
			return 1;
		r = r == 0 ? 1 : r;
	}
	return r == 1 ? -ESRCH : r;
}
