"""Who is a person or a team, judged by how the document itself uses the word."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from service.reading import marks, names

_GIVEN = frozenset(names.GIVEN.split())
_ACRONYMS = frozenset(names.ACRONYMS.split())
_PART = re.compile(r"\s*(?:[,/&+;、，]|\band\b|\bund\b|\bet\b|\by\b|\bor\b)\s*")
# The lengths are bounded and begin at the beginning of a word, so that a word without end costs no more than any other.
_MENTION = re.compile(
    r"@\w[\w.\-]{0,60}(?:/[\w.\-]{1,60})?|(?<![\w.+\-])\w[\w.\-]{0,60}@(?!\w)"
    r"|(?<![\w.+\-])[\w.+\-]{1,64}@[\w\-]{1,60}\.[\w.\-]{1,60}"
)
_TEAM = re.compile(r"(?:[\w&.\-]+ ){1,4}(?:team|squad|crew|guild|tribe|group|wg|chapter)|team [\w\-]+", re.IGNORECASE)
_TEAM_WORDS = frozenset(names.TEAMS.split())
_GROUP = re.compile(r"[(\[]([A-Z][^()\[\]\n]{2,80})[)\]]")
_WORDS = re.compile(r"[^\W\d_][\w'’.\-]*")
_INITIALS = re.compile(r"[A-Z]{2,3}")
_NOBODY = re.compile(
    r"[\s?？.\-–—_*/]*|\(?(?:tbd|tba|tbc|n/?a|none|nobody|no one|unassigned|unknown|unclear|todo"
    r"|not assigned|owner|name|assignee|pending|open|done|"
    r"未定|なし|未割当|待定|无|無|offen|keiner|aucun|ninguno|nessuno|mia|x+)\)?|[<{\[].*[>}\]]",
    re.IGNORECASE,
)
_LOWER = re.compile(r"(?<![\w@.\-/])[a-z][a-z\-]+(?![\w@/])")


@dataclass(frozen=True, slots=True)
class People:
    """`known`: names that the document itself gives to people; `common`: words that it also writes in lower case;
    `initials`: those of the people that it names."""

    known: frozenset[str] = field(default_factory=frozenset)
    common: frozenset[str] = field(default_factory=frozenset)
    initials: frozenset[str] = field(default_factory=frozenset)

    def is_person(self, text: str, *, initials: bool = False) -> bool:
        """Whether the text is nothing but people or teams ("@ann", "Ann Lee/Bob", "storage team").

        Initials that the document gives to nobody count only where `initials` says that a name is expected.
        """
        parts = [part.strip() for part in _PART.split(text.strip()) if part.strip()]
        return bool(parts) and len(parts) <= 6 and all(self._is_one(part, initials) for part in parts)

    def is_person_like(self, text: str) -> bool:
        """Whether the text has the shape of initials, which make a person only beside other people."""
        return all(_INITIALS.fullmatch(part) for part in _PART.split(text.strip()))

    def may_be_person(self, text: str) -> bool:
        """Whether the text has the shape of names or a team's word: enough only where a name is expected."""
        parts = [part.strip(" .") for part in _PART.split(text.strip()) if part.strip(" .")]
        return bool(parts) and all(self._may_be_one(part) for part in parts)

    def _may_be_one(self, part: str) -> bool:
        if part.casefold() in _TEAM_WORDS or self._is_one(part, initials=True):
            return True
        words = part.split()
        shaped = len(words) <= 3 and all(_WORDS.fullmatch(word) and word[0].isupper() for word in words)
        return shaped and not (len(words) == 1 and part.casefold() in self.common) and part not in _ACRONYMS

    def _is_one(self, part: str, initials: bool) -> bool:
        part = part.rstrip(".")
        if _MENTION.fullmatch(part) or _TEAM.fullmatch(part) or part.casefold() in self.known:
            return True
        if part.casefold() in ("team", "everyone", "all", "whole team"):
            return True
        names = part.split()
        if not 1 <= len(names) <= 3 or not all(_WORDS.fullmatch(n) and n[0].isupper() for n in names):
            return False
        if len(names) == 1 and _INITIALS.fullmatch(part):
            return part in self.initials or (initials and part not in _ACRONYMS)
        first = names[0].casefold()
        return first in self.known or (first in _GIVEN and first not in self.common)


def of_document(texts: Iterable[str], named: Iterable[str]) -> People:
    """What the document tells about names: `texts` are all its texts, `named` the values of its people fields."""
    known: set[str] = set()
    initials: set[str] = set()
    common: set[str] = set()
    for text in texts:
        known.update(m.group(0).strip("@").casefold() for m in _MENTION.finditer(text) if m.group(0).count("@") == 1)
        common.update(_LOWER.findall(text))
        known.update(_beside_known(text))
    for text in named:
        for part in _PART.split(marks.plain(text)):
            name = owner(part)
            if name and len(name) <= 40 and len(name.split()) <= 3:
                known.add(name.casefold())
                initials.add("".join(word[0] for word in re.split(r"[\s\-]+", name) if word[:1].isupper()))
    return People(frozenset(known), frozenset(common), frozenset(i for i in initials if _INITIALS.fullmatch(i)))


def _beside_known(text: str) -> Iterable[str]:
    """Names that stand in one bracket with a common given name ("[Sven, Ula]")."""
    for found in _GROUP.finditer(text):
        parts = [part for part in _PART.split(found.group(1)) if part]
        names = [part.casefold() for part in parts if _WORDS.fullmatch(part) and part[0].isupper()]
        if 1 < len(names) == len(parts) <= 5 and any(name in _GIVEN for name in names):
            yield from names


def owner(text: str) -> str | None:
    """The owner as written, without "@"; None where the words are a placeholder."""
    name = re.sub(r"\s*<[^<>]*>", "", marks.plain(text)).strip(" *_`.,;:|[]")
    if name.startswith("(") and name.endswith(")"):
        name = name[1:-1]
    name = re.sub(r"(?<![\w.])@|(?<=\w)@(?![\w])", "", name).strip()
    if not name or len(name) > 80 or _NOBODY.fullmatch(name) or not re.search(r"\w", name):
        return None
    return name


def mentions(text: str) -> list[str]:
    """The people that the text addresses with "@"."""
    return [m.group(0) for m in _MENTION.finditer(text)]
