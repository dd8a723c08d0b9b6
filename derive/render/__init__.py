"""Documents: what a record looks like in a terminal, in LaTeX, in JSON and in a notebook."""
