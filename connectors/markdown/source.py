"""A posted Markdown document as a source. What it says is read elsewhere; here it gets its identity and status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.fields import SignedSourceSettings
from connectors.markdown.front_matter import FrontMatter, front_matter
from connectors.markup import clean
from connectors.signatures import StandardHook, standard_secret_findings
from connectors.spi import (
    FetchById,
    Finalized,
    Finding,
    Hook,
    Ignored,
    ItemStatus,
    Missing,
    PostmortemDocument,
    Rejected,
    SourceCapabilities,
    Unreadable,
    Visibility,
)

ID_HEADERS = ("x-afteraction-id", "x-afteraction-path")


class MarkdownSource:
    def __init__(self, name: str, settings: SignedSourceSettings) -> None:
        self.capabilities = SourceCapabilities()
        self._name = name
        self._settings = settings
        hook = StandardHook("markdown", name, settings.secrets, settings.tolerance_seconds)
        self.hook: Hook | None = hook if settings.secrets else None

    def check(self) -> Sequence[Finding]:
        return standard_secret_findings("markdown", self._name, self._settings.secrets)

    def parse(self, headers: Mapping[str, str], body: bytes) -> PostmortemDocument | FetchById | Ignored:
        """The whole text goes along as `body_markdown`, its front matter included."""
        try:
            text = clean(body.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            sentence = f"The document is not UTF-8 (byte {error.start})."
            raise Unreadable("markdown.not_utf8", sentence, "Save it as UTF-8 and send it again.") from None
        stated = front_matter(text)
        identity = stated.id or next((headers[name].strip() for name in ID_HEADERS if headers.get(name)), "")
        if not identity or len(identity) > 256:
            sentence = "The document has no id: neither its front matter nor the header x-afteraction-id names one."
            cure = "Write `id: …` into its front matter, between two lines of ---, and send it again."
            raise Unreadable("markdown.no_id", sentence, cure)
        return _document(identity, stated, text)

    def fetch(self, source_id: str) -> PostmortemDocument:
        sentence = f"{self._name}: {source_id} cannot be fetched, because this source only receives documents."
        raise Missing("markdown.no_fetch", sentence, "Send the document again.")

    def finalized_since(self, cursor: str | None) -> Finalized | None:
        _ = cursor
        return None

    def tell(self, status: ItemStatus) -> None:
        sentence = f"{self._name} cannot be told of {status.source_id}, because this source only receives documents."
        raise Rejected("markdown.no_tell", sentence, "Configure an outgoing webhook to be told of item statuses.")


def _document(identity: str, stated: FrontMatter, text: str) -> PostmortemDocument:
    raw: dict[str, Any] = {"front_matter": dict(stated.raw)}
    return PostmortemDocument(
        id=identity,
        title=stated.title or _heading(text) or identity,
        status=stated.status,
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
