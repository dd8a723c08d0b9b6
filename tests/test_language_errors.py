"""Bad input: one line, which names the place and what is wrong there."""

import string
import time
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.language.declarations import declared
from derive.language.errors import InputError, error_line
from derive.language.functions import FUNCTIONS, WRITTEN
from derive.language.program import checked_wrt, parsed, statement

LET = "x: n|y: n|u: m|s:|X: n,p|A: n,n".split("|")

REFUSED = {
    # text: what the line holds
    "": "no expression",
    "(x + y": "column 1: the bracket '('",
    "x + y)": "column 6: the bracket ')'",
    "sum(x]": "column 6: the bracket ']' cannot close '(' of column 4",
    "x $ y": "column 3: unexpected character '$'",
    "sum(x,,axis=0)": "column 7",
    "x x": "column 3: an operator is missing before 'x'",
    "2x": "column 1: cannot read the number '2x'",
    "2(x)": "column 2: an operator is missing",
    "x +": "column 3: the expression ends too early",
    "* x": "column 1",
    "x'": "the transpose is .T",
    "x # y": "column 3",
    "x\x00": "column 2: unexpected character '\\x00'",
    "x\ud800": "column 2: unexpected character '\\ud800' (U+D800)",
    "\uff58": "U+FF58, FULLWIDTH LATIN SMALL LETTER X",
    "x \u2212 y": "minus is -",
    "x\u00b2": "a square is **2",
    "sum(Q)": "column 5: unknown name 'Q'; declare it: --let 'Q: ?'",
    "Q @ R": "--let 'Q: ?' 'R: ?'",
    "sum(xx)": "did you mean 'x'?",
    "np.sum(x)": "column 3: the attribute '.sum' is not in the language, only .T is; write sum(",
    "len(x)": "column 1: unknown function 'len'",
    "sofmax(x)": "did you mean 'softmax'?",
    "trace(X)": "unknown function 'trace'; write tr(A)",
    "X.transpose()": "only .T is; write A.T",
    "sum": "the function sum(x, axis=None, keepdims=False) needs its arguments",
    "x(2)": "'x' is no function",
    "sum(x)(2)": "column 1: 'sum(x)' cannot be called",
    "sum(x + u)": "column 7: + of shapes (n) and (m), in 'x + u'",
    "X @ X": "column 3: @ of shapes (n, p) and (n, p)",
    "x @ s": "@ needs arrays",
    "sum(x, axis=1)": "axis 1 of an array with 1 axes",
    "sum(x, axis=s)": "column 13: 's' is no axis",
    "sum(x, keepdims=1)": "should be True or False",
    "sum(x, out=x)": "column 8: no keyword 'out': sum(x, axis=None",
    "sum(x, axis=0, axis=0)": "column",
    "sum(*x)": "unexpected '*'",
    "sum(**x)": "unexpected '**'",
    "sum(x, 0, True, 1)": "column 17: too many arguments",
    "maximum(x)": "the argument 'b' is missing: maximum(a, b)",
    "tr(X)": "tr needs a square matrix, got shape (n, p)",
    "inv(x)": "inv needs a square matrix",
    "diag(A)": "diagonal(M) takes the diagonal",
    "eye(q)": "'q' is not the dim of a declared shape",
    "eye(x)": "'x' is a variable, not the dim",
    "eye(n - 1)": "may be 0 or less",
    "softmax(s)": "softmax needs at least one axis",
    "x / 0": "column 3: division by zero",
    "0**-1": "division by zero",
    "(-8)**0.5": "not real",
    "x*sqrt(-1)": "not real, in 'sqrt(-1)'",
    "x*log(1 - 1)": "column 3: the logarithm of a number that is not positive",
    "x**2**1000": "too large",
    "sum(x)*9**9**9**9": "column 12: the exponent is too large",
    "1e999*x": "too large",
    "9" * 200: "more than 60 digits",
    "x*1__0": "'1__0'",
    "0x10": "'0x10'",
    "1j*x": "'1j'",
    "x < y": "column 3: '<'",
    "x == y": "column 3: unexpected '=='",
    "(x >= y)": "column 4: unexpected '>='",
    "x % 2": "column 3",
    "x // 2": "division is /",
    "...": "column 1",
    "yield x": "column 1: 'yield'",
    "(lambda: x)()": "column 2: 'lambda'",
    "[x for x in x]": "column 4: 'for'",
    "(y := x)": "column 4: ':='",
    '"a" + "b"': "column 1",
    "True": "column 1: 'True' is not a number",
    "x, y": "column 2: unexpected ','",
    "[x]": "column 1: '[x]' is not part of the language",
    "x.shape": "column 2: the attribute '.shape'",
    "x[:, None]": "column 3: slices",
    "x[0, 1]": "has 2 indices for 1 axes",
    "x[-1]": "is not known to be from 0 to n - 1",
    "X[i*i, 0]": "'i' is not the dim of a declared shape or an index",
    "sum[i](X[i,i])": "the range of 'i' is both n and p",
    "sum[i](2)": "column 1: the range of 'i' is unknown",
    "sum[x](x[0])": "'x' is in use already",
    "sum[i](x[i]*sum[i](x[i]))": "'i' is in use already",
    "sum[i](inv(A*x[i]))": "inv of an entry that depends on the index i",
    "h = x": "the last statement must be an expression; add '; h'",
    "x; y": "only the last statement is an expression",
    "h = x; h = y; h": "column 8: 'h' has a value already",
    "x = y; x": "'x' is declared as a variable",
    "n = y; n": "'n' is declared as a size",
    "a = b = x; a": "column 7: unexpected '='",
    "2 = x; x": "'2' cannot be given a value",
    "h =; h": "no expression after '='",
    "conv2d(x, X)": "conv2d needs w with 4 axes",
    "conv2d(x, x, stride=s)": "'s' is a variable",
    "var(" * 12 + "x" + ")" * 12: "too large",
    "sin(" * 60 + "x" + ")" * 60: "nested too deep",
    "sin(" * 9000: "too long",
    "x" + "+x" * 4000: "too long",
    "x" + "**2" * 300: "too long",
    "x" + ".T" * 300: "too long",
    "-" * 300 + "x": "too long",
    "x\n+ $": "line 2, column 3",
}


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[:30] or "nothing")
def test_what_is_wrong_is_named_with_its_place(text):
    start = time.perf_counter()
    with warnings.catch_warnings(), pytest.raises(InputError) as caught:
        warnings.simplefilter("error")
        parsed(text, LET)
    line = error_line(caught.value)
    assert REFUSED[text] in line
    assert line.isprintable() and len(line) <= 500
    assert time.perf_counter() - start < 5


