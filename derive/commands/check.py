"""`derive check MODULE:FUNCTION --as NAME`: a user's own code held to a derived formula."""

from __future__ import annotations

import shlex
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from derive.commands import SHIELD, USAGE, UsageError, flags, resolved, screen, typed

if TYPE_CHECKING:
    from derive.checking.campaign.report import Report
    from derive.checking.campaign.subjects import Subject
    from derive.checking.campaign.targets import Target


def arguments(parser: ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "code",
        metavar="CODE",
        help="MODULE:FUNCTION, FILE.py:FUNCTION, MODULE:FORWARD,BACKWARD or MODULE:CLASS",
    )
    what = parser.add_argument_group("what it is held to")
    what.add_argument(
        "--as", dest="name", metavar="NAME", help="a name of `derive list`, or FILE.py:function"
    )
    what.add_argument("--against", metavar="EXPR", help="an expression in NumPy's notation")
    flags.declarations(what)
    flags.derivative(what)
    flags.conventions(what)
    how = parser.add_argument_group("how it is called")
    how.add_argument(
        "--args",
        action="append",
        default=[],
        metavar="VARIABLE=PARAMETER",
        help="which parameter of the code a variable of the formula is",
    )
    how.add_argument(
        "--fix",
        action="append",
        default=[],
        metavar="PARAMETER=VALUE",
        help="a value for a parameter that no variable stands for",
    )
    how.add_argument(
        "--results",
        default="",
        metavar="NAME,NAME",
        help="which outputs the results are, in their order; _ for none",
    )
    how.add_argument(
        "--framework",
        default="",
        choices=("numpy", "torch", "jax"),
        help="what calls and differentiates it (default: what it is made of)",
    )
    how.add_argument(
        "--timeout", type=float, default=10.0, help="seconds that one call may take (default: 10)"
    )
    run = parser.add_argument_group("the run")
    flags.seed(run)
    run.add_argument(
        "--inputs", default="", metavar="FILE.npz", help="arrays to check at, instead of draws"
    )
    run.add_argument(
        "--replay", default="", metavar="SEED-DRAW", help="only the draw that a report names"
    )
    flags.jobs(run)
    run.add_argument("--write-test", metavar="FILE", help="write a test that fails the same way")
    flags.files(run)
    run.add_argument(
        "--no-annotations",
        action="store_true",
        help="in GitHub Actions, do not mark lines of the code",
    )


def run(options: Namespace) -> int:
    """Check a user's code."""
    from derive.checking.campaign.binding import Ambiguous
    from derive.checking.campaign.calls import UserError
    from derive.checking.campaign.subjects import NoSubject
    from derive.checking.campaign.targets import NoTarget

    options.against = (options.against or "").removeprefix(SHIELD)
    if bool(options.name) == bool(options.against):
        raise UsageError("say what it is held to: --as NAME, or --against EXPR --let ... --wrt ...")
    try:
        found = _report(options)
    except (NoSubject, NoTarget, Ambiguous) as error:
        raise UsageError(str(error)) from None
    except UserError as error:
        return _theirs(options, error)
    _shown(found, options)
    return found.status


def _theirs(options: Namespace, error: Any) -> int:
    """What went wrong in the user's code: their traceback alone."""
    screen.note(f"derive: {options.code} cannot be checked: {error}")
    if error.trace:
        screen.note(error.trace)
    return USAGE


def _report(options: Namespace) -> Report:
    from derive.checking.campaign.examining import Settings, examined
    from derive.checking.campaign.own_inputs import kept
    from derive.checking.campaign.places import loaded, subject
    from derive.checking.campaign.report import report
    from derive.checking.campaign.running import Sources, campaign, tried
    from derive.checking.campaign.subjects import Calls
    from derive.checking.campaign.targets import certainty
    from derive.checking.spreading import processes

    seed, only = _token(options)
    settings = Settings(
        seed=seed,
        timeout=options.timeout,
        arguments=flags.pairs(options.args, "--args"),
        constants={k: _value(v) for k, v in flags.pairs(options.fix, "--fix").items()},
        results=tuple(filter(None, options.results.split(","))),
        framework=options.framework,
        only=only,
        inputs=kept(options.inputs) if options.inputs else None,
    )
    code = loaded(options.code, Calls(max(60.0, options.timeout)))
    examiner = subject(code, options.code, options.framework, options.timeout)
    sources = Sources(options.code, _source(options), options.code)
    with processes(options.jobs) as executor:
        settings = tried(executor, sources, settings)
        target = _target(examiner, options)
        examination = examined(examiner, target, settings)
        found = campaign(examination, settings, executor, sources, _progress(options))
    return report(found, _command(options), certainty(target))


