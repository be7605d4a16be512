import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../faults"))
import hotplug
import kernels
from harness import check

problems, world = hotplug.made_up(30)
check("T41 1 and 4096 processors in turn, each tick: every sum is right", not problems,
      "; ".join(problems) + world.text()[-300:])
world.remove()
sys.argv[1:] = ["4"]
kernels.main()
