"""Each map that is shipped: a source as its tool writes it, made here from one day of one machine,
and the peaks of that day with their times.  A map without a source here fails."""

import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "oracle"))
from harness import Checks, Store

checks = Checks()
MAPS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "schema", "maps")
STEP, ROWS, CORES, MHZ, KIB = 300, 288, 4, 2400, 1024
TOTAL = 8 << 30
FIRST = 1700006400 // STEP * STEP


class Row:
    """A slot: its end, and what was going on in it."""

    def __init__(self, i, first=FIRST):
        self.end = first + STEP * (i + 1)
        self.begin = self.end - STEP
        self.busy = 1 + i * 37 % 89  # percent
        self.ratio = 10 + i * 53 % 81  # of the memory, percent
        self.used = TOTAL // 100 * self.ratio // KIB * KIB
        self.rx, self.tx, self.read, self.write = (i * k % 4096 * KIB for k in (31, 17, 13, 11))
        self.reads, self.writes = i * 7 % 300, i * 5 % 300

    def mhz(self):
        return self.busy * CORES * MHZ / 100


DAY = [Row(i) for i in range(ROWS)]


def moment(stamp, form="%Y-%m-%dT%H:%M:%SZ"):
    return time.strftime(form, time.gmtime(stamp))


def lines(head, of, rows=DAY):
    return head + "".join(of(r) + "\n" for r in rows)


# what a source tells, as the resource and the figure of a row
CPU = {"cpu": Row.mhz}
MEMORY = {"memory": lambda r: r.used}
RATIO = {"memory": lambda r: r.ratio / 100 * TOTAL}
NETWORK = {"network": lambda r: max(r.rx, r.tx) * 8}
DISK = {"disk": lambda r: r.read + r.write}
OPS = {"disk_ops": lambda r: r.reads + r.writes}


def metric_data():
    """aws cloudwatch get-metric-data: newest first, stamps are begins, sums of the period."""
    of = {"CPUUtilization": lambda r: r.busy, "mem_used_percent": lambda r: r.ratio,
          "NetworkIn": lambda r: r.rx * STEP, "NetworkOut": lambda r: r.tx * STEP,
          "EBSReadBytes": lambda r: r.read * STEP, "EBSWriteBytes": lambda r: r.write * STEP,
          "EBSReadOps": lambda r: r.reads * STEP, "EBSWriteOps": lambda r: r.writes * STEP}
    return json.dumps({"MetricDataResults": [
        {"Id": f"m{i}", "Label": f"web1 {name}", "StatusCode": "Complete",
         "Timestamps": [moment(r.begin, "%Y-%m-%dT%H:%M:%S+00:00") for r in reversed(DAY)],
         "Values": [value(r) for r in reversed(DAY)]}
        for i, (name, value) in enumerate(of.items())], "Messages": []}, indent=4)


def metric_statistics(name, statistics):
    """aws cloudwatch get-metric-statistics: in no order."""
    rows = sorted(DAY, key=lambda r: r.end * 7919 % 288)
    return json.dumps({"Label": name, "Datapoints": [
        {"Timestamp": moment(r.begin), **{k: of(r) for k, of in statistics.items()},
         "Unit": "Percent"} for r in rows]}, indent=4)


def azure(aggregation, of):
    """az monitor metrics list: sorted fields, the unit behind the values."""
    return json.dumps({"cost": 1439, "interval": "PT5M", "namespace": "Microsoft.Compute/virtual"
                       "Machines", "timespan": "x/y", "value": [
        {"displayDescription": "d", "errorCode": "Success", "id": f"/subscriptions/s/{name}",
         "name": {"localizedValue": name, "value": name}, "resourceGroup": "g", "timeseries": [
             {"data": [{"timeStamp": moment(r.begin), **{k: value(r) for k in aggregation}}
                       for r in DAY], "metadatavalues": []}],
         "type": "Microsoft.Insights/metrics", "unit": "Percent"}
        for name, value in of.items()]}, indent=2)


