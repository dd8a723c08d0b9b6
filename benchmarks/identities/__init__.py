"""Identities of machine learning, in general dimension, for benchmarks and tests to prove.

To add one, write a function with `@identity` over it in the module of its topic: its name names
the identity, its docstring says it, and it returns `equation(left, right)`, or `with_gates` of it
where the proof needs more than what occurs (clearing, induction, a witness). Nothing else is
edited. Every call states the identity anew, with indices of its own.

>>> len(IDENTITIES) > 50
True
>>> IDENTITIES["softmax_jacobian"].__doc__
"dp/dz = diag(p) - p p'"
"""

from benchmarks.identities import (
    activations,
    backpropagation,
    convolution,
    least_squares,
    matrices,
    normalisation,
    softmax,
    statistics,
)
from benchmarks.identities.entries import IDENTITIES, Identity

TOPICS = (
    softmax,
    activations,
    least_squares,
    matrices,
    backpropagation,
    convolution,
    normalisation,
    statistics,
)

__all__ = ["IDENTITIES", "TOPICS", "Identity"]
