"""Bad input: one clear line each (file, line, field), exit 1, nothing half-imported."""

import gzip
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "oracle"))
import bitbrains
from harness import ANALYZE, Checks, Store

checks = Checks()
HEAD = bitbrains.HEADER
ROW = "1372629804;\t2;\t5852.0;\t87.75;\t1.5;\t8388608.0;\t1034592.5;\t160.5;\t21.25;\t0.25;\t1.5\n"
CSV = "time,workload,cpu_used_mhz,memory_used_bytes\n"


def rows(count, start=1372629804):
    return "".join(ROW.replace("1372629804", str(start + 300 * i)) for i in range(count))


def csv_rows(count):
    return "".join(f"{1372629804 + 300 * i},web,{i}.5,1024\n" for i in range(count))


# name, format, content, parts of the message
CASES = [
    ("a truncated CSV", "bitbrains", HEAD + rows(5)[:-30], (":6: ", "truncated")),
    ("a CSV cut at a line", "bitbrains", HEAD + ROW + "1372630104;\t2\n",
     (":3: ", "field CPU capacity provisioned [MHZ]", "found 2")),
    ("a wrong column", "bitbrains", HEAD.replace("CPU usage [MHZ]", "CPU use") + ROW,
     (":1: field 4: ", "CPU usage [MHZ]", "CPU use")),
    ("a wrong column", "csv", CSV.replace("memory_used_bytes", "ram") + csv_rows(1),
     (":1: field 4: ", "ram")),
    ("a decimal comma", "bitbrains", HEAD + ROW.replace("87.75", "87,75"),
     (":2: field CPU usage [MHZ]: ", "decimal point", "87,75")),
    ("a decimal comma", "csv", CSV + "1372629804,web,87,75,1024\n", (":2: ", "found 5",
                                                                     "decimal comma")),
    ("a line of 10 MB", "bitbrains", HEAD + ROW + "1" * 10_000_000 + "\n",
     (":3: ", "65536 bytes")),
    ("a line of 10 MB", "csv", CSV + "x" * 10_000_000, (":2: ", "65536 bytes")),
    ("a first line of 10 MB", "csv", "x" * 10_000_000, (":1: ", "65536 bytes")),
    ("UTF-16 with its mark", "bitbrains", (HEAD + ROW).encode("utf-16"), (":1: ", "UTF-16")),
    ("UTF-16 without", "csv", (CSV + csv_rows(1)).encode("utf-16-le"), (":1: ", "UTF-16")),
    ("UTF-32", "csv", (CSV + csv_rows(1)).encode("utf-32"), (":1: ", "UTF-")),
    ("a NUL byte", "csv", (CSV + "1372629804,we\0b,1,2\n").encode(), (":2: ", "NUL")),
    ("an empty file", "bitbrains", "", (":1: ", "empty")),
    ("an empty file", "csv", "", (":1: ", "empty")),
    ("a negative value", "bitbrains", HEAD + ROW.replace("21.25", "-21.25"),
     (":2: field Disk write throughput [KB/s]: ", ">= 0", "-21.25")),
    ("an infinite value", "bitbrains", HEAD + ROW.replace("160.5", "Infinity"),
     (":2: field Disk read throughput [KB/s]: ", "Infinity")),
    ("an infinite value", "csv", CSV + "1372629804,web,1e999,5\n",
     (":2: field cpu_used_mhz: ", "1e999")),
    ("not a number", "csv", CSV + "1372629804,web,5,nan\n",
     (":2: field memory_used_bytes: ", "nan")),
    ("a fault in line 20,001", "bitbrains", HEAD + rows(19_999) + ROW.replace("87.75", "x"),
     (":20001: field CPU usage [MHZ]: ", '"x"')),
    ("a fault in line 20,001", "csv", CSV + csv_rows(19_999) + "1372629804,web,1,\n1,web,2,3\n",
     (":20002: field time: ",)),
    ("a packed CSV that is cut short", "csv", gzip.compress((CSV + csv_rows(3000)).encode())[:-900],
     ("gzip", "cut short")),
    ("a packed answer that is cut at its end", "prometheus",
     gzip.compress(b'{"status":"success","data":{"result":[]}}' + b" " * 100_000)[:-9],
     ("gzip", "cut short")),
    ("a time without a zone", "csv", CSV + "2013-07-01T00:00:00,web,1,2\n",
     (":2: field time: ", "zone")),
    ("a name with terminal codes", "csv", CSV + "1372629804,\x1b[31mweb,1,2\n",
     (":2: field workload: ", "control characters")),
    ("two readings a century apart", "csv",
     CSV + "40000000,web,1,2\n40000001,web,1,2\n40000002,web,1,2\n4000000000,web,1,2\n",
     ("workload web: ", "is a stamp wrong?")),
]

