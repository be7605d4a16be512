"""A thousand combinations of zone, form of the date and option, from a printed seed: each is
read as the moments it was written from, or refused with the option that tells it apart."""

import csv
import datetime
import itertools
import json
import os
import random
import re
import sys
import zoneinfo

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "oracle"))
from harness import Checks, Store

SEED = os.environ.get("HEADROOM_SEED", "57")
ZONES = ["UTC", "Europe/Berlin", "Europe/London", "Europe/Moscow", "America/New_York",
         "America/Los_Angeles", "America/St_Johns", "America/Sao_Paulo", "America/Caracas",
         "Asia/Kolkata", "Asia/Kathmandu", "Asia/Tokyo", "Asia/Tehran", "Australia/Lord_Howe",
         "Australia/Adelaide", "Pacific/Auckland", "Pacific/Chatham", "Pacific/Kiritimati",
         "Africa/Casablanca", "Atlantic/Azores"]
# order, form; %- leaves out a leading zero
FORMS = [("YMD", "%Y-%m-%d %H:%M:%S"), ("YMD", "%Y/%m/%d %H:%M"), ("YMD", "%Y-%m-%dT%H:%M:%S"),
         ("MDY", "%m/%d/%Y %H:%M:%S"), ("MDY", "%-m/%-d/%Y %-I:%M:%S %p"),
         ("DMY", "%d.%m.%Y %H:%M:%S"), ("DMY", "%d/%m/%Y %H:%M"), ("DMY", "%d-%m-%Y %H:%M:%S"),
         ("MDY", "%m/%d/%y %H:%M:%S"), ("DMY", "%d.%m.%y %H:%M")]
ROWS, STEP = 12, 300
checks = Checks()
chance = random.Random(SEED)
print(f"# seed {SEED}")
try:
    zones = {name: zoneinfo.ZoneInfo(name) for name in ZONES}
except zoneinfo.ZoneInfoNotFoundError as missing:
    checks.skip("import_zones", f"no time zones are installed: {missing}")
    checks.finish()


def moments(zone, tells):
    """Stamps of a day over 12 (or not), whose first does not come twice on the wall."""
    while True:
        day = datetime.datetime(2013 + chance.randrange(13), 1 + chance.randrange(12),
                                chance.randrange(13, 29) if tells else chance.randrange(1, 12),
                                chance.randrange(1, 22), chance.choice((0, 15, 30, 45)))
        first = day.replace(tzinfo=zone)
        start = int(first.timestamp())
        back = datetime.datetime.fromtimestamp(start, zone)
        if back.replace(tzinfo=None) == day and \
                first.utcoffset() == first.replace(fold=1).utcoffset():
            return [start + STEP * i for i in range(ROWS)]


def readings(text):
    """The orders that a date has a meaning in."""
    a, b, c = re.match(r"(\d+)[-/.](\d+)[-/.](\d+)", text).groups()
    if len(a) == 4:
        return {"YMD"}
    found = set()
    for order, (year, month, day) in (("YMD", (a, b, c)), ("MDY", (c, a, b)), ("DMY", (c, b, a))):
        if len(year) > 2 and order == "YMD" or len(c) == 4 and order == "YMD":
            continue
        year = int(year) if len(year) == 4 else int(year) + (2000 if int(year) < 70 else 1900)
        try:
            datetime.date(year, int(month), int(day))
            found.add(order)
        except ValueError:
            pass
    return found


def cases(name):
    """file name -> order that is said (None), order, stamps, texts"""
    made = {}
    for number, ((order, form), tells, said) in enumerate(itertools.product(
            FORMS, (True, False), (True, False))):
        stamps = moments(zones[name], tells)
        texts = [datetime.datetime.fromtimestamp(s, zones[name]).strftime(form) for s in stamps]
        made[f"w{number:03}"] = (order if said else None, order, stamps, texts)
    for number in range(40, 50):  # no form is without a day over 12 in some of its rows
        stamps = moments(zones[name], False)
        stamps[6:] = [s + 14 * 86400 for s in stamps[6:]]
        order, form = FORMS[number % len(FORMS)]
        texts = [datetime.datetime.fromtimestamp(s, zones[name]).strftime(form) for s in stamps]
        made[f"w{number:03}"] = (None, order, stamps, texts)
    return made


def exported(store):
    store.run("export", "csv", "-o", store.path("out.csv"))
    found = {}
    with open(store.path("out.csv"), newline="") as file:
        for row in csv.DictReader(file):
            if row["cpu_used_mhz"]:
                moment = datetime.datetime.fromisoformat(row["time"].replace("Z", "+00:00"))
                found.setdefault(row["workload"], {})[int(moment.timestamp())] = \
                    float(row["cpu_used_mhz"])
    return found


total = refused = exact = 0
wrong = []
for zone in ZONES:
    made = cases(zone)
    for said in (None, "YMD", "MDY", "DMY"):
        group = {n: c for n, c in made.items() if c[0] == said}
        with Store() as store:
            paths = {}
            for name, (_, order, stamps, texts) in group.items():
                rows = "".join(f"{text},{name},{i + 1}\n" for i, text in enumerate(texts))
                paths[store.write(name + ".csv", "time,workload,cpu_used_mhz\n" + rows)] = name
            options = ["--date-format", said] if said else []
            done = store.run("import", "auto", "--keep-going", "--json", "--zone", zone, *options,
                             *paths)
            assert done.stdout, done.stderr
            outcome = {paths[f["path"]]: f for f in json.loads(done.stdout)["files"]}
            rows = exported(store)
        for name, (_, order, stamps, texts) in group.items():
            total += 1
            able = {order} if said else set.intersection(*[readings(t) for t in texts])
            # rows of the same stamp are one
            want = {s: float(i + 1) for i, s in reversed(list(enumerate(stamps)))}
            if outcome[name]["outcome"] == "refused":
                refused += 1
                if len(able) == 1 or "--date-format" not in (outcome[name]["reason"] or ""):
                    wrong.append((zone, said, order, texts[0], outcome[name]["reason"]))
            elif rows.get(name) == want:
                exact += 1
                if len(able) != 1:
                    wrong.append((zone, said, order, texts[0], "taken, though it can be read "
                                  f"as {sorted(able)}"))
            else:
                wrong.append((zone, said, order, texts, rows.get(name), want))
checks.check(f"{total} combinations: {exact} exact, {refused} refused with the option to give, "
             f"{len(wrong)} wrong", total >= 1000 and not wrong and exact > 600 and refused > 100,
             str(wrong[:3])[:1500])
checks.finish()
