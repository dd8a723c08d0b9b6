"""What a page says beside its lines: sizes, ranges, meanings, assumptions, within its width."""

import pytest

from derive import catalogue, grad
from derive.render.terminal import plain


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("conv1d", "M = ⌊(L + d + 2p − K·d − 1)/s⌋ + 1"),
        ("conv2d_transpose", "H = R·d + U·s + q + 1 − d − 2p − s"),
        ("conv1d", "entries out of range are 0"),
        ("max_pool2d", "argmax[l, m: p ≤ s·i + d·l < H + p, p ≤ s·j + d·m < W + p]"),
        ("running_average", "r[t + 1] = ρ r[t] + (1 − ρ) batches[t]"),
        ("hinge", "y ∈ ℝᴺ (1 or -1)"),
        ("pseudo_inverse_fit", "U ∈ ℝⁿˣᵐ (orthonormal columns)"),
        ("steepest_descent", "assuming   ‖u‖ ≠ 0    ‖g‖ ≠ 0\n✔"),
        ("max_gate_backward", "assuming   aⱼ ≠ bⱼ (off the kink)\n✔"),
        ("hinge_gradient", "−yᵢ [yᵢ zᵢ < 1]"),
        ("softmax_simplex", "the difference is not negative"),
        ("adam_step", "t ∈ ℕ"),
        ("quadratic_form_by_eigenvalues", "A = Q diag(d) Qᵀ"),
        ("rms_norm", "γⱼ x̂ᵢⱼ"),
        ("maximum_likelihood", "assuming   L[t] > 0"),
        ("moving_average_bound", "the difference is βᵗ B² + Σ[k] [t > k] s β βᵗ⁻ᵏ⁻¹ r[k, j] >= 0"),
    ],
)
def test_a_page_tells_what_a_reader_asks(name, told):
    assert told in plain(catalogue.load(name))


def test_only_what_can_be_out_of_range_is_told():
    assert "out of range" not in plain(catalogue.load("max_unpool2d"))


def test_a_sum_of_tall_terms_is_broken_as_text():
    let = ["K: n,n; positive definite", "y: n", "s: ; positive"]
    text = "y@inv(K + s*eye(n))@y + logdet(K + s*eye(n))"
    page = plain(grad(text, let=let, wrt="s"))
    assert "Σₗ ∂(Kₖₗ + s δₖₗ)/∂s\n           [(K + s I)⁻¹]ₗⱼ" in page


def test_what_is_assumed_of_a_norm_is_said_once():
    page = plain(grad("norm(X@b - y)", let=["X: n,p", "b: p", "y: n"], wrt="b"))
    assert "assuming   ‖X b − y‖² > 0\n✔" in page and "d = ‖r‖" in page
