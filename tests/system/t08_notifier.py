"""T08, T09: a share of the failing calls and allocations of the notifier."""
import os
import sys

os.environ.setdefault("HEADROOM_SEED", "8")  # this share each time; make faults runs all
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../faults"))
import notices

notices.main("30", "call")
notices.main("6", "memory")
notices.finish()
