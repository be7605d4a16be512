#!/usr/bin/env python3
"""Random packing instances of known classes, from a seed.

    generate_packing.py CLASS N SEED       one instance on standard output
        CLASS: ct01 .. ct10 (two dimensions, Caprara and Toth 2001), plain or side
        (five host types with counts and costs, five dimensions), realistic

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


def hosts(n, seed, has_sides):
    rng = random.Random("het%d-%d-%s" % (n, seed, has_sides))
    lines = ["CAP1", "dims 5 mem_mb cpu_mhz net_mbps disk_iops disk_gb",
             "env_separate %d" % has_sides, "hosttypes %d" % len(TYPES)]
    for name, cost, *capacities in TYPES:
        lines.append("%s %d %d %s" % (
            name, n // 15 + rng.randint(2, 4), cost, " ".join(map(str, capacities))))
    lines.append("workloads %d" % n)
    group, left = -1, 0
    for i in range(n):
        if left == 0 and has_sides and rng.random() < 0.1:
            group, left = group + 1, rng.randint(2, 4)
        own = -1
        if left > 0:
            own, left = group, left - 1
        pin = rng.randrange(len(TYPES)) if has_sides and rng.random() < 0.03 else -1
        environment = rng.randrange(3) if has_sides else 0
        sizes = workload(rng)
        if pin >= 0 and any(s > c for s, c in zip(sizes, TYPES[pin][2:])):
            pin = -1
        lines.append("w%d %d %d %d %s" % (
            i, environment, own, pin, " ".join(map(str, sizes))))
    return "\n".join(lines) + "\n"


def realistic(n, seed):
    """One host type, five dimensions: for the table of scale."""
    rng = random.Random("scale%d-%d" % (n, seed))
    return vbp(list(TYPES[4][2:]), [workload(rng) for _ in range(n)])


def generate(kind, n, seed):
    if kind.startswith("ct"):
        return two_dimensions(int(kind[2:]), n, seed)
    if kind == "realistic":
        return realistic(n, seed)
    return hosts(n, seed, kind == "side")


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
