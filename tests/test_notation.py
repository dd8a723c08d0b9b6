"""The printers: pages as recorded, names, assumptions in words, the rules for LaTeX."""

from pathlib import Path

import pytest
from notation_cases import PAGES, Page, expressions

from derive.notation import (
    Line,
    Reader,
    aligned,
    assumption_text,
    chain,
    faults,
    latex,
    reading,
    text,
    where,
)
from derive.notation import forms as f
from derive.notation.names import cell_width
from derive.notation.where import wrapped
from derive.terms.arrays import (
    apply,
    define,
    inverse,
    maximum_over,
    variable,
)
from derive.terms.indices import Index
from derive.terms.nodes import (
    Add,
    At,
    Count,
    Mul,
    Num,
    Sum,
    Term,
)
from derive.terms.sizes import sizes
from derive.terms.statements import Declared, Nonsingular, Nonzero, NoTie, OffKink, SizeBound
from derive.terms.tensors import Definition, Fact, Kind, Tensor

SNAPSHOTS = Path(__file__).parent / "snapshots" / "notation"
n, p = sizes("n p")
X, b, y = variable("X", (n, p)), variable("b", (p,)), variable("y", (n,))
u, v = variable("u", (n,)), variable("v", (n,))


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
    items = [item for item, _ in page]
    reader = Reader(items)
    printed = aligned(lines_of(page, reader)) + "\n"
    assert faults(printed) == ()
    for clause in where(items, reader, style="latex"):
        assert faults(clause) == ()
        printed += f"% {clause}\n"
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


def test_entries_whose_subscripts_would_run_together_are_bracketed():
    first, second = f.Name("i1"), f.Name("i5")
    entry = f.Entry(f.Name("U"), (first, second))
    assert text(entry, "unicode") == "U[i1, i5]"
    assert text(f.Entry(f.Name("U"), (first,)), "unicode") == "Uᵢ₁"
