"""A source's document in the house's words: facts of the postmortem, and the promises it states."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from config.model import PRIORITIES
from connectors.spi import DocumentItem, OwnerText, PostmortemDocument, Unreadable, Visibility
from service.domain.facts import ItemFacts, PostmortemFacts, State
from service.reading import Document, ReadItem, read_markdown

LARGEST_REVISION = 2**63 - 1
# Ten times what anybody promised in one postmortem; each costs a millisecond while the postmortem is locked.
MOST_ITEMS = 1_000


@dataclass(frozen=True, slots=True)
class StatedItem:
    """One promise of a revision. `link`: an issue that already stands for it; `doubtful`: why a person must look."""

    index: int
    source_item_id: str | None
    facts: ItemFacts
    done: bool
    link: str | None
    doubtful: str | None
    declined: bool = False

    @property
    def ended(self) -> State | None:
        """What the document says became of it; None: it is still promised."""
        return State.DONE if self.done else State.DECLINED if self.declined else None


@dataclass(frozen=True, slots=True)
class Understood:
    """What one revision says. `digest` changes when anything that we keep of it does. `known_at`: the latest instant of
    the incident that it states, in its timeline or as its day.
    """

    facts: PostmortemFacts
    items: tuple[StatedItem, ...]
    revision: int | None
    merged_into: str | None
    digest: str
    known_at: datetime | None = None


def understand(source: str, document: PostmortemDocument, default_visibility: str) -> Understood:
    """Reads the Markdown where the document states no items itself; its front matter fills what the document lacks.

    Raises Unreadable where a value is beyond what can be kept.
    """
    read = read_markdown(document.body_markdown) if document.body_markdown else None
    front: Mapping[str, Any] = read.front_matter if read else {}
    facts = _facts(source, document, read, front, default_visibility)
    _check_range(document.revision, {"finalized_at": facts.finalized_at, **facts.timeline})
    if document.action_items is not None:
        items = tuple(_stated(index, item) for index, item in enumerate(document.action_items))
    else:
        items = tuple(_read_item(index, item) for index, item in enumerate(read.action_items if read else ()))
    if len(items) > MOST_ITEMS:
        sentence = f"The document states {len(items)} action items; at most {MOST_ITEMS} are taken."
        raise Unreadable("document.too_many_items", sentence, "Split it into several postmortems and send them again.")
    body = json.dumps([asdict(facts), [asdict(item) for item in items], document.merged_into], default=str)
    digest = hashlib.sha256(body.encode()).hexdigest()
    return Understood(facts, items, document.revision, document.merged_into, digest, _known_at(document, read))


def _known_at(document: PostmortemDocument, read: Document | None) -> datetime | None:
    day = read.incident_date if read else None
    days = [datetime.combine(day, time(), UTC)] if day else []
    return max([*document.timeline.values(), *days], default=None)


def _check_range(revision: int | None, instants: Mapping[str, datetime | None]) -> None:
    cure = "Correct it at the sender and send the document again."
    if revision is not None and revision > LARGEST_REVISION:
        raise Unreadable("document.out_of_range", f"The revision is larger than {LARGEST_REVISION}.", cure)
    for name, at in instants.items():
        try:
            if at is not None:
                at.astimezone(UTC)
        except OverflowError:
            sentence = f"The instant {name} lies outside the years 1 to 9999 in UTC."
            raise Unreadable("document.out_of_range", sentence, cure) from None


def _facts(
    source: str, document: PostmortemDocument, read: Document | None, front: Mapping[str, Any], default: str
) -> PostmortemFacts:
    stated = str(front.get("visibility", "")).casefold()
    by_front = Visibility(stated) if stated in ("public", "internal", "private") else None
    title = document.title or (read.title if read else None) or document.id
    return PostmortemFacts(
        source=source,
        source_id=document.id,
        title=title,
        status=document.status,
        summary=document.summary or (read.summary if read else None) or "",
        impact=document.impact,
        severity=document.severity or (read.severity if read else None),
        visibility=document.visibility or by_front or Visibility(default),
        url=document.url or _text(front.get("url")),
        services=document.services or _words(front.get("services")),
        teams=document.teams or _words(front.get("teams") or front.get("team")),
        tags=document.tags,
        timeline=document.timeline,
        finalized_at=document.finalized_at or _instant(front.get("finalized_at")),
        issue_url=document.issue_url or _text(front.get("issue_url")),
    )


def _text(value: object) -> str | None:
    return str(value) if value else None


def _words(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(word.strip() for word in value.split(",") if word.strip())
    return tuple(str(word) for word in value) if isinstance(value, Iterable) else ()


def _instant(value: object) -> datetime | None:
    """An instant; a bare day, or one without an offset, is taken in UTC."""
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _stated(index: int, item: DocumentItem) -> StatedItem:
    facts = ItemFacts(
        title=item.title,
        description=item.description,
        kind=item.kind,
        priority=item.priority,
        owner=item.owner,
        team=item.team,
        due_on=item.due_on,
        success_metric=item.success_metric,
        validation_plan=item.validation_plan,
        verify_after_days=item.verify_after_days,
        resources=item.resources,
        milestones=item.milestones,
        labels=item.labels,
        factors=item.addresses,
    )
    return StatedItem(index, item.id, facts, item.done, item.issue_url, item.doubtful, item.declined)


def _read_item(index: int, item: ReadItem) -> StatedItem:
    due: date | None = item.due
    facts = ItemFacts(
        title=item.text,
        kind=item.kind or "other",
        priority=item.priority if item.priority in PRIORITIES else None,
        owner=OwnerText(name=item.owner) if item.owner else None,
        due_on=due,
    )
    doubtful = "The reader is not sure that this is a promise: look at the document." if item.doubtful else None
    return StatedItem(index, None, facts, bool(item.done), _issue_link(item.links), doubtful)


def _issue_link(links: Iterable[str]) -> str | None:
    """The issue that already stands for an item. A pull request is work on a promise, not its place in a backlog."""
    return next((link for link in links if "/pull/" not in link and "/merge_requests/" not in link), None)
