"""The estate of whole_documents.py, its hosts and windows, and the documents of it."""
import math

START, STEP, DAYS = 1772323200, 300, 30  # 2026-03-01T00:00:00Z, a Sunday
MB = 1048576
PAGE, BOOK = range(2)  # what reads a report


def hour(slot):
    return slot * STEP // 3600 % 24


def day(slot):
    return slot * STEP // 86400


def busy(slot):
    return 1 + 0.8 * (hour(slot) in (9, 10, 14)) + 0.05 * math.sin(slot * 1.7)


# name: slot -> (MB, MHz, bit/s, bytes/s, operations/s); None: not recorded
ESTATE = {
    "mail": lambda i: (1500 * busy(i), 420 * busy(i), 9e6 * busy(i), 3e6, 40),
    "mail-vm": lambda i: (1400 * busy(i), 300 * busy(i), 9e6 * busy(i), 3e6, 42)
    if day(i) > 14 else None,
    "grows": lambda i: (1000 + 40 * day(i) + i % 3, 150, 1e6, 1e5, 3),
    "short": lambda i: (3750 if i in (5000, 5001) else 2000 + i % 7, 300, 1e6, 2e5, 7),
    "sustained": lambda i: (4100, 200 + i % 11, 1e6, 2e5, 5),
    "parallel": lambda i: (900, 3900 * busy(i) / 1.85, 2e6, 4e5, 11),
    "gap": lambda i: None if 10 <= day(i) < 13 else (700 + i % 5, 90, 5e5, 1e5, 2),
    "young": lambda i: (600 + i % 9, 80, 5e5, 1e5, 2) if day(i) > 24 else None,
    "line": lambda i: (500 + i % 3, 100, 8.1e8 if hour(i) == 3 else 1e8, 1e6, 20),
    "disk": lambda i: (800, 250, 1e6, 6e7 if hour(i) in (1, 2) else 1e6, 900),
    "=1+1": lambda i: (400 + hour(i), 60, 3e5, 1e5, 1),
    "idle": lambda i: (200, 5, 1e3, 1e3, 0),
    "weekly": lambda i: (650 + 300 * (day(i) % 7 == 2 and 8 <= hour(i) < 18) + i % 5,
                         70 + 500 * (day(i) % 7 == 2 and 8 <= hour(i) < 18), 1e6, 1e5, 4),
    "sparse": lambda i: None if i % 20 < 11 else (500 + i % 7, 60, 1e6, 1e5, 4),
    # two slots at nine in the morning of 13 days, each day higher than the one before
    "twice": lambda i: (3700 + 10 * day(i) if 5 <= day(i) < 18 and i % 288 in (108, 109)
                        else 1500 + i % 9, 110 + i % 50, 1e6, 1e5, 5),
    "notice": lambda i: (3590 if i == 4000 else 900, 75, 7e6 if i == 4100 else 1e6, 1e5, 3),
    "bare": lambda i: (300 + i % 4, None, None, None, None),
}
FACTS = {
    "mail": ["os=Windows Server 2003 Standard", "service_pack=2", "roles=mail",
             "priority=high", "disks=c:40,d:100:used=30:dynamic:undo=1", "owner=ana"],
    "grows": ["os=Windows 2000 Server", "environment=test", "priority=low",
              "devices=usb:printer:required"],
    "short": ["os=linux", "applications=SQL Server 2000", "disks=c:30"],
    "sustained": ["os=Windows Server 2003 Standard", "os_bits=64", "disks=c:40"],
    "parallel": ["os=linux", "smp_required=yes", "disks=c:20", "cpu.cores=4"],
    "gap": ["os=Windows NT 4.0 Server", "service_pack=5", "environment=development",
            "disks=c:10:dynamic"],
    "line": ["os=linux", "roles=domain-controller", "dedicated_adapters=1", "disks=c:25"],
    "disk": ["os=linux", "pattern=monthly", "sensitive=yes", "disks=c:80,d:300", "network_type=ethernet",
             "licences=cad:node-locked", "firmware=uefi"],
    "idle": ["os=linux", "environment=test", "disks=c:8"],
    "weekly": ["os=linux", "disks=c:12"],
    "sparse": ["os=linux", "disks=c:14"],
    "twice": ["os=linux", "disks=c:16"],
    "notice": ["os=linux", "disks=c:18:differencing=2", "performance_factor=0.8"],
}
PHASE_S = {"short": 120, "mail": 100}  # beside the grid of the hour
HAS_GB = {"mail": 4, "short": 5, "parallel": 1}
UNSTATED = ("bare", "young", "=1+1", "idle")  # of whom nobody says what they are
MACHINE = {"schema": "headroom/machine/1", "name": "mail",
           "network": [{"name": "eth0", "mac": "00:15:5d:00:00:0a", "primary": True}]}
