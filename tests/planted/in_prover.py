"""Unsound edits of the prover around its normal form."""

from __future__ import annotations

from tests.planted.edits import Edit

EDITS = {
    # ---- assumptions and domains
    "one_factor_is_not_zero": Edit(
        "proof.assumptions",
        "return all(_declared_nonzero(low, factor) for factor, _ in product.factors)",
        "return any(_declared_nonzero(low, factor) for factor, _ in product.factors)",
        "x s is not 0 because s is not",
    ),
    "difference_is_definite": Edit(
        "proof.assumptions",
        "kinds = [_definiteness(low, p, row, column) if c > 0 else None for p, c in poly.items()]",
        "kinds = [_definiteness(low, p, row, column) for p, c in poly.items()]",
        "I - X'X has an inverse without an assumption",
    ),
    "gram_matrix_is_definite": Edit(
        "proof.assumptions",
        "return _full_rank(low, one.data[0].tensor)",
        'return "definite"',
        "X'X has an inverse although X may have more columns than rows",
    ),
    "out_of_range_under_a_condition": Edit(
        "proof.domains",
        "return isinstance(term, Fn | Cond)",
        "return isinstance(term, Fn)",
        "a condition reads 0 behind the end of an axis",
    ),
    "out_of_range_at_the_end": Edit(
        "proof.domains",
        "for form in (slot, Affine.of(size) - 1 - slot):",
        "for form in (slot,):",
        "a function reads 0 behind the end of an axis",
    ),
    "guard_of_another_summand": Edit(
        "proof.domains",
        "if isinstance(term, Mul):\n        guards = guards",
        "if isinstance(term, Mul | Add):\n        guards = guards",
        "a guard holds for what is added to it",
    ),
    "kink_behind_a_name": Edit(
        "proof.domains",
        "_kinks(found, body, tensor)\n",
        "pass\n",
        "the derivative through a name that has a kink assumes nothing",
    ),
    "logarithm_of_anything": Edit(
        "proof.domains",
        'if term.function == "log":',
        'if term.function == "logarithm":',
        "a logarithm assumes nothing of what it is taken of",
    ),
    "derivative_of_a_norm_at_nought": Edit(
        "proof.domains",
        "is_root and by is None and is_sum_of_squares(term.base)",
        "is_root and is_sum_of_squares(term.base)",
        "a norm has a derivative at 0",
    ),
    # ---- signs
    "product_of_unknown_signs": Edit(
        "proof.signs",
        "return all(keys.count(key) % 2 == 0 for key in keys)",
        "return len(keys) % 2 == 0",
        "0 <= x y",
    ),
    "logarithm_below_its_line": Edit(
        "proof.signs",
        "number = low.ring.number(-1)",
        "number = low.ring.number(-2)",
        "log t <= t - 2",
    ),
    "symbolic_power_is_nonnegative": Edit(
        "proof.signs",
        "return not isinstance(exponent, Count) or is_nonnegative(term.base, low)",
        "return isinstance(exponent, Count) or is_nonnegative(term.base, low)",
        "0 <= x^n",
    ),
    "recurrence_without_its_start": Edit(
        "proof.signs",
        "if not isinstance(origin, Recurrence) or not has_sign(origin.start, low):",
        "if not isinstance(origin, Recurrence):",
        "a recurrence keeps a sign that its start does not have",
    ),
    "one_part_is_positive": Edit(
        "proof.signs",
        "return _all(term, low) and any(is_positive(part, low) for part in term.parts)",
        "return any(is_positive(part, low) for part in term.parts)",
        "1 + x is positive",
    ),
    "form_of_two_vectors": Edit(
        "proof.quadratic_forms",
        "return first == second and",
        "return",
        "0 <= (x - y)'A (x + y)",
    ),
    "form_of_any_matrix": Edit(
        "proof.quadratic_forms",
        "return matrix.is_variable and matrix.has(Kind.POSITIVE_DEFINITE)",
        "return matrix.is_variable",
        "0 <= x'B x",
    ),
    "form_of_any_sign": Edit(
        "proof.signs",
        "if found is None or not is_nonnegative(found[1], low):",
        "if found is None:",
        "0 <= s x'A x",
    ),
    "form_over_other_ranges": Edit(
        "proof.quadratic_forms",
        "if (one.size, other.size) != entry.tensor.shape:",
        "if False:",
        "0 <= sum_ij x_i P_ij x_j, i over other places than j",
    ),
    "form_of_indices_of_two_sums": Edit(
        "proof.quadratic_forms",
        "if len(set(bound)) < len(bound):",
        "if False:",
        "0 <= (sum_i P_ij) (sum_i x_i) x_j",
    ),
    "witness_where_it_is_not_defined": Edit(
        "proof.prover",
        "return replace(statement, right=added(statement.right, gates.witness))",
        "return statement",
        "a proof divides by what may be 0, and does not say so",
    ),
    # ---- equality, lemmas, induction
    "one_entry_is_positive": Edit(
        "proof.assumptions",
        "if whole and len(set(plain)) == len(plain):",
        "if plain:",
        "all entries are positive because the first is",
    ),
    "lemma_of_another_context": Edit(
        "proof.lemmas",
        "return all(map(context.is_nonnegative, (*other.constraints, *bounds)))",
        "return all(map(context.is_nonnegative, bounds))",
        "a lemma for m <= n is used where m may be larger",
    ),
    "lemma_out_of_range": Edit(
        "proof.lemmas",
        "if values is not None and all(context.in_range(v, i.size) for i, v in values.items()):",
        "if values is not None:",
        "a lemma about the entries of an axis is used behind its end",
    ),
    "lemma_under_a_derivative": Edit(
        "proof.lemmas",
        "return variable.is_variable and all(fact.kind in OPEN for fact in variable.facts)",
        "return variable.is_variable",
        "a closed fact of a variable passes under its derivative by way of a lemma",
    ),
    "induction_without_a_base": Edit(
        "proof.induction",
        "if base.status is not Status.PROVED:",
        "if base.status is None:",
        "P(t) implies P(t + 1), so P holds",
    ),
    "step_at_the_same_time": Edit(
        "proof.induction",
        "after = _at(statement, time, before + 1)",
        "after = _at(statement, time, Affine.of(before))",
        "P(t) implies P(t), so P holds",
    ),
    "undecided_is_agreement": Edit(
        "proof.prover",
        "return Status.PROVED if proof.status is Status.PROVED else Status.CHECKED\n"
        "    return Status.UNPROVED",
        "return Status.PROVED if proof.status is Status.PROVED else Status.CHECKED\n"
        "    return proof.status",
        "a proof stands at which the evaluator found no point",
    ),
    # ---- differentiation
    "bound_index_captured": Edit(
        "proof.differentiation",
        "if any(slot.coefficient(index) for slot in by.slots):",
        "if any(slot.coefficient(index) is None for slot in by.slots):",
        "d/dx_j of sum_j x_j^2 is sum_j 2 x_j",
    ),
    "variable_out_of_range": Edit(
        "proof.differentiation",
        "return Mul((*same, *range_guards(by), UNIT))",
        "return Mul((*same, UNIT))",
        "there is a derivative by an entry behind the axis",
    ),
    "inverse_without_its_sign": Edit(
        "proof.differentiation",
        "return summed((k, j), _product(MINUS, left, inner, right))",
        "return summed((k, j), _product(left, inner, right))",
        "d inv(M) = inv(M) dM inv(M)",
    ),
    "times_are_independent": Edit(
        "proof.differentiation",
        "_check_times(term, by)\n        same",
        "same",
        "d v[t + 1] / d v[t] = 0 for a recurrence v",
    ),
    "smaller_of_two_swapped": Edit(
        "proof.differentiation",
        "return Cond(Add((b, _minus(a)))) if k == 0 else Cond(Add((a, _minus(b))))",
        "return Cond(Add((a, _minus(b)))) if k == 0 else Cond(Add((b, _minus(a))))",
        "the minimum has the derivative of the larger",
    ),
    "exponent_is_constant": Edit(
        "proof.differentiation",
        "return _total([by_base, by_exponent])",
        "return _total([by_base])",
        "d b^x / dx = 0",
    ),
    # ---- what stays closed
    "parts_at_any_place": Edit(
        "proof.normal_form.lowering",
        'low.ring.table.factor("opaque", bracket(term), free, indices=free)',
        'low.ring.table.factor("opaque", bracket(term), (), indices=())',
        "(x_i - y_j) (...) = (x_j - y_i) (...)",
    ),
    "a_sine_is_small": Edit(
        "proof.signs",
        "return number > len(bounded) > 0 and all(",
        "return number > 0 and len(bounded) > 0 and all(",
        "1/2 + sin(x) is positive",
    ),
}
