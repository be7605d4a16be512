#!/bin/sh
# Eight simulated weeks of the real programs (make soak), then eight days with shortened
# retention.  SOAK_DAYS sets another length.
set -u
cd "$(dirname "$0")" || exit 1
failed=0
"${PYTHON:-python3}" weeks.py "${SOAK_DAYS:-56}" || failed=1
"${PYTHON:-python3}" weeks.py --short 8 || failed=1
# T20 to T22: ten million random histories of counters
if (cd ../.. && HEADROOM_HISTORIES=10000000 "${BUILD:-build}/tests/test_rate") \
	>/dev/null 2>&1; then
	echo "ok T20-T22: 10^7 random histories of counters, no false peak"
else
	echo "FAIL T20-T22: HEADROOM_HISTORIES=10000000 tests/test_rate fails"
	failed=1
fi
exit $failed
