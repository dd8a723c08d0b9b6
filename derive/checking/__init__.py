"""Numeric cross-checks: the derived formula, the hand-written code and finite differences."""
