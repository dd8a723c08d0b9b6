"""How much of the input an output of stacked convolutions sees."""

from derive.catalogue.optimisers import earlier, power
from derive.derivation import chain, derivation, induction
from derive.spaces import Index, Real
from derive.terms.arrays import Array, recurrence, sum_over
from derive.terms.sizes import sizes

(T,) = sizes("T")
COUNTED = "it counts inputs, and has no arrays"


@derivation(symbolic_only=COUNTED)
def receptive_field(kernel: Real, stride: Real, t: Index[T]):
    """Every further layer multiplies what is seen by the stride: the field grows geometrically.

    An output that reads r neighbours in the layer below reads r - 1 strides and a kernel of the
    layer below that.
    """
    r = recurrence("r", T, 1, lambda r, t: stride * (r - 1) + kernel)
    k, before = earlier(T, t)
    grown = sum_over(k, before * power(stride, t - k - 1))
    return {
        "sum": chain(r[t]).eq(1 + (kernel - 1) * grown, by=induction("t")),
        "closed": chain(r[t]).eq(
            1 + (kernel - 1) * (power(stride, t) - 1) / (stride - 1), by=induction("t")
        ),
    }


@derivation(symbolic_only=COUNTED)
def receptive_field_at_stride_one(kernel: Real, t: Index[T]):
    """At stride one every layer adds kernel - 1: t layers of kernels of 3 see 2 t + 1 inputs."""
    r = recurrence("r", T, 1, lambda r, t: r - 1 + kernel)
    return chain(r[t]).eq(1 + (kernel - 1) * Array.of(t), by=induction("t"))
