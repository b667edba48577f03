"""Grafana Incident's words in ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

from connectors.payloads import instant, member, members, named, text
from connectors.spi import DocumentItem, OwnerText, PostmortemDocument, Visibility
from connectors.tools import ToolSettings

Incident = Mapping[str, Any]
# A severity that nobody has set yet.
UNSET = frozenset({"", "pending"})
TIMELINE = {"started_at": "incidentStart", "resolved_at": "incidentEnd"}


def status(incident: Incident, settings: ToolSettings) -> str:
    """Final by its status or by a label; a drill makes no promises."""
    if incident.get("isDrill") is True and settings.is_deleted("kind", "drill"):
        return "deleted"
    by_label = any(settings.is_final("label", label) for label in labels(incident))
    return "final" if by_label or settings.is_final("incident_status", text(incident.get("status"))) else "draft"


def labels(incident: Incident) -> tuple[str, ...]:
    return tuple(name for each in members(incident, "labels") if (name := text(each.get("label"))))


def document_of(incident: Incident, settings: ToolSettings) -> PostmortemDocument:
    """Promises are the tasks; those that Grafana itself makes, such as to assign a role, are none."""
    found = status(incident, settings)
    severity = text(incident.get("severity")) or named(incident.get("severityLabel"))
    url = text(incident.get("overviewURL"))
    tags = labels(incident)
    return PostmortemDocument(
        id=text(incident.get("incidentID")),
        title=text(incident.get("title")) or text(incident.get("incidentID")),
        status=found,
        summary=text(incident.get("summary")),
        url=urljoin(settings.api_url, url) if url else None,
        incident_type=named(incident.get("incidentType")),
        severity=None if severity.casefold() in UNSET else severity,
        # Private incidents are newer than the documented type: whoever has them must not find them shown.
        visibility=Visibility.PRIVATE if incident.get("isPrivate") is True else None,
        services=_under("service", tags),
        teams=_under("team", tags),
        tags=tags,
        timeline={name: at for name, key in TIMELINE.items() if (at := instant(incident.get(key)))},
        finalized_at=instant(incident.get("closedTime")) if found == "final" else None,
        body_markdown=text(incident.get("summary")),
        action_items=tuple(item for each in members(incident, "taskList", "tasks") if (item := _item(each))) or None,
        raw=incident,
    )


def _under(name: str, tags: tuple[str, ...]) -> tuple[str, ...]:
    """`service:checkout` names a service: labels are keys and values, or words of which teams make the same."""
    return tuple(tag.partition(":")[2].strip() for tag in tags if tag.casefold().startswith(f"{name}:"))


def _item(task: Mapping[str, Any]) -> DocumentItem | None:
    words = text(task.get("text"))
    if task.get("immutable") is True or not words:
        return None
    title, _, description = words.partition("\n")
    owner = text(member(task, "assignedUser", "name"))
    return DocumentItem(
        id=text(task.get("taskID")) or None,
        title=title,
        description=description.strip(),
        owner=OwnerText(name=owner) if owner else None,
        done=text(task.get("status")).casefold() == "done",
    )
