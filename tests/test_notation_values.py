"""What is printed reads back: as the very term, or as an array with the same entries."""

import ast
import itertools
import math
import random
import re
from fractions import Fraction

import pytest
from notation_cases import PAGES

from derive.language.program import Known, parsed
from derive.notation import (
    Reader,
    faults,
    latex,
    matrix_form,
    text,
)
from derive.terms.arrays import (
    Array,
    ShapeError,
    apply,
    diagonal,
    diagonal_matrix,
    identity,
    inverse,
    maximum_over,
    outer,
    sum_over,
    trace,
    variable,
)
from derive.terms.indices import Affine, Index
from derive.terms.nodes import (
    Add,
    At,
    Cond,
    Count,
    D,
    Delta,
    Fn,
    Guard,
    Mul,
    Num,
    Pow,
    Sum,
    Term,
    added,
    divided,
    multiplied,
    negated,
)
from derive.terms.sizes import Size, sizes
from derive.terms.structure import (
    alpha_equal,
    ordered_free_indices,
    reachable,
    size_names,
)
from derive.terms.tensors import Choice, Function, Tensor

n, p = sizes("n p")
X, b, y = variable("X", (n, p)), variable("b", (p,)), variable("y", (n,))
A, B, u, v, c = (
    variable("A", (n, n)),
    variable("B", (n, n)),
    variable("u", (n,)),
    variable("v", (n,)),
    variable("c"),
)


# --------------------------------------------------------------------------------------------
# Matrix forms


MATRIX_FORMS = [
    (2 * X.T @ (X @ b - y), "2 * X.T @ (X @ b - y)", "2 Xᵀ (X b − y)"),
    (X.T @ X @ b, "X.T @ X @ b", "Xᵀ X b"),
    (X.T @ (X @ b), "X.T @ (X @ b)", "Xᵀ X b"),
    (2 * X.T @ (X @ b - y) / n, "2 / n * X.T @ (X @ b - y)", "(2 / n) Xᵀ (X b − y)"),
    (diagonal_matrix(u) - outer(u, u), "diag(u) - outer(u, u)", "diag(u) − u uᵀ"),
    (-inverse(A).T, "-inv(A).T", "−A⁻ᵀ"),
    (trace(A @ B), "tr(A @ B)", "tr(A B)"),
    ((A * B).sum(), "sum(A * B)", "sum(A ⊙ B)"),
    (u @ A @ v, "u @ A @ v", "uᵀ A v"),
    (u[:, None] * X * b, "diag(u) @ X @ diag(b)", "diag(u) X diag(b)"),
    (((X @ b - y) ** 2).sum(), "sum((X @ b - y)**2)", "‖X b − y‖²"),
    ((u @ u) ** Fraction(1, 2), "norm(u)", "‖u‖"),
    (X - X.mean(0), "X - sum(X, axis=0) / n", "X − 1 (Xᵀ 1 / n)ᵀ"),
    (identity(n) * c - A, "c * eye(n) - A", "c I − A"),
    (apply("exp", u) / apply("exp", u).sum(), "exp(u) / sum(exp(u))", "exp u / sum(exp u)"),
    (maximum_over(X, 1), "max(X, axis=1)", "max(X, axis=1)"),
    (apply("tanh", X @ b) * y, "tanh(X @ b) * y", "tanh(X b) ⊙ y"),
    (0 * Array(y.indices, Num(1)), "zeros(n)", "0"),
]


@pytest.mark.parametrize(("array", "linear", "pretty"), MATRIX_FORMS)
def test_an_array_is_read_back_as_a_matrix_expression(array: Array, linear: str, pretty: str):
    assert (text(array), text(array, "unicode")) == (linear, pretty)


def test_index_text_is_read_as_a_matrix_product():
    i, j, k = Index("i", n), Index("j", p), Index("k", p)
    gradient = sum_over(i, X[i, k] * (sum_over(j, X[i, j] * b[j]) - y[i]))
    assert text(Array((k,), gradient.body)) == "X.T @ (X @ b - y)"
    assert text(gradient) == "sum[i](X[i,k]*(sum[j](X[i,j]*b[j]) - y[i]))"


def test_what_has_no_matrix_form_has_none():
    i, j = Index("i", n), Index("j", n)
    shifted = Array((i,), At(Tensor("x", (n,)), (i - 1,)))
    three = sum_over(j, A[i, j] * B[i, j]) * 0 + Array((), Guard(i - 1))
    assert matrix_form(shifted) is None and matrix_form(Array((i,), three.body)) is None


