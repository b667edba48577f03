"""incident.io's words in ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.payloads import instant, member, members, named, text
from connectors.spi import DocumentItem, OwnerText, PostmortemDocument
from connectors.tools import ToolSettings

Json = Mapping[str, Any]
KINDS = ("prevent", "detect", "mitigate", "process")
# Names of an organisation's timestamps, which it may rename; those that incident.io starts with.
TIMELINE = {
    "impact started": "started_at",
    "started at": "started_at",
    "detected at": "detected_at",
    "identified at": "detected_at",
    "reported at": "detected_at",
    "fixed at": "mitigated_at",
    "mitigated at": "mitigated_at",
    "resolved at": "resolved_at",
}


def chosen(documents: Sequence[Json], settings: ToolSettings) -> Json | None:
    """Of several documents of an incident a final one, else the newest."""
    final = [each for each in documents if settings.is_final("document_status", text(each.get("status")))]
    return max(final or documents, key=lambda each: text(each.get("created_at")), default=None)


def status(incident: Json, document: Json | None, settings: ToolSettings) -> str:
    """Final by the document, or by the incident's own status; deleted where there is no document, or where the incident
    was merged away or declined, or was only practice.
    """
    category = text(member(incident, "incident_status", "category"))
    practice = settings.is_deleted("incident_mode", text(incident.get("mode")))
    if practice or settings.is_deleted("incident_category", category):
        return "deleted"
    by_document = document is not None and settings.is_final("document_status", text(document.get("status")))
    if by_document or settings.is_final("incident_category", category):
        return "final"
    return "deleted" if document is None else "draft"


def document_of(
    incident: Json, document: Json | None, body: str, follow_ups: Sequence[Json], settings: ToolSettings
) -> PostmortemDocument:
    """Where the tool has no follow-ups, the promises are read out of the text, which otherwise repeats them."""
    items = tuple(item for each in follow_ups if (item := _item(each, settings)) is not None)
    reference = text(incident.get("reference"))
    return PostmortemDocument(
        id=text(incident.get("id")),
        title=text(member(document, "title")) or text(incident.get("name")) or reference,
        status=status(incident, document, settings),
        summary=text(incident.get("summary")),
        url=text(member(document, "document_url")) or text(incident.get("permalink")) or None,
        issue_url=text(member(incident, "external_issue_reference", "issue_permalink")) or None,
        incident_type=named(incident.get("incident_type")),
        severity=named(incident.get("severity")) or None,
        visibility=settings.visibility(text(incident.get("visibility"))),
        services=_custom(incident, settings.service_fields),
        teams=_custom(incident, settings.team_fields),
        tags=(reference,) if reference else (),
        timeline=_timeline(incident),
        body_markdown=body,
        action_items=items if follow_ups else None,
        raw={"incident": incident, "postmortem_document": document, "follow_ups": list(follow_ups)},
    )


def _timeline(incident: Json) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for each in members(incident, "incident_timestamp_values"):
        name = TIMELINE.get(named(each.get("incident_timestamp")).casefold())
        at = instant(member(each, "value", "value"))
        if name and at:
            found.setdefault(name, at)
    return found


def _custom(incident: Json, names: frozenset[str]) -> tuple[str, ...]:
    """What the incident's custom fields of these names say."""
    found = []
    for entry in members(incident, "custom_field_entries"):
        if named(entry.get("custom_field")).casefold() in names:
            for value in members(entry, "values"):
                shapes = (value.get("value_catalog_entry"), value.get("value_option"), value.get("value_text"))
                found.append(next((name for shape in shapes if (name := named(shape))), ""))
    return tuple(dict.fromkeys(name for name in found if name))


def _item(follow_up: Json, settings: ToolSettings) -> DocumentItem | None:
    state = text(follow_up.get("status")).casefold()
    title = text(follow_up.get("title")) or text(follow_up.get("description")).partition("\n")[0]
    if state == "deleted" or not title:
        return None
    assignee = follow_up.get("assignee")
    owner = OwnerText(text(member(assignee, "email")) or None, text(member(assignee, "name")) or None)
    kind = named(follow_up.get("category")).casefold()
    return DocumentItem(
        id=text(follow_up.get("id")) or None,
        title=title,
        description=text(follow_up.get("description")),
        kind=kind if kind in KINDS else "other",
        priority=settings.priority(named(follow_up.get("priority"))),
        owner=owner if owner.email or owner.name else None,
        team=named(follow_up.get("assignee_team")) or None,
        done=state == "completed",
        declined=state == "not_doing",
        issue_url=text(member(follow_up, "external_issue_reference", "issue_permalink")) or None,
        labels=tuple(label for each in follow_up.get("labels") or () if (label := text(each))),
    )
