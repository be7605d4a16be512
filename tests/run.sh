#!/bin/sh
# Runs every test program and script and ends with one line: N passed, N failed, N skipped.
#   tests/run.sh           all
#   tests/run.sh --unit    the cmocka programs alone
#   tests/run.sh NAME...   those whose name contains NAME
# A script of tests/system prints one line per check, "ok NAME", "FAIL NAME: why" or
# "SKIP NAME: why"; a cmocka program reports in TAP.
set -u
BUILD=${BUILD:-build}
PYTHON=${PYTHON:-python3}
export BUILD PYTHON
export CMOCKA_MESSAGE_OUTPUT=TAP LC_ALL=C.UTF-8
unset HEADROOM_DATA HEADROOM_CONFIG_DIR
log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT
passed=0 failed=0 skipped=0
unit_only=
[ "${1:-}" = --unit ] && { unit_only=1; shift; }

wanted() {
	[ $# -le 1 ] && return 0
	name=$1
	shift
	for part in "$@"; do
		case $name in *"$part"*) return 0 ;; esac
	done
	return 1
}

count() { # count FILE: adds its lines to the totals (cmocka says "not ok N # SKIP")
	skips=$(grep -cE '^(not )?ok .*# SKIP' "$1")
	p=$(grep -E '^ok ' "$1" | grep -cvE '# SKIP')
	f=$(grep -E '^not ok |^FAIL ' "$1" | grep -cvE '# SKIP')
	s=$(($(grep -cE '^SKIP ' "$1") + skips))
}

report() { # report NAME EXIT FILE SECONDS
	count "$3"
	if [ "$2" -ne 0 ] && [ "$f" -eq 0 ]; then
		f=1 # died without a word
		echo "FAIL $1: exit code $2"
	fi
	if [ "$2" -eq 0 ] && [ $((p + f + s)) -eq 0 ]; then
		f=1
		echo "FAIL $1: it reported no check at all"
	fi
	if [ "$f" -ne 0 ]; then
		echo "---- $1"
		grep -vE '^ok |# SKIP' "$3" | tail -n 60
		echo "----"
	fi
	grep -E '^SKIP ' "$3"
	[ "$skips" -eq 0 ] || echo "SKIP $1: $skips tests: what they need is not here" \
		"(HEADROOM_TEST_DATA, or a mount namespace)"
	printf '%-34s %4d passed %3d failed %3d skipped  %4d s\n' "$1" "$p" "$f" "$s" "$4"
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

run() { # run NAME COMMAND...
	name=$1
	shift
	begin=$(date +%s)
	timeout -k 10 "${TEST_TIMEOUT:-900}" "$@" >"$log/out" 2>&1 </dev/null
	code=$?
	report "$name" $code "$log/out" $(($(date +%s) - begin))
}

for source in tests/unit/*/test_*.c; do
	name=${source##*/}
	name=${name%.c}
	wanted "$name" "$@" && run "$name" "$BUILD/tests/$name"
done
if [ -z "$unit_only" ]; then
	for script in tests/system/*.sh tests/system/*.py; do
		[ -e "$script" ] || continue
		name=${script#tests/system/}
		wanted "$name" "$@" || continue
		case $script in
		*.py) run "$name" "$PYTHON" "$script" ;;
		*) run "$name" sh "$script" ;;
		esac
	done
fi
echo
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
