"""Markdown for a Redmine that is set to Markdown, made neutral: no mention, reference, macro or tag."""

from __future__ import annotations

import html
import re

from connectors.markup import ZWSP, clean, no_comment, one_line, tamed
from connectors.redmine.textile import PREFIXES

TITLE = 255
_URL = re.compile(r"https?://[^\s<>\"'`()\[\]|]+", re.IGNORECASE)
_ENTITY = re.compile(rf"&(?:#[0-9]{{1,7}}|#[xX][0-9a-fA-F]{{1,6}}|[A-Za-z][A-Za-z0-9]{{1,31}});(?!{ZWSP})")
_SIGILS = "@#:{[!"


def redmine_markdown(text: str) -> str:
    return tamed(text, _tame, _tame_code)


def subject(text: str) -> str:
    """A title is shown as it is and nothing in it is looked for."""
    return one_line(clean(text), TITLE)


def _tame(line: str) -> str:
    line = _ENTITY.sub(_entity, line)
    parts, at = [], 0
    for match in _URL.finditer(line):
        parts += [_tame_words(line[at : match.start()]), match.group().replace("@", "%40")]
        at = match.end()
    return "".join([*parts, _tame_words(line[at:])])


def _entity(match: re.Match[str]) -> str:
    """CommonMark puts the character in the entity's place before Redmine looks for references."""
    character = html.unescape(match.group())
    if len(character) == 1 and character.isascii() and character.isalnum():
        return character
    return match.group() + (ZWSP if character in _SIGILS else "")


def _tame_words(text: str) -> str:
    text = re.sub(r"(?<![A-Za-z0-9])@(?![\s\u200b])", f"@{ZWSP}", text)
    text = re.sub(r"&#(?:[0-9]{1,7}|[xX][0-9a-fA-F]{1,6});|#(?=\d|note-)", _hash, text)
    text = re.sub(rf"(?i)\b({PREFIXES})(?=[:#])", rf"\1{ZWSP}", text)
    text = re.sub(r"(?<![A-Za-z0-9])r(?=\d)", f"r{ZWSP}", text)
    # An image would be fetched by each reader's browser from wherever the text says: it becomes a link.
    text = re.sub(r"!(?=\[)", f"!{ZWSP}", text)
    text = re.sub(r"([{[])(?=\1)", rf"\1{ZWSP}", text)
    return re.sub(r"<(?=[A-Za-z/!?])", f"<{ZWSP}", text)


def _tame_code(line: str) -> str:
    """Who is mentioned Redmine reads from the text as it was written, and knows only some fences when it does."""
    return re.sub(rf"@(?!{ZWSP})", f"@{ZWSP}", no_comment(line))


def _hash(match: re.Match[str]) -> str:
    return match.group() if len(match.group()) > 1 else f"#{ZWSP}"
