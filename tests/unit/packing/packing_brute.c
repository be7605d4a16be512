#include "tests/unit/packing/packing_brute.h"

size_t pick(uint64_t *random, size_t below)
{
	return (size_t)(support_random(random) % below);
}

/* ---- random problems --------------------------------------------------------------- */

static void make_types(
	struct packing_problem *problem, const struct mode *mode, uint64_t *random)
{
	size_t left = SLOTS;

	for (size_t t = 0; t < problem->type_count; t++) {
		struct packing_host_type *type = &problem->type[t];
		size_t others = problem->type_count - t - 1;
		size_t count = others ? pick(random, left - others + 1) : left;

		type->count = (int64_t)count;
		left -= count;
		type->cost = mode->has_costs ? (int64_t)pick(random, 6) : 1;
		type->zone = (int)pick(random, 2);
		type->variant = pick(random, mode->variants);
		for (size_t d = 0; d < problem->dimension_count; d++) {
			size_t cell = t * problem->dimension_count + d;

			problem->capacity[cell] = 8 + (int64_t)pick(random, 8);
			problem->used[cell] =
				pick(random, 3) ? 0 : (int64_t)pick(random, 4);
		}
	}
}

static void make_constraints(struct packing_problem *problem, uint64_t *random)
{
	size_t count = 1 + pick(random, 3);

	for (size_t c = 0; c < count; c++) {
		size_t items[ITEMS], types[3], item_count = 0, type_count = 0;
		enum packing_constraint_kind kind =
			(enum packing_constraint_kind)pick(random, 8);
		size_t group[ITEMS];

		for (size_t i = 0; i < problem->item_count; i++)
			if (pick(random, 2)) {
				group[item_count] = pick(random, 3);
				items[item_count++] = i;
			}
		for (size_t t = 0; t < problem->type_count; t++)
			if (pick(random, 2))
				types[type_count++] = t;
		if (kind == PACKING_APART_GROUPS)
			packing_constrain_groups(
				problem, items, group, item_count, 3, NULL);
		else
			packing_constrain(problem, kind, items, item_count, types,
				type_count, 1 + pick(random, 2), NULL);
	}
}

/* The space of some types in two or three parts. */
static void cut_into_volumes(struct packing_problem *problem, uint64_t *random)
{
	problem->volume_dimension = 1;
	for (size_t t = 0; t < problem->type_count; t++) {
		struct packing_host_type *type = &problem->type[t];
		size_t cell = t * problem->dimension_count + 1;
		int64_t left = problem->capacity[cell];

		problem->used[cell] = 0;
		type->volume_count = pick(random, 4);
		for (size_t v = 0; v < type->volume_count; v++) {
			type->volume[v] = v + 1 == type->volume_count
				? left
				: (int64_t)pick(random, (size_t)left + 1);
			left -= type->volume[v];
		}
	}
}

void make_problem(
	struct packing_problem *problem, const struct mode *mode, uint64_t *random)
{
	struct packing_dimension dimension[2] = { { "cpu", mode->slots, 0 },
		{ "memory", 1, 0 } };
	size_t dims = 1 + pick(random, 2), types = 1 + pick(random, 3);
	size_t items = 1 + pick(random, ITEMS);

	if (mode->has_setup || mode->has_volumes)
		dims = 2;
	assert_int_equal(packing_problem_init(problem, dimension, dims, types,
				 mode->variants, items, NULL),
		0);
	make_types(problem, mode, random);
	for (size_t i = 0; i < items; i++) {
		problem->item[i].environment = (int)pick(random, 2);
		problem->item[i].is_sharing = pick(random, 2) != 0;
		for (size_t v = 0; v < mode->variants; v++)
			for (size_t row = 0; row < problem->row_count; row++)
				packing_size(problem, v, i)[row] =
					(int64_t)pick(random, 9);
	}
	problem->separates_environments = mode->separates;
	problem->failover = mode->failover;
	for (size_t s = 0; s < SPARES && mode->has_spares; s++)
		problem->type[pick(random, types)].spare += (int64_t)pick(random, 2);
	if (mode->has_volumes)
		cut_into_volumes(problem, random);
	if (mode->has_setup) {
		problem->setup_dimension = 1;
		problem->setup_amount = 1 + (int64_t)pick(random, 3);
	}
	if (mode->has_constraints)
		make_constraints(problem, random);
}

