#!/bin/sh
# Eight simulated weeks of the real programs, eight days with shortened retention, and ten
# million random histories of counters, and 10^7 figures of random machines (make soak).
# About an hour, six minutes without the machines; ends with one line:
# soak: N passed, N failed.  SOAK_DAYS sets another length, soak.sh NAME runs one part:
# weeks, short, counters, machines or
# simulator: 10^6 simulated days, SIMULATOR_DAYS sets another number, and SIMULATOR_STATE a
# file that lets it go on where it was ended.
set -u
cd "$(dirname "$0")" || exit 1
wanted=${1:-}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

part() { # part NAME COMMAND...
	[ -z "$wanted" ] || [ "$wanted" = "$1" ] || return 0
	begin=$(date +%s)
	name=$1
	shift
	"$@" >"$log.part" 2>&1 || grep -q '^FAIL ' "$log.part" ||
		echo "FAIL soak $name: it ended without a word" >>"$log.part"
	cat "$log.part"
	cat "$log.part" >>"$log"
	rm -f "$log.part"
	echo "# $name took $(($(date +%s) - begin)) s"
}

counters() { # T20 to T22
	if (cd ../.. && HEADROOM_HISTORIES=10000000 "${BUILD:-build}/tests/test_rate") \
		>/dev/null 2>&1; then
		echo "ok T20-T22: 10^7 random histories of counters, no false peak"
	else
		echo "FAIL T20-T22: HEADROOM_HISTORIES=10000000 tests/test_rate fails"
	fi
}

machines() { # 10^7 figures of random machines, about an hour; the seed is another each day
	seed=$(date +%j)
	if (cd ../.. && HEADROOM_SEED=$seed HEADROOM_MACHINES=420000 \
		"${BUILD:-build}/tests/test_machines") >/dev/null 2>&1; then
		echo "ok T40: 10^7 figures of random machines are right or unknown"
	else
		echo "FAIL T40: HEADROOM_SEED=$seed HEADROOM_MACHINES=420000 tests/test_machines fails"
	fi
}

part weeks "${PYTHON:-python3}" weeks.py "${SOAK_DAYS:-56}"
part short "${PYTHON:-python3}" weeks.py --short 8
part counters counters
part machines machines
part simulator "${PYTHON:-python3}" simulator.py "${SIMULATOR_DAYS:-1000000}" \
	"${SIMULATOR_STATE:-}"
passed=$(grep -c '^ok ' "$log")
failed=$(grep -c '^FAIL ' "$log")
echo "soak: $passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
