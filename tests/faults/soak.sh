#!/bin/sh
# Eight simulated weeks of the real programs (make soak), then eight days with shortened
# retention.  SOAK_DAYS sets another length.
set -u
cd "$(dirname "$0")" || exit 1
failed=0
"${PYTHON:-python3}" weeks.py "${SOAK_DAYS:-56}" || failed=1
"${PYTHON:-python3}" weeks.py --short 8 || failed=1
exit $failed
