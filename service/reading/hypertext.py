"""HTML to the same blocks that Markdown becomes, for the HTML that stands inside Markdown documents."""

from html.parser import HTMLParser

from service.reading import marks
from service.reading.blocks import Block, Heading, ListBlock, ListItem, Paragraph, Table

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_STYLES = {
    "b": (marks.BOLD, marks.BOLD_END),
    "strong": (marks.BOLD, marks.BOLD_END),
    "summary": (marks.BOLD, marks.BOLD_END),
    "del": (marks.STRIKE, marks.STRIKE_END),
    "s": (marks.STRIKE, marks.STRIKE_END),
}
_BREAKS = frozenset(
    ("p", "div", "section", "article", "details", "summary", "blockquote", "tr", "li", "ul", "ol", "table")
)
_SILENT = frozenset(("script", "style", "title", "template"))
# Deeper lists than a person writes are read as one level.
_DEEPEST = 30


def blocks(html: str) -> list[Block]:
    """The blocks of a piece of HTML, however broken; lists nest, everything that is not text is left out."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.end_text()
    return reader.root


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root: list[Block] = []
        self._lists: list[ListBlock] = []
        self._table: Table | None = None
        self._text: list[str] = []
        self._links: list[tuple[str, int]] = []
        self._heading = 0
        self._silent = 0
        self._cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        if tag in _BREAKS or tag in _HEADINGS:
            self.end_text()
        if tag in ("ul", "ol"):
            self._open_list(ordered=tag == "ol")
        elif tag == "li":
            self._item()
        elif tag == "table":
            self._table = Table()
            self._here().append(self._table)
        elif tag == "tr" and self._table is not None:
            self._table.rows.append([])
        elif tag in ("td", "th"):
            self._text.clear()
            self._cell = True
        elif tag == "a":
            self._links.append((dict(attrs).get("href") or "", len(self._text)))
        elif tag == "br":
            self._text.append("\n")
        self._heading = _HEADINGS.get(tag, self._heading)
        if tag in _STYLES:
            self._text.append(_STYLES[tag][0])

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        if tag in _STYLES:
            self._text.append(_STYLES[tag][1])
        if tag == "a" and self._links:
            href, start = self._links.pop()
            self._text[start:] = [marks.link(href, "".join(self._text[start:]))]
        elif tag in ("td", "th") and self._table is not None and self._table.rows:
            self._table.rows[-1].append("".join(self._text).strip())
            self._text.clear()
            self._cell = False
        elif tag in _BREAKS or tag in _HEADINGS:
            self.end_text()
            self._heading = 0
        if tag in ("ul", "ol") and self._lists:
            self._lists.pop()
        elif tag == "table":
            self._table, self._cell = None, False

    def handle_data(self, data: str) -> None:
        if not self._silent:
            text = " ".join(marks.clean(data).split("\n"))
            self._text.append(text if self._links else marks.mark_urls(text))

    def end_text(self) -> None:
        """What was collected becomes a heading or a paragraph where it stands."""
        if self._cell:
            return
        text = "".join(self._text)
        self._text.clear()
        self._links.clear()
        if not marks.plain(text):
            return
        self._here().append(Heading(self._heading, marks.spaced(text)) if self._heading else Paragraph(text))

    def _here(self) -> list[Block]:
        if not self._lists:
            return self.root
        if not self._lists[-1].items:
            self._lists[-1].items.append(ListItem())
        return self._lists[-1].items[-1].blocks

    def _open_list(self, *, ordered: bool) -> None:
        opened = self._lists[-1] if len(self._lists) >= _DEEPEST else ListBlock(ordered)
        if len(self._lists) < _DEEPEST:
            self._here().append(opened)
        self._lists.append(opened)

    def _item(self) -> None:
        if not self._lists:
            self._open_list(ordered=False)
        self._lists[-1].items.append(ListItem())
