#!/bin/sh
# The fault campaigns at full scale (make faults): about two hours on two cores.
# FAULTS_SHARE=10 runs a tenth of each; a single one by its name: faults.sh kill
set -u
cd "$(dirname "$0")" || exit 1
share=${FAULTS_SHARE:-1}
failed=0
wanted=${1:-}

run() { # run NAME ARGUMENT
	[ -z "$wanted" ] || [ "$wanted" = "$1" ] || return 0
	begin=$(date +%s)
	"${PYTHON:-python3}" "$1.py" ${2:+"$2"} || failed=1
	echo "# $1 took $(($(date +%s) - begin)) s"
}

run mutants
run kill $((10000 / share))
run kill_daemon $((1000 / share))
run kill_real $((100 / share))
run power_cut $((400 / share))
run damage $((2000 / share))
run locks 9
run clocks $((300 / share))
run hotplug 100
run kernels $((200 / share))
run hostile
run alerts $((1000 / share))
run calls 1
run calls mutants
run full_disk
run syscalls $((20 * share))
exit $failed
