"""What tests/bench/bench_engine.py measures, with a few workloads: from VictoriaMetrics the
answers of peaks, verdict and an aligned plan over four weeks are those of the store, and
analyze with its children holds at most 256 MB."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../faults"))
sys.path.insert(0, os.path.join(HERE, "../bench"))
import bench_engine
from harness import finish

bench_engine.fleet(6, 28)
finish()
