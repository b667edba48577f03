"""HTML to the same blocks that Markdown becomes: HTML inside Markdown, and documents that are HTML as a whole.

Reads what a browser would show, the task lists of GitHub, Rootly's editor and Confluence, and the part of Confluence's
storage format that carries words: tasks, status lozenges, Jira keys, mentions and dates
(https://confluence.atlassian.com/doc/confluence-storage-format-790796544.html).
"""

import html as entities
import re
from html.parser import HTMLParser

from service.reading import lines, marks
from service.reading.blocks import Block, Heading, ListBlock, ListItem, Table

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_STYLES = {
    **dict.fromkeys(("b", "strong", "summary", "dt"), (marks.BOLD, marks.BOLD_END)),
    **dict.fromkeys(("del", "s", "strike"), (marks.STRIKE, marks.STRIKE_END)),
}
_LISTS = {"ul": False, "ol": True, "ac:task-list": False}
_ENTRIES = ("li", "ac:task")
_CELLS = ("td", "th")
_BREAKS = frozenset(
    (
        *(
            "p",
            "div",
            "section",
            "article",
            "main",
            "header",
            "details",
            "summary",
            "blockquote",
            "hr",
            "dl",
            "dt",
            "dd",
        ),
        *("tr", "table", "label", "figure", "figcaption", "ac:rich-text-body", "ac:layout-section", "ac:layout-cell"),
        *_LISTS,
        *_ENTRIES,
    )
)
_SILENT = frozenset(
    (
        *("script", "style", "title", "head", "template", "nav", "footer", "pre", "time"),
        *("ac:task-id", "ac:task-uuid", "ac:plain-text-body", "ac:placeholder"),
    )
)
_TASK_STATES = {"complete": "[x] ", "incomplete": "[ ] "}
_MENTION = re.compile(r"\b(?:user-mention|confluence-userlink|mention|userlink)\b")
_WHOLE = re.compile(
    r"\s*<(?:!doctype|html|body|p|h[1-6]|div|ul|ol|table|section|article|span|strong|b|ac:[\w\-]+)[\s>]", re.IGNORECASE
)
_MARKDOWN = re.compile(r"^(?:#{1,6} |[*\-+] |\d+[.)] |\|.*\|)", re.MULTILINE)
# Deeper lists than a person writes are read as one level.
_DEEPEST = 30


def is_whole(text: str) -> bool:
    """Whether a document is HTML from its beginning to its end, without a line that only Markdown would have."""
    return bool(_WHOLE.match(text)) and text.rstrip().endswith(">") and not _MARKDOWN.search(text)


def blocks(html: str) -> list[Block]:
    """The blocks of a piece of HTML, however broken; lists nest, everything that is not text is left out."""
    reader = _Reader()
    reader.feed(_without_sections(html))
    reader.close()
    reader.end_cell()
    reader.end_text()
    return reader.root


