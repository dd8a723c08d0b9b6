"""The L1 penalty: its slopes, its corner at zero, and the soft threshold that it leads to."""

from derive.derivation import D, chain, define, derivation, differentiation, witness
from derive.spaces import Index, Nonnegative, Orthonormal, Positive, Real, Vector
from derive.terms.functions import absolute, relu, sign
from derive.terms.sizes import sizes

n, p = sizes("n p")


@derivation
def l1_penalty(w: Vector[n]):
    """The L1 penalty adds up the positive and the negative parts of the weights."""
    return chain(absolute(w).sum()).eq((relu(w) + relu(-w)).sum())


@derivation
def l1_penalty_gradient(w: Vector[n], k: Index[n]):
    """The gradient of the L1 penalty is the sign of each weight, and does not get smaller with it.

    So it is not zero, except that at the corner there is none.
    """
    return chain(D(l1_penalty(w), w[k])).eq(sign(w[k]), by=differentiation)


@derivation(symbolic_only="an inequality about l1_penalty_gradient, which is computed there")
def l1_subgradient(w: Real, v: Real):
    """Off zero the sign is a subgradient of the absolute value: its tangent stays below."""
    slack = 2 * relu(w) / absolute(w) * relu(-v) + 2 * relu(-w) / absolute(w) * relu(v)
    return chain(absolute(w) + sign(w) * (v - w)).le(absolute(v), by=witness(slack))


@derivation(symbolic_only="an inequality about l1_penalty_gradient, which is computed there")
def l1_subgradients_at_zero(v: Real, a: Nonnegative, b: Nonnegative):
    """At zero every slope up to the penalty is a subgradient: (a - b) / 2 for (a + b) / 2."""
    slack = a * relu(-v) + b * relu(v)
    return chain((a - b) / 2 * v).le((a + b) / 2 * absolute(v), by=witness(slack))


@derivation
def soft_threshold(z: Vector[n], threshold: Positive):
    """The soft threshold moves every number towards zero by the threshold, and not beyond.

    What is taken away is the number itself, clipped at the threshold.
    """
    clipped = (absolute(z + threshold) - absolute(z - threshold)) / 2
    return chain(relu(z - threshold) - relu(-z - threshold)).eq(z - clipped)


def shrunk(z, threshold):
    """The soft threshold of a number."""
    return relu(z - threshold) - relu(-z - threshold)


@derivation(symbolic_only="values of soft_threshold, which is computed there")
def soft_threshold_values(threshold: Positive, a: Nonnegative, b: Nonnegative):
    """Numbers beyond the threshold keep what they have above it; the others become exactly zero.

    A number (a - b) / 2 is at most the threshold (a + b) / 2 in size.
    """
    return {
        "above": chain(shrunk(threshold + a, threshold)).eq(a),
        "below": chain(shrunk(-threshold - a, threshold)).eq(-a),
        "between": chain(shrunk((a - b) / 2, (a + b) / 2)).eq(0),
    }


@derivation(symbolic_only="a property of soft_threshold, which is computed there")
def soft_threshold_minimum(s: Vector[n], g: Vector[n], v: Vector[n], threshold: Positive):
    """The soft threshold s of z minimises half the squared distance to z plus the L1 penalty.

    By soft_threshold_values z is s + threshold g, where g is a subgradient of the L1 norm at s: so
    no term of the last line is negative (l1_subgradient, l1_subgradients_at_zero).
    """
    z = define("z", s + threshold * g)

    def objective(w):
        return ((w - z) ** 2).sum() / 2 + threshold * absolute(w).sum()

    above = absolute(v) - absolute(s) - g * (v - s)
    return chain(objective(v)).eq(
        objective(s) + ((v - s) ** 2).sum() / 2 + threshold * above.sum(), by=z
    )


@derivation(symbolic_only="computed by soft_threshold of X'y")
def lasso_orthonormal(X: Orthonormal[n, p], y: Vector[n], w: Vector[p], lambda_: Positive):
    """For orthonormal columns the lasso is the soft threshold of the least-squares coefficients.

    The last line is the objective of soft_threshold_minimum for z = X'y, and what does not depend
    on the weights.
    """
    z = define("z", X.T @ y)
    penalty = lambda_ * absolute(w).sum()
    return (
        chain(((y - X @ w) ** 2).sum() / 2 + penalty)
        .eq((y**2).sum() / 2 - (w * z).sum() + (w**2).sum() / 2 + penalty, by=[z, X.facts])
        .eq(((w - z) ** 2).sum() / 2 + penalty + ((y**2).sum() - (z**2).sum()) / 2)
    )
