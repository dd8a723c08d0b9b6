"""The lines of a derivation are evaluated together, and each step as if it stood alone."""

from benchmarks.statements import equation
from derive.language import grad
from derive.proof.evaluator import Company, company_of, evidence
from derive.proof.evaluator.arithmetic import FLOATS
from derive.proof.evaluator.closures import CLOSURES
from derive.proof.evaluator.programs import Program
from derive.terms.arrays import Array, define, derivative, variable
from derive.terms.functions import exp, log
from derive.terms.statements import Statement

X, b, y = variable("X", ("n", "p")), variable("b", ("p",)), variable("y", ("n",))
r = define("r", X @ b - y)
z = variable("z", ("K",))


def company(*terms: Array) -> Company:
    found = company_of(term.body for term in terms)
    assert found is not None
    return found


def test_steps_agree_in_company_where_they_agree_alone():
    record = grad("-sum(t*log(softmax(z)))", ["z: K", "t: K; simplex"], "z")
    lines = company(*record.chain.lines)
    for link, step in zip(record.chain.links, record.steps, strict=True):
        statement = link.statement(record.context)
        together = evidence(statement, step.assumptions, company=lines)
        alone = evidence(statement, step.assumptions)
        assert (together.outcome, together.shapes) == (alone.outcome, alone.shapes)
        assert together.outcome == "agrees"


def test_a_false_step_is_refuted_by_the_counterexample_that_it_has_alone():
    right = equation(derivative(exp(z).sum(), z), exp(z))
    false = Statement(right.right, (2 * Array((), right.right)).body)
    lines = company(*(Array((), t) for t in (right.left, right.right, false.right)))
    assert evidence(right, company=lines).outcome == "agrees"
    together = evidence(false, company=lines)
    assert together.outcome == "differs"
    assert together == evidence(false)


def test_what_a_company_does_not_know_is_looked_at_alone():
    stranger = equation(z * z, z**2)
    assert evidence(stranger, company=company(X @ b - y)) == evidence(stranger)


def test_a_term_compiled_at_a_point_is_evaluated_there_under_derivatives_too():
    lines = company((r * r).sum(), derivative((r * r).sum(), b))
    shape = {"n": 3, "p": 2}
    point = next(lines.points(shape))
    gradient, later = derivative((r * r).sum(), b), derivative((r * log(r * r + 1)).sum(), b)

    def values(term: Array, program: Program) -> list[object]:
        run, slot = program.run(term.body), program.slot(term.indices[0])
        program.load(point)
        return [program.kept(run, [slot], ((k,),)) for k in range(2)]

    together = lines.program(shape, FLOATS)
    first = values(gradient, together)
    assert values(later, together) == values(later, Program(CLOSURES, shape, FLOATS))
    assert values(gradient, together) == first == values(gradient, Program(CLOSURES, shape, FLOATS))
    assert first[0] != first[1]
