"""True rewrites of sums, products, powers and quotients, written apart from the package's own."""

from __future__ import annotations

from fractions import Fraction

from derive.terms.indices import Affine
from derive.terms.nodes import (
    Add,
    Cond,
    Count,
    Delta,
    Fn,
    Guard,
    Mul,
    Num,
    Pow,
    Sum,
    Term,
    negated,
    reciprocal,
)
from derive.terms.structure import alpha_equal
from tests.fuzzing.sites import Rewriter, is_in_range, split


def one(parts: list[Term], kind: type) -> Term:
    """A sum or product of parts; a lone part stays itself."""
    return parts[0] if len(parts) == 1 else kind(parts)


def shuffled(r: Rewriter, term: Term) -> Term | None:
    """``b + a`` for ``a + b``, and the same for products."""
    if not isinstance(term, Add | Mul):
        return None
    return type(term)(r.chance.sample(term.parts, len(term.parts)))


def nested(r: Rewriter, term: Term) -> Term | None:
    """``a + (b + c)`` for ``a + b + c``."""
    if not isinstance(term, Add | Mul) or len(term.parts) < 3:
        return None
    left, right = split(r.chance, term.parts)
    return type(term)((one(left, type(term)), one(right, type(term))))


def distributed(r: Rewriter, term: Term) -> Term | None:
    """``a b + a c`` for ``a (b + c)``."""
    if not isinstance(term, Mul):
        return None
    sums = [k for k, part in enumerate(term.parts) if isinstance(part, Add)]
    if not sums:
        return None
    k = r.chance.choice(sums)
    before, after = term.parts[:k], term.parts[k + 1 :]
    return Add([Mul((*before, part, *after)) for part in term.parts[k].children])


def factored(r: Rewriter, term: Term) -> Term | None:
    """``a (b + c)`` for ``a b + a c``."""
    if not isinstance(term, Add) or not all(isinstance(part, Mul) for part in term.parts):
        return None
    common = [f for f in term.parts[0].children if all(f in p.children for p in term.parts)]
    if not common:
        return None
    factor, rests = common[0], []
    for part in term.parts:
        rest = list(part.children)
        rest.remove(factor)
        rests.append(one(rest, Mul) if rest else Num(1))
    return Mul((factor, Add(rests)))


def zero_added(r: Rewriter, term: Term) -> Term | None:
    """``u + v - v`` for ``u``."""
    extra = r.some()
    return Add((extra, term, negated(extra)))


def multiplied_and_divided(r: Rewriter, term: Term) -> Term | None:
    """``u v / v`` for ``u``."""
    extra = r.positive() if r.chance.random() < 0.7 else Add((r.some(3), Num(7)))
    return Mul((term, extra, reciprocal(extra)))


def fraction_expanded(r: Rewriter, term: Term) -> Term | None:
    """``a c / (b c)`` for ``a / b``."""
    if not isinstance(term, Pow) or term.exponent != Num(-1):
        return None
    extra = r.positive(3)
    return Mul((extra, reciprocal(Mul((term.base, extra)))))


def common_denominator(r: Rewriter, term: Term) -> Term | None:
    """``(a + c b) / b`` for ``a / b + c``."""
    if not isinstance(term, Add):
        return None
    for k, part in enumerate(term.parts):
        divisors = [f for f in part.children if isinstance(f, Pow) and f.exponent == Num(-1)]
        if isinstance(part, Mul) and divisors:
            above = list(part.parts)
            above.remove(divisors[0])
            others = [Mul((p, divisors[0].base)) for j, p in enumerate(term.parts) if j != k]
            top = Add((one(above, Mul) if above else Num(1), *others))
            return Mul((top, divisors[0]))
    return None


def product_inverted(r: Rewriter, term: Term) -> Term | None:
    """``1 / a * 1 / b`` for ``1 / (a b)``; the same for any whole exponent."""
    if not isinstance(term, Pow) or not isinstance(term.base, Mul) or not _whole(term.exponent):
        return None
    if any(isinstance(part, Guard | Delta | Cond) for part in term.base.parts):
        return None
    return Mul([Pow(part, term.exponent) for part in term.base.parts])


def _whole(exponent: Term) -> bool:
    return isinstance(exponent, Num) and exponent.value.denominator == 1


