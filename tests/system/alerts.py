"""Alerts at commit scale: 25 kills; `make faults` runs 1,000 (tests/faults/alerts.py)."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../faults"))
import alerts

sys.argv[1:] = ["25"]
alerts.main()
