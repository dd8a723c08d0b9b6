"""What derivations of layers share: indices by name, and the first step of every backward pass."""

from derive.derivation import D, chain, differentiation
from derive.terms.arrays import sum_over
from derive.terms.indices import Index


def positions(**given):
    """Indices by name and size: ``positions(i=U, j=V)``."""
    return tuple(Index(name, size) for name, size in given.items())


def through(dy, y, entry, **axes):
    """The loss with gradient dy in the outputs y: an entry moves it through all of them."""
    places = positions(**axes)
    loss = sum_over(places, dy[places] * y[places])
    total = sum_over(places, dy[places] * D(y[places], entry))
    return chain(D(loss, entry)).eq(total, by=differentiation)
