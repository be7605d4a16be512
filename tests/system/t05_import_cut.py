import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../faults"))
import import_cut

import_cut.main("12")
import_cut.finish()
