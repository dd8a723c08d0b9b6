"""Derivatives from values alone, to hold a gradient against the function it belongs to."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from numerics._arguments import Array, arguments

Function = Callable[[Array], npt.ArrayLike]


def directional_difference(
    f: Function, x: npt.ArrayLike, direction: npt.ArrayLike, h: float | None = None
) -> Array:
    """Return the centred difference (f(x + h v) - f(x - h v)) / (2 h) along the direction v.

    Directions of +1 and -1 weigh every coordinate equally. The step balances truncation with
    rounding; the difference is taken in float64 whatever the type of x.

    Shapes: x and direction alike; h a scalar; the result has the shape of f(x).
    Errors: ValueError where the shapes of x and direction differ.
    Source: Nocedal and Wright, Numerical Optimization (2nd ed.), section 8.1.

    >>> round(directional_difference(np.sin, 0.0, 1.0).item(), 9)
    1.0
    """
    x, direction = arguments("...; ...", x=x, direction=direction)
    step = _step(x) if h is None else h
    forward, backward = f(x + step * direction), f(x - step * direction)
    difference = np.subtract(forward, backward, dtype=np.float64) / (2 * step)
    return difference.astype(x.dtype)[()]


def finite_difference_jacobian(f: Function, x: npt.ArrayLike) -> Array:
    """Return all partial derivatives of f at x by centred differences, in 2 x.size evaluations.

    Shapes: x any; the result is f(x).shape + x.shape, the output's axes first.
    Errors: none of its own.
    Source: Nocedal and Wright, Numerical Optimization (2nd ed.), section 8.1.

    >>> finite_difference_jacobian(lambda x: x[::-1] ** 2, [1, 2]).round(6)
    array([[0., 4.],
           [2., 0.]])
    """
    (x,) = arguments("...", x=x)
    columns = [_partial(f, x, index) for index in np.ndindex(x.shape)]
    if not columns:
        return np.empty(np.shape(f(x)) + x.shape, x.dtype)
    every = np.stack(columns, axis=-1)
    return every.reshape(every.shape[:-1] + x.shape)


def complex_step_derivative(f: Function, x: npt.ArrayLike, direction: npt.ArrayLike) -> Array:
    """Return the derivative of an analytic f along a direction v, as Im f(x + i h v) / h.

    Nothing is subtracted, so h can be tiny and the result is good to rounding. The code of f must
    be analytic: no abs, max, comparison or conjugate. It is called with complex128.

    Shapes: x and direction alike; the result has the shape of f(x).
    Errors: ValueError where the shapes of x and direction differ.
    Source: Squire and Trapp, Using complex variables to estimate derivatives of real functions,
    SIAM Review 40 (1998).

    >>> complex_step_derivative(np.exp, 0.0, 1.0).item()
    1.0
    """
    x, direction = arguments("...; ...", x=x, direction=direction)
    h = 1e-20
    return (np.imag(f(x + 1j * h * direction.astype(np.float64))) / h).astype(x.dtype)[()]


def _step(x: Array) -> float:
    """Return eps^(1/3), which minimises the error of a centred difference, on the scale of x."""
    scale = float(np.abs(x).max(initial=1.0))
    return float(np.finfo(x.dtype).eps) ** (1 / 3) * scale


def _partial(f: Function, x: Array, index: tuple[int, ...]) -> Array:
    direction = np.zeros_like(x)
    direction[index] = 1
    return directional_difference(f, x, direction, _step(x[index]))
