"""What one draw says of a user's code: an outcome for every output, and breaches of protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from derive.checking.campaign.branches import Formula, Open, together
from derive.checking.campaign.calls import UserError
from derive.checking.campaign.inputs import ATTEMPTS, Draw, moved_into_domain
from derive.checking.campaign.protocol import breaches_of, observed
from derive.checking.campaign.targets import FORWARD
from derive.checking.campaign.tied import Tied
from derive.checking.campaign.tolerance import Deviation, deviation
from derive.checking.campaign.trajectories import Trajectory
from derive.checking.campaign.weights import fitted
from derive.checking.rounding import Value
from derive.checking.values import WIDE, Point

Reals: TypeAlias = npt.NDArray[Any]
Kind: TypeAlias = type[np.floating[Any]]
Found: TypeAlias = tuple[Draw, tuple[dict[str, Value], Open]]

MOST_WEIGHTS = 60  # open branches that are fitted; beyond that a point decides nothing
# Where code may say that it takes no such input: a refusal is no wrong answer.
REFUSABLE = ("empty batch", "sizes of one", "integers", "ill-conditioned", "parameters")
FITTED = 1e-6  # what is left after a fit of weights, which is no more exact than that


@dataclass(frozen=True)
class Failure:
    """What is wrong with one output at one draw."""

    output: str
    kind: str  # value, finite, shape, dtype, type, raises, hangs
    message: str
    draw: Draw
    deviation: Deviation | None = None
    trace: str = ""


@dataclass(frozen=True)
class Outcome:
    """One draw: the failures, the outputs that were decided, and how far these were off."""

    draw: Draw
    failures: tuple[Failure, ...] = ()
    errors: Mapping[str, Deviation] = field(default_factory=dict)
    breaches: tuple[tuple[str, str], ...] = ()  # kind and message
    note: str = ""
    open: int = 0  # branches that the formula leaves open there
    truncated: tuple[str, ...] = ()  # outputs that a layer truncates to the type of its input
    refused: tuple[Failure, ...] = ()  # no mistake, unless the code takes nothing at all

    @property
    def is_right(self) -> bool:
        """Whether nothing is wrong."""
        return not self.failures and not self.breaches


@dataclass(frozen=True)
class Examination(Tied):
    """The user's code at draws, next to the values of the formulas there."""

    seed: int = 0
    own: tuple[Draw, ...] = ()  # inputs of the user's own, in place of draws
    _last: dict[Kind, Found] = field(init=False, repr=False, compare=False, default_factory=dict)
    _ahead: dict[int, Found] = field(init=False, repr=False, compare=False, default_factory=dict)

    # ------------------------------------------------------------------------------------
    # The formula's side

    def formula(self, draw: Draw, kind: Kind = WIDE) -> Formula | Trajectory:
        """The formulas at a draw."""
        hidden = {name: np.asarray(v) for name, v in self.binding.hidden.items()}
        variables = {**draw.arrays, **hidden}
        if self.target.trajectory is not None and self.target.record is not None:
            roles = self.target.trajectory
            return Trajectory(self.target.record, draw.sizes, variables, roles, self.lines)
        eps = float(np.finfo(draw.dtype).eps)
        return Formula(
            draw.sizes,
            variables,
            eps,
            self.lines,
            lambda: self._probes(draw),
            kind,
            self.target.inverts,
        )

    def _probes(self, draw: Draw) -> list[Point]:
        """Other values of the same sizes, at which conditions are told apart."""
        spaces = self.target.spaces.items()
        found = []
        for k in range(3):
            rng = np.random.default_rng([self.seed, draw.number, 2, k])
            values = {name: np.asarray(space.sample(rng, draw.sizes)) for name, space in spaces}
            found.append(Point(draw.sizes, values))
        return found

    def look_ahead(self, draws: Sequence[Draw]) -> None:
        """Evaluate the formulas at draws of the same sizes, all at once, as far as that goes."""
        formulas = [f for draw in draws if isinstance(f := self.formula(draw), Formula)]
        if len(formulas) < 2:
            return
        try:
            with np.errstate(all="ignore"):
                found = together(formulas)
        except (ValueError, IndexError, ZeroDivisionError):
            return  # draws that have no value are looked at one by one
        self._ahead.update((id(d), (d, v)) for d, v in zip(draws, found, strict=True) if v)

    def wanted(self, draw: Draw) -> tuple[dict[str, Value], Open]:
        """The values of the formulas, and what is open there."""
        return self._found(draw, WIDE)

    def nearly(self, draw: Draw) -> tuple[dict[str, Value], Open]:
        """The same in double precision, where the wider type is much work."""
        return self._found(draw, np.float64 if draw.is_large else WIDE)

    def _found(self, draw: Draw, kind: Kind) -> tuple[dict[str, Value], Open]:
        ahead = self._ahead.pop(id(draw), None)
        if ahead is not None:
            self._last[WIDE] = ahead
        last = self._last.get(kind)
        if last is None or last[0] is not draw:
            with np.errstate(all="ignore"):
                last = self._last[kind] = draw, self.formula(draw, kind).at()
        values, opened = last[1]
        return dict(values), opened

    def in_domain(self, draw: Draw) -> Draw:
        """A draw at which the formulas are defined, this one if they are here."""
        if draw.is_own or self._is_defined(draw):
            return draw
        for attempt in range(ATTEMPTS):
            moved = moved_into_domain(self.target, draw, attempt)
            if self._is_defined(moved):
                return moved
        return draw

    def _is_defined(self, draw: Draw) -> bool:
        try:
            values, _ = self.nearly(draw)
        except (ValueError, IndexError, ZeroDivisionError):
            return draw.regime == "empty batch"
        return any(np.isfinite(v.numbers).all() and v.numbers.size for v in values.values())

    def outcome(self, draw: Draw, thorough: bool = False) -> Outcome:
        """What one draw says; thoroughly, the protocol as well."""
        draw = self.in_domain(draw)
        try:
            seen = observed(self, draw)
        except UserError as error:
            return self._raised(draw, error)
        found, failures = self._arrays(draw, seen.results, seen.forward)
        judged = self._judged(draw, found, failures)
        if draw.regime == "integers" and judged.failures and seen.forward is not None:
            # A gradient in integers is read as one in real numbers; to truncate it is no mistake
            # of the formula, but it is worth saying.
            names = tuple(dict.fromkeys(f.output for f in judged.failures))
            return Outcome(draw, errors=judged.errors, truncated=names)
        breaches = list(seen.breaches)
        if thorough and not judged.failures:
            try:
                breaches += breaches_of(self, draw, seen)
            except UserError as error:
                breaches.append(("twice", f"a second call {_said(error)}"))
        return Outcome(
            draw, judged.failures, judged.errors, tuple(dict(breaches).items()), "", judged.open
        )

    def _raised(self, draw: Draw, error: UserError) -> Outcome:
        said, trace = _said(error), error.trace
        failures = tuple(Failure(name, error.kind, said, draw, trace=trace) for name in self.lines)
        if error.kind != "raises" or draw.is_own:
            return Outcome(draw, failures)
        axes = (size for array in draw.arrays.values() for size in array.shape)
        if draw.regime in REFUSABLE or min(axes, default=2) < 2:
            return Outcome(draw, note=f"{draw.regime}: {said}", refused=failures)
        if self._says_nothing(draw):
            return Outcome(draw)  # a singular matrix has no inverse
        if self._refuses_settings(draw):
            note = f"some of its settings: {said}"
            return Outcome(draw, note=note, refused=failures)
        return Outcome(draw, failures)

    def _says_nothing(self, draw: Draw) -> bool:
        """Whether the formula has no value there either, or none that rounding leaves."""
        eps = float(np.finfo(draw.dtype).eps)
        values, _ = self.wanted(draw)
        for value in values.values():
            largest = float(np.max(abs(value.numbers), initial=0.0))
            bound = float(np.max(value.bound, initial=0.0))
            if not np.isfinite(largest + bound) or bound * eps > largest > 0:
                return True
        return False

    def _refuses_settings(self, draw: Draw) -> bool:
        """Whether the code runs at the same arrays with its settings at their defaults."""
        from derive.checking.campaign.protocol import observed

        defaults: dict[str, Any] = {p.name: p.default for p in self.subject.parameters}
        own = self.binding.parameters
        scalars = {
            name: np.asarray(float(defaults[own[name]]), draw.arrays[name].dtype)
            for name in own
            if name in draw.arrays
            and not draw.arrays[name].ndim
            and type(defaults.get(own[name])) in (int, float)
        }
        if not scalars:
            return False
        try:
            observed(self, replace(draw, arrays={**draw.arrays, **scalars}))
        except UserError:
            return False
        return True

    def _arrays(
        self, draw: Draw, results: list[tuple[str, Any]], forward: Any
    ) -> tuple[dict[str, Reals], list[Failure]]:
        """The results as arrays, and what is wrong with them before their numbers are read."""
        found: dict[str, Reals] = {}
        failures: list[Failure] = []
        values = {
            name: results[k][1] for name, k in self.binding.results.items() if k < len(results)
        }
        if any(output.is_forward for output in self.target.outputs):
            values = {FORWARD: forward, **values}
        for name in self.lines:
            if name not in values:
                failures.append(Failure(name, "type", "is not returned", draw))
                continue
            array, kind, message = self._array(name, values[name], draw)
            if message:
                failures.append(Failure(name, kind, message, draw))
            if array is not None:
                found[name] = array
        return found, failures

    def _array(self, name: str, value: Any, draw: Draw) -> tuple[Reals | None, str, str]:
        wanted = tuple(z.value(draw.sizes) for z in self.target.output(name).array.shape)
        if isinstance(value, list | tuple) or not hasattr(value, "dtype"):
            if not isinstance(value, int | float) or isinstance(value, bool):
                said = "None: nothing is returned" if value is None else f"a {_type_name(value)}"
                return None, "type", f"is {said}, wanted an array"
            if wanted:
                return None, "shape", f"is one number, wanted shape {wanted}"
            return np.asarray(float(value)), "", ""
        array = np.asarray(value)
        if array.dtype.kind not in "fiub":
            return None, "type", f"holds {array.dtype}, wanted real numbers"
        if array.shape != wanted:
            return None, "shape", f"has shape {array.shape}, wanted {wanted}"
        return array, *self._type(array, draw)

    def _type(self, array: Reals, draw: Draw) -> tuple[str, str]:
        """Whether the type is that of the arrays that were given."""
        own = [n for n in self.target.needed if n not in self.binding.labels]
        arrays = [draw.arrays[n] for n in own if draw.arrays[n].ndim]
        floats = [a.dtype for a in arrays if a.dtype.kind == "f"]
        if not floats or array.dtype.kind in "iub" or not arrays:
            return "", ""
        if any(a.dtype.kind == "i" for a in arrays):
            return "", ""
        wanted = np.result_type(*floats)
        if array.dtype == wanted or self.target.is_of_numbers:
            return "", ""
        return "dtype", f"is {array.dtype} for {wanted} inputs"

    # ------------------------------------------------------------------------------------
    # Both

    def _judged(self, draw: Draw, found: Mapping[str, Reals], failures: list[Failure]) -> Outcome:
        formula = self.formula(draw)
        with np.errstate(all="ignore"):
            try:
                values, opened = self.nearly(draw)
                deviations = _deviations(draw, found, values)
                if draw.is_large and not all(d.is_plain for d in deviations.values()):
                    values, opened = self.wanted(draw)
                    deviations = _deviations(draw, found, values)
            except (ValueError, ZeroDivisionError, IndexError):
                if draw.regime == "empty batch":
                    return Outcome(draw, tuple(failures))
                raise
            wrong = [name for name, d in deviations.items() if not d.is_right]
            if wrong and len(opened):
                if len(opened) > MOST_WEIGHTS:
                    return Outcome(draw, tuple(failures), open=len(opened))
                values = self.chosen(formula, opened, found, values)
                deviations = _deviations(draw, found, values, FITTED)
                wrong = [name for name, d in deviations.items() if not d.is_right]
            if 0 in draw.sizes.values():  # a mean of nothing is no number
                wrong = [n for n in wrong if deviations[n].is_finite]
            wrong = [n for n in wrong if not self._vanishes(draw, deviations[n], formula, n)]
        told = {failure.output for failure in failures if failure.kind != "dtype"}
        for name in wrong:
            if name not in told:
                kind = "value" if deviations[name].is_finite else "finite"
                failures.append(Failure(name, kind, "", draw, deviations[name]))
        return Outcome(draw, tuple(failures), deviations, open=len(opened))

    def _vanishes(
        self, draw: Draw, found: Deviation, formula: Formula | Trajectory, name: str
    ) -> bool:
        """Whether an error is of second order, where the first-order bound vanishes by chance.

        At a point where all rows are equal a variance is the square of nothing but rounding.
        """
        if isinstance(formula, Trajectory):
            return False
        if not found.is_finite or abs(found.got) > np.finfo(draw.dtype).eps:
            return False
        spaces = self.target.spaces.items()
        size = max((float(abs(a).max(initial=0.0)) for a in draw.arrays.values()), default=1.0)
        rng = np.random.default_rng([self.seed, 3])
        usual = {n: np.asarray(s.sample(rng, draw.sizes)) for n, s in spaces}
        bounds = [Point(draw.sizes, usual).array(line).bound for line in formula.lines[name]]
        bound = max(float(np.max(b, initial=0.0)) for b in bounds)
        eps = float(np.finfo(draw.dtype).eps)
        return abs(found.got - found.wanted) <= 1e4 * eps**2 * bound * max(1.0, size) ** 2

    def chosen(
        self,
        formula: Formula | Trajectory,
        opened: Open,
        found: Mapping[str, Reals],
        values: Mapping[str, Value],
    ) -> dict[str, Value]:
        """The formulas with weights of the open branches that bring them to the results."""
        bounds = {
            name: np.where(np.isfinite(values[name].bound), values[name].bound, 0)
            for name, array in found.items()
            if np.isfinite(array).all() and np.isfinite(values[name].numbers).all()
        }
        if isinstance(formula, Trajectory):
            return dict(values)
        return formula.at(fitted(formula, opened, found, bounds))[0]


def _deviations(
    draw: Draw, found: Mapping[str, Reals], values: Mapping[str, Value], least: float = 0.0
) -> dict[str, Deviation]:
    return {
        name: deviation(array, values[name], _precision(draw, array), least)
        for name, array in found.items()
    }


def _precision(draw: Draw, result: Reals) -> Kind:
    """The type of a draw; whole numbers may become floating-point numbers of any width."""
    whole = any(array.dtype.kind in "iu" for array in draw.arrays.values())
    return result.dtype.type if whole and result.dtype.kind == "f" else draw.dtype


def _type_name(value: Any) -> str:
    return type(value).__name__


def _said(error: UserError) -> str:
    return f"raises {error}" if error.kind == "raises" else str(error)