HOSTS = {"hosts": [
    {"type": "small", "count": 6, "cores": 4, "core_mhz": 3000, "memory_mb": 8192,
     "host_memory_mb": 1024, "disk_gb": 500, "cost": 2, "zone": "a",
     "disk_mb_s": 120, "disk_iops": 1500,
     "nics": [{"mbps": 1000, "use": "host"}, {"mbps": 1000, "use": "shared"},
              {"mbps": 1000, "use": "dedicated"}]},
    {"type": "big", "count": 3, "cores": 8, "core_mhz": 2600, "memory_mb": 24576,
     "host_memory_mb": 2048, "disk_gb": 3000, "cost": 5, "zone": "b",
     "nics": [{"mbps": 1000, "use": "host"}, {"mbps": 1000, "use": "shared"}]}],
    "constraints": [{"kind": "apart", "workloads": ["mail", "short"]},
                    {"kind": "exclude", "workloads": ["idle"], "hosts": ["big"]}]}
# too small for most, with a spare one and all that a plan remarks on
FEW = {"hosts": [
    {"type": "one", "count": 3, "spare": 1, "cores": 2, "core_mhz": 2600, "memory_mb": 6144,
     "host_memory_mb": 512, "raid": "0", "storage": "slow", "roles": ["dns"],
     "cpu_reserve_percent": 30, "disk_mb_s": 20, "disk_iops": 900,
     "volumes": [{"name": "c", "gb": 60, "used_gb": 20, "os": True}, {"name": "d", "gb": 90}],
     "nics": [{"mbps": 100, "use": "host"}, {"mbps": 1000, "use": "shared"}]}],
    "constraints": [{"kind": "apart", "workloads": ["young", "idle"]}]}
# of every kind of constraint one, and a type that is sold in any number
BOUND = {"hosts": [
    {"type": "small", "count": 3, "cores": 4, "core_mhz": 3000, "memory_mb": 8192,
     "host_memory_mb": 1024, "disk_gb": 900, "cost": 1.25, "zone": "a", "numa_nodes": 2,
     "used": {"memory_mb": 100, "cpu_percent": 7, "network_mbps": 5, "storage_gb": 11},
     "nics": [{"mbps": 1000, "use": "host"}, {"mbps": 1000, "use": "shared"},
              {"mbps": 1000, "use": "dedicated"}, {"mbps": 1000, "use": "dedicated"}]},
    {"type": "big", "count": "any", "cores": 8, "core_mhz": 2600, "memory_mb": 24576,
     "cost": 3, "zone": "b", "storage": "san", "raid": "1+0", "disk_gb": 4000,
     "nics": [{"mbps": 1000, "use": "host"}, {"mbps": 1000, "use": "shared"}]}],
    "constraints": [{"kind": "pin", "workloads": ["line"], "hosts": ["small"]},
                    {"kind": "together", "workloads": ["mail", "idle"]},
                    {"kind": "at_most", "workloads": ["gap", "young", "bare"], "n": 2},
                    {"kind": "spread", "workloads": ["disk", "short", "grows"], "n": 2},
                    {"kind": "at_most_hosts", "workloads": ["gap", "young", "=1+1"], "n": 1},
                    {"kind": "apart_groups", "workloads": [["mail"], ["short", "grows"]]},
                    {"kind": "exclude", "workloads": ["gap"], "hosts": ["small-2"]}]}
