"""The language of all derivations: sizes, affine indices, tensors, terms, contexts, statements."""
