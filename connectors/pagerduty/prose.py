"""The text of a review's sections, which PagerDuty keeps as its editor's JSON, as Markdown.

https://tiptap.dev/docs/editor/core-concepts/schema
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.payloads import member, members, text

_DEEPEST = 40
_MARKS = {"bold": "**", "strong": "**", "italic": "*", "em": "*", "code": "`", "strike": "~~"}


def markdown(content: Any) -> str:
    """What cannot be read as the editor's JSON is taken as text."""
    if isinstance(content, str):
        try:
            content = json.loads(content)
        except (ValueError, RecursionError):
            return str(content)
    return _blocks(members(content, "content"), 0) if isinstance(content, Mapping) else ""


def _blocks(nodes: Sequence[Mapping[str, Any]], depth: int) -> str:
    if depth > _DEEPEST:
        return ""
    return "\n\n".join(found for node in nodes if (found := _block(node, depth)))


def _block(node: Mapping[str, Any], depth: int) -> str:
    inner = members(node, "content")
    match text(node.get("type")):
        case "heading":
            level = member(node, "attrs", "level")
            return f"{'#' * (level if isinstance(level, int) and 1 <= level <= 6 else 2)} {_inline(inner)}"
        case "bulletList" | "bullet_list" | "taskList" | "task_list":
            return _list(inner, depth, lambda _: "- ")
        case "orderedList" | "ordered_list":
            return _list(inner, depth, lambda number: f"{number}. ")
        case "codeBlock" | "code_block":
            return f"```\n{_words(inner)}\n```"
        case "blockquote":
            return "\n".join(f"> {line}" for line in _blocks(inner, depth + 1).split("\n"))
        case "table":
            return _table(inner)
        case "paragraph" | "text":
            return _inline(inner or [node])
        case _:
            return _blocks(inner, depth + 1)


def _list(nodes: Sequence[Mapping[str, Any]], depth: int, sign: Any) -> str:
    lines = []
    for number, node in enumerate(nodes, start=1):
        checked = member(node, "attrs", "checked")
        box = "" if checked is None else "[x] " if checked else "[ ] "
        first, *others = _blocks(members(node, "content"), depth + 1).split("\n")
        lines += [f"{sign(number)}{box}{first}", *(f"    {line}" if line else "" for line in others)]
    return "\n".join(lines)


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    lines = []
    for number, row in enumerate(rows):
        cells = [_blocks(members(cell, "content"), 0).replace("\n", " ") for cell in members(row, "content")]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        if number == 0:
            lines.append("|" + " --- |" * len(cells))
    return "\n".join(lines)


def _inline(nodes: Sequence[Mapping[str, Any]]) -> str:
    return "".join(_span(node) for node in nodes).strip()


def _span(node: Mapping[str, Any]) -> str:
    kind = text(node.get("type"))
    if kind in ("hardBreak", "hard_break"):
        return "\n"
    if kind == "mention":
        return "@" + (text(member(node, "attrs", "label")) or text(member(node, "attrs", "id")))
    words = _raw(node)
    for mark in members(node, "marks"):
        sign = _MARKS.get(text(mark.get("type")), "")
        href = text(member(mark, "attrs", "href"))
        words = f"[{words}]({href})" if href else f"{sign}{words}{sign}" if words.strip() else words
    return words


def _words(nodes: Sequence[Mapping[str, Any]]) -> str:
    return "".join(_raw(node) for node in nodes)


def _raw(node: Mapping[str, Any]) -> str:
    """As it stands, blanks included."""
    found = node.get("text")
    return found if isinstance(found, str) else ""
