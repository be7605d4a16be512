#!/bin/sh
# Every requirement of the method (UNIT to HWL, OPL, HST, CARD) is named by a test;
# tests/requirements.py lists all sections.
set -u
here=$(cd "$(dirname "$0")" && pwd)
if [ -z "${HEADROOM_TEST_DATA:-}" ]; then
	echo "SKIP requirement ids: HEADROOM_TEST_DATA is not set, where the catalogue is"
	exit 0
fi
if missing=$("${PYTHON:-python3}" "$here/../requirements.py" \
	UNIT COL MEM CPU NET STO HWL OPL HST CARD); then
	echo "ok every id of the method is named by a test"
else
	echo "FAIL every id of the method is named by a test: $missing"
	exit 1
fi
