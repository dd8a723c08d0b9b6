"""A small reader of the LaTeX that is printed: it evaluates formulas, from nothing but their text.

Shares nothing with the printers. Sums run as their limits say, indices as the where-lines say,
definitions stand for their right-hand sides, and derivatives are taken with tangents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.latex.meaning import (
    Node,
    added,
    derived,
    each_power,
    entry_or_family,
    expected,
    hadamard,
    index_or_size,
    matrix_power,
    multiplied,
    positions,
    quotient,
    signed,
    standing,
    summed,
)
from tests.latex.operators import Operators
from tests.latex.tokens import BARE, ENDS, NAME_PARTS, SIZE, split_at
from tests.latex.values import Multiple, applied, eliminated, transposed


class Reader(Operators):
    """Reads tokens into functions of an `Env`. Names and their numbers of axes are declared."""

    # --- sums and products ---------------------------------------------------------------------

    def expression(self) -> Node:
        while self.next == "{" and self.tokens[self.place + 1] == "}":
            self.place += 2
        sign = -1 if self.taken("-") else 1
        parts = [signed(sign, self.term())]
        while self.next in ("+", "-", "{"):
            if self.taken("{"):
                self.take("}")
                continue
            sign = -1 if self.take() == "-" else 1
            parts.append(signed(sign, self.term()))
        return parts[0] if len(parts) == 1 else added(parts)

    def term(self) -> Node:
        """Products joined by the sign of the elementwise product."""
        node = self.product()
        while self.taken(r"\odot"):
            node = hadamard(node, self.product())
        return node

    def product(self) -> Node:
        factors = [self.factor()]
        while self.next and self.next not in ENDS and not self.at_empty_group():
            factors.append(self.factor())
        return factors[0] if len(factors) == 1 else multiplied(factors)

    def at_empty_group(self) -> bool:
        return self.tokens[self.place : self.place + 2] == ["{", "}"]

    def factor(self) -> Node:
        token = self.next
        if token == r"\sum":
            return self.total()
        if token == r"\frac":
            return self.fraction()
        return self.scripted(self.atom())

    def total(self) -> Node:
        self.take(r"\sum")
        self.take("_")
        below = self.group()
        assert below[1] == "="
        low = self.inside(below[2:]).expression()
        self.take("^")
        high = self.inside(self.group()).expression()
        return summed(below[0], low, high, self.product())

    def fraction(self) -> Node:
        self.take(r"\frac")
        above, below = self.group(), self.group()
        if not above or above[0] != r"\partial":
            return self.scripted(quotient(self.inside(above).all(), self.inside(below).all()))
        variables = list(self.inside(below).differentiated())
        above = above[above.index("}") + 1 :] if above[1:2] == ["^"] else above[1:]
        body = self.inside(above).all() if above else self.product()
        for name, slots in variables:
            body = derived(body, name, slots)
        return body

    def differentiated(self) -> Iterator[tuple[str, list[Node]]]:
        """The variables below a derivative, each as often as its power says."""
        while self.taken(r"\partial"):
            name, slots = self.entry_of_name()
            count = int(self.group()[0]) if self.taken("^") else 1
            yield from [(name, slots)] * count

    def all(self) -> Node:
        node = self.expression()
        assert not self.next, self.tokens[self.place :]
        return node

    # --- atoms ---------------------------------------------------------------------------------

    def atom(self) -> Node:
        token = self.next
        if token[0].isdigit():
            number = float(self.take())
            return lambda env: number
        if token in BARE:
            return self.called(BARE[self.take()])
        if token in ATOMS:
            return ATOMS[token](self)
        if self.tokens[self.place : self.place + 2] == ["e", "^"] and "e" not in self.axes:
            self.place += 2
            exponent = self.inside(self.group()).all()
            return lambda env: applied("exp", exponent(env))
        return self.named()

    def scripted(self, node: Node) -> Node:
        while self.taken("^"):
            node = self.raised(node, self.group())
        return node

    def raised(self, node: Node, exponent: list[str]) -> Node:
        if exponent == [r"\top"]:
            return lambda env: transposed(node(env))
        if exponent == ["-", r"\top"]:
            return lambda env: transposed(eliminated(node(env))[0])
        if exponent[:1] == [r"\odot"]:
            exponent = exponent[1:]
            by = self.exponent(exponent)
            return lambda env: each_power(node(env), by(env))
        by = self.exponent(exponent)
        return lambda env: matrix_power(node(env), by(env))

    def exponent(self, tokens: list[str]) -> Node:
        """A power; 3/2 is written with a slash."""
        if "/" in tokens:
            k = tokens.index("/")
            above, below = self.inside(tokens[:k]).all(), self.inside(tokens[k + 1 :]).all()
            return quotient(above, below)
        return self.inside(tokens).all()

    def parenthesised(self) -> Node:
        self.take("(")
        if self.is_indexed_name():
            return self.named_in_parentheses()
        node = self.expression()
        self.take(")")
        return node

    def is_indexed_name(self) -> bool:
        """``(W_{1})_{ij}``: a name with a subscript of its own."""
        here = self.place
        try:
            name = self.name()
            return name in self.axes and self.tokens[self.place : self.place + 2] == [")", "_"]
        except (AssertionError, IndexError):
            return False
        finally:
            self.place = here

    def named_in_parentheses(self) -> Node:
        name = self.name()
        self.take(")")
        return self.looked_up(name)

    def bracketed(self) -> Node:
        """An entry of a matrix expression, or the array of a formula for its entries."""
        self.take("[")
        body = self.expression()
        self.take("]")
        self.take("_")
        tokens = self.group()
        slots = self.slots(tokens, 0)
        names = [t for t in tokens if t != ","]
        return lambda env: entry_or_family(env, body, slots, names)

    # --- names ---------------------------------------------------------------------------------

    def name(self) -> str:
        """A name as it is printed; a subscript belongs to it if that is a declared name."""
        text = self.take()
        assert text[0].isalpha() or text[0] == "\\", text
        if text in NAME_PARTS:
            text += "{" + "".join(self.group()) + "}"
        here = self.place
        if self.taken("_"):
            longer = f"{text}_{{{''.join(self.group())}}}"
            if longer in self.axes:
                return longer
            self.place = here
        return text

    def named(self) -> Node:
        if self.next in (r"\partial",) or self.is_function():
            return self.opaque()
        return self.looked_up(self.name())

    def is_function(self) -> bool:
        here = self.place
        try:
            return self.name() in self.functions
        except (AssertionError, IndexError):
            return False
        finally:
            self.place = here

    def opaque(self) -> Node:
        orders: dict[int, int] = {}
        while self.taken(r"\partial"):
            self.take("_")
            number = int(self.group()[0]) - 1
            orders[number] = orders.get(number, 0) + 1
        name = self.name()
        while self.taken("'"):
            orders[0] = orders.get(0, 0) + 1
        given = self.arguments()
        return lambda env: env.functions[name](orders, [node(env) for node in given])

    def looked_up(self, name: str) -> Node:
        if name == r"\delta" and name not in self.axes:
            self.take("_")
            left, right = self.slots(self.group(), 2)
            node = lambda env: float(left(env) == right(env))  # noqa: E731
            node.is_lazy = True  # type: ignore[attr-defined]
            return node
        if name == "E" and name not in self.axes and self.next == "(":
            return expected(self.parenthesised())
        if name == "I" and name not in self.axes:
            return lambda env: Multiple(1.0)
        if self.axes.get(name, SIZE) == SIZE:
            return lambda env: index_or_size(env, name)
        if self.next == "_":
            self.take("_")
            slots = self.slots(self.group(), self.axes[name])
            return lambda env: env.entry(name, positions(env, slots))
        return lambda env: standing(env.whole(name))

    def entry_of_name(self) -> tuple[str, list[Node]]:
        """A variable of differentiation: a name, or an entry of one."""
        opened = self.taken("(")
        name = self.name()
        if opened:
            self.take(")")
        return name, self.slots(self.group(), self.axes[name]) if self.taken("_") else []

    def slots(self, tokens: list[str], count: int) -> list[Node]:
        """The slots of a subscript: between commas, else one letter each."""
        pieces = split_at(tokens, ",")
        if len(pieces) == 1 and count != 1 and all(t.isalpha() for t in tokens):
            pieces = [[token] for token in tokens]
        return [self.inside(piece).all() for piece in pieces]


ATOMS: dict[str, Callable[[Reader], Node]] = {
    "(": Reader.parenthesised,
    "[": Reader.bracketed,
    r"\lvert": Reader.bar,
    r"\lVert": Reader.norm,
    r"\sqrt": Reader.root,
    r"\mathbf": Reader.bold,
    r"\max": Reader.maximum,
    r"\min": Reader.minimum,
    r"\operatorname": Reader.operator,
    r"\sum": Reader.total,
    r"\frac": Reader.fraction,
}
