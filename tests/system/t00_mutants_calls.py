import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../faults"))
import notices
import syscalls

notices.main("mutants")
syscalls.main(["mutants"])
