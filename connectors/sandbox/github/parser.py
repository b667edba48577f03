"""Reads the GraphQL that clients of GitHub send: one operation with variables, aliases, inline and named fragments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TOKEN = re.compile(r'\s*(?:#[^\n]*\s*)*("(?:[^"\\]|\\.)*"|\.\.\.|[A-Za-z_]\w*|-?\d+|[{}()\[\]:!$=@|])[\s,]*')


class GraphqlError(ValueError):
    """The query cannot be read; the message goes into `errors`."""


@dataclass(frozen=True)
class Field:
    """One selection. `on` is the type condition of the fragment around it, if any."""

    alias: str
    name: str
    arguments: Mapping[str, Any]
    selection: tuple[Field, ...]
    on: str | None = None


@dataclass(frozen=True)
class Operation:
    kind: str
    fields: tuple[Field, ...]


class Parser:
    def __init__(self, text: str, variables: Mapping[str, Any]) -> None:
        self._tokens = self._split(text)
        self._variables = variables
        self._at = 0
        self._fragments: dict[str, tuple[Field, ...]] = {}

    def operation(self) -> Operation:
        starts = [at for at, token in enumerate(self._tokens) if token == "fragment"]  # noqa: S105 - a keyword
        for start in starts:
            self._at = start + 1
            name = self._take()
            self._take("on")
            self._fragments[name] = self._selection(self._take())
        self._at = 0
        kind = "query"
        if self._peek() in {"query", "mutation"}:
            kind = self._take()
            if self._peek() not in {"{", "("}:
                self._take()
            if self._peek() == "(":
                self._skip_definitions()
        elif self._peek() != "{":
            raise GraphqlError("Only queries and mutations are answered here.")
        return Operation(kind, self._selection(None))

    def _skip_definitions(self) -> None:
        while self._take() != ")":
            pass

    def _selection(self, on: str | None) -> tuple[Field, ...]:
        self._take("{")
        fields: list[Field] = []
        while self._peek() != "}":
            if self._peek() == "...":
                self._take()
                fields.extend(self._fragment())
            else:
                fields.append(self._field(on))
        self._take("}")
        return tuple(fields)

    def _fragment(self) -> tuple[Field, ...]:
        if self._peek() == "on":
            self._take()
            return self._selection(self._take())
        name = self._take()
        if name not in self._fragments:
            raise GraphqlError(f"Fragment {name} is not defined")
        return self._fragments[name]

    def _field(self, on: str | None) -> Field:
        alias = name = self._take()
        if self._peek() == ":":
            self._take()
            name = self._take()
        arguments = self._members("(", ")") if self._peek() == "(" else {}
        selection = self._selection(None) if self._peek() == "{" else ()
        return Field(alias, name, arguments, selection, on)

    def _members(self, opening: str, closing: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        self._take(opening)
        while self._peek() != closing:
            key = self._take()
            self._take(":")
            found[key] = self._value()
        self._take(closing)
        return found

    def _value(self) -> Any:
        if self._peek() == "{":
            return self._members("{", "}")
        token = self._take()
        if token == "$":  # noqa: S105 - a sign
            return self._variables.get(self._take())
        if token == "[":  # noqa: S105 - a sign
            items = []
            while self._peek() != "]":
                items.append(self._value())
            self._take("]")
            return items
        if token.startswith('"'):
            return re.sub(r"\\(.)", r"\1", token[1:-1])
        if re.fullmatch(r"-?\d+", token):
            return int(token)
        return {"true": True, "false": False, "null": None}.get(token, token)

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self, wanted: str | None = None) -> str:
        token = self._peek()
        if not token or (wanted is not None and token != wanted):
            raise GraphqlError(f"Parse error on {token!r}, expected {wanted or 'more'!r}")
        self._at += 1
        return token

    @staticmethod
    def _split(text: str) -> list[str]:
        tokens, at = [], 0
        while text[at:].strip():
            match = TOKEN.match(text, at)
            if match is None:
                raise GraphqlError(f"Parse error on {text[at : at + 10]!r}")
            tokens.append(match[1])
            at = match.end()
        return tokens
