"""Spaces: where a variable lives, which says its shape, its facts, how to draw it, how to write it.

`z: Vector[K]` in the signature of a derivation is a vector variable; `y: Simplex[K]` is one with
nonnegative entries that sum to one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from derive.terms import indices as terms_indices
from derive.terms.arrays import NAMES, Array
from derive.terms.contexts import Context
from derive.terms.nodes import At
from derive.terms.sizes import Size, SizeLike
from derive.terms.tensors import Fact, Kind, Tensor

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats: TypeAlias = npt.NDArray[np.float64]
    Sampler: TypeAlias = Callable[[np.random.Generator, tuple[int, ...]], Floats]

Facts: TypeAlias = frozenset[tuple[Tensor, Fact]]


class Variable(Array):
    """A parameter of a derivation: all entries of one tensor, with the space it lives in."""

    __slots__ = ("space", "tensor")

    def __init__(self, tensor: Tensor, space: Space) -> None:
        axes = [terms_indices.Index(NAMES[k], size) for k, size in enumerate(tensor.shape)]
        super().__init__(axes, At(tensor, axes))
        self.tensor = tensor
        self.space = space

    @property
    def facts(self) -> Facts:
        """What the space says of the variable, as a reason for a link."""
        return frozenset((self.tensor, fact) for fact in self.tensor.facts)


@dataclass(frozen=True)
class Family:
    """A kind of space; its shape is given in brackets, and none is needed for a scalar.

    >>> n, p = Size.of("n"), Size.of("p")
    >>> Matrix[n, p], Simplex[n]
    (ℝⁿˣᵖ, Δⁿ⁻¹)
    """

    name: str
    axes: tuple[int, ...]  # how many sizes it may be given
    kinds: tuple[Kind, ...]
    draw: Sampler
    words: str = ""  # what follows the set: "positive definite"
    square: bool = False
    symbol: str = "ℝ"
    bounded: bool = False  # so that a draw is never stretched

    def __getitem__(self, sizes: SizeLike | tuple[SizeLike, ...]) -> Space:
        given = tuple(Size.of(s) for s in (sizes if isinstance(sizes, tuple) else (sizes,)))
        if len(given) not in self.axes:
            wanted = " or ".join(str(k) for k in self.axes)
            raise TypeError(f"{self.name} takes {wanted} sizes, got {len(given)}")
        return Space(self, given * 2 if self.square else given)


@dataclass(frozen=True, repr=False)
class Space:
    """A family with its shape."""

    family: Family
    shape: tuple[Size, ...] = ()

    @property
    def words(self) -> str:
        """What the set alone does not say, ``positive definite``."""
        return self.family.words

    @property
    def context(self) -> Context:
        """What the existence of such a variable says of its sizes."""
        tall = Kind.FULL_COLUMN_RANK in self.family.kinds or Kind.ORTHONORMAL in self.family.kinds
        return at_least(*self.shape) if tall else Context()

    def variable(self, name: str) -> Variable:
        """A variable of this space."""
        return Variable(Tensor(name, self.shape, tuple(map(Fact, self.family.kinds))), self)

    def sample(
        self, rng: np.random.Generator, sizes: Mapping[str, int], scale: float = 1.0
    ) -> Floats:
        """A float64 draw at given sizes; the scale stretches what the facts leave free.

        >>> import numpy as np
        >>> Simplex["K"].sample(np.random.default_rng(0), {"K": 3}).sum().round(12).item()
        1.0
        """
        import numpy as np

        shape = tuple(size.value(sizes) for size in self.shape)
        values = np.asarray(self.family.draw(rng, shape))
        kept = self.family.bounded or set(self.family.kinds) & _UNSCALED
        return values if kept else values * scale

    def text(self, ascii: bool = False) -> str:
        """The set in one line: ``ℝⁿˣᵖ``, or ``R^(n x p)`` in ASCII."""
        raised = _raised_ascii if ascii else _raised
        symbol = _ASCII[self.family.symbol] if ascii else self.family.symbol
        if self.family.symbol == "Δ":
            *rows, last = self.shape
            simplex = symbol + raised((last - 1,))
            return f"({simplex}){raised(rows)}" if rows else simplex
        return symbol + raised(self.shape)

    def __repr__(self) -> str:
        return " ".join(filter(None, (self.text(), self.words)))


@dataclass(frozen=True)
class IndexSpace:
    """The range ``0 .. size - 1`` of a free index: the statement holds for every value."""

    size: Size

    def index(self, name: str) -> terms_indices.Index:
        """An index with this range."""
        return terms_indices.Index(name, self.size)


class _IndexFamily:
    def __getitem__(self, size: SizeLike) -> IndexSpace:
        return IndexSpace(Size.of(size))


@dataclass(frozen=True)
class Choices:
    """The values of a convention."""

    values: tuple[str, ...]


@dataclass(frozen=True)
class Whole:
    """A size that is an argument of its own, such as a stride: `stride: Integer[s]`."""

    size: Size


class _WholeFamily:
    def __getitem__(self, size: SizeLike) -> Whole:
        return Whole(Size.of(size))


class _ChoicesFamily:
    def __getitem__(self, values: str | tuple[str, ...]) -> Choices:
        return Choices(values if isinstance(values, tuple) else (values,))


def at_least(larger: SizeLike, smaller: SizeLike) -> Context:
    """The context in which one size is at least another: ``at_least(n, p)``, ``at_least(n, 2)``.

    >>> at_least("n", "p").is_nonnegative(Size.of("n") - Size.of("p"))
    True
    """
    larger, smaller = Size.of(larger), Size.of(smaller)
    bound = smaller.constant
    if bound is not None and larger == Size.of(str(larger)):
        return Context({str(larger): bound})
    return Context({}, (larger - smaller,))


# --------------------------------------------------------------------------------------------
# Draws


def _normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    return rng.standard_normal(shape)


def _positive(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    return 0.1 + rng.exponential(size=shape)


def _share(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    return rng.uniform(0.05, 0.8, size=shape)


def _nonnegative(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Some entries are exactly 0."""
    return rng.exponential(size=shape) * (rng.random(shape) < 0.8)


