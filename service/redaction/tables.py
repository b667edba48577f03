"""Credentials in tables: beside the cell, or below the head, that names them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from service.redaction.rules import CELL_NAME, CELL_VALUE

_LINE = re.compile(r"[^\n]+")
_RULE = re.compile(r":?-+:?")
# A cell that is longer is a sentence.
_LONGEST = 256

Cell = tuple[int, int, str]


def named_cells(text: str) -> Iterator[tuple[int, int]]:
    """The spans of what stands in such cells."""
    if "|" not in text:
        return
    above: list[Cell] = []
    heads: frozenset[int] = frozenset()
    for line in _LINE.finditer(text):
        cells = _cells(line)
        if cells and all(_RULE.fullmatch(words) for _, _, words in cells):
            heads = frozenset(place for place, cell in enumerate(above) if _names(cell))
        elif cells:
            yield from _values(cells, heads)
        else:
            heads = frozenset()
        above = cells


def _cells(line: re.Match[str]) -> list[Cell]:
    """The cells of a row, with or without bars at its ends; none where the line is no row."""
    found = []
    position = line.start()
    for part in line[0].split("|") if "|" in line[0] else ():
        start = position + len(part) - len(part.lstrip())
        found.append((start, start + len(part.strip()), part.strip()))
        position += len(part) + 1
    return found[0 if not found or found[0][2] else 1 : -1 if found and not found[-1][2] else None]


def _values(cells: list[Cell], heads: frozenset[int]) -> Iterator[tuple[int, int]]:
    for place, (start, end, words) in enumerate(cells):
        named = place in heads or (place > 0 and _names(cells[place - 1]))
        if named and len(words) <= _LONGEST and CELL_VALUE.fullmatch(words):
            yield start, end


def _names(cell: Cell) -> bool:
    return len(cell[2]) <= _LONGEST and CELL_NAME.fullmatch(" ".join(cell[2].split())) is not None