def google(*metrics):
    """timeSeries.list: newest first, whole numbers as texts, gauges at one moment."""
    return json.dumps({"timeSeries": [
        {"metric": {"type": name, "labels": {"instance_name": "web1", **labels}},
         "resource": {"type": "gce_instance", "labels": {"zone": "z", "instance_id": "web1"}},
         "metricKind": "DELTA" if is_sum else "GAUGE",
         "points": [{"interval": {"startTime": moment(r.begin if is_sum else r.end),
                                  "endTime": moment(r.end)},
                     "value": {"int64Value": str(of(r))} if is_sum
                     else {"doubleValue": of(r)}} for r in reversed(DAY)]}
        for name, labels, is_sum, of in metrics], "unit": "By"})


INSTANCE = "compute.googleapis.com/instance/"
PARTED = [(INSTANCE + "cpu/utilization", {}, False, lambda r: r.busy / 100)] + [
    (INSTANCE + name, labels, True, of) for name, labels, of in (
        ("network/received_bytes_count", {}, lambda r: r.rx * STEP),
        ("network/sent_bytes_count", {}, lambda r: r.tx * STEP),
        ("disk/read_bytes_count", {"device_name": "sda"}, lambda r: r.read * STEP // 2),
        ("disk/read_bytes_count", {"device_name": "sdb"}, lambda r: r.read * STEP // 2),
        ("disk/write_bytes_count", {"device_name": "sda"}, lambda r: r.write * STEP),
        ("disk/read_ops_count", {"device_name": "sda"}, lambda r: r.reads * STEP),
        ("disk/write_ops_count", {"device_name": "sda"}, lambda r: r.writes * STEP))]


def vrops():
    virtual = "virtualDisk:Aggregate of all instances|"
    of = {"cpu|usagemhz_average": Row.mhz, "cpu|corecount_provisioned": lambda r: CORES,
          "mem|consumed_average": lambda r: r.used / KIB,
          "mem|guest_provisioned": lambda r: TOTAL / KIB,
          "net|received_average": lambda r: r.rx / KIB,
          "net|transmitted_average": lambda r: r.tx / KIB,
          virtual + "read_average": lambda r: r.read / KIB,
          virtual + "write_average": lambda r: r.write / KIB,
          virtual + "numberReadAveraged_average": lambda r: r.reads,
          virtual + "numberWriteAveraged_average": lambda r: r.writes, "cpu|ready": lambda r: 1}
    return json.dumps({"values": [{"resourceId": "web1", "stat-list": {"stat": [
        {"timestamps": [r.end * 1000 for r in DAY], "statKey": {"key": name},
         "intervalUnit": {"quantifier": 5, "intervalType": "MINUTES"},
         "data": [value(r) for r in DAY]} for name, value in of.items()]}}]})


def get_stat():
    text = '"MetricId","Timestamp","Value","Unit","Entity","EntityId","IntervalSecs","Instance"\n'
    for name, of, instance in (
            ("cpu.usagemhz.average", Row.mhz, ""), ("cpu.usagemhz.average", lambda r: 1e6, "0"),
            ("mem.consumed.average", lambda r: r.used / KIB, ""),
            ("net.received.average", lambda r: r.rx / KIB, ""),
            ("net.transmitted.average", lambda r: r.tx / KIB, ""),
            ("disk.read.average", lambda r: r.read / KIB, ""),
            ("disk.write.average", lambda r: r.write / KIB, "")):
        text += lines("", lambda r, n=name, f=of, i=instance: ",".join(f'"{c}"' for c in (
            n, moment(r.end, "%d.%m.%Y %H:%M:%S"), f(r), "x", "web1", "vm-1", STEP, i)))
    return text


def grafana(of):
    return lines('"Time","web1","idle"\n', lambda r: f"{r.end * 1000},{of(r)},0")


def frames():
    return json.dumps([{"schema": {"refId": "A", "fields": [
        {"name": "Time", "type": "time"}, {"name": "Value", "type": "number", "labels": {
            "instance": name + ":9100"}, "config": {"displayNameFromDS": name}}]},
        "data": {"values": [[r.end * 1000 for r in DAY], [of(r) for r in DAY]]}}
        for name, of in (("web1", lambda r: r.busy), ("idle", lambda r: 0))])


def trends():
    return json.dumps({"jsonrpc": "2.0", "result": [
        {"itemid": "7", "clock": str(r.end), "num": "60", "value_min": "0",
         "value_avg": str(r.busy), "value_max": str(r.busy)} for r in DAY], "id": 1})


def history():
    return json.dumps({"jsonrpc": "2.0", "result": [
        {"host": "web1", "key_": key, "clock": str(r.end), "value": str(of(r)), "ns": "1"}
        for r in DAY for key, of in (
            ("system.cpu.util", lambda r: r.busy), ("system.cpu.num", lambda r: CORES),
            ("vm.memory.size[available]", lambda r: TOTAL - r.used),
            ("vm.memory.size[total]", lambda r: TOTAL))], "id": 1})


def proxmox():
    return json.dumps([{"time": r.end, "cpu": r.busy / 100, "maxcpu": CORES, "mem": r.used,
                        "maxmem": TOTAL, "netin": r.rx, "netout": r.tx, "diskread": r.read,
                        "diskwrite": r.write} for r in DAY])


def nab(of):
    return lines("timestamp,value\n", lambda r: f"{moment(r.end, '%Y-%m-%d %H:%M:%S')},{of(r)}")


BITBRAINS = "\t".join(
    ["Timestamp [ms];", "CPU cores;", "CPU capacity provisioned [MHZ];", "CPU usage [MHZ];",
     "CPU usage [%];", "Memory capacity provisioned [KB];", "Memory usage [KB];",
     "Disk read throughput [KB/s];", "Disk write throughput [KB/s];",
     "Network received throughput [KB/s];", "Network transmitted throughput [KB/s]\n"])
ZONE = ["--zone", "UTC"]
# map: what the source is, what it tells, and how it is called; `moved`: its times are its own
SOURCES = {
    "alibaba": (lines("timestamp_anon,container_ip,value\n",
                      lambda r: f"{r.end},web1,{r.ratio / 100}"), RATIO),
    "azure-monitor": (azure(("average", "minimum", "maximum"), {
        "Percentage CPU": lambda r: r.busy, "Available Memory Bytes": lambda r: TOTAL - r.used,
        "Disk Read Operations/Sec": lambda r: r.reads,
        "Disk Write Operations/Sec": lambda r: r.writes}), {**CPU, **MEMORY, **OPS}),
    "azure-monitor-totals": (azure(("total",), {
        "Network In Total": lambda r: r.rx * STEP, "Network Out Total": lambda r: r.tx * STEP,
        "Disk Read Bytes": lambda r: r.read * STEP,
        "Disk Write Bytes": lambda r: r.write * STEP}), {**NETWORK, **DISK}),
    "bitbrains": (lines(BITBRAINS, lambda r: ";\t".join(map(str, (
        r.end, CORES, CORES * MHZ, r.mhz(), r.busy, TOTAL // KIB, r.used // KIB, r.read // KIB,
        r.write // KIB, r.rx // KIB, r.tx // KIB)))), {**CPU, **MEMORY, **NETWORK, **DISK}),
    "cloudwatch": (metric_data(), {**CPU, **RATIO, **NETWORK, **DISK, **OPS}),
    "cloudwatch-statistics": (metric_statistics("CPUUtilization", {
        "Average": lambda r: r.busy, "Maximum": lambda r: r.busy}), CPU),
    "cloudwatch-sums": (metric_statistics("EBSWriteBytes", {
        "Sum": lambda r: r.write * STEP}), {}, {"disk_write_bytes_per_s": lambda r: r.write}),
    "gcd": (lines("", lambda r: f"{r.busy}\t{r.ratio}"), {**CPU, **RATIO}),
    "gcp": (google(*PARTED), {**CPU, **NETWORK, **DISK, **OPS}),
    "gcp-memory": (google(*[("agent.googleapis.com/memory/percent_used", {"state": s}, False, of)
                            for s, of in (("free", lambda r: 99), ("used", lambda r: r.ratio))]),
                   RATIO),
    "get-stat": (get_stat(), {**CPU, **MEMORY, **NETWORK, **DISK}),
    "grafana-cpu": (grafana(lambda r: r.busy), CPU),
    "grafana-disk": (grafana(lambda r: r.read + r.write), DISK),
    "grafana-json-cpu": (frames(), CPU),
    "grafana-memory": (grafana(lambda r: r.used), MEMORY),
    "grafana-network": (grafana(lambda r: 8 * max(r.rx, r.tx)), NETWORK),
    "measure-vm": (lines("Time,VMName,AvgCPU,AvgRAM,MaxRAM\n", lambda r: (
        f"{moment(r.end, '%Y-%m-%d %H:%M:%S')},web1,{r.mhz()},{r.used / 1048576},1")),
        {**CPU, **MEMORY}),
    "nab-cpu": (nab(lambda r: r.busy), CPU),
    "nab-disk-write": (nab(lambda r: r.write * STEP), {},
                       {"disk_write_bytes_per_s": lambda r: r.write}),
    "nab-network-in": (nab(lambda r: r.rx * STEP), {}, {"net_rx_bps": lambda r: r.rx * 8}),
    "netdata": (lines("time,received,sent\n", lambda r: (
        f"{moment(r.end, '%Y-%m-%d %H:%M:%S')},{r.rx / 125},{-r.tx / 125}")), NETWORK),
    "netdata-json": (json.dumps({"labels": ["time", "received", "sent"], "data": [
        [r.end, r.rx / 125, -r.tx / 125] for r in reversed(DAY)]}), NETWORK),
    "planetlab": (lines("", lambda r: str(r.busy)), CPU),
    "proxmox": (proxmox(), {**CPU, **MEMORY, **NETWORK, **DISK}),
    "vrops": (vrops(), {**CPU, **MEMORY, **NETWORK, **DISK, **OPS}),
    "zabbix-history": (history(), {**CPU, **MEMORY}),
    "zabbix-trends": (trends(), CPU),
}
INDEXED = {"gcd": 1304233200, "planetlab": 1299110400}  # where a source without times begins


def peaks_of(rows, first=None):
    """Resource: the highest figure and when it was first, by the maps' own source."""
    found = {}
    for resource, of in rows.items():
        best = max(DAY, key=lambda r: (of(r), -r.end))
        at = best.end if first is None else first + STEP * DAY.index(best)
        found[resource] = (of(best), at)
    return found


names = sorted(name[:-5] for name in os.listdir(MAPS))
checks.check("each map has a source here", names == sorted(SOURCES),
             str(set(names) ^ set(SOURCES)))
for name in names:
    if name not in SOURCES:
        continue
    text, told, *parts = SOURCES[name]
    with open(os.path.join(MAPS, name + ".json"), encoding="utf-8") as file:
        is_json = json.load(file)["format"] == "json"
    with Store() as store:
        path = store.write("web1" + (".json" if is_json else ".csv"), text)
        done = store.run("import", "map", "--map", name, *ZONE, path)
        if done.returncode:
            checks.check(name, False, done.stderr)
            continue
        store.run("inventory", "web1", "--set", f"cpu.cores={CORES}", "--set",
                  f"cpu.core_mhz={MHZ}", "--set", f"memory.total_bytes={TOTAL}")
        machine = next(w for w in store.json("peaks")["workloads"] if w["name"] == "web1")
        wrong = {}
        for resource, (value, at) in peaks_of(told, INDEXED.get(name)).items():
            got = machine["resources"][resource] or {}
            if abs((got.get("peak") or 0) - value) > 1e-9 * value or got.get("peak_at") != at:
                wrong[resource] = (got.get("peak"), got.get("peak_at"), value, at)
        unasked = [r for r, v in machine["resources"].items()
                   if v and v.get("peak") is not None and r not in told]
        told_alone = parts[0] if parts else {}
        if told_alone:
            exported = store.run("export", "csv", "--columns", ",".join(told_alone)).stdout
            for column, of in told_alone.items():
                for r, row in zip(DAY, exported.splitlines()[1:]):
                    if abs(float(row.split(",")[-1]) - of(r)) > 1e-9 * of(r) + 1e-9:
                        wrong[column] = (row, of(r))
        checks.check(f"{name}: {', '.join([*told, *told_alone])} as they were, and no more",
                     not wrong and not unasked, f"{wrong} {unasked}")

# ---- found without a name ------------------------------------------------------------------------
for name in ("cloudwatch", "cloudwatch-statistics", "azure-monitor", "gcp", "vrops", "get-stat",
             "zabbix-trends", "grafana-json-cpu", "proxmox"):
    with Store() as store:
        done = store.run("import", "auto", store.write("x", SOURCES[name][0]))
        checks.check(f"auto says that {name} reads it", done.returncode == 1 and
                     f"--map {name}" in done.stderr, done.stdout + done.stderr)

with Store() as store:
    store.write("in/web1.csv", lines("time,workload,cpu_used_mhz\n",
                                     lambda r: f"{r.end},w,{r.busy}"))
    subprocess.run(["tar", "-cf", store.path("in/old.tar"), "-C", store.path("in"), "web1.csv"],
                   check=True)
    found = store.json("import", "auto", store.path("in"))
    notes = {os.path.basename(f["path"]): f["warnings"] for f in found["files"]}
    checks.check("a tar archive in a folder is named and passed over",
                 "tar -xf" in str(notes["old.tar"]) and found["rows"] == ROWS, str(found)[:500])
    done = store.run("import", "auto", store.path("in/old.tar"))
    checks.check("one that is asked for is refused", done.returncode == 1 and
                 "tar -xf" in done.stderr, done.stderr)

# ---- counters and columns that are lists, in a map of one's own ------------------------------
COUNTED = {"schema": "headroom/map/1", "title": "t", "format": "json", "layout": "columnar",
           "time": {"column": "t", "unit": "s"}, "columns": [
               {"name": "cpu_s", "figure": "cpu_used_cores", "counter": 64},
               {"name": "read", "figure": "disk_read_bytes_per_s", "counter": 64},
               {"name": "write", "figure": "disk_write_bytes_per_s", "counter": 32,
                "bound_per_s": 1e7}]}
with Store() as store:
    total, lists = {"cpu_s": 7.0, "read": 0.0, "write": 4e9}, {
        "t": [], "cpu_s": [], "read": [], "write": []}
    for i, r in enumerate(DAY):
        if i == 100:  # a restart: what was counted is gone
            total = {"cpu_s": 0.0, "read": 0.0, "write": 5e8}
        elif i:
            total["cpu_s"] += r.busy / 100 * CORES * STEP
            total["read"] += r.read * STEP
            total["write"] = (total["write"] + r.write * STEP) % (1 << 32)
        lists["t"].append(r.end)
        for k, v in total.items():
            lists[k].append(round(v, 6))
    done = store.json("import", "map", "--map", store.write("own.json", json.dumps(COUNTED)),
                      store.write("web1.json", json.dumps(lists)))
    store.run("inventory", "web1", "--set", f"cpu.cores={CORES}", "--set", f"cpu.core_mhz={MHZ}")
    got = store.json("peaks")["workloads"][0]["resources"]
    rows = DAY[1:100] + DAY[101:]
    checks.check("counters as lists: rates, wraps of 32 bits, nothing of a restart",
                 abs(got["cpu"]["peak"] - max(map(Row.mhz, rows))) < 1e-6 and
                 abs(got["disk"]["peak"] - max(r.read + r.write for r in rows)) < 1e-3,
                 f"{got['cpu']['peak']} {got['disk']['peak']}")
    checks.check("its resets are counted", done["files"][0].get("resets", 0) >= 2,
                 str(done["files"][0])[:300])
# ---- the workload by the folder ---------------------------------------------------------------
with Store() as store:
    for vm in ("a1", "b2"):
        store.write(f"in/{vm}/cpu/x.csv", lines("t,c\n", lambda r: f"{r.end},{r.busy}"))
    mapping = store.write("own.json", json.dumps({
        "schema": "headroom/map/1", "title": "t", "format": "csv",
        "time": {"column": "t", "unit": "s"}, "workload": {"folder": 2},
        "columns": [{"name": "c", "figure": "cpu_busy_ratio", "unit": "%"}]}))
    store.run("import", "map", "--map", mapping, *[store.path(f"in/{vm}/cpu/x.csv")
                                                   for vm in ("a1", "b2")])
    got = [w["name"] for w in store.json("peaks")["workloads"]]
    checks.check("a workload is called as the folder two above", got == ["a1", "b2"], str(got))
checks.finish()
