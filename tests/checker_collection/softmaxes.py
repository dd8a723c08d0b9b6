"""Softmax, its Jacobian and its cross-entropy, as people write them."""

import numpy as np

from checker_collection.cases import pair, right, wrong


def stable(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


@right("softmax")
def softmax_shifted(z):
    return stable(z)


@right("softmax")
def softmax_through_logarithm(logits):
    shifted = logits - np.max(logits)
    return np.exp(shifted - np.log(np.sum(np.exp(shifted))))


@wrong("softmax", "extremes", seen="overflow: exp")
def softmax_overflowing(z):
    return np.exp(z) / np.exp(z).sum()


@wrong("softmax", seen="epsilon: in the denominator")
def softmax_with_small_constant(z):
    e = np.exp(z - z.max())
    return e / (e.sum() + 1e-3)


@wrong("softmax", "changes", seen="alias: the input")
def softmax_in_place(z):
    z -= z.max()
    np.exp(z, out=z)
    return z / z.sum()


@wrong("softmax", "float64", seen="dtype: float64")
def softmax_always_double(z):
    e = np.exp(z - z.max()).astype(np.float64)
    return e / e.sum()


@right("softmax_jacobian")
def jacobian_outer(z):
    p = stable(z)
    return np.diag(p) - np.outer(p, p)


@right("softmax_jacobian")
def jacobian_loops(z):
    p = stable(z)
    J = np.zeros((len(z), len(z)), dtype=p.dtype)
    for i in range(len(z)):
        for j in range(len(z)):
            J[i, j] = p[i] * ((i == j) - p[j])
    return J


@wrong("softmax_jacobian", "missing", seen="term: off the diagonal")
def jacobian_diagonal_only(z):
    p = stable(z)
    return np.diag(p * (1 - p))


@wrong("softmax_jacobian", "missing", seen="term: the outer product")
def jacobian_without_rank_one(z):
    return np.diag(stable(z))


@wrong("softmax_jacobian", "sign", seen="sign: of the outer product")
def jacobian_plus(z):
    p = stable(z)
    return np.diag(p) + np.outer(p, p)


@wrong("softmax_jacobian", "sign", seen="sign: reversed")
def jacobian_negated(z):
    p = stable(z)
    return np.outer(p, p) - np.diag(p)


ENTROPY = "softmax_cross_entropy_gradient"


@right(ENTROPY)
def entropy_gradient_rows(z, y):
    return stable(z) - y


@right(ENTROPY, conventions={"reduction": "mean"})
def entropy_gradient_mean(logits, targets):
    return (stable(logits) - targets) / logits.shape[0]


@right(ENTROPY, conventions={"reduction": "sum"})
def entropy_gradient_labels(z, y):
    p = stable(z)
    p[np.arange(len(y)), y] -= 1
    return p


@wrong(ENTROPY, "1/N", conventions={"reduction": "mean"}, seen="reduction: none for mean")
def entropy_gradient_not_averaged(z, y):
    return stable(z) - y


@wrong(ENTROPY, "reduction=mean", seen="reduction: mean for none")
def entropy_gradient_averaged(z, y):
    return (stable(z) - y) / len(z)


@wrong(ENTROPY, "K", conventions={"reduction": "mean"}, seen="reduction: over all entries")
def entropy_gradient_averaged_over_classes(z, y):
    return (stable(z) - y) / z.size


@wrong(ENTROPY, "sign", seen="sign: reversed")
def entropy_gradient_reversed(z, y):
    return y - stable(z)


@wrong(ENTROPY, "missing", seen="term: the targets")
def entropy_gradient_forgets_targets(z, y):
    return stable(z)


@wrong(ENTROPY, seen="axis: softmax over the batch")
def entropy_gradient_softmax_over_batch(z, y):
    e = np.exp(z - z.max(axis=0))
    return e / e.sum(axis=0) - y


@wrong(ENTROPY, seen="function: the softmax")
def entropy_gradient_of_logits(z, y):
    return z - y


LOSS = "softmax_cross_entropy"


@right(LOSS, conventions={"reduction": "mean"})
def entropy_mean(z, y):
    shifted = z - z.max(axis=1, keepdims=True)
    logp = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -(y * logp).sum() / len(z)


@wrong(LOSS, "extremes", conventions={"reduction": "mean"}, seen="overflow: the logarithm of 0")
def entropy_mean_of_logarithms(z, y):
    return -(y * np.log(stable(z))).sum(axis=1).mean()


@wrong(LOSS, "reduction=sum", conventions={"reduction": "mean"}, seen="reduction: sum for mean")
def entropy_summed(z, y):
    shifted = z - z.max(axis=1, keepdims=True)
    return (np.log(np.exp(shifted).sum(axis=1)) - (y * shifted).sum(axis=1)).sum()


# --------------------------------------------------------------------------------------------
# Rows of a batch


@right("softmax")
def shares_of_rows(x):
    powers = np.exp(x - x.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


@wrong("softmax", seen="shape: the sums of rows are not kept as a column")
def shares_of_rows_by_columns(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1)


@wrong("softmax", seen="axis: sums over examples")
def shares_of_columns(x):
    powers = np.exp(x - x.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=0, keepdims=True)


def shares_kept(x):
    shares = shares_of_rows(x)
    return shares, shares


def shares_sent_back(dout, shares):
    return shares * (dout - (dout * shares).sum(axis=1, keepdims=True))


def shares_sent_back_by_columns(dout, shares):
    return shares * (dout - np.sum(dout * shares, axis=-1, keepdims=True).T)


pair("softmax", shares_kept, shares_sent_back, True)
pair("softmax", shares_kept, shares_sent_back_by_columns, False, seen="shape: a row for a column")
