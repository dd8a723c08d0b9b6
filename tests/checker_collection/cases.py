"""How a case of the collection is declared: a function, what it claims to be, and if it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# Where an error was seen, or what generator made it: the first word of `seen`.
ORIGINS = {
    "factor": "generator: a factor dropped, added or turned upside down",
    "term": "generator: a term of a sum dropped",
    "sign": "generator: a sign reversed",
    "axis": "generator: another axis, or none, in a reduction, a transpose or a flip",
    "function": "generator: a function, its derivative or an inner derivative left out or mistaken",
    "parameter": "generator: a parameter ignored, fixed, squared or in another place",
    "edge": "generator: wrong beyond a threshold, in one entry, or by a small amount",
    "comparison": "generator: a comparison or an index moved by one",
    "both": "generator: the same edit in the forward and in the backward pass",
    "state": "code with state: caches, class attributes and buffers that a later call overwrites",
    "alias": "code in place: inputs, cotangents or caches spoilt, results that are views of inputs",
    "dtype": "code for one type: integers truncated, float32 turned into float64",
    "overflow": "textbook formulas typed as they stand: exp, log and powers out of range",
    "cancellation": "one-pass variances and explicit inverses, which lose digits",
    "shape": "axes lost or added by a reduction; broadcasting that happens to work",
    "padding": "course exercises on convolution and pooling: padding, strides, cut borders",
    "ties": "course exercises on pooling: what the largest entries get when several are equal",
    "variance": "N against N - 1: PyTorch normalises by the one and keeps running statistics of "
    "the other",
    "epsilon": "epsilon inside or outside a root, on which Adam's paper and libraries differ",
    "decay": "weight decay as in Adam with L2 or as in AdamW (Loshchilov and Hutter 2019)",
    "lookahead": "Nesterov's momentum as in Sutskever et al. 2013, Bengio et al. 2012, libraries",
    "correction": "Adam's bias correction: left out, of one average only, or one step off",
    "mask": "dropout: the mask drawn anew, the scale of the other phase, the complement's share",
    "reduction": "mean or sum over examples, classes or both, on which libraries differ",
}


@dataclass(frozen=True)
class Case:
    """One implementation, what it is held to, and words that the report has to say of it."""

    subject: Any
    against: str
    right: bool
    says: tuple[str, ...] = ()
    let: Sequence[str] = ()
    wrt: Sequence[str] = ()
    kind: str = "gradient"
    conventions: Mapping[str, str] = field(default_factory=dict)
    arguments: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)
    results: Sequence[str] = ()
    name: str = ""
    seen: str = ""

    def __str__(self) -> str:
        return f"{'right' if self.right else 'wrong'}-{self.name}"


CASES: list[Case] = []


def right(against: str, **options: Any) -> Callable[[Any], Any]:
    """Mark a function or class as a right implementation."""
    return _marked(against, True, options)


def wrong(against: str, *says: str, **options: Any) -> Callable[[Any], Any]:
    """Mark a function or class as a wrong implementation, with what should be said of it."""
    return _marked(against, False, {"says": says, **options})


def _marked(against: str, good: bool, options: dict[str, Any]) -> Callable[[Any], Any]:
    def marked(subject: Any) -> Any:
        CASES.append(Case(subject, against, good, name=subject.__name__, **options))
        return subject

    return marked


def pair(against: str, forward: Any, backward: Any, good: bool, *says: str, **options: Any) -> None:
    """Add a forward and a backward function that belong together."""
    name = options.pop("name", backward.__name__)
    CASES.append(Case((forward, backward), against, good, says, name=name, **options))
