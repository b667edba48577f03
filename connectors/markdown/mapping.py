"""A Markdown text as a document: its identity, its status, what its front matter says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from connectors.markdown.front_matter import front_matter
from connectors.markup import clean
from connectors.spi import PostmortemDocument, Unreadable, Visibility

LONGEST_ID = 256


def text_of(body: bytes) -> str:
    """Raises Unreadable."""
    try:
        return clean(body.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        sentence = f"The document is not UTF-8 (byte {error.start})."
        raise Unreadable("markdown.not_utf8", sentence, "Save it as UTF-8 and send it again.") from None


def is_utf8(name: str) -> bool:
    """Whether a name is text: of a file it may be any bytes, which neither JSON nor a database keeps."""
    return not any("\ud800" <= each <= "\udfff" for each in name)


def own_id(text: str) -> str | None:
    """The id that its front matter gives. Raises Unreadable."""
    return front_matter(text).id


def document_of(name: str, text: str, status: Callable[[str], str]) -> PostmortemDocument:
    """The whole text goes along as `body_markdown`, its front matter included. `name` is its id where it gives none;
    `status` says what its own word means. Raises Unreadable.
    """
    stated = front_matter(text)
    identity = stated.id or name
    if not identity or len(identity) > LONGEST_ID or not is_utf8(identity):
        sentence = "The document has no id: neither its front matter nor the header x-afteraction-id names one."
        cure = "Write `id: …` into its front matter, between two lines of ---, and send it again."
        raise Unreadable("markdown.no_id", sentence, cure)
    raw: dict[str, Any] = {"front_matter": dict(stated.raw)}
    return PostmortemDocument(
        id=identity,
        title=stated.title or _heading(text) or identity,
        status=status(stated.status),
        revision=stated.revision,
        severity=stated.severity,
        visibility=None if stated.visibility is None else Visibility(stated.visibility),
        services=stated.services,
        teams=stated.teams,
        tags=stated.tags,
        url=stated.url,
        finalized_at=stated.finalized_at,
        body_markdown=text,
        raw=raw,
    )


def _heading(text: str) -> str | None:
    """The first heading; a reader of the whole document may find a better title."""
    fenced = False
    for line in text.split("\n"):
        fenced ^= line.lstrip().startswith(("```", "~~~"))
        if not fenced and line.startswith("#") and (words := line.lstrip("#").strip(" #")):
            return words
    return None