DECLARATIONS = {
    ("x: n", "x: m"): "'x' is declared twice",
    ("x: -3",): "'-3' is not a dim",
    ("x: 0",): "'0' is not between 1 and",
    ("x: n+1",): "'n+1' is not a dim",
    ("x: n,,m",): "a dim between commas is empty",
    ("x: 99999999999999999999",): "is not between 1 and",
    ("x: 100000,100000",): "too large",
    ("X: 500,50", "W: 50,20"): "too large to be evaluated: 500, 50, 20; give large dims names",
    ("x: n,n,n,n,n,n,n,n,n",): "too many dims",
    ("2x: n",): "'2x' is not a name",
    ("__x: n",): "'__x' is not a name",
    ("\uff58: n",): "is not a name",
    ("lambda: n",): "write 'lambda_'",
    ("x",): "write 'x:' for a scalar",
    ("A: m,n; symmetric",): "'symmetric' needs a square matrix",
    ("x: n; symetric",): "did you mean 'symmetric'?",
    ("s: ; simplex",): "'simplex' needs at least 1 dim",
    ("x: n; positive, positive",): "given twice",
    ("x: n", "n: m"): "'n' is both a size and a variable",
    ("x: " + "n" * 600,): "too long",
    ('x: __import__("os")',): "__import__",
}


@pytest.mark.parametrize("let", DECLARATIONS, ids=lambda let: "|".join(let)[:30])
def test_bad_declarations_are_named(let):
    with pytest.raises(InputError) as caught:
        declared(let)
    assert DECLARATIONS[let] in error_line(caught.value)
    assert error_line(caught.value).startswith("--let ") or len(let[0]) > 500


def test_missing_declarations_are_listed():
    with pytest.raises(InputError) as caught:
        parsed("h = X @ b; sum(h[i]*q) + tanh(y, axis=0)", ["X: n,p"])
    assert caught.value.missing == ("b", "q", "y")


@pytest.mark.parametrize(
    ("names", "kind", "part"),
    [
        (["x"], "gradient", "the gradient needs a scalar, the expression has shape (n)"),
        (["x"], "hessian", "the hessian needs a scalar"),
        (["q"], "jacobian", "--wrt 'q': no declared variable"),
        (["x", "x"], "jacobian", "given twice"),
        (["c"], "jacobian", "declared constant"),
        ([], "jacobian", "--wrt x A c"),
    ],
)
def test_what_cannot_be_differentiated_by_is_named(names, kind, part):
    program = parsed("A @ x", ["x: n", "A: n,n", "c: n; constant"])
    with pytest.raises(InputError) as caught:
        checked_wrt(program, names, kind)
    assert part in error_line(caught.value)
    assert [entry.shape for entry in checked_wrt(program, ["A", "x"], "jacobian")] == [
        program.variables["A"].shape,
        program.variables["x"].shape,
    ]


def test_equations_have_one_shape():
    with pytest.raises(
        InputError, match=r"column 6: the two sides have the shapes \(n\) and \(m\)"
    ):
        statement("x == u", LET)
    with pytest.raises(InputError, match="an equation is wanted"):
        statement("x", LET)


@pytest.mark.parametrize("name", WRITTEN)
def test_what_to_write_instead_is_in_the_language(name):
    assert name not in FUNCTIONS
    read = parsed(WRITTEN[name], ["a: n", "b: n", "low:", "high:", "A: n,n"])
    assert all(named.generated for named in read.definitions)


FRAGMENTS = [
    *FUNCTIONS,
    *string.punctuation,
    *"xsnXAij01",
    "sum[i]",
    "axis=",
    " ",
    "\n",
    "**",
    ".T",
]


@settings(max_examples=150, deadline=2000, derandomize=True)
@given(st.one_of(st.text(max_size=30), st.lists(st.sampled_from(FRAGMENTS)).map("".join)))
def test_any_text_is_read_or_refused(text):
    try:
        parsed(text, LET)
    except InputError as error:
        assert error_line(error).isprintable()
