"""The small tree that a document becomes: blocks whose texts are marked strings."""

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str


@dataclass(frozen=True, slots=True)
class Code:
    text: str


@dataclass(slots=True)
class ListItem:
    blocks: "list[Block]" = field(default_factory=list)


@dataclass(slots=True)
class ListBlock:
    ordered: bool
    start: int = 1
    items: list[ListItem] = field(default_factory=list)


@dataclass(slots=True)
class Table:
    """Rows of marked cells; the first one is the head."""

    rows: list[list[str]] = field(default_factory=list)


Block = Heading | Paragraph | Code | ListBlock | Table


def walk(blocks: list[Block]) -> Iterator[Block]:
    """All blocks in the order of the document, those inside lists after the list itself."""
    waiting = list(reversed(blocks))
    while waiting:
        block = waiting.pop()
        yield block
        if isinstance(block, ListBlock):
            waiting.extend(inner for entry in reversed(block.items) for inner in reversed(entry.blocks))
