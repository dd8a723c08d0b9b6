"""NumPy, PyTorch and JAX source from arrays of terms."""

from derive.codegen.agreement import agrees_with_term
from derive.codegen.sources import jax_source, numpy_source, torch_source

__all__ = ["agrees_with_term", "jax_source", "numpy_source", "torch_source"]
