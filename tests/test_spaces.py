"""A space says what a variable is, draws it so that its facts hold, and is written as in print."""

import numpy as np
import pytest

from derive import spaces
from derive.names import derivations
from derive.spaces import Matrix, Simplex, Vector
from derive.terms.sizes import sizes

n, p, K = sizes("n p K")

rng = np.random.default_rng(7)
SIZES = {"n": 5, "p": 3, "K": 4}


def test_draws_keep_the_facts():
    y = Simplex[n, K].sample(rng, SIZES, 9.0)
    assert y.shape == (5, 4) and (y >= 0).all() and np.allclose(y.sum(axis=-1), 1)
    hot = spaces.OneHot[K].sample(rng, SIZES)
    assert sorted(hot) == [0, 0, 0, 1]
    A = spaces.PositiveDefinite[n].sample(rng, SIZES, 3.0)
    assert np.array_equal(A, A.T) and np.linalg.eigvalsh(A).min() > 0
    Q = spaces.Orthonormal[n, p].sample(rng, SIZES)
    assert np.allclose(Q.T @ Q, np.eye(3))
    X = spaces.FullColumnRank[n, p].sample(rng, SIZES)
    assert np.linalg.matrix_rank(X) == 3
    assert (spaces.Positive[n].sample(rng, SIZES) > 0).all()
    assert set(spaces.Signs["n"].sample(rng, SIZES)) <= {-1, 1}


def test_a_space_says_how_many_sizes_it_takes():
    with pytest.raises(TypeError, match="Matrix takes 2 sizes, got 1"):
        Matrix[n]


@pytest.mark.parametrize(
    ("space", "text"),
    [
        (Vector[n], "ℝⁿ"),
        (Matrix[n, p], "ℝⁿˣᵖ"),
        (Simplex[K], "Δᴷ⁻¹"),
        (Simplex[n, K], "(Δᴷ⁻¹)ⁿ"),
        (Vector["C"], "ℝ^(C)"),
        (spaces.PositiveDefinite[n], "ℝⁿˣⁿ positive definite"),
    ],
)
def test_spaces_are_written_as_in_print(space, text):
    assert repr(space) == text


def test_postponed_annotations_are_read(tmp_path):
    (tmp_path / "postponed.py").write_text(
        "from __future__ import annotations\n"
        "from derive.derivation import chain, derivation\n"
        "from derive.spaces import Real\n"
        "@derivation\n"
        "def swapped(x: Real):\n"
        '    """A sum in another order."""\n'
        "    return chain(x + 1).eq(1 + x)\n"
    )
    (found,) = derivations(str(tmp_path / "postponed.py"))
    assert list(found.record().spaces) == ["x"]
