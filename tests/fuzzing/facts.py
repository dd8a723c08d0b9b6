"""True rewrites by declared facts and by the laws of inverses; closed facts stay outside of D."""

from __future__ import annotations

from collections.abc import Callable

from derive.terms.nodes import At, D, Delta, Fn, Mul, Num, Pow, Sum, Term, reciprocal
from derive.terms.tensors import Definition, Inverse, Kind, LogDeterminant, Tensor
from tests.fuzzing.functions import HALF
from tests.fuzzing.sites import Rewriter

OPEN = (Kind.POSITIVE,)


def usable(r: Rewriter, tensor: Tensor, kind: Kind) -> bool:
    """Whether a fact may be used here: a closed one never under a derivative by its tensor."""
    return tensor.has(kind) and (kind in OPEN or tensor not in r.site.varied)


def _entry_fact(
    kinds: tuple[Kind, ...], change: Callable[[Rewriter, At], Term | None]
) -> Callable[[Rewriter, Term], Term | None]:
    def rewrite(r: Rewriter, term: Term) -> Term | None:
        if not isinstance(term, At) or not any(usable(r, term.tensor, k) for k in kinds):
            return None
        return change(r, term)

    return rewrite


def _swapped(r: Rewriter, entry: At) -> Term | None:
    *first, a, b = entry.slots
    return At(entry.tensor, (*first, b, a))


def _in_range(r: Rewriter, entry: At) -> bool:
    pairs = zip(entry.slots, entry.tensor.shape, strict=True)
    return all(r.world.context.in_range(slot, size) for slot, size in pairs)


def _squared(r: Rewriter, entry: At) -> Term | None:
    return Pow(entry, Num(2))


def _cubed(r: Rewriter, entry: At) -> Term | None:
    return (
        Pow(entry, Num(3))
        if r.chance.random() < 0.5 or not _in_range(r, entry)
        else reciprocal(entry)
    )


def _rooted(r: Rewriter, entry: At) -> Term | None:
    if not _in_range(r, entry):
        return None
    if r.chance.random() < 0.5:
        return Pow(Pow(entry, Num(2)), HALF)
    return Fn("abs", (entry,))


symmetric_swapped = _entry_fact((Kind.SYMMETRIC, Kind.POSITIVE_DEFINITE), _swapped)
mask_squared = _entry_fact((Kind.MASK, Kind.ONE_HOT), _squared)
signs_cubed = _entry_fact((Kind.SIGNS,), _cubed)
positive_rooted = _entry_fact((Kind.POSITIVE,), _rooted)
nonnegative_rooted = _entry_fact((Kind.NONNEGATIVE,), _rooted)


def _of_kind(r: Rewriter, *kinds: Kind) -> Tensor | None:
    found = [t for t in r.world.tensors if t.is_variable and any(usable(r, t, k) for k in kinds)]
    return r.chance.choice(found) if found else None


def rows_summed(r: Rewriter, term: Term) -> Term | None:
    """``u sum_k q_k`` for ``u``, with q on the simplex."""
    tensor = _of_kind(r, Kind.SIMPLEX, Kind.ONE_HOT)
    if tensor is None:
        return None
    k = r.world.index(tensor.shape[-1])
    first = [r.grower.slot(size, r.site.scope, True) for size in tensor.shape[:-1]]
    return Mul((term, Sum(k, At(tensor, (*first, k)))))


def columns_contracted(r: Rewriter, term: Term) -> Term | None:
    """``sum_k U_ki U_kj`` for ``[i = j]``, and ``u sum_k U_k0^2`` for ``u``."""
    tensor = _of_kind(r, Kind.ORTHONORMAL)
    if tensor is None:
        return None
    k = r.world.index(tensor.shape[0])
    if isinstance(term, Delta) and len(term.form.coefficients) == 2 and not term.form.constant:
        (i, c), (j, e) = term.form.coefficients
        if c + e == 0 and c in (1, -1) and i.size == j.size == tensor.shape[1]:
            return Sum(k, Mul((At(tensor, (k, i)), At(tensor, (k, j)))))
    slot = r.grower.slot(tensor.shape[1], r.site.scope, True)
    return Mul((term, Sum(k, Pow(At(tensor, (k, slot)), Num(2)))))


