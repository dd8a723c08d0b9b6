"""Fixed identities, each with near misses: what every run looks at before anything random."""

from __future__ import annotations

from tests.fuzzing import closed, corners, identities, laws, restrictions
from tests.fuzzing.vocabulary import Row

MODULES = (identities, laws, corners, restrictions, closed)


def rows() -> tuple[Row, ...]:
    """All rows of the battery."""
    return tuple(row for module in MODULES for part in module.GROUPS for row in part())
