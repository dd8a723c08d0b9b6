"""Declared names for the output sizes of windows."""

import json

import numpy as np
import pytest

from derive import grad, prove
from derive.commands import GOOD, run
from derive.language.errors import InputError
from derive.language.program import parsed
from derive.proof.statuses import Status
from derive.render.answers import document

IMAGE, KERNEL = "x: N,C,H,W", "w: F,C,R,S"
G = [IMAGE, KERNEL, "g: N,F,P,Q"]


def test_a_declared_name_abbreviates_an_output_size_of_stride_one():
    program = parsed("sum(g * conv2d(x, w))", G)
    assert str(program.variables["g"].shape) == "(N, F, H + 1 - R, W + 1 - S)"
    assert {name: str(size) for name, size in program.outputs.items()} == {
        "P": "H + 1 - R",
        "Q": "W + 1 - S",
    }


def test_a_declared_name_is_the_floor_of_a_longer_stride():
    program = parsed("sum(g * conv2d(x, w, stride=s))", G)
    assert str(program.variables["g"].shape) == "(N, F, P, Q)"
    assert program.outputs["P"][1] == program.outputs["Q"][1]  # the stride
    assert "H_out" not in program.sizes


def test_an_abbreviation_can_stand_for_a_number():
    assert parsed("sum((conv2d(x, w) - g)**2) / (P * Q)", G).result.ndim == 0


def test_literal_sizes_are_told_too():
    program = parsed("sum(g * conv2d(x, w))", ["x: N,C,5,7", "w: F,C,2,2", "g: N,F,P,Q"])
    assert str(program.variables["g"].shape) == "(N, F, 4, 6)"


@pytest.mark.parametrize(
    ("text", "let"),
    [
        ("sum(g * conv2d(x, w))", [IMAGE, KERNEL, "g: N,F,H,W"]),  # no size of its own
        ("sum(g * conv2d(x, w))", [IMAGE, KERNEL, "g: N,F,P,P"]),  # two sizes at once
        ("sum(g * conv2d(x, w, padding=P))", G),  # a padding is not what it leads to
        ("sum(g * x)", [IMAGE, "g: N,C,P,Q"]),  # not an output
        ("sum(g @ x)", [IMAGE, "g: M,C,Q,H"]),
    ],
)
def test_other_sizes_stay_apart(text: str, let: list[str]):
    with pytest.raises(InputError, match="of shapes"):
        parsed(text, let)


@pytest.mark.parametrize(
    ("text", "by", "sizes"),
    [
        ("sum(g * conv2d(x, w))", "w", {}),
        ("sum(g * conv2d(x, w, stride=s, padding=p, dilation=d))", "x", {"s": 2, "p": 1, "d": 1}),
        ("sum(g * avg_pool2d(x, k, stride=s))", "x", {"k": 2, "s": 3}),
        ("sum(g * max_pool2d(x, k))", "x", {"k": 2}),
    ],
)
def test_the_derivative_is_proved_and_the_code_has_the_shape(text: str, by: str, sizes: dict):
    let = [IMAGE, *([KERNEL] if "conv" in text else []), "g: N,F,P,Q"]
    let = let if "conv" in text else [IMAGE, "g: N,C,P,Q"]
    found = document(grad(text, let, by))
    assert found["status"] == "proved" and found["numbers"]["draws"]
    names: dict = {}
    exec(found["numpy"], names)
    x, w = np.ones((2, 3, 6, 7)), np.ones((4, 3, 2, 2))
    span = sizes.get("k", 2) - 1 - 2 * sizes.get("p", 0)
    step = sizes.get("s", sizes.get("k", 1))
    out = tuple((side - 1 - span) // step + 1 for side in (6, 7))
    given = [x, w, np.ones((2, 4, *out))] if "conv" in text else [x, np.ones((2, 3, *out))]
    shape = {"x": x.shape, "w": w.shape}[by]
    assert names["derivative"](*given, **sizes).shape == shape


def test_strides_are_drawn_longer_than_one():
    found = document(grad("sum(g * conv2d(x, w, stride=s))", G, "w"))
    assert any(sizes["s"] > 1 for sizes in found["numbers"]["sizes"])


def test_a_padding_is_not_found_from_the_size_that_it_leads_to():
    text = "sum(avg_pool2d(x, 3, stride=2, padding=q, count_include_pad=False))"
    found = document(grad(text, ["x: N,C,4,4"], "x"))
    assert "def derivative(x, *, q)" in found["numpy"] and found["numbers"]["draws"]


def test_a_claim_may_name_output_sizes():
    assert prove("sum(g * conv2d(x, w)) == sum(conv2d(x, w) * g)", G).status is Status.PROVED


def test_the_page_says_what_the_names_are(capsys):
    words = ["grad", "sum(g * conv2d(x, w, stride=s))", "--let", *G, "--wrt", "w"]
    assert run(words) == GOOD
    assert "P = ⌊(H − R)/s⌋ + 1" in capsys.readouterr().out
    assert run([*words[:-2], "--wrt", "g", "--emit", "json"]) == GOOD
    assert json.loads(capsys.readouterr().out)["status"] == "proved"
