"""Errors planted in the prover and the rewriter one at a time: the bounded run finds each of them.

``python -m tests.planted NAME`` plants one and prints what the run finds; without a name it lists
them. An error is planted in memory, while its module is imported: no file changes.
"""
