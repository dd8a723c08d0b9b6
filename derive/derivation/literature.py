"""The table of statements taken from the literature, each with its reference.

A row makes an instance of a known inequality for given arrays, and a link that is that instance
is `cited`, never proved. No derivative is ever cited, and the independent evaluator still looks.

>>> from derive.terms.arrays import variable
>>> x, y = variable("x", ("n",)), variable("y", ("n",))
>>> cauchy_schwarz(x, y).name
'Cauchy-Schwarz inequality'
"""

from __future__ import annotations

from fractions import Fraction

from derive.derivation.reasons import Reason
from derive.proof.statuses import Gates
from derive.terms.arrays import Array, maximum_over
from derive.terms.functions import exp, log
from derive.terms.statements import Statement


def _cited(name: str, source: str, low: Array, high: Array) -> Reason:
    lemma = Statement(low.body, high.body, "<=")
    return Reason(name, (f"{name} ({source})",), Gates(lemmas=(lemma,)), reference=source)


def cauchy_schwarz(x: Array, y: Array) -> Reason:
    """``(x'y)^2 <= (x'x)(y'y)``."""
    source = "Steele, The Cauchy-Schwarz Master Class, 2004, eq. 1.1"
    return _cited(
        "Cauchy-Schwarz inequality", source, (x * y).sum() ** 2, (x**2).sum() * (y**2).sum()
    )


def triangle_inequality(x: Array, y: Array) -> Reason:
    """``|x + y| <= |x| + |y|`` for the Euclidean norm."""
    source = "Steele, The Cauchy-Schwarz Master Class, 2004, eq. 4.1"
    return _cited("triangle inequality", source, _norm(x + y), _norm(x) + _norm(y))


def maximum_below_log_sum_exp(x: Array) -> Reason:
    """``max x <= log sum exp x``."""
    source = "Boyd and Vandenberghe, Convex Optimization, 2004, sec. 3.1.5"
    return _cited("log-sum-exp bounds the maximum", source, maximum_over(x), log(exp(x).sum()))


def _norm(x: Array) -> Array:
    return (x**2).sum() ** Fraction(1, 2)
