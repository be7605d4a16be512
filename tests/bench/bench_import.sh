#!/bin/sh
# What importing costs, and whether all 167 machines come out right.
exec "${PYTHON:-python3}" tests/bench/bench_import.py "$@"
