"""Rich text between the two forms that Jira speaks: ADF (v3) and wiki text (v2).

Jira Cloud keeps ADF and renders wiki text from it on the way out; here a text stays as it came and is converted only
for a reader of the other version, so that nobody finds his own text changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from connectors.sandbox.jira.model import Markup

BLOCKS = frozenset(
    {"paragraph", "heading", "rule", "blockquote", "codeBlock", "panel", "expand", "nestedExpand"}
    | {"bulletList", "orderedList", "listItem", "taskList", "taskItem", "decisionList", "decisionItem"}
    | {"table", "tableRow", "tableCell", "tableHeader", "mediaSingle", "mediaGroup", "media", "blockCard"}
)
INLINE = frozenset(
    {"text", "hardBreak", "mention", "emoji", "date", "status", "inlineCard", "mediaInline", "placeholder"}
)


def is_adf(value: Any) -> bool:
    """Whether this is a document that Jira would take: known nodes, texts that are not empty."""
    if not isinstance(value, Mapping) or value.get("type") != "doc" or value.get("version") != 1:
        return False
    content = value.get("content")
    return isinstance(content, list) and all(_is_node(node) for node in content)


def _is_node(node: Any) -> bool:
    if not isinstance(node, Mapping) or node.get("type") not in BLOCKS | INLINE:
        return False
    if node["type"] == "text":
        return isinstance(node.get("text"), str) and node["text"] != ""
    content = node.get("content", [])
    return isinstance(content, list) and all(_is_node(child) for child in content)


def as_adf(markup: Markup | None) -> dict[str, Any] | None:
    if markup is None:
        return None
    if markup.format == "adf":
        return dict(markup.value)
    paragraphs = [part for part in re.split(r"\n\s*\n", str(markup.value)) if part.strip()]
    return {"type": "doc", "version": 1, "content": [_paragraph(part) for part in paragraphs]}


def _paragraph(text: str) -> dict[str, Any]:
    content: list[dict[str, Any]] = []
    for line in text.strip("\n").split("\n"):
        if content:
            content.append({"type": "hardBreak"})
        if line:
            content.append({"type": "text", "text": line})
    return {"type": "paragraph", "content": content}


def as_wiki(markup: Markup | None) -> str | None:
    if markup is None:
        return None
    return str(markup.value) if markup.format == "wiki" else adf_to_wiki(markup.value)


def adf_to_wiki(document: Mapping[str, Any]) -> str:
    return "\n\n".join(_block(node, "") for node in document.get("content", [])).strip()


def _block(node: Mapping[str, Any], marks: str) -> str:
    kind, content = node["type"], node.get("content", [])
    if kind in {"bulletList", "orderedList", "taskList", "decisionList"}:
        return "\n".join(_item(child, marks + ("#" if kind == "orderedList" else "*")) for child in content)
    wrap = _WRAPPERS.get(kind)
    inner = _children(content)
    return wrap(node, inner) if wrap else inner


def _children(content: list[Mapping[str, Any]]) -> str:
    if any(child["type"] in BLOCKS for child in content):
        return "\n".join(_block(child, "") for child in content)
    return "".join(_inline(child) for child in content)


def _item(node: Mapping[str, Any], marks: str) -> str:
    lines = []
    state = {"DONE": "(/) ", "TODO": "( ) "}.get(str(node.get("attrs", {}).get("state", "")), "")
    content = node.get("content", [])
    if not any(child["type"] in BLOCKS for child in content):
        return f"{marks} {state}{_children(content)}"
    for child in content:
        nested = child["type"] in {"bulletList", "orderedList", "taskList"}
        lines.append(_block(child, marks) if nested else f"{marks} {state}{_block(child, '')}")
    return "\n".join(lines)


_WRAPPERS: dict[str, Callable[[Mapping[str, Any], str], str]] = {
    "heading": lambda node, inner: f"h{node.get('attrs', {}).get('level', 2)}. {inner}",
    "codeBlock": lambda _, inner: f"{{code}}\n{inner}\n{{code}}",
    "blockquote": lambda _, inner: f"{{quote}}\n{inner}\n{{quote}}",
    "panel": lambda _, inner: f"{{panel}}\n{inner}\n{{panel}}",
    "rule": lambda _, __: "----",
    "blockCard": lambda node, _: str(node.get("attrs", {}).get("url", "")),
    "tableRow": lambda _, inner: "|" + inner.replace("\n", "|") + "|",
}


def _inline(node: Mapping[str, Any]) -> str:
    attrs = node.get("attrs", {})
    if node["type"] == "hardBreak":
        return "\n"
    if node["type"] in {"inlineCard", "mention", "emoji", "status", "date"}:
        return str(attrs.get("url") or attrs.get("text") or attrs.get("shortName") or attrs.get("timestamp") or "")
    text = str(node.get("text", ""))
    for mark in node.get("marks", []):
        if mark["type"] == "link":
            text = f"[{text}|{mark.get('attrs', {}).get('href', '')}]"
        else:
            sign = {"strong": "*{}*", "em": "_{}_", "code": "{{{{{}}}}}", "strike": "-{}-"}.get(mark["type"], "{}")
            text = sign.format(text)
    return text
