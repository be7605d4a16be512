"""A counter that a reboot leaves higher than it was: the boot time tells it, whether its
series stands before the counters in an answer of Prometheus or behind them."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "oracle"))
from harness import Checks, Store

checks = Checks()
START, STEP, SLOTS, RATE = 1700000040, 60, 200, 1000
BOOT = SLOTS // 2


def series(name, values, **labels):
    return {"metric": dict(labels, __name__=name, instance="web:9100"),
            "values": [[START + STEP * i, str(v)] for i, v in enumerate(values)]}


def machine():
    """Bytes of 1,000 a second; after its boot the counter begins at 10^9."""
    received = [RATE * STEP * i + (10 ** 9 if i >= BOOT else 0) for i in range(SLOTS)]
    booted = [START - 5000 if i < BOOT else START + STEP * BOOT - 30 for i in range(SLOTS)]
    counters = [series("node_network_%s_bytes_total" % way, received, device="eth0")
                for way in ("receive", "transmit")]
    memory = [series("node_memory_MemTotal_bytes", [8e9] * SLOTS),
              series("node_memory_MemAvailable_bytes", [4e9] * SLOTS)]
    return counters, memory, [series("node_boot_time_seconds", booted)]


def peaks(store, name, parts):
    path = store.write(name + ".json", json.dumps({
        "status": "success", "data": {"resultType": "matrix", "result": sum(parts, [])}}))
    folder = store.path(name)
    store.json("import", "prometheus", path, store=folder)
    return store.json("peaks", store=folder)["workloads"][0]["resources"]


with Store() as store:
    counters, memory, boots = machine()
    before = peaks(store, "before", (boots, counters, memory))
    behind = peaks(store, "behind", (counters, memory, boots))
    without = peaks(store, "without", (counters, memory))
    network = before["network"]
    checks.check("a boot before its counters is told from a burst",
                 abs(network["mean"] - 8 * RATE) < 1e-6 and
                 abs(network["peak"] - 8 * RATE) < 1e-6, str(network))
    checks.check("a boot behind its counters, too", behind == before,
                 f"{behind['network']} {before['network']}")
    checks.check("without its series it is a burst", without["network"]["peak"] > 1e6,
                 str(without["network"]))
checks.finish()
