"""LaTeX read independently: tokens, what they mean, and the values that this has."""
