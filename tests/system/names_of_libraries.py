"""No function or variable of ours has the name of one of a library that its program links:
the linker would take ours in the place of the library's, without a word."""
import glob
import os
import re
import shutil
import subprocess
import sys

BUILD = os.environ.get("BUILD", "build")


def defined(path, *options):
    out = subprocess.run(["nm", *options, "--defined-only", path], stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, universal_newlines=True).stdout
    return {fields[2].split("@")[0] for fields in map(str.split, out.splitlines())
            if len(fields) == 3 and fields[1] in "TDBRVWu"}


def libraries(program):
    out = subprocess.run(["ldd", program], stdout=subprocess.PIPE,
                         universal_newlines=True).stdout
    return re.findall(r"=> (/\S+)", out)


def main():
    if not shutil.which("nm") or "asan" in BUILD:
        print("SKIP names of libraries: %s" % ("nm is not here" if "asan" not in BUILD else
                                               "a sanitizer's runtime replaces names"))
        return 0
    programs = [p for p in glob.glob(os.path.join(BUILD, "collectord*")) +
                [os.path.join(BUILD, "analyze"), os.path.join(BUILD, "headroom-solver")]
                if os.path.isfile(p) and os.access(p, os.X_OK)]
    written = set()  # what our own sources define, and not the compiler or a library
    for archive in glob.glob(os.path.join(BUILD, "lib/*.a")):
        written |= defined(archive)
    bad = not programs or len(written) < 1000
    if bad:
        print("FAIL names of libraries: %d programs, %d names of ours: nothing was looked at"
              % (len(programs), len(written)))
    for program in sorted(programs):
        ours = defined(program) & written
        clashes = []
        for library in libraries(program):
            if not re.search(r"/(libc|libm|ld-linux\S*)\.so", library):
                clashes += ["%s of %s" % (name, os.path.basename(library))
                            for name in sorted(ours & defined(library, "-D"))]
        name = os.path.basename(program)
        print("ok names of libraries: %s shares none" % name if not clashes else
              "FAIL names of libraries: %s: %s" % (name, "; ".join(clashes[:10])))
        bad = bad or bool(clashes)
    return 1 if bad else 0


sys.exit(main())
