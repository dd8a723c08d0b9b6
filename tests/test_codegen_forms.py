"""What generated code looks like where its form is chosen for its speed."""

import pytest

from derive import grad


@pytest.mark.parametrize(
    ("expression", "written"),
    [
        ("sum(softplus(-y * (A @ x)))", "c.T @ c"),
        ("-sum(log(y - A @ x))", "a = A / (y - A @ x)[:, None]"),
        ("sum(exp(A @ x))", "a = A * np.sqrt(np.exp(A @ x))[:, None]"),
        ("sum(y * (A @ x)**2)", "A.T @ ((2 * y)[:, None] * A)"),
        ("sum(sin(A @ x))", "A.T @ ((-np.sin(A @ x))[:, None] * A)"),
    ],
)
def test_a_gram_matrix_with_weights_is_a_matrix_with_itself(expression: str, written: str):
    """Where the weights are plainly >= 0: the product of a matrix with itself is half the work."""
    assert written in grad(expression, ["A: m,n", "x: n", "y: m"], "x", "hessian").numpy()
