"""Statements about terms, and the assumptions under which they hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from derive.terms.contexts import Context
from derive.terms.nodes import Term
from derive.terms.tensors import Fact, Tensor

Relation: TypeAlias = Literal["=", "<=", "!="]


@dataclass(frozen=True)
class Statement:
    """``left = right`` or ``left <= right``, for all values of the free indices and variables.

    ``left != right`` says that they are not always equal: it is proved by a counterexample.
    """

    left: Term
    right: Term
    relation: Relation = "="
    context: Context = field(default_factory=Context)


@dataclass(frozen=True)
class Nonzero:
    """A term that divides is not 0."""

    term: Term


@dataclass(frozen=True)
class Positive:
    """A term under a logarithm or a root is > 0."""

    term: Term


@dataclass(frozen=True)
class Nonsingular:
    """A matrix has an inverse."""

    matrix: Tensor


@dataclass(frozen=True)
class OffKink:
    """A term at whose zero a derivative does not exist is not 0 (relu, abs, sign, max of two)."""

    term: Term


@dataclass(frozen=True)
class NoTie:
    """A maximum is attained once."""

    weights: Tensor


@dataclass(frozen=True)
class Declared:
    """A fact of a variable was used."""

    tensor: Tensor
    fact: Fact


@dataclass(frozen=True)
class SizeBound:
    """A relation of sizes was used: the term, a size, is >= 0."""

    size: Term


Assumption: TypeAlias = Nonzero | Positive | Nonsingular | OffKink | NoTie | Declared | SizeBound
