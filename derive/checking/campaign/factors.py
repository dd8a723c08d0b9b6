"""What a factor found by fitting stands for: a number, a size, a parameter, or a quotient."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations

CLOSE = 1e-6

NUMBERS = tuple(Fraction(s) for s in "1 -1 2 1/2 -2 -1/2 3 1/3 4 1/4 3/2 2/3 3/4 4/3".split())


# Words with {s} and {t} for names, and the value: of one size, of two, of one parameter.
OF_ONE: tuple[tuple[str, Callable[[float], float]], ...] = (
    ("{s}", lambda s: s),
    ("1/{s}", lambda s: 1 / s),
    ("{s}/({s} - 1)", lambda s: s / (s - 1)),
    ("({s} - 1)/{s}", lambda s: (s - 1) / s),
    ("({s} - 1)", lambda s: s - 1),
    ("1/({s} - 1)", lambda s: 1 / (s - 1)),
    ("√{s}", lambda s: s**0.5),
    ("1/√{s}", lambda s: s**-0.5),
    ("{s}²", lambda s: s**2),
    ("1/{s}²", lambda s: s**-2),
)
OF_TWO: tuple[tuple[str, Callable[[float, float], float]], ...] = (
    ("{s} {t}", lambda s, t: s * t),
    ("1/({s} {t})", lambda s, t: 1 / (s * t)),
    ("{s}/{t}", lambda s, t: s / t),
    ("{t}/{s}", lambda s, t: t / s),
)
OF_PARAMETER: tuple[tuple[str, Callable[[float], float]], ...] = (
    ("{s}", lambda s: s),
    ("1/{s}", lambda s: 1 / s),
    ("(1 - {s})", lambda s: 1 - s),
    ("1/(1 - {s})", lambda s: 1 / (1 - s)),
    ("{s}²", lambda s: s**2),
    ("√{s}", lambda s: abs(s) ** 0.5),
)


def _candidates(
    sizes: Sequence[str], parameters: Sequence[str], rows: Sequence[Mapping[str, float]]
) -> Iterator[tuple[str, list[float]]]:
    """Named factors with their values at all rows, the simplest first."""
    for words, value in OF_ONE:
        for s in sizes:
            yield words.format(s=s), [_at(value, row[s]) for row in rows]
    for s, t in combinations(sizes, 2):
        for words, both in OF_TWO:
            yield words.format(s=s, t=t), [_at(both, row[s], row[t]) for row in rows]
    for words, value in OF_PARAMETER:
        for s in parameters:
            yield words.format(s=s), [_at(value, row[s]) for row in rows]


def factor_name(
    values: Sequence[float],
    sizes: Sequence[Mapping[str, int]],
    scalars: Sequence[Mapping[str, float]] = (),
) -> str:
    """What a factor, seen at several assignments of sizes and scalars, is; nothing if unknown.

    >>> factor_name([1/3, 1/5], [{"n": 3}, {"n": 5}])
    '1/n'
    >>> factor_name([0, 0], [{"n": 3}, {"n": 5}]), factor_name([0.3, 0.7], [{"n": 3}, {"n": 5}])
    ('0', '')
    """
    if all(abs(v) < CLOSE for v in values):
        return "0"
    rows: list[dict[str, float]] = [dict(s) for s in sizes]
    for row, more in zip(rows, scalars, strict=False):
        row.update(more)
    for number in NUMBERS:
        if _fits(values, [float(number)] * len(values)):
            return str(number)
    names = [name for name in (sizes[0] if sizes else {}) if _varies(name, rows)]
    parameters = [name for name in (scalars[0] if scalars else {}) if _varies(name, rows)]
    for said, wanted in _candidates(names, parameters, rows):
        for number in NUMBERS:
            if _fits(values, [float(number) * w for w in wanted]):
                return _product(number, said)
    return ""


def _varies(name: str, rows: Sequence[Mapping[str, float]]) -> bool:
    return len({row[name] for row in rows}) > 1


def _at(value: Callable[..., float], *arguments: float) -> float:
    try:
        return float(value(*arguments))
    except ZeroDivisionError:
        return float("nan")


def _fits(values: Sequence[float], wanted: Sequence[float]) -> bool:
    pairs = zip(values, wanted, strict=True)
    return all(abs(v - w) <= CLOSE * max(abs(w), CLOSE) for v, w in pairs)


def _product(number: Fraction, said: str) -> str:
    if number == 1:
        return said
    if number == -1:
        return f"-{said}"
    if said.startswith("1/") and number.denominator == 1:
        return f"{number}{said[1:]}"
    return f"{number} {said}"


def inverse_name(name: str) -> str:
    """The reciprocal of a named factor.

    >>> inverse_name("1/2"), inverse_name("n"), inverse_name("1/(n - 1)")
    ('2', '1/n', '(n - 1)')
    """
    if name.startswith("1/"):
        return name[2:]
    number = Fraction(name) if name.lstrip("-").replace("/", "").isdigit() else None
    if number is not None:
        return str(1 / number)
    left, slash, right = name.partition("/")
    if slash:
        return f"{right}/{left}"
    return f"1/{name}" if " " not in name or name.startswith("(") else f"1/({name})"


def factor_words(name: str, of: str) -> str:
    """What a factor between the user's result and a formula means."""
    if name == "-1":
        return f"the sign of {of} is reversed"
    if name.startswith("-"):
        return f"yours is {name} times {of}: the sign is reversed as well"
    return f"yours is {name} times {of}: the factor {inverse_name(name)} is missing"


def term_words(name: str, said: str) -> str:
    """What a factor of one term means."""
    if name == "0":
        return f"the term  {said}  is missing"
    if name == "-1":
        return f"the sign of the term  {said}  is reversed"
    return f"the term  {said}  is multiplied by {name}"
