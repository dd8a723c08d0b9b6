"""Hypotheses: changes of a formula that may give the user's result, the simplest first."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from derive.checking.campaign import variants
from derive.checking.campaign.additive import additive_terms
from derive.checking.campaign.cases import Case, Reals, are_close, is_small, projection
from derive.checking.campaign.explanations import Explanation
from derive.checking.campaign.factors import factor_name, factor_words, term_words
from derive.checking.campaign.shapes import change_of_shape
from derive.checking.campaign.targets import Output
from derive.checking.campaign.verdicts import Examination
from derive.checking.values import Point
from derive.notation import Reader, text
from derive.terms.arrays import Array
from derive.terms.nodes import Term, subterms
from derive.terms.structure import alpha_key, ordered_free_indices

PATIENCE = 1.5  # seconds of work in which two edits at once are looked for
NEAR = 1e-6  # of a number that is said to six digits
CONSTANTS = (1.0, 1e-5, 0.01, 0.1, 0.5, 0.9)


class Search:
    """The search for an explanation of one output."""

    def __init__(self, examination: Examination, output: Output, seen: Sequence[Case]) -> None:
        self.examination = examination
        self.output = output
        self.cases = [case for case in seen if output.name in case.got]
        arrays = [o.array for o in examination.target.outputs]
        self.reader = Reader(arrays)
        self.floors = [case.floor(output.array) for case in self.cases]

    def explanation(self) -> Explanation | None:
        """The first hypothesis that gives the user's numbers, the simplest first."""
        wanted = [case.value(self.output.array) for case in self.cases]
        shapes = [case.got[self.output.name].shape for case in self.cases]
        if not self.cases or any(
            w is None or w.shape != s for w, s in zip(wanted, shapes, strict=True)
        ):
            return self._convention([]) or self._reshaped(wanted)
        if all(is_small(case.got[self.output.name]) for case in self.cases):
            return self._said("your result is 0 everywhere", None)
        for hypothesis in (
            self._convention,
            self._turned,
            self._factor,
            self._term,
            self._ignored,
            self._edited,
            self._left_out,
            self._terms,
            self._diagonal,
            self._other_axis,
            self._reshaped,
            self._several,
            self._number,
        ):
            found: Explanation | None = hypothesis([w for w in wanted if w is not None])
            if found is not None:
                return found
        return self._precision([w for w in wanted if w is not None])

    # ------------------------------------------------------------------------------------

    def _said(self, words: str, term: Term | None, **more: Any) -> Explanation:
        count = len(self.cases)
        return Explanation(words, count, count, self._source(term), **more)

    def _text(self, term: Term) -> str:
        """A term as the derivation shows it; a leading sign stands alone."""
        try:
            said = text(self.reader.form(term), "unicode")
        except Exception:  # a variant that no reader was made for is shown as it is typed
            said = text(Array((), term)) if not isinstance(term, Array) else repr(term)
        return f"− {said[1:].strip()}" if said.startswith("−") else said

    def _source(self, term: Term | None) -> str:
        """The step in which a term first appears on the right."""
        chain = self.output.chain
        show = self.output.show or self.examination.target.show
        if chain is None or not show:
            return show
        several = len(self.examination.target.outputs) > 1 and not self.output.is_forward
        part = f"{self.output.name} " if several else ""
        for number, link in enumerate(chain.links, start=1):
            if term is not None and _holds(link.right.body, term):
                return f"{show}   ({part}step {number})"
        return f"{show}   ({part}step {len(chain.links)})" if chain.links else show

    def _got(self) -> list[Reals]:
        return [case.got[self.output.name] for case in self.cases]

    def _factor_name(self, values: Sequence[float]) -> str:
        sizes = [case.draw.sizes for case in self.cases]
        return factor_name(values, sizes, [case.scalars for case in self.cases])

    # ------------------------------------------------------------------------------------
    # Hypotheses

    def _convention(self, wanted: list[Reals]) -> Explanation | None:
        """Another value of a convention."""
        for said, array in self._others():
            if self.agrees(array):
                factor = self._common_factor(wanted) if wanted else ""
                more = f"; {factor_words(factor, 'the formula')}" if factor else ""
                return self._said(
                    f"it is the formula with {said}, which --with {said} selects{more}",
                    None,
                    convention=said,
                )
        return None

    def _others(self) -> Iterator[tuple[str, Array]]:
        """The formula with other conventions."""
        own = self.examination.target.conventions
        for other in self.examination.target.other():
            changed = {k: v for k, v in other.conventions.items() if own.get(k) != v}
            said = ",".join(f"{k}={v}" for k, v in changed.items())
            yield from ((said, o.array) for o in other.outputs if o.name == self.output.name)

    def _turned(self, wanted: list[Reals]) -> Explanation | None:
        """The complement of a share, with the convention at hand or another."""
        for said, array in (("", self.output.array), *self._others()):
            for name in self.cases[0].scalars:
                if self.agrees(array, turned=name):
                    more = f", and --with {said}" if said else ""
                    words = f"1 − {name} stands in place of {name}{more}"
                    return self._said(words, None, convention=said)
        return None

    def _reshaped(self, wanted: Sequence[Reals | None]) -> Explanation | None:
        """Results of another shape."""
        known = [value for value in wanted if value is not None]
        if not known or len(known) < len(wanted):
            return None
        words = change_of_shape(list(zip(self._got(), known, strict=True)))
        return self._said(words, None) if words else None

    def _ignored(self, wanted: list[Reals]) -> Explanation | None:
        """A parameter in whose place a constant stands."""
        defaults = {p.name: p.default for p in self.examination.subject.parameters}
        for name, parameter in self.examination.binding.parameters.items():
            if name not in self.cases[0].scalars:
                continue
            default: Any = defaults.get(parameter)
            own = [float(default)] if type(default) in (int, float) else []
            for value in filter(None, dict.fromkeys((*own, *CONSTANTS))):
                if self.agrees(self.output.array, {name: value}):
                    words = f"{value:g} stands in place of {name}: the parameter is ignored"
                    return self._said(words, None)
        return None

    def _left_out(self, wanted: list[Reals]) -> Explanation | None:
        """A parameter that is left out, as if it were 0."""
        for name in self.cases[0].scalars:
            if self.agrees(self.output.array, {name: 0.0}):
                return self._said(f"{name} is left out, as if it were 0", None)
        return None

    def _diagonal(self, wanted: list[Reals]) -> Explanation | None:
        """A square result of which only the diagonal is there."""
        for got, value in zip(self._got(), wanted, strict=True):
            if value.ndim != 2 or value.shape[0] != value.shape[1]:
                return None
            if not are_close(got, np.diag(np.diag(value))):
                return None
        return self._said("the entries off the diagonal are missing", None)

    def agrees(
        self, array: Array, fixed: Mapping[str, float] | None = None, turned: str = ""
    ) -> bool:
        """Whether a formula gives the user's numbers in all cases, perhaps with 1 - p for p."""
        for case, floor in zip(self.cases, self.floors, strict=True):
            moved = {turned: 1 - case.scalars[turned]} if turned else {}
            value = case.value(array, {**(fixed or {}), **moved})
            got = case.got[self.output.name]
            if value is None or value.shape != got.shape or not are_close(got, value, floor):
                return False
        return True

    def _factor(self, wanted: list[Reals]) -> Explanation | None:
        """The whole formula times something."""
        name = self._common_factor(wanted)
        if not name or name == "1":
            return None
        return self._said(factor_words(name, "the formula"), None)

    def _number(self, wanted: list[Reals]) -> Explanation | None:
        """The whole formula times a number that no size and no parameter accounts for."""
        found = self._factors(wanted)
        if not found or max(found) - min(found) > NEAR or abs(found[0] - 1) < NEAR:
            return None
        return self._said(f"yours is {found[0]:.6g} times the formula", None)

    def _common_factor(self, wanted: Sequence[Reals]) -> str:
        found = self._factors(wanted)
        return self._factor_name(found) if found else ""

    def _factors(self, wanted: Sequence[Reals]) -> list[float]:
        """The factors between the user's results and the formula; none if there is none."""
        found = []
        for got, value in zip(self._got(), wanted, strict=True):
            factor = projection(got, value)
            if factor is None or not are_close(got, factor * value):
                return []
            found.append(factor)
        return found

    def _term(self, wanted: list[Reals]) -> Explanation | None:
        """One additive term missing, or with another factor."""
        terms = additive_terms(self.output.array.body)
        if len(terms) < 2:
            return None
        for term in terms:
            values = [case.value(Array(self.output.array.indices, term)) for case in self.cases]
            factors = []
            for got, value, part in zip(self._got(), wanted, values, strict=True):
                factor = None if part is None else projection(got - value, part)
                if part is None or factor is None or not are_close(got, value + factor * part):
                    break
                factors.append(1 + factor)
            if len(factors) == len(self.cases):
                name = self._factor_name(factors)
                if name and name != "1":
                    return self._said(term_words(name, self._text(term)), term)
        return None

    def _terms(self, wanted: list[Reals]) -> Explanation | None:
        """Several additive terms with factors that can be named, by least squares."""
        terms = additive_terms(self.output.array.body)
        if not 1 < len(terms) <= 6:
            return None
        found: list[Reals] = []
        for case in self.cases:
            columns = [case.value(Array(self.output.array.indices, term)) for term in terms]
            if any(column is None for column in columns):
                return None
            matrix = np.stack([np.ravel(np.asarray(c, float)) for c in columns], axis=1)
            got = np.ravel(np.asarray(case.got[self.output.name], float))
            if not np.isfinite(matrix).all() or not np.isfinite(got).all():
                return None
            if np.linalg.matrix_rank(matrix) < len(terms):
                continue
            solution = np.linalg.lstsq(matrix, got, rcond=None)[0]
            if not are_close(got, matrix @ solution):
                return None
            found.append(solution)
        full = self.cases[: len(found)]
        if len(found) < 3:
            return None
        names = [
            factor_name([float(s[k]) for s in found], [case.draw.sizes for case in full])
            for k in range(len(terms))
        ]
        if not all(names):
            return None
        said = [
            term_words(name, self._text(term))
            for name, term in zip(names, terms, strict=True)
            if name != "1"
        ]
        return self._said("; ".join(said), None) if said else None

    def _edited(self, wanted: list[Reals]) -> Explanation | None:
        """One edit of the formula, or of what a name in it stands for."""
        scaled: Explanation | None = None
        for edit, array in variants.edits(self.output.array):
            if not variants.is_worth_saying(edit):
                continue
            factor = self._edit_factor(array)
            if factor == "1":
                return self._edit_said(edit, array)
            if factor and scaled is None:
                plain = self._edit_said(edit, array)
                words = f"{plain.words}; and {factor_words(factor, 'the rest')}"
                scaled = Explanation(words, plain.agrees, plain.draws, plain.source)
        return scaled

    def _edit_factor(self, array: Array) -> str:
        """The factor between the user's result and a variant, if there is one that has a name."""
        factors = []
        if self.agrees(array):
            return "1"
        for case, floor in zip(self.cases, self.floors, strict=True):
            value, got = case.value(array), case.got[self.output.name]
            if value is None or value.shape != got.shape or not np.isfinite(value).all():
                return ""
            factor = projection(got, value)
            if factor is None or not are_close(got, factor * value, floor):
                return ""
            factors.append(factor)
        return self._factor_name(factors)

    def _edit_said(self, edit: variants.Edit, array: Array) -> Explanation:
        words = edit.words.format(
            before=self._text(edit.before),
            after=self._text(edit.after),
            part=variants.parameter(edit),
        )
        if edit.where is not None and edit.where.name:
            words += f", in the definition of {edit.where.name}"
        site = edit.site if edit.where is None else None
        term = site if site is not None else variants.first_use(self.output.array, edit)
        return self._said(words, term, array=array)

    def _other_axis(self, wanted: list[Reals]) -> Explanation | None:
        """The formula along another axis: that of the transposed arrays."""
        array = self.output.array
        for words, variant in variants.along_others(array):
            if self.agrees(variant):
                return self._said(words, None, array=variant)
        names = [str(size) for size in array.shape]
        for a in range(len(names)):
            for b in range(a + 1, len(names)):
                if names[a] != names[b] and self._along(names[a], names[b]):
                    return self._said(
                        f"it is taken along another axis, {names[a]} in place of {names[b]}", None
                    )
        return None

    def _along(self, a: str, b: str) -> bool:
        swap = {a: b, b: a}
        for case in self.cases:
            sizes = {name: case.draw.sizes[swap.get(name, name)] for name in case.draw.sizes}
            arrays = {}
            for name, space in self.examination.target.spaces.items():
                shape = [str(size) for size in space.shape]
                values = np.asarray(case.point.variables[name])
                if (a in shape) != (b in shape):
                    return False
                if a in shape:
                    values = values.swapaxes(shape.index(a), shape.index(b))
                arrays[name] = values
            moved = Case(case.draw, case.got, Point(sizes, arrays)).value(self.output.array)
            own = [str(size) for size in self.output.array.shape]
            if moved is None:
                return False
            moved = moved.swapaxes(own.index(a), own.index(b))
            got = case.got[self.output.name]
            if moved.shape != got.shape or not are_close(got, moved):
                return False
        return True

    def _several(self, wanted: list[Reals]) -> Explanation | None:
        """Two edits at once, of formulas that are small enough to try."""
        tried, started = 0, time.process_time()
        for first, array in variants.edits(self.output.array):
            for second, twice in variants.edits(array):
                tried += 1
                if tried > 1500 or time.process_time() - started > PATIENCE:
                    return None
                value = self.cases[0].value(twice)
                got = self.cases[0].got[self.output.name]
                if value is None or value.shape != got.shape or not are_close(got, value):
                    continue
                if self.agrees(twice):
                    one, two = self._edit_said(first, array), self._edit_said(second, twice)
                    if one.words != two.words:
                        return self._said(f"{one.words}; {two.words}", None)
        return None

    def _precision(self, wanted: list[Reals]) -> Explanation | None:
        """Right but for digits: single precision, a finite difference, a constant too large."""
        gaps = []
        for got, value in zip(self._got(), wanted, strict=True):
            size = float(np.max(abs(value), initial=0.0))
            if not size or not np.isfinite(got).all():
                return None
            gaps.append(float(np.max(abs(got - value))) / size)
        worst = max(gaps, default=1.0)
        if worst > 1e-3:
            return None
        digits = int(-np.log10(worst)) if worst else 16
        return Explanation(
            f"it agrees to about {digits} digits: is something rounded, approximated or nudged?",
            len(gaps),
            len(gaps),
            self._source(None),
        )


def _holds(body: Term, wanted: Term) -> bool:
    """Whether a term occurs in another, whatever its indices are called."""
    key = _shape_key(wanted)
    return any(_shape_key(part) == key for part in subterms(body))


def _shape_key(term: Term) -> object:
    return alpha_key(term, ordered_free_indices(term))
