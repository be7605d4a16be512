/* Units of a model that are alike, so that a search need not tell them apart. */
#ifndef ANALYZE_PACKING_KNAPSACK_CLASSES_H
#define ANALYZE_PACKING_KNAPSACK_CLASSES_H

#include "analyze/packing/model.h"

/* Units that nothing tells apart are one class. */
struct knapsack_classes {
	size_t count;
	size_t *class_of; /* [unit] */
	size_t *unit;     /* [class] a unit of it */
	uint32_t *demand; /* [class] how many units */
};

/* 0 or -ENOMEM. */
int knapsack_classes_init(struct knapsack_classes *classes, const struct model *model);
void knapsack_classes_done(struct knapsack_classes *classes);

#endif
