"""What a step prints as text is read back as the very term that was proved."""

import pytest
from typed_cases import TYPED

from derive import catalogue, grad
from derive.derivation import Record
from derive.language.program import Known, parsed
from derive.notation import text
from derive.notation.forms import Entry, Form, Name
from derive.proof.prover import proved
from derive.proof.statuses import Gates, Status
from derive.render.answers import result
from derive.render.data import document
from derive.render.pages import Page, page
from derive.terms.arrays import Array
from derive.terms.nodes import Fn, Term, subterms
from derive.terms.statements import Statement
from derive.terms.structure import alpha_equal, ordered_free_indices, reachable, size_names
from derive.terms.tensors import Choice, Definition, Function, Kind, Recurrence

RECORDS = [
    pytest.param(record, id=" ".join([name, *record.conventions.values()]))
    for name in catalogue.entries()
    for record in catalogue.derivation(name).records()
]


def known_of(term: Term, record: Record) -> Known:
    """The names of a term: its tensors, sizes and opaque functions."""
    reached = dict.fromkeys(t for t in reachable(term) if t.name)
    functions = {f.name: f.arity for part in bodies(term) for f in opaque(part)}
    return Known(tuple(reached), size_names(term), functions, record.context)


def bodies(term: Term):
    """A term and what its names stand for."""
    yield term
    for tensor in reachable(term):
        origin = tensor.origin
        if isinstance(origin, Definition | Choice):
            yield origin.body
        if isinstance(origin, Recurrence):
            yield from (origin.start, origin.step)


def opaque(term: Term):
    for part in subterms(term):
        if isinstance(part, Fn) and isinstance(part.function, Function):
            yield part.function


def read_back(shown: Page, line: Array, form: Form) -> Array:
    own = [*line.indices, *ordered_free_indices(line.body)]
    indices = {shown.reader.names[i]: i for i in own if i in shown.reader.names}
    known = known_of(line.body, shown.record)
    return parsed(text(form), (), indices, known).result


def is_random(record: Record) -> bool:
    """Whether expectations occur, which are written without the outcomes they sum over."""
    reached = (t for line in page(record).items for t in reachable(line.body))
    return any(tensor.has(Kind.MOMENTS) for tensor in reached)


def is_same(record: Record, line: Array, again: Array, form: Form) -> bool:
    """The very term; what is shown as a matrix expression is another way to write the entries."""
    found = again.body if not again.ndim else again.at(line.indices)
    if alpha_equal(found, line.body):
        return True
    statement = Statement(found, line.body, "=", record.context)
    return shows_matrix(form) and proved(statement, Gates()).status is Status.PROVED


def shows_matrix(form: Form) -> bool:
    return not isinstance(form, Entry) or not isinstance(form.head, Name)


def hold(record: Record) -> int:
    shown = page(record)
    count = 0
    for chain in record.chains.values():
        for line, form in zip(chain.lines, shown.forms(chain), strict=True):
            again = read_back(shown, line, form)
            assert is_same(record, line, again, form), text(form)
            count += 1
    return count


@pytest.mark.parametrize("record", RECORDS)
def test_every_line_of_the_catalogue_reads_back(record: Record):
    if is_random(record):
        pytest.skip("expectations are written without the outcomes that they sum over")
    assert hold(record)


@pytest.mark.parametrize(("expr", "let", "wrt", "kind"), TYPED)
def test_every_line_of_an_answer_reads_back(expr, let, wrt, kind):
    assert hold(grad(expr, let, wrt, kind))


@pytest.mark.parametrize(("expr", "let", "wrt", "kind"), TYPED)
def test_the_result_reads_back_from_its_declarations_alone(expr, let, wrt, kind):
    answer = grad(expr, let, wrt, kind)
    (wanted,) = answer.results.values()
    known = Known((), size_names(wanted.body), {}, answer.context)
    again = parsed(result(answer), let, None, known).result
    assert again.shape == wanted.shape


def test_a_document_prints_the_lines_that_are_read_back():
    record = catalogue.load("softmax_jacobian")
    shown = page(record)
    forms = shown.forms(record.chain)
    for number, step in enumerate(document(record)["steps"], start=1):
        assert step["text"] == f"{text(forms[number - 1])} = {text(forms[number])}"
