"""The printers: pages as recorded, text that reads back, forms that have the value they had."""

import ast
import itertools
import math
import random
import re
from fractions import Fraction
from pathlib import Path

import pytest
from notation_cases import PAGES, Page, expressions

from derive.language.program import Known, parsed
from derive.notation import (
    Line,
    Reader,
    aligned,
    assumption_text,
    chain,
    faults,
    latex,
    matrix_form,
    reading,
    text,
    where,
)
from derive.notation import forms as f
from derive.notation.names import cell_width
from derive.notation.where import wrapped
from derive.terms.arrays import (
    Array,
    ShapeError,
    apply,
    define,
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
from derive.terms.statements import Declared, Nonsingular, Nonzero, NoTie, OffKink, SizeBound
from derive.terms.structure import (
    alpha_equal,
    ordered_free_indices,
    reachable,
    size_names,
)
from derive.terms.tensors import Choice, Definition, Fact, Function, Kind, Tensor

SNAPSHOTS = Path(__file__).parent / "snapshots" / "notation"
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
# Pages


def lines_of(page: Page, reader: Reader) -> list[Line]:
    shown = [reading(item, reader, matrix=bool(item.ndim)) for item, _ in page]
    return [
        Line(form, shown[0] if not k else None, "=", reason, "✔", str(k + 1))
        for k, (form, (_, reason)) in enumerate(zip(shown[1:], page[1:], strict=True))
    ]


def screens(page: Page) -> str:
    """The page in Unicode and ASCII, wide and narrow, with its linear text."""
    items = [item for item, _ in page]
    reader = Reader(items)
    lines = lines_of(page, reader)
    blocks = [
        wrapped(where(items, reader), 80),
        chain(lines),
        wrapped(where(items, reader, ascii=True), 80),
        chain(lines, ascii=True),
        "40 columns",
        chain(lines, width=40),
        "linear",
        "\n".join(text(form, "unicode") for form in _sides(lines)),
        "\n".join(text(form) for form in _sides(lines)),
    ]
    return "\n\n".join(blocks) + "\n"


def _sides(lines: list[Line]) -> list[f.Form]:
    return [lines[0].left or f.NIL, *(line.right for line in lines)]


def compared(path: Path, printed: str, update: bool) -> None:
    if update:
        path.write_text(printed, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == printed


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_printed_as_recorded(name: str, update_snapshots: bool):
    compared(SNAPSHOTS / f"{name}.txt", screens(PAGES[name]()), update_snapshots)


@pytest.mark.parametrize("name", PAGES)
def test_latex_is_printed_as_recorded_and_keeps_the_rules(name: str, update_snapshots: bool):
    page = PAGES[name]()
    printed = aligned(lines_of(page, Reader(item for item, _ in page))) + "\n"
    assert faults(printed) == ()
    compared(SNAPSHOTS / f"{name}.tex", printed, update_snapshots)


def test_expressions_are_printed_as_recorded(update_snapshots: bool):
    styles = ("linear", "unicode", "latex")
    blocks = ["\n".join(text(item, style) for style in styles) for item in expressions()]
    compared(SNAPSHOTS / "expressions.txt", "\n\n".join(blocks) + "\n", update_snapshots)
    assert [faults(latex(item)) for item in expressions()] == [()] * len(blocks)


def test_no_snapshot_is_left_over():
    assert {path.stem for path in SNAPSHOTS.iterdir()} == {*PAGES, "expressions"}


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("width", "ascii"), [(80, False), (80, True), (60, False), (40, True)])
def test_no_row_is_wider_than_the_page(name: str, width: int, ascii: bool):
    page = PAGES[name]()
    reader = Reader(item for item, _ in page)
    printed = chain(lines_of(page, reader), width, ascii)
    assert max(map(cell_width, printed.splitlines())) <= width
    assert printed.isascii() or not ascii
    assert wrapped(where([item for item, _ in page], reader, ascii=True), width).isascii()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_does_not_depend_on_what_was_printed_before(name: str):
    assert screens(PAGES[name]()) == screens(PAGES[name]())


# --------------------------------------------------------------------------------------------
# Matrix forms


MATRIX_FORMS = [
    (2 * X.T @ (X @ b - y), "2 * X.T @ (X @ b - y)", "2 Xᵀ (X b − y)"),
    (X.T @ X @ b, "X.T @ X @ b", "Xᵀ X b"),
    (X.T @ (X @ b), "X.T @ (X @ b)", "Xᵀ (X b)"),
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
            assert re.search("zero|root of a negative|too large|out of range", str(refused))
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


# --------------------------------------------------------------------------------------------
# Names


def test_an_index_never_takes_a_name_in_use():
    i, clash = Index("n", n), Index("X", p)
    term = Sum(i, Sum(clash, At(Tensor("X", (n, p)), (i, clash))))
    assert text(term) == "sum[i,j](X[i,j])"


def test_one_index_name_has_one_range_on_a_page():
    term = Add((Sum(Index("i", n), Num(1)), Sum(Index("i", p), Num(1))))
    assert text(Reader([term]).form(term)) == "sum[i:n](1) + sum[j:p](1)"


def test_a_bound_index_does_not_capture_a_free_one():
    i = Index("i", n)
    inner = Index("i", n)
    term = Sum(inner, Mul((At(u.body.tensor, (i,)), At(v.body.tensor, (inner,)))))  # type: ignore[attr-defined]
    assert text(Reader([term]).form(term)) == "sum[j](u[i]*v[j])"


def test_names_can_be_shown_as_others():
    z = variable("z", (n,))
    s = define("s", apply("exp", z) / apply("exp", z).sum())
    i = Index("i", n)
    shown = text(s[i] * z[i], rename={"s": "p", "z": "s", "n": "K", "i": "k"})
    assert shown == "p[k]*s[k]"
    page = [s[i]]
    reader = Reader(page, {"s": "p", "z": "s", "n": "K", "i": "k"})
    assert where(page, reader)[0] == "s ∈ ℝᴷ"


@pytest.mark.parametrize(
    ("name", "pretty", "tex"),
    [
        ("beta", "β", r"\beta"),
        ("x_hat", "x̂", r"\hat{x}"),
        ("sigma_hat", "σ̂", r"\hat{\sigma}"),
        ("d_model", "d_model", r"d_{\mathrm{model}}"),
        ("lr", "lr", r"\mathrm{lr}"),
        ("W1", "W1", "W_{1}"),
        ("x_bar_2", "x̄2", r"\bar{x}_{2}"),
        ("lam", "λ", r"\lambda"),
        ("β", "β", r"\beta"),
    ],
)
def test_names(name: str, pretty: str, tex: str):
    assert (text(f.Name(name), "unicode"), latex(f.Name(name))) == (pretty, tex)
    assert text(f.Name(name)).isascii()


def test_a_missing_subscript_puts_the_whole_formula_in_brackets():
    i, q = Index("i", n), Index("b", n)
    assert text(u[i] * v[q], "unicode") == "u[i] v[b]"
    assert text(u[i] * v[i], "unicode") == "uᵢ vᵢ"


# --------------------------------------------------------------------------------------------
# Assumptions


def test_assumptions_in_words():
    gram = Tensor("", (p, p), (), Definition(*_gram()))
    simplex = Tensor("y", (n,), (Fact(Kind.SIMPLEX),))
    weights = maximum_over(u).body.body.parts[0].tensor  # type: ignore[attr-defined]
    table = [
        (SizeBound(Count(n - p - 1)), "n > p"),
        (SizeBound(Count(n - 2)), "n ≥ 2"),
        (Nonzero(At(Tensor("S"))), "S ≠ 0"),
        (Nonsingular(gram), "Xᵀ X is nonsingular"),
        (Declared(simplex, Fact(Kind.SIMPLEX)), "y is nonnegative and sums to one"),
        (OffKink(At(Tensor("x"))), "x ≠ 0 (off the kink)"),
        (NoTie(weights), "the largest uᵢ over i is attained once (off ties)"),
    ]
    for assumption, words in table:
        assert assumption_text(assumption) == words
        assert assumption_text(assumption, "ascii").isascii()


def _gram() -> tuple[tuple[Index, ...], Term]:
    gram = X.T @ X
    return gram.indices, gram.body


def test_an_anonymous_matrix_is_shown_by_what_it_stands_for():
    i, j = Index("i", p), Index("j", p)
    entry = inverse(X.T @ X)[i, j]
    assert text(entry) == "inv(X.T @ X)[i,j]"
    assert text(entry, "unicode") == "[(Xᵀ X)⁻¹]ᵢⱼ"


# --------------------------------------------------------------------------------------------
# The lint of LaTeX fragments


@pytest.mark.parametrize(
    ("fragment", "fault"),
    [
        ("x_{i} ≤ 1", "not ASCII"),
        ("a\n\nb", "blank line"),
        (r"\[ a \]", "delimiters"),
        ("$a$", "delimiters"),
        (r"\frac{a}{b", "unbalanced"),
        ("}{", "unbalanced"),
        (r"\begin{align}a\end{align}", "align does not work"),
        (r"\begin{aligned}a", "without its"),
        (r"a\end{aligned}", "without its"),
        (r"a \tag{1}", r"\tag does not work"),
        (r"\newcommand{\R}{x}", r"\newcommand does not work"),
        (r"\bm{x}", r"\bm does not work"),
        (r"X^{T}", "transpose"),
        (r"X^T b", "transpose"),
        (r"\mathbb{1}", "indicator"),
        ("|x|", "bare pipe"),
        (r"\text{50\%}", "text may hold"),
        (r"\text{a_b}", "text may hold"),
        ("\\begin{aligned}a \\\\\n\\end{aligned}", "last row"),
        ("\\begin{aligned}a \\\\ [b] \\end{aligned}", "length"),
        ("\\begin{aligned}\\left( a & b \\right) \\end{aligned}", "one cell"),
        ("x_{i}_{j}", "double"),
    ],
)
def test_the_lint_finds(fragment: str, fault: str):
    assert any(fault in found for found in faults(fragment)), faults(fragment)


def test_the_lint_passes_what_is_right():
    good = (
        "\\begin{alignedat}{2}\n{}[a]\n  &= \\frac{1}{2}\n"
        "  &\\qquad& \\text{as $k = j$} \\\\[4pt]\n"
        "  &= X^{\\top} A^{-\\top}\n  && \\text{transpose}\n\\end{alignedat}"
    )
    assert faults(good) == ()
