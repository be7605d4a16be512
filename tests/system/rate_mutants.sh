#!/bin/sh
# The tests of the rate engine must notice each of these faults (T00): the source is
# changed in a copy, built with the same test, and the run has to fail.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cc=${CC:-cc}
if ! command -v "$cc" >/dev/null; then
	echo "SKIP rate_mutants: no C compiler here"
	exit 0
fi

build() { # build SOURCE PROGRAM
	"$cc" -std=c11 -O1 -I. -D_GNU_SOURCE -o "$2" tests/unit/common/test_rate.c "$1" -lcmocka -lm
}

mutant() { # mutant NAME SED-EXPRESSION
	sed -e "$2" common/rate.c >"$work/rate.c"
	if cmp -s common/rate.c "$work/rate.c"; then
		echo "FAIL rate_mutants: $1: the expression changes nothing any more"
		return
	fi
	if ! build "$work/rate.c" "$work/mutant" 2>"$work/log"; then
		echo "FAIL rate_mutants: $1: does not build: $(head -n 1 "$work/log")"
		return
	fi
	if HEADROOM_HISTORIES=20000 "$work/mutant" >/dev/null 2>&1; then
		echo "FAIL rate_mutants: $1 was not noticed"
	else
		echo "ok rate_mutants: $1 is noticed"
	fi
}

if build common/rate.c "$work/rate" 2>"$work/log" &&
	HEADROOM_HISTORIES=20000 "$work/rate" >/dev/null 2>&1; then
	echo "ok rate_mutants: the source as it is passes"
else
	echo "FAIL rate_mutants: the source as it is does not pass"
fi
mutant "a wrap taken as a reset" 's/if (is_32 \&\& state->is_trusted/if (0 \&\& is_32 \&\& state->is_trusted/'
mutant "a reset of a 64-bit counter taken as a wrap" 's/if (is_32 \&\& state->is_trusted/if (state->is_trusted/'
mutant "a wrap believed after a doubtful reading" 's/is_32 \&\& state->is_trusted \&\&/is_32 \&\&/'
mutant "a wrap believed after a gap" 's/ \&\& interval->is_adjacent \&\&/ \&\&/'
mutant "a wrap over the bound" 's/count <= allowance(kind, interval))/count <= 1e300)/'
mutant "no physical bound" 's/if (count > allowance(kind, interval))/if (0)/'
mutant "no cut at the bound" 's/per_s < kind->bound_per_s ? per_s/1 ? per_s/'
mutant "zeros believed as a ground" 's/if (state->is_doubtful \&\& raw > 0)/if (0)/'
mutant "a return from a fall taken as traffic" 's/raw >= state->shadow/raw > UINT64_MAX - 1/'
mutant "all ones taken as a count" 's/if (raw == (kind->width == 32 ? UINT32_MAX : UINT64_MAX))/if (0)/'
mutant "another boot not noticed" 's/before->boot == now->boot \&\& //'
mutant "a suspend not noticed" 's/fabs(suspended_s) <= suspend_s \&\&//'
mutant "idle counted twice after a step back" 's/raw = state->raw;$/;/'
mutant "no tolerance for idle" 's/state->raw - raw <= kind->backward/0/'
mutant "32 bits rated although they may wrap unseen" 's/kind->bound_per_s \* interval->elapsed_s >= range_32/0/'
