import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../faults"))
import power_cut

sys.argv[1:] = ["20"]
power_cut.main()
