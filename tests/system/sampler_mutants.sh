#!/bin/sh
# The tests of ring, clock guard, schedule, layout and supervision must notice each of
# these faults (T00): one source is changed in a copy, built with its test, and the run
# has to fail.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cc=${CC:-cc}
if ! command -v "$cc" >/dev/null; then
	echo "SKIP sampler_mutants: no C compiler here"
	exit 0
fi
base="common/err.c common/io.c common/strbuf.c common/parse.c common/checksum.c"

sources() { # sources TEST: all that it needs
	case $1 in
	ring) echo "collectord/link/ring.c $base" ;;
	schedule) echo "collectord/sampler/schedule.c collectord/sampler/clock_guard.c" ;;
	layout) echo "collectord/link/tick_layout.c $base" ;;
	supervise) echo "collectord/sampler/supervise.c common/program.c $base" ;;
	log) echo "common/log.c $base" ;;
	esac
}

build() { # build TEST PROGRAM SOURCE...
	test=$1 program=$2
	shift 2
	"$cc" -std=c11 -O1 -I. -D_GNU_SOURCE -DHEADROOM_LIBEXEC_DIR='"/x"' -o "$program" \
		tests/unit/*/"test_$test.c" "$@" -lcmocka -lm
}

mutant() { # mutant TEST FILE NAME SED-EXPRESSION
	test=$1 file=$2 name=$3
	sed -e "$4" "$file" >"$work/mutant.c"
	if cmp -s "$file" "$work/mutant.c"; then
		echo "FAIL sampler_mutants: $name: the expression changes nothing any more"
		return
	fi
	# shellcheck disable=SC2046 # the list is meant to be split
	if ! build "$test" "$work/mutant" \
		$(sources "$test" | sed "s|$file|$work/mutant.c|") 2>"$work/log"; then
		echo "FAIL sampler_mutants: $name: does not build: $(head -n 1 "$work/log")"
		return
	fi
	if timeout 60 "$work/mutant" >/dev/null 2>&1; then
		echo "FAIL sampler_mutants: $name was not noticed"
	else
		echo "ok sampler_mutants: $name is noticed"
	fi
}

for test in ring schedule layout supervise log; do
	# shellcheck disable=SC2046
	if build $test "$work/$test" $(sources $test) 2>"$work/log" &&
		"$work/$test" >/dev/null 2>&1; then
		echo "ok sampler_mutants: $test as it is passes"
	else
		echo "FAIL sampler_mutants: $test as it is does not pass"
	fi
done

ring=collectord/link/ring.c guard=collectord/sampler/clock_guard.c schedule=collectord/sampler/schedule.c
mutant ring $ring "a full ring overwrites" 's/acknowledged >= header->shape.slot_count ||/acknowledged > 1000000 ||/'
mutant ring $ring "a held tick is given out" 's/if (!is_held)/if (1)/'
mutant ring $ring "the checksum leaves out the values" 's/+ slot->count \* sizeof(double),/,/'
mutant ring $ring "another store's ring is replayed" 's/if (r == 0 \&\& store_id \&\&/if (0 \&\& store_id \&\&/'
mutant ring $ring "a wider ring forgets what is pending" 's/sequence = acknowledged + 1; sequence <= head/sequence = head + 1; sequence <= head/'
mutant ring $ring "the old file does not say it is superseded" 's/atomic_store(&ring->header->is_superseded, 1);//'
mutant ring $ring "head moves before the tick is whole" 's/^\tslot->sequence = sequence;$/\tslot->sequence = sequence - 1;/'
mutant ring $ring "an acknowledgement beyond what was released" 's/ \&\& sequence <= ring_released(ring))/)/'
mutant schedule $guard "no tolerance: any wall clock is believed" 's/<= guard->tolerance_ns ||$/<= INT64_MAX ||/'
mutant schedule $guard "a firm clock is believed however far it is" 's/distance_ns(jump_ns) <= DAY_NS/1/'
mutant schedule $guard "a clock that comes back is not noticed" 's/if (is_near) {/if (is_near \&\& guard->state == CLOCK_TRUSTED) {/'
mutant schedule $guard "an implausible start is believed" 's/} else if (!is_plausible(guard, now->realtime_ns)) {/} else if (0) {/'
mutant schedule $guard "the line is not kept over a restart" 's/guard->anchor_real_ns = line_ns;//'
mutant schedule $guard "a small offset is never slewed" 's/distance_ns(offset_ns) > DEAD_BAND_NS/0/'
mutant schedule $schedule "missed ticks are made up for" 's/schedule->next_stamp_s += passed \* schedule->step_s;//'
mutant schedule $schedule "a suspend counts as missed ticks" 's/if (tick->suspended_s == 0)/if (1)/'
mutant schedule $schedule "a tick far too late is taken" 's/late_ns + step_ns(schedule) \/ 2/late_ns/'
mutant layout collectord/link/tick_layout.c "names are not encoded" 's/strbuf_addf(out, "%%%02X", c);/strbuf_add_bytes(out, at, 1);/'
mutant layout collectord/link/tick_layout.c "the id of a file is not checked" 's/if (r == 0 \&\& layout.id != id) {/if (0) {/'
mutant supervise collectord/sampler/supervise.c "no limit to the back-off" 's/child->backoff_ns = BACKOFF_MOST_NS;/;/'
mutant supervise collectord/sampler/supervise.c "the back-off never begins anew" 's/now_ns - child->started_ns >= WELL_NS/0/'
mutant log common/log.c "control characters pass" 's/utf8_is_plain(point) \&\&/1 \&\&/'
mutant log common/log.c "no limit to the lines" 's/site->lines >= LOG_LINES_PER_MINUTE/0/'
