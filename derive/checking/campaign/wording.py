"""Words for what is wrong with a result."""

from __future__ import annotations

from derive.checking.campaign.factors import inverse_name


def factor_words(name: str, of: str) -> str:
    """A whole result that is a multiple of the right one."""
    if name == "-1":
        return f"the sign of {of} is reversed"
    if name.startswith("-"):
        return f"yours is {name} times {of}: the sign is reversed as well"
    return f"yours is {name} times {of}: the factor {inverse_name(name)} is missing"


def term_words(name: str, said: str) -> str:
    """One term that is a multiple of the right one."""
    if name == "0":
        return f"the term  {said}  is missing"
    if name == "-1":
        return f"the sign of the term  {said}  is reversed"
    return f"the term  {said}  is multiplied by {name}"
