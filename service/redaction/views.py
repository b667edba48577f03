"""A text as it is shown: escapes, entities and percent-encoding resolved, what is invisible and what is markup gone.

A credential that is spelt `AKIA&#73;OSF…`, `%41KIA…`, or split by `**`, a tag or a zero-width space is one for whoever
reads the page. Each view keeps where its characters stand in the text, so that what is found there is taken out here.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

_ASCII_ENCODED = re.compile(
    r"\\[!-/:-@\[-`{-~]|&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});|%[2-7][0-9A-Fa-f]"
)
_ENCODED = re.compile(rf"{_ASCII_ENCODED.pattern}|[^\x00-\x7f]")
# Fillers and selectors that no category tells apart from what is shown.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0") | {chr(code) for code in range(0xFE00, 0xFE10)}
# Comments and tags, the ends of links with where they lead, wiki's emphasis within words, and Markdown's. Each stops
# where the next may begin, so that all of them together read a text once.
_MARKUP = re.compile(
    r"<!--(?:(?!-->|<!--).)*-->|</?[A-Za-z][^<>]{0,500}>"
    r"|\]\([^()\s]{0,2000}(?:[ \t]{1,8}\"[^\"\n]{0,200}\")?\)|\]\[[^\[\]]{0,200}\]|\{[*_~+^-]\}|!?\[|\]|[*`~]+",
    re.DOTALL,
)
# The same as blanks, and the border of two cells as one: between a name and what it names it is as good as nothing.
_BORDERS = re.compile(r"</t[dh]>|</?[A-Za-z][^<>]{0,500}>|\{[*_~+^-]\}|[*`~]+|(?<!\w)_{1,3}(?=\w)|(?<=\w)_{1,3}(?!\w)")
_CELLS = re.compile(r"(?<![ \t])[ \t]*+\|[ \t]*+")
# What is encoded twice is shown by whoever decodes twice; more often nobody does.
_ROUNDS = 2


@dataclass(frozen=True, slots=True)
class View:
    """`starts` and `ends` say of each character where what it stands for begins and ends; None: where it stands."""

    text: str
    starts: list[int] | None = None
    ends: list[int] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The part of the text that a part of the view stands for."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def decoded(text: str) -> View:
    """What is encoded, resolved; what is invisible, gone."""
    view = View(text)
    if not _ASCII_ENCODED.search(text) and all(_decode(each) == each for each in set(text) if each > "\x7f"):
        return view
    for _ in range(_ROUNDS):
        following = _changed(view, _ENCODED, _decode)
        if following.text == view.text:
            break
        view = following
    return view


def rendered(view: View) -> View:
    """A decoded text without its markup."""
    return _changed(view, _MARKUP, lambda _: "")


def spaced(view: View) -> View:
    """A decoded text with blanks in place of its markup."""
    return _changed(view, _BORDERS, lambda found: "|" if found[:3] in ("</t", "</T") and found[3:4] != "r" else " ")


def joined(view: View) -> View:
    """A rendered text in which nothing stands between the cells of a table."""
    return _changed(view, _CELLS, lambda _: "")


@lru_cache(maxsize=4096)
def _decode(found: str) -> str:
    first = found[0]
    if first == "\\":
        return found[1]
    if first == "&":
        return html.unescape(found)
    if first == "%":
        code = int(found[1:], 16)
        return chr(code) if code < 0x7F else found
    if found in _INVISIBLE or unicodedata.category(found) == "Cf":
        return ""
    plain = unicodedata.normalize("NFKC", found)
    return plain if plain.isascii() else found


def _changed(view: View, pattern: re.Pattern[str], change: Callable[[str], str]) -> View:
    if not pattern.search(view.text):
        return view
    starts_of, ends_of = view.starts, view.ends
    if starts_of is None or ends_of is None:
        starts_of, ends_of = list(range(len(view.text))), list(range(1, len(view.text) + 1))
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    position = 0
    for match in pattern.finditer(view.text):
        start, end = match.span()
        shown = change(match[0])
        parts += [view.text[position:start], shown]
        starts += starts_of[position:start]
        ends += ends_of[position:start]
        starts += [starts_of[start]] * len(shown)
        ends += [ends_of[end - 1]] * len(shown)
        position = end
    parts.append(view.text[position:])
    return View("".join(parts), starts + starts_of[position:], ends + ends_of[position:])
