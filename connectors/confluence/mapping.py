"""A page in our words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.confluence.settings import ConfluenceSettings
from connectors.confluence.storage import Names, html
from connectors.payloads import instant, member, members, text
from connectors.spi import PostmortemDocument, Visibility

Json = Mapping[str, Any]
# Cloud says trashed, Data Center too; archived pages are put away and still what was promised.
GONE = frozenset({"trashed", "deleted", "historical"})


@dataclass(frozen=True, slots=True)
class Page:
    """A page as either kind of Confluence gives it. `status` is the page's own: current, trashed, archived, draft;
    `state` is what its authors call it, on Cloud alone; `space` is its space's key, or on Cloud its number.
    """

    id: str
    title: str
    status: str
    storage: str
    labels: tuple[str, ...]
    link: str
    version_at: str
    state: str = ""
    ancestors: tuple[str, ...] = ()
    space: str = ""


def of_cloud(data: Json) -> Page:
    """https://developer.atlassian.com/cloud/confluence/rest/v2/api-group-page/#api-pages-id-get"""
    return Page(
        id=text(data.get("id")),
        title=text(data.get("title")),
        status=text(data.get("status")) or "current",
        storage=text(member(data, "body", "storage", "value")),
        labels=labels(members(data, "labels", "results")),
        link=text(member(data, "_links", "webui")),
        version_at=text(member(data, "version", "createdAt")),
        space=text(data.get("spaceId")),
    )


def of_data_center(data: Json) -> Page:
    """https://developer.atlassian.com/server/confluence/rest/"""
    return Page(
        id=text(data.get("id")),
        title=text(data.get("title")),
        status=text(data.get("status")) or "current",
        storage=text(member(data, "body", "storage", "value")),
        labels=labels(members(data, "metadata", "labels", "results")),
        link=text(member(data, "_links", "webui")),
        version_at=text(member(data, "version", "when")),
        ancestors=tuple(text(each.get("id")) for each in members(data, "ancestors")),
        space=text(member(data, "space", "key")),
    )


def labels(results: Sequence[Json]) -> tuple[str, ...]:
    return tuple(name for each in results if (name := text(each.get("name"))))


def status(page: Page, settings: ConfluenceSettings) -> str:
    """Final by a label, or by what its authors call its status. A page without any of our labels is no postmortem."""
    folded = {label.casefold() for label in page.labels}
    final = folded & settings.final_when["label"]
    if page.status in GONE or not (final or folded & settings.labels):
        return "deleted"
    if page.status == "draft":
        return "draft"
    return "final" if final or page.state.casefold() in settings.final_when["page_status"] else "draft"


def document_of(page: Page, names: Names, *, restricted: bool, settings: ConfluenceSettings) -> PostmortemDocument:
    """The page's text goes to the reader; a page that not everybody may read is private."""
    own = settings.labels | settings.final_when["label"]
    found = status(page, settings)
    return PostmortemDocument(
        id=page.id,
        title=page.title or page.id,
        status=found,
        url=settings.url + page.link if page.link else None,
        visibility=Visibility.PRIVATE if restricted else None,
        services=_under("service", page.labels),
        teams=_under("team", page.labels),
        tags=tuple(label for label in page.labels if label.casefold() not in own),
        finalized_at=instant(page.version_at) if found == "final" else None,
        body_markdown=html(page.storage, names),
        raw={"id": page.id, "labels": list(page.labels), "state": page.state, "storage": page.storage},
    )


def _under(name: str, found: Sequence[str]) -> tuple[str, ...]:
    """`service-checkout`: a label has no room for a colon's second meaning (Confluence's own are prefixes)."""
    return tuple(label[len(name) + 1 :] for label in found if label.casefold().startswith(f"{name}-"))
