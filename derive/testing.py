"""Tests of your own code against derived formulas: the failure text is `derive check`'s screen.

from derive.testing import assert_derives, assert_gradient

def test_backward():
    assert_derives(my_backward, "batch_norm_backward")

def test_gradient():
    assert_gradient(my_gradient, "sum((X@b - y)**2)", wrt="b", let=["X: n,p", "b: p", "y: n"])
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from derive.checking.campaign.report import Report
    from derive.checking.campaign.running import TargetSource

__all__ = ["assert_derives", "assert_gradient", "check", "check_gradient"]


def assert_derives(code: Any, name: Any, **options: Any) -> None:
    """Assert that a function, pair, class or framework's callable computes what is derived.

    `name` is a name of the catalogue, a derivation of your own, or a record. Options are those
    of `check`.

    >>> import numpy as np
    >>> def jacobian(z):
    ...     p = np.exp(z - z.max()) / np.exp(z - z.max()).sum()
    ...     return np.diag(p) - np.outer(p, p)
    >>> assert_derives(jacobian, "softmax_jacobian")
    """
    __tracebackhide__ = True
    _asserted(check(code, name, **options))


def assert_gradient(
    code: Any,
    expr: str,
    wrt: str | Sequence[str] = (),
    let: Sequence[str] = (),
    kind: str = "",
    **options: Any,
) -> None:
    """Assert that code computes the gradient of an expression, or its Jacobian or Hessian.

    Without `wrt` it has to compute the expression itself. A forward and a backward pass are
    held to both.

    >>> assert_gradient(lambda X, b, y: 2 * X.T @ (X @ b - y), "sum((X@b - y)**2)", wrt="b",
    ...                 let=["X: n,p", "b: p", "y: n"])
    """
    __tracebackhide__ = True
    _asserted(check_gradient(code, expr, wrt, let, kind, **options))


def _asserted(found: Report) -> None:
    __tracebackhide__ = True
    if not found.is_right:
        raise AssertionError(f"\n\n{found}\n")


def check(
    code: Any,
    name: Any,
    *,
    conventions: Mapping[str, str] | None = None,
    part: str = "",
    **options: Any,
) -> Report:
    """The report on code that should compute what is derived.

    Args:
        code: a function, a pair (forward, backward), a class with such methods, a torch or JAX
            callable, or a place such as ``"package.module:function"``.
        name: a name of the catalogue, a derivation, or a record.
        conventions: such as ``{"reduction": "mean"}``.
        part: one of several chains, ``"dx"``.
        options: `seed`, `timeout`, `arguments` (variable: parameter), `constants` (parameter:
            value), `results` (names in order), `framework`, `share` (of the draws), `inputs`
            (arrays by parameter or in their order, or a file of `numpy.savez`, at which to check
            instead of at draws),
            `executor` (any `concurrent.futures.Executor`; processes need code that can be
            pickled).

    A result has the type that its floating-point inputs have together. Whole numbers may become
    floating-point numbers of any width; a result that is truncated to whole numbers is wrong, but
    for a gradient in what was given as whole numbers, of which a note is made.

    Raises:
        ValueError: where names, order and shapes leave open what is what; the message asks.
    """
    from derive.checking.campaign.running import TargetSource

    return _checked(code, TargetSource("given", (name, conventions, part)), **options)


def check_gradient(
    code: Any,
    expr: str,
    wrt: str | Sequence[str] = (),
    let: Sequence[str] = (),
    kind: str = "",
    **options: Any,
) -> Report:
    """The report on code that should compute the gradient of a typed expression."""
    from derive.checking.campaign.running import TargetSource

    names = [wrt] if isinstance(wrt, str) else list(wrt)
    declared = [let] if isinstance(let, str) else list(let)
    source = TargetSource("target_of_expression", (expr, declared, names, kind))
    return _checked(code, source, **options)


def _checked(
    code: Any,
    target: TargetSource,
    *,
    seed: int = 0,
    timeout: float = 10.0,
    arguments: Mapping[str, str] | None = None,
    constants: Mapping[str, Any] | None = None,
    results: Sequence[str] = (),
    framework: str = "",
    share: float = 1.0,
    inputs: Mapping[str, Any] | Sequence[Any] | str | None = None,
    executor: Executor | None = None,
) -> Report:
    from derive.checking.campaign.examining import Settings, examined
    from derive.checking.campaign.own_inputs import kept
    from derive.checking.campaign.places import loaded, subject
    from derive.checking.campaign.report import report
    from derive.checking.campaign.running import Sources, campaign, made_target, tried
    from derive.checking.campaign.targets import certainty

    settings = Settings(
        seed,
        timeout,
        arguments or {},
        constants or {},
        tuple(results),
        framework,
        None,
        share,
        kept(inputs) if isinstance(inputs, str) else inputs,
    )
    sources = Sources(code, target, code if isinstance(code, str) else "")
    settings = tried(executor, sources, settings)
    found = loaded(code) if isinstance(code, str) else code
    examiner = subject(found, sources.name, framework, timeout)
    wanted = made_target(target, examiner)
    examination = examined(examiner, wanted, settings)
    ran = campaign(examination, settings, executor, sources)
    if ran.interrupted:
        raise KeyboardInterrupt
    return report(ran, formula=certainty(wanted) if ran.is_wrong else "")
