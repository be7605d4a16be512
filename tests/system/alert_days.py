"""Two simulated days with a reader a minute (CARD-4); `make faults` runs 28."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../faults"))
import alert_days
from harness import finish

alert_days.days(2)
alert_days.full_disk()
finish()
