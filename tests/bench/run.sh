#!/bin/sh
# Runs every bench, programs first, and ends with how many of them failed.
#   tests/bench/run.sh           all
#   tests/bench/run.sh NAME...   those whose name contains NAME
# A bench is a program of tests/bench/*.c, a script *.sh, or a script *.py that has no *.sh
# of its name beside it; it prints figures and fails only where something is wrong.
set -u
BUILD=${BUILD:-build}
PYTHON=${PYTHON:-python3}
export BUILD PYTHON LC_ALL=C.UTF-8
cd "$(dirname "$0")/../.." || exit 1
ran=0 failed=0

wanted() { # wanted FILE NAME...
	file=$(basename "$1")
	shift
	[ $# -eq 0 ] && return 0
	for part in "$@"; do
		case $file in *"$part"*) return 0 ;; esac
	done
	return 1
}

run() { # run FILE COMMAND...
	echo "==== $(basename "$1")"
	shift
	ran=$((ran + 1))
	"$@" </dev/null || { echo "bench: exit code $?"; failed=$((failed + 1)); }
	echo
}

echo "bench: $(nproc) processors, $(uname -sr), load$(uptime | sed 's/.*load average:/ /')"
for source in tests/bench/bench_*.c; do
	name=$(basename "$source" .c)
	[ -x "$BUILD/bench/$name" ] && wanted "$source" "$@" && run "$source" "$BUILD/bench/$name"
done
for script in tests/bench/*.sh tests/bench/*.py; do
	case $script in
	*/run.sh | */install_peers.sh | *'*'*) continue ;;
	*.py) [ -e "${script%.py}.sh" ] && continue ;;
	esac
	wanted "$script" "$@" || continue
	case $script in
	*.py) run "$script" "$PYTHON" "$script" ;;
	*) run "$script" sh "$script" ;;
	esac
done
echo "bench: $ran ran, $failed failed"
[ "$failed" -eq 0 ]
