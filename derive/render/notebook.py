"""What a notebook shows of a record."""

from __future__ import annotations

import html

from derive.derivation import Record
from derive.render.latex import fragment
from derive.render.terminal import Look, derivation_page


def bundle(record: Record) -> dict[str, str]:
    """The page as text, as LaTeX, and as text in HTML for viewers without LaTeX."""
    page = derivation_page(record, Look())
    return {
        "text/plain": page,
        "text/latex": rf"\[{chr(10)}{fragment(record)}{chr(10)}\]",
        "text/html": f"<pre>{html.escape(page)}</pre>",
    }