# the same types, but another machine; constraints that cannot hold together
OTHER = {"hosts": [dict(HOSTS["hosts"][0], memory_mb=8193), HOSTS["hosts"][1]]}
TORN = {"hosts": [dict(HOSTS["hosts"][0], nics=[{"mbps": 1000, "use": "shared"}])],
        "constraints": [{"kind": "together", "workloads": ["mail", "short"]},
                        {"kind": "apart", "workloads": ["mail", "short", "idle"]}]}
# two of them on the one day when a workload is high: as many in two of three resamples
TIGHT = {"hosts": [dict(HOSTS["hosts"][0], count=9, memory_mb=5700, host_memory_mb=512)]}
# pins that leave one workload no host, and an exclusion
PINNED = {"hosts": [dict(HOSTS["hosts"][0], count=2, numa_nodes=2)],
          "constraints": [{"kind": "pin", "workloads": ["mail"], "hosts": ["small-1"]},
                          {"kind": "exclude", "workloads": ["mail", "idle"],
                           "hosts": ["small"]},
                          {"kind": "exclude", "workloads": ["gap"], "hosts": ["small-2"]}]}
# from host to host of the plan itself, by an order made by hand
STATES = {"image_store_gb": 2000, "scratch_gb": 900, "measured_gb_per_min": 1.5,
          "initialise_gb_per_min": 8, "completion_minutes": 20, "workloads_per_wave": 4,
          "workloads": [{"name": "mail", "source_host": "small-2"},
                        {"name": "short", "source_host": "small-1"}],
          "dependencies": [{"before": "line", "after": "mail"}]}
CYCLE = {"dependencies": [{"before": a, "after": b} for a, b in (
    ("mail", "line"), ("line", "short"), ("short", "mail"))]}
BY_HAND = dict(STATES, order=[["mail", "idle"], ["line", "short"]])
WINDOWS = {"windows": [{"starts": "2026-12-05T20:00Z", "minutes": 600},
                       {"starts": "2026-12-12T20:00Z", "minutes": 900}],
           "link_mbps": 1000, "dependencies": [{"before": "line", "after": "short"}]}
JSON_FILES = {"machine": MACHINE,
              "hosts": HOSTS,
              "few": FEW,
              "windows": WINDOWS,
              "bound": BOUND,
              "other": OTHER,
              "torn": TORN,
              "pinned": PINNED,
              "tight": TIGHT,
              "unknown": {"hosts": HOSTS["hosts"], "constraints": [
                  {"kind": "apart", "workloads": ["nobody", "mail"]}]},
              "states": STATES,
              "by_hand": BY_HAND,
              "cycle": CYCLE,
              "lone": {"hosts": HOSTS["hosts"]}}
