"""How each backend spells operations: one table of rows each.

A row is a template: ``{np}`` is the backend's module, ``{0}``, ``{1}`` the operands, other names
what the operation says of itself. A function without a row is made from those that have one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Backend:
    """A library that arrays are computed with."""

    name: str
    module: str  # what is imported
    alias: str  # the name it has in the code
    rows: Mapping[str, str]
    boxed: frozenset[str] = frozenset()  # functions that take no bare numbers


ELEMENTWISE = "exp log sin cos tan sinh cosh tanh abs sign sqrt maximum minimum logaddexp".split()

SHARED = {
    **{name: f"{{np}}.{name}({{0}})" for name in ELEMENTWISE},
    **{name: f"{{np}}.{name}({{0}}, {{1}})" for name in ("maximum", "minimum", "logaddexp")},
    "where": "{np}.where({0}, {1}, {2})",
    "inverse": "{np}.linalg.inv({0})",
    "determinant": "{np}.linalg.det({0})",
    "logdet": "{np}.linalg.slogdet({0})[1]",
    "trace": "{np}.trace({0})",
    "diag": "{np}.diag({0})",
    "einsum": "{np}.einsum('{rule}', {0}, {1})",
    "arange": "{np}.arange({size})",
    "infinity": "-{np}.inf",
    "reshape": "{0}.reshape({shape})",
    "assign": "{0}[{at}] = {1}",
    "accumulate": "{0}[{at}] += {1}",
}

NUMPY = Backend(
    "numpy",
    "numpy",
    "np",
    {
        **SHARED,
        "relu": "{np}.maximum({0}, 0)",
        "all": "{np}.{how}({0})",
        "along": "{np}.{how}({0}, axis={axes})",
        "keeping": "{np}.{how}({0}, axis={axes}, keepdims=True)",
        "argmax": "{np}.argmax({0}, axis={axes})",
        "max": "max",
        "transpose": "{np}.transpose({0}, {order})",
        "diagonal": "{np}.diagonal({0}, axis1={first}, axis2={second})",
        "tensordot": "{np}.tensordot({0}, {1}, axes={axes})",
        "clip": "{np}.clip({0}, 0, {1})",
        "dtype": "{np}.result_type({arguments}, 0.0)",
        "scalar": "{np}.asarray({0}, dtype)",
        "cast": "{0}.astype(dtype)",
        "copy": "{0}.copy()",
        "zeros": "{np}.zeros({shape}, dtype)",
        "ones": "{np}.ones({shape}, dtype)",
        "eye": "{np}.eye({size}, dtype=dtype)",
        "full": "{np}.full({shape}, {0}, dtype)",
        "broadcast": "{np}.broadcast_to({0}, {shape}).copy()",
    },
)

JAX = Backend(
    "jax",
    "jax.numpy",
    "jnp",
    {
        **NUMPY.rows,
        "copy": "{0}",
        "broadcast": "{np}.broadcast_to({0}, {shape})",
        "assign": "{0} = {0}.at[{at}].set({1})",
        "accumulate": "{0} = {0}.at[{at}].add({1})",
    },
)

TORCH = Backend(
    "torch",
    "torch",
    "torch",
    {
        **SHARED,
        "relu": "{np}.relu({0})",
        "sigmoid": "{np}.sigmoid({0})",
        "softmax": "{np}.softmax({0}, dim={axes})",
        "logsumexp": "{np}.logsumexp({0}, dim={axes})",
        "softplus": "{np}.logaddexp({np}.zeros_like({0}), {0})",
        "erf": "{np}.erf({0})",
        "all": "{np}.{how}({0})",
        "along": "{np}.{how}({0}, dim={axes})",
        "keeping": "{np}.{how}({0}, dim={axes}, keepdim=True)",
        "argmax": "{np}.argmax({0}, dim={axes})",
        "max": "amax",
        "transpose": "{np}.permute({0}, {order})",
        "diagonal": "{np}.diagonal({0}, dim1={first}, dim2={second})",
        "tensordot": "{np}.tensordot({0}, {1}, dims={axes})",
        "clip": "{np}.clamp({0}, 0, {1})",
        "dtype": "{first}.dtype",
        "scalar": "{np}.as_tensor({0}, dtype=dtype)",
        "cast": "{0}.to(dtype)",
        "copy": "{0}.clone()",
        "zeros": "{np}.zeros({shape}, dtype=dtype)",
        "ones": "{np}.ones({shape}, dtype=dtype)",
        "eye": "{np}.eye({size}, dtype=dtype)",
        "full": "{np}.full({shape}, {0}, dtype=dtype)",
        "broadcast": "{np}.broadcast_to({0}, {shape}).clone()",
    },
    frozenset({"maximum", "minimum", "logaddexp"}),
)

BACKENDS = {backend.name: backend for backend in (NUMPY, TORCH, JAX)}
