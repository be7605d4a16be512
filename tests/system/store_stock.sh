#!/bin/sh
# What the store holds opens with the stock tools: rrdtool info, fetch, graph, and an
# update on top of imported rows; sqlite3 on the database, while it may not write.
set -u
BUILD=${BUILD:-build}
analyze=$BUILD/analyze
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
status=0
check() { # check NAME: the result of the last command
	if [ "$2" -eq 0 ]; then
		echo "ok $1"
	else
		echo "FAIL $1: $(tail -n 1 "$dir/log" 2>/dev/null)"
		status=1
	fi
}

begin=1700000100
awk -v begin=$begin 'BEGIN {
	print "time,workload,cpu_used_mhz,cpu_cores,cpu_core_mhz,memory_used_bytes"
	for (i = 0; i < 500; i++) {
		if (i == 7) continue
		printf "%d,web/1,%d.25,4,2600,%d\n", begin + 300 * i, 100 + i % 50, 1000000000 + i
	}
}' > "$dir/in.csv"
"$analyze" import csv "$dir/in.csv" --data "$dir/store" --quiet > "$dir/log" 2>&1
check "import" $?
rrd="$dir/store/rrd/web%2F1/memory.rrd"

rrdtool info "$rrd" > "$dir/info" 2> "$dir/log"
check "rrdtool info opens an imported file" $?
grep -q '^step = 300$' "$dir/info" && grep -q '^rra\[0\].rows = 500$' "$dir/info"
check "rrdtool sees step and rows" $?

rrdtool fetch "$rrd" AVERAGE -s $((begin - 300)) -e $((begin + 300 * 499 - 1)) \
	2> "$dir/log" | awk -F'[: ]+' -v begin=$begin '
	/^[0-9]/ { n = ($1 - begin) / 300
		if (n == 7) { if ($2 !~ /nan/) bad++ } else if ($2 + 0 != 1000000000 + n) bad++
		rows++ }
	END { exit !(rows == 500 && !bad) }'
check "rrdtool fetch gives the values, and unknown for the missing slot" $?

rrdtool graph "$dir/g.png" -s $begin -e $((begin + 150000)) \
	"DEF:a=$(printf %s "$dir/store/rrd/web%2F1/cpu.rrd" | sed 's/:/\\:/g'):used_mhz:AVERAGE" \
	"LINE:a#ff0000" > "$dir/log" 2>&1
check "rrdtool graph draws it" $?

# librrd goes on where our rows end: the ring, the last update and the unfinished step
cp "$rrd" "$dir/copy.rrd"
next=$((begin + 300 * 500))
rrdtool update "$dir/copy.rrd" --template used_bytes "$next:5" "$((next + 300)):6" \
	> "$dir/log" 2>&1
check "rrdtool update appends to an imported file" $?
rrdtool fetch "$dir/copy.rrd" AVERAGE -s $((next - 600)) -e $((next + 299)) | awk -F'[: ]+' '
	/^[0-9]/ { row[++n] = $2 + 0 }
	END { exit !(row[1] == 1000000499 && row[2] == 5 && row[3] == 6) }'
check "the appended rows follow the imported ones" $?

name=$(sqlite3 -readonly "$dir/store/headroom.db" 'SELECT name FROM workloads' 2> "$dir/log")
[ "$name" = web/1 ]
check "sqlite3 reads the database" $?
[ "$(sqlite3 -readonly "$dir/store/headroom.db" 'PRAGMA integrity_check')" = ok ]
check "sqlite3 finds it whole" $?

before=$(cksum "$rrd")
"$analyze" fsck --data "$dir/store" > "$dir/log" 2>&1 && [ "$before" = "$(cksum "$rrd")" ]
check "analyze fsck is content and changes no archive" $?
exit $status
