"""The gentle rewriter: it writes derivations that people read. The prover judges every step."""
