import os
import sys

os.environ.setdefault("HEADROOM_SEED", "8")  # this share each time; make faults runs all
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../faults"))
import syscalls

syscalls.main(["400"])
