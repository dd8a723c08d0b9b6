"""Inverses by elimination and determinants by expansion, over any numbers and their duals."""

from __future__ import annotations

from collections.abc import Sequence

from derive.proof.evaluator.arithmetic import Undecidable, Undefined, Value
from derive.proof.evaluator.duals import Calculus, primal

Matrix = list[list[Value]]


def inverse(matrix: Sequence[Sequence[Value]], calculus: Calculus) -> Matrix:
    """The inverse by elimination with the largest pivots."""
    n = len(matrix)
    unit = [[calculus.one if i == j else calculus.zero for j in range(n)] for i in range(n)]
    rows = [list(matrix[i]) + unit[i] for i in range(n)]
    for k in range(n):
        best = _pivot([primal(row[k]) for row in rows[k:]], calculus) + k
        rows[k], rows[best] = rows[best], rows[k]
        scale = calculus.inverse(rows[k][k])
        rows[k] = [entry * scale for entry in rows[k]]
        for i in range(n):
            if i != k:
                factor = rows[i][k]
                rows[i] = [a - factor * b for a, b in zip(rows[i], rows[k], strict=True)]
    return [row[n:] for row in rows]


def _pivot(column: Sequence[Value], calculus: Calculus) -> int:
    weights = [calculus.arithmetic.weight(entry) for entry in column]
    if max(weights) > 0:
        return weights.index(max(weights))
    if min(weights) < 0:
        raise Undecidable("a matrix that may be singular")
    raise Undefined("the inverse of a singular matrix")


def determinant(matrix: Sequence[Sequence[Value]], calculus: Calculus) -> Value:
    """The determinant by expansion over sets of columns: no division, so right at 0 as well."""
    n = len(matrix)
    minors = {0: calculus.one}  # of the first rows, by the set of columns as bits
    for row in matrix:
        extended: dict[int, Value] = {}
        for used, minor in minors.items():
            for j in range(n):
                if not used >> j & 1:
                    term = minor * row[j]
                    odd = (used >> j).bit_count() & 1
                    key = used | 1 << j
                    signed = -term if odd else term
                    extended[key] = extended[key] + signed if key in extended else signed
        minors = extended
    return minors[(1 << n) - 1]
