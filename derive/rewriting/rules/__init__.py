"""All rules by name: what ``derive rules`` lists, and what replays a step."""

from derive.rewriting.rules import (
    arithmetic,
    deltas,
    differentiation,
    facts,
    functions,
    inverses,
    names,
    sigmoids,
    sums,
)
from derive.rewriting.rules.rule import Given, Rule

RULES: dict[str, Rule] = {
    rule.name: rule
    for rule in (
        *differentiation.RULES,
        differentiation.THROUGH_NAME,
        *deltas.RULES,
        deltas.RENAMING,
        *sums.RULES,
        sums.MERGING,
        sums.SPLITTING,
        sums.COMMON_DERIVATIVE,
        *arithmetic.RULES,
        arithmetic.POWER_OF_PRODUCT,
        arithmetic.SQUARE_OF_ROOT,
        *arithmetic.COLLECTING,
        *sigmoids.SIGMOIDS,
        *functions.RULES,
        functions.SOFTPLUS,
        functions.OTHER_SIDE,
        functions.DENOMINATORS,
        *names.RULES,
        *facts.RULES,
        *inverses.RULES,
        inverses.DETERMINANT,
    )
}

__all__ = ["RULES", "Given", "Rule"]
