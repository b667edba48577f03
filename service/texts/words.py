"""How we write dates, counts and quoted text, the same in every issue and mail."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
ELLIPSIS = "…"

_SENTENCE_END = re.compile(r"(?<=[.!?])\s")
_SPECIAL = re.compile(r"([\\`*_\[\]<>|~])")
# Raw HTML that runs on to its own end mark, over blank lines and headings (CommonMark, HTML blocks 1 to 5).
_RUNAWAY = re.compile(r"^( {0,3})(<(?:[!?]|(?:script|pre|style|textarea)\b))", re.IGNORECASE)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


def long_date(day: date) -> str:
    """`14 March 2026`: read alike on both sides of the Atlantic."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def counted(count: int, noun: str) -> str:
    """`1 action`, `2 actions`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def listed(parts: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def one_line(text: str, limit: int = 240) -> str:
    """The text on one line without control characters, cut at a word where it is longer than `limit`."""
    visible = "".join(" " if unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} else char for char in text)
    line = " ".join(visible.split())
    if len(line) <= limit:
        return line
    cut = line[: limit - 1]
    head, _, _ = cut.rpartition(" ")
    return (head if len(head) > limit // 2 else cut).rstrip() + ELLIPSIS


def opening(text: str, sentences: int = 2, limit: int = 400) -> str:
    """The first sentences of the first paragraph that is not a heading."""
    paragraphs = (part.strip() for part in text.replace("\r\n", "\n").split("\n\n"))
    prose = next((part for part in paragraphs if part and not part.startswith("#")), "")
    return one_line(" ".join(_SENTENCE_END.split(one_line(prose, 4_000))[:sentences]), limit)


def inline(text: str, limit: int = 240) -> str:
    """Plain text as Markdown that shows exactly that text, on one line."""
    return _SPECIAL.sub(r"\\\1", one_line(text, limit))


def block(text: str) -> str:
    """Markdown of somebody else's that what follows it cannot fall into: an open code fence is closed, HTML shown."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip().split("\n")
    fence = ""
    for number, line in enumerate(lines):
        match = _FENCE.match(line)
        if not match:
            lines[number] = line if fence else _RUNAWAY.sub(r"\1\\\2", line, count=1)
            continue
        mark = match[1]
        if not fence:
            fence = mark
        elif mark[0] == fence[0] and len(mark) >= len(fence) and not line.strip().strip(mark[0]):
            fence = ""
    return "\n".join([*lines, fence] if fence else lines)


def link(text: str, url: str | None) -> str:
    """A Markdown link with plain text in it; the text alone where the address is not one of the web."""
    if not url or not url.startswith(("https://", "http://")) or any(char.isspace() for char in url):
        return inline(text)
    return f"[{inline(text)}](<{url.replace('<', '%3C').replace('>', '%3E')}>)"
