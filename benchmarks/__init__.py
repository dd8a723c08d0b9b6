"""Measurements of speed, on one thread: what they compare would get in the way of each other."""

import os

# Before anything imports NumPy, whose BLAS reads it once; processes that are started have it too.
os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
