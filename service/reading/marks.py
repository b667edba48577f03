"""Marked text: a string that keeps links, bold and strike-through as private-use characters.

A paragraph's inline tokens become one such string, so that the rules for items can look at plain words and still know
that a word was a link or stood in bold. No input contains these characters: `clean` takes them out first.
"""

import re

LINK, HREF_END, LINK_END = "\ue000", "\ue001", "\ue002"
BOLD, BOLD_END = "\ue003", "\ue004"
STRIKE, STRIKE_END = "\ue005", "\ue006"

ANY_LINK = f"{LINK}[^{HREF_END}]*{HREF_END}[^{LINK_END}]*{LINK_END}"
_LINK = re.compile(f"{LINK}([^{HREF_END}]*){HREF_END}([^{LINK_END}]*){LINK_END}")
_MARKS = re.compile("[\ue000-\ue00f]")
_STYLES = re.compile("[\ue003-\ue006]")
_SPACE = re.compile(r"\s+")
_BARE_URL = re.compile(r"https?://[^\s<>\"\ue000-\ue00f]{1,2000}", re.IGNORECASE)
# Hyphens that only differ in how a line may break.
_HYPHENS = str.maketrans({"\u2010": "-", "\u2011": "-", "\u00ad": None})
_CLOSERS = {")": "(", "]": "["}


def clean(text: str) -> str:
    """The text without characters that would be taken for marks, every hyphen being the plain one."""
    return _MARKS.sub("", text).translate(_HYPHENS)


def link(href: str, text: str) -> str:
    """A link; other links inside its text lose their mark, for links do not nest."""
    return f"{LINK}{_MARKS.sub('', href)}{HREF_END}{_LINK.sub(lambda m: m.group(2), text)}{LINK_END}"


def mark_urls(text: str) -> str:
    """Bare addresses become links that show themselves; sentence punctuation after them stays outside."""
    return _BARE_URL.sub(lambda m: _bare(m.group(0)), text)


def _bare(url: str) -> str:
    end = len(url)
    while end and (url[end - 1] in ".,;:!?'*" or _unbalanced(url, end)):
        end -= 1
    return link(url[:end], url[:end]) + url[end:]


def _unbalanced(url: str, end: int) -> bool:
    last = url[end - 1]
    opener = _CLOSERS.get(last)
    return opener is not None and url.count(last, 0, end) > url.count(opener, 0, end)


def links(marked: str) -> list[tuple[str, str]]:
    """All (address, shown text) of a marked text."""
    return [(m.group(1), plain(m.group(2))) for m in _LINK.finditer(marked)]


def spaced(marked: str) -> str:
    """The marked text on one line."""
    return _SPACE.sub(" ", marked).strip()


def unstyled(marked: str) -> str:
    """The marked text without bold and strike-through; links stay."""
    return _STYLES.sub("", marked)


def plain(marked: str) -> str:
    """What a reader reads: one line, links by their text, no marks."""
    return spaced(_MARKS.sub("", _LINK.sub(lambda m: m.group(2), marked)))


def is_bold(marked: str) -> bool:
    """Whether all words of the text stand in one bold run (a colon may follow it)."""
    text = marked.strip()
    inner = text.rstrip(":： ")
    return inner.startswith(BOLD) and inner.endswith(BOLD_END) and inner.count(BOLD) == 1 and len(inner) > 2


def is_struck(marked: str) -> bool:
    """Whether all words of the text are struck through."""
    text = spaced(marked).rstrip(". ")
    return text.startswith(STRIKE) and text.endswith(STRIKE_END) and text.count(STRIKE) == 1
