"""Markdown to a small tree of blocks whose texts are marked strings.

Built without recursion over the token stream, and with nesting capped, so that no document can exhaust the stack.
"""

import re
from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from service.reading import hypertext, lines, marks
from service.reading.blocks import Block, Code, Heading, ListBlock, ListItem, Paragraph, Table

# The block limit is deeper than any list that a person writes; the inline limit also bounds the cost of text that
# opens brackets and never closes them, which grows with it.
# Most cells and many lines are plain words: they need no second parser.
_MARKUP = re.compile(r"[*_`\[\]<>&\\~!\n]|://")
# Words without end are no prose; markup in them is not worth what looking for it can cost.
_LONGEST_TEXT = 20_000
_BLOCK_NESTING = 60
_INLINE_NESTING = 10


def _parser(nesting: int) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"maxNesting": nesting}).enable(["table", "strikethrough"])
    parser.use(footnote_plugin, inline=False)
    return parser


class _Builder:
    """Follows block tokens with a stack of open containers; quotes are transparent, footnotes left out."""

    def __init__(self, inline: MarkdownIt, env: dict[str, Any]) -> None:
        self.root: list[Block] = []
        self._stack: list[list[Block] | ListBlock | Table] = [self.root]
        self._inline, self._env = inline, env
        self._heading = 0
        self._skipping = 0

    def feed(self, tokens: Sequence[Token]) -> None:
        for token in tokens:
            if token.type.startswith("footnote_"):
                self._skipping = max(0, self._skipping + token.nesting)
            elif not self._skipping:
                self._take(token)

    def _take(self, token: Token) -> None:
        top = self._stack[-1]
        match token.type:
            case "heading_open":
                self._heading = int(token.tag[1])
            case "heading_close":
                self._heading = 0
            case "bullet_list_open" | "ordered_list_open":
                start = token.attrs.get("start", 1)
                opened = ListBlock(token.type.startswith("ordered"), start if isinstance(start, int) else 1)
                self._add_list(opened)
                self._stack.append(opened)
            case "list_item_open" if isinstance(top, ListBlock):
                item = ListItem()
                top.items.append(item)
                self._stack.append(item.blocks)
            case "table_open":
                table = Table()
                self._add(table)
                self._stack.append(table)
            case "tr_open" if isinstance(top, Table):
                top.rows.append([])
            case "bullet_list_close" | "ordered_list_close" | "list_item_close" | "table_close":
                self._stack.pop()
            case "inline":
                self._text(token)
            case "code_block" if typed := lines.of_indented(token.content, self._last()):
                self._add(typed)
            case "fence" | "code_block":
                self._add(Code(token.content))
            case "html_block":
                self._html(token.content)

    def _text(self, token: Token) -> None:
        text = _marked(self._inline, token.content, self._env)
        top = self._stack[-1]
        if isinstance(top, Table):
            top.rows[-1].append(text)
        elif self._heading:
            self._add(Heading(self._heading, marks.spaced(text)))
        elif text.strip():
            for block in lines.of_paragraph(text):
                self._add(block)

    def _html(self, content: str) -> None:
        for block in hypertext.blocks(content):
            before = self._last()
            # A blank line inside an HTML list ends the piece of HTML, not the list.
            if isinstance(block, ListBlock) and isinstance(before, ListBlock) and content.lstrip().startswith("<li"):
                before.items.extend(block.items)
            else:
                self._add(block)

    def _add_list(self, block: ListBlock) -> None:
        """Bullets below a numbered entry that ends in a colon belong to it, however they are indented."""
        before = self._last()
        if not block.ordered and isinstance(before, ListBlock) and before.ordered and before.items:
            entry = before.items[-1].blocks
            if entry and isinstance(entry[-1], Paragraph) and marks.plain(entry[-1].text).endswith(":"):
                entry.append(block)
                return
        self._add(block)

    def _last(self) -> Block | None:
        top = self._stack[-1]
        return top[-1] if isinstance(top, list) and top else None

    def _add(self, block: Block) -> None:
        top = self._stack[-1]
        if isinstance(top, list):
            top.append(block)


def outline(markdown: str) -> list[Block]:
    """The blocks of a document in order; a list item holds blocks of its own."""
    env: dict[str, Any] = {}
    blocks = _parser(_BLOCK_NESTING)
    blocks.core.ruler.disable(["inline", "footnote_tail"])
    builder = _Builder(_parser(_INLINE_NESTING), env)
    builder.feed(blocks.parse(marks.clean(markdown), env))
    return builder.root


def _marked(parser: MarkdownIt, content: str, env: dict[str, Any]) -> str:
    if len(content) > _LONGEST_TEXT or not _MARKUP.search(content):
        return content
    tokens: list[Token] = []
    parser.inline.parse(content, parser, env, tokens)
    parts: list[str] = []
    open_links: list[tuple[str, int]] = []
    for token in tokens:
        if token.type == "link_open":
            open_links.append((str(token.attrs.get("href", "")), len(parts)))
        elif token.type == "link_close" and open_links:
            href, start = open_links.pop()
            parts[start:] = [marks.link(href, "".join(parts[start:]))]
        else:
            parts.append(_piece(token, inside_link=bool(open_links)))
    return "".join(parts)


_PIECES = {
    "strong_open": marks.BOLD,
    "strong_close": marks.BOLD_END,
    "s_open": marks.STRIKE,
    "s_close": marks.STRIKE_END,
    "softbreak": "\n",
    "hardbreak": "\n",
}


def _piece(token: Token, *, inside_link: bool) -> str:
    match token.type:
        case "text":
            return token.content if inside_link else marks.mark_urls(token.content)
        case "code_inline":
            return token.content
        case "html_inline":
            return "\n" if token.content.lower().startswith("<br") else ""
        case _:
            return _PIECES.get(token.type, "")