with Store() as store:
    good = store.write("good/web.csv", HEAD + rows(400, 1370000000))
    store.json("import", "bitbrains", good)
    before = store.tree()
    peaks = store.json("peaks")

    def refused(name, arguments, parts):
        done = store.run("import", *arguments)
        lines = done.stderr.splitlines()
        missing = [part for part in parts if part not in done.stderr]
        checks.check(f"{arguments[0]}: {name} is refused in one clear line",
                     done.returncode == 1 and len(lines) == 1 and len(lines[0]) < 600 and
                     "\x1b" not in done.stderr and not missing and not done.stdout,
                     f"exit {done.returncode}, {done.stderr[:300]!r}, without {missing}")

    for number, (name, form, content, parts) in enumerate(CASES):
        path = store.write(f"{number}/web.csv", content)
        refused(name, (form, path), parts + ((path,) if parts[0][0] == ":" else ()))
        # behind good files: those must not be kept either
        other = store.write(f"{number}/other/fine.csv",
                            HEAD + rows(20) if form == "bitbrains" else CSV + csv_rows(20))
        done = store.run("import", form, other, path)
        if done.returncode != 1:
            checks.check(f"{form}: {name} behind a good file", False, "exit 0")

    folder = store.path("folder.csv")
    os.mkdir(folder)
    refused("a folder", ("bitbrains", folder), (folder, "directory"))
    refused("no file", ("csv", store.path("none.csv")), ("none.csv", "No such file"))
    refused("a name that is no <workload>.csv", ("bitbrains", store.write("web.txt", HEAD)),
            ("web.txt", "<workload>.csv"))
    unreadable = store.write("secret.csv", CSV + csv_rows(2))
    os.chmod(unreadable, 0)
    if os.geteuid() != 0:
        refused("an unreadable file", ("csv", unreadable), (unreadable, "denied"))
    else:
        # root may read everything: ask as nobody, who may not
        os.chmod(store.top, 0o755)
        try:
            done = subprocess.run(
                [ANALYZE, "--data", store.path("nobody"), "import", "csv", unreadable],
                user=65534, group=65534, extra_groups=[], capture_output=True, text=True,
                check=False)
            checks.check("an unreadable file is refused", done.returncode == 1 and
                         unreadable in done.stderr and "denied" in done.stderr, done.stderr)
        except OSError as why:
            checks.skip("an unreadable file is refused", f"cannot become nobody: {why}")

    checks.check("after all of them the store is as it was",
                 store.tree() == before and store.json("peaks") == peaks)
    leftovers = [name for name in os.listdir(store.dir)
                 if name.startswith((".import", "incoming"))]
    checks.check("nothing is left behind", not leftovers, str(leftovers))

    done = store.run("import", "bitbrain", good)
    checks.check("an unknown format names the nearest one",
                 done.returncode == 2 and "bitbrains" in done.stderr, done.stderr)
    done = store.run("import", "csv")
    checks.check("no file at all is a usage error", done.returncode == 2, done.stderr)

with Store() as store:
    done = store.run("import", "csv", store.write("bad.csv", CSV + "x\n"))
    checks.check("a refused first import leaves no store behind",
                 done.returncode == 1 and
                 not os.path.exists(os.path.join(store.dir, "rrd")), done.stderr)
    path = store.write("bom.csv", "\ufeff" + CSV + csv_rows(3).replace("\n", "\r\n"))
    done = store.json("import", "csv", path)
    checks.check("a UTF-8 byte order mark and DOS line ends are fine", done["rows"] == 3)
    path = store.write("one.csv", CSV + "1372629804,alone,5,6\n")
    done = store.json("import", "csv", path)
    checks.check("a single reading takes the step of 300 s",
                 done["workloads"][0]["step_s"] == 300, str(done["workloads"]))
    path = store.write("two.csv", CSV + "".join(
        f"{1372629800 + 60 * i},many,5,6\n" for i in range(9)) + "1372629804,lone,5,6\n")
    done = store.json("import", "csv", path)
    checks.check("a single reading takes the step of the others",
                 {w["name"]: w["step_s"] for w in done["workloads"]} ==
                 {"many": 60, "lone": 60}, str(done["workloads"]))
checks.finish()