def _progress(options: Namespace) -> Any:
    if not sys.stderr.isatty():
        return None

    def shown(made: int, planned: int) -> None:
        end = "\r" if made < planned else f"\r{' ' * 30}\r"
        print(f"{made} of {planned} draws", end=end, file=sys.stderr, flush=True)

    return shown


def _token(options: Namespace) -> tuple[int, int | None]:
    """The seed and the number of a draw, as `--replay 0-17` names them."""
    if not options.replay:
        return options.seed, None
    seed, dash, number = options.replay.partition("-")
    if not (dash and seed.isdigit() and number.isdigit()):
        raise UsageError(f"--replay takes SEED-DRAW such as 0-17, got {options.replay!r}")
    return int(seed), int(number)


def _value(text: str) -> Any:
    import ast

    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


# --------------------------------------------------------------------------------------------
# The target


def _target(code: Subject, options: Namespace) -> Target:
    from derive.checking.campaign import choices

    if options.against:
        try:
            return typed.answered(
                lambda: choices.target_of_expression(code, *_expression(options)),
                _as_typed(options),
            )
        except UsageError as error:
            own = f"derive check {shlex.quote(options.code)} --against "
            raise UsageError(str(error).replace("derive grad ", own)) from None
    with resolved():
        return choices.named(code, options.name, flags.pairs(options.conventions, "--with"))


def _expression(options: Namespace) -> tuple[Any, ...]:
    wrt = [name for group in options.wrt for word in group for name in word.split(",") if name]
    let = [each for group in options.let for each in group]
    return options.against, let, wrt, options.kind or ""


def _as_typed(options: Namespace) -> Namespace:
    """The options as `derive grad` has them, for what is said of a missing declaration."""
    return Namespace(**{**vars(options), "expr": options.against, "command": "grad"})


def _source(options: Namespace) -> Any:
    """How another process makes the same target."""
    from derive.checking.campaign.running import TargetSource

    if options.against:
        return TargetSource("target_of_expression", _expression(options))
    conventions = flags.pairs(options.conventions, "--with")
    return TargetSource("named", (options.name, conventions))


# --------------------------------------------------------------------------------------------
# What is left when it ends


def _command(options: Namespace) -> str:
    """The command, without what only this run needs."""
    words = ["derive", "check", options.code]
    if options.name:
        words += ["--as", options.name]
    else:
        words += ["--against", options.against]
        words += ["--let", *(each for group in options.let for each in group)]
        words += (
            ["--wrt", *(each for group in options.wrt for each in group)] if options.wrt else []
        )
        words += [f"--{options.kind}"] if options.kind else []
    for flag, values in (("--with", options.conventions), ("--args", options.args)):
        words += [word for value in values for word in (flag, value)]
    words += [word for value in options.fix for word in ("--fix", value)]
    words += ["--results", options.results] if options.results else []
    words += ["--framework", options.framework] if options.framework else []
    words += ["--inputs", options.inputs] if options.inputs else []
    return shlex.join(words)


def _shown(found: Report, options: Namespace) -> None:
    from derive.checking.campaign import documents
    from derive.checking.campaign.report import screen as page

    if options.json == "-":
        screen.as_json(documents.document(found))
    else:
        screen.show(page(found, screen.width(options)), options)
        if options.json:
            screen.write(options.json, documents.as_json(found))
    if options.junit:
        screen.write(options.junit, documents.junit(found))
    if options.write_test:
        folder = Path(options.write_test).parent
        screen.write(
            options.write_test,
            documents.test_source(found, options.code, _keywords(options), folder),
        )
    if documents.is_annotated() and not options.no_annotations:
        for line in documents.annotated(found):
            screen.note(line) if options.json == "-" else print(line)


def _keywords(options: Namespace) -> dict[str, Any]:
    """What the test has to say again, as keywords of `derive.testing`."""
    given: dict[str, Any] = {"name": options.name}
    if options.against:
        expr, let, wrt, kind = _expression(options)
        given = {"expr": expr, "let": let, "wrt": wrt}
        given |= {"kind": kind} if kind else {}
    conventions = flags.pairs(options.conventions, "--with")
    given |= {"conventions": conventions} if conventions else {}
    arguments = flags.pairs(options.args, "--args")
    given |= {"arguments": arguments} if arguments else {}
    constants = {k: _value(v) for k, v in flags.pairs(options.fix, "--fix").items()}
    given |= {"constants": constants} if constants else {}
    given |= {"results": options.results.split(",")} if options.results else {}
    given |= {"framework": options.framework} if options.framework else {}
    given |= {"inputs": options.inputs} if options.inputs else {}
    return given
