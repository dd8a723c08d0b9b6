"""The mathematics of machine learning as plain NumPy functions, each held to its derivation."""

from numerics.activations import sigmoid, sigmoid_derivative
from numerics.batch_norm import (
    batch_norm,
    batch_norm2d,
    batch_norm2d_backward,
    batch_norm_backward,
    batch_norm_inference,
    batch_norm_jacobian,
    running_average,
)
from numerics.finite_differences import (
    complex_step_derivative,
    directional_difference,
    finite_difference_jacobian,
)
from numerics.linear_regression import hat_matrix, normal_equations, residual_sum_of_squares
from numerics.softmax import (
    log_softmax,
    logsumexp,
    softmax,
    softmax_cross_entropy,
    softmax_cross_entropy_gradient,
    softmax_jacobian,
)

__all__ = [
    "batch_norm",
    "batch_norm2d",
    "batch_norm2d_backward",
    "batch_norm_backward",
    "batch_norm_inference",
    "batch_norm_jacobian",
    "complex_step_derivative",
    "directional_difference",
    "finite_difference_jacobian",
    "hat_matrix",
    "log_softmax",
    "logsumexp",
    "normal_equations",
    "residual_sum_of_squares",
    "sigmoid",
    "sigmoid_derivative",
    "running_average",
    "softmax",
    "softmax_cross_entropy",
    "softmax_cross_entropy_gradient",
    "softmax_jacobian",
]
