"""`derive grad EXPR --let ... --wrt NAME`: a derivative with its steps, as text, LaTeX or code."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import replace
from typing import TYPE_CHECKING

from derive.commands import GOOD, UNDECIDED, WRONG, flags, screen, typed

if TYPE_CHECKING:
    from derive.language.derivative import Answer

EMIT = ("text", "latex", "numpy", "torch", "jax", "json")


def arguments(parser: ArgumentParser) -> None:
    """What the command takes."""
    typed.arguments(parser, "an expression in NumPy's notation, or statements")
    flags.derivative(parser)
    parser.set_defaults(kind="gradient")
    parser.add_argument(
        "--emit",
        action="append",
        nargs="+",
        default=[],
        metavar="FORM",
        help=f"what to print, of {', '.join(EMIT)} (default: text)",
    )
    flags.renaming(parser)


def run(options: Namespace) -> int:
    """Print a derivative."""
    from derive.language import grad

    emitted = _emitted(options)
    wrt = [name for group in options.wrt for word in group for name in word.split(",") if name]
    answer = typed.answered(
        lambda: grad(typed.text(options), typed.declarations(options), wrt, options.kind), options
    )
    answer = replace(answer, seed=options.seed)
    return typed.printed(lambda: _shown(answer, emitted, options))


def _shown(answer: Answer, emitted: list[str], options: Namespace) -> int:
    from derive.proof.statuses import Status

    for form in emitted:
        _print(form, answer, options)
    if answer.status is Status.REFUTED:
        return WRONG
    return UNDECIDED if answer.status < Status.CHECKED else GOOD


def _emitted(options: Namespace) -> list[str]:
    from derive.commands import UsageError

    forms = [form for group in options.emit for word in group for form in word.split(",")]
    for form in forms:
        if form not in EMIT:
            raise UsageError(f"--emit takes {', '.join(EMIT)}, got {form!r}")
    return forms or ["text"]


def _print(form: str, answer: Answer, options: Namespace) -> None:
    if form == "json":
        from derive.render.answers import document

        screen.as_json(document(answer, options.seed))
    elif form == "text":
        from derive.render.answers import answer_page

        screen.show(answer_page(answer, typed.look(options), options.seed), options)
    elif form == "latex":
        print(answer.latex(rename=flags.pairs(options.rename, "--rename")))
    else:
        from derive.render.answers import tried_source

        print(tried_source(answer, form, options.seed), end="")
