"""T51: 20,000 workloads in one file within bounded memory; one more is refused."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "oracle"))
from harness import Checks, Store

# the sanitizers multiply what a program holds
LIMIT_KIB = 128 * 1024 * (8 if "asan" in os.environ.get("BUILD", "") else 1)
checks = Checks()


def write(store, name, workloads, rows):
    path = store.path(name)
    with open(path, "w") as out:
        out.write("time,workload,cpu_used_mhz,memory_used_bytes\n")
        for row in range(rows):  # one row of each in turn: the worst order
            for number in range(workloads):
                out.write(f"{1372629600 + 300 * row},vm-{number},{number + row},{row}\n")
    return path


with Store() as store:
    path = write(store, "many.csv", 20_000, 5)
    done, cpu, peak_kib = store.measured("import", "csv", path)
    checks.check(f"20,000 workloads import in {peak_kib // 1024} MiB and {cpu:.1f} s of CPU",
                 done.returncode == 0 and "20000 new" in done.stdout and peak_kib < LIMIT_KIB,
                 done.stderr or f"{peak_kib} KiB")
    peaks = store.json("peaks", "vm-19999")["workloads"][0]["resources"]
    checks.check("the last of them has its own figures",
                 peaks["cpu"]["peak"] == 20003 and peaks["memory"]["peak"] == 4, str(peaks))
    done, cpu, peak_kib = store.measured("import", "csv", path)
    checks.check("again: nothing changed", done.returncode == 0 and
                 done.stdout.splitlines()[-1].startswith("nothing changed"), done.stdout)

with Store() as store:
    path = write(store, "more.csv", 20_001, 1)
    done, cpu, peak_kib = store.measured("import", "csv", path)
    checks.check("20,001 are refused, with the limit and the line",
                 done.returncode == 1 and "20000" in done.stderr and ":20002" in done.stderr
                 and not os.path.exists(os.path.join(store.dir, "rrd")), done.stderr)

with Store() as store:  # what the limit does where it is given, at a size that costs nothing
    path = write(store, "few.csv", 4, 1)
    for limit, code in ((3, 1), (4, 0)):
        done, cpu, peak_kib = store.measured("import", "--max-workloads", str(limit), "csv", path)
        checks.check(f"four workloads with a limit of {limit}: exit {code}",
                     done.returncode == code and (code == 0 or f"at most {limit} " in done.stderr),
                     f"{done.returncode} {done.stderr}")
checks.finish()
