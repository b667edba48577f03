"""The front matter of a Markdown document: the few keys that say which document it is, all of them optional."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from typing import Any

import yaml

from connectors.spi import Unreadable

VISIBILITIES = ("public", "internal", "private")
_KEY = r"[A-Za-z_\"'][\w \"'-]{0,60}:(?:[ \t][^\n]*)?\n"
_END = r"^(?:---|\.\.\.)[ \t]*$"
_FENCED = re.compile(rf"\A---[ \t]*\n(.*?){_END}", re.DOTALL | re.MULTILINE)
# Under blank lines or a comment three dashes are as often a line across the page: a key must follow.
_LOWER = re.compile(
    rf"\A(?:[ \t]*\n|<!--(?:(?!-->).)*-->[ \t]*\n)+---[ \t]*\n(?={_KEY})(.*?){_END}", re.DOTALL | re.MULTILINE
)
_UNCLOSED = re.compile(r"\A---[ \t]*\n(?:[^\n]+\n){0,50}?visibility[ \t]*:", re.IGNORECASE)
_MOST_CHARACTERS = 20_000


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """A document is final unless it says otherwise: it lies there because it is finished. `status` is its own word."""

    id: str | None = None
    title: str | None = None
    status: str = "final"
    revision: int | None = None
    severity: str | None = None
    visibility: str | None = None
    services: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    url: str | None = None
    finalized_at: datetime | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)


class _Texts(yaml.BaseLoader):
    """Every scalar stays a text, so that `no` and 2026-03-09 mean themselves; aliases are refused: they multiply."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not read here")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        found = super().construct_mapping(node, deep)
        if len(found) != len(node.value):
            raise yaml.YAMLError("a key stands there twice")
        return found


def front_matter(text: str) -> FrontMatter:
    """Raises Unreadable where a key that is understood has a value that is not."""
    fenced = _FENCED.match(text) or _LOWER.match(text)
    if fenced is None and _UNCLOSED.match(text):
        raise _fault("is not closed by a line of ---")
    if fenced is None:
        return FrontMatter()
    if len(fenced[1]) > _MOST_CHARACTERS:
        raise _fault(f"has more than {_MOST_CHARACTERS} characters")
    try:
        data = yaml.load(fenced[1], Loader=_Texts)  # noqa: S506 - a BaseLoader makes nothing but texts
    except (yaml.YAMLError, RecursionError, ValueError):
        if not text.startswith("---") and "visibility" not in fenced[1].lower():
            return FrontMatter()  # two lines across the page, with prose between
        raise _fault("cannot be read as YAML") from None
    if not isinstance(data, dict):
        return FrontMatter()
    known = {str(name).strip().lower(): value for name, value in data.items() if isinstance(name, str)}
    return FrontMatter(
        id=_text(known, "id"),
        title=_text(known, "title"),
        status=_text(known, "status") or "final",
        revision=_revision(known),
        severity=_text(known, "severity"),
        visibility=_visibility(known),
        services=_texts(known, "services"),
        teams=_texts(known, "teams"),
        tags=_texts(known, "tags"),
        url=_address(known),
        finalized_at=_instant(known),
        raw=known,
    )


def _fault(words: str) -> Unreadable:
    sentence = f"The document's front matter {words}."
    return Unreadable("markdown.front_matter", sentence, "Correct it between the lines of --- and send it again.")


def _text(known: Mapping[str, Any], name: str) -> str | None:
    value = known.get(name)
    return " ".join(value.split()) or None if isinstance(value, str) else None


def _visibility(known: Mapping[str, Any]) -> str | None:
    """A misspelt one must not become the default: what was meant to be private would be shown."""
    if "visibility" not in known and (near := get_close_matches("visibility", known, 1, cutoff=0.85)):
        raise _fault(f"has the key {near[0][:40]!r}, which may be meant as visibility")
    if not isinstance(known.get("visibility", ""), str):
        raise _fault("has a visibility that is not one word")
    value = _text(known, "visibility")
    if value is not None and value.lower() not in VISIBILITIES:
        raise _fault(f"has the visibility {value[:40]!r}, which is none of {', '.join(VISIBILITIES)}")
    return value.lower() if value else None


def _revision(known: Mapping[str, Any]) -> int | None:
    value = _text(known, "revision")
    if value is None:
        return None
    if not value.isascii() or not value.isdigit() or len(value) > 15:
        raise _fault(f"has the revision {value[:40]!r}, which is not a whole number")
    return int(value)


def _texts(known: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """A list, or words between commas."""
    value = known.get(name)
    words = value if isinstance(value, list) else value.split(",") if isinstance(value, str) else []
    return tuple(word.strip() for word in words if isinstance(word, str) and word.strip())


def _address(known: Mapping[str, Any]) -> str | None:
    value = _text(known, "url")
    return value if value and re.fullmatch(r"https?://\S+", value) else None


def _instant(known: Mapping[str, Any]) -> datetime | None:
    value = _text(known, "finalized_at")
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise _fault("has a finalized_at that is not an instant with an offset, such as 2026-03-09T07:31:00Z")
    return at
