"""One line for each check, "ok NAME", "FAIL NAME: why" or "SKIP NAME: why"."""
import sys

_failed = 0


def check(name, condition, why=""):
    global _failed
    if condition:
        print("ok", name, flush=True)
    else:
        _failed += 1
        print("FAIL %s: %s" % (name, str(why)[:900].replace("\n", " | ")), flush=True)
    return bool(condition)


def skip(name, why):
    print("SKIP %s: %s" % (name, why), flush=True)


def finish():
    sys.exit(_failed > 0)
