"""NumPy, PyTorch and JAX source from arrays of terms."""

from derive.codegen.sources import jax_source, numpy_source, torch_source

__all__ = ["jax_source", "numpy_source", "torch_source"]
