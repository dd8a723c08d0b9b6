"""The normal form: two equal terms have the same one, whatever way they were written.

A term becomes a polynomial over factors: entries with plain slots, sums over canonically named
indices, indicators of affine forms, exponentials, powers of polynomials, functions of polynomials.
"""
