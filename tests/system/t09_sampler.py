"""T09: each allocation of the sampler failing once, and for ever from there on: it ends
with a message or goes on, it never crashes, and what it leaves behind can be started."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

BUILD = pathlib.Path(os.environ.get("BUILD", "build")).resolve()
CC = os.environ.get("CC", "cc")
STRIDE = int(os.environ.get("T09_STRIDE", "1"))
failures = 0

FAULT = r"""
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t),
	*__libc_realloc(void *, size_t);
static unsigned long number, at, for_ever;
__attribute__((constructor)) static void begin(void)
{
	at = strtoul(getenv("FAIL_AT"), NULL, 10);
	for_ever = getenv("FAIL_FOR_EVER") != NULL;
	number = 0;
	unsetenv("LD_PRELOAD");
}
static int fails(void)
{
	number++;
	if (at == 0 || (for_ever ? number < at : number != at)) return 0;
	errno = ENOMEM;
	return 1;
}
void *malloc(size_t n) { return fails() ? NULL : __libc_malloc(n); }
void *calloc(size_t n, size_t m) { return fails() ? NULL : __libc_calloc(n, m); }
void *realloc(void *p, size_t n) { return fails() ? NULL : __libc_realloc(p, n); }
__attribute__((destructor)) static void end(void)
{
	/* how many there were: for the first run, which lets all of them succeed */
	const char *path = getenv("FAIL_COUNT");
	FILE_STUB
}
"""
FAULT = FAULT.replace(
    "FILE_STUB",
    'if (path && at == 0) { extern int open(const char *, int, ...); extern long write(int, const void *, unsigned long);'
    " int fd = open(path, 577, 0600); if (fd >= 0) { long ignored = write(fd, &number, sizeof(number)); (void)ignored; } }",
)


def check(name, good, why=""):
    global failures
    failures += not good
    print(f"ok {name}" if good else f"FAIL {name}: {why}")


def main(top):
    top = pathlib.Path(top)
    source, library, count = top / "fail.c", top / "fail.so", top / "count"
    source.write_text(FAULT)
    made = subprocess.run([*CC.split(), "-shared", "-fPIC", "-O1", "-o", library, source], capture_output=True, text=True, check=False)
    if made.returncode or "asan" in str(BUILD):
        print(f"SKIP T09 of the sampler: {made.stderr[-200:] or 'a sanitizer has its own malloc'}")
        return
    bin_, run = top / "bin", top / "run"
    bin_.mkdir()
    run.mkdir(mode=0o750)
    shutil.copy(BUILD / "collectord", bin_)
    shutil.copy(BUILD / "tests/tools/ring_reader", bin_ / "collectord-recorder")
    clock, conf = top / "clock", top / "conf"
    # no user to become: the name service of glibc 2.36 itself crashes without memory
    conf.write_text('slow_interval = 2s\nuser = ""\n')

    def sample(at, for_ever, start):
        clock.write_text(f"start {start}\n")
        environment = dict(os.environ, RUNTIME_DIRECTORY=str(run), RING_READER_OUT=str(top / "out"), RING_READER_SLEEP_MS="1",
                           LD_PRELOAD=str(library), FAIL_AT=str(at), FAIL_COUNT=str(count))
        if for_ever:
            environment["FAIL_FOR_EVER"] = "1"
        return subprocess.run([bin_ / "collectord", "-c", conf, "--data", top / "data", "--interval", "1", "--ticks", "5", "--no-helper", "--clock", clock],
                              env=environment, capture_output=True, text=True, timeout=60)

    start = 1795255200
    r = sample(0, False, start)
    total = int.from_bytes(count.read_bytes()[:8], "little") if count.exists() else 0
    check("T09: without a fault it works", r.returncode == 0 and total > 50, f"{r.returncode} {total} {r.stderr}")
    bad, ended, went_on = [], 0, 0
    for for_ever in (False, True):
        for at in range(1, total + 1, STRIDE):
            start += 100
            try:
                r = sample(at, for_ever, start)
            except subprocess.TimeoutExpired:
                bad.append((at, for_ever, "hangs"))
                continue
            if r.returncode == 0:
                went_on += 1
            elif r.returncode in (1, 2) and "collectord: " in r.stderr:
                ended += 1
            # the scanner of libconfuse 3.3 ends the program itself, with words of its own,
            # or by an assertion, for whose text there is no memory either
            elif any(w in r.stderr for w in ("out of dynamic memory in yy", "collectord: lexer.l:", "Unexpected error.")):
                ended += 1
            else:
                bad.append((at, for_ever, r.returncode, r.stderr[-200:]))
    print(f"# {total} allocations, one in {STRIDE} failing: {ended} ends with a message, {went_on} went on")
    check("T09: no failed allocation crashes, hangs or ends it without a word", not bad, bad[:5])
    r = sample(0, False, start + 100)
    check("T09: what they left behind can be started", r.returncode == 0, r.stderr)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="t09_sampler.") as top_:
        main(top_)
    sys.exit(1 if failures else 0)
