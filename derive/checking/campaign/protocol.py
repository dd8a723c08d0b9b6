"""Protocol: inputs left as they are, the same again for the same, and memory of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from derive.checking.campaign.calls import UserError
from derive.checking.campaign.inputs import Draw
from derive.checking.campaign.subjects import Named, Session
from derive.checking.campaign.tied import Tied


@dataclass
class Seen:
    """A session with copies of what went in and what came out."""

    session: Session
    given: Mapping[str, Any]
    cotangent: Any
    results: Named
    forward: Any
    raw: Named = field(default_factory=list)
    breaches: list[tuple[str, str]] = field(default_factory=list)


def observed(tied: Tied, draw: Draw) -> Seen:
    """One forward and backward pass, or one call, watched.

    Raises:
        UserError: where the user's code raises or hangs.
    """
    given = tied.given(draw)
    cotangent = tied.cotangent(draw)
    before = {name: _copied(value) for name, value in given.items()}
    weights = _copied(cotangent)
    try:
        session = tied.subject.session(given)
        forward = _copied(session.forward)
        raw = [(name, _held(value)) for name, value in session.results(cotangent)]
    except UserError as error:
        return _spoilt(error, given)
    seen = Seen(session, given, cotangent, [(n, _copied(v)) for n, v in raw], forward, raw)
    for name, value in given.items():
        if not _same(value, before[name]):
            seen.breaches.append(("changes", f"changes its argument {name}"))
    if not _same(cotangent, weights):
        seen.breaches.append(("changes", "changes the cotangent that it is given"))
    arrays = {**given, "the cotangent": cotangent}
    for result, value in [*raw, ("the output", session.forward)]:
        for name, array in arrays.items():
            if _shares(value, array):
                said = f"{result or 'a result'} shares memory with {name}"
                seen.breaches.append(("alias", said))
    return seen


def _held(value: Any) -> Any:
    """A result as an array, if it calls itself one; what a cache holds stays as it is.

    Raises:
        UserError: where it cannot be read.
    """
    if isinstance(value, np.ndarray) or not hasattr(value, "dtype"):
        return value
    try:
        return np.asarray(value)
    except Exception as error:
        name = type(value).__name__
        said = f"returns a {name} that cannot be read as an array: {error}"
        raise UserError(said, kind="type") from None


def _spoilt(error: UserError, given: Mapping[str, Any]) -> Seen:
    """Writing to a read-only view of an input is a change of that input."""
    read_only = [n for n, v in given.items() if _is_array(v) and not v.flags.writeable]
    if "read-only" not in str(error) or not read_only:
        raise error
    raise UserError(f"{error} (it changes an argument: {', '.join(read_only)})", error.trace)


def breaches_of(tied: Tied, draw: Draw, seen: Seen) -> list[tuple[str, str]]:
    """What a second call and a forward pass in between tell."""
    found = []
    is_layer = any(output.is_forward for output in tied.target.outputs)
    if is_layer:
        again = seen.session.results(tied.cotangent(draw))
        if not _equal(again, seen.results):
            found.append(
                ("twice", f"backward twice is not the same twice{_accumulated(again, seen)}")
            )
            return found
    else:
        repeated = tied.subject.session(tied.given(draw))
        again = repeated.results(tied.cotangent(draw))
        if not _equal(again, seen.results):
            return [("twice", "the same input twice does not give the same result twice")]
    between = _other(draw)
    other = tied.subject.session(tied.given(between))
    weights = tied.cotangent(between)
    if is_layer:
        after = seen.session.results(tied.cotangent(draw))
        if not _equal(after, seen.results):
            found.append(("between", "a forward pass in between changes the gradients"))
        other.results(weights)
    if not _equal(seen.raw, seen.results):
        found.append(("buffer", "a later call changes an earlier result: they share a buffer"))
    return found


def _accumulated(again: Named, seen: Seen) -> str:
    """Whether a second backward pass adds to what the first one left."""
    pairs = list(zip(again, seen.results, strict=False))
    doubled = [name for (name, a), (_, b) in pairs if _is_array(a) and _is_double(a, b)]
    return f": {', '.join(filter(None, doubled))} accumulate" if doubled else ""


def _is_double(after: Any, before: Any) -> bool:
    return bool(np.any(before != 0)) and bool(np.allclose(after, 2 * np.asarray(before)))


def _other(draw: Draw) -> Draw:
    """The same sizes with other numbers."""
    from dataclasses import replace

    arrays = {
        name: values[::-1].copy() if values.ndim else values for name, values in draw.arrays.items()
    }
    return replace(draw, arrays=arrays)


def _copied(value: Any) -> Any:
    return np.array(value) if _is_array(value) else value


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray)


def _same(one: Any, other: Any) -> bool:
    if not _is_array(one) or np.array_equal(one, other):
        return True
    return one.dtype.kind == "f" and np.array_equal(one, other, equal_nan=True)


def _equal(one: Named, other: Named) -> bool:
    if len(one) != len(other):
        return False
    return all(
        np.array_equal(np.asarray(a), np.asarray(b), equal_nan=True)
        for (_, a), (_, b) in zip(one, other, strict=True)
        if hasattr(a, "dtype") and np.asarray(a).dtype.kind in "fiub"
    )


def _shares(value: Any, array: Any) -> bool:
    return _is_array(value) and _is_array(array) and bool(np.shares_memory(value, array))
