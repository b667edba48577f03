"""Markdown to Jira's wiki text, walked over the parsed document, so that only what we write is markup.

The notation: https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=all
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from urllib.parse import quote

from markdown_it.tree import SyntaxTreeNode

from connectors.markup import ZWSP, clean, parser

_MARKS = {"strong": "*", "em": "_", "s": "-"}
_LANGUAGES = re.compile(
    r"bash|c[#+]{0,2}|css|diff|go|groovy|html|java|javascript|json|kotlin|lua|nginx|objc|perl|php|powershell|python|r"
    r"|ruby|rust|scala|sql|swift|typescript|xml|yaml"
)
_ALIASES = {"sh": "bash", "shell": "bash", "js": "javascript", "ts": "typescript", "py": "python", "yml": "yaml"}
_SCHEMES = ("http://", "https://", "mailto:")
_SMILEYS = r"(?:[yni/x!+\-?]|on|off|\*[rgby]?|flag|flagoff)\)"


def jira_wiki(text: str) -> str:
    """The whole of a Markdown text as wiki text. Macros, mentions, images and tags in it come out as plain words."""
    return _blocks(SyntaxTreeNode(parser().parse(clean(text))).children).strip()


def _blocks(nodes: Sequence[SyntaxTreeNode], *, quoted: bool = False) -> str:
    parts = (_block(node, quoted) for node in nodes)
    return "\n\n".join(part for part in parts if part)


def _block(node: SyntaxTreeNode, quoted: bool) -> str:
    if node.type == "heading":
        return f"h{node.tag[1:]}. {_inline(node)}"
    if node.type in ("fence", "code_block"):
        return _code(node)
    if node.type in ("bullet_list", "ordered_list"):
        return "\n".join(_items(node, ""))
    if node.type == "blockquote":
        inner = _blocks(node.children, quoted=True)
        return inner if quoted or not inner else f"{{quote}}\n{inner}\n{{quote}}"  # the macro does not nest
    if node.type == "table":
        return _table(node)
    if node.type == "hr":
        return "----"
    if node.type == "html_block":
        return escape(_without_comments(node.content).strip())
    return _inline(node) if node.type == "paragraph" else _blocks(node.children, quoted=quoted)


def _code(node: SyntaxTreeNode) -> str:
    language = node.info.strip().split(" ")[0].lower() if node.info else ""
    language = _ALIASES.get(language, language)
    # Nothing inside these macros is markup but their own end, which a zero-width space keeps from being one.
    content = re.sub(r"(?i)\{(?=/?\s*(?:code|noformat))", f"{{{ZWSP}", node.content.rstrip("\n"))
    opening = f"{{code:{language}}}" if _LANGUAGES.fullmatch(language) else "{noformat}"
    return f"{opening}\n{content}\n{{{opening.strip('{}').split(':')[0]}}}"


def _items(node: SyntaxTreeNode, prefix: str) -> list[str]:
    mark = prefix + ("#" if node.type == "ordered_list" else "*")
    lines = []
    for item in node.children:
        texts, nested = [], []
        for child in item.children:
            if child.type in ("bullet_list", "ordered_list"):
                nested += _items(child, mark)
            else:
                texts.append(_block(child, True))
        # An empty line would end the list.
        content = re.sub(r"\n{2,}", "\n", "\n".join(text for text in texts if text))
        lines += [f"{mark} {_task(content) or ' '}", *nested]
    return lines


def _task(content: str) -> str:
    content = re.sub(r"^\\\[ \\\](?=\s)", "☐", content)
    return re.sub(r"^\\\[[xX]\\\](?=\s)", "☑", content)


def _table(node: SyntaxTreeNode) -> str:
    rows = []
    for row in (row for part in node.children for row in part.children):
        bar = "||" if row.children and row.children[0].type == "th" else "|"
        cells = (_inline(cell).replace("\n", " ").strip() or " " for cell in row.children)
        rows.append(bar + bar.join(cells) + bar)
    return "\n".join(rows)


def _inline(node: SyntaxTreeNode) -> str:
    return _spans([child for inline in node.children for child in inline.children]).strip()


def _spans(nodes: Sequence[SyntaxTreeNode]) -> str:
    out = ""
    for index, node in enumerate(nodes):
        mark = _MARKS.get(node.type)
        if mark is None:
            out += _SPANS.get(node.type, _text)(node)
            continue
        inner = _spans(node.children).strip()
        follower = nodes[index + 1].content[:1] if index + 1 < len(nodes) and nodes[index + 1].type == "text" else ""
        # Braces make a mark hold inside a word, where Jira takes a bare one for a character.
        sign = f"{{{mark}}}" if (out[-1:].isalnum() or follower.isalnum()) else mark
        out += f"{sign}{inner}{sign}" if inner else ""
    return out


def _link(node: SyntaxTreeNode) -> str:
    return _linked(_spans(node.children), str(node.attrs.get("href", "")))


def _image(node: SyntaxTreeNode) -> str:
    """A link: an image would be fetched by each reader's browser from wherever the text says."""
    return _linked(escape(node.content), str(node.attrs.get("src", "")))


def _linked(text: str, href: str) -> str:
    if not href.lower().startswith(_SCHEMES):
        return text if not href or text == escape(href) else f"{text} ({escape(href)})"
    address = quote(href, safe="%/:=&?~#+,;@()!$*'.-_")
    return f"[{text}|{address}]" if text.strip() and text != escape(href) else f"[{address}]"


def _text(node: SyntaxTreeNode) -> str:
    return escape(node.content)


def _html(node: SyntaxTreeNode) -> str:
    return escape(_without_comments(node.content))


_SPANS: dict[str, Callable[[SyntaxTreeNode], str]] = {
    "code_inline": lambda node: f"{{{{{escape(node.content)}}}}}",
    "link": _link,
    "image": _image,
    "softbreak": lambda _: " ",
    "hardbreak": lambda _: "\n",
    "html_inline": _html,
}


def _without_comments(text: str) -> str:
    return re.sub(r"<!--.*?(?:-->|\Z)", "", text, flags=re.DOTALL)


def escape(text: str) -> str:
    """Text in which no wiki notation is left. A backslash itself is an entity, because two of them break the line."""
    text = re.sub(r"&(?=#?\w+;)", "&amp;", text).replace("\\", "&#92;")
    text = re.sub(rf"([{{}}\[\]|*_^~+]|!(?!\s)|\((?={_SMILEYS})|[:;](?=[()DPp]))", r"\\\1", text)
    text = re.sub(r"\?(?=\?)|(?<=\?)\?", r"\\?", text)
    # A hyphen between letters stays bare; one that could strike out, make a dash or begin a list does not.
    text = re.sub(r"(?<![A-Za-z0-9])-|-(?![A-Za-z0-9])", r"\\-", text)
    text = re.sub(r"(?m)^(\s*)#", r"\1\\#", text)
    return re.sub(r"(?mi)^(\s*(?:h[1-6]|bq))\.", r"\1&#46;", text)
