"""Every JSON that analyze prints is what its schema in schema/json-schema/output says: all
verbs, on a store with much in it, on one that the daemon filled, and on an empty one.  Every
verb that prints JSON is asked, and every schema is met."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../faults"))
from harness import BUILD, TOP, check, finish, skip  # noqa: E402

SCHEMAS = os.path.join(TOP, "schema/json-schema/output")
START = 1772323200


class Asked:
    """The documents, by the words that asked for them."""

    def __init__(self, work):
        self.work = work
        self.documents = []  # (words, document)
        self.verbs = set()

    def run(self, *words, data="data"):
        done = subprocess.run([os.path.join(BUILD, "analyze")] + list(words) +
                              ["--data", data, "-q"], cwd=self.work, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=120, universal_newlines=True,
                              check=False)
        return done.returncode, done.stdout, done.stderr

    def ask(self, *words, data="data"):
        code, out, err = self.run(*words, "--json", data=data)
        try:
            document = json.loads(out)
        except ValueError:
            check("JSON of %s" % " ".join(words), False, (code, out[:200], err[:300]))
            return None
        self.verbs.add(words[0])
        self.documents.append((" ".join(words) + (" of " + data if data != "data" else ""),
                               document))
        return document


def write_inputs(work):
    with open(os.path.join(work, "in.csv"), "w", encoding="utf-8") as out:
        out.write("time,workload,memory_used_bytes,memory_total_bytes,cpu_used_mhz,cpu_cores,"
                  "cpu_core_mhz,network_bps,disk_bytes_per_s,disk_ops_per_s,disk_size_bytes\n")
        for name, level in (("mail", 3.0e9), ("erp", 5e9), ("web \u00e4\u202e", 4e8)):
            for k in range(29 * 96):
                hour = k // 4 % 24
                used = level * (1 + (hour in (9, 10, 11)) * 0.3 + k % 7 * 0.01)
                if not 300 < k < 330:
                    out.write("%d,%s,%d,%d,%.1f,4,2600,%d,%d,%d,%d\n" % (
                        START + 900 * (k + 1), name, used, 16 << 30, used / 2e6, used / 90,
                        used / 900, used / 9e7, 40 << 30))
        for k in range(29 * 96):
            out.write("%d,idle,0,%d,0,1,2600,0,0,0,%d\n" % (START + 900 * (k + 1), 1 << 30,
                                                           8 << 30))
        for k in range(96):
            out.write("%d,few,%d,,,,,,,,\n" % (START + 900 * (k + 1), 2e9))
    with open(os.path.join(work, "in.csv"), encoding="utf-8") as old, \
            open(os.path.join(work, "late.csv"), "w") as out:
        out.writelines(line.replace(",mail,", ",late,") for line in old
                       if ",mail," in line or "workload" in line)
    hosts = [{"type": "h", "count": 3, "cores": 8, "core_mhz": 2600, "memory_mb": 32768,
              "host_memory_mb": 1024, "disk_gb": 2000,
              "nics": [{"mbps": 1000, "use": "host"}, {"mbps": 10000, "use": "shared"}]},
             {"type": "s", "count": 2, "cores": 4, "core_mhz": 2600, "memory_mb": 6144,
              "disk_gb": 500, "cost": 0.5,
              "nics": [{"mbps": 1000, "use": "host"}, {"mbps": 1000, "use": "shared"}]}]
    for name, count in (("hosts.json", 2), ("small.json", 1)):
        with open(os.path.join(work, name), "w") as out:
            json.dump({"hosts": hosts[2 - count:] if count == 1 else hosts}, out)
    with open(os.path.join(work, "bins.txt"), "w") as out:
        out.write("5\n100\n60\n50\n40\n30\n20\n")
    with open(os.path.join(work, "bad.csv"), "w") as out:
        out.write("time,workload,memory_used_bytes\nsoon,x,5\n")


def of_figures(asked):
    asked.ask("import", "csv", "in.csv")
    asked.ask("import", "csv", "in.csv", "bad.csv", "--keep-going", data="other")
    asked.ask("status")
    asked.ask("status", "mail", "--gaps")
    asked.ask("peaks")
    asked.ask("peaks", "--horizon", "90d", "--return-level", "1y")
    asked.ask("compare", "mail", "erp")
    asked.ask("graph", "mail", "memory")
    asked.ask("graph", "mail")
    for profile in ("virtual-server-2005-r2", "kvm", "all"):
        asked.ask("verdict", "--profile", profile)
    asked.ask("verdict", "--hosts", "hosts.json", "--profile", "plain")
    asked.ask("explain", "erp")
    asked.ask("explain", "mail", "memory", "--profile", "kvm")
    asked.ask("fsck")


def of_people(asked):
    asked.ask("inventory", "mail", "--set", "environment=test", "--set", "disks=c:40,d:9:dynamic",
              "--set", "roles=web", "--set", "devices=usb:printer:required", "--set", "os=linux")
    asked.ask("review", "idle", "OPL-IDLE", "accept", "--by", "ana", "--reason", "x", "--profile",
              "kvm")
    check("a review is closed", asked.ask("review")["reviews"])
    made = [asked.ask("exclude", "erp", day + "T02:00Z", day + "T04:00Z", "--reason", "restore",
                      "--by", "ana") for day in ("2026-03-02", "2026-03-03")]
    undone = asked.ask("exclude", "--undo", str(made[1]["ids"][0]))
    check("an exclusion is undone by the id that it was given",
          undone["ids"] == made[1]["ids"] and undone["what"] == "undo", (made, undone))
    asked.ask("workload", "rename", "few", "some")
    check("a new name is listed", "some" in asked.ask("workload", "list")["workloads"])
    forgotten = asked.ask("workload", "forget", "some")
    check("what is forgotten is named", forgotten["name"] == "some", forgotten)
    asked.ask("profiles", "--names")
    asked.ask("check")
    judged = asked.ask("check", "erp", "-w", "memory=80")
    check("check names what was asked for", judged["workload"] == "erp", judged)
    asked.run("alerts", "maintenance", "2026-03-02", "2026-03-03", "--reason", "upgrade")
    for words in (("review",), ("exclude",), ("inventory",), ("inventory", "mail"),
                  ("inventory", "--missing"), ("inventory", "--missing", "--profile", "kvm"),
                  ("inventory", "--keys"), ("alerts",), ("alerts", "maintenance"), ("profiles",),
                  ("profiles", "kvm", "--rules"), ("profiles", "--rules"),
                  ("profiles", "--os", "Windows Server 2003 Standard"), ("peaks", "erp"),
                  ("verdict", "erp", "mail"), ("explain", "erp", "memory")):
        asked.ask(*words)


def of_plans(asked):
    common = ("--hosts", "hosts.json", "--profile", "plain", "--include",
              "review,unknown,insufficient", "--time-limit", "3")
    plan = asked.ask("plan", *common[:5], "review", *common[6:])
    with open(os.path.join(asked.work, "plan.json"), "w") as out:
        json.dump(plan, out)
    other = asked.ask("plan", *common, "--demand", "aligned", "--failover", "1", "--resamples",
                      "3")
    with open(os.path.join(asked.work, "other.json"), "w") as out:
        json.dump(other, out)
    asked.ask("plan", "--hosts", "small.json", *common[2:])
    asked.ask("plan", *common[:2], "--time-limit", "3")
    asked.ask("plan", "list")
    asked.ask("plan", "show", "1")
    asked.ask("plan", "diff", "plan.json", "other.json")
    asked.run("import", "csv", "late.csv")
    asked.ask("plan", "add", "plan.json", "late", "--include", "review")
    asked.ask("backtest", "plan.json")
    asked.ask("waves", "--plan", "plan.json")
    asked.ask("waves")
    asked.ask("pack", "bins.txt")


def of_machines(asked):
    asked.run("inventory", "--here")
    machine = asked.ask("inventory", "--here", "--machine")
    machine["name"] = "mail"
    with open(os.path.join(asked.work, "machine.json"), "w") as out:
        json.dump(machine, out)
    asked.run("inventory", "mail", "--load", "machine.json")
    asked.ask("validate", "machine.json", "--target", "kvm")
    asked.ask("validate", "mail", "--target", "hyper-v-2019")
    asked.ask("runbook", "--target", "kvm", "--settings")
    asked.ask("runbook", "machine.json", "--target", "kvm", "--set", "images=/srv/images", "-o",
              "runbook", "--set", "method=copy", "--set", "source_images=/srv/incoming")
    with open(os.path.join(asked.work, "runbook", "steps.json")) as source:
        asked.documents.append(("steps.json of a runbook", json.load(source)))


def of_daemon(asked):
    """One that ran on a scripted clock, in which memory passed a low limit."""
    with open(os.path.join(asked.work, "conf"), "w") as out:
        out.write("interval = 60s\nsensors = no\nalert_memory_limit_bytes = 1000000\n")
    with open(os.path.join(asked.work, "clock"), "w") as out:
        out.write("start %d 5000\n" % START)
    done = subprocess.run([os.path.join(BUILD, "collectord"), "-c", "conf", "--data", "daemon",
                           "--name", "own", "--no-helper", "--clock", "clock", "--ticks", "40"],
                          cwd=asked.work, stderr=subprocess.PIPE, timeout=60, check=False)
    check("the daemon on a scripted clock", done.returncode == 0, done.stderr)
    for words in (("status",), ("status", "--gaps"), ("peaks",), ("verdict",), ("alerts",),
                  ("fsck",), ("verdict", "--profile", "all"), ("inventory", "--missing")):
        asked.ask(*words, data="daemon")
    check("an alert is open", asked.ask("alerts", data="daemon")["alerts"])


def of_nothing(asked):
    os.mkdir(os.path.join(asked.work, "empty"))
    for words in (("status",), ("peaks",), ("verdict",), ("alerts",), ("inventory",), ("review",),
                  ("exclude",), ("fsck",), ("verdict", "--profile", "all"), ("plan", "list"),
                  ("inventory", "--missing"), ("alerts", "maintenance"),
                  ("plan", "--hosts", "hosts.json")):
        asked.ask(*words, data="empty")


def documents(work):
    write_inputs(work)
    asked = Asked(work)
    for part in (of_figures, of_people, of_plans, of_machines, of_daemon, of_nothing):
        part(asked)
    return asked


def kind_of(document):
    match = re.fullmatch(r"headroom/([a-z-]+)/1", document.get("schema", ""))
    return match.group(1) if match else None


def path_of(kind):
    own = os.path.join(SCHEMAS, kind + ".json")
    return own if os.path.exists(own) else os.path.join(TOP, "schema/json-schema", kind + ".json")


def verbs_with_json():
    text = subprocess.run([os.path.join(BUILD, "analyze"), "help"], stdout=subprocess.PIPE,
                          universal_newlines=True, check=True).stdout
    for verb in re.findall(r"(?m)^  ([a-z][a-z-]*) ", text.split("options of all")[0]):
        own = subprocess.run([os.path.join(BUILD, "analyze"), "help", verb],
                             stdout=subprocess.PIPE, universal_newlines=True,
                             check=True).stdout
        if re.search(r"(?m)^formats:.* json", own):
            yield verb


def judge(asked, jsonschema):
    met = set()
    for words, document in asked.documents:
        kind = kind_of(document)
        if not check("%s says what it is" % words, kind and os.path.exists(path_of(kind)),
                     document.get("schema")):
            continue
        with open(path_of(kind)) as source:
            schema = json.load(source)
        jsonschema.Draft202012Validator.check_schema(schema)
        wrong = [("/".join(map(str, e.absolute_path)), e.message[:150]) for e in
                 jsonschema.Draft202012Validator(schema).iter_errors(document)]
        check("%s is a headroom/%s/1" % (words, kind), not wrong, wrong[:5])
        if kind not in met:  # the schema has to refuse what is none
            broken = dict(document, surplus=1)
            check("headroom/%s/1 refuses a member that it does not know" % kind, any(
                jsonschema.Draft202012Validator(schema).iter_errors(broken)))
        met.add(kind)
    # watch needs a daemon that runs: tests/system/watch.py holds its lines against the schema
    there = {name[:-5] for name in os.listdir(SCHEMAS)} - {"watch"}
    check("every schema of an output was met", there <= met, sorted(there - met))
    missing = set(verbs_with_json()) - asked.verbs - {"watch"}
    check("every verb that prints JSON was asked", not missing, sorted(missing))


def main():
    try:
        import jsonschema
    except ImportError:
        skip("the JSON of every verb against its schema",
             "the Python package jsonschema is not installed")
        return
    work = tempfile.mkdtemp(prefix="headroom-schemas-")
    try:
        judge(documents(work), jsonschema)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    finish()


if __name__ == "__main__":
    main()
