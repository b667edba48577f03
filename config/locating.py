"""Finds the line of a key in a TOML text. The parser tells no lines, so the text is parsed again in pieces."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

Path = tuple[str | int, ...]

_STEP = re.compile(r'\[(\d+)\]|"((?:\\.|[^"\\])*)"|([^.\[\]"]+)')


# A value of more lines than this is not searched: each line more costs another look at all of them.
_LONGEST_VALUE = 100


@dataclass(frozen=True)
class _Piece:
    """A header with the keys below it. `lines` begin with the header, but for the first piece, which has none."""

    path: Path
    line: int
    lines: Sequence[str]

    @cached_property
    def statements(self) -> list[tuple[int, dict[str, Any]]]:
        """Where each key below the header begins, and what it says."""
        found = []
        began = 1 if self.path else 0
        for end in range(began + 1, len(self.lines) + 1):
            parsed = _parsed(self.lines[began:end])
            if parsed is not None:
                found.append((self.line + began, parsed))
                began = end
            elif end - began > _LONGEST_VALUE:
                break
        return found


class Lines:
    """The lines of one text, which must be valid TOML."""

    def __init__(self, text: str) -> None:
        self._pieces = list(_pieces(text.replace("\r\n", "\n").split("\n")))

    def of(self, key: str) -> int | None:
        """The line where a dotted key such as `routes[2].target` begins, else that of the table which lacks it."""
        path = tuple(int(number) if number else name or quoted for number, quoted, name in _STEP.findall(key))
        around = [piece for piece in self._pieces if path[: len(piece.path)] == piece.path]
        for piece in sorted(around, key=lambda piece: -len(piece.path)):
            found = piece.line if path == piece.path != () else _line_in(piece, path[len(piece.path) :])
            if found or piece.path:
                return found or piece.line
        return None


def _pieces(lines: list[str]) -> Iterator[_Piece]:
    counts: dict[Path, int] = {}
    starts = [index for index, line in enumerate(lines) if line.lstrip().startswith("[")]
    first = failures = 0
    for end in (*starts, len(lines)):
        # A line that begins with a bracket may stand within a value; the piece before it is not whole then.
        if end == first or (_parsed(lines[first:end]) is None and failures < _LONGEST_VALUE):
            failures += end != first
            continue
        header = _parsed(lines[first : first + 1]) if first in starts else {}
        yield _Piece(_resolved(header or {}, counts), first + 1, lines[first:end])
        first, failures = end, 0


def _resolved(header: dict[str, Any], counts: dict[Path, int]) -> Path:
    """The path of a header, each list in it with the number of its latest member."""
    path: Path = ()
    inner: Any = header
    while isinstance(inner, dict) and inner:
        ((name, inner),) = inner.items()
        path = (*path, name)
        if isinstance(inner, list):
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _line_in(piece: _Piece, path: Path) -> int | None:
    for length in range(len(path), 0, -1):
        for line, parsed in piece.statements:
            if _reaches(parsed, path[:length]):
                return line
    return None


def _reaches(value: Any, path: Path) -> bool:
    for step in path:
        try:
            value = value[step]
        except (LookupError, TypeError):
            return False
    return True


def _parsed(lines: Sequence[str]) -> dict[str, Any] | None:
    try:
        return tomllib.loads("\n".join(lines))
    except (ValueError, RecursionError):
        return None
