"""Derivations: a function whose signature is the context and whose value is a chain of equations.

>>> from derive.derivation import D, chain, derivation, differentiation
>>> from derive.spaces import Real
>>> @derivation
... def square_derivative(x: Real):
...     \"\"\"The derivative of a square.\"\"\"
...     return chain(D(x**2, x)).eq(2 * x, by=differentiation)
>>> square_derivative.title
'The derivative of a square.'
"""

from derive.derivation.authoring import Applied, Derivation, derivation
from derive.derivation.chains import Chain, Link, chain
from derive.derivation.errors import DerivationError
from derive.derivation.moments import expectation, random
from derive.derivation.reasons import (
    Reason,
    clearing,
    definition,
    differentiation,
    expand,
    factor,
    induction,
    inverses,
    log_laws,
    matrix_form,
    witness,
)
from derive.derivation.records import Record, Step
from derive.terms.arrays import define
from derive.terms.arrays import derivative as D

__all__ = [
    "Applied",
    "Chain",
    "D",
    "Derivation",
    "DerivationError",
    "Link",
    "Reason",
    "Record",
    "Step",
    "chain",
    "clearing",
    "define",
    "definition",
    "derivation",
    "differentiation",
    "expand",
    "expectation",
    "factor",
    "induction",
    "inverses",
    "log_laws",
    "matrix_form",
    "random",
    "witness",
]
