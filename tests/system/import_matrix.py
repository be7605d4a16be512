"""T57: encodings, byte order marks, separators, quotings, languages, zones over the days
when clocks change: the exact series, or a refusal that names the place."""

import datetime
import itertools
import os
import sys
import zoneinfo

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "oracle"))
from harness import Checks, Store

# a server in eight languages
NAMES = ("Küchenserver", "serveur-à-côté", "сервер", "サーバー", "服务器", "خادم", "εξυπηρετητής",
         "sunucu-ığüş")
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "Asia/Kolkata",
         "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Auckland", "Pacific/Chatham",
         "America/Sao_Paulo", "Africa/Casablanca", "Pacific/Kiritimati")
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "iso-8859-1")
BOMS = {"utf-8": b"\xef\xbb\xbf", "utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff",
        "utf-32-le": b"\xff\xfe\0\0", "utf-32-be": b"\0\0\xfe\xff", "iso-8859-1": b""}
FIRST = 1382832000  # 2013-10-27 00:00 UTC: Berlin's clocks go back an hour later
SLOTS = 24
checks = Checks()


def moment(stamp, number):
    """The stamp as one of the zones writes it, with its offset of that moment."""
    try:
        zone = zoneinfo.ZoneInfo(ZONES[number % len(ZONES)])
    except zoneinfo.ZoneInfoNotFoundError:
        zone = datetime.timezone(datetime.timedelta(minutes=45 * (number % 12)))
    text = datetime.datetime.fromtimestamp(stamp, zone).isoformat()
    return text if number % 3 else text.replace("T", " ")


def table(separator, quoting):
    def cell(text, is_number):
        if quoting == "all" or (quoting == "text" and not is_number) or \
                (quoting == "numbers" and is_number):
            return '"' + text.replace('"', '""') + '"'
        return text

    lines = [separator.join(cell(text, False) for text in
                            ("time", "workload", "cpu_used_mhz", "memory_used_bytes"))]
    for slot in range(SLOTS):
        for number, name in enumerate(NAMES):
            stamp = FIRST + 600 * slot
            lines.append(separator.join((
                cell(moment(stamp, slot + number), False), cell(name, False),
                cell(f"{100 * number + slot}.25", True), cell(str(1024 * slot), True))))
    return "\n".join(lines) + "\n"


def is_exact(peaks):
    found = {w["name"]: w for w in peaks["workloads"]}
    if set(found) != set(NAMES):
        return False
    return all(
        found[name]["step_s"] == 600 and found[name]["samples"] == SLOTS and
        found[name]["resources"]["cpu"]["peak"] == 100 * number + SLOTS - 1 + 0.25 and
        found[name]["resources"]["cpu"]["peak_at"] == FIRST + 600 * (SLOTS - 1) and
        found[name]["resources"]["memory"]["peak"] == 1024 * (SLOTS - 1)
        for number, name in enumerate(NAMES))


with Store() as store:
    taken = refused = 0
    misread = []
    cases = list(itertools.product(ENCODINGS, (False, True), ",;\t",
                                   ("none", "text", "numbers", "all")))
    for index, (encoding, has_bom, separator, quoting) in enumerate(cases):
        content = table(separator, quoting)
        data = (BOMS[encoding] if has_bom else b"") + content.encode(encoding, "replace" if
                                                                     encoding[0] != "i" else
                                                                     "ignore")
        path = store.write(f"{index}.csv", data)
        folder = store.path(f"store-{index}")
        done = store.run("import", "csv", path, store=folder)
        if done.returncode == 0:
            taken += 1
            if encoding != "utf-8" or not is_exact(store.json("peaks", store=folder)):
                misread.append(f"{encoding} bom={has_bom} {separator!r} quotes={quoting}")
        else:
            refused += 1
            is_named = f"{path}:" in done.stderr and len(done.stderr.splitlines()) == 1
            if not is_named or encoding == "utf-8":
                misread.append(f"{encoding} bom={has_bom} {separator!r} {quoting}: "
                               f"{done.stderr[:120]}")
    checks.check(f"of {len(cases)} files {taken} are exact, {refused} refused, 0 misread",
                 not misread and taken == 24, "; ".join(misread[:5]))

    # doubled quotes and backslashes are text, nothing more
    path = store.write("back.csv", 'time,workload,cpu_used_mhz\n'
                       '1382832000,"\\\\host\\""C""\\x",1\n')
    folder = store.path("back")
    store.json("import", "csv", path, store=folder)
    names = [w["name"] for w in store.json("peaks", store=folder)["workloads"]]
    checks.check("backslashes are kept as they stand", names == ['\\\\host\\"C"\\x'], str(names))
checks.finish()
