/* Rules on a workload: schema/rule.h. */
#include "schema/rule.h"

#include "common/array.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

void finding_list_done(struct finding_list *list)
{
	free(list->finding);
	*list = (struct finding_list){ .count = 0 };
}

static int add_finding(struct finding_list *list, const struct finding *finding)
{
	if (ARRAY_EXTEND(list->finding, list->count) < 0)
		return -ENOMEM;
	list->finding[list->count++] = *finding;
	return 0;
}

static enum outcome outcome_of(const struct rule *rule)
{
	switch (rule->severity) {
	case SEVERITY_REVIEW:
		return OUTCOME_REVIEW;
	case SEVERITY_UNKNOWN:
		return OUTCOME_UNKNOWN;
	case SEVERITY_DISQUALIFY:
		/* a fact that nobody could verify is for a person to look at */
		return rule->is_verified ? OUTCOME_DISQUALIFIED : OUTCOME_REVIEW;
	case SEVERITY_NOTE:
		break;
	}
	return OUTCOME_PASS;
}

/* Nothing but facts that nobody stated, no figure, keeps the answer open. */
static bool lacks_facts_alone(const struct finding *finding)
{
	for (int i = FACT_COUNT; i < FIELD_COUNT; i++) {
		bool is_of_device =
			i >= FIELD_DEVICE_CLASS && i <= FIELD_DEVICE_REQUIRED;

		if (finding->missing.is_missing[i] && !is_of_device)
			return false;
	}
	return true;
}

static int judge_item(const struct rule *rule, const struct rule_subject *subject,
	const struct field_item *item, const struct profile_settings *settings,
	struct finding_list *list)
{
	struct finding finding = {
		.rule = rule, .item = item, .needed = NAN, .allowed = NAN
	};
	enum truth truth =
		condition_judge(&rule->when, subject, item, settings, &finding.missing);

	if (truth == TRUTH_FALSE)
		return 0;
	if (truth == TRUTH_UNKNOWN && rule->severity == SEVERITY_NOTE)
		return 0;
	finding.is_for_missing = truth == TRUTH_UNKNOWN;
	finding.is_assumed = finding.is_for_missing &&
		rule->severity != SEVERITY_UNKNOWN &&
		settings->takes_unstated_as_absent > 0 && lacks_facts_alone(&finding);
	finding.outcome = finding.is_assumed ? OUTCOME_PASS
		: truth == TRUTH_UNKNOWN     ? OUTCOME_UNKNOWN
					     : outcome_of(rule);
	finding.at = item ? item->at : 0;
	if (rule->needed >= 0) {
		struct operand needed = { .kind = OPERAND_FIELD,
			.index = rule->needed };

		finding.needed = operand_number(&needed, subject, item, settings);
	}
	if (rule->has_allowed)
		finding.allowed =
			operand_number(&rule->allowed, subject, item, settings);
	return add_finding(list, &finding);
}

int rule_judge(const struct rule *rule, const struct rule_subject *subject,
	const struct profile_settings *settings, struct finding_list *list)
{
	if (rule->scope == SCOPE_WORKLOAD || !subject->is_listed[rule->scope])
		return judge_item(rule, subject, NULL, settings, list);
	for (size_t i = 0; i < subject->item_count; i++) {
		if (subject->item[i].scope == rule->scope &&
			judge_item(rule, subject, &subject->item[i], settings, list) <
				0)
			return -ENOMEM;
	}
	return 0;
}
