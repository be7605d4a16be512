#!/bin/sh
# Every tests/fuzz/fuzz_NAME.c under libFuzzer with the sanitizers, for FUZZ_SECONDS (60)
# each (FUZZ_RUNS=N: for N inputs instead), from tests/fuzz/corpus/NAME with the words of
# tests/fuzz/dict/NAME.dict; what is found is left in $BUILD/NAME-*.  Inputs that show
# something new stay in $BUILD/corpus/NAME: another run goes on from there, and
# $BUILD/executions has a line for each.  FUZZ_LENGTH=N: inputs of at most N bytes.
#   sh tests/fuzz/run.sh [NAME...]
set -eu
BUILD=${BUILD:-build/fuzz}
limit=-max_total_time=${FUZZ_SECONDS:-60}
[ -z "${FUZZ_RUNS:-}" ] || limit=-runs=$FUZZ_RUNS
length=
[ -z "${FUZZ_LENGTH:-}" ] || length=-max_len=$FUZZ_LENGTH
# twice as many inputs a second; what is found is run again by hand, with its stacks
export ASAN_OPTIONS="${ASAN_OPTIONS:-quarantine_size_mb=4:malloc_context_size=1}"
commit=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
if ! command -v clang >/dev/null; then
	echo "SKIP fuzz: clang is not installed"
	exit 0
fi
make --no-print-directory -s BUILD="$BUILD" CC=clang \
	SANITIZE=fuzzer-no-link,address,undefined fuzz-archives

seed() { # seed NAME FOLDER: the kernel's texts of the recorded roots and of this machine
	case $1 in
	stat) files="proc/stat proc/loadavg proc/pressure/io" ;;
	meminfo) files=proc/meminfo ;;
	net_dev) files=proc/net/dev ;;
	diskstats) files=proc/diskstats ;;
	mountinfo) files=proc/self/mountinfo ;;
	cpuinfo) files=proc/cpuinfo ;;
	*) return ;;
	esac
	for file in $files; do
		for root in "" tests/roots/*; do
			[ ! -r "$root/$file" ] || head -c 8000 "$root/$file" \
				>"$2/$(echo "$root/$file" | tr / _)"
		done
	done
}

failed=0
for source in tests/fuzz/fuzz_*.c; do
	name=${source#tests/fuzz/fuzz_}
	name=${name%.c}
	case " ${*:-$name} " in *" $name "*) ;; *) continue ;; esac
	clang -std=c11 -g -O1 -D_GNU_SOURCE -I. -I"$BUILD/gen" -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all -o "$BUILD/fuzz_$name" "$source" \
		-Wl,--start-group "$BUILD"/lib/*.a -Wl,--end-group -Wl,--gc-sections \
		-lrrd -lsqlite3 -lzip -lxml2 -lz -llzma -lbz2 -lcjson -lsmartcols -lxxhash -lconfuse -lsensors \
		-lcurl -lprotobuf-c -lsnappy -lm
	mkdir -p "$BUILD/corpus/$name"
	seed "$name" "$BUILD/corpus/$name"
	seeds=
	[ -d "tests/fuzz/corpus/$name" ] && seeds=tests/fuzz/corpus/$name
	words=
	[ -f "tests/fuzz/dict/$name.dict" ] && words=-dict=tests/fuzz/dict/$name.dict
	# shellcheck disable=SC2086 # no seeds, no words, no length: no argument
	"$BUILD/fuzz_$name" "$limit" $length $words -timeout=10 -rss_limit_mb=512 \
		-artifact_prefix="$BUILD/$name-" -print_final_stats=1 \
		"$BUILD/corpus/$name" $seeds >"$BUILD/$name.log" 2>&1 && found= || found=1
	# one that was ended before its time counts as far as it came
	grep -q "libFuzzer: run interrupted" "$BUILD/$name.log" && found=
	if [ -n "$found" ]; then
		echo "FAIL fuzz $name: see $BUILD/$name.log"
		failed=1
		continue
	fi
	inputs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$BUILD/$name.log")
	echo "$(date -u +%Y-%m-%dT%H:%M:%SZ) $commit $name $inputs" >>"$BUILD/executions"
	echo "ok fuzz $name: $inputs inputs"
done
[ ! -f "$BUILD/executions" ] ||
	awk '{ sum += $4 } END { printf "%d inputs in all runs so far\n", sum }' "$BUILD/executions"
exit $failed
