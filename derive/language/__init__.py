"""What a person types, read into shaped arrays: declarations, expressions, statements, errors."""

from derive.language.derivative import grad
from derive.language.proofs import prove

__all__ = ["grad", "prove"]
