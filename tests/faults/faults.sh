#!/bin/sh
# The fault campaigns at full scale (make faults): about three hours on two cores,
# one of them for the 30,000 calls and allocations that fail.
# FAULTS_SHARE=10 runs a tenth of each; a single one by its name: faults.sh kill
set -u
cd "$(dirname "$0")" || exit 1
share=${FAULTS_SHARE:-1}
failed=0
wanted=${1:-}

log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT

run() { # run NAME ARGUMENT...: its lines as they come, its counts for the end
	name=$1
	[ -z "$wanted" ] || [ "$wanted" = "$name" ] || return 0
	shift
	begin=$(date +%s)
	{ "${PYTHON:-python3}" "$name.py" "$@" 2>&1; echo $? >"$log/code"; } | tee "$log/out"
	code=$(cat "$log/code")
	f=$(grep -c '^FAIL ' "$log/out")
	[ "$code" -eq 0 ] || [ "$f" -ne 0 ] || f=1 # died without a word
	[ "$f" -eq 0 ] || failed=1
	printf '%-24s %4d passed %3d failed %3d skipped %6d s\n' "$name $*" \
		"$(grep -c '^ok ' "$log/out")" "$f" "$(grep -c '^SKIP ' "$log/out")" \
		$(($(date +%s) - begin)) >>"$log/summary"
}

run mutants
run world_mutants
run system_mutants
run kill $((10000 / share))
run kill_daemon $((1000 / share))
run kill_real $((100 / share))
run power_cut $((400 / share))
run import_cut $((600 / share))
run damage $((2000 / share))
run locks 9
run clocks $((300 / share))
run hotplug 100
run kernels $((200 / share))
run hostile
run alerts $((1000 / share))
run alert_days $((28 / share))
run sender $((1000 / share))
run source_days $((28 / share))
run every_call "$share"
run calls mutants
run simulator $((20000 / share))
run simulator mutants
run full_disk
run full_disk mutants
run notices mutants
run syscalls mutants
echo
cat "$log/summary"
exit $failed
