"""Generated code: right values and shapes, stable, float32, linear cost, any names."""

from __future__ import annotations

import numpy as np
import pytest

from derive.codegen import numpy_source
from derive.language.program import Program, parsed
from derive.rewriting.derivation import gradient_steps

SIZES = {"m": 4, "n": 3, "p": 2, "k": 5, "h": 6, "t": 3}

# expression, declarations, variable, kind
CASES = [
    ("sum((X @ b - y)**2)", "X: m,n / b: n / y: m", "b", "gradient"),
    ("X @ exp(b)", "X: m,n / b: n", "b", "jacobian"),
    ("x - mean(x)", "x: n", "x", "jacobian"),
    ("softmax(x)", "x: n", "x", "jacobian"),
    ("logsumexp(A @ x)", "A: m,n / x: n", "x", "hessian"),
    ("sum(log(1 + exp(-y * (X @ w))))", "X: m,n / y: m / w: n", "w", "hessian"),
    ("logdet(A @ A.T + s*eye(n))", "A: n,m / s: ; positive", "A", "gradient"),
    ("max(X, axis=0)", "X: m,n", "X", "jacobian"),
    ("sum(relu(X @ W) @ V)", "X: m,n / W: n,h / V: h,k", "W", "gradient"),
    ("x / norm(x)", "x: n", "x", "jacobian"),
    ("sum(T * T) * tr(A)", "T: k,m,n / A: n,n", "A", "gradient"),
    ("X.T @ X", "X: m,n", "X", "jacobian"),
]


def declared(let: str) -> list[str]:
    return [line.strip() for line in let.split("/")]


def drawn(program: Program, seed: int = 0) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    shapes = [[s.value(SIZES) for s in a.shape] for a in program.variables.values()]
    return [np.asarray(random.uniform(0.5, 1.5, shape)) for shape in shapes]


def compiled(source: str):
    space: dict = {}
    exec(compile(source, "<generated>", "exec"), space)
    return space["derivative"]


def differences(function, arguments: list[np.ndarray], place: int) -> np.ndarray:
    """Central differences; the axes of the variable come last."""
    columns = []
    for where in np.ndindex(arguments[place].shape):
        moved = []
        for step in (1e-5, -1e-5):
            changed = arguments[place].copy()
            changed[where] += step
            given = [changed if k == place else a for k, a in enumerate(arguments)]
            moved.append(np.asarray(function(*given)))
        columns.append((moved[0] - moved[1]) / 2e-5)
    return np.stack(columns, -1).reshape(columns[0].shape + arguments[place].shape)


def derivative_source(expression: str, let: str, by: str, kind: str) -> tuple[Program, str]:
    program = parsed(expression, declared(let))
    derived = gradient_steps(program.result, program.variables[by], program.context, kind)
    arguments = list(program.variables.values())
    return program, numpy_source(derived.result, arguments, program.context)


@pytest.mark.parametrize(("expression", "let", "by", "kind"), CASES)
def test_the_code_is_the_derivative(expression: str, let: str, by: str, kind: str):
    program, source = derivative_source(expression, let, by, kind)
    arguments, place = drawn(program), list(program.variables).index(by)
    primal = compiled(numpy_source(program.result, list(program.variables.values())))
    if kind == "hessian":
        primal = compiled(derivative_source(expression, let, by, "gradient")[1])
    found = compiled(source)(*arguments)
    np.testing.assert_allclose(found, differences(primal, arguments, place), atol=2e-8, rtol=1e-7)
