"""Which step makes the error of a difference quotient smallest."""

import numpy as np
import numpy.typing as npt

from numerics._arguments import Array, arguments


def forward_difference_step(M: npt.ArrayLike, epsilon: npt.ArrayLike) -> Array:
    """Return 2 sqrt(epsilon / M), the best step of the difference (f(x + h) - f(x)) / h.

    Here |f''| <= M, and the values of f are off by at most epsilon.

    Shapes: M, epsilon alike, positive; the result has their shape.
    Errors: ValueError where the shapes differ.
    Source: Nocedal and Wright, Numerical Optimization (2nd ed.), section 8.1.

    >>> forward_difference_step(1.0, 1e-16).item()
    2e-08
    """
    M, epsilon = arguments("...; ...", M=M, epsilon=epsilon)
    return 2 * np.sqrt(epsilon / M)


def centred_difference_step(M: npt.ArrayLike, epsilon: npt.ArrayLike) -> Array:
    """Return (3 epsilon / M)^(1/3), the best step of (f(x + h) - f(x - h)) / (2 h).

    Here |f'''| <= M, and the values of f are off by at most epsilon.

    Shapes: M, epsilon alike, positive; the result has their shape.
    Errors: ValueError where the shapes differ.
    Source: Nocedal and Wright, Numerical Optimization (2nd ed.), section 8.1.

    >>> centred_difference_step(3.0, 1e-15).round(7).item()
    1e-05
    """
    M, epsilon = arguments("...; ...", M=M, epsilon=epsilon)
    return np.cbrt(3 * epsilon / M)
