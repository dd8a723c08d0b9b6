"""The trusted part: the prover, its normal form and differentiation, the independent evaluator."""
