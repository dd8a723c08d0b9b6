"""Inverted dropout with a given mask, and its gradient."""

import numpy.typing as npt

from numerics._arguments import Array, arguments


def dropout(x: npt.ArrayLike, m: npt.ArrayLike, *, q: float) -> Array:
    """Return x m / q: inverted dropout with the mask m, whose entries are 1 with probability q.

    q is the probability to keep, 1 - p in PyTorch's Dropout(p). A mask is drawn, for instance, by
    `rng.random(x.shape) < q`. At test time nothing is to be done.

    Shapes: x, m alike; the result has their shape.
    Errors: ValueError where the shapes differ or q is not in (0, 1].
    Source: Srivastava et al., Dropout, JMLR 15 (2014), section 10.

    >>> dropout([1.0, 2.0, 3.0], [True, False, True], q=0.5)
    array([2., 0., 6.])
    """
    x, m = arguments("...; ...", x=x, m=m)
    return x * (m / _probability(q))


def dropout_backward(dy: npt.ArrayLike, m: npt.ArrayLike, *, q: float) -> Array:
    """Return dy m / q, the gradient of a loss in x whose gradient in dropout(x, m) is dy.

    Shapes: dy, m alike; the result has their shape.
    Errors: ValueError where the shapes differ or q is not in (0, 1].
    Source: Srivastava et al., Dropout, JMLR 15 (2014), section 5.1.

    >>> dropout_backward([1.0, 1.0, 1.0], [True, False, True], q=0.5)
    array([2., 0., 2.])
    """
    dy, m = arguments("...; ...", dy=dy, m=m)
    return dy * (m / _probability(q))


def _probability(q: float) -> float:
    if not 0 < q <= 1:
        raise ValueError(f"q: got {q}, wanted a probability in (0, 1]")
    return float(q)
