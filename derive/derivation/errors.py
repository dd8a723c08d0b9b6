"""The one exception of an author: what is wrong with a derivation as it is written."""


class DerivationError(ValueError):
    """A derivation that says something it must not: the message names the place and the term."""
