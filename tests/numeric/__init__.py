"""What the functions of `numerics` are called with in tests: a case for each."""
