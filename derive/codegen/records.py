"""The code of a record: of a typed answer, or of the conclusion of a derivation."""

from __future__ import annotations

from derive.codegen.sources import numpy_source
from derive.derivation import Record
from derive.language.derivative import Answer
from derive.terms.arrays import Array


def numpy_of(record: Record) -> str:
    """NumPy source of a function of the record's variables, in order.

    >>> from derive.language import grad
    >>> print(numpy_of(grad("x @ x", ["x: n"], "x")).splitlines()[-1].strip())
    return 2 * x
    """
    if isinstance(record, Answer):
        results = tuple(record.results.values())
        arguments = tuple(record.arguments.values())
        alone = results[0] if len(results) == 1 else results
        return numpy_source(alone, arguments, record.context)
    arguments = tuple(record.variables.values())
    return numpy_source(_conclusion(record), arguments, record.context, name="result")


def _conclusion(record: Record) -> Array:
    """What the chain is about, with the free indices of the signature as axes."""
    value = record.chain.value
    return Array((*record.indices.values(), *value.indices), value.body)
