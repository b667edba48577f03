"""Just enough Markdown and Jira wiki markup to show a text as its tracker would, without trusting any of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from markupsafe import Markup, escape

HARMLESS = re.compile(r"&lt;(/?(?:sub|sup|details|summary|kbd|br|b|i)\s*/?)&gt;")
LIST_ITEM = re.compile(r"^(\s*)(?:([-*+])|\d+[.)])\s+(.*)$")
LINK = re.compile(r"\[([^\]\n]+)\]\(((?:https?://|mailto:)[^\s)]+)\)")
BARE_LINK = re.compile(r"(?<![\"'=>\w/])(https?://[^\s<>()]*[^\s<>().,;:!?'\"])")


def markdown(text: str | None) -> Markup:
    """Render Markdown as GitHub shows an issue; comments in HTML stay hidden, as they do there."""
    shown = re.sub(r"<!--.*?-->", "", text or "", flags=re.DOTALL)
    return Markup("\n").join(_blocks(shown.replace("\r\n", "\n").split("\n")))


def wiki(text: str | None) -> Markup:
    """Render Jira's wiki markup, by way of Markdown."""
    return markdown("\n".join(_wiki_lines((text or "").replace("\r\n", "\n").split("\n"))))


def _blocks(lines: list[str]) -> Iterator[Markup]:
    at = 0
    while at < len(lines):
        line = lines[at]
        end = at + 1
        if not line.strip():
            at = end
            continue
        if line.startswith("```"):
            while end < len(lines) and not lines[end].startswith("```"):
                end += 1
            yield Markup("<pre><code>{}</code></pre>").format("\n".join(lines[at + 1 : end]))
            at = end + 1
            continue
        if heading := re.match(r"^(#{1,6})\s+(.*)$", line):
            level = min(6, len(heading[1]) + 2)
            yield Markup("<h{0}>{1}</h{0}>").format(level, _inline(heading[2]))
        elif re.fullmatch(r"\s*(?:-{3,}|\*{3,}|_{3,})\s*", line):
            yield Markup("<hr>")
        else:
            matches = _kind(line)
            while end < len(lines) and lines[end].strip() and _continues(matches, lines[end]):
                end += 1
            yield _RENDER[matches](lines[at:end])
        at = end


def _kind(line: str) -> str:
    if LIST_ITEM.match(line):
        return "list"
    if line.startswith(">"):
        return "quote"
    return "table" if line.startswith("|") else "paragraph"


def _continues(kind: str, line: str) -> bool:
    if kind == "list":
        return LIST_ITEM.match(line) is not None or line.startswith(" ")
    if kind == "paragraph":
        return _kind(line) == "paragraph" and not line.startswith(("#", "```"))
    return _kind(line) == kind


def _list(lines: list[str]) -> Markup:
    items: list[tuple[int, str]] = []
    for line in lines:
        match = LIST_ITEM.match(line)
        if match:
            items.append((len(match[1]) // 2, match[3]))
        elif items:
            items[-1] = (items[-1][0], f"{items[-1][1]} {line.strip()}")
    ordered = re.match(r"\s*\d", lines[0]) is not None
    rendered = Markup("").join(
        Markup('<li class="depth-{}">{}</li>').format(min(depth, 4), _task(text)) for depth, text in items
    )
    return Markup("<{0}>{1}</{0}>").format("ol" if ordered else "ul", rendered)


def _task(text: str) -> Markup:
    match = re.match(r"^\[([ xX])\]\s+(.*)$", text, re.DOTALL)
    if match is None:
        return _inline(text)
    box = Markup('<input type="checkbox" disabled{}> ').format(Markup("") if match[1] == " " else Markup(" checked"))
    return box + _inline(match[2])


def _table(lines: list[str]) -> Markup:
    rows = [line.strip().strip("|").split("|") for line in lines if not re.fullmatch(r"[|\s:-]+", line)]
    cells = [Markup("").join(Markup("<td>{}</td>").format(_inline(cell.strip())) for cell in row) for row in rows]
    return Markup("<table>{}</table>").format(Markup("").join(Markup("<tr>{}</tr>").format(row) for row in cells))


def _quote(lines: list[str]) -> Markup:
    inner = [line[1:].removeprefix(" ") for line in lines]
    return Markup("<blockquote>{}</blockquote>").format(Markup("\n").join(_blocks(inner)))


def _paragraph(lines: list[str]) -> Markup:
    return Markup("<p>{}</p>").format(Markup("<br>").join(_inline(line) for line in lines))


_RENDER = {"list": _list, "quote": _quote, "table": _table, "paragraph": _paragraph}


def _inline(text: str) -> Markup:
    """Everything is escaped first; what is then put in is ours alone. Code spans and links are kept out of the rest."""
    kept: list[str] = []

    def keep(html: str) -> str:
        kept.append(html)
        return f"\x00{len(kept) - 1}\x00"

    shown = str(escape(text.replace("\x00", "")))
    shown = re.sub(r"`([^`]+)`", lambda match: keep(f"<code>{match[1]}</code>"), shown)
    shown = re.sub(r"\\([\\`*_{}\[\]()#+.!|~-])", lambda match: keep(match[1]), shown)
    shown = LINK.sub(lambda match: keep(f'<a href="{match[2]}" rel="noreferrer">') + match[1] + keep("</a>"), shown)
    shown = BARE_LINK.sub(lambda match: keep(f'<a href="{match[1]}" rel="noreferrer">{match[1]}</a>'), shown)
    shown = re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", shown)
    shown = re.sub(r"(?<![\w*])[*_]([^*_\s][^*_]*)[*_](?![\w*])", r"<em>\1</em>", shown)
    shown = HARMLESS.sub(r"<\1>", re.sub(r"~~([^~]+)~~", r"<s>\1</s>", shown))
    return Markup(re.sub("\x00(\\d+)\x00", lambda match: kept[int(match[1])], shown))  # noqa: S704 - escaped above


def _wiki_lines(lines: list[str]) -> Iterator[str]:
    quoting = coding = False
    for raw in lines:
        line = raw
        if re.fullmatch(r"\{(?:code|noformat)(?::[^}]*)?\}", line.strip()):
            coding = not coding
            yield "```"
            continue
        if coding:
            yield line
            continue
        if line.strip() == "{quote}":
            quoting = not quoting
            continue
        if marks := re.match(r"^([*#-]+)\s+(.*)$", line):
            sign = "1." if marks[1].endswith("#") else "-"
            line = f"{'  ' * (len(marks[1]) - 1)}{sign} {_wiki_inline(marks[2])}"
        elif heading := re.match(r"^h([1-6])\.\s+(.*)$", line):
            line = f"{'#' * int(heading[1])} {_wiki_inline(heading[2])}"
        else:
            line = _wiki_inline(line)
        yield f"> {line}" if quoting else line


def _wiki_inline(text: str) -> str:
    text = re.sub(r"\{\{(.+?)\}\}", r"`\1`", text)
    text = re.sub(r"\{color(?::[^}]*)?\}|\{anchor:[^}]*\}", "", text)
    text = re.sub(r"\[([^\]|\n]+)\|((?:https?://|mailto:)[^\]|\s]+)(?:\|[^\]]*)?\]", r"[\1](\2)", text)
    text = re.sub(r"\[(https?://[^\]|\s]+)\]", r"\1", text)
    text = re.sub(r"(?<![\w*])\*([^*\s][^*]*)\*(?![\w*])", r"**\1**", text)
    for sign, mark in (("(/)", "✓"), ("(x)", "✗"), ("( )", "☐")):
        text = text.replace(sign, mark)
    return text
