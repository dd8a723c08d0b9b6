"""What tests say about terms: equations and inequalities of arrays, and all gates for one."""

from benchmarks.statements import equation, everything, inequality, related

__all__ = ["equation", "everything", "inequality", "related"]
