"""The independent evaluator: both sides at points, in float64, modulo a prime, and in intervals."""

from derive.proof.evaluator.arithmetic import Undecidable, Undefined
from derive.proof.evaluator.company import Company
from derive.proof.evaluator.evidence import company_of, evidence
from derive.proof.evaluator.points import Point
from derive.proof.evaluator.sampling import points
from derive.proof.evaluator.valuation import Programs, array, value

__all__ = [
    "Company",
    "Point",
    "Programs",
    "Undecidable",
    "Undefined",
    "array",
    "company_of",
    "evidence",
    "points",
    "value",
]