def _without_sections(html: str) -> str:
    """CDATA sections, which are XML and not HTML, become the text that they hold."""
    first, *others = html.split("<![CDATA[")
    return first + "".join(entities.escape(inside) + rest for inside, _, rest in (o.partition("]]>") for o in others))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root: list[Block] = []
        self._lists: list[ListBlock] = []
        self._table: Table | None = None
        self._text: list[str] = []
        self._links: list[tuple[str, int]] = []
        self._macros: list[str] = []
        self._heading = 0
        self._silent = 0
        self._cell = False
        self._ticked = False
        self._task = False
        self._said = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._break(tag)
        if tag in _LISTS:
            self._open_list(ordered=_LISTS[tag])
        elif tag in _ENTRIES:
            self._item(given)
            self._task |= tag == "ac:task"
        elif tag == "table":
            self._open_table()
        elif tag == "tr" and self._table is not None:
            self.end_cell()
            self._table.rows.append([])
        elif tag in _CELLS:
            self.end_cell()
            self._cell = self._table is not None
        else:
            self._inline(tag, given)
        self._heading = _HEADINGS.get(tag, self._heading)
        self._silent += tag in _SILENT
        if tag in _STYLES:
            self._text.append(_STYLES[tag][0])

    def _inline(self, tag: str, given: dict[str, str]) -> None:
        match tag:
            case "a":
                self._links.append((given.get("href", ""), len(self._text)))
                if _is_mention(given):
                    self._text.append("@")
            case "span" if _is_mention(given) and given.get("data-label"):
                self._text.append(marks.link("", f"@{given['data-label'].lstrip('@')}"))
                self._said = True
            case "br":
                self._text.append("\n")
            case "input" if given.get("type") == "checkbox" and not self._ticked:
                self._tick("checked" in given)
            case "time":
                day = marks.clean(given.get("datetime", ""))[:10]
                self._text.append(f" ({day}) " if self._task else f" {day} ")
            case "ri:user":
                name = next((value for name, value in given.items() if name.startswith("ri:") and value), "")
                self._text.append(marks.link("", f"@{name}") if name else "")
            case "ac:structured-macro":
                self._macros.append(given.get("ac:name", ""))
            case "ac:parameter":
                self._parameter(given.get("ac:name", ""))

    def _parameter(self, name: str) -> None:
        """Of a macro's parameters only those are words of the document: a lozenge's title, a panel's, a Jira key."""
        macro = self._macros[-1] if self._macros else ""
        if name == "title" and macro != "code":
            self._text.append(f" {marks.BOLD}")
        elif not (name == "key" and macro == "jira"):
            self._silent += 1
            self._macros.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        if tag in _STYLES:
            self._text.append(_STYLES[tag][1])
        self._said &= tag != "span"
        if tag == "a" and self._links:
            href, start = self._links.pop()
            self._text[start:] = [marks.link(href, "".join(self._text[start:]).replace("@@", "@"))]
        elif tag == "ac:parameter":
            self._end_parameter()
        elif tag == "ac:structured-macro" and self._macros:
            self._macros.pop()
        elif tag in _CELLS or tag in ("tr", "table"):
            self.end_cell()
        else:
            self._break(tag)
        if tag in _HEADINGS:
            self._heading = 0
        if tag in _LISTS and self._lists and not self._cell:
            self._lists.pop()
        elif tag == "table":
            self._table = None

    def _end_parameter(self) -> None:
        if self._macros and self._macros[-1] == "":
            self._macros.pop()
            self._silent = max(0, self._silent - 1)
        elif marks.BOLD in "".join(self._text[-3:]):
            self._text.append(f"{marks.BOLD_END} ")

    def handle_data(self, data: str) -> None:
        if not self._silent and not self._said:
            text = " ".join(marks.clean(data).split("\n"))
            if self.lasttag == "ac:task-status":
                self._text.append(_TASK_STATES.get(text.strip(), ""))
            else:
                self._text.append(text if self._links else marks.mark_urls(text))

    def _break(self, tag: str) -> None:
        if tag in _BREAKS or tag in _HEADINGS:
            if self._cell:
                self._text.append("\n")
            else:
                self.end_text()

    def end_text(self) -> None:
        """What was collected becomes a heading or a paragraph where it stands."""
        if self._cell:
            return
        text = "".join(self._text)
        if not marks.plain(text):
            # A tick stands in a box of its own; it belongs to the words that follow.
            self._text[:] = [piece for piece in self._text if piece.strip() and piece in _TASK_STATES.values()]
            return
        if text.strip() in ("[x]", "[ ]"):
            self._text[:] = [text]
            return
        self._text.clear()
        self._links.clear()
        if self._heading:
            self._here().append(Heading(self._heading, marks.spaced(text)))
        else:
            self._here().extend(lines.of_paragraph(text, typed=not self._lists))

    def end_cell(self) -> None:
        """What was collected becomes a cell, if one is open."""
        if self._cell and self._table is not None and self._table.rows:
            self._table.rows[-1].append("".join(self._text).strip())
        if self._cell:
            self._text.clear()
            self._links.clear()
        self._cell = False

    def _open_table(self) -> None:
        self.end_cell()
        self._table = Table()
        self._here().append(self._table)

    def _here(self) -> list[Block]:
        if not self._lists:
            return self.root
        if not self._lists[-1].items:
            self._lists[-1].items.append(ListItem())
        return self._lists[-1].items[-1].blocks

    def _open_list(self, *, ordered: bool) -> None:
        if self._cell:
            return
        opened = self._lists[-1] if len(self._lists) >= _DEEPEST else ListBlock(ordered)
        if len(self._lists) < _DEEPEST:
            self._here().append(opened)
        self._lists.append(opened)

    def _item(self, given: dict[str, str]) -> None:
        if self._cell:
            return
        if not self._lists:
            self._open_list(ordered=False)
        self._lists[-1].items.append(ListItem())
        self._task = self._ticked = "data-checked" in given or "data-inline-task-id" in given
        if self._ticked:
            self._tick(given.get("data-checked") == "true" or "checked" in given.get("class", "").split())

    def _tick(self, done: bool) -> None:
        self._text.append("[x] " if done else "[ ] ")


def _is_mention(given: dict[str, str]) -> bool:
    said = "data-username" in given or given.get("data-type") == "mention"
    return said or bool(_MENTION.search(given.get("class", "")))
