"""Linear classifiers: accuracy, margins and scales of the multiclass SVM, boundaries, XOR."""

from derive.derivation import D, chain, define, derivation, differentiation, witness
from derive.spaces import Index, Mask, Matrix, Nonnegative, OneHot, Positive, Real, Vector
from derive.terms.arrays import Array, array, choice, entries, sum_over
from derive.terms.functions import delta, relu
from derive.terms.indices import Index as Position
from derive.terms.nodes import Guard
from derive.terms.sizes import sizes

N, K, p = sizes("N K p")


def predicted(z):
    """One-hot predictions: 1 for the class of the largest score of a row."""
    return entries(choice("", z, (1,)))


@derivation
def accuracy(z: Matrix[N, K], y: OneHot[N, K]):
    """Accuracy is the share of examples whose largest score is that of the label.

    It is one minus half the mean squared distance of the one-hot predictions from the labels.
    """
    a = predicted(z)
    return chain((a * y).sum(axis=1).mean()).eq(
        1 - ((a - y) ** 2).sum(axis=1).mean() / 2, by=y.facts
    )


@derivation(symbolic_only="a property of accuracy, which is computed there")
def accuracy_is_flat(z: Matrix[N, K], y: OneHot[N, K], i: Index[N], k: Index[K]):
    """Accuracy has no slope to follow: it is constant off ties, where it jumps."""
    return chain(D(accuracy(z, y), z[i, k])).eq(0, by=differentiation)


@derivation(symbolic_only="a property of accuracy, which is computed there")
def accuracy_sees_no_confidence(z: Matrix[N, K], y: OneHot[N, K], c: Positive, b: Vector[N]):
    """Accuracy does not see how large the scores of an example are, or what all of them share."""
    moved = c * z + b[:, None]
    return chain(accuracy(moved, y)).eq(accuracy(z, y))


# --------------------------------------------------------------------------------------------
# The multiclass SVM loss


def svm(s, c, Delta):
    """The loss of scores with the true class c: what others lack to be a margin Delta below it."""
    k = Position("k", K)
    return sum_over(k, (1 - delta(k, c)) * relu(s[k] - s[c] + Delta))


@derivation(symbolic_only="a property of the multiclass SVM loss, which the hinge entries compute")
def svm_margin_met(s: Vector[K], gap: Nonnegative[K], Delta: Positive, c: Index[K]):
    """The SVM loss is zero where every other score is a margin Delta or more below the true one.

    By how much more, the gap, does not matter, and neither does the scale of that.
    """
    k = Position("k", K)
    others = s[c] - Delta - gap[k]
    total = sum_over(k, (1 - delta(k, c)) * relu(others - s[c] + Delta))
    return chain(total).eq(0)


@derivation(symbolic_only="a property of the multiclass SVM loss, which the hinge entries compute")
def svm_margin_violated(s: Vector[K], Delta: Positive, c: Index[K], j: Index[K]):
    """The SVM loss is at least what any other score is above the margin Delta below the true one.

    So it is positive as soon as one of them is.
    """
    k = Position("k", K)
    above = s[j] - s[c] + Delta
    rest = sum_over(k, (1 - delta(k, c)) * (1 - delta(k, j)) * relu(s[k] - s[c] + Delta))
    return chain((1 - delta(j, c)) * above).le(
        svm(s, c, Delta), by=witness((1 - delta(j, c)) * relu(-above) + rest)
    )


@derivation(symbolic_only="a property of the multiclass SVM loss, which the hinge entries compute")
def svm_scale(s: Vector[K], Delta: Positive, a: Positive, b: Real, c: Index[K]):
    """Scaling scores and margin scales the SVM loss; a common shift does not change it."""
    return chain(svm(a * s + b, c, a * Delta)).eq(a * svm(s, c, Delta))


