#!/usr/bin/env python3
"""An independent reading of packing instances and check of `analyze pack --json`.

    check_packing.py INSTANCE ANSWER.json [peak]

Shares nothing with the program: it parses the formats again and adds up in integers.
"""
import json
import sys


class Instance:
    """items: list of rows (one figure per dimension and slot); types: hosts."""

    def __init__(self):
        self.types = []  # (count or None, cost, capacities by row)
        self.items = []
        self.groups = []
        self.pins = []
        self.environments = []
        self.separate = False
        self.has_types = False


def read(path, peak=False):
    text = open(path).read()
    words = text.split()
    instance = Instance()
    if words[0] == "CAP1":
        read_cap(words, instance)
    elif words[0] == "TS1":
        read_series(words, instance, peak)
    elif path.endswith(".vbp"):
        read_vbp([int(w) for w in words], instance)
    elif len(text.splitlines()[0].split()) == 4:
        read_temporal([int(w) for w in words], instance, peak)
    else:
        numbers = [int(w) for w in words]
        instance.types = [(None, 1, [numbers[1]])]
        instance.items = [[size] for size in numbers[2:2 + numbers[0]]]
    n = len(instance.items)
    instance.groups = instance.groups or [-1] * n
    instance.pins = instance.pins or [-1] * n
    instance.environments = instance.environments or [0] * n
    return instance


def read_vbp(numbers, instance):
    d = numbers[0]
    instance.types = [(None, 1, numbers[1:1 + d])]
    at = 2 + d
    for _ in range(numbers[1 + d]):
        instance.items += [numbers[at:at + d]] * numbers[at + d]
        at += d + 1


def read_temporal(numbers, instance, peak):
    n, capacity = numbers[0], numbers[1]
    jobs = [numbers[4 + 4 * i + 1:4 + 4 * i + 4] for i in range(n)]
    times = [0] if peak else sorted({job[0] for job in jobs})
    instance.types = [(None, 1, [capacity] * len(times))]
    for start, end, size in jobs:
        instance.items.append(
            [size] if peak else [size if start <= t < end else 0 for t in times])


def read_cap(words, instance):
    at = words.index("dims") + 1
    d = int(words[at])
    instance.has_types = True
    instance.separate = words[words.index("env_separate") + 1] == "1"
    at = words.index("hosttypes") + 1
    k, at = int(words[at]), at + 1
    for _ in range(k):
        row = [int(w) for w in words[at + 1:at + 3 + d]]
        instance.types.append((row[0], row[1], row[2:]))
        at += 3 + d
    n, at = int(words[at + 1]), at + 2
    for _ in range(n):
        row = [int(w) for w in words[at + 1:at + 4 + d]]
        instance.environments.append(row[0])
        instance.groups.append(row[1])
        instance.pins.append(row[2])
        instance.items.append(row[3:])
        at += 4 + d


def read_series(words, instance, peak):
    d = int(words[words.index("dims") + 1])
    slots = int(words[words.index("slots") + 1])
    instance.has_types = True
    at = words.index("hosttypes") + 1
    k, at = int(words[at]), at + 1
    for _ in range(k):
        row = [int(w) for w in words[at + 1:at + 3 + d]]
        wide = [c for c in row[2:] for _ in range(1 if peak else slots)]
        instance.types.append((row[0], row[1], wide))
        at += 3 + d
    n, at = int(words[at + 1]), at + 2
    for _ in range(n):
        values = [int(w) for w in words[at + 1:at + 1 + d * slots]]
        if peak:
            values = [max(values[i * slots:(i + 1) * slots]) for i in range(d)]
        instance.items.append(values)
        at += 1 + d * slots


