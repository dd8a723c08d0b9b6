"""What a step prints as text is read back as the very term that was proved."""

from collections.abc import Iterator, Sequence
from itertools import permutations

import pytest
from typed_cases import TYPED

from derive import catalogue, grad
from derive.derivation import Record
from derive.language.program import Known, parsed
from derive.notation import text
from derive.notation.expectations import at_an_outcome, moments_of
from derive.notation.forms import Entry, Form, Name
from derive.proof.prover import proved
from derive.proof.statuses import Gates, Status
from derive.render.answers import result
from derive.render.data import document
from derive.render.pages import Page, page
from derive.terms.arrays import Array
from derive.terms.indices import Affine, Index
from derive.terms.nodes import At, Fn, Mul, Sum, Term, subterms
from derive.terms.statements import Statement
from derive.terms.structure import alpha_equal, ordered_free_indices, reachable, size_names
from derive.terms.tensors import Choice, Definition, Function, Recurrence, Tensor

EXPECTATION = "E"

RECORDS = [
    pytest.param(record, id=" ".join([name, *record.conventions.values()]))
    for name in catalogue.entries()
    for record in catalogue.derivation(name).records()
]


def known_of(term: Term, record: Record) -> Known:
    """The names of a term: its tensors, sizes and opaque functions."""
    reached = dict.fromkeys(t for t in reachable(term) if t.name)
    functions = {f.name: f.arity for part in bodies(term) for f in opaque(part)}
    if any(map(moments_of, reached)):
        reached = dict.fromkeys(at_an_outcome(t) if moments_of(t) else t for t in reached)
        functions[EXPECTATION] = 1
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


def with_outcomes(term: Term, numbers: Sequence[Tensor]) -> Term:
    """``E`` of a term as sums over the outcomes of the random numbers in it, in their order."""
    term = term.rebuilt([with_outcomes(child, numbers) for child in term.children])
    if not isinstance(term, Fn) or term.function != Function(EXPECTATION, 1):
        return term
    (body,) = term.arguments
    for weights in dict.fromkeys(moments_of(tensor).arguments[0] for tensor in numbers):
        outcome = Index("o", weights.shape[0])
        own = {at_an_outcome(t): t for t in numbers if moments_of(t).arguments[0] == weights}
        found = at_outcome(body, own, outcome)
        if found != body:
            body = Sum(outcome, Mul((At(weights, (outcome,)), found)))
    return body


def at_outcome(term: Term, own: dict[Tensor, Tensor], outcome: Index) -> Term:
    if isinstance(term, At) and term.tensor in own:
        return At(own[term.tensor], (*term.slots, Affine.of(outcome)))
    return term.rebuilt([at_outcome(child, own, outcome) for child in term.children])


def readings(term: Term, line: Term) -> Iterator[Term]:
    """What a term that was read may stand for: the order of outcomes is not written."""
    numbers = [tensor for tensor in reachable(line) if moments_of(tensor)]
    yield from (with_outcomes(term, order) for order in permutations(numbers))


def is_same(record: Record, line: Array, again: Array, form: Form) -> bool:
    """The very term; what is shown as a matrix expression is another way to write the entries."""
    found = again.body if not again.ndim else again.at(line.indices)
    meant = list(readings(found, line.body))
    if any(alpha_equal(each, line.body) for each in meant):
        return True
    statements = (Statement(each, line.body, "=", record.context) for each in meant)
    return shows_matrix(form) and any(
        proved(statement, Gates()).status is Status.PROVED for statement in statements
    )


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
