"""Reads a page as its reader does: its text, its headings, its links, its tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br", "col", "img", "hr"}
SILENT = {"style", "title", "option"}
INLINE = {"a", "span", "time", "strong", "code", "em"}


@dataclass
class Page:
    text: str = ""
    links: dict[str, str] = field(default_factory=dict)
    headings: list[tuple[int, str]] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)

    def row(self, beginning: str) -> list[str]:
        """The table row whose first cell begins with these words."""
        return next(row for row in self.rows if row and row[0].startswith(beginning))

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def read(html: str) -> Page:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == [], f"left open: {reader.open}"
    reader.page.text = _tidy("".join(reader.words))
    return reader.page


def _tidy(text: str) -> str:
    return " ".join(text.split())


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self.words: list[str] = []
        self.open: list[tuple[str, int, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.page.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.page.rows.append([])
        if tag not in VOID:
            self.open.append((tag, len(self.words), dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        opened, start, attributes = self.open.pop()
        assert opened == tag, f"{opened} closed by {tag}"
        text = _tidy("".join(self.words[start:]))
        if tag == "a" and attributes.get("href"):
            address = str(attributes["href"])
            self.page.links[address] = _tidy(f"{self.page.links.get(address, '')} {text}")
        if tag in ("h1", "h2", "h3"):
            self.page.headings.append((int(tag[1]), text))
        if tag in ("td", "th") and self.page.rows:
            self.page.rows[-1].append(text)
        if tag not in INLINE:
            self.words.append(" ")

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1][0] not in SILENT:
            self.words.append(data)
