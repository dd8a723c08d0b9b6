"""Pages for readers; some are generated, see `docs.generate`."""