FILES = {
    "more.csv": "time,workload,memory_used_bytes,cpu_used_mhz\n"
                "2026-03-31T00:05:00Z,more,1e9,20\n2026-03-31T00:10:00Z,more,2e9,\n",
    "odd.csv": "time,workload,memory_used_bytes\n2026-03-01T00:05:00Z,odd,1e9\n"
               "2026-03-01T00:10:00Z,odd,1e9,7\n",
    "more/late.csv": "time,workload,memory_used_bytes,cpu_cores,memory_total_bytes\n"
                     "2026-03-31T00:05:00Z,late,1e9,2,4e9\n"
                     "2026-03-31T00:10:00Z,late,2e9,4,4e9\n"
                     "2026-03-31T00:10:00Z,late,3e9,4,4e9\n",
    "own/profiles/bad.json": '{"schema": "headroom/profile/1", "id": "bad"}',
    "own/profiles/good.json": '{"schema": "headroom/profile/1", "id": "good", "title": "Own", '
                              '"source": "here", "base": "kvm", "settings": '
                              '{"memory_limit_mb": 2000, "cpu_sizing": "peak", '
                              '"coverage_minimum_ratio": 0.3}}',
    "own/profiles/lean.json": '{"schema": "headroom/profile/1", "id": "lean", "title": "Lean", '
                              '"source": "here", "base": "virtual-server-2005-r2", '
                              '"unstated_facts": "none", "settings": {"save_state": false}}',
    "grand/profiles/grand.json": '{"schema": "headroom/profile/1", "id": "grand", "title": '
                                 '"Grand", "source": "here", "base": '
                                 '"virtual-server-2005-r2", "settings": '
                                 '{"storage_overhead_of_grand_total": true}}',
    "own/rules/net.json": '{"schema": "headroom/rules/1", "profiles": ["lean"], "rules": [{'
                          '"id": "OWN-NET", "severity": "review", "heading": "network", '
                          '"when": {"field": "requirement.network_mbps", "greater": 5}, '
                          '"needed": "requirement.network_mbps", "allowed": 5, "unit": '
                          '"Mb/s", "text": "much", "source": "here", "checked": '
                          '"2026-01-02"}]}',
    "own/profiles/full.json": '{"schema": "headroom/profile/1", "id": "full", "title": "Full", '
                              '"source": "here", "base": "kvm", "settings": '
                              '{"coverage_full_ratio": 0.4, "coverage_minimum_ratio": 0.4}}',
    "small.vbp": "2\n10 10\n5\n3 4 2\n5 5 2\n7 1 1\n1 7 1\n2 2 3\n",
    "small.cap": "CAP1\ndims 2 m c\nenv_separate 0\nhosttypes 2\nbig 2 5 16 16\n"
                 "small 4 2 8 6\nworkloads 5\na 0 0 -1 5 2\nb 0 0 -1 4 4\n"
                 "c 0 0 -1 7 1\nd 0 0 -1 3 3\ne 0 0 -1 6 5\n",
}
# raised by the daemon; two of mail, one of them open, one held back in maintenance
ALERTS = """
INSERT INTO alerts (id, workload_id, kind, subject, rule, opened_at, disqualified_at,
	closed_at, height, limit_value, unit, summary)
SELECT 1, id, 'memory_limit', '', 'MEM-5-SHORT', 1772326800, 1772330400, 1772334000, 5e9,
	3.8e9, 'bytes', 'memory over its limit' FROM workloads WHERE name = 'mail';
INSERT INTO alerts (id, workload_id, kind, subject, opened_at, height, limit_value, unit)
SELECT 2, id, 'disk_space', '/srv', 1772413200, 0.97, 0.9, 'ratio' FROM workloads
	WHERE name = 'mail';
INSERT INTO alert_excursions VALUES (1, 1772326800, 1772328000, 4e9, 'short');
INSERT INTO alert_excursions VALUES (1, 1772330400, 1772334000, 5e9, 'sustained');
INSERT INTO maintenance (workload_id, begin_at, end_at, reason)
SELECT id, 1772413000, 1772420000, 'new disk' FROM workloads WHERE name = 'mail';
INSERT INTO maintenance (workload_id, begin_at, end_at, reason)
VALUES (NULL, 1772500000, 1772503600, 'power');
"""
WIDE = ["--include", "review,unknown,insufficient,disqualified"]
# however busy the machine is, no search is cut short
SEARCH = ["--seed", "1", "--time-limit", "600"]
PLAN = ["plan", "--hosts", "hosts.json"] + SEARCH

