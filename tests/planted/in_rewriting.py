"""Unsound edits of the rewriter, which writes the derivations that people read."""

from __future__ import annotations

from tests.planted.edits import Edit

R = "rewriting"

EDITS = {
    # ---- deltas
    "picked_without_its_range": Edit(
        f"{R}.rules.deltas",
        "return product((*guards(value, term.index, given.context), moved))",
        "return moved",
        "sum_k [k = i + 1] c = c at the last i as well",
    ),
    "in_range_at_one_end": Edit(
        f"{R}.rules.deltas",
        "return certain(form, context) and certain(index.size - 1 - form, context)",
        "return certain(form, context)",
        "a place that is not negative counts as a place on the axis",
    ),
    "guard_false_at_nought": Edit(
        f"{R}.rules.deltas",
        "return NOUGHT if certain(-term.form - 1, given.context) else None",
        "return NOUGHT if certain(-term.form, given.context) else None",
        "[0 >= 0] = 0",
    ),
    # ---- sums
    "constant_sum_forgotten": Edit(
        f"{R}.rules.sums",
        "return product((count(term.index), term.body))",
        "return term.body",
        "sum_i c = c",
    ),
    "merged_across_ranges": Edit(
        f"{R}.rules.sums",
        "if left.index.size == right.index.size:",
        "if left.index.size:",
        "sum_{i < n} a_i + sum_{i < m} b_i becomes one sum",
    ),
    "order_of_summation_captures": Edit(
        f"{R}.rules.sums",
        "if index is outer or any(index in free_indices(f) for f in others):",
        "if index is outer:",
        "an inner sum goes outside and captures an index that stands beside it",
    ),
    # ---- differentiation
    "sum_rule_captures": Edit(
        f"{R}.rules.differentiation",
        "if any(index in slot.indices for slot in term.variable.slots):",
        "if index in term.variable.slots:",
        "d/dx_j of sum_j x_j^2 is sum_j d x_j^2 / d x_j",
    ),
    "quotient_not_squared": Edit(
        f"{R}.rules.differentiation",
        "second = product((Num(-1), upper, raised(lower, Num(-2)), D(lower, term.variable)))",
        "second = product((Num(-1), upper, raised(lower, Num(-1)), D(lower, term.variable)))",
        "(u / v)' = u' / v - u v' / v",
    ),
    "larger_of_two_swapped": Edit(
        f"{R}.rules.differentiation",
        'larger, smaller = (a, b) if body.function == "maximum" else (b, a)',
        'larger, smaller = (b, a) if body.function == "maximum" else (a, b)',
        "the maximum has the derivative of the smaller",
    ),
    "log_det_transposed": Edit(
        f"{R}.rules.differentiation",
        "body = product((At(_inverse_of(matrix), (m, k)), D(At(matrix, (k, m)), variable)))",
        "body = product((At(_inverse_of(matrix), (k, m)), D(At(matrix, (k, m)), variable)))",
        "d logdet(M) / dM = inv(M)",
    ),
    # ---- facts
    "simplex_between_derivatives": Edit(
        f"{R}.rules.weights",
        "return tensor.has(Kind.SIMPLEX, Kind.ONE_HOT) and tensor != given.varied",
        "return tensor.has(Kind.SIMPLEX, Kind.ONE_HOT)",
        "the shares sum to 1 before they are differentiated once more",
    ),
    "symmetry_between_derivatives": Edit(
        f"{R}.rules.symmetry",
        "return varied is None or not any(tensor_depends(tensor, varied) for tensor, _ in facts)",
        "return True",
        "S = S' before it is differentiated once more",
    ),
    "mask_between_derivatives": Edit(
        f"{R}.rules.facts",
        "if base.tensor == given.varied:\n        return None",
        "if base.tensor is None:\n        return None",
        "m^2 = m before it is differentiated once more",
    ),
    "part_of_the_shares": Edit(
        f"{R}.rules.weights",
        "fits = last.plain is index and index.size == entry.tensor.shape[-1]",
        "fits = last.plain is index",
        "the first shares alone sum to 1",
    ),
    "names_are_symmetric": Edit(
        f"{R}.rules.symmetry",
        "if canonical(swapped, symmetric) != canonical(body, symmetric):",
        "if origin.body is None:",
        "every named square matrix equals its transpose",
    ),
    "inverse_from_the_same_side": Edit(
        f"{R}.rules.inverses",
        "if [len(p) for p in places] != [1, 1] or places[0] == places[1]:",
        "if [len(p) for p in places] != [1, 1]:",
        "inv(M)' M = I",
    ),
    # ---- names
    "name_out_of_range": Edit(
        f"{R}.matching",
        "return At(tensor, slots) if fits else None",
        "return At(tensor, slots) if slots else None",
        "a name stands for its body where it has no entry",
    ),
    "sums_of_other_ranges_match": Edit(
        f"{R}.matching",
        "if pattern.index.size != term.index.size:\n        return",
        "if pattern.index is None:\n        return",
        "a name for a sum over n stands for a sum over m",
    ),
    "match_captures": Edit(
        f"{R}.matching",
        "if not any(v is not None and term.index in v.indices for v in _new(outer, binding)):",
        "if pattern is not None:",
        "a name gets a slot with the index of a sum that it replaces",
    ),
    "names_taken_twice": Edit(
        f"{R}.naming",
        "return next(name for name in chain(wishes, numbered) if name not in taken)",
        "return next(name for name in chain(wishes, numbered) if name)",
        "a new name is that of a variable",
    ),
    "weights_over_another_sum": Edit(
        f"{R}.rules.names",
        "if base.index.size == definition.indices[-1].size:",
        "if base.index.size:",
        "a_k / sum_{j < m} a_j over k < n sums to 1",
    ),
    # ---- algebra
    "keys_without_ranges": Edit(
        f"{R}.canonical",
        'return _number(("Sum", sizes, best))',
        'return _number(("Sum", best))',
        "sums over n and over m are like terms",
    ),
    "root_of_a_square": Edit(
        f"{R}.rules.arithmetic",
        "not isinstance(term.base, Pow) or not _integer(term.exponent):",
        "not isinstance(term.base, Pow):",
        "sqrt(x^2) = x",
    ),
    "condition_decides_wrongly": Edit(
        f"{R}.rules.arithmetic",
        'return raised(more if base.function == "maximum" else less, exponent)',
        "return raised(more, exponent)",
        "min(x, y) [x > y] = x [x > y]",
    ),
    "sigmoid_not_turned": Edit(
        f"{R}.rules.sigmoids",
        'return None if inner is None else Fn("sigmoid", (minus_sum(inner),))',
        'return None if inner is None else Fn("sigmoid", (inner,))',
        "1 / (1 + exp(u)) = sigmoid(u)",
    ),
}
