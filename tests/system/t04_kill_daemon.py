import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../faults"))
import kill_daemon

sys.argv[1:] = ["50"]
kill_daemon.main()
