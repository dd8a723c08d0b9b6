"""Random pairs of statements, equal and not, against which the prover is held."""
