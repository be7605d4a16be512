#!/usr/bin/env python3
"""Which requirement ids no test names.

Ids are read from $HEADROOM_TEST_DATA/requirements.md with their priorities; a test names one
by its id, or by a range ("PRE-1 to PRE-12").  Sections may be named as arguments.  Exit 1
where a MUST or SHOULD has none."""
import os
import re
import sys

SECTIONS = "UNIT COL MEM CPU NET STO HWL OPL HST CARD PRE PHS INV VAL GEN CAP DEP ADS V2V AWS MGN AZR SBS EXC ORD".split()
HERE = os.path.dirname(os.path.abspath(__file__))
ID = r"(%s)-(\d+)" % "|".join(SECTIONS)


def named():
    found = set()
    for folder in ("unit", "system"):
        for path, _, names in os.walk(os.path.join(HERE, folder)):
            for name in names:
                if not name.endswith((".c", ".py", ".sh")):
                    continue
                with open(os.path.join(path, name), errors="replace") as file:
                    text = file.read()
                # a comment may break the line within a range
                text = re.sub(r"\s*\n\s*\*?\s*", " ", text)
                found |= {(s, int(n)) for s, n in re.findall(r"\b" + ID + r"\b", text)}
                for s, first, t, last in re.findall(ID + r" to " + ID, text):
                    if s == t:
                        found |= {(s, n) for n in range(int(first), int(last) + 1)}
    return found


def wanted():
    with open(os.path.join(os.environ["HEADROOM_TEST_DATA"], "requirements.md")) as file:
        text = file.read()
    rows = {(s, int(n)): "SHOULD" for s, n in re.findall(r"^\| " + ID + r"\b", text, re.M)}
    rows.update(((s, int(n)), "SHOULD") for s, n in
                re.findall(r"^### " + ID + r"$", text, re.M))
    # the table of capabilities: a row of ids for each priority
    for line in re.findall(r"^\| [a-z][^|]* \|.*\|$", text, re.M):
        for priority, cell in zip(("MUST", "SHOULD", "COULD"), line.split("|")[2:5]):
            rows.update(((s, int(n)), priority) for s, n in re.findall(r"\b" + ID, cell))
    for s, n, priority in re.findall(
            r"^\| " + ID + r" (?:\(\w+\) )?\|[^|]*\| (MUST|SHOULD|COULD) \|", text, re.M):
        rows[s, int(n)] = priority
    return rows


def main():
    if not os.environ.get("HEADROOM_TEST_DATA"):
        print("HEADROOM_TEST_DATA is not set", file=sys.stderr)
        return 2
    have, missing = named(), []
    rows = {key: priority for key, priority in wanted().items()
            if not sys.argv[1:] or key[0] in sys.argv[1:]}
    for (section, number), priority in sorted(rows.items()):
        if (section, number) not in have:
            missing.append(priority)
            print("%-7s %s-%d" % (priority, section, number))
    print("%d of %d ids have a test" % (len(rows) - len(missing), len(rows)))
    return 1 if set(missing) & {"MUST", "SHOULD"} else 0


if __name__ == "__main__":
    sys.exit(main())
