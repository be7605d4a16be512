#!/bin/sh
# The fault campaigns at full scale (make faults): some three hours on two cores, in two
# lanes: what needs a processor, and what mostly waits.
# A part that passed is not run again with the same programs: ended at any moment and run
# again it goes on, nearly where it was.  What has passed is in FAULTS_STATE, a file below
# BUILD where not named; FAULTS_SHARE=10 runs a tenth of each; a single one by its name:
# faults.sh kill
set -u
cd "$(dirname "$0")" || exit 1
share=${FAULTS_SHARE:-1}
wanted=${1:-}
build=$(cd ../.. && cd "${BUILD:-build}" && pwd) || exit 1
state=${FAULTS_STATE:-$build/faults-passed}

log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT
trap 'kill $(cat "$log"/*.lane 2>/dev/null) 2>/dev/null; exit 1' INT TERM

# the programs and the campaigns: what passed is of these
digest=$(for file in "$build"/collectord* "$build"/analyze "$build"/headroom-* ./*.py; do
	[ -f "$file" ] && cat "$file"
done | sha256sum | cut -c 1-16)

run() { # run NAME ARGUMENT...: its lines as they come, its counts for the end
	name=$1
	part="$digest $*"
	[ -z "$wanted" ] || [ "$wanted" = "$name" ] || return 0
	if [ -z "$wanted" ] && grep -q "^$part|" "$state" 2>/dev/null; then
		grep "^$part|" "$state" | tail -n 1 | cut -d '|' -f 2 >>"$log/summary"
		return 0
	fi
	shift
	begin=$(date +%s)
	out="$log/$name.$*"
	{ "${PYTHON:-python3}" "$name.py" "$@" 2>&1; echo $? >"$out.code"; } | tee "$out"
	code=$(cat "$out.code")
	f=$(grep -c '^FAIL ' "$out")
	[ "$code" -eq 0 ] || [ "$f" -ne 0 ] || f=1 # died without a word
	line=$(printf '%-24s %4d passed %3d failed %3d skipped %6d s' "$name $*" \
		"$(grep -c '^ok ' "$out")" "$f" "$(grep -c '^SKIP ' "$out")" \
		$(($(date +%s) - begin)))
	echo "$line" >>"$log/summary"
	[ "$f" -ne 0 ] || echo "$part|$line" >>"$state"
}

calculating() {
	run every_call "$share"
	run simulator $((20000 / share))
	run simulator mutants
}

waiting() {
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
	run calls mutants
	run full_disk
	run full_disk mutants
	run notices mutants
	run syscalls mutants
}

: >"$log/summary"
calculating &
echo $! >"$log/1.lane"
waiting &
echo $! >"$log/2.lane"
wait
echo
sort "$log/summary"
awk '{ for (i = 2; i <= NF; i++) {
		if ($i == "passed") p += $(i - 1)
		if ($i == "failed") f += $(i - 1)
		if ($i == "skipped") s += $(i - 1) } }
	END { printf "faults: %d passed, %d failed, %d skipped\n", p, f, s
		exit f > 0 || p == 0 }' "$log/summary"
