"""Prints what the commands print for a few entries, expressions and statements; no times.

``python tests/everything_printed.py`` is run under several hash seeds: all print the same.
"""

import contextlib
import io
import json

from derive.commands import run

ENTRIES = ("hat_matrix_trace", "softmax_cross_entropy_gradient", "batch_norm_backward")
GRADIENTS = (
    ("sum((X@b - y)**2) + logdet(A)", ["X: n,p", "b: p", "y: n", "A: n,n"], ["b", "A"]),
    (
        "u = tanh(X@V); p = softmax(u@W, axis=1); -sum(y*log(p))",
        ["X: n,d", "V: d,h", "W: h,k", "y: n,k; one-hot"],
        ["V"],
    ),
    ("sum(conv2d(x, w, stride=2, padding=1)**2)", ["x: N,C,H,W", "w: F,C,3,3"], ["w"]),
)
STATEMENTS = (
    ("D(softmax(x), x) == diag(softmax(x)) - outer(softmax(x), softmax(x))", ["x: n"]),
    ("inv(A @ B) == inv(A) @ inv(B)", ["A: n,n", "B: n,n"]),
    ("2 * s * t <= s**2 + t**2", ["s:", "t:"]),
)


def printed(*words: str) -> str:
    """What a command line prints on stdout."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        status = run(words)
    assert out.getvalue(), (status, words)
    return out.getvalue()


def everything() -> str:
    """All of it, one after another."""
    parts = [printed("show", name, "--detail", "--width", "80") for name in ENTRIES]
    parts += [printed("latex", name) for name in ENTRIES]
    for text, let, by in GRADIENTS:
        words = ("grad", text, "--let", *let, "--wrt", *by)
        parts += [printed(*words, "--emit", form) for form in ("text", "json", "torch")]
    for text, let in STATEMENTS:
        parts.append(printed("prove", text, "--let", *let))
    parts.append(verified())
    return "\n".join(parts)


def verified() -> str:
    """The JSON document of `derive verify`, without times."""
    document = json.loads(printed("verify", *ENTRIES, "--json", "-"))
    for entry in document["derivations"]:
        del entry["seconds"]
    return json.dumps(document, indent=1)


if __name__ == "__main__":
    print(everything())
