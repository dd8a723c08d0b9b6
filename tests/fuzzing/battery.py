"""Fixed identities, each with near misses: what every run looks at before anything random."""

from __future__ import annotations

from tests.fuzzing import identities, laws
from tests.fuzzing.vocabulary import Row


def rows() -> tuple[Row, ...]:
    """All rows of the battery."""
    return tuple(row for part in (*identities.GROUPS, *laws.GROUPS) for row in part())
