import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../faults"))
sys.argv = [sys.argv[0], "check"]
import simulator

simulator.main()
