"""Unsound edits of the normal form."""

from __future__ import annotations

from tests.planted.edits import Edit

N = "proof.normal_form"

EDITS = {
    # ---- systems of equalities and guards
    "divisor_without_sizes": Edit(
        f"{N}.constraints",
        "numbers += [c for monomial, c in form.constant if monomial]",
        "numbers += []",
        "2i = n + 1 counts as impossible: the size in the constant is forgotten",
    ),
    "guard_rounded_up": Edit(
        f"{N}.constraints",
        "return divided(form, divisor) if divisor > 1 else form",
        "return divided(form + divisor - 1, divisor) if divisor > 1 else form",
        "[2k - 1 >= 0] becomes [k >= 0]",
    ),
    "digits_one_too_large": Edit(
        f"{N}.constraints",
        "context.always_nonnegative(radix - 1 + side)",
        "context.always_nonnegative(radix + side)",
        "C h + r = 0 is taken apart although r may be C itself",
    ),
    "guard_made_an_equality": Edit(
        f"{N}.constraints",
        "equal = guard.coefficients and context.always_nonnegative(-guard)",
        "equal = guard.coefficients and context.always_nonnegative(1 - guard)",
        "a guard that can also hold with 1 left over becomes an equality",
    ),
    "guard_implied_by_one_less": Edit(
        f"{N}.constraints",
        "if any(context.always_nonnegative(variant - guard) for guard in guards):",
        "if any(context.always_nonnegative(variant + 1 - guard) for guard in guards):",
        "a guard is dropped beside a weaker one",
    ),
    "one_axis_of_one_is_enough": Edit(
        f"{N}.constraints",
        "all(index.size == 1 for index in form.indices)",
        "any(index.size == 1 for index in form.indices)",
        "[i = j] is 1 where only i runs over one value",
    ),
    # ---- powers, denominators, roots
    "denominator_split_with_a_plus": Edit(
        f"{N}.cancellation",
        "total = ring.added(first, ring.scaled(second, -1))",
        "total = ring.added(first, second)",
        "1 / (P Q) = (1 / P + 1 / Q) / (Q - P)",
    ),
    "lead_over_denominator": Edit(
        f"{N}.cancellation",
        "rest = {p: -c for p, c in poly.items() if p is not lead}",
        "rest = {p: c for p, c in poly.items() if p is not lead}",
        "lead / P = 1 + rest / P",
    ),
    "root_of_a_perfect_square": Edit(
        f"{N}.fractions",
        "return ring.power(positivity.absolute(ring, root), outer)",
        "return ring.power(root, outer)",
        "sqrt(x^2 - 2 x y + y^2) = x - y",
    ),
    "exponential_without_size": Edit(
        f"{N}.elementary",
        "return ring.power(positivity.absolute(ring, dict(log.data[1])), form)",
        "return ring.power(dict(log.data[1]), form)",
        "exp(log |det M|) = det M",
    ),
    "logarithm_of_a_fraction": Edit(
        f"{N}.logarithms",
        "total = ring.added(total, ring.scaled(own, count * sign))",
        "total = ring.added(total, ring.scaled(own, count))",
        "log(1/2) = log 2",
    ),
    "logarithm_forgets_a_number": Edit(
        f"{N}.logarithms",
        'if coefficient == 1 and all(f.kind == "exp" for f, _ in product.factors):',
        'if product.factors and all(f.kind == "exp" for f, _ in product.factors):',
        "log(2 exp u) = u",
    ),
    # ---- facts
    "one_hot_rows_confused": Edit(
        f"{N}.contraction",
        "if not axes or one.data[1][:-axes] != two.data[1][:-axes]:",
        "if not axes:",
        "entries of two rows of a one-hot matrix exclude each other",
    ),
    "part_of_a_simplex": Edit(
        f"{N}.contraction",
        "and _covers(head, slots, axes)\n        and all(i in bound",
        "and all(i in bound",
        "the shares of the first places alone sum to 1",
    ),
    "weights_over_nothing": Edit(
        f"{N}.contraction",
        "is_any = all(ring.context.is_positive(i.size) for i in last if i is not None)",
        "is_any = True",
        "the weights of a maximum over an empty range sum to 1",
    ),
    "ties_not_mentioned": Edit(
        f"{N}.contraction",
        "ring.ties.setdefault(head.tensor)",
        "pass",
        "weights of a maximum sum to 1 without the assumption that there is no tie",
    ),
    "part_of_an_orthonormal_column": Edit(
        f"{N}.contraction",
        "k in bound and k.size == one.data[0].size(0) and k is not i",
        "k in bound and k is not i",
        "the first rows of orthonormal columns are orthonormal",
    ),
    "square_of_an_orthonormal_column": Edit(
        f"{N}.contraction",
        "else powers[one] == powers[two] == 1",
        "else powers[one] == 1",
        "sum_k U_ki U_kj^2 = [i = j]",
    ),
    "noise_fully_correlated": Edit(
        f"{N}.contraction",
        "form = _apart(a, b)\n        if form.coefficients or form.constant:",
        "form = _apart(a, b)\n        if not form:",
        "E[e_i e_j] is the variance for different i and j",
    ),
    "mean_not_squared": Edit(
        f"{N}.contraction",
        "apart = ring.multiplied(plain, ring.power(mean, len(copies)))",
        "apart = ring.multiplied(plain, mean)",
        "E[e^2] = mean + variance",
    ),
    # ---- counting
    "empty_ranges_counted": Edit(
        f"{N}.counting",
        "guards = (*system.guards, *low_guards, *high_guards, high + low + 1)",
        "guards = (*system.guards, *low_guards, *high_guards)",
        "an empty range counts a negative number of values",
    ),
    "equal_limits_counted_twice": Edit(
        f"{N}.counting",
        "before = tuple(other - form - 1 for other in kept[:k])",
        "before = tuple(other - form for other in kept[:k])",
        "where two limits are equal both cases count",
    ),
    "last_value_not_counted": Edit(
        f"{N}.counting",
        "upper = _faulhaber(ring, ring.affine(high + 1), degree)",
        "upper = _faulhaber(ring, ring.affine(high), degree)",
        "a sum over n values is one over n - 1",
    ),
    "index_in_an_exponent": Edit(
        f"{N}.counting",
        "if isinstance(exponent, Affine) and exponent.coefficient(index):",
        "if isinstance(exponent, Affine) and exponent.constant:",
        "sum_k b^k is n b^k",
    ),
    "triangle_without_diagonal": Edit(
        f"{N}.indicators",
        "diagonal = ring.settled({**rest, equal: 1}, bound)",
        "diagonal = ring.number(0)",
        "the sum over i >= k is half of all",
    ),
    # ---- matrices
    "rank_one_update_transposed": Edit(
        f"{N}.determinants",
        "inverse_entry(ring, rest, size, (i, j))",
        "inverse_entry(ring, rest, size, (j, i))",
        "det(M + u v') = det M (1 + u' inv(M) v)",
    ),
    "determinant_of_a_multiple": Edit(
        f"{N}.determinants",
        "scale = ring.power({content: coefficient}, Affine.of(size))",
        "scale = ring.power({content: coefficient}, 1)",
        "det(c M) = c det M",
    ),
    "shifted_diagonal": Edit(
        f"{N}.inverses",
        "factor.data[0] in (row - column, column - row)",
        "{row, column} <= set(factor.indices)",
        "a matrix with its entries beside the diagonal is diagonal",
    ),
    "inverse_not_turned": Edit(
        f"{N}.inverses",
        "slots[::-1] if transposed else slots",
        "slots",
        "inv(M') = inv(M)",
    ),
    "inverse_meets_anything": Edit(
        f"{N}.meeting",
        "if not _separate(left_over, k, inner, bound):",
        "if k not in bound:",
        "sum_k inv(M)_ik M_kj x_k = [i = j] x_k",
    ),
    "inverse_meets_a_part": Edit(
        f"{N}.meeting",
        "if k not in bound or k is end or k.size != matrix.size:",
        "if k not in bound or k is end:",
        "a sum over the first columns of inv(M) M is the identity",
    ),
    "inverse_meets_a_diagonal": Edit(
        f"{N}.meeting",
        "if slot.size != pattern.size or slot in names.values():",
        "if slot.size != pattern.size:",
        "sum_k inv(M)_ik M_kk = [i = k]",
    ),
    # ---- names, renaming, sums
    "nested_sums_share_names": Edit(
        f"{N}.naming",
        "height = 1 + max(factor.height for factor in powers)",
        "height = 1",
        "the index of an inner sum is captured by the outer sum",
    ),
    "opened_sum_captures": Edit(
        f"{N}.ring",
        "fresh = {old: Affine.of(old.fresh()) for old in names}",
        "fresh = {old: Affine.of(old) for old in names}",
        "the two sums of a squared sum run over one index",
    ),
    "exponent_not_renamed": Edit(
        f"{N}.ring",
        "exponent = as_exponent(exponent.substituted(values))",
        "exponent = as_exponent(exponent)",
        "b^i keeps its index where i becomes j",
    ),
    "fact_not_named": Edit(
        f"{N}.ring",
        "if fact.kind is kind and (tensor, fact) in self.gates.facts:",
        "if fact.kind is kind:",
        "a fact is used that the proof does not name",
    ),
    "delta_across_ranges": Edit(
        f"{N}.settling",
        "if old.size != new.size:\n        guards =",
        "if old is new:\n        guards =",
        "[i = j] makes j of i although j runs further",
    ),
    "value_out_of_range": Edit(
        f"{N}.settling",
        "guards = tuple(form.substituted(values) for form in system.guards) + limits",
        "guards = tuple(form.substituted(values) for form in system.guards)",
        "sum_k [k = i + 1] = 1 at the last i as well",
    ),
    "place_out_of_range": Edit(
        f"{N}.settling",
        "if value is None or not ring.context.in_range(value, index.size):",
        "if value is None:",
        "sum_k [k = 4] x_k = x_4 however short x is",
    ),
    "free_place_forgets_its_delta": Edit(
        f"{N}.settling",
        "if index not in bound:\n            equalities = (*equalities, form)",
        "if index is None:\n            equalities = (*equalities, form)",
        "[i = 0] x_i = x_0 for all i",
    ),
    "place_without_its_limit": Edit(
        f"{N}.recentering",
        "for limit in (value, Affine.of(index.size) - 1 - value):",
        "for limit in (value,):",
        "sum_{a < m} exp(x_a) is sum_{k < n} exp(x_k) for m <= n",
    ),
    "last_values_cut_off": Edit(
        f"{N}.recentering",
        "values += [Affine.of(index.size) - 1 - k for k in range(after)]",
        "values += []",
        "what a function reads behind the end is not counted",
    ),
    "guard_of_a_place_dropped": Edit(
        f"{N}.selection",
        "if is_implied(form, system, ring.context):",
        "if form.coefficients:",
        "any guard beside an entry at a place is dropped",
    ),
    "power_of_a_place": Edit(
        f"{N}.selection",
        "else e * exponent for f, e in own.items()}",
        "else e for f, e in own.items()}",
        "(sum_u m_u x_u [u = f])^2 = sum_u m_u x_u [u = f]",
    ),
    "summands_of_other_ranges": Edit(
        f"{N}.zero",
        "if all(a.size == b.size for a, b in zip(own, order, strict=True)):",
        "if len(own) == len(order):",
        "sums over i < n, k < m and over i < m, k < n are compared summand by summand",
    ),
    "squared_sums_alike": Edit(
        f"{N}.zero",
        "if dict(product.factors)[inner] != 1:",
        "if dict(product.factors)[inner] < 1:",
        "a sum and its square are compared summand by summand",
    ),
    # ---- reading terms, signs
    "axis_of_one_out_of_range": Edit(
        f"{N}.lowering",
        "slots.append(None)\n            if form.constant or form.coefficients:",
        "slots.append(None)\n            if form.coefficients:",
        "x[1] of an axis of size 1 is x[0]",
    ),
    "longer_index_is_plain": Edit(
        f"{N}.lowering",
        "elif plain is not None and plain.size == size:",
        "elif plain is not None:",
        "an entry read behind its axis is not 0",
    ),
    "maximum_scaled_unevenly": Edit(
        f"{N}.lowering",
        "if positivity.factor_is_positive(ring, f) and not any(i in f.indices for i in chosen)",
        "if positivity.factor_is_positive(ring, f)",
        "the largest of r_k x_k is where x_k is largest",
    ),
    "maximum_turned": Edit(
        f"{N}.lowering",
        "moving = dict(ring.scaled(rest, 1 if coefficient > 0 else -1))",
        "moving = dict(rest)",
        "the largest of -x is where x is largest",
    ),
    "padding_is_positive": Edit(
        f"{N}.positivity",
        "return ring.context.lower.get(factor.data[0], 1) >= 1",
        "return True",
        "a size that may be 0 divides without an assumption",
    ),
    "empty_sum_is_positive": Edit(
        f"{N}.positivity",
        "return all(ring.context.is_positive(n.size) for n in names) and product_is_positive(\n"
        "            ring, product\n        )",
        "return product_is_positive(ring, product)",
        "a sum of exponentials over a range that may be empty divides without an assumption",
    ),
    "nonnegative_is_positive": Edit(
        f"{N}.positivity",
        "return any(product_is_positive(ring, product) for product in poly)",
        "return bool(poly)",
        "a sum of squares divides without an assumption",
    ),
    "complement_not_mentioned": Edit(
        f"{N}.positivity",
        "ring.kinks = True",
        "ring.kinks = False",
        "[-x > 0] = 1 - [x > 0] without the assumption that x is not 0",
    ),
    "even_functions_are_odd": Edit(
        f"{N}.elementary",
        '"cos": 1,',
        '"cos": -1,',
        "cos(-x) = -cos(x) for a cosine that is not looked into",
    ),
    "hyperbolic_tangent_is_positive": Edit(
        f"{N}.positivity",
        'POSITIVE = ("cosh", "sigmoid", "softplus")',
        'POSITIVE = ("cosh", "sigmoid", "softplus", "tanh")',
        "|tanh(x)| = tanh(x)",
    ),
    "every_logarithm_is_positive": Edit(
        f"{N}.positivity",
        'return function == "log" and is_positive(ring, _less_one(ring, polys[0]))',
        'return function == "log"',
        "|log(x)| = log(x)",
    ),
    "every_name_is_positive": Edit(
        f"{N}.lowering",
        "if facts is not None:\n            low.ring.signed[term.tensor] = facts",
        "low.ring.signed[term.tensor] = facts or ()",
        "|S| = S for a sum S of any entries",
    ),
    "window_forgets_its_place": Edit(
        f"{N}.settling",
        "return _with_system(ring, others, rest, system, bound)\n    for index in free_of_slots:",
        "return _with_system(ring, others, rest, System(), bound)\n    for index in free_of_slots:",
        "f(x[k]) where f(x[i + r]) [i + r = k] is",
    ),
}
