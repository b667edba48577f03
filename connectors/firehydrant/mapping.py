"""FireHydrant's words in ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.payloads import day, instant, member, members, named, text
from connectors.spi import DocumentItem, OwnerText, PostmortemDocument
from connectors.tools import ToolSettings

Json = Mapping[str, Any]
TIMELINE = {
    "started": "started_at",
    "detected": "detected_at",
    "mitigated": "mitigated_at",
    "resolved": "resolved_at",
}


def milestones(incident: Json) -> dict[str, datetime | None]:
    """Each milestone that the incident has reached, and when."""
    found: dict[str, datetime | None] = {}
    for each in members(incident, "milestones"):
        name = (text(each.get("type")) or text(each.get("slug"))).casefold()
        if name:
            found.setdefault(name, instant(each.get("occurred_at")) or instant(each.get("created_at")))
    return found


def is_settled(incident: Json, settings: ToolSettings) -> bool:
    """Whether the incident is final, was final, or is no more."""
    reached = {*milestones(incident), text(incident.get("current_milestone")).casefold()}
    marked = any(settings.is_final("milestone", name) or settings.is_deleted("milestone", name) for name in reached)
    return marked or bool(incident.get("discarded_at"))


def status(incident: Json, settings: ToolSettings) -> str:
    """Reopened where a milestone made it final and the incident went back behind it."""
    current = text(incident.get("current_milestone"))
    if incident.get("discarded_at") or settings.is_deleted("milestone", current):
        return "deleted"
    if settings.is_final("milestone", current):
        return "final"
    was = any(settings.is_final("milestone", name) for name in milestones(incident))
    return "reopened" if was else "draft"


def document_of(
    incident: Json, report: Json | None, reasons: Sequence[Json], settings: ToolSettings
) -> PostmortemDocument:
    """The follow-ups are the incident's; where it has none, the promises are read out of the retrospective's text."""
    items = tuple(item for each in members(incident, "incident_tickets") if (item := _item(each, settings)) is not None)
    reached = milestones(incident)
    final = [at for name, at in reached.items() if at and settings.is_final("milestone", name)]
    state = status(incident, settings)
    private = bool(incident.get("restricted") or incident.get("private"))
    return PostmortemDocument(
        id=text(incident.get("id")),
        title=text(incident.get("name")) or text(member(report, "name")),
        status=state,
        summary=text(member(report, "summary")) or text(incident.get("summary")),
        impact=text(incident.get("customer_impact_summary")),
        url=text(incident.get("incident_url")) or None,
        incident_type=named(incident.get("incident_type")),
        severity=_severity(incident),
        visibility=settings.visibility("private" if private else "public"),
        services=tuple(name for each in members(incident, "services") if (name := named(each))),
        teams=_teams(incident),
        tags=tuple(tag for each in incident.get("tag_list") or () if (tag := text(each))),
        timeline={ours: at for name, ours in TIMELINE.items() if (at := reached.get(name))},
        finalized_at=min(final) if final and state == "final" else None,
        contributing_factors=tuple(_factor(each) for each in reasons if text(each.get("summary"))),
        body_markdown=_body(report),
        action_items=items or None,
        raw={"incident": incident, "report": report, "reasons": list(reasons)},
    )


def _severity(incident: Json) -> str | None:
    """A text in the API, an object with a slug in webhooks."""
    severity = incident.get("severity")
    return text(member(severity, "slug")) or named(severity) or None


def _teams(incident: Json) -> tuple[str, ...]:
    found = (named(each.get("team")) or named(each) for each in members(incident, "team_assignments"))
    return tuple(dict.fromkeys(name for name in found if name))


def _factor(reason: Json) -> dict[str, str]:
    return {"id": text(reason.get("id")), "text": text(reason.get("summary")), "category": ""}


def _body(report: Json | None) -> str:
    """The retrospective's questions and what was answered, as a document."""
    questions = member(report, "questions")
    found = members(questions) or ([questions] if isinstance(questions, Mapping) else [])
    parts = [f"## {text(each.get('title'))}\n\n{text(each.get('body'))}" for each in found if text(each.get("body"))]
    return "\n\n".join(parts)


def _item(ticket: Json, settings: ToolSettings) -> DocumentItem | None:
    title, state = text(ticket.get("summary")), text(ticket.get("state")).casefold()
    if not title or text(ticket.get("type")).casefold() not in settings.item_kinds:
        return None
    assignee = next(iter(members(ticket, "assignees")), None)
    owner = OwnerText(text(member(assignee, "email")) or None, named(assignee) or None)
    return DocumentItem(
        id=text(ticket.get("id")) or None,
        title=title,
        description=text(ticket.get("description")),
        priority=settings.priority(named(ticket.get("priority"))),
        owner=owner if owner.email or owner.name else None,
        due_on=day(ticket.get("due_at")),
        done=state == "done",
        declined=state in ("cancelled", "canceled"),
        issue_url=text(member(ticket, "link", "href_url")) or None,
        labels=tuple(tag for each in ticket.get("tag_list") or () if (tag := text(each))),
    )
