"""Accelerated weeks at commit scale (CARD-1, COL-11); tests/faults/weeks.py runs more."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../faults"))
import weeks
from harness import finish

weeks.weeks(7)
weeks.short(3)
finish()
