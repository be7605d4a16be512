#!/bin/sh
# The command line of analyze as a user or a script meets it: exit codes, one-line
# errors, formats, files that appear whole, narrow terminals, hostile names.
set -u
BUILD=${BUILD:-build}
analyze=$BUILD/analyze
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TZ=UTC0

check() { # check NAME CONDITION...
	name=$1
	shift
	if "$@" >"$work/why" 2>&1; then echo "ok $name"; else echo "FAIL $name: $(tail -n 3 "$work/why")"; fi
}
code() { # code WANTED COMMAND...: its exit code; stdout and stderr in files
	wanted=$1
	shift
	"$@" >"$work/out" 2>"$work/err"
	got=$?
	[ "$got" -eq "$wanted" ] || { echo "exit code $got, wanted $wanted"; cat "$work/err"; return 1; }
}
one_line() { # the last command said exactly one line, which contains TEXT
	[ "$(wc -l <"$work/err")" -eq 1 ] && grep -qF "$1" "$work/err" ||
		{ echo "stderr is: $(cat "$work/err")"; return 1; }
}
fails() { # fails CODE TEXT COMMAND...
	wanted_code=$1
	text=$2
	shift 2
	code "$wanted_code" "$@" && one_line "$text"
}

store=$work/store
# 31 slots of 300 s: a plateau, a gap, a spike; a name that is a formula, one with a
# terminal code, one that is markup
$PYTHON - "$work/estate.csv" <<'END'
import sys
rows = ["time,workload,cpu_used_mhz,memory_used_bytes,network_bps"]
for name in ("web", '"=cmd()"', '"a\u00e9b<b>"', "'-x"):
    for k in range(31):
        t = 1793491200 + 300 * k
        if 10 <= k < 14:
            rows.append(f"{t},{name},,,")
        else:
            cpu = 2000.5 if k == 20 else 100 + k / 3
            rows.append(f"{t},{name},{cpu},{1e9 + k * 4096},{1e6 * (k % 5)}")
open(sys.argv[1], "w").write("\n".join(rows) + "\n")
END
check "import for the rest of this test" code 0 "$analyze" import csv "$work/estate.csv" --data "$store"

check "no verb is wrong usage" code 2 "$analyze"
check "an unknown verb names the nearest" fails 2 'did you mean "peaks"?' "$analyze" peeks
check "an unknown option names the nearest" fails 2 'did you mean --json?' "$analyze" peaks --jsn
check "an unknown workload names the nearest" fails 1 'did you mean "web"?' "$analyze" peaks wbe --data "$store"
check "a missing value" fails 2 "needs a value" "$analyze" peaks --data
check "a bad time" fails 2 "is not a time" "$analyze" peaks --since tomorrow
check "an unknown export format names the nearest" fails 2 'did you mean "csv"?' "$analyze" export cvs --data "$store"
for verb in $("$analyze" help | sed -n 's/^  \([a-z-]*\)  *[a-zA-Z].*/\1/p' | grep -v '^--'); do
	check "help of $verb has an example" sh -c "'$analyze' '$verb' --help | grep -q '^example: .*analyze $verb'"
done
check "help fits 80 columns" sh -c "! '$analyze' help | grep -qE '^.{81,}'"

mkdir "$work/none"
check "an empty store: exit 0, empty list" code 0 "$analyze" peaks --json --data "$work/none"
check "an empty store: the list" $PYTHON -c "
import json; d = json.load(open('$work/out'))
assert d == {'schema': 'headroom/peaks/1', 'period': {'from': None, 'to': None}, 'workloads': []}, d"
check "an empty store is not created by looking" test ! -e "$work/none/headroom.db"
check "a folder that does not exist is an error" code 1 "$analyze" peaks --data "$work/nowhere"
check "and is not made" test ! -e "$work/nowhere"

for verb in peaks status; do
	code 0 "$analyze" $verb --json --data "$store"
	cp "$work/out" "$work/$verb.json"
	check "$verb --json is JSON with its schema" $PYTHON -c "
import json; d = json.load(open('$work/$verb.json')); assert d['schema'] == 'headroom/$verb/1'
assert sorted(w['name'] for w in d['workloads']) == sorted(['-x', '=cmd()', 'a\u00e9b<b>', 'web']), d"
	code 0 "$analyze" $verb --format kv --data "$store"
	check "$verb --format kv ends in OK=1" sh -c "tail -n 1 '$work/out' | grep -qx OK=1"
	COLUMNS=60 "$analyze" $verb --data "$store" >"$work/narrow" 2>/dev/null
	check "$verb fits 80 columns" sh -c "COLUMNS=80 LC_ALL=C.UTF-8 '$analyze' $verb --data '$store' | $PYTHON -c '
import sys
assert all(len(l.rstrip(chr(10))) <= 80 for l in sys.stdin)'"
done
check "the figures are those of the definition" $PYTHON - "$work/peaks.json" <<'END'
import json, math, sys
cpu = {k: (2000.5 if k == 20 else 100 + k / 3) for k in range(31) if not 10 <= k < 14}
w = next(w for w in json.load(open(sys.argv[1]))["workloads"] if w["name"] == "web")
got, known = w["resources"]["cpu"], sorted(cpu.values())
near = lambda a, b: abs(a - b) <= 1e-9 * abs(b) or sys.exit(f"{a} is not {b}")
def percentile(p):
    h = (len(known) - 1) * p
    i = math.floor(h)
    return known[i] + (h - i) * (known[min(i + 1, len(known) - 1)] - known[i])
