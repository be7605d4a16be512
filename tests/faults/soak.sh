#!/bin/sh
# Eight simulated weeks of the real programs, eight days with shortened retention, and ten
# million random histories of counters, 10^7 random machines and 10^6 simulated days (make
# soak).  Six minutes, and of processor time an hour for
# the machines, nine for the days; ends with one line:
# soak: N passed, N failed.  SOAK_DAYS sets another length, soak.sh NAME runs one part:
# weeks, short, counters, ceilings, machines or
# simulator: 10^6 simulated days, SIMULATOR_DAYS sets another number.  SOAK_MACHINES=N: so many
# machines in all.  Both run in pieces and go on where they were ended, so that nights add up:
# what they have is in SOAK_STATE and SIMULATOR_STATE, files below BUILD where not named.
set -u
cd "$(dirname "$0")" || exit 1
wanted=${1:-}
build=$(cd ../.. && cd "${BUILD:-build}" && pwd) || exit 1
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

ceilings() { # imports far larger than anything real, at full size: a gigabyte each
	(cd ../.. && HEADROOM_CEILINGS=full BUILD=${BUILD:-build} "${PYTHON:-python3}" \
		tests/system/import_ceilings.py)
}

# In pieces with a seed each; the number of the last that passed stands in SOAK_STATE.
machines() {
	state=${SOAK_STATE:-$build/soak-machines}
	piece=100000
	number=$(cat "$state" 2>/dev/null || echo 0)
	while [ "$number" -lt $((${SOAK_MACHINES:-10000000} / piece)) ]; do
		number=$((number + 1))
		if ! (cd ../.. && HEADROOM_SEED=$number HEADROOM_MACHINES=$piece \
			"${BUILD:-build}/tests/test_machines") >"$log.piece" 2>&1; then
			grep 'ERROR' "$log.piece" | head -n 5
			rm -f "$log.piece"
			echo "FAIL T40: HEADROOM_SEED=$number HEADROOM_MACHINES=$piece tests/test_machines fails"
			return
		fi
		echo "$number" >"$state.new" && mv "$state.new" "$state"
		echo "# $((number * piece)) random machines"
	done
	rm -f "$log.piece"
	echo "ok T40: $((number * piece)) random machines: each figure right or unknown"
}

part weeks "${PYTHON:-python3}" weeks.py "${SOAK_DAYS:-56}"
part short "${PYTHON:-python3}" weeks.py --short 8
part counters counters
part ceilings ceilings
part machines machines
part simulator "${PYTHON:-python3}" simulator.py "${SIMULATOR_DAYS:-1000000}" \
	"${SIMULATOR_STATE:-$build/soak-days}"
passed=$(grep -c '^ok ' "$log")
failed=$(grep -c '^FAIL ' "$log")
echo "soak: $passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