@derivation(symbolic_only="a property of the multiclass SVM loss, which the hinge entries compute")
def svm_margin_is_a_scale(
    X: Matrix[N, p], V: Matrix[p, K], y: OneHot[N, K], Delta: Positive, lambda_: Nonnegative
):
    """The margin may be taken as one when the penalty of the weights is free.

    With the weights W = Delta V, margin Delta and penalty lambda give Delta times the objective
    of V with margin one and penalty lambda Delta: both are minimised together.
    """

    def objective(W, wanted, penalty):
        Z = X @ W
        true = (y * Z).sum(axis=1, keepdims=True)
        return ((1 - y) * relu(Z - true + wanted)).sum(axis=1).mean() + penalty * (W**2).sum()

    return chain(objective(Delta * V, Delta, lambda_)).eq(Delta * objective(V, 1, lambda_ * Delta))


@derivation(symbolic_only="numbers")
def svm_examples():
    """The SVM loss of the examples of the notes, in numbers.

    Scores (13, -7, 11) with the margin 10; scores (10, -2, 3), (10, -100, -100) and (10, 9, 9)
    with the margin one; scores (-2.85, 0.86, 0.28) of which the last is the true one.
    """

    def loss(true, others, margin):
        first, second = (relu(Array.of(other) - true + margin) for other in others)
        return chain(first + second)

    return {
        "eight": loss(13, (-7, 11), 10).eq(8),
        "met": loss(10, (-2, 3), 1).eq(0),
        "far": loss(10, (-100, -100), 1).eq(0),
        "just met": loss(10, (9, 9), 1).eq(0),
        "picture": loss(0.28, (-2.85, 0.86), 1).eq(1.58),
    }


# --------------------------------------------------------------------------------------------
# Boundaries


@derivation(symbolic_only="two ways to write the scores W x + b")
def bias_as_weight(V: Matrix[K, p + 1], x: Vector[p], k: Index[K]):
    """A bias is the weight of one more input that is always one.

    The weights are the first columns of V, and the biases its last one.
    """
    i, j = Position("i", p), Position("j", p + 1)
    longer = define("u", array((j,), x[j] + Array((), Guard(j - p))))
    return chain((V @ longer)[k]).eq(sum_over(i, V[k, i] * x[i]) + V[k, p], by=longer)


@derivation(symbolic_only="a property of the hyperplane w x + b = 0")
def boundary_distance(w: Vector[p], b: Real, v: Vector[p]):
    """A bias moves a linear boundary along its normal, to the offset -b / |w|; its slope stays.

    The point -b w / |w|^2 is on it, and its distance from the origin, squared, is b^2 / |w|^2.
    Without a bias the origin is on it.
    """
    foot = define("x", -b * w / (w**2).sum())
    return {
        "on the boundary": chain(w @ foot + b).eq(0, by=foot),
        "distance": chain((foot**2).sum()).eq(b**2 / (w**2).sum(), by=foot),
        "parallel": chain(w @ (foot + v) + b).eq(w @ v, by=foot),
    }


@derivation(symbolic_only="a certificate that no weights exist")
def xor_not_separable(w_1: Real, w_2: Real, b: Real):
    """No linear score separates XOR: both labels get the same sum of scores.

    Were the scores of (0, 1) and (1, 0) positive and those of (0, 0) and (1, 1) not, the right
    side would be positive and the left side not.
    """
    return chain(b + (w_1 + w_2 + b)).eq((w_1 + b) + (w_2 + b))


@derivation(symbolic_only="a property of XOR; the score is computed by any linear classifier")
def xor_with_product(x_1: Mask, x_2: Mask):
    """With the product of the inputs as one more input, XOR is the sign of a linear score.

    The score is half a unit above zero where the inputs differ, and half a unit below elsewhere.
    """
    differ = (x_1 - x_2) ** 2
    return chain(x_1 + x_2 - 2 * (x_1 * x_2) - 0.5).eq(differ - 0.5, by=[x_1.facts, x_2.facts])
