"""Implementations as people write them, right and wrong, to hold the checker itself to account.

They were written before the checker and apart from it; nothing in `derive` knows of them.
"""