def check(instance, answer):
    """The list of what is wrong with a packed answer; empty: nothing."""
    wrong = []
    n, bins = len(instance.items), answer["bins"]
    assignment = answer["assignment"]
    types = answer.get("bin_types") or [0] * bins
    if len(assignment) != n or len(types) != bins:
        return ["%d items assigned of %d, %d bin types for %d bins" % (
            len(assignment), n, len(types), bins)]
    if n and sorted(set(assignment)) != list(range(bins)):
        wrong.append("bins are not numbered from 0 without holes")
    for t, (count, _, _) in enumerate(instance.types):
        if count is not None and types.count(t) > count:
            wrong.append("type %d: %d hosts of %d" % (t, types.count(t), count))
    for b in range(bins):
        inside = [i for i in range(n) if assignment[i] == b]
        capacity = instance.types[types[b]][2]
        for row, limit in enumerate(capacity):
            total = sum(instance.items[i][row] for i in inside)
            if total > limit:
                wrong.append("bin %d row %d: %d over %d" % (b, row, total, limit))
                break
        groups = [instance.groups[i] for i in inside if instance.groups[i] >= 0]
        if len(groups) != len(set(groups)):
            wrong.append("bin %d: two of a group" % b)
        if any(instance.pins[i] not in (-1, types[b]) for i in inside):
            wrong.append("bin %d: a pin is broken" % b)
        if instance.separate and len({instance.environments[i] for i in inside}) > 1:
            wrong.append("bin %d: two environments" % b)
    value = bins
    if instance.has_types:
        value = sum(instance.types[t][1] for t in types)
        if value != answer["cost"]:
            wrong.append("cost %s is called %s" % (value, answer["cost"]))
    if answer["lower_bound"] > value:
        wrong.append("bound %s over value %s" % (answer["lower_bound"], value))
    if answer["proven_optimal"] != (answer["lower_bound"] == value):
        wrong.append("proven_optimal does not follow from the bound")
    return wrong


def check_losses(instance, answer):
    """Every loss of an answer with failover: restarted items fit where they go."""
    wrong, bins, assignment = [], answer["bins"], answer["assignment"]
    types = answer.get("bin_types") or [0] * bins
    k = answer["failover"]["k"]
    losses = answer["failover"]["losses"]
    wanted = bins if k == 1 else bins * (bins - 1) // 2
    if answer["failover"]["met"] and (len(losses) != wanted or bins <= k):
        wrong.append("%d losses of %d" % (len(losses), wanted))
    for loss in losses:
        if not loss["survived"]:
            if answer["failover"]["met"]:
                wrong.append("met, but a loss is not survived")
            continue
        after = list(assignment)
        for item, to in zip(loss["items"], loss["to"]):
            after[item] = to
        if any(after[i] in loss["lost"] for i in range(len(after))):
            wrong.append("loss of %s: an item is left behind" % loss["lost"])
        if any(after[i] != assignment[i] and assignment[i] not in loss["lost"]
               for i in range(len(after))):
            wrong.append("loss of %s: an item moves that was not lost" % loss["lost"])
        for b in sorted(set(loss["to"])):
            inside = [i for i in range(len(after)) if after[i] == b]
            for row, limit in enumerate(instance.types[types[b]][2]):
                if sum(instance.items[i][row] for i in inside) > limit:
                    wrong.append("loss of %s: bin %d over" % (loss["lost"], b))
                    break
            groups = [instance.groups[i] for i in inside if instance.groups[i] >= 0]
            if len(groups) != len(set(groups)):
                wrong.append("loss of %s: bin %d: two of a group" % (loss["lost"], b))
            if any(instance.pins[i] not in (-1, types[b]) for i in inside):
                wrong.append("loss of %s: bin %d: a pin" % (loss["lost"], b))
            if instance.separate and len({instance.environments[i] for i in inside}) > 1:
                wrong.append("loss of %s: bin %d: environments" % (loss["lost"], b))
    return wrong


def value_of(instance, answer):
    return answer["cost"] if instance.has_types else answer["bins"]


def main():
    answer = json.load(open(sys.argv[2]))
    wrong = check(read(sys.argv[1], sys.argv[3:] == ["peak"]), answer)
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
