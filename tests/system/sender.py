"""The sender at commit scale: 60 kills; `make faults` runs 1,000 (tests/faults/sender.py)."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../faults"))
import sender
from harness import finish

sender.kills(60)
sender.too_old()
finish()
