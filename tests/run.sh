#!/bin/sh
# Runs every test program and script and ends with one line: N passed, N failed, N skipped.
#   tests/run.sh           all
#   tests/run.sh --unit    the cmocka programs alone
#   tests/run.sh NAME...   those whose name contains NAME
# A script of tests/system prints one line per check, "ok NAME", "FAIL NAME: why" or
# "SKIP NAME: why"; a cmocka program reports in TAP, and says "# SKIP: why" itself.
# JOBS of them (2) run at a time; those that measure run alone, after the others, and those
# that mostly wait beside each other before them.
set -u
BUILD=${BUILD:-build}
PYTHON=${PYTHON:-python3}
JOBS=${JOBS:-2}
export BUILD PYTHON JOBS
export CMOCKA_MESSAGE_OUTPUT=TAP LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
unset HEADROOM_DATA HEADROOM_CONFIG_DIR
# what a test looks for is in one line; eighty.py tries the widths
COLUMNS=${COLUMNS:-1000}
export COLUMNS

# These count instructions, system calls, late ticks or the memory of this machine: beside
# another test they would measure that one.  The last two kill and time what they start.
alone="sampler_cost.py t30_hung_sources.py sampling_beside.py t00_mutants.py t00_mutants_calls.py"
# These wait for slots of 30 s, or for a batch a minute, and time what they ask: beside each
# other, one more than there are jobs, not beside the rest.  The longest first.
waiting="poller_snmp.py alert_days.py fleet_servers.py poller_same.py poller.py"

wanted() {
	[ $# -le 1 ] && return 0
	name=$1
	shift
	for part in "$@"; do
		case $name in *"$part"*) return 0 ;; esac
	done
	return 1
}

class_of() { # class_of TEST: many, waiting or alone
	case " $alone " in *" ${1##*/} "*) echo alone && return ;; esac
	case " $waiting " in *" ${1##*/} "*) echo waiting && return ;; esac
	echo many
}

count() { # count FILE: sets p, f, s (cmocka says "not ok N # SKIP")
	s=$(grep -cE '^(not )?ok .*# SKIP|^SKIP ' "$1")
	p=$(grep -E '^ok ' "$1" | grep -cvE '# SKIP')
	f=$(grep -E '^not ok |^FAIL ' "$1" | grep -cvE '# SKIP')
}

# Those that made a session of their own, by the mark in their environment; no others.
end_marked() { # end_marked MARK: prints what it ended
	for environ in $(grep -lsza "^HEADROOM_TEST_OF=$1\$" /proc/[0-9]*/environ 2>/dev/null); do
		pid=${environ#/proc/}
		pid=${pid%/environ}
		kill -9 "$pid" 2>/dev/null && printf ' %s' "$pid"
	done
}

# What a test left running is ended; it is a failure of that test.
end_session() { # end_session SESSION: prints the names of what was still there
	for stat in /proc/[0-9]*/stat; do
		{ read -r line <"$stat"; } 2>/dev/null || continue # it has ended
		id=${line%% *}
		rest=${line##*) }
		# state, parent, group, session
		# shellcheck disable=SC2086 # split into its fields
		set -- "$1" $rest
		if [ "$5" = "$1" ] && [ "$2" != Z ] && [ "$id" != "$1" ]; then
			name=${line#*(}
			printf ' %s' "${name%)*}"
			kill -9 "$id" 2>/dev/null
		fi
	done
}

report() { # report NAME EXIT FILE SECONDS LEFT: what is printed of one test
	count "$3"
	if [ "$2" -ne 0 ] && [ "$f" -eq 0 ]; then
		f=1 # died without a word
		echo "FAIL $1: exit code $2$([ "$2" -eq 124 ] && echo ", it took too long")"
	fi
	if [ "$2" -eq 0 ] && [ $((p + f + s)) -eq 0 ]; then
		f=1
		echo "FAIL $1: it reported no check at all"
	fi
	if [ -n "$5" ]; then
		f=$((f + 1))
		echo "FAIL $1: it left processes running:$5"
	fi
	if [ "$f" -ne 0 ]; then
		echo "---- $1"
		grep -vE '^ok |^not ok .*# SKIP' "$3" | tail -n 60
		echo "----"
	fi
	grep -E '^SKIP |^# SKIP:' "$3" | sed "s/^# SKIP:/SKIP $1:/" | sort -u
	printf '%-34s %4d passed %3d failed %3d skipped  %4d s\n' "$1" "$p" "$f" "$s" "$4"
	echo "$p $f $s $1" >>"$log/totals"
}

if [ "${1:-}" = --one ]; then # one test, called by the run below: LOG SCRIPT
	log=$2
	name=${3##*/}
	case $3 in
	*.c) name=${name%.c} && set -- "$BUILD/tests/$name" ;;
	*.py) set -- "$PYTHON" "$3" ;;
	*) set -- sh "$3" ;;
	esac
	begin=$(date +%s)
	HEADROOM_TEST_OF="$name.$$" timeout -k 10 "${TEST_TIMEOUT:-900}" setsid -w sh -c 'echo $$ >"$0" && exec "$@"' \
		"$log/$name.session" "$@" >"$log/$name.out" 2>&1 </dev/null
	code=$?
	left=$(end_session "$(cat "$log/$name.session" 2>/dev/null || echo 0)")
	own=$(end_marked "$name.$$")
	report "$name" $code "$log/$name.out" $(($(date +%s) - begin)) "$left" \
		>"$log/$name.report"
	[ -z "$own" ] || echo "# $name left processes with a session of their own, ended:$own"
	cat "$log/$name.report" # in one write, so that two do not mix
	exit 0
fi

log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT
: >"$log/totals"
unit_only=
[ "${1:-}" = --unit ] && { unit_only=1; shift; }

for test in tests/unit/*/test_*.c tests/system/*.sh tests/system/*.py; do
	case $test in
	tests/system/*) [ -z "$unit_only" ] || continue ;;
	esac
	name=${test##*/}
	[ -e "$test" ] && wanted "${name%.c}" "$@" || continue
	echo "$test" >>"$log/$(class_of "$test")"
done
if [ -s "$log/many" ]; then
	xargs -P "$JOBS" -n 1 sh "$0" --one "$log" <"$log/many"
fi
if [ -s "$log/waiting" ]; then
	for name in $waiting; do grep -F "/$name" "$log/waiting"; done |
		xargs -P "$((JOBS + 1))" -n 1 sh "$0" --one "$log"
fi
if [ -s "$log/alone" ]; then
	xargs -n 1 sh "$0" --one "$log" <"$log/alone"
fi

passed=0 failed=0 skipped=0 names=
while read -r p f s name; do
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	[ "$f" -eq 0 ] || names="$names $name"
done <"$log/totals"
echo
[ -z "$names" ] || echo "failed:$names"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
