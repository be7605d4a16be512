"""T00: each unit test notices each fault that tests/mutants/table.py has for it, and every
row of the table still fits its source."""
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../mutants"))
import mutate

if not shutil.which(os.environ.get("CC", "cc").split()[0]):
    print("SKIP T00 unit mutants: no C compiler here")
    sys.exit(0)
bad = mutate.check()
sys.exit(mutate.unit(sys.argv[1:]) or bad)