/* ---- brute force ------------------------------------------------------------------- */

/* Used slots become hosts 0..; the slots say how many there are; false when the placement breaks a rule. */
static bool judge(
	const struct brute *b, const size_t *slot_of, struct answer *ret_answer)
{
	struct packing_host_type types[3];
	struct packing_problem all = *b->problem, *problem = &all;
	size_t number[SLOTS + 1 + SPARES], type[SLOTS + SPARES], host_of[ITEMS];
	struct answer answer = { .exists = true };

	all.type = types;
	for (size_t t = 0; t < all.type_count; t++) {
		types[t] = b->problem->type[t];
		types[t].count += types[t].spare;
	}
	for (size_t s = 0; s < SLOTS + 1 + SPARES; s++) {
		bool is_used = false;

		if (s >= b->slot_count && (s <= SLOTS || s > SLOTS + b->spare_count))
			continue;
		for (size_t i = 0; i < problem->item_count; i++)
			is_used = is_used || slot_of[i] == s;
		number[s] = is_used ? answer.hosts : PACKING_NONE;
		if (!is_used)
			continue;
		type[answer.hosts++] = b->slot_type[s];
		answer.cost += problem->type[b->slot_type[s]].cost;
	}
	for (size_t i = 0; i < problem->item_count; i++) {
		host_of[i] = slot_of[i] == SLOTS ? PACKING_NONE : number[slot_of[i]];
		answer.unplaced += slot_of[i] == SLOTS;
	}
	*ret_answer = answer;
	return checker_check_placement(problem, type, answer.hosts, host_of, NULL) == 0;
}

/* Some placement of the lost items on the used slots that are left. */
static bool can_restart(const struct brute *b, size_t *slot_of, unsigned lost,
	unsigned usable, size_t from)
{
	struct answer ignored;
	size_t i = from;

	while (i < b->problem->item_count &&
		(b->slot_of[i] == SLOTS || !(lost >> b->slot_of[i] & 1)))
		i++;
	if (i == b->problem->item_count)
		return judge(b, slot_of, &ignored);
	for (size_t s = 0; s < SLOTS + 1 + SPARES; s++) {
		if (!(usable >> s & 1))
			continue;
		slot_of[i] = s;
		if (can_restart(b, slot_of, lost, usable, i + 1))
			return true;
	}
	slot_of[i] = b->slot_of[i];
	return false;
}

static bool survives(const struct brute *b)
{
	unsigned used = 0, spares = 0, k = b->problem->failover;

	for (size_t i = 0; i < b->problem->item_count; i++)
		if (b->slot_of[i] != SLOTS)
			used |= 1u << b->slot_of[i];
	for (size_t s = 0; s < b->spare_count; s++)
		spares |= 1u << (SLOTS + 1 + s);
	if ((unsigned)__builtin_popcount(used) <= k) {
		k = (unsigned)__builtin_popcount(used);
		if (!spares || !used)
			return false;
	}
	for (unsigned lost = used; lost; lost = (lost - 1) & used) {
		size_t slot_of[ITEMS];

		if ((unsigned)__builtin_popcount(lost) != k)
			continue;
		memcpy(slot_of, b->slot_of, sizeof(slot_of));
		if (!can_restart(b, slot_of, lost, (used & ~lost) | spares, 0))
			return false;
	}
	return true;
}

static bool is_better(const struct answer *a, const struct answer *b)
{
	if (!b->exists || a->unplaced != b->unplaced)
		return !b->exists || a->unplaced < b->unplaced;
	return a->cost != b->cost ? a->cost < b->cost : a->hosts < b->hosts;
}

void brute_from(struct brute *b, size_t item)
{
	struct answer answer;

	if (item < b->problem->item_count) {
		for (size_t s = 0; s <= b->slot_count; s++) {
			b->slot_of[item] = s == b->slot_count ? SLOTS : s;
			brute_from(b, item + 1);
		}
		return;
	}
	if (!judge(b, b->slot_of, &answer))
		return;
	if (is_better(&answer, &b->best))
		b->best = answer;
	if (b->problem->failover && is_better(&answer, &b->best_surviving) &&
		survives(b))
		b->best_surviving = answer;
}
