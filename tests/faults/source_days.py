"""An engine as the source, at full length: the 50 series of tests/system/engine_source.py over
so many days (28; that test has one).

    source_days.py [DAYS]"""
import os
import runpy
import sys

os.environ["HEADROOM_SOURCE_DAYS"] = sys.argv[1] if len(sys.argv) > 1 else "28"
runpy.run_path(os.path.join(os.path.dirname(os.path.abspath(__file__)),
                            "../system/engine_source.py"), run_name="__main__")
