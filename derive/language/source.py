"""The text before it is parsed: characters, tokens, brackets, limits, and its statements.

Everything that could make a parser slow or deep is refused here, so that ``ast.parse`` only sees
short, shallow text of known characters.
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from derive.language.errors import InputError, shortened

LENGTH = 10_000  # characters of one input
TOKENS = 2_500
DIGITS = 60  # of one number
EXPONENT = 300  # of one number: what a float can hold
NESTING = 40  # brackets inside brackets
CHAIN = 100  # operators in a row

# What people type for something else, and what to type for it.
HINTS = {
    "'": "the transpose is .T",
    "^": "a power is **",
    "#": "there are no comments",
    "%": "there is no remainder",
    "{": "there are no sets",
    "\u2212": "minus is -",
    "\u00d7": "times is *",
    "\u00b7": "times is *",
    "\u2217": "times is *",
    "\u00b2": "a square is **2",
    "\u00b3": "a cube is **3",
    "\u2211": "a sum is sum(...)",
    "\u22a4": "the transpose is .T",
    "\u221a": "a root is sqrt(...)",
}
REFUSED = {
    "<": "only <=, >= and == compare, in a statement",
    ">": "only <=, >= and == compare, in a statement",
    "!=": "only <=, >= and == compare, in a statement",
    "//": "division is /",
    ":=": "a name is given by a statement of its own: h = ...; sum(h)",
    "->": "",
}
TOKEN = re.compile(
    r"(?P<number>(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<operator>\*\*|//|==|<=|>=|!=|:=|->|[-+*/@.,;:=<>()\[\]\n])",
    re.ASCII,
)
ALLOWED = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-*/@.,;:=<>!()[] \n"
)
PAIRS = {")": "(", "]": "["}
SEPARATORS = frozenset(";\n")


@dataclass(frozen=True)
class Token:
    """A number, a name or an operator, and where it starts."""

    kind: str
    text: str
    start: int


@dataclass(frozen=True)
class Piece:
    """One statement: the name that it gives, if any, and its expression padded to its place."""

    name: Token | None
    text: str
    start: int


@dataclass(frozen=True)
class Source:
    """A text in its statements and tokens."""

    text: str
    pieces: list[Piece]
    tokens: list[Token]


def cleaned(text: str) -> str:
    """The text with tabs as spaces, if it is short enough and holds no foreign character."""
    if len(text) > LENGTH:
        raise InputError(f"the input is too long: {len(text)} characters, the limit is {LENGTH}")
    text = text.replace("\t", " ").replace("\r", " ").rstrip()
    for position, character in enumerate(text):
        if character not in ALLOWED:
            raise InputError(foreign(character), position + 1, text)
    return text


def foreign(character: str) -> str:
    """What to say of a character that the language does not have."""
    shown = f"unexpected character {character!r}"
    if not character.isascii():
        name = unicodedata.name(character, "")
        shown += f" (U+{ord(character):04X}{', ' + name if name else ''}), names are ASCII"
    hint = HINTS.get(character)
    return f"{shown}; {hint}" if hint else shown


def tokens(text: str) -> list[Token]:
    """The tokens of a cleaned text, each of them checked."""
    found = list(_tokens(text))
    if len(found) > TOKENS:
        raise InputError(f"the input is too long: {len(found)} tokens, the limit is {TOKENS}")
    return found


def _tokens(text: str) -> Iterator[Token]:
    position = 0
    while position < len(text):
        if text[position] == " ":
            position += 1
            continue
        match = TOKEN.match(text, position)
        if match is None:
            raise InputError(f"unexpected {text[position]!r}", position + 1, text)
        token = Token(str(match.lastgroup), match.group(), position)
        _check(token, text)
        yield token
        position = match.end()


def _check(token: Token, text: str) -> None:
    place = token.start + 1
    if token.kind == "number":
        _check_number(token, text)
    elif token.text in REFUSED:
        hint = REFUSED[token.text]
        tail = f"; {hint}" if hint else ""
        raise InputError(f"{token.text!r} is not part of the language{tail}", place, text)
    elif keyword.iskeyword(token.text) and token.text not in ("True", "False", "None"):
        raise InputError(f"{token.text!r} is not part of the language", place, text)


def _check_number(token: Token, text: str) -> None:
    place, end = token.start + 1, token.start + len(token.text)
    whole = token.text + re.match(r"[A-Za-z0-9_.]*", text[end:]).group()  # type: ignore[union-attr]
    if whole != token.text or re.search(r"__|_$|_\.|\._|_[eE]", whole):
        raise InputError(f"cannot read the number {shortened(whole)}", place, text)
    digits, _, exponent = token.text.lower().partition("e")
    if sum(c.isdigit() for c in digits) > DIGITS:
        message = f"the number {shortened(whole, 24)} is too large: more than {DIGITS} digits"
        raise InputError(message, place, text)
    if len(exponent) > 6 or abs(int(exponent or "0")) > EXPONENT:
        message = f"the number {shortened(whole, 24)} is too large or too small for a float"
        raise InputError(message, place, text)


def read(text: str) -> Source:
    """The statements of a text, split at ``;`` and line ends outside brackets.

    >>> [piece.text for piece in read("h = X @ b; sum(h)").pieces]
    ['X @ b', 'sum(h)']
    """
    text = cleaned(text)
    found = tokens(text)
    groups: list[list[Token]] = [[]]
    for token, depth in zip(found, _depths(found, text), strict=True):
        if depth == 0 and token.text in SEPARATORS:
            groups.append([])
        elif token.text != "\n":
            groups[-1].append(token)
    pieces = [_piece(group, text) for group in groups if group]
    if not pieces:
        raise InputError("there is no expression", 1, text)
    return Source(text, pieces, found)


def _depths(found: list[Token], text: str) -> Iterator[int]:
    """The number of brackets around each token; brackets must match and stay shallow."""
    opened: list[Token] = []
    chains = [0]
    for token in found:
        place = token.start + 1
        if token.text in PAIRS:
            if not opened or opened[-1].text != PAIRS[token.text]:
                raise InputError(_unmatched(token, opened), place, text)
            opened.pop()
            chains.pop()
        elif token.text in SEPARATORS or token.text in ",=":
            chains[-1] = 0
        elif token.kind == "operator":
            chains[-1] += 1
        if chains[-1] > CHAIN:
            message = f"too long: more than {CHAIN} operators in a row; give parts names, h = ...;"
            raise InputError(message, place, text)
        yield len(opened)
        if token.text in PAIRS.values():
            opened.append(token)
            chains.append(0)
        if len(opened) > NESTING:
            message = f"nested too deep: more than {NESTING} open brackets; give parts names"
            raise InputError(message, place, text)
    if opened:
        bracket = opened[-1]
        raise InputError(f"the bracket {bracket.text!r} is never closed", bracket.start + 1, text)


def _unmatched(token: Token, opened: list[Token]) -> str:
    if not opened:
        return f"the bracket {token.text!r} closes nothing"
    bracket = opened[-1]
    return f"the bracket {token.text!r} cannot close {bracket.text!r} of column {bracket.start + 1}"


def _piece(group: list[Token], text: str) -> Piece:
    """One statement from its tokens; a name before ``=`` is what it defines."""
    name = None
    if len(group) > 1 and group[1].text == "=":
        name, group = _assigned(group, text), group[2:]
    depth = 0
    for token in group:
        depth += (token.text in "([") - (token.text in ")]")
        if token.text == "=" and not depth:
            message = "unexpected '='; a statement is name = expression, an equation has =="
            raise InputError(message, token.start + 1, text)
    _check_neighbours(group, text)
    start, end = group[0].start, group[-1].start + len(group[-1].text)
    return Piece(name, text[start:end].replace("\n", " "), start)


def _check_neighbours(group: list[Token], text: str) -> None:
    """Two operands need an operator between them, and no statement ends with an operator."""
    for left, right in pairwise(group):
        ends = left.kind != "operator" or left.text in ")]"
        if ends and (right.kind != "operator" or (left.kind == "number" and right.text in "([")):
            message = f"an operator is missing before {shortened(right.text)}"
            raise InputError(message, right.start + 1, text)
    last = group[-1]
    if last.kind == "operator" and last.text not in ")].":
        message = f"the expression ends too early, after {last.text!r}"
        raise InputError(message, last.start + 1, text)


def _assigned(group: list[Token], text: str) -> Token:
    if group[0].kind != "name" or group[0].text in ("True", "False", "None"):
        message = f"{shortened(group[0].text)} cannot be given a value"
        raise InputError(message, group[0].start + 1, text)
    if len(group) < 3:
        raise InputError("there is no expression after '='", group[1].start + 1, text)
    return group[0]
