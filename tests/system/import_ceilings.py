"""What is far larger than anything real is refused in one line or streamed: below 64 MiB of
memory, children included.  HEADROOM_CEILINGS=full has the sizes of the soak."""

import bz2
import gzip
import json
import lzma
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "oracle"))
from harness import Checks, Store

FULL = os.environ.get("HEADROOM_CEILINGS") == "full"
SANITIZED = "asan" in os.environ.get("BUILD", "")
RESIDENT_MIB = 64
checks = Checks()


def columns(store):
    """A PerfMon log of so many counters, of which two are ours."""
    count = 999_000 if FULL else 30_000
    path = store.path("wide.csv")
    with open(path, "w") as out:
        out.write('"(PDH-CSV 4.0) (UTC)(0)","\\\\web\\Processor(_Total)\\% Processor Time",'
                  '"\\\\web\\Memory\\Available MBytes"')
        for i in range(count):
            out.write(f',"\\\\web\\Process(p#{i})\\% Processor Time"')
        out.write("\r\n")
        for row in range(3):
            out.write(f'"06/30/2013 22:0{row}:00.000","10","100"' + ',"1"' * count + "\r\n")
    return ["pdh", path], f"a log of {count + 2} columns", lambda w: (w["name"], w["step_s"]) == ("web", 60)


def over_columns(store):
    count = 1_100_000
    path = store.path("wider.csv")
    with open(path, "w") as out:
        out.write('"(PDH-CSV 4.0) (UTC)(0)"' + ',"\\\\w\\a\\b"' * count + "\r\n")
    return ["pdh", path], "a log of more columns than may be", "1000000"


def one_line(store):
    """JSON without a line end: samples of many machines, ours and others'."""
    machines, samples = (700, 60_000) if FULL else (40, 30_000)
    path = store.path("line.json")
    with open(path, "w") as out:
        out.write('{"status":"success","data":{"resultType":"matrix","result":[')
        for machine in range(machines):
            out.write("," if machine else "")
            out.write('{"metric":{"__name__":"bitbrains_cpu_usage_mhz","vm":"%d"},"values":['
                      % machine)
            out.write(",".join(f'[{1700000000 + 60 * i},"{i % 977}"]' for i in range(samples)))
            out.write("]}")
        out.write("]}}")
    size = os.path.getsize(path) / 1e6
    return (["prometheus", path], f"JSON of one line, {size:.0f} MB, {machines * samples} samples",
            lambda w: w["samples"] == samples)


def one_text(store):
    path = store.path("text.json")
    with open(path, "w") as out:
        out.write('{"status":"success","data":{"result":[{"metric":{"__name__":"')
        for _ in range(1000 if FULL else 100):
            out.write("a" * 1_000_000)
        out.write('"},"values":[]}]}}')
    return ["prometheus", path], "a text without an end", "found a longer one"


def deep(store):
    path = store.path("deep.json")
    store.write("deep.json", '{"status":"success","data":' + "[" * 1_000_000)
    return ["prometheus", path], "a million brackets", "levels"


def series(store):
    """Series that are not ours, one line each."""
    count = 10_000_000 if FULL else 100_000
    path = store.path("series.jsonl")
    with open(path, "w") as out:
        for i in range(count):
            out.write('{"metric":{"__name__":"other_%d","instance":"a:1"},"values":[1],'
                      '"timestamps":[1700000000000]}\n' % i)
        out.write(json.dumps({"metric": {"__name__": "headroom_cpu_used_mhz", "workload": "web"},
                              "values": [1, 2, 3], "timestamps": [
                                  1700000000000 + 60000 * i for i in range(3)]}) + "\n")
    return ["prometheus", path], f"{count} series", lambda w: w["samples"] == 3


def bomb(name, pack, wanted):
    def make(store):
        path = store.path("bomb." + name)
        with pack(path, "wb") as out:
            out.write(b'{"status":"success","data":')
            for _ in range(300 if FULL else 12):
                out.write(b" " * 20_000_000)
        return ["auto", path], f"a bomb of {name}, {os.path.getsize(path) / 1e3:.0f} kB", wanted
    return make


def xml_tree(store):
    path = store.write("h/tree.rrd.xml", "<?xml version='1.0'?><rrd>" + "<a>" * 1_000_000)
    return ["rrd", path], "a million elements within each other", "levels"


def xml_entities(store):
    path = store.write("h/laughs.rrd.xml", '<?xml version="1.0"?><!DOCTYPE rrd [<!ENTITY a "ha">'
                       + "".join(f'<!ENTITY {b} "{"&" + a + ";" * 1}{("&" + a + ";") * 9}">'
                                 for a, b in zip("abcdefghi", "bcdefghij")) +
                       "]><rrd><step>&j;</step></rrd>")
    return ["rrd", path], "a billion laughs", "entity"


def xml_rows(store):
    count = 20_000_000 if FULL else 7_000_000
    path = store.path("rows.rrd.xml")
    with open(path, "w") as out:
        out.write("<?xml version='1.0'?><rrd><step>1</step><lastupdate>1700000000</lastupdate>"
                  "<ds><name>sum</name></ds><rra><cf>AVERAGE</cf><pdp_per_row>1</pdp_per_row>"
                  "<database>")
        for _ in range(count // 1000):
            out.write("<row><v>1</v></row>" * 1000)
    return ["rrd", path], f"an RRD of {count} rows", "found more"


def gz(path, mode):
    return gzip.open(path, mode, compresslevel=1)


def xz(path, mode):
    return lzma.open(path, mode, preset=0)


# a stream of gzip is at most 1,000 times its length: it is read to its end
for make in (columns, over_columns, one_line, one_text, deep, series,
             bomb("gz", gz, "end of the file"), bomb("bz2", bz2.open, "found more"),
             bomb("xz", xz, "found more"), xml_tree, xml_entities, xml_rows):
    with Store() as store:
        arguments, what, wanted = make(store)
        done, cpu, peak_kib = store.measured("import", *arguments)
        if callable(wanted):
            found = store.json("peaks")["workloads"] if done.returncode == 0 else []
            good = bool(found) and all(wanted(w) for w in found)
        else:
            good = done.returncode == 1 and wanted in done.stderr and \
                len(done.stderr.strip().splitlines()) == 1
        small = peak_kib <= RESIDENT_MIB * 1024 or SANITIZED
        checks.check(f"{what}: {'streamed' if callable(wanted) else 'refused'}, "
                     f"{peak_kib / 1024:.0f} MiB, {cpu:.1f} s", good and small,
                     done.stderr[-300:] or done.stdout[-300:])
checks.finish()
