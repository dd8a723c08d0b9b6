"""How fast the engine is, in ratios measured in one run: `python -m benchmarks`."""
