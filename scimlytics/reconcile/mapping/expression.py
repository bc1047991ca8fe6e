"""Mapping expressions as Entra writes them: read into a tree, evaluated over many people at once.

The language is that of "Reference for writing expressions for attribute mappings in Microsoft Entra
Application Provisioning": functions, attributes in brackets, constants in quotes, comparisons inside
conditions. A null whose treatment is not documented makes the value *unknown*, which is neither equal
nor different to anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from scimlytics.reconcile.mapping.functions import FUNCTIONS, UnevaluableError, Value, compare

TOKENS = re.compile(
    r"""\s*(?:
        "(?P<text>(?:\\.|[^"\\])*)"
      | \[(?P<attribute>[^\]]+)\]
      | (?P<hexadecimal>&H[0-9A-Fa-f]+)
      | (?P<number>-?\d+)
      | (?P<name>[A-Za-z]\w*)
      | (?P<mark><>|>=|<=|[(),=<>])
      | (?P<end>$)
    )""",
    re.VERBOSE | re.DOTALL,
)
COMPARISONS = ("=", "<>", ">", ">=", "<", "<=")
CONSTANTS = {"true": True, "false": False}
LONGEST, DEEPEST = 20_000, 60
"""An expression longer or more nested than this is not evaluated."""


@dataclass(frozen=True)
class Attribute:
    """A source attribute in brackets."""

    name: str


@dataclass(frozen=True)
class Constant:
    """A text, a number, a truth value, or nothing, where an argument is left out."""

    value: Value


@dataclass(frozen=True)
class Call:
    """A function and its arguments."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True)
class Comparison:
    """Two values compared, as a condition has them."""

    sign: str
    left: Node
    right: Node


Node = Attribute | Constant | Call | Comparison
Column = Callable[[str], Sequence[Value]]


@lru_cache(maxsize=1_000)
def parse(text: str) -> Node:
    """Read an expression.

    Raises
    ------
    UnevaluableError
        It is no expression, or calls a function that is not known; the reason is its text.
    """
    if len(text) > LONGEST:
        raise UnevaluableError("it is too long")
    return _Reader(text).whole()


def evaluate(node: Node, column: Column, count: int) -> list[Value]:
    """The values an expression has for a number of people.

    Parameters
    ----------
    node
        What :func:`parse` returns.
    column
        Gives the values of a source attribute, one per person, by its name.
    count
        How many people there are.

    Returns
    -------
    list
        A text, a number, a truth value, a list of texts, None, or ``UNKNOWN`` per person.

    Raises
    ------
    UnevaluableError
        A function depends on what no export shows (chance, the clock, app roles), or an attribute
        is not there.
    """
    if isinstance(node, Constant):
        return [node.value] * count
    if isinstance(node, Attribute):
        return list(column(node.name))
    if isinstance(node, Comparison):
        left, right = evaluate(node.left, column, count), evaluate(node.right, column, count)
        return [compare(node.sign, one, other) for one, other in zip(left, right, strict=True)]
    function = FUNCTIONS[node.function.casefold()]
    arguments = [evaluate(one, column, count) for one in node.arguments]
    try:
        if not arguments:
            return [function() for _ in range(count)]
        return [function(*row) for row in zip(*arguments, strict=True)]
    except TypeError as error:
        raise UnevaluableError(
            f"{node.function} is called with arguments it does not take"
        ) from error


class _Reader:
    """Reads one expression by recursive descent."""

    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.place = 0
        self.depth = 0

    def whole(self) -> Node:
        node = self.comparison()
        if self.kind != "end":
            raise UnevaluableError(f"{self.word!r} stands where the expression should end")
        return node

    @property
    def kind(self) -> str:
        return self.tokens[self.place][0]

    @property
    def word(self) -> str:
        return self.tokens[self.place][1]

    def comparison(self) -> Node:
        left = self.value()
        if self.kind == "mark" and self.word in COMPARISONS:
            sign = self.take()
            return Comparison(sign, left, self.value())
        return left

    def value(self) -> Node:
        kind = self.kind
        if kind == "end" or kind == "mark":
            raise UnevaluableError(f"{self.word or 'the end'!r} stands where a value should stand")
        word = self.take()
        if kind == "text":
            return Constant(re.sub(r'\\(["\\])', r"\1", word))
        if kind == "attribute":
            return Attribute(word)
        if kind == "number":
            return Constant(int(word))
        if kind == "hexadecimal":
            return Constant(int(word[2:], 16))
        if self.kind == "mark" and self.word == "(":
            return self.call(word)
        return Constant(CONSTANTS.get(word.casefold(), word))

    def call(self, name: str) -> Node:
        if name.casefold() not in FUNCTIONS:
            raise UnevaluableError(f"the function {name} is not known")
        self.depth += 1
        if self.depth > DEEPEST:
            raise UnevaluableError("it is nested too deep")
        self.take()
        arguments: list[Node] = []
        while self.word != ")" or self.kind != "mark":
            if self.kind == "mark" and self.word == ",":
                arguments.append(Constant(None))
            else:
                arguments.append(self.comparison())
            if self.kind == "mark" and self.word == ",":
                self.take()
                if self.kind == "mark" and self.word == ")":
                    arguments.append(Constant(None))
            elif self.kind != "mark" or self.word != ")":
                raise UnevaluableError(f"a comma or a bracket is missing before {self.word!r}")
        self.take()
        self.depth -= 1
        return Call(name, tuple(arguments))

    def take(self) -> str:
        word = self.word
        self.place += 1
        return word


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    place = 0
    while True:
        found = TOKENS.match(text, place)
        if found is None:
            raise UnevaluableError(f"{text[place : place + 20].strip()!r} cannot be read")
        kind = str(found.lastgroup)
        yield kind, found.group(kind)
        if kind == "end":
            return
        place = found.end()
