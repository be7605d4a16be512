#!/bin/sh
# analyze waves as a person would use it: an order, its windows, what is refused.
set -u
BUILD=${BUILD:-build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ok() { echo "ok waves: $1"; }
fail() { echo "FAIL waves: $1: $2"; }
expect() { # expect NAME WANTED-CODE PATTERN COMMAND...
	name=$1 wanted=$2 pattern=$3
	shift 3
	"$@" >"$work/out" 2>&1
	code=$?
	if [ "$code" -eq "$wanted" ] && grep -q "$pattern" "$work/out"; then
		ok "$name"
	else
		fail "$name" "exit $code, wanted $wanted: $(head -n 3 "$work/out" | tr '\n' '/')"
	fi
}
printf 'time,workload,memory_used_bytes\n' >"$work/estate.csv"
for name in dc mail web db; do
	for at in 1700000000 1700000300 1700000600; do
		printf '%s,%s,1000000000\n' "$at" "$name" >>"$work/estate.csv"
	done
done
"$BUILD/analyze" import csv "$work/estate.csv" --data "$work/store" --quiet >/dev/null 2>&1
run="$BUILD/analyze waves --data $work/store"
for name in dc mail web; do
	"$BUILD/analyze" inventory "$name" --data "$work/store" --set disks=c:40 >/dev/null
done
"$BUILD/analyze" inventory dc --data "$work/store" --set roles=domain-controller >/dev/null
"$BUILD/analyze" inventory mail --data "$work/store" --set roles=mail >/dev/null

# shellcheck disable=SC2086 # the words of the command
{
	expect "the directory moves before the mail, by the roles of the inventory" 0 \
		"4 of 4 moves in 2 waves; no order needs fewer" $run
	expect "what nobody knows is said, with the command that cures it" 0 \
		"disks of 1 are nobody has said\|disks of 1 nobody has said" $run
	echo '{"windows":[{"starts":"2026-12-05T20:00Z","minutes":300}],"link_mbps":1000}' >"$work/w"
	expect "a window that is too short for all: exit 3, with who and why" 3 \
		"NO WAVE TAKES" $run --windows "$work/w"
	echo '{"order":[["mail"],["dc","web","db"]]}' >"$work/w"
	expect "an order by hand names the rule that it breaks" 3 ORD-DIRECTORY-BEFORE-MAIL \
		$run --windows "$work/w"
	echo '{"dependencies":[{"before":"web","after":"db"},{"before":"db","after":"web"}]}' >"$work/w"
	expect "a circle is an error that names both" 1 "web has to move before db" \
		$run --windows "$work/w"
	"$BUILD/analyze" help windows | sed '1,/^Example:/d' >"$work/w"
	expect "the example of analyze help windows is taken (nobody said how large db is)" 3 \
		"3 of 5 moves in 2 waves" $run --windows "$work/w"
	expect "a file that is not there" 1 "nowhere" $run --windows "$work/nowhere"
	echo '{"workloads":[{"name":"maill"}]}' >"$work/w"
	expect "a wrong name gets the nearest one" 1 'did you mean "mail"' $run --windows "$work/w"
	expect "JSON has waves, chain and bound" 0 '"critical_path":\[' $run --json
}
# ORD-3: the source is off before the copy is online
echo '{"windows":[{"starts":"2026-12-05T20:00Z","minutes":6000}],"workloads":[{"name":"db","bytes":60000000000}]}' >"$work/w"
"$BUILD/analyze" waves --data "$work/store" --windows "$work/w" --json >"$work/out" 2>&1
if ${PYTHON:-python3} - "$work/out" <<'P'; then
import json, sys
rows = [w for wave in json.load(open(sys.argv[1]))["waves"] for w in wave["workloads"]]
assert rows and all(r["source_off"] + 60 * r["outage_minutes"] == r["vm_online"] for r in rows)
P
	ok "ORD-3 source off comes before VM online"
else
	fail "ORD-3 source off comes before VM online" "$(head -c 300 "$work/out")"
fi
