"""From a graph to statements: names for what is used twice or is long, one statement a line."""

from __future__ import annotations

import builtins
import keyword
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, count

from derive.codegen.backends import Backend
from derive.codegen.errors import NoCode
from derive.codegen.graph import Node
from derive.codegen.scalars import ATOM, Text, size_text
from derive.terms.sizes import Size

LONG = 44  # characters from which an operand gets a name
LINE = 84  # characters of a line
NAMED = 26  # characters from which a defined name is shown though it is used once
VIEWS = ("argument", "number", "size", "transpose", "expand", "take", "infinity", "view")
STATEMENTS = ("scatter", "loop")
WISHES = {
    "exp": "e",
    "max": "top",
    "sum": "s",
    "mean": "mean",
    "matmul": "u v w",
    "inverse": "inverse",
    "determinant": "det",
    "sqrt": "d",
    "softmax": "p q",
    "sigmoid": "s g",
    "tanh": "h g",
    "log": "l",
    "arange": "i j k l",
    "subtract": "r q",
    "scatter": "J",
    "loop": "y a b",
    "view": "part other",
    "where": "a b",
    "argmax": "best",
}


class Writer:
    """Writes the nodes of one function as statements."""

    def __init__(
        self,
        rendered: Callable[[Writer, Node], Text],
        backend: Backend,
        roots: Sequence[Node],
        names: Mapping[Node, str],
        taken: Iterable[str],
    ) -> None:
        self.rendered = rendered
        self.backend = backend
        self.wishes = names
        self.hidden = frozenset(taken)
        self.builtins: dict[str, str] = {}
        self.taken = {*taken, *keyword.kwlist, *dir(builtins)}
        self.module = self.free(backend.alias)
        self.lines: list[str] = []
        self.depth = 0
        self.sizes: dict[str, None] = {}
        self.uses_dtype = False
        self._places: dict[str, str] = {}
        self.texts: dict[Node, Text] = {}
        self.roots = frozenset(roots)
        self.uses = uses(roots)

    def free(self, wishes: str) -> str:
        """The first of some names that is not taken; it is taken from now on."""
        first = wishes.split()[0]
        numbered = (f"{first}{k}" for k in count(2))
        name = next(n for n in chain(wishes.split(), numbered) if n not in self.taken)
        self.taken.add(name)
        return name

    def builtin(self, name: str) -> str:
        """A builtin function, under another name if an argument hides it."""
        if name in self.hidden:
            self.builtins.setdefault(name, self.free(name))
        return self.builtins.get(name, name)

    def counted(self, roots: Sequence[Node]) -> Counter[Node]:
        """How often nodes are used below some others."""
        return uses(roots)

    # ------------------------------------------------------------------ texts

    def text(self, node: Node, room: int = LINE) -> Text:
        """A node as an operand: its name, or its expression in so many characters."""
        found = self.texts.get(node)
        if found is None:
            found = self.expression(node, room)
            if self._is_named(node, found[0]):
                found = (self.statement(node, found[0]), ATOM)
            self.texts[node] = found
        return found

    def operand(self, node: Node) -> Text:
        """An operand of something larger: a long one gets a name."""
        text = self.text(node)
        if len(text[0]) > LONG and node.operation not in VIEWS:
            text = self.texts[node] = (self.statement(node, text[0]), ATOM)
        return text

    def expression(self, node: Node, room: int = LINE) -> Text:
        """A node spelt out; operands of one that is long for a line get names."""
        text = self.rendered(self, node)
        while len(text[0]) > room - 4 * self.depth and self._shortened(node):
            text = self.rendered(self, node)
        return text

    def _shortened(self, node: Node) -> bool:
        """Gives the longest operand of a node a name; False if none is long."""
        if node.operation in STATEMENTS:
            return False
        known = [o for o in node.operands if o in self.texts and self.texts[o][1] < ATOM]
        longest = max(known, key=lambda o: len(self.texts[o][0]), default=None)
        if longest is None or longest.operation in ("number", "size"):
            return False
        self.texts[longest] = (self.statement(longest, self.texts[longest][0]), ATOM)
        return True

    def _is_named(self, node: Node, text: str) -> bool:
        if node.operation in (*VIEWS, *STATEMENTS) or text.isidentifier():
            return False
        return self.uses[node] > 1 or (node in self.wishes and len(text) > NAMED)

    def statement(self, node: Node, text: str) -> str:
        """``name = text``; returns the name."""
        wish = self.wishes.get(node)
        if node.operation == "scatter":
            wish = wish or ("J" if node in self.roots else "M A B")
        name = self.free(wish or WISHES.get(node.operation, "a b c f g h"))
        self.line(f"{name} = {text}")
        return name

    def line(self, text: str) -> None:
        """One statement."""
        self.lines.append("    " * self.depth + text)

    def places(self, size: Size) -> str:
        """The name of ``arange(size)``."""
        text = self.size(size)[0]
        if text not in self._places:
            self._places[text] = self.free(WISHES["arange"])
            self.line(f"{self._places[text]} = {self.row('arange', size=text)}")
        return self._places[text]

    def size(self, size: Size) -> Text:
        """A size; the names in it will be read from shapes."""
        self.sizes.update(dict.fromkeys(size.names))
        return size_text(size)

    def row(self, name: str, *operands: str, **data: object) -> str:
        """A row of the backend's table, filled in."""
        try:
            template = self.backend.rows[name]
        except KeyError:
            raise NoCode(f"{self.backend.name} has no {name}") from None
        self.uses_dtype = self.uses_dtype or "dtype" in template
        return template.format(*operands, np=self.module, **data)


def uses(roots: Sequence[Node]) -> Counter[Node]:
    """How often each node is an operand or a result."""
    found: Counter[Node] = Counter(roots)
    seen: set[Node] = set()
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            found.update(node.operands)
            stack.extend(node.operands)
    return _through_views(found, seen)


def _through_views(found: Counter[Node], nodes: set[Node]) -> Counter[Node]:
    """A view that is used twice uses what it shows twice."""
    for node in sorted(nodes, key=lambda n: -n.serial):
        if node.operation in ("transpose", "expand") and found[node] > 1:
            found[node.operands[0]] += found[node] - 1
    return found