LEAVES = [A, B, X, u, v, b, c, identity(n), Array((Index("i", n),), Num(1)), Array.of(2)]
BUILDERS = [
    lambda rng, a, more: a @ more(),
    lambda rng, a, more: a @ more(),
    lambda rng, a, more: a * more(),
    lambda rng, a, more: a + more(),
    lambda rng, a, more: a - more(),
    lambda rng, a, more: a / more(),
    lambda rng, a, more: outer(a, more()),
    lambda rng, a, more: a.T,
    lambda rng, a, more: a.sum(rng.choice([None, 0, 1])),
    lambda rng, a, more: a**2,
    lambda rng, a, more: apply("tanh", a),
    lambda rng, a, more: maximum_over(a, rng.choice([None, 0])) if a.ndim else a,
    lambda rng, a, more: diagonal_matrix(a) if a.ndim == 1 else diagonal(a),
    lambda rng, a, more: trace(a),
]


def random_array(rng: random.Random, depth: int) -> Array:
    """An array of the dialect in which shapes fit."""
    if not depth:
        return rng.choice(LEAVES)
    array = random_array(rng, depth - 1)
    for _ in range(9):
        try:
            builder = rng.choice(BUILDERS)
            return builder(rng, array, lambda: random_array(rng, rng.randrange(depth)))
        except ShapeError:
            continue
    return array


@pytest.mark.parametrize("seed", range(12))
def test_a_matrix_form_has_the_entries_of_the_array(seed: int):
    rng = random.Random(seed)
    found = 0
    for _ in range(25):
        array = random_array(rng, 3)
        form = matrix_form(array)
        if form is None:
            continue
        again = read_back(text(form), array.body)
        assert again.shape == array.shape, text(form)
        try:
            assert entries_of(again) == pytest.approx(entries_of(array), rel=1e-9), text(form)
        except ZeroDivisionError:
            continue
        found += 1
    assert found >= 15  # most arrays of the dialect have a matrix form


# --------------------------------------------------------------------------------------------
# Linear text reads back


def read_back(shown: str, term: Term, reader: Reader | None = None) -> Array:
    """The array that linear text stands for, in the names of a term."""
    free = {reader.names[i]: i for i in ordered_free_indices(term)} if reader else {}
    named = tuple(tensor for tensor in reachable(term) if tensor.name)
    names = size_names(term) if reader else ("n", "p")
    known = Known(named, names, {"f": 1, "g": 2})
    return parsed(shown, (), free, known).result


@pytest.mark.parametrize("name", PAGES)
def test_every_line_of_a_page_reads_back(name: str):
    items = [item for item, _ in PAGES[name]() if not item.ndim]
    for item in items:
        reader = Reader([item])
        again = read_back(text(reader.form(item)), item.body, reader)
        assert again.ndim == 0 and alpha_equal(again.body, item.body)


def random_slot(rng: random.Random, scope: list[Index], size: Size) -> Affine:
    fitting = [index for index in scope if index.size == size]
    if fitting and rng.random() < 0.8:
        return Affine.of(rng.choice(fitting))
    return rng.choice(scope) * rng.choice([1, 2, Size.of("s")]) + rng.choice([-1, 1, Size.of("q")])


ROOTS = [Num(2), Num(3), Num(-1), Num(-2), Num(Fraction(1, 2)), Num(Fraction(-1, 2))]


def random_term(rng: random.Random, depth: int, scope: list[Index]) -> Term:
    """A term of any kind with any nesting, built as authors build them."""

    def more() -> Term:
        return random_term(rng, depth - 1, scope)

    def bound() -> Term:
        index = Index(rng.choice("ijn"), rng.choice([n, p]))
        return Sum(index, random_term(rng, depth - 1, [*scope, index]))

    leaves = [
        lambda: Num(rng.choice([Fraction(k) for k in (1, 2, 3, -1, -2)] + [Fraction(1, 2)])),
        lambda: Count(rng.choice([n, p, n * p, n - 1, *scope])),
        lambda: At(Tensor("X", (n, p)), (random_slot(rng, scope, n), random_slot(rng, scope, p))),
        lambda: At(Tensor("y", (n,)), (random_slot(rng, scope, n),)),
        lambda: At(Tensor("c")),
    ]
    nodes = [
        lambda: added(more(), more()),
        lambda: added(more(), negated(more())),
        lambda: multiplied(more(), more()),
        lambda: multiplied(multiplied(more(), more()), more()),
        lambda: divided(more(), At(Tensor("c"))),
        lambda: divided(At(Tensor("c")), added(more(), At(Tensor("c")))),
        lambda: Pow(added(At(Tensor("c")), more()), rng.choice(ROOTS)),
        lambda: Pow(At(Tensor("c")), more()),
        lambda: negated(more()),
        lambda: Fn(rng.choice(["exp", "log", "abs", "relu"]), (more(),)),
        lambda: Fn(Function("g", 2).derivative(1), (more(), more())),
        bound,
        bound,
        lambda: Delta(random_slot(rng, scope, n) - random_slot(rng, scope, p)),
        lambda: Guard(random_slot(rng, scope, n) - 1),
        lambda: Cond(more()),
        lambda: D(more(), At(Tensor("b", (p,)), (random_slot(rng, scope, p),))),
    ]
    return rng.choice(nodes if depth else leaves)()


