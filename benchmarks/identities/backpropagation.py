"""Backpropagation through two layers, a batch at a time, and through attention.

The net has the opaque activation f and half the squared error as its loss; every value has a name.
"""

from benchmarks.identities.entries import identity
from benchmarks.identities.softmax import softmax
from benchmarks.statements import equation
from derive.terms.arrays import Array, define, derivative, variable
from derive.terms.functions import sqrt
from derive.terms.nodes import Fn
from derive.terms.sizes import sizes
from derive.terms.tensors import Function

n, p, q, r = sizes("n p q r")
X, Y = variable("X", (n, p)), variable("Y", (n, r))
W1, b1 = variable("W1", (p, q)), variable("b1", (q,))
W2, b2 = variable("W2", (q, r)), variable("b2", (r,))
f = Function("f")


def each(function: Function, values: Array) -> Array:
    """An opaque function, entry by entry."""
    return Array(values.indices, Fn(function, (values.body,)))


Z1 = define("Z1", X @ W1 + b1)
A1 = define("A1", each(f, Z1))
Z2 = define("Z2", A1 @ W2 + b2)
A2 = define("A2", each(f, Z2))
loss = ((A2 - Y) ** 2).sum() / 2
dZ2 = define("dZ2", (A2 - Y) * each(f.derivative(0), Z2))
dZ1 = define("dZ1", (dZ2 @ W2.T) * each(f.derivative(0), Z1))


@identity
def backpropagation_output_error():
    """BP1: dL/dZ2 = (A2 - Y) f'(Z2)"""
    return equation(derivative(loss, Z2), dZ2)


@identity
def backpropagation_hidden_error():
    """BP2: dL/dZ1 = (dZ2 W2') f'(Z1)"""
    return equation(derivative(loss, Z1), dZ1)


@identity
def backpropagation_bias():
    """BP3: dL/db1 is the sum of dZ1 over the batch"""
    return equation(derivative(loss, b1), dZ1.sum(0))


@identity
def backpropagation_weights():
    """BP4: dL/dW1 = X'dZ1"""
    return equation(derivative(loss, W1), X.T @ dZ1)


@identity
def attention_gradient_by_queries():
    """dL/dQ = dS K / sqrt(p), dS = P (dP - rowsum(dP P))"""
    Q, keys, V = variable("Q", (n, p)), variable("K", (q, p)), variable("V", (q, r))
    G, root = variable("G", (n, r)), sqrt(Array.of(p))
    P = define("P", softmax(Q @ keys.T / root))
    dP = define("dP", G @ V.T)
    dS = P * (dP - (dP * P).sum(1, keepdims=True))
    return equation(derivative((G * (P @ V)).sum(), Q), dS @ keys / root)
