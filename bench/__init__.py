"""Benchmarks: they print figures, tests never do."""

import os

# Before anything loads a numeric library: one thread, so that figures of different machines compare.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