def vertices_multiplied(r: Rewriter, term: Term) -> Term | None:
    """``y_k [k = l]`` for ``y_k y_l``, with y one-hot."""
    if not isinstance(term, Mul):
        return None
    for a, one in enumerate(term.parts):
        for two in term.parts[a + 1 :]:
            if not isinstance(one, At) or not isinstance(two, At) or one.tensor != two.tensor:
                continue
            if usable(r, one.tensor, Kind.ONE_HOT) and one.slots[:-1] == two.slots[:-1]:
                rest = [part for part in term.parts if part is not two]
                return Mul((*rest, Delta(one.slots[-1] - two.slots[-1])))
    return None


def inverse_inserted(r: Rewriter, term: Term) -> Term | None:
    """``sum_k inv(M)_ik M_kj`` for ``[i = j]``; ``sum_jk M_ij inv(M)_jk M_kl`` for ``M_il``."""
    matrices = [t for t in r.world.tensors if t.name[0] in "MP" and t.is_variable]
    if not matrices:
        return None
    matrix = r.chance.choice(matrices)
    size = matrix.shape[0]
    inverse = Tensor("", matrix.shape, (), Inverse(matrix))
    k, j = r.world.index(size), r.world.index(size)
    if isinstance(term, Delta) and len(term.form.coefficients) == 2 and not term.form.constant:
        (a, c), (b, e) = term.form.coefficients
        if c + e == 0 and c in (1, -1) and a.size == b.size == size:
            first, second = r.chance.choice([(inverse, matrix), (matrix, inverse)])
            return Sum(k, Mul((At(first, (a, k)), At(second, (k, b)))))
    if isinstance(term, At) and term.tensor in (matrix, inverse) and _in_range(r, term):
        other = inverse if term.tensor == matrix else matrix
        a2, b2 = term.slots
        chain = (At(term.tensor, (a2, j)), At(other, (j, k)), At(term.tensor, (k, b2)))
        return Sum(j, Sum(k, Mul(chain)))
    return None


def inverse_restated(r: Rewriter, term: Term) -> Term | None:
    """``c inv(c M)``, ``inv(M')'``, ``inv(inv(inv(M)))`` for ``inv(M)``; ``-logdet inv(M)``."""
    origin = term.tensor.origin if isinstance(term, At) else None
    if isinstance(term, At) and isinstance(origin, Inverse):
        matrix, (a, b) = origin.matrix, term.slots
        i, j = r.world.index(matrix.shape[0]), r.world.index(matrix.shape[0])
        if r.chance.random() < 0.5:
            turned = Definition((i, j), At(matrix, (j, i)))
            return At(_inverse_of(Tensor("", matrix.shape, (), turned)), (b, a))
        t = At(r.world.tensors[1])
        scaled = Definition((i, j), Mul((At(matrix, (i, j)), t)))
        return Mul((t, At(_inverse_of(Tensor("", matrix.shape, (), scaled)), (a, b))))
    if isinstance(term, At) and isinstance(origin, LogDeterminant):
        inverse = _inverse_of(origin.matrix)
        return Mul((Num(-1), At(Tensor("", (), (), LogDeterminant(inverse)))))
    return None


def _inverse_of(matrix: Tensor) -> Tensor:
    return Tensor("", matrix.shape, (), Inverse(matrix))


def derivative_of_inverse(r: Rewriter, term: Term) -> Term | None:
    """``- inv(M)_ik inv(M)_lj`` for the derivative of ``inv(M)_ij`` by ``M_kl``."""
    if not isinstance(term, D) or not isinstance(term.body, At):
        return None
    body, by = term.body, term.variable
    if not _in_range(r, by) or not _in_range(r, body):
        return None
    if isinstance(body.tensor.origin, Inverse) and body.tensor.origin.matrix == by.tensor:
        (i, j), (a, b) = body.slots, by.slots
        return Mul((Num(-1), At(body.tensor, (i, a)), At(body.tensor, (b, j))))
    if isinstance(body.tensor.origin, LogDeterminant) and body.tensor.origin.matrix == by.tensor:
        a, b = by.slots
        return At(_inverse_of(by.tensor), (b, a))
    return None


REWRITES = (
    symmetric_swapped,
    mask_squared,
    signs_cubed,
    positive_rooted,
    nonnegative_rooted,
    rows_summed,
    columns_contracted,
    vertices_multiplied,
    inverse_inserted,
    inverse_restated,
    derivative_of_inverse,
)
