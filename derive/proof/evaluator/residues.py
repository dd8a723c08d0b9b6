"""Integers modulo a 61-bit prime: for statements without transcendental functions or conditions."""

from __future__ import annotations

from fractions import Fraction

from derive.proof.evaluator.arithmetic import Arithmetic, Undecidable, Undefined

PRIME = 2**61 - 1


class Residue:
    """An integer modulo `PRIME`."""

    __slots__ = ("n",)

    def __init__(self, n: int) -> None:
        self.n = n

    def __add__(self, other: Residue) -> Residue:
        if type(other) is not Residue:
            return NotImplemented
        return Residue((self.n + other.n) % PRIME)

    def __sub__(self, other: Residue) -> Residue:
        if type(other) is not Residue:
            return NotImplemented
        return Residue((self.n - other.n) % PRIME)

    def __mul__(self, other: Residue) -> Residue:
        if type(other) is not Residue:
            return NotImplemented
        return Residue(self.n * other.n % PRIME)

    def __neg__(self) -> Residue:
        return Residue(-self.n % PRIME)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Residue) and self.n == other.n

    def __hash__(self) -> int:
        return hash(self.n)

    def __repr__(self) -> str:
        return f"Residue({self.n})"


def residue(number: Fraction) -> Residue:
    """The residue of a rational number."""
    inverse = pow(number.denominator, -1, PRIME) if number.denominator != 1 else 1
    return Residue(number.numerator * inverse % PRIME)


def residue_inverse(value: Residue) -> Residue:
    """The reciprocal of a residue."""
    if not value.n:
        raise Undefined("division by 0")
    return Residue(pow(value.n, -1, PRIME))


def residue_root(value: Residue) -> Residue | None:
    """A square root, if there is one (the prime is 3 modulo 4)."""
    root = Residue(pow(value.n, (PRIME + 1) // 4, PRIME))
    return root if root * root == value else None


def _no_order(value: Residue, _: object = None) -> int:
    raise Undecidable("residues have no order")


RESIDUES = Arithmetic(
    "integers modulo 2**61 - 1",
    residue,
    residue_inverse,
    _no_order,
    _no_order,
    lambda value: 1.0 if value.n else 0.0,
)
