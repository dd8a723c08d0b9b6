"""Functions, maxima, norms and indicators in LaTeX, for the reader in the tests."""

from __future__ import annotations

import numpy as np

from tests.latex.meaning import OPERATORS, Env, Node, Value, choices, compared
from tests.latex.tokens import RELATIONS, Tokens, split_at
from tests.latex.values import FUNCTIONS, Ones, applied, eliminated, larger, plain


class Operators(Tokens):
    """Reads what has a sign of its own; expressions are read by the class that completes it."""

    def bar(self) -> Node:
        self.take(r"\lvert")
        body = self.expression()
        self.take(r"\rvert")
        return lambda env: applied("abs", body(env))

    def norm(self) -> Node:
        self.take(r"\lVert")
        body = self.expression()
        self.take(r"\rVert")
        self.take("_")
        assert self.group() == ["2"]

        def value(env: Env) -> Value:
            square = sum((x * x for x in np.asarray(body(env), dtype=object).flat), 0.0)
            return applied("sqrt", square)

        return value

    def root(self) -> Node:
        self.take(r"\sqrt")
        body = self.inside(self.group()).all()
        return lambda env: applied("sqrt", body(env))

    def bold(self) -> Node:
        """Ones, zeros, or an indicator with its condition in braces."""
        self.take(r"\mathbf")
        (digit,) = self.group()
        if not self.taken(r"\{"):
            return lambda env: Ones() if digit == "1" else 0.0
        condition = self.condition()
        self.take(r"\}")
        condition.is_lazy = True  # type: ignore[attr-defined]
        return condition

    def condition(self) -> Node:
        start, depth = self.place, 0
        while depth or self.next not in RELATIONS:
            depth += {"{": 1, "}": -1}.get(self.take(), 0)
        left_tokens, relation = self.tokens[start : self.place], self.take()
        if self.next == r"\operatorname*":
            return self.largest_at(left_tokens)
        left, right = self.inside(left_tokens).all(), self.expression()
        return lambda env: compared(relation, plain(left(env)), plain(right(env)))

    def largest_at(self, left: list[str]) -> Node:
        self.take(r"\operatorname*")
        self.group()
        names, conditions, body = self.maximised()
        slots = self.slots(left, len(names))

        def value(env: Env) -> float:
            best = max(choices(env, names, conditions), key=lambda e: plain(body(e)))
            wanted = tuple(int(plain(s(env))) for s in slots)
            return float(wanted == tuple(best.indices[name] for name in names))

        return value

    def maximised(self) -> tuple[list[str], list[Node], Node]:
        """The indices under a maximum, the conditions on them, and its body."""
        self.take("_")
        inside = self.inside(self.group())
        names, conditions = [], []
        for piece in split_at(inside.tokens, ","):
            if RELATIONS & set(piece):
                conditions += [self.inside(pair).condition() for pair in neighbours(piece)]
            else:
                names += piece
        return names, conditions, self.product()

    def maximum(self) -> Node:
        self.take(r"\max")
        if self.next == "_":
            if self.tokens[self.place + 2].isdigit():
                return self.along_axes("max")
            names, conditions, body = self.maximised()
            return lambda env: max((body(e) for e in choices(env, names, conditions)), key=plain)
        if self.next == "(" and "," not in self.arguments_ahead():
            body = self.parenthesised()
            return lambda env: max(np.asarray(body(env)).flat, key=plain)
        return self.of_two(1)

    def minimum(self) -> Node:
        self.take(r"\min")
        return self.of_two(-1)

    def of_two(self, sign: int) -> Node:
        left, right = self.arguments()

        def value(env: Env) -> Value:
            a, b = np.broadcast_arrays(np.asarray(left(env)), np.asarray(right(env)))
            found = np.empty(a.shape, dtype=object)
            for place in np.ndindex(a.shape):
                found[place] = sign * larger(sign * a[place], sign * b[place])
            return found if found.ndim else found[()]

        return value

    def arguments_ahead(self) -> list[str]:
        """The tokens up to the closing parenthesis, those of inner ones left out."""
        depth, found = 0, []
        for token in self.tokens[self.place :]:
            depth += {"(": 1, ")": -1}.get(token, 0)
            if not depth:
                break
            found += [token] if depth == 1 else []
        return found

    def arguments(self) -> list[Node]:
        self.take("(")
        found = [self.expression()]
        while self.taken(","):
            found.append(self.expression())
        self.take(")")
        return found

    def called(self, name: str) -> Node:
        """A function of what stands in parentheses, or of the name or entry behind it."""
        body = self.parenthesised() if self.next == "(" else self.scripted_name(name)
        if name == "det":
            return lambda env: eliminated(body(env))[1]
        return lambda env: applied(name, body(env))

    def scripted_name(self, name: str) -> Node:
        if self.next == r"\lvert":
            return self.bar()
        node = self.atom()
        return self.scripted(node) if name == "det" else node

    def operator(self) -> Node:
        self.take(r"\operatorname")
        name = "".join(self.group())
        if self.next == "_":
            return self.along_axes(name)
        (body,) = self.arguments()
        if name in OPERATORS:
            return lambda env: OPERATORS[name](body(env))
        assert name in FUNCTIONS, name
        return lambda env: applied(name, body(env))

    def along_axes(self, name: str) -> Node:
        self.take("_")
        axes = tuple(int(t) - 1 for t in self.group() if t != ",")
        (body,) = self.arguments()

        def value(env: Env) -> Value:
            array = body(env)
            if name == "sum":
                return array.sum(axis=axes, keepdims=True)
            assert len(axes) == 1
            pick = np.apply_along_axis(lambda row: max(row, key=plain), axes[0], array)
            return pick.reshape(-1, 1)

        return value


def neighbours(tokens: list[str]) -> list[list[str]]:
    """``a < b`` and ``b < c`` for ``a < b < c``."""
    signs = [place for place, token in enumerate(tokens) if token in RELATIONS]
    ends = [*signs[1:], len(tokens)]
    starts = [0, *(sign + 1 for sign in signs)]
    return [tokens[start:end] for start, end in zip(starts, ends, strict=False)]
