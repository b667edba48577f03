"""Markdown to Textile, walked over the parsed document, so that only what we write is markup or a reference.

What Redmine makes of it: https://www.redmine.org/projects/redmine/wiki/RedmineTextFormattingTextile. A character that
would be markup is written as an entity, which Redmine shows as the character and looks at no more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from urllib.parse import quote

from markdown_it.tree import SyntaxTreeNode

from connectors.markup import ZWSP, clean, parser

_MARKS = {"strong": "*", "em": "_", "s": "-"}
_SCHEMES = ("http://", "https://", "mailto:")
_LANGUAGES = re.compile(r"c|clike|cpp|css|diff|go|html|java|javascript|json|lua|perl|php|python|r|ruby|sql|xml|yaml")
_ALIASES = {"js": "javascript", "py": "python", "yml": "yaml", "rb": "ruby"}
_URL = re.compile(r"https?://[^\s<>\"'`()\[\]|{}]+", re.IGNORECASE)
# Words that Redmine takes for a reference when a colon or a number sign follows.
PREFIXES = r"attachment|commit|document|export|forum|message|news|project|source|user|version|wiki|sync"


def textile(text: str) -> str:
    """The whole of a Markdown text as Textile. Macros, mentions, images and tags in it come out as plain words."""
    return _blocks(SyntaxTreeNode(parser().parse(clean(text))).children).strip()


def _blocks(nodes: Sequence[SyntaxTreeNode]) -> str:
    return "\n\n".join(part for part in map(_block, nodes) if part)


def _block(node: SyntaxTreeNode) -> str:
    if node.type == "heading":
        return f"h{node.tag[1:]}. {_inline(node)}".replace("\n", " ")
    if node.type in ("fence", "code_block"):
        return _code(node)
    if node.type in ("bullet_list", "ordered_list"):
        return "\n".join(_items(node, ""))
    if node.type == "blockquote":
        return "\n\n".join(_quoted(child) for child in node.children)
    if node.type == "table":
        return _table(node)
    if node.type == "hr":
        return "---"
    if node.type == "html_block":
        return escape(_without_comments(node.content).strip())
    return _inline(node) if node.type == "paragraph" else _blocks(node.children)


def _quoted(node: SyntaxTreeNode) -> str:
    """Code stands out of its quotation: the sign before each line would be a part of it."""
    inner = _block(node)
    if node.type in ("fence", "code_block") or not inner:
        return inner
    return "\n".join(f"> {line}" for line in inner.split("\n"))


def _code(node: SyntaxTreeNode) -> str:
    language = node.info.strip().split(" ")[0].lower() if node.info else ""
    language = _ALIASES.get(language, language)
    content = _kept(node.content.rstrip("\n"))
    if _LANGUAGES.fullmatch(language):
        return f'<pre><code class="{language}">\n{content}\n</code></pre>'
    return f"<pre>\n{content}\n</pre>"


def _items(node: SyntaxTreeNode, prefix: str) -> list[str]:
    mark = prefix + ("#" if node.type == "ordered_list" else "*")
    lines = []
    for item in node.children:
        texts, nested = [], []
        for child in item.children:
            if child.type in ("bullet_list", "ordered_list"):
                nested += _items(child, mark)
            else:
                texts.append(_in_item(child))
        content = " ".join(text for text in texts if text)
        lines += [f"{mark} {_task(content) or '&#160;'}", *nested]
    return lines


def _in_item(node: SyntaxTreeNode) -> str:
    """One line: an item of Textile has no other."""
    if node.type in ("fence", "code_block"):
        lines = (line.strip() for line in node.content.splitlines() if line.strip())
        return " ".join(map(_inline_code, lines))
    inner = _block(node) if node.type in ("paragraph", "html_block") else _blocks(node.children)
    return " ".join(inner.split())


def _task(content: str) -> str:
    content = re.sub(r"^&#91; &#93;(?=\s)", "☐", content)
    return re.sub(r"^&#91;[xX]&#93;(?=\s)", "☑", content)


def _table(node: SyntaxTreeNode) -> str:
    rows = []
    for row in (row for part in node.children for row in part.children):
        sign = "_. " if row.children and row.children[0].type == "th" else " "
        cells = (" ".join(_inline(cell).split()) or "&#160;" for cell in row.children)
        rows.append("|" + "|".join(f"{sign}{cell} " for cell in cells) + "|")
    return "\n".join(rows)


def _inline(node: SyntaxTreeNode) -> str:
    return _spans([child for inline in node.children for child in inline.children]).strip()


def _spans(nodes: Sequence[SyntaxTreeNode]) -> str:
    out = ""
    for index, node in enumerate(nodes):
        mark = _MARKS.get(node.type)
        if node.type in ("link", "image"):
            # A blank where there was none: an address ends at one, and the quotation mark begins after one.
            before = " " if out[-1:].isalnum() else ""
            out += before + _link(node) + (" " if _follower(nodes, index).isalnum() else "")
        elif mark is None:
            out += _SPANS.get(node.type, _text)(node)
        else:
            inner = _spans(node.children).strip()
            # Inside a word and over a line's end Textile knows no marks.
            holds = inner and "\n" not in inner and not (out[-1:].isalnum() or _follower(nodes, index).isalnum())
            out += f"{mark}{inner}{mark}" if holds else inner
    return out


def _follower(nodes: Sequence[SyntaxTreeNode], index: int) -> str:
    return nodes[index + 1].content[:1] if index + 1 < len(nodes) and nodes[index + 1].type == "text" else ""


def _link(node: SyntaxTreeNode) -> str:
    """An image is a link too: it would be fetched by each reader's browser from wherever the text says."""
    image = node.type == "image"
    text = " ".join((node.content if image else _plain(node.children)).split())
    href = str(node.attrs.get("src" if image else "href", ""))
    if not href.lower().startswith(_SCHEMES):
        return escape(text if not href or text == href else f"{text} ({href})")
    address = quote(href, safe="%/:=&?~#+,;$'.-_")
    return address if not text or text == href else f'"{_entities(text)}":{address}'


