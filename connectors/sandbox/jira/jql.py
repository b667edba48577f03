"""The part of JQL that a client of `search/jql` needs, parsed for real: unknown words are errors, as in Jira.

Clauses joined by AND, OR, NOT and parentheses, then ORDER BY. Operators = != in, not in, is, is not, ~, !~, < <= > >=.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeVar

TOKEN = re.compile(
    r"""\s*(?:(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<sign><=|>=|!=|!~|[=<>~(),])|(?P<word>[^\s()=!<>~,"']+))"""
)
KEYWORDS = frozenset(["and", "or", "not", "in", "is", "empty", "null", "order", "by"])
Kind = Literal["string", "sign", "word", "end"]
R = TypeVar("R")


class JqlError(ValueError):
    """The message is what Jira would put into errorMessages."""


class Token(NamedTuple):
    kind: Kind
    text: str
    at: int

    def is_word(self, *words: str) -> bool:
        return self.kind == "word" and self.text.lower() in words


@dataclass(frozen=True)
class Clause:
    """`values` are the operand's texts; `quoted` is false for bare words and numbers, which Jira reads differently."""

    field: str
    operator: str
    values: tuple[str, ...]
    quoted: bool = False


@dataclass(frozen=True)
class All:
    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Some:
    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Not:
    part: Condition


Condition = Clause | All | Some | Not


@dataclass(frozen=True)
class Query:
    condition: Condition | None
    order: tuple[tuple[str, bool], ...]
    """(field, descending), first key first."""


def fold(condition: Condition, leaf: Callable[[Clause], Callable[[R], bool]]) -> Callable[[R], bool]:
    """Turn a condition into one predicate, given the predicate of each clause."""
    if isinstance(condition, Clause):
        return leaf(condition)
    if isinstance(condition, Not):
        inner = fold(condition.part, leaf)
        return lambda record: not inner(record)
    parts = [fold(part, leaf) for part in condition.parts]
    if isinstance(condition, All):
        return lambda record: all(part(record) for part in parts)
    return lambda record: any(part(record) for part in parts)


def parse(text: str) -> Query:
    """Raises JqlError."""
    return _Parser(text).query()


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._next = 0

    def query(self) -> Query:
        starts_with_order = self._peek().kind == "end" or self._peek().is_word("order")
        condition = None if starts_with_order else self._either()
        order: list[tuple[str, bool]] = []
        if self._peek().is_word("order"):
            self._take()
            self._expect_word("by")
            order = [self._order_key()]
            while self._peek().text == ",":
                self._take()
                order.append(self._order_key())
        if self._peek().kind != "end":
            raise self._unexpected("end of query, 'AND' or 'OR'")
        return Query(condition, tuple(order))

    def _either(self) -> Condition:
        parts = [self._both()]
        while self._peek().is_word("or"):
            self._take()
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def _both(self) -> Condition:
        parts = [self._one()]
        while self._peek().is_word("and"):
            self._take()
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _one(self) -> Condition:
        if self._peek().is_word("not"):
            self._take()
            return Not(self._one())
        if self._peek().text == "(":
            self._take()
            inner = self._either()
            self._expect_sign(")")
            return inner
        return self._clause()

    def _clause(self) -> Clause:
        field = self._take()
        if field.kind not in {"word", "string"} or field.is_word(*KEYWORDS):
            raise self._unexpected("a field name", field)
        operator = self._operator()
        name = _unquote(field).lower()
        if operator in {"is", "is not"}:
            if not self._peek().is_word("empty", "null"):
                raise self._unexpected("'EMPTY' or 'NULL'")
            self._take()
            return Clause(name, operator, ())
        if operator not in {"in", "not in"}:
            return Clause(name, operator, (self._operand(),), self._quoted())
        self._expect_sign("(")
        values = [self._operand()]
        while self._peek().text == ",":
            self._take()
            values.append(self._operand())
        quoted = self._quoted()
        self._expect_sign(")")
        return Clause(name, operator, tuple(values), quoted)

    def _operator(self) -> str:
        token = self._take()
        if token.kind == "sign" and token.text not in "(),":
            return token.text
        if token.is_word("in"):
            return "in"
        if token.is_word("is"):
            if self._peek().is_word("not"):
                self._take()
                return "is not"
            return "is"
        if token.is_word("not") and self._peek().is_word("in"):
            self._take()
            return "not in"
        raise self._unexpected("an operator", token)

    def _operand(self) -> str:
        token = self._take()
        if token.kind not in {"word", "string"} or token.is_word("and", "or", "in", "order"):
            raise self._unexpected("a value", token)
        if token.kind == "word" and self._peek().text == "(":
            self._take()
            self._expect_sign(")")
            return f"{token.text}()"
        return _unquote(token)

    def _order_key(self) -> tuple[str, bool]:
        field = _unquote(self._take()).lower()
        if self._peek().is_word("asc", "desc"):
            return field, self._take().is_word("desc")
        return field, False

    def _quoted(self) -> bool:
        return self._tokens[self._next - 1].kind == "string"

    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._tokens[self._next]
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return token

    def _expect_word(self, word: str) -> None:
        if not self._take().is_word(word):
            raise JqlError(f"Error in the JQL Query: expected '{word.upper()}'.")

    def _expect_sign(self, sign: str) -> None:
        token = self._take()
        if token.text != sign:
            raise self._unexpected(f"'{sign}'", token)

    def _unexpected(self, wanted: str, token: Token | None = None) -> JqlError:
        found = token or self._peek()
        got = "the end of the query" if found.kind == "end" else f"'{found.text}'"
        where = f"(line 1, character {found.at + 1})"
        return JqlError(f"Error in the JQL Query: Expecting {wanted} but got {got}. {where}")


def _tokens(text: str) -> list[Token]:
    found: list[Token] = []
    at = 0
    while text[at:].strip():
        match = TOKEN.match(text, at)
        if match is None:
            raise JqlError(f"Error in the JQL Query: The character at {at + 1} cannot stand here. (line 1)")
        kind: Kind = "string" if match["string"] else "sign" if match["sign"] else "word"
        found.append(Token(kind, match[kind], match.start(kind)))
        at = match.end()
    return [*found, Token("end", "", len(text))]


def _unquote(token: Token) -> str:
    return re.sub(r"\\(.)", r"\1", token.text[1:-1]) if token.kind == "string" else token.text