# golden file: words and the formats of them.  The plans of -o stand before what reads them.
DOCUMENTS = [
    ("peaks", ["peaks", "mail", "gap", "disk"], "text json csv kv"),
    ("peaks_now", ["peaks", "short", "--since", "2026-03-30T23:40"], "text json csv"),
    ("peaks_brief", ["peaks", "--brief"], "text csv"),
    ("peaks_ahead", ["peaks", "grows", "short", "--horizon", "90d", "--return-level", "1y"],
     "text json"),
    ("peaks_horizon", ["peaks", "grows", "mail", "--horizon", "90d"], "text json csv"),
    ("peaks_peaky", ["peaks", "--return-level", "1y", "--data", "peaky"], "text json"),
    ("graph", ["graph", "mail", "memory"], "text json csv"),
    ("graph_list", ["graph", "mail"], "text json csv"),
    ("compare_detail", ["compare", "mail", "mail-vm", "--detail"], "text json csv kv"),
    ("explain_line", ["explain", "line", "network"], "text json csv"),
    ("explain_disk", ["explain", "disk", "disk"], "text json csv"),
    ("explain_kvm", ["explain", "grows", "--profile", "kvm"], "text json"),
    ("verdict_ahead", ["verdict", "grows", "gap", "idle", "--horizon", "90d", "--detail"],
     "text json csv"),
    ("profiles_own", ["profiles", "--config-dir", "own"], "text json"),
    ("profile_own", ["profiles", "good", "--rules", "--config-dir", "own"], "text json"),
    ("runbook_settings", ["runbook", "--target", "kvm", "--settings"], "text json"),
    ("validate_hyper", ["validate", "mail", "--target", "hyper-v-2019"], "text json csv"),
    ("status", ["status", "--gaps"], "text json csv kv"),
    ("verdict", ["verdict", "--detail"], "text json csv kv"),
    ("verdict_kvm", ["verdict", "--profile", "kvm", "--detail", "--strict"], "text json"),
    ("verdict_hosts", ["verdict", "--hosts", "hosts.json", "--horizon", "90d", "--sizes"],
     "text csv"),
    ("verdict_tight", ["verdict", "notice", "weekly", "--hosts", "tight.json"], "text json"),
    ("verdict_tight", ["verdict", "--hosts", "tight.json", "--data", "sampled"], "text"),
    ("explain", ["explain", "mail", "--hosts", "hosts.json"], "text json csv"),
    ("explain_short", ["explain", "short", "memory"], "text json"),
    ("explain_cpu", ["explain", "parallel", "cpu", "--hosts", "hosts.json"], "text json"),
    ("review", ["review"], "text json csv"),
    ("exclude", ["exclude"], "text json csv"),
    ("inventory", ["inventory"], "text json csv"),
    ("inventory_missing", ["inventory", "--missing"], "text json csv"),
    ("inventory_keys", ["inventory", "--keys"], "text csv"),
    ("inventory_machine", ["inventory", "mail", "--machine"], "json"),
    ("alerts", ["alerts"], "text json csv"),
    ("alerts_open", ["alerts", "--open"], "text"),
    ("alerts_maintenance", ["alerts", "maintenance"], "text json"),
    ("pack", ["pack", "small.vbp"], "text json"),
    ("pack_spare", ["pack", "small.cap", "--failover", "1"], "text json"),
    ("profiles", ["profiles", "virtual-server-2005-r2"], "text json"),
    ("profiles_all", ["profiles", "--rules"], "json"),
    ("rules", ["profiles", "kvm", "--rules"], "text"),
    ("verdict_targets", ["verdict", "--profile", "all"], "text json csv"),
    ("verdict_own", ["verdict", "sparse", "gap", "--profile", "all", "--config-dir", "own"],
     "text json csv"),
    ("explain_twice", ["explain", "twice", "memory"], "text json"),
    ("explain_sparse", ["explain", "sparse"], "text json"),
    ("verdict_lean", ["verdict", "--profile", "lean", "--config-dir", "own", "--detail"],
     "text json"),
    ("verdict_few", ["verdict", "--hosts", "few.json", "--sizes"], "text json"),
    ("explain_notice", ["explain", "notice", "memory"], "text json"),
    ("verdict_now", ["verdict", "short", "--since", "2026-03-30T23:50"], "text json"),
    ("explain_now", ["explain", "short", "--since", "2026-03-30T23:50"], "text json"),
    ("verdict_sampled", ["verdict", "--detail", "--data", "sampled"], "text json"),
    ("explain_sampled", ["explain", "fine", "memory", "--data", "sampled"], "text json"),
    ("verdict_coarse", ["verdict", "--detail", "--data", "coarse"], "text json"),
    ("peaks_coarse", ["peaks", "--data", "coarse"], "text csv"),
    ("explain_coarse", ["explain", "hours", "--data", "coarse"], "text json"),
    ("plan_coarse", ["plan", "--hosts", "lone.json"] + SEARCH + ["--data", "coarse"]
     + WIDE, "text json"),
    ("status_coarse", ["status", "--data", "coarse"], "text json csv"),
    ("review_closed", ["review", "sustained", "MEM-5-SUSTAINED", "accept", "--by", "ana",
                       "--reason", "b"], "text"),
    ("review_none", ["review", "weekly", "OPL-3", "accept", "--by", "ana", "--reason", "b"],
     "text"),
    ("review_note", ["review", "sustained", "CPU-4", "accept", "--by", "ana", "--reason",
                     "b"], "text"),
    ("verdict_odd", ["verdict", "--detail", "--data", "odd"], "text json"),
    ("verdict_grand", ["verdict", "lived", "--data", "odd", "--profile", "grand",
                       "--config-dir", "grand"], "text json"),
    ("explain_odd", ["explain", "lived", "--data", "odd"], "text"),
    ("review_refused", ["review", "short", "MEM-1", "accept", "--by", "ana", "--reason",
                        "b"], "text"),
    ("workload", ["workload", "list"], "text json"),
    ("plan", PLAN + WIDE + ["-o", "plan.json"], "json"),
    ("plan", PLAN + WIDE + ["--settings"], "text csv kv"),
    ("plan_proper", PLAN + ["--settings"], "text json"),
    ("plan_spare", PLAN + WIDE + ["--failover", "1", "--separate-environments",
                                  "-o", "spare.json"], "json"),
    ("plan_spare", PLAN + WIDE + ["--failover", "1", "--separate-environments"], "text"),
    ("plan_plain", ["plan", "--hosts", "tight.json"] + SEARCH + WIDE + ["--profile", "plain",
                    "--demand", "aligned", "--resamples", "20"], "text json"),
    ("plan_diff", ["plan", "diff", "plan.json", "spare.json"], "text json csv"),
    ("plan_diff_back", ["plan", "diff", "spare.json", "plan.json"], "text json"),
    ("plan_diff_none", ["plan", "diff", "plan.json", "plan.json"], "text json"),
    ("plan_few", ["plan", "--hosts", "few.json"] + SEARCH + WIDE + ["--settings"],
     "text json csv kv"),
    ("plan_few_spare", ["plan", "--hosts", "few.json"] + SEARCH + ["--failover", "1",
                        "--profile", "kvm"] + WIDE, "text json csv"),
    ("plan_bound", ["plan", "--hosts", "bound.json"] + SEARCH + ["--internal-network",
                    "--horizon", "90d", "-o", "bound_plan.json"] + WIDE, "json"),
    ("plan_bound", ["plan", "--hosts", "bound.json"] + SEARCH + ["--internal-network",
                    "--horizon", "90d", "--settings"] + WIDE, "text csv"),
    ("plan_torn", ["plan", "--hosts", "torn.json"] + SEARCH + ["--profile", "kvm"] + WIDE,
     "text json csv"),
    ("plan_none", ["plan", "--hosts", "torn.json"] + SEARCH + ["--failover", "2"] + WIDE, "text"),
    ("plan_two", ["plan", "--hosts", "lone.json"] + SEARCH + ["--data", "coarse", "--failover",
                                                             "2", "--no-solver"] + WIDE,
     "text json csv"),
    ("plan_aligned", PLAN + WIDE + ["--profile", "plain", "--demand", "aligned", "--axis",
                                    "hour", "--align-memory", "-o", "aligned.json"], "json"),
    ("plan_aligned", PLAN + WIDE + ["--profile", "plain", "--demand", "aligned", "--axis",
                                    "hour", "--align-memory", "--settings"], "text csv"),
    ("plan_other", ["plan", "--hosts", "other.json"] + SEARCH + ["-o", "other_plan.json"]
     + WIDE, "json"),
    ("plan_few_kept", ["plan", "--hosts", "few.json"] + SEARCH + ["-o", "few_plan.json"]
     + WIDE, "json"),
    ("plan_diff_aligned", ["plan", "diff", "plan.json", "aligned.json"], "text json csv"),
    ("plan_diff_other", ["plan", "diff", "plan.json", "other_plan.json"], "text"),
    ("plan_diff_few", ["plan", "diff", "plan.json", "few_plan.json"], "text"),
    ("plan_diff_drops", ["plan", "diff", "aligned.json", "plan.json"], "text json"),
    ("plan_diff_kept", ["plan", "diff", "few_plan.json", "few_plan.json"], "text json"),
    ("plan_pinned", ["plan", "--hosts", "pinned.json"] + SEARCH + ["--failover", "1"]
     + WIDE, "text json"),
    ("plan_nobody", PLAN + ["--include", "pass", "--profile", "server-2012-essentials"],
     "text json csv"),
    ("plan_nobody", PLAN + ["--include", "pass", "--profile", "server-2012-essentials",
                            "--demand", "aligned"], "text"),
    ("plan_diff_bound", ["plan", "diff", "plan.json", "bound_plan.json"], "text json"),
    ("waves_states", ["waves", "--plan", "plan.json", "--windows", "states.json"],
     "text json csv"),
    ("waves_by_hand", ["waves", "--plan", "plan.json", "--windows", "by_hand.json"],
     "text json csv"),
    ("waves_cycle", ["waves", "--plan", "plan.json", "--windows", "cycle.json"], "text"),
    ("waves_aligned", ["waves", "--plan", "aligned.json", "--windows", "states.json"],
     "text"),
    ("plan_unknown", ["plan", "--hosts", "unknown.json"], "text"),
    ("plan_list", ["plan", "list"], "text csv"),
    ("plan_show", ["plan", "show", "1"], "text csv"),
    ("backtest", ["backtest", "plan.json"], "text json csv"),
    ("backtest_aligned", ["backtest", "aligned.json"],
     "text json csv"),
    ("backtest_few", ["backtest", "few_plan.json"], "text json csv"),
    ("plan_early", PLAN + WIDE + ["--profile", "plain", "--demand", "aligned", "--until",
                                  "2026-03-09", "-o", "early.json"], "json"),
    ("plan_hour", PLAN + WIDE + ["--profile", "plain", "--demand", "aligned", "--axis",
                                 "hour", "--since", "2026-03-10T09:00", "--until",
                                 "2026-03-10T10:00"], "text json"),
    ("backtest_early", ["backtest", "early.json", "--out-of-sample"], "text json csv"),
    ("validate", ["validate", "mail", "--target", "kvm"], "text json csv"),
    ("waves", ["waves", "--plan", "plan.json", "--windows", "windows.json"],
     "text json csv"),
    ("compare", ["compare", "mail", "mail-vm"], "text json csv"),
    ("check", ["check"], "text json"),
    ("fsck", ["fsck"], "text json kv"),
    # the first one changes something, the others find it there
    ("import_csv", ["import", "csv", "more.csv"], "text json kv"),
    ("import_refused", ["import", "auto", "more.csv", "machine.json", "odd.csv",
                        "--keep-going"], "text json kv"),
    ("import_folder", ["import", "auto", "more/late.csv", "small.vbp", "--keep-going"],
     "text json kv"),
    ("import_list", ["import"], "text json csv"),
]
ADDED = ("plan_add", ["plan", "add", "less.json", "gap"] + WIDE, "text json")

ALL = ["--plan", "plan.json", "--windows", "windows.json", "--hosts", "hosts.json"]
BOTH = ["--plan", "spare.json", "--backtest", "backtest.json", "--strict"]
# file, what reads it, words: with all there is, failover and a back-test, no plan, no store
REPORTS = (("report.html", PAGE, ALL), ("report.xlsx", BOOK, ALL),
           ("report_spare.html", PAGE, BOTH),
           ("report_spare.xlsx", BOOK, BOTH),
           ("report_coarse.html", PAGE, ["--data", "coarse"]),
           ("report_aligned.html", PAGE, ["--plan", "aligned.json"]),
           ("report_one.html", PAGE, ["--data", "sampled"]),
           ("report_none.html", PAGE, ["--data", "unplanned"]),
           ("report_empty.html", PAGE, ["--data", "empty"]))