UNDEFINED = "zero|root of a negative|not positive|too large|out of range"


@pytest.mark.parametrize("seed", range(10))
def test_linear_text_parses_to_the_very_term(seed: int):
    rng = random.Random(seed)
    scope = [Index("i", n), Index("j", p)]
    for _ in range(40):
        term = random_term(rng, 3, scope)
        reader = Reader([term])
        shown = text(reader.form(term))
        assert shown.isascii()
        assert faults(latex(term)) == (), latex(term)
        try:
            again = read_back(shown, term, reader).body
        except ValueError as refused:  # the language refuses what is undefined, such as 1/0
            assert re.search(UNDEFINED, str(refused))
            continue
        assert alpha_equal(again, term), shown


@pytest.mark.parametrize("seed", range(5))
def test_precedence_is_pythons(seed: int):
    """The text without indices, evaluated by Python's own grammar, has the value of the term."""
    rng = random.Random(seed)
    for _ in range(40):
        term = arithmetic(rng, 4)
        shown = text(Reader([term]).form(term))
        try:
            wanted = value(term, {})
        except (ZeroDivisionError, OverflowError):
            continue
        got = calculated(ast.parse(shown, mode="eval").body)
        assert got == wanted, shown


def arithmetic(rng: random.Random, depth: int) -> Term:
    if not depth:
        number = Fraction(rng.choice([1, 2, 3, -1, -2, 5]), rng.choice([1, 1, 2]))
        return rng.choice([Num(number), Count(n), Count(p)])
    left, right = arithmetic(rng, depth - 1), arithmetic(rng, rng.randrange(depth))
    return rng.choice(
        [
            Add((left, right)),
            Add((left, negated(right))),
            Mul((left, right)),
            Mul((left, Pow(right, Num(-1)))),
            Mul((left, Mul((right, left)))),
            Pow(left, Num(rng.choice([2, 3, -1, -2]))),
            negated(left),
        ]
    )


CALCULATED = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: Fraction(a) / Fraction(b),
    ast.Pow: lambda a, b: Fraction(a) ** b,
}


def calculated(node: ast.expr) -> Fraction:
    if isinstance(node, ast.BinOp):
        return CALCULATED[type(node.op)](calculated(node.left), calculated(node.right))
    if isinstance(node, ast.UnaryOp):
        return -calculated(node.operand)
    if isinstance(node, ast.Name):
        return Fraction(SIZES[node.id])
    assert isinstance(node, ast.Constant)
    return Fraction(node.value)


# --------------------------------------------------------------------------------------------
# A direct evaluator of terms


SIZES = {"n": 3, "p": 2}


def entry_value(name: str, place: tuple[int, ...]) -> float:
    return random.Random(f"{name}{place}").uniform(0.5, 1.5)


def value(term: Term, at: dict[Index, int]):  # type: ignore[no-untyped-def]
    """The value of a term at indices, exact where no function and no entry occurs."""
    return VALUES[type(term)](term, at)


def _entry_value(term: At, at: dict[Index, int]) -> float:
    place = tuple(slot.value(SIZES, at) for slot in term.slots)
    origin = term.tensor.origin
    if isinstance(origin, Choice):
        outer_place = dict(zip(origin.outer, place, strict=False))
        ranges = [range(index.size.value(SIZES)) for index in origin.chosen]

        def score(chosen: tuple[int, ...]) -> float:
            here = {**outer_place, **dict(zip(origin.chosen, chosen, strict=True))}
            return value(origin.body, here)

        return float(place[len(origin.outer) :] == max(itertools.product(*ranges), key=score))
    assert origin is None
    return entry_value(term.tensor.name, place)


VALUES = {
    Num: lambda t, at: t.value,
    Count: lambda t, at: Fraction(t.form.value(SIZES, at)),
    At: _entry_value,
    Add: lambda t, at: sum(value(part, at) for part in t.parts),
    Mul: lambda t, at: math.prod(value(part, at) for part in t.parts),
    Pow: lambda t, at: value(t.base, at) ** value(t.exponent, at),
    Sum: lambda t, at: sum(
        value(t.body, {**at, t.index: k}) for k in range(t.index.size.value(SIZES))
    ),
    Delta: lambda t, at: float(t.form.value(SIZES, at) == 0),
    Fn: lambda t, at: {"exp": math.exp, "tanh": math.tanh}[t.function](
        *(value(part, at) for part in t.arguments)
    ),
}


def entries_of(array: Array) -> list[float]:
    places = itertools.product(*(range(size.value(SIZES)) for size in array.shape))
    return [float(value(array.body, dict(zip(array.indices, q, strict=True)))) for q in places]
