#!/bin/sh
# analyze first-look on this machine: real samples, the sample estate apart, and nothing
# left running after ^C.
set -u
BUILD=${BUILD:-build}
analyze=$BUILD/analyze
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

check() {
	name=$1
	shift
	if "$@" >"$work/why" 2>&1; then echo "ok $name"; else echo "FAIL $name: $(tail -n 3 "$work/why")"; fi
}
if ! [ -x "$BUILD/collectord" ]; then
	echo "SKIP first_look: no collectord in $BUILD"
	exit 0
fi
if [ "$(df -Pk "$work" | awk 'NR == 2 { print $4 }')" -lt 200000 ]; then
	echo "SKIP first_look: less than 200 MB left for its stores"
	exit 0
fi

history=$work/root/var/lib/collectd/rrd/box/memory
mkdir -p "$history"
if command -v rrdtool >/dev/null; then
	rows=$(awk 'BEGIN { for (i = 1; i <= 900; i++) printf "%d:%d ", 1795000000 + 10 * i, 1e9 + i }')
	# shellcheck disable=SC2086 # a word for each row
	rrdtool create "$history/memory-used.rrd" --start 1795000000 --step 10 DS:value:GAUGE:20:0:U \
		RRA:AVERAGE:0.5:1:2000 && rrdtool update "$history/memory-used.rrd" $rows
fi
check "first-look ends well" sh -c "COLUMNS=80 '$analyze' first-look --dir '$work/look' --seconds 10 --import --root '$work/root' >'$work/out' 2>'$work/err'"
[ -s "$work/out" ] || { cat "$work/err"; exit 1; }
check "it tells what this machine is" grep -q "^  processor .*cores" "$work/out"
check "it tells where its stores are" grep -q "$work/look/machine" "$work/out"
check "its peaks are those of this machine" grep -q "^$(uname -n | cut -c1-8).* memory " "$work/out"
check "the ten largest samples, the largest first" sh -c "[ \$(grep -c '^[a-z].* SAMPLE ' '$work/out') -eq 10 ] &&
	grep '^[a-z].* SAMPLE ' '$work/out' | head -n 1 | grep -q '^erp-db '"
lines=$(wc -l <"$work/out")
check "not much more than a screen: $lines lines" [ "$lines" -le 90 ]
check "it ends with the verdict, the plan and the report" sh -c "tail -n 16 '$work/out' | grep -q 'May the samples move' &&
	tail -n 1 '$work/out' | grep -q '^the report of the samples: '"
check "no sample without the word" sh -c "! grep '^erp-db' '$work/out' | grep -v SAMPLE"
if [ -s "$history/memory-used.rrd" ]; then
	check "it finds the history of another collector" grep -q "history   collectd in" "$work/out"
	check "it imports it, into a store of its own" grep -q '^  box  *[0-9]* MB' "$work/out"
else
	echo "SKIP first-look imports a history: rrdtool is not installed"
fi
check "the samples have a verdict, and most of them pass" \
	sh -c "tr -d '\n' <'$work/out' | grep -qE 'of 40 pass:.* kvm 3[0-9]'"
check "they have a plan, proven" grep -qE '^  [0-9]+ workloads on [0-9]+ hosts, .*proven' "$work/out"
check "and a report, and it says where" test -s \
	"$(sed -n 's/^the report of the samples: //p' "$work/out")"
check "it names the next commands" grep -q "collectord --data" "$work/out"
check "no progress bar but on a terminal" sh -c "! grep -q '$(printf '\r')' '$work/err'"
check "within 80 columns but for paths" sh -c "! grep -v -- '$work' '$work/out' | LC_ALL=C.UTF-8 grep -qE '^.{81,}'"

code=0
"$analyze" peaks --json --data "$work/look/machine" >"$work/peaks.json" || code=$?
check "the store of this machine holds it alone" $PYTHON -c "
import json; d = json.load(open('$work/peaks.json')); assert $code == 0 and len(d['workloads']) == 1, d
w = d['workloads'][0]; m = w['resources']['memory']
assert w['step_s'] == 1 and w['samples'] >= 9 and m['peak'] > 1e6 and m['coverage'] > 0.8, w"
check "fsck is content with it" "$analyze" fsck --data "$work/look/machine"
size=$(du -sk "$work/look/machine" | cut -f1)
check "rows for two hours alone: $size kB" [ "$size" -lt 30000 ]
"$analyze" status --json --data "$work/look/sample" >"$work/sample.json"
check "the samples are marked in their own store" $PYTHON -c "
import json; d = json.load(open('$work/sample.json'))
assert len(d['workloads']) == 40 and {w['source'] for w in d['workloads']} == {'sample'}"

"$analyze" first-look --dir "$work/look" --seconds 60 >"$work/out2" 2>"$work/err2" &
look=$!
sleep 3
kill -INT "$look" 2>/dev/null
wait "$look"
code=$?
check "after an interrupt: exit 1 and one sentence" sh -c "[ $code -eq 1 ] && grep -q 'nothing is left running' '$work/err2'"
check "after an interrupt nothing is left running" sh -c "! ps -eo args | grep -v grep | grep -q -- '--data $work/look'"
check "after an interrupt the store is whole" "$analyze" fsck --data "$work/look/machine"
