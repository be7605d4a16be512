#!/usr/bin/env python3
"""Random packing instances of known classes, from a seed.

    generate_packing.py CLASS N SEED       one instance on standard output
        CLASS: ct01 .. ct10 (two dimensions, Caprara and Toth 2001), plain or side
        (five host types with counts and costs, five dimensions), largeplain or
        largeside (the same with sizes times four), sizes3 or sizes5 (bins of several
        sizes, one dimension, Monaci 2002), unlike (every host a type of its own, partly
        used; N workloads on N / 5 hosts), groups (three types, groups apart, pins),
        aligned (series by the hour, three types), pinned or volume (infeasible),
        realistic

Class 9 is class 1 with capacities shrunk until nothing is left over its volume bound;
class 10 is cut from full hosts, three items each.
"""
import random
import sys

RANGES = {1: (100, 400, 1000), 2: (1, 1000, 1000), 3: (200, 800, 1000),
          4: (50, 200, 1000), 5: (25, 100, 1000), 6: (20, 100, 150),
          7: (20, 100, 150), 8: (20, 100, 150), 9: (100, 400, 1000)}


def vbp(capacities, items):
    lines = ["%d" % len(capacities), " ".join(map(str, capacities)), "%d" % len(items)]
    lines += [" ".join(map(str, item)) + " 1" for item in items]
    return "\n".join(lines) + "\n"


