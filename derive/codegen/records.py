"""The code of a record: of a typed answer, or of what a derivation concludes."""

from __future__ import annotations

from collections.abc import Iterator

from derive.codegen.backends import BACKENDS
from derive.codegen.sources import source
from derive.derivation import Record
from derive.language.derivative import Answer
from derive.terms.arrays import Array


def code(record: Record, backend: str = "numpy") -> str:
    """Source of a function of the record's variables, in order, for NumPy, PyTorch or JAX.

    Several results come as a tuple. Sizes that are arguments are keywords.

    >>> from derive.language import grad
    >>> print(code(grad("x @ x", ["x: n"], "x")).splitlines()[-1].strip())
    return 2 * x
    """
    results = tuple(record.results.values() if isinstance(record, Answer) else conclusions(record))
    return source(
        BACKENDS[backend],
        results[0] if len(results) == 1 else results,
        tuple((record.arguments if isinstance(record, Answer) else record.variables).values()),
        record.context,
        "derivative" if isinstance(record, Answer) else record.name.replace(".", "_"),
        {size.names[0]: name for name, size in record.integers.items()},
    )


def conclusions(record: Record) -> Iterator[Array]:
    """What each chain is about, with the free indices that it speaks of as axes."""
    for name in record.chains:
        part = record.part(name) if len(record.chains) > 1 else record
        value = part.chain.value
        yield Array((*part.indices.values(), *value.indices), value.body)
