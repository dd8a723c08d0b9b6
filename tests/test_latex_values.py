"""Every line of LaTeX of the catalogue has the value of its term, by a reader of its own."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest

from derive import catalogue
from derive.derivation import Record
from derive.notation import faults
from derive.proof.evaluator import Point, Undecidable, Undefined, points, value
from derive.proof.evaluator.intervals import approximate
from derive.render.latex import fragment
from derive.render.pages import Page, page
from derive.terms.nodes import At
from derive.terms.structure import ordered_free_indices, reachable
from derive.terms.tensors import Inverse, Kind, Tensor
from tests.latex.meaning import Definition, Env
from tests.latex.reader import Reader
from tests.latex.tokens import IGNORED, RELATIONS, SIZE, TOKEN
from tests.latex.values import Multiple, Ones, plain

ALIASES = {"eps": "epsilon", "lam": "lambda", "lambda_": "lambda"}
SHAPES, PLACES = 2, 3  # at which a line is compared


# --------------------------------------------------------------------------------------------
# What a page says of its names


def plain_name(text: str) -> str:
    """``\\hat{x}_{1}`` without its dress, to be compared with the names of tensors."""
    text = re.sub(r"\\(hat|bar|tilde)\{([^}]*\}?)\}", r"\2\1", text)
    text = re.sub(r"\\mathrm|[\\{}_, ]", "", text)
    return text


def tensor_name(name: str) -> str:
    stem, _, rest = name.partition("_")
    if name in ALIASES:
        return ALIASES[name]
    greek = dict(zip("αβγδεθλμνπρστφχψω", GREEK, strict=True))
    return "".join(greek.get(c, c) for c in ALIASES.get(stem, stem) + rest.replace("_", ""))


GREEK = (
    "alpha beta gamma delta epsilon theta lambda mu nu pi rho sigma tau phi chi psi omega".split()
)


FLOOR = r"(\S+) = \\left\\lfloor \\frac\{(.*)\}\{(.*)\} \\right\\rfloor \+ 1"


class Told:
    """The where-lines of a page: the axes of its names, ranges, definitions."""

    def __init__(self, clauses: tuple[str, ...], tensors: dict[str, Tensor]) -> None:
        self.axes: dict[str, int] = {}
        self.ranges: dict[str, tuple[int, str]] = {}
        self.equations: list[tuple[str, str]] = []
        self.sizes: dict[str, tuple[str, str, int]] = {}  # floors, and what is added to them
        self.tensors = {}
        for clause in clauses:
            self._read(clause, tensors)

    def _read(self, clause: str, tensors: dict[str, Tensor]) -> None:
        space = re.fullmatch(r"(.*?) \\in \\mathbb\{R\}(.*)", clause)
        ranged = re.fullmatch(r"(.*?) \\in \\\{(\d), \\ldots, (.*)\\\}", clause)
        if ranged:
            for name in ranged[1].split(", "):
                self.ranges[name] = (int(ranged[2]), ranged[3])
        elif space:
            self._named(space[1], tensors)
        elif clause.startswith(r"\text{") or clause.endswith(r" \in \mathbb{N}"):
            return  # words about a size, or about all entries
        elif floor := re.fullmatch(FLOOR, clause):
            self.sizes[floor[1]] = (floor[2], floor[3], 1)
        elif (size := re.fullmatch(r"([A-Z]) = (.*)", clause)) and size[1] not in tensors:
            self.sizes[size[1]] = (size[2], "1", 0)
        else:
            left, _, right = clause.partition(" = ")
            self.equations.append((left, in_a_row(right)))
            self._named(left.partition("_")[0] if "_" in left else left, tensors, left)

    def _named(self, name: str, tensors: dict[str, Tensor], whole: str = "") -> None:
        for text in dict.fromkeys((name, whole, whole[1:].partition(")")[0])):
            key = plain_name(text)
            if text and key in tensors:
                spaced = text.replace(" ", "")
                self.axes[spaced] = len(tensors[key].shape) - tensors[key].has(Kind.MOMENTS)
                self.tensors[spaced] = tensors[key]
                return
        for text in re.findall(r"^\(?(.*?)\)?(?:_\{[^}]*\})?$", whole or name):
            key = plain_name(text)
            assert key in tensors, (name, whole, sorted(tensors))
            random = tensors[key].has(Kind.MOMENTS)
            self.axes[text.replace(" ", "")] = len(tensors[key].shape) - random
            self.tensors[text.replace(" ", "")] = tensors[key]


def opaque(polynomials, name: str, arity: int):
    """A function as the polynomial that the point has for it, with derivatives."""

    def called(orders, arguments):
        result = 0.0
        for exponents, coefficient in polynomials[name, arity].items():
            factor = float(coefficient)
            for k, exponent in enumerate(exponents):
                for _ in range(orders.get(k, 0)):
                    factor, exponent = factor * exponent, exponent - 1
                for _ in range(max(exponent, 0)):
                    factor = factor * arguments[k]
            result = result + factor
        return result

    return called


def env_of(told: Told, functions: dict[str, int], point: Point) -> Env:
    """What the names of a page mean at a point."""
    values = {tensor_name(t.name): t for t in point.values}
    arrays = {
        name: np.array(
            np.vectorize(number, otypes=[object])(np.array(point.nested(t), dtype=object)),
            dtype=object,
        )
        for name, t in told.tensors.items()
        if tensor_name(t.name) in values
    }
    axes = {**told.axes, **{latex_of(s): SIZE for s in point.sizes}}
    sizes = {latex_of(s): v for s, v in point.sizes.items()}
    definitions: dict[str, Definition] = {}
    for left, right in told.equations:
        name, names = defined(left.replace(" ", ""), told)
        body = Reader(right, axes, functions).all()
        if names and names[0] == "0":
            definitions[name] = Definition(names[1:], body)
        elif names and names[0].endswith("+1"):
            own = (names[0][0], *names[1:])
            definitions[name] = Definition(own, body, definitions[name])
        else:
            definitions[name] = Definition(names, body)
    first = min((low for low, _ in told.ranges.values()), default=1)
    env = Env(sizes, arrays, definitions, {}, first)
    random = {n: t for n, t in told.tensors.items() if t.has(Kind.MOMENTS)}
    env.groups = {name: weights(tensor).name for name, tensor in random.items()}
    env.chances = {weights(t).name: chances(weights(t), point) for t in random.values()}
    env.functions = {n: opaque(point.functions, n, k) for n, k in functions.items()}
    env.ranges = {
        name: range(low, int(plain(Reader(high, axes, {}).all()(env))) + 1)
        for name, (low, high) in told.ranges.items()
    }
    return env


def number(exact) -> float:
    """A number of a point, which may be an interval around a root."""
    return float(exact) if isinstance(exact, int | float | Fraction) else float(approximate(exact))


def weights(tensor: Tensor) -> Tensor:
    """The chances of the outcomes of a random tensor."""
    return next(fact for fact in tensor.facts if fact.kind is Kind.MOMENTS).arguments[0]


def chances(tensor: Tensor, point: Point) -> list[float]:
    size = tensor.shape[0].value(point.sizes)
    return [value(At(tensor, (k,)), point) for k in range(size)]


def defined(left: str, told: Told) -> tuple[str, tuple[str, ...] | None]:
    """The name on the left of a definition, and the indices of an entry."""
    slots = re.fullmatch(r"(.*)_\{([^}]*)\}", left)
    if left in told.axes or not slots:
        return left, None
    letters = slots[2].split(",") if "," in slots[2] or "+" in slots[2] else slots[2]
    return slots[1].removeprefix("(").removesuffix(")"), tuple(letters)


def latex_of(size: str) -> str:
    """A size as it is printed; none of the catalogue has more than one word."""
    stem, _, rest = size.partition("_")
    digits = re.fullmatch(r"([A-Za-z]+)(\d+)", stem)
    if digits and not rest:
        stem, rest = digits[1], digits[2]
    return f"{upright(stem)}_{{{upright(rest)}}}" if rest else upright(stem)


def upright(word: str) -> str:
    return word if len(word) == 1 else rf"\mathrm{{{word}}}"


# --------------------------------------------------------------------------------------------
# The lines of a chain


def without_reasons(environment: str) -> str:
    """Without reasons that have rows of their own, formulas in them included."""
    return re.sub(r"&\\qquad \\text\{.*(?:\n\s*&\\qquad.*)*", "", environment)


def without_texts(environment: str) -> str:
    pieces = environment.split(r"\text{")
    found = pieces[0]
    for piece in pieces[1:]:
        depth = 1
        for k, sign in enumerate(piece):
            depth += {"{": 1, "}": -1}.get(sign, 0) if piece[k - 1] != "\\" else 0
            if not depth:
                found += piece[k + 1 :]
                break
    return found


def in_a_row(text: str) -> str:
    """Conditions below each other as conditions in a row."""
    pattern = r"\\substack\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}"
    return re.sub(pattern, lambda found: found[1].replace(r"\\", ","), text)


def lines_of(environment: str) -> Iterator[list[str]]:
    """The formulas between the relations of an aligned environment, as tokens."""
    inner = re.sub(
        r"\\(begin|end)\{aligned(?:at)?\}(\{2\})?|\\\\(\[4pt\])?",
        " ",
        in_a_row(without_reasons(environment).replace(r"{}\cdot", "")),
    )
    tokens = [t for t in TOKEN.findall(without_texts(inner)) if t not in IGNORED]
    line: list[str] = []
    depth = 0
    for token in tokens:
        depth += {"{": 1, "(": 1, r"\{": 1, "}": -1, ")": -1, r"\}": -1}.get(token, 0)
        if token in RELATIONS and not depth:
            yield line
            line = []
        else:
            line.append(token)
    yield line


def compare(shown: Page, told: Told, point: Point, functions: dict[str, int]) -> Iterator[str]:
    """The lines that have a value at a point, which is that of their terms or the test fails."""
    env = env_of(told, functions, point)
    axes = {**told.axes, **dict.fromkeys(env.sizes, SIZE)}
    for name, (above, below, more) in told.sizes.items():
        numerator, divisor = (plain(Reader(part, axes, {}).all()(env)) for part in (above, below))
        assert env.sizes[name] == numerator // divisor + more, (name, above, below)
    for chain, environment in zip(
        shown.record.chains.values(), environments(shown.record), strict=True
    ):
        texts = list(lines_of(environment))
        assert len(texts) == len(chain.lines)
        for line, tokens in zip(chain.lines, texts, strict=True):
            reader = Reader("", axes, functions)
            reader.tokens = tokens
            node = reader.all()
            if agree(shown, line, node, env, point, " ".join(tokens)):
                yield " ".join(tokens)


def moved(line, point: Point) -> float:
    """How much larger a rounding of what is inverted in a line comes out, at least 1."""
    inverses = [t for t in reachable(line.body) if isinstance(t.origin, Inverse)]
    sizes = [[range(size.value(point.sizes)) for size in t.shape] for t in inverses]
    places = [
        (t, place)
        for t, own in zip(inverses, sizes, strict=True)
        for place in itertools.product(*own)
    ]
    return max([1.0, *(abs(value(At(t, place), point)) for t, place in places)])


def agree(shown: Page, line, node, env: Env, point: Point, text: str) -> bool:
    """Whether a line has a value; it is that of the text at several places."""
    own = [*line.indices, *(i for i in ordered_free_indices(line.body) if i not in line.indices)]
    places = list(itertools.product(*(range(i.size.value(point.sizes)) for i in own)))
    for place in places[:: max(1, len(places) // PLACES)]:
        given = {shown.reader.names[i]: k + env.first for i, k in zip(own, place, strict=True)}
        try:
            wanted = value(line.body, point, dict(zip(own, place, strict=True)))
            growth = moved(line, point)
        except (Undecidable, Undefined):
            return False
        got = entry(node(env.at(**given)), place[: line.ndim])
        assert abs(got - wanted) <= 1e-12 * max(growth, abs(wanted)), (text, place, got, wanted)
    return True


def entry(got, place: tuple[int, ...]) -> float:
    """The entry of what a line stands for: a matrix, or the entry already."""
    if isinstance(got, Multiple):
        return plain(got.factor) * (len(set(place)) < 2)
    if isinstance(got, Ones):
        return 1.0
    if not isinstance(got, np.ndarray):
        return plain(got)
    full = (*place, *(0 for _ in got.shape[len(place) :]))
    return plain(got[tuple(0 if s == 1 else k for k, s in zip(full, got.shape, strict=True))])


@pytest.mark.parametrize("name", catalogue.entries())
def test_every_page_reads_well_and_every_line_has_the_value_of_its_term(name: str):
    for record in catalogue.derivation(name).records():
        assert faults(fragment(record)) == (), record.conventions
        read = set(lines_of_chains(record))
        assert read and compared_lines(record) == read, record.conventions


def lines_of_chains(record: Record) -> Iterator[str]:
    for environment in environments(record):
        yield from map(" ".join, lines_of(environment))


def environments(record: Record) -> list[str]:
    return re.findall(r"\\begin\{al.*?\\end\{al[a-z]*\}", fragment(record), re.DOTALL)


def compared_lines(record: Record) -> set[str]:
    """The lines of a page that were read and have the values of their terms."""
    shown = page(record)
    bodies = [line.body for line in shown.items]
    reached = dict.fromkeys(t for body in bodies for t in reachable(body))
    told = Told(shown.where("latex"), {tensor_name(t.name): t for t in reached if t.name})
    seen: set[tuple[tuple[str, int], ...]] = set()
    compared: set[str] = set()
    variables = [At(t, [0] * len(t.shape)) for t in reached if t.is_variable]
    for point in itertools.islice(points([*bodies, *variables], record.context), 12):
        shape = tuple(point.sizes.items())
        if shape in seen or len(seen) == SHAPES:
            continue
        functions = dict(point.functions.keys())
        compared.update(compare(shown, told, point, functions))
        seen.add(shape)
    return compared