near(got["peak"], 2000.5); near(got["mean"], sum(known) / len(known))
for p in (50, 90, 95, 99): near(got[f"p{p}"], percentile(p / 100))
for d in (300, 900, 1800, 3600, 14400, 28800):
    n, means, lows = -(-d // 300), [], []
    for i in range(31 - n + 1):
        x = [cpu[k] for k in range(i, i + n) if k in cpu]
        if 2 * len(x) >= n: means.append(sum(x) / len(x)); lows.append(min(x))
    if not means: assert got["sustained"][str(d)] is None and got["held"][str(d)] is None; continue
    near(got["sustained"][str(d)], max(means)); near(got["held"][str(d)], max(lows))
assert got["peak_at"] == 1793491200 + 300 * 20 and got["unit"] == "mhz"
assert w["samples"] == 27 and w["resources"]["disk"] is None and w["step_s"] == 300
near(w["coverage"], 27 / 31)
END

code 0 "$analyze" peaks --format csv --data "$store"
check "CSV holds no formula" sh -c "! grep -qE '^[=+@-]' '$work/out'"
check "CSV keeps the name behind a quote" grep -q "^'=cmd()," "$work/out"

echo old >"$work/result"
check "-o writes the whole file" code 0 "$analyze" peaks --json --data "$store" -o "$work/result"
check "-o: the same bytes as on stdout" cmp "$work/result" "$work/peaks.json"
check "-o leaves no temporary file" sh -c "! ls -A '$work' | grep -q '^.headroom-'"
cp "$work/result" "$work/before"
check "-o with an error leaves the old file" fails 1 "no workload" "$analyze" peaks nobody --data "$store" -o "$work/result"
check "-o with an error: not a byte has changed" cmp "$work/result" "$work/before"
check "-o to a folder is refused" fails 1 "is a folder" "$analyze" peaks --data "$store" -o "$work"
if [ -w /dev/full ]; then
	check "a full disk is a failure" sh -c "! '$analyze' peaks --data '$store' >/dev/full 2>/dev/null"
fi

check "colour only when asked on a pipe" sh -c "! '$analyze' peaks --data '$store' | grep -q '$(printf '\033')'"
check "the same twice" sh -c "'$analyze' peaks --json --data '$store' | cmp - '$work/peaks.json'"

check "export csv" code 0 "$analyze" export csv --data "$store" -o "$work/export.csv"
check "export csv comes back" code 0 "$analyze" import csv "$work/export.csv" --data "$work/again"
check "the same figures from the export" sh -c "'$analyze' peaks --json --data '$work/again' | cmp - '$work/peaks.json'"
check "the same export from the export" sh -c "'$analyze' export csv --data '$work/again' | cmp - '$work/export.csv'"
check "unknown slots are rows with empty fields" sh -c "grep -qE '^2026-11-01T00:50:00Z,web,+$' '$work/export.csv'"

check "fsck is content" code 0 "$analyze" fsck --json --data "$store"
check "fsck: its shape" $PYTHON -c "
import json; d = json.load(open('$work/out')); assert d['ok'] is True and d['lost'] == 0 and d['rebuilt'] == 0, d"
check "the manual page has every verb" sh -c "'$analyze' help --man | grep -c '^.SS ' | grep -qx \"\$('$analyze' help | grep -cE '^  [a-z][a-z-]* +[a-zA-Z]')\""
check "docs/analyze.1 is what the program says (make golden writes it)" sh -c "'$analyze' help --man | cmp - docs/analyze.1"

# What people and scripts see, letter by letter; `make golden` writes it anew.
golden=$(cd "$(dirname "$0")/../golden" && pwd)
absolute=$(cd "$(dirname "$analyze")" && pwd)/analyze
see() { # see FILE COMMAND...
	file=$1
	shift
	(cd "$work" && COLUMNS=80 LC_ALL=C.UTF-8 "$absolute" "$@" --data store) 2>&1 |
		sed '/for a verdict/,/^$/d' >"$work/seen" # that has tests of its own
	[ -z "${GOLDEN_WRITE:-}" ] || cp "$work/seen" "$golden/$file"
	check "as in tests/golden/$file" diff "$golden/$file" "$work/seen"
}
see peaks.txt peaks
see peaks_detail.txt peaks web
see peaks_brief.txt peaks --brief
see peaks.csv peaks --format csv
see peaks.kv peaks web --format kv
see status.txt status --gaps

# A name from a file in a message: shown, never obeyed.
printf '{"hosts":[{"ty\033]0;PWNED\007pe":"x"}]}' >"$work/hosts.json"
printf '{"schema":"headroom/plan/1\033[2J"}' >"$work/plan.json"
shown() { # shown TEXT COMMAND...: it fails, says TEXT, and no byte of it is a control code
	text=$1
	shift
	! "$@" >"$work/out" 2>"$work/err" && grep -qF "$text" "$work/err" &&
		! LC_ALL=C tr -d '\n' <"$work/err" | LC_ALL=C grep -q '[[:cntrl:]]' ||
		{ echo "stderr is: $(cat -v "$work/err")"; return 1; }
}
check "a field's name with a terminal code is shown" shown '\x1b]0;PWNED\x07' \
	"$analyze" plan --hosts "$work/hosts.json" --data "$store"
check "a schema's name with a terminal code is shown" shown '\x1b[2J' \
	"$analyze" backtest "$work/plan.json" --data "$store"
check "a verb's name with a terminal code is shown" shown '\x1b[2J' \
	"$analyze" "$(printf 've\033[2Jrb')"
