"""The draws of `derive verify`: their regimes, and sizes that keep what is known of them."""

import numpy as np

from derive import catalogue
from derive.checking.agreement import numbers
from derive.checking.elimination import rounded
from derive.checking.regimes import draws
from derive.checking.shapes import different, few_and_small, is_allowed, smallest
from derive.derivation import chain, derivation
from derive.spaces import Index, Tensor4, Vector, at_least
from derive.terms.contexts import floor_quotient
from derive.terms.sizes import sizes


def test_draws_cover_what_they_are_meant_to():
    record = catalogue.load("normal_equations")
    found = list(draws(record, np.random.default_rng(0)))
    wanted = {"sizes all different", "sizes of one", "equal sizes", "empty batch", "many classes"}
    wanted |= {"extremes", "large offset", "tiny values", "scales", "integers", "ties and kinks"}
    wanted |= {f"{kind} memory" for kind in ("strided", "reversed", "Fortran", "broadcast")}
    types = {(d.regime, d.dtype) for d in found}
    assert types >= {(name, dtype) for name in wanted for dtype in (np.float32, np.float64)}
    assert {name for d in found for name, size in d.sizes.items() if not size} == {"n", "p"}
    assert any(len(set(d.sizes.values())) == 1 and d.sizes["n"] > 1 for d in found)
    assert any(not d.arrays["X"].flags.c_contiguous for d in found)
    assert any(d.arrays["X"].dtype.kind == "i" for d in found)
    assert {d.arrays["X"].dtype.name for d in found} >= {"float32", "float64"}
    assert all(is_allowed(d.sizes, record.context) for d in found if all(d.sizes.values()))


def test_sizes_keep_what_the_context_says():
    found = list(draws(catalogue.load("hat_matrix"), np.random.default_rng(0)))
    assert all(d.sizes["n"] >= d.sizes["p"] for d in found)
    assert any(d.sizes["n"] > d.sizes["p"] for d in found)


def test_sizes_that_determine_each_other_are_found():
    H, W, P, S, C, N, F = sizes("H W P S C N F")
    q, context = floor_quotient("q", H + 2 * P - W, S)

    @derivation(where=context.joined(at_least(P, 0)))
    def strided(x: Tensor4[N, C, H, W], w: Vector[F], i: Index[q]):
        """A size that is a quotient of others."""
        return chain(x.sum() * S * P + w.sum()).eq(w.sum() + x.sum() * P * S)

    record = strided.record()
    for found in (*different(record), *smallest(record), *few_and_small(record)):
        assert set(found) == set("HWPSCNFq")
        assert found["q"] == (found["H"] + 2 * found["P"] - found["W"]) // found["S"]
    first = next(iter(different(record)))
    assert len(set(first.values())) == 8


def test_zeros_of_an_inverse_may_be_filled_by_rounding():
    """A column of zeros among the inputs of ridge, whose coefficient is 0 but for rounding."""
    for seed in (2, 7):
        found = numbers(catalogue.load("ridge"), seed)
        assert found.agree, found.failure


def test_what_an_elimination_moves_follows_the_scales_of_a_matrix():
    scales = np.array([1.0, 1e-3])
    matrix = np.array([[1.0, 0.0], [0.0, 2.0]])
    moved = rounded(scales[:, None] * matrix * scales)
    np.testing.assert_allclose(moved, [[2, 4e-6], [4e-6, 4e-6]], rtol=1e-12)
    assert rounded(np.empty((0, 0))).shape == (0, 0)