def _plain(nodes: Sequence[SyntaxTreeNode]) -> str:
    return "".join(" " if "break" in node.type else node.content or _plain(node.children) for node in nodes)


def _text(node: SyntaxTreeNode) -> str:
    return escape(node.content)


_SPANS: dict[str, Callable[[SyntaxTreeNode], str]] = {
    "code_inline": lambda node: _inline_code(node.content),
    "softbreak": lambda _: " ",
    "hardbreak": lambda _: "\n",
    "html_inline": lambda node: escape(_without_comments(node.content)),
}


def _inline_code(text: str) -> str:
    """A bar would end the cell of a table even here. Who is mentioned Redmine reads from the text as it was written,
    and passes over what stands in `pre` alone.
    """
    return escape(text) if "|" in text else f"<code>{_kept(text).replace('@', f'@{ZWSP}')}</code>"


def _kept(text: str) -> str:
    """Code: Redmine escapes it itself and looks for nothing in it but its end."""
    return re.sub(r"(?i)<(?=/?\s*(?:code|pre))", f"<{ZWSP}", text)


def _without_comments(text: str) -> str:
    return re.sub(r"<!--.*?(?:-->|\Z)", "", text, flags=re.DOTALL)


def _entities(text: str) -> str:
    """Every character that could mean something, as an entity."""
    return re.sub(r"[^\w\s.,;()/=$'&\u0080-\U0010ffff-]", _entity, _amp(text))


def _amp(text: str) -> str:
    return re.sub(r"&(?=#?\w+;)", "&amp;", text)


def escape(text: str) -> str:
    """Text in which no notation and no reference is left; addresses stay as they are, to be links."""
    parts, at = [], 0
    for match in _URL.finditer(text):
        parts += [_escape_words(text[at : match.start()]), quote(match.group(), safe="%/:=&?~#+,;$.-_")]
        at = match.end()
    return "".join([*parts, _escape_words(text[at:])])


def _escape_words(text: str) -> str:
    text = _amp(text)
    text = re.sub(r"[*@!^~+%|\"<>{}\[\]`\\]|\?(?=\?)|(?<=\?)\?|=(?==)|(?<==)=", _entity, text)
    # Between letters an underscore or a hyphen stays bare; elsewhere they are marks.
    text = re.sub(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", _entity, text)
    text = re.sub(r"(?<![A-Za-z0-9 ])-|-(?![A-Za-z0-9 ])|(?<= )-(?=\S)", _entity, text)
    text = re.sub(r"(?<!&)#(?=\d|#|note-)|(?<=#)#", _entity, text)
    text = re.sub(rf"(?i)\b({PREFIXES})([:#])", lambda match: match[1] + _entity_of(match[2]), text)
    text = re.sub(r"(?<=[A-Z])\((?=[^)])", _entity, text)  # an abbreviation
    text = re.sub(r"(?i)(?<![A-Za-z0-9])r(?=\d)", _entity, text)
    text = re.sub(r"(?m)^(\s*)([#-])(?=\s)", lambda match: match[1] + _entity_of(match[2]), text)
    return re.sub(r"(?m)^(\s*(?:h[1-6]|bq|p|fn\d+|bc|pre|notextile)\b\S*?)\.(?=[\s.:]|$)", r"\1&#46;", text)


def _entity(match: re.Match[str]) -> str:
    return _entity_of(match.group())


def _entity_of(text: str) -> str:
    return "".join(f"&#{ord(character)};" for character in text)
