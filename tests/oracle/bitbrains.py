"""The Bitbrains set: unpacking it, its published figures, and a generated likeness."""

import csv
import os
import random
import tarfile

MONTHS = ("2013-7", "2013-8", "2013-9")
HEADER = (
    "Timestamp [ms];\tCPU cores;\tCPU capacity provisioned [MHZ];\tCPU usage [MHZ];\t"
    "CPU usage [%];\tMemory capacity provisioned [KB];\tMemory usage [KB];\t"
    "Disk read throughput [KB/s];\tDisk write throughput [KB/s];\t"
    "Network received throughput [KB/s];\tNetwork transmitted throughput [KB/s]\n")
IDS = [3 * i + 1 for i in range(167)]


def folder(shared):
    return os.path.join(shared, "data", "traces", "bitbrains-rnd")


def spread(count):
    return [IDS[i * len(IDS) // count] for i in range(count)]


def unpack(shared, target, ids):
    """The files of these machines; {id: [paths in the order of the months]}."""
    wanted, paths = set(ids), {vm: [] for vm in ids}
    for month in MONTHS:
        with tarfile.open(os.path.join(folder(shared), month + ".tar.xz")) as archive:
            for member in archive:
                name = os.path.basename(member.name)
                if not member.isfile() or not name.endswith(".csv"):
                    continue
                vm = int(name[:-4])
                if vm not in wanted:
                    continue
                path = os.path.join(target, month, name)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "wb") as out:
                    out.write(archive.extractfile(member).read())
                paths[vm].append(path)
    return paths


def expected(shared):
    with open(os.path.join(folder(shared), "expected_python.csv")) as file:
        return {row["vm"]: row for row in csv.DictReader(file)}


def compare_expected(peaks, imported, rows):
    """The published figures beside ours.  Returns (problems, table, pairs, close).

    Peaks to 1e-12; mean and p95 within 1 % unless the machine was sampled more than
    once a slot; the sustained hour within 1 % or named in the table with its cause.
    """
    shared = {item["name"]: item["shared"] for item in imported["workloads"]}
    problems, table, pairs, close = [], [], 0, 0
    for workload in peaks["workloads"]:
        row = rows[workload["name"]]
        many = shared[workload["name"]]
        network = max(float(row["net_rx_kbps_peak"]), float(row["net_tx_kbps_peak"]))
        resources = workload["resources"]
        for resource, wanted in (
                ("cpu", float(row["cpu_mhz_peak"])),
                ("memory", float(row["mem_kb_peak"]) * 1024),
                ("network", network * 8192)):
            got = resources[resource]["peak"]
            if abs(got - wanted) > 1e-12 * max(wanted, 1e-300):
                problems.append(f"{workload['name']} {resource} peak {got}, wanted {wanted}")
        for resource, column, unit in (("cpu", "cpu_mhz", 1), ("memory", "mem_kb", 1024)):
            got = resources[resource]
            for figure, theirs in (("mean", "_mean"), ("p95", "_p95_lin")):
                wanted = float(row[column + theirs]) * unit
                if many == 0 and abs(got[figure] - wanted) > 0.01 * wanted:
                    problems.append(
                        f"{workload['name']} {resource} {figure} {got[figure]}, "
                        f"wanted {wanted} within 1 %")
            wanted = float(row[column + "_maxroll1h"]) * unit
            ours = got["sustained"]["3600"]
            off = abs(ours - wanted) / wanted if wanted else float(ours != 0)
            pairs += 1
            if off <= 0.01:
                close += 1
            else:
                since_first = int(row[column + "_maxroll1h_ts"]) - int(row["first_ts"])
                table.append((off, workload["name"], resource, ours, wanted,
                              cause(ours, wanted, many, since_first)))
    table.sort(reverse=True)
    return problems, table, pairs, close


def cause(ours, wanted, many, since_first):
    if since_first < 3300:
        return "theirs: 9 samples of its first hour, of which we have no whole window"
    if many > 100:
        return f"{many} readings share slots: theirs counts each, ours the slot's mean"
    if ours > wanted:
        return "ours: a window with 6 to 8 of 12 slots known, after a gap"
    return "not explained"


def print_table(table):
    print("#  sustained hour: ours (at least 6 of 12 slots known) beside the published one")
    print("#  (at least 9 of 12 samples within 3600 s); more than 1 % apart:")
    print("#  workload resource        ours       published    off   cause")
    for off, name, resource, ours, wanted, why in table:
        print(f"#  {name:>8} {resource:8} {ours:13.6g} {wanted:13.6g} {100 * off:6.2f} %  {why}")


def generate(target, seed, machines=8, days=9):
    """Machines with all that is odd in the real set; {name: [paths]}."""
    made = {}
    for number in range(machines):
        random_ = random.Random(f"{seed}-{number}")
        name = f"gen-{number}"
        stamp = 1372629600 + random_.randrange(300)
        cores, clock = random_.choice((1, 2, 4, 8)), random_.choice((2599.99, 2926.0))
        memory = random_.choice((2097152.0, 8388608.0))
        rows, many = [], number % 4 == 3
        for index in range(days * 288):
            stamp += 300 + random_.choice((0, 0, 0, 0, 0, 0, -1, 1, 2, -2))
            if random_.random() < 0.004:
                stamp += 300 * random_.randrange(2, 60)
            if index == days * 144 and number % 2:
                cores, memory = cores * 2, memory * 1.5
            usage = abs(random_.gauss(0.2, 0.15)) + (2.5 if random_.random() < 0.003 else 0)
            row = (stamp, cores, cores * clock, usage * cores * clock, usage * 100, memory,
                   memory * abs(random_.gauss(0.3, 0.1)) * (random_.random() > 0.02),
                   random_.expovariate(0.02), random_.expovariate(0.05),
                   random_.expovariate(1), random_.expovariate(1))
            rows.append(row)
            if random_.random() < 0.01:
                rows.append(row)  # the same again
            if random_.random() < 0.003:
                rows.append(row[:3] + (row[3] / 2 + 1,) + row[4:])  # another row, same time
            if many and days * 72 < index < days * 96:
                # sampled by two hosts for a while, with a phase that drifts
                extra = stamp + 20 + index % 200
                rows.append((extra,) + row[1:3] + (row[3] * 1.25,) + row[4:])
        cut = len(rows) // 3
        made[name] = []
        for part, month in enumerate(MONTHS):
            path = os.path.join(target, month, name + ".csv")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            end = None if part == 2 else (part + 1) * cut
            with open(path, "w") as out:
                out.write(HEADER)
                for row in rows[part * cut:end]:
                    out.write(";\t".join([str(row[0])] + [repr(float(v)) for v in row[1:]]) + "\n")
            made[name].append(path)
    return made