def _probability(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    return 1 - 0.95 * rng.random(shape)


def _simplex(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    return rng.dirichlet([1.0] * shape[-1], size=shape[:-1])


def _one_hot(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    import numpy as np

    return np.eye(shape[-1])[rng.integers(shape[-1], size=shape[:-1])]


def _symmetric(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    a = rng.standard_normal(shape)
    return (a + a.swapaxes(-1, -2)) / 2


def _positive_definite(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    import numpy as np

    a = rng.standard_normal(shape)
    return a @ a.swapaxes(-1, -2) / shape[-1] + np.eye(shape[-1]) / 2


def _nonsingular(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    import numpy as np

    return rng.standard_normal(shape) / 2 + 2 * np.eye(shape[-1])


def _tall(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Well away from rank deficiency: orthonormal columns, stretched by an invertible matrix."""
    return _orthonormal(rng, shape) @ _nonsingular(rng, (shape[-1], shape[-1]))


def _orthonormal(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    import numpy as np

    return np.linalg.qr(rng.standard_normal(shape))[0]


def _mask(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    return rng.integers(2, size=shape).astype(float)


def _signs(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    return 2 * _mask(rng, shape) - 1


# --------------------------------------------------------------------------------------------
# The spaces: name, sizes it takes, facts, draw, words, square

_ANY = (0, 1, 2, 3, 4)
_FROM_ONE = _ANY[1:]

Real = Family("Real", (0,), (), _normal)
Positive = Family("Positive", _ANY, (Kind.POSITIVE,), _positive, symbol="ℝ₊")
UnitInterval = Family(
    "UnitInterval", _ANY, (Kind.POSITIVE,), _share, "below one", symbol="ℝ₊", bounded=True
)
Nonnegative = Family("Nonnegative", _ANY, (Kind.NONNEGATIVE,), _nonnegative, symbol="ℝ₊₀")
Probability = Family(
    "Probability", _ANY, (Kind.POSITIVE,), _probability, "at most 1", symbol="ℝ₊", bounded=True
)
Vector = Family("Vector", (1,), (), _normal)
Matrix = Family("Matrix", (2,), (), _normal)
Tensor3 = Family("Tensor3", (3,), (), _normal)
Tensor4 = Family("Tensor4", (4,), (), _normal)
Simplex = Family("Simplex", _FROM_ONE, (Kind.SIMPLEX,), _simplex, symbol="Δ")
PositiveSimplex = Family(
    "PositiveSimplex",
    _FROM_ONE,
    (Kind.SIMPLEX, Kind.POSITIVE),
    _simplex,
    "without zeros",
    symbol="Δ",
)
OneHot = Family("OneHot", _FROM_ONE, (Kind.ONE_HOT,), _one_hot, "one-hot", symbol="{0,1}")
Symmetric = Family("Symmetric", (1,), (Kind.SYMMETRIC,), _symmetric, "symmetric", square=True)
PositiveDefinite = Family(
    "PositiveDefinite",
    (1,),
    (Kind.POSITIVE_DEFINITE,),
    _positive_definite,
    "positive definite",
    square=True,
)
Nonsingular = Family(
    "Nonsingular", (1,), (Kind.NONSINGULAR,), _nonsingular, "nonsingular", square=True
)
FullColumnRank = Family(
    "FullColumnRank", (2,), (Kind.FULL_COLUMN_RANK,), _tall, "of full column rank"
)
Orthonormal = Family(
    "Orthonormal", (2,), (Kind.ORTHONORMAL,), _orthonormal, "with orthonormal columns"
)
Mask = Family("Mask", _ANY, (Kind.MASK,), _mask, "a mask", symbol="{0,1}")
Signs = Family("Signs", _ANY, (Kind.SIGNS,), _signs, "of signs", symbol="{−1,1}")

# `i: Index[n]` is a free index, `stride: Integer[s]` a size that has a name of its own in code;
# `reduction: OneOf["none", "mean"] = "none"` is a convention, for
# which `typing.Literal` does as well, and pleases tools that read quotes in a signature as names.
Index = _IndexFamily()
Integer = _WholeFamily()
OneOf = _ChoicesFamily()

_UNSCALED = {Kind.SIMPLEX, Kind.ONE_HOT, Kind.ORTHONORMAL, Kind.MASK, Kind.SIGNS}


# --------------------------------------------------------------------------------------------
# Notation

_ASCII = {"ℝ": "R", "ℝ₊": "R+", "ℝ₊₀": "R0+", "Δ": "Simplex", "{0,1}": "{0,1}", "{−1,1}": "{-1,1}"}
_SUPERSCRIPTS = dict(
    zip(
        "0123456789+-()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVW",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂ",
        strict=True,
    )
)


def _raised(shape: Iterable[Size]) -> str:
    """The sizes as an exponent; on the line where a letter has no raised form."""
    parts = [str(size).replace(" ", "") for size in shape]
    if all(c in _SUPERSCRIPTS for part in parts for c in part):
        return "ˣ".join("".join(_SUPERSCRIPTS[c] for c in part) for part in parts)
    return f"^({'×'.join(parts)})"


def _raised_ascii(shape: Iterable[Size]) -> str:
    parts = [str(size) for size in shape]
    return f"^({' x '.join(parts)})" if parts else ""
