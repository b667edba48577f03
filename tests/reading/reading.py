"""Helpers for the tests of reading: documents in a few words."""

from service.reading import Document, ReadItem, read_markdown


def read(*lines: str) -> Document:
    return read_markdown("\n".join(lines) + "\n")


def items(*lines: str) -> tuple[ReadItem, ...]:
    """The items of a document whose action section holds these lines."""
    return read("# Checkout was slow", "", "## Action items", "", *lines).action_items


def only(*lines: str) -> ReadItem:
    found = items(*lines)
    assert len(found) == 1, [item.text for item in found]
    return found[0]


def texts(*lines: str) -> list[str]:
    return [item.text for item in items(*lines)]
