"""Every figure of `analyze peaks` computed again, plainly, from the CSV files.

It shares no code with analyze: lists, math.fsum and the definitions of
docs/method.md ("Import", "Demand", "Peaks") as they are written there.
"""

import math

DURATIONS = (300, 900, 1800, 3600, 14400, 28800)
FIGURES = ("peak", "peak_at", "mean", "p50", "p90", "p95", "p99", "coverage")


def read_bitbrains(paths):
    """Readings in the order of the files: (stamp, row text, demands)."""
    readings = []
    for path in paths:
        with open(path) as file:
            next(file)
            for line in file:
                f = [float(text) for text in line.split(";\t")]
                readings.append((int(f[0]), line, {
                    "cpu": f[3],
                    "memory": f[6] * 1024,
                    "network": max(f[9], f[10]) * 1024 * 8,
                    "disk": f[7] * 1024 + f[8] * 1024,
                }))
    return readings


def most_frequent(values, prefer):
    counts = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    most = max(counts.values())
    return prefer(value for value, count in counts.items() if count == most)


def first_of_stamps(readings):
    kept, repeated, conflicting = {}, 0, 0
    for stamp, text, demands in readings:
        if stamp not in kept:
            kept[stamp] = (text, demands)
        elif kept[stamp][0] == text:
            repeated += 1
        else:
            conflicting += 1
    return [(stamp, kept[stamp][1]) for stamp in sorted(kept)], repeated, conflicting


class Grid:
    """Slots of one workload: per resource the means, minima and maxima, None: unknown."""

    def __init__(self, readings, step=None, phase=None):
        kept, self.repeated, self.conflicting = first_of_stamps(readings)
        stamps = [stamp for stamp, _ in kept]
        self.step = step or most_frequent(
            [b - a for a, b in zip(stamps, stamps[1:])], max)
        self.phase = most_frequent([stamp % self.step for stamp in stamps], min) \
            if phase is None else phase
        slots = {}
        for stamp, demands in kept:
            # the nearest slot, half up, in whole numbers
            slot = (2 * (stamp - self.phase) + self.step) // (2 * self.step)
            slots.setdefault(slot, []).append(demands)
        self.first, self.last = min(slots), max(slots)
        self.shared = sum(len(many) for many in slots.values() if len(many) > 1)
        self.series = {}
        for resource in kept[0][1]:
            means, lows, highs = [], [], []
            for slot in range(self.first, self.last + 1):
                values = [demands[resource] for demands in slots.get(slot, ())]
                means.append(math.fsum(values) / len(values) if values else None)
                lows.append(min(values) if values else None)
                highs.append(max(values) if values else None)
            self.series[resource] = (means, lows, highs)


def percentile(ordered, p):
    """Linear interpolation between closest ranks (type 7)."""
    at = (len(ordered) - 1) * p / 100
    below = math.floor(at)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (at - below)


def windows(means, lows, step, duration):
    """Highest mean and highest minimum of a window with half of its slots known."""
    width = math.ceil(duration / step)
    values = [0.0 if value is None else value for value in means]
    floors = [math.inf if value is None else value for value in lows]
    known, count = [0], 0
    for value in means:
        count += value is not None
        known.append(count)
    sustained = held = None
    for end in range(width, len(means) + 1):
        here = known[end] - known[end - width]
        if 2 * here < width:
            continue
        mean = math.fsum(values[end - width:end]) / here
        low = min(floors[end - width:end])
        sustained = mean if sustained is None else max(sustained, mean)
        held = low if held is None else max(held, low)
    return sustained, held


def figures(grid, resource):
    means, lows, highs = grid.series[resource]
    ordered = sorted(value for value in means if value is not None)
    peak = max(value for value in highs if value is not None)
    found = {
        "peak": peak,
        "peak_at": (grid.first + highs.index(peak)) * grid.step + grid.phase,
        "mean": math.fsum(ordered) / len(ordered),
        "coverage": len(ordered) / len(means),
        "sustained": {}, "held": {},
    }
    for p in (50, 90, 95, 99):
        found[f"p{p}"] = percentile(ordered, p)
    for duration in DURATIONS:
        found["sustained"][str(duration)], found["held"][str(duration)] = windows(
            means, lows, grid.step, duration)
    return found


def differs(got, wanted, tolerance):
    if got is None or wanted is None:
        return got is not wanted
    return abs(got - wanted) > tolerance * max(abs(wanted), 1e-300)


def compare(workload, grid, tolerance=1e-9, resources=("cpu", "memory", "network", "disk")):
    """What differs between a workload of `analyze peaks --json` and the plain figures."""
    wrong, compared = [], 0

    def one(name, got, wanted):
        nonlocal compared
        compared += 1
        if differs(got, wanted, tolerance):
            wrong.append(f"{workload['name']} {name}: {got!r}, wanted {wanted!r}")

    one("step_s", workload["step_s"], grid.step)
    for resource in resources:
        got, wanted = workload["resources"][resource], figures(grid, resource)
        for name in FIGURES:
            one(f"{resource} {name}", got[name], wanted[name])
        for curve in ("sustained", "held"):
            for duration in DURATIONS:
                one(f"{resource} {curve} {duration}", got[curve][str(duration)],
                    wanted[curve][str(duration)])
    return wrong, compared
