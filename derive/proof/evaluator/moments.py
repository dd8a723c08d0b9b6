"""Noise with declared moments: finitely many outcomes with exact expectations."""

from __future__ import annotations

from collections.abc import Sequence

from derive.proof.evaluator.arithmetic import Undecidable, Value
from derive.proof.evaluator.draws import Matrix, Row, Source, product, rotation


def outcome_roots(outcomes: int, source: Source) -> Row:
    """Numbers whose squares are weights: none is 0 and the squares sum to 1."""
    zero = source.calculus.zero
    column = [row[0] for row in rotation(outcomes, source)]
    if any(entry == zero for entry in column):
        raise Undecidable("an outcome of weight 0")
    return column


def noise(roots: Row, deviation: Value, rows: int, source: Source) -> Row:
    """``rows`` uncorrelated variables of mean 0, one value for each outcome.

    With weights ``v_w**2`` and an orthonormal system q_1, q_2, ... orthogonal to v, the variables
    ``deviation * q_i[w] / v[w]`` have mean 0 and the covariance ``deviation**2 * [i = j]``.
    """
    if rows >= len(roots):
        raise Undecidable("too few outcomes for so many uncorrelated variables")
    turned = _complement(roots, source)
    inverses = [source.calculus.inverse(v) for v in roots]
    return [deviation * turned[w][i] * inverses[w] for i in range(rows) for w in range(len(roots))]


def _complement(roots: Row, source: Source) -> Matrix:
    """An orthonormal basis of all that is orthogonal to a unit vector, as columns."""
    reflected = _reflection(roots, source)
    tail = [row[1:] for row in reflected]
    return product(tail, rotation(len(roots) - 1, source), source.calculus)


def _reflection(unit: Sequence[Value], source: Source) -> Matrix:
    """The reflection that exchanges a unit vector with the first basis vector."""
    calculus = source.calculus
    n = len(unit)
    u = [(calculus.one if k == 0 else calculus.zero) - unit[k] for k in range(n)]
    square = sum((a * a for a in u), calculus.zero)
    if square == calculus.zero:
        return [[calculus.one if i == j else calculus.zero for j in range(n)] for i in range(n)]
    factor = calculus.inverse(square)
    factor = factor + factor
    return [
        [(calculus.one if i == j else calculus.zero) - factor * u[i] * u[j] for j in range(n)]
        for i in range(n)
    ]
