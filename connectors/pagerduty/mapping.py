"""PagerDuty's words in ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.pagerduty.prose import markdown
from connectors.payloads import day, instant, member, members, named, text
from connectors.spi import DocumentItem, OwnerText, PostmortemDocument
from connectors.tools import ToolSettings

Json = Mapping[str, Any]
DONE = frozenset({"complete", "completed", "done", "closed"})


@dataclass(frozen=True, slots=True)
class Held:
    """What PagerDuty holds of one incident. `review` None: nobody has begun one; `users`: assignees by their id."""

    incident: Json
    review: Json | None = None
    action_items: Sequence[Json] = ()
    fields: Sequence[Json] = ()
    notes: Sequence[Json] = ()
    users: Mapping[str, OwnerText] = field(default_factory=dict)


def is_final(held: Held, settings: ToolSettings) -> bool:
    """By the review's status, by the incident's, or by a custom field's value, as the configuration says."""
    if member(held.review, "generation_status") == "generating":
        return False  # what a machine is still writing is nobody's promise
    fields = [f"{named(each)}: {text(each.get('value'))}" for each in held.fields]
    return (
        settings.is_final("review_status", text(member(held.review, "status")))
        or settings.is_final("incident_status", text(held.incident.get("status")))
        or any(settings.is_final("custom_field", each) for each in fields)
    )


def document_of(held: Held, settings: ToolSettings) -> PostmortemDocument:
    """An incident that has no review, and is not final without one, has no postmortem: it is as good as deleted."""
    incident, review = held.incident, held.review
    final = is_final(held, settings)
    service = named_reference(incident.get("service"))
    return PostmortemDocument(
        id=text(incident.get("id")),
        title=text(member(review, "title")) or text(incident.get("title")) or text(incident.get("id")),
        status="final" if final else "draft" if review is not None else "deleted",
        url=text(incident.get("html_url")) or None,
        incident_type=named(incident.get("incident_type")),
        severity=named_reference(incident.get("priority")) or None,
        services=(service,) if service else (),
        teams=tuple(name for each in members(incident, "teams") if (name := named_reference(each))),
        timeline={
            name: at
            for name, key in (("started_at", "created_at"), ("resolved_at", "resolved_at"))
            if (at := instant(incident.get(key)))
        },
        finalized_at=instant(member(review, "completed_at")) if final else None,
        body_markdown=_body(held),
        action_items=tuple(item for each in held.action_items if (item := _item(each, held, settings))) or None,
        raw={"incident": incident, "review": review, "action_items": list(held.action_items)},
    )


def named_reference(reference: Any) -> str:
    return text(member(reference, "summary")) or text(member(reference, "name"))


def _body(held: Held) -> str:
    if held.review is None:
        return "\n\n".join(text(note.get("content")) for note in held.notes)
    sections = sorted(members(held.review, "sections"), key=_order)
    return "\n\n".join(f"## {text(each.get('title'))}\n\n{markdown(each.get('content'))}" for each in sections)


def _order(section: Json) -> float:
    priority = section.get("priority")
    return float(priority) if isinstance(priority, int | float) else 0.0


def _item(item: Json, held: Held, settings: ToolSettings) -> DocumentItem | None:
    title = text(item.get("name"))
    if not title:
        return None
    return DocumentItem(
        id=text(item.get("id")) or None,
        title=title,
        description=text(item.get("description")),
        priority=settings.priority(text(item.get("priority"))),
        owner=held.users.get(text(item.get("assignee"))),
        due_on=day(item.get("due_at")),
        done=text(item.get("status")).casefold() in DONE,
        issue_url=text(item.get("external_url")) or None,
    )
