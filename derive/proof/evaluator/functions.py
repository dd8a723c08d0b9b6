"""Closures of elementary functions, of those with a kink, and of opaque functions."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from derive.proof.evaluator.arithmetic import Undecidable, Value
from derive.proof.evaluator.duals import Dual
from derive.proof.evaluator.points import Polynomial
from derive.proof.evaluator.programs import Program, Run
from derive.terms.nodes import Fn
from derive.terms.tensors import Function


def function(term: Fn, program: Program) -> Run:
    """The closure that applies a function to its arguments."""
    if isinstance(term.function, Function):
        return _opaque(term, term.function, program)
    runs = [program.run(argument) for argument in term.arguments]
    branches = BRANCHES.get(term.function)
    if branches is not None:
        return branches(program, *runs)
    (argument,) = runs
    name, apply = term.function, program.calculus.apply
    if name not in program.arithmetic.functions:

        def refuse() -> Value:
            raise Undecidable(f"{name} of {program.arithmetic.name}")

        return refuse
    direct = program.arithmetic.functions[name]

    def run() -> Value:
        value = argument()
        return apply(name, value) if type(value) is Dual else direct(value)

    return run


def _relu(program: Program, argument: Run) -> Run:
    sign, zero = program.calculus.sign, program.calculus.zero

    def run() -> Value:
        value = argument()
        return value if sign(value) > 0 else zero

    return run


def _abs(program: Program, argument: Run) -> Run:
    sign = program.calculus.sign

    def run() -> Value:
        value = argument()
        return -value if sign(value) < 0 else value

    return run


def _sign(program: Program, argument: Run) -> Run:
    sign = program.calculus.sign
    number = program.arithmetic.number
    return lambda: number(Fraction(sign(argument())))


def _maximum(program: Program, left: Run, right: Run) -> Run:
    sign = program.calculus.sign

    def run() -> Value:
        a, b = left(), right()
        return a if sign(a - b) >= 0 else b

    return run


def _minimum(program: Program, left: Run, right: Run) -> Run:
    sign = program.calculus.sign

    def run() -> Value:
        a, b = left(), right()
        return a if sign(a - b) <= 0 else b

    return run


BRANCHES: dict[str, Callable[..., Run]] = {
    "relu": _relu,
    "abs": _abs,
    "sign": _sign,
    "maximum": _maximum,
    "minimum": _minimum,
}


def _opaque(term: Fn, function: Function, program: Program) -> Run:
    runs = [program.run(argument) for argument in term.arguments]
    key = (function.name, function.orders)
    calculus = program.calculus

    def run() -> Value:
        root = program.root
        polynomial = root.derived.get(key)
        if polynomial is None:
            given = root.point.functions[function.name, function.arity]
            polynomial = root.derived[key] = _differentiated(given, function.orders, program)
        arguments = [part() for part in runs]
        total = calculus.zero
        for exponents, coefficient in polynomial.items():
            product = coefficient
            for argument, exponent in zip(arguments, exponents, strict=True):
                if exponent:
                    product = product * calculus.integer_power(argument, exponent)
            total = total + product
        return total

    return run


def _differentiated(
    polynomial: Polynomial, orders: tuple[int, ...], program: Program
) -> Polynomial:
    """The derivative of a polynomial in the numbers of a program."""
    found: dict[tuple[int, ...], Value] = {}
    number = program.arithmetic.number
    for exponents, coefficient in polynomial.items():
        if any(e < order for e, order in zip(exponents, orders, strict=True)):
            continue
        factor = 1
        for e, order in zip(exponents, orders, strict=True):
            for k in range(order):
                factor *= e - k
        lowered = tuple(e - order for e, order in zip(exponents, orders, strict=True))
        found[lowered] = program.converted(coefficient) * number(Fraction(factor))
    return found
