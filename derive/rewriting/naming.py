"""Names for what recurs: residuals, probabilities, normalisers, hidden layers, norms."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import chain, count

from derive.rewriting.algebra import factors, is_negative, parts, product
from derive.rewriting.canonical import depends, length
from derive.terms.indices import Affine, Index
from derive.terms.nodes import MINUS, Add, At, D, Fn, Mul, Num, Pow, Sum, Term, subterms
from derive.terms.structure import forms, free_indices, reachable, size_names, substituted
from derive.terms.tensors import Definition, Tensor

NAMES: dict[str, str] = {
    "residual": "r e q",
    "normaliser": "S Z T",
    "probabilities": "p q w",
    "sigmoid": "s g",
    "hidden": "h g a",
    "argument": "z u a",
    "norm": "d c",
}
REUSED = {"tanh": "hidden", "sigmoid": "sigmoid"}  # their derivative is written in their value
LONG = 4


def taken_names(term: Term) -> set[str]:
    """The names of tensors and sizes that a term uses."""
    return {tensor.name for tensor in reachable(term)} | set(size_names(term))


def free_name(role: str, taken: set[str]) -> str:
    """The first name for a role that is not taken."""
    wishes = NAMES[role].split()
    numbered = (f"{wishes[0]}{k}" for k in count(2))
    return next(name for name in chain(wishes, numbered) if name not in taken)


def named(name: str, body: Term) -> Tensor:
    """A definition whose axes are the free indices, in the order in which they occur."""
    indices = appearing(body)
    fresh = {index: index.fresh() for index in indices}
    moved = substituted(body, {old: Affine.of(new) for old, new in fresh.items()})
    origin = Definition(tuple(fresh.values()), moved)
    return Tensor(name, tuple(index.size for index in indices), (), origin)


def appearing(body: Term) -> tuple[Index, ...]:
    """The free indices in the order of the widest entry, then in that in which they occur."""
    free = free_indices(body)
    order: dict[Index, None] = {}
    entries = [part for part in subterms(body) if isinstance(part, At)]
    entries.sort(key=lambda entry: -len(free_indices(entry) & free))
    for part in (*entries[:1], *subterms(body)):
        for form in forms(part):
            for index in form.indices:
                if index in free:
                    order.setdefault(index)
    return tuple(order)


def worth_naming(term: Term, by: Tensor) -> Iterator[tuple[str, Term]]:
    """Roles and subterms that a derivative will show more than once, innermost first."""
    for child in term.children:
        yield from worth_naming(child, by)
    if not depends(term, by):
        return
    if isinstance(term, Pow):
        yield from _in_power(term)
    if isinstance(term, Fn):
        yield from _in_function(term)


def _in_power(term: Pow) -> Iterator[tuple[str, Term]]:
    base, exponent = term.base, term.exponent
    if is_normaliser(base) and exponent == MINUS:
        yield "normaliser", base
    elif isinstance(exponent, Num) and exponent.value == Fraction(1, 2):
        if isinstance(base, Sum | Add):
            yield "norm", term
    elif isinstance(base, Add) and length(base) >= LONG:
        squared = isinstance(exponent, Num) and exponent.value == 2
        yield ("residual" if squared and _is_difference(base) else "argument"), base


def _is_difference(term: Add) -> bool:
    return any(is_negative(part) for part in parts(term))


def _in_function(term: Fn) -> Iterator[tuple[str, Term]]:
    argument = term.arguments[0]
    if term.function == "log" and is_normaliser(argument):
        yield "normaliser", argument
    elif term.function in REUSED and length(argument) > 1:
        yield REUSED[str(term.function)], term
    elif length(argument) >= LONG and any(isinstance(p, Sum) for p in subterms(argument)):
        yield "argument", argument


def is_normaliser(term: Term) -> bool:
    """Whether a term is a sum of exponentials, over one index or more."""
    while isinstance(term, Sum):
        if isinstance(term.body, Fn):
            return term.body.function == "exp"
        term = term.body
    return False


def probabilities(normaliser: Tensor, name: str) -> Tensor:
    """The exponentials divided by their sum, as a name."""
    definition = normaliser.origin
    assert isinstance(definition, Definition)
    body = definition.body
    while isinstance(body, Sum):
        body = body.body
    return named(name, product((body, Pow(At(normaliser, definition.indices), MINUS))))


def stands_for_normaliser(tensor: Tensor) -> bool:
    """Whether a name stands for a sum of exponentials."""
    return isinstance(tensor.origin, Definition) and is_normaliser(tensor.origin.body)


def divides_by(tensor: Tensor, normaliser: Tensor) -> bool:
    """Whether a name stands for something divided by a normaliser."""
    if not isinstance(tensor.origin, Definition):
        return False
    below = [f.base for f in factors(tensor.origin.body) if isinstance(f, Pow)]
    return any(isinstance(base, At) and base.tensor == normaliser for base in below)


def adjoints(term: Term, tensor: Tensor) -> list[Term]:
    """What stands before the derivative of a name, where that is one bracket or sum."""
    found: list[Term] = []
    for part in subterms(term):
        if isinstance(part, Mul) and any(_is_derivative_of(f, tensor) for f in part.parts):
            found += [f for f in part.parts if isinstance(f, Add)]
    return found


def _is_derivative_of(factor: Term, tensor: Tensor) -> bool:
    return isinstance(factor, D) and isinstance(factor.body, At) and factor.body.tensor == tensor


def adjoint_name(tensor: Tensor, taken: set[str]) -> str:
    """``dh`` for what stands before the derivative of ``h``."""
    numbers = (f"d{tensor.name or 'x'}{k}" for k in count(2))
    return next(name for name in chain((f"d{tensor.name or 'x'}",), numbers) if name not in taken)