def power_unrolled(r: Rewriter, term: Term) -> Term | None:
    """``u u`` for ``u^2``, ``u u^(n-1)`` for ``u^n``."""
    if not isinstance(term, Pow):
        return None
    if _whole(term.exponent) and term.exponent.value >= 2:
        if term.exponent.value == 2:
            return Mul((term.base, term.base))
        return Mul((term.base, Pow(term.base, Num(term.exponent.value - 1))))
    if isinstance(term.exponent, Num) and term.exponent.value.denominator == 2:
        return Mul((Pow(term.base, Num(term.exponent.value - 1)), term.base))
    return None


def square_rolled(r: Rewriter, term: Term) -> Term | None:
    """``u^2`` for ``u u``."""
    if isinstance(term, Mul) and len(term.parts) == 2 and alpha_equal(*term.parts):
        return Pow(term.parts[0], Num(2))
    return None


def square_expanded(r: Rewriter, term: Term) -> Term | None:
    """``a^2 + 2 a b + b^2`` for ``(a + b)^2``."""
    if not isinstance(term, Pow) or term.exponent != Num(2) or not isinstance(term.base, Add):
        return None
    if len(term.base.parts) != 2:
        return None
    a, b = term.base.parts
    return Add((Pow(a, Num(2)), Mul((Num(2), a, b)), Pow(b, Num(2))))


def symbolic_power_split(r: Rewriter, term: Term) -> Term | None:
    """``u^a u^b`` for ``u^(a + b)``, ``u^n = u u^(n - 1)`` where n is at least 1."""
    if not isinstance(term, Pow) or not isinstance(term.exponent, Count):
        return None
    form = term.exponent.form
    if r.world.context.always_nonnegative(form - 1) and r.chance.random() < 0.6:
        return Mul((Pow(term.base, Count(form - 1)), term.base))
    if isinstance(term.base, Mul):
        return Mul([Pow(part, term.exponent) for part in term.base.parts])
    size = r.chance.choice(r.world.ranges)
    if not r.world.context.is_nonnegative(size):
        return None
    return Mul((Pow(term.base, Count(form + size)), Pow(reciprocal(term.base), Count(size))))


def number_split(r: Rewriter, term: Term) -> Term | None:
    """``a + b`` or ``a b`` for a number."""
    if not isinstance(term, Num):
        return None
    other = r.chance.choice((Fraction(1), Fraction(2), Fraction(-1, 3)))
    if r.chance.random() < 0.5:
        return Add((Num(term.value - other), Num(other)))
    return Mul((Num(term.value / other), Num(other)))


def halves(r: Rewriter, term: Term) -> Term | None:
    """``u / 2 + u / 2`` for ``u``."""
    half = Mul((Num(Fraction(1, 2)), term))
    return Add((half, half))


def sign_moved(r: Rewriter, term: Term) -> Term | None:
    """``-(-a) b`` for ``a b``; ``-(-a - b)`` for ``a + b``."""
    if isinstance(term, Mul):
        return negated(Mul((negated(term.parts[0]), *term.parts[1:])))
    if isinstance(term, Add):
        return negated(Add([negated(part) for part in term.parts]))
    return None


def size_written_out(r: Rewriter, term: Term) -> Term | None:
    """``sum_i 1`` for a size, ``a + b`` for the value of a form."""
    if not isinstance(term, Count):
        return None
    form = term.form
    if not form.coefficients and r.world.context.is_nonnegative(form.constant):
        return Sum(r.world.index(form.constant), Num(1))
    parts: list[Term] = [Mul((Count(c), Count(i))) for i, c in form.coefficients]
    return Add((*parts, Count(Affine.of(form.constant)), Num(0)))


def absolute_square(r: Rewriter, term: Term) -> Term | None:
    """``|u|^2`` for ``u^2``."""
    if not is_in_range(term, r.world.context) or r.site.varied:
        return None
    if isinstance(term, Pow) and term.exponent == Num(2):
        return Pow(Fn("abs", (term.base,)), Num(2))
    return None


REWRITES = (
    shuffled,
    nested,
    distributed,
    factored,
    zero_added,
    multiplied_and_divided,
    fraction_expanded,
    common_denominator,
    product_inverted,
    power_unrolled,
    square_rolled,
    square_expanded,
    symbolic_power_split,
    number_split,
    halves,
    sign_moved,
    size_written_out,
    absolute_square,
)