def triplets(rng, n):
    items = []
    for _ in range(n // 3):
        cuts = []
        for _ in range(2):
            first = rng.randint(25, 50)
            second = rng.randint(25, min(50, 99 - first))
            cuts.append((first, second, 100 - first - second))
        items += list(zip(*cuts))
    rng.shuffle(items)
    return vbp([100, 100], items)


def two_dimensions(number, n, seed):
    rng = random.Random("ct%d-%d-%d" % (number, n, seed))
    if number == 10:
        return triplets(rng, n)
    low, high, capacity = RANGES[number]
    items = []
    for _ in range(n):
        first = rng.randint(low, high)
        second = rng.randint(low, high)
        if number == 7:
            second = rng.randint(first - 10, first + 10)
        if number == 8:
            second = rng.randint(110 - first, 130 - first)
        items.append((first, second))
    capacities = [capacity, capacity]
    if number == 9:
        sums = [sum(item[d] for item in items) for d in range(2)]
        bound = max(-(-total // capacity) for total in sums)
        capacities = [-(-total // bound) for total in sums]
    return vbp(capacities, items)


TYPES = [("small", 10, 65536, 38400, 10000, 20000, 4000),
         ("std", 19, 196608, 76800, 20000, 40000, 8000),
         ("mem", 27, 393216, 76800, 20000, 40000, 8000),
         ("cpu", 26, 196608, 134400, 25000, 60000, 8000),
         ("big", 46, 524288, 192000, 50000, 100000, 20000)]


def workload(rng):
    """Memory, CPU, network, disk operations, disk space of a plausible server."""
    memory = rng.choice([1, 2, 2, 4, 4, 4, 8, 8, 16, 16, 32, 64]) * 1024
    memory = int(memory * rng.uniform(0.5, 1.0))
    cpu = int(memory / 1024 * rng.uniform(100, 700)) + rng.randint(50, 1500)
    return (memory, cpu, int(rng.expovariate(1 / 120.0)) + 1,
            int(rng.expovariate(1 / 600.0)) + 5,
            int(rng.choice([20, 40, 80, 160, 320]) * rng.uniform(0.6, 1.2)))


def cap(separates, types, items, names=None):
    """CAP1 from (count, cost, capacities) and (environment, group, pin, sizes)."""
    dims = len(types[0][2])
    names = names or ["mem_mb", "cpu_mhz", "net_mbps", "disk_iops", "disk_gb"][:dims]
    lines = ["CAP1", "dims %d %s" % (dims, " ".join(names)),
             "env_separate %d" % separates, "hosttypes %d" % len(types)]
    for t, (count, cost, capacities) in enumerate(types):
        lines.append("t%d %d %d %s" % (t, count, cost, " ".join(map(str, capacities))))
    lines.append("workloads %d" % len(items))
    for i, (environment, group, pin, sizes) in enumerate(items):
        lines.append("w%d %d %d %d %s" % (
            i, environment, group, pin, " ".join(map(str, sizes))))
    return "\n".join(lines) + "\n"


def hosts(n, seed, has_sides, scale=1):
    rng = random.Random("het%d-%d-%s" % (n, seed, has_sides))
    types = [(scale * (n // 15 + rng.randint(2, 4)), cost, list(capacities))
             for _, cost, *capacities in TYPES]
    items = []
    group, left = -1, 0
    for i in range(n):
        if left == 0 and has_sides and rng.random() < 0.1:
            group, left = group + 1, rng.randint(2, 4)
        own = -1
        if left > 0:
            own, left = group, left - 1
        pin = rng.randrange(len(TYPES)) if has_sides and rng.random() < 0.03 else -1
        environment = rng.randrange(3) if has_sides else 0
        sizes = [min(scale * size, most) for size, most in
                 zip(workload(rng), types[-1][2])]
        if pin >= 0 and any(s > c for s, c in zip(sizes, types[pin][2])):
            pin = -1
        items.append((environment, own, pin, sizes))
    return cap(has_sides, types, items)


def bin_sizes(kinds, n, seed):
    """Bins of several sizes that cost what they hold; items of three ranges in turn."""
    rng = random.Random("sizes%d-%d-%d" % (kinds, n, seed))
    low = (1, 20, 50)[seed % 3]
    sizes = (100, 120, 150) if kinds == 3 else (60, 80, 100, 120, 150)
    items = [(0, -1, -1, [rng.randint(low, 100)]) for _ in range(n)]
    return cap(0, [(n, size, [size]) for size in sizes], items, ["size"])


def unlike(n, seed):
    """Every host is a type of its own: bought over the years, partly used."""
    rng = random.Random("unlike%d-%d" % (n, seed))
    types = []
    for _ in range(n // 5):
        _, cost, *capacities = rng.choice(TYPES[1:])
        used = rng.choice([0, 0, 0.1, 0.3, 0.5])
        types.append((1, max(1, int(cost * rng.uniform(0.8, 1.2))),
                      [int(c * (1 - used) * rng.uniform(0.9, 1)) for c in capacities]))
    largest = [max(t[2][d] for t in types) for d in range(5)]
    items = []
    while len(items) < n:
        sizes = [min(2 * s, c // 2) for s, c in zip(workload(rng), largest)]
        if any(all(s <= c for s, c in zip(sizes, t[2])) for t in types):
            items.append((0, -1, -1, sizes))
    return cap(0, types, items)


def groups(n, seed):
    """Three types, groups apart and a few pins: what failover is asked for."""
    rng = random.Random("groups%d-%d" % (n, seed))
    types = [(n // 12 + 4, cost, list(capacities))
             for _, cost, *capacities in (TYPES[1], TYPES[2], TYPES[4])]
    group_of = {}
    for group in range(max(1, n // 17)):
        for i in rng.sample(range(n), rng.randint(2, 4)):
            group_of.setdefault(i, group)
    items = []
    for i in range(n):
        sizes = list(workload(rng))
        pin = rng.randrange(3) if rng.random() < 0.02 else -1
        if pin >= 0 and any(s > c for s, c in zip(sizes, types[pin][2])):
            pin = -1
        items.append((0, group_of.get(i, -1), pin, sizes))
    return cap(0, types, items)


SHAPES = {"office": lambda h: 1.0 if 8 <= h % 24 < 18 and h // 24 % 7 < 5 else 0.15,
          "evening": lambda h: 1.0 if 17 <= h % 24 < 23 else 0.2,
          "batch": lambda h: 1.0 if 1 <= h % 24 < 5 else 0.05,
          "flat": lambda h: 0.7, "spiky": lambda h: 0.1}


def aligned(n, seed, slots=672, types=3):
    """CPU, memory and network by the hour for four weeks, TS1."""
    rng = random.Random("aligned%d-%d-%d" % (n, seed, slots))
    names = ["cpu_mhz", "mem_mb", "net_mbps"]
    rows = [(TYPES[1], 1), (TYPES[2], 1), (TYPES[4], 1)][-types:]
    lines = ["TS1", "dims 3 %s" % " ".join(names),
             "slots %d interval_s 3600" % slots, "hosttypes %d" % len(rows)]
    for (name, cost, memory, cpu, network, _, _), _ in rows:
        lines.append("%s %d %d %d %d %d" % (name, n // 8 + 4, cost, cpu, memory, network))
    lines.append("workloads %d" % n)
    for i in range(n):
        memory, cpu, network, _, _ = workload(rng)
        shape = SHAPES[rng.choice(sorted(SHAPES))]
        shift = rng.randint(-2, 2)
        load = [shape(h + shift + 24) * rng.uniform(0.75, 1) for h in range(slots)]
        for _ in range(3 if shape(0) == 0.1 else 0):
            load[rng.randrange(slots)] = 1
        lines.append("w%d" % i)
        lines.append(" ".join(str(int(cpu * x)) for x in load))
        lines.append(" ".join(str(int(memory * (0.8 + 0.2 * x))) for x in load))
        lines.append(" ".join(str(int(network * x) + 1) for x in load))
    return "\n".join(lines) + "\n"


def infeasible(kind, n, seed):
    """No packing exists, by a count that a person can do."""
    rng = random.Random("%s%d-%d" % (kind, n, seed))
    types = [(n, cost, list(capacities))
             for _, cost, *capacities in (TYPES[1], TYPES[2], TYPES[4])]
    items = [[rng.randrange(3), -1, -1, list(workload(rng))] for _ in range(n)]
    rare = rng.randrange(3)
    if kind == "pinned":
        # three hosts, three environments that each need one, and one that needs two
        types[rare] = (3,) + types[rare][1:]
        for e in range(3):
            items[e][0], items[e][2], items[e][3] = e, rare, [1024, 500, 10, 10, 10]
        items[3] = [0, 0, rare, [1024, 500, 10, 10, 10]]
        items[0][1] = 0
        return cap(1, types, items)
    # what only one type may hold is more than all its hosts have
    types[rare] = (2,) + types[rare][1:]
    memory = types[rare][2][0]
    for i in range(9):
        items[i][2] = rare
        items[i][3] = [memory // 4 + rng.randint(1, 64), 500, 10, 10, 10]
    for item in items:
        item[0] = 0
    return cap(0, types, items)


def realistic(n, seed):
    """One host type, five dimensions: for the table of scale."""
    rng = random.Random("scale%d-%d" % (n, seed))
    return vbp(list(TYPES[4][2:]), [workload(rng) for _ in range(n)])


def generate(kind, n, seed):
    if kind.startswith("ct"):
        return two_dimensions(int(kind[2:]), n, seed)
    if kind.startswith("sizes"):
        return bin_sizes(int(kind[5:]), n, seed)
    if kind in ("pinned", "volume"):
        return infeasible(kind, n, seed)
    if kind in ("realistic", "unlike", "groups", "aligned"):
        return globals()[kind](n, seed)
    return hosts(n, seed, kind.endswith("side"), 4 if kind.startswith("large") else 1)


def all_instances(seeds):
    for seed in seeds:
        for number in range(1, 11):
            for n in ((24, 51, 99, 201) if number == 10 else (25, 50, 100, 200)):
                name = "fresh_ct2d/ct%02d_n%03d_s%d.vbp" % (number, n, seed)
                yield name, two_dimensions(number, n, seed)
        for n in (50, 100, 200, 500, 1000):
            for kind in ("plain", "side"):
                name = "fresh_hetero/het_n%04d_%s_s%d.cap" % (n, kind, seed)
                yield name, hosts(n, seed, kind == "side")


if __name__ == "__main__":
    sys.stdout.write(generate(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
