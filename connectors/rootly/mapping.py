"""Rootly's words in ours. Its API is JSON:API: https://jsonapi.org"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.payloads import day, instant, member, members, named, text
from connectors.spi import DocumentItem, OwnerText, PostmortemDocument
from connectors.tools import ToolSettings

Json = Mapping[str, Any]
INSTANTS = ("started_at", "detected_at", "mitigated_at", "resolved_at")
ISSUES = ("jira_issue_url", "github_issue_url", "gitlab_issue_url", "linear_issue_url", "asana_task_url")
POSTMORTEM = "incident_post_mortems"


def attributes(resource: Any) -> dict[str, Any]:
    """A resource's attributes with its id among them."""
    found = member(resource, "attributes")
    return {**(found if isinstance(found, Mapping) else {}), "id": text(member(resource, "id"))}


def linked(incident: Any, included: Sequence[Json]) -> Json | None:
    """The postmortem that an incident's relationships name, among the resources that came along."""
    wanted = text(member(incident, "relationships", "incident_post_mortem", "data", "id"))
    for each in included:
        if each.get("type") == POSTMORTEM and text(each.get("id")) == wanted:
            return attributes(each)
    return None


def status(incident: Json, postmortem: Json, settings: ToolSettings) -> str:
    practice = settings.is_deleted("incident_kind", text(incident.get("kind")))
    if practice or settings.is_deleted("incident_status", text(incident.get("status"))):
        return "deleted"
    by_status = settings.is_final("status", text(postmortem.get("status")))
    by_progress = settings.is_final("progress", text(incident.get("retrospective_progress_status")))
    return "final" if by_status or by_progress else "draft"


def document_of(incident: Json, postmortem: Json, found: Sequence[Json], settings: ToolSettings) -> PostmortemDocument:
    """The text is HTML. Where Rootly has no follow-ups, the promises are read out of it."""
    items = tuple(item for each in found if (item := _item(each, settings)) is not None)
    url = text(postmortem.get("url")) or text(incident.get("url"))
    timeline = {name: at for name in INSTANTS if (at := instant(incident.get(name)) or instant(postmortem.get(name)))}
    return PostmortemDocument(
        id=text(incident.get("id")),
        title=text(postmortem.get("title")) or text(incident.get("title")),
        status=status(incident, postmortem, settings),
        merged_into=text(incident.get("duplicate_incident_id")) or None,
        summary=text(incident.get("summary")),
        url=url or None,
        incident_type=next(iter(_names(incident, "incident_types")), ""),
        severity=named(incident.get("severity")) or None,
        visibility=settings.visibility("private" if incident.get("private") else "public"),
        services=_names(incident, "services"),
        teams=_names(incident, "groups"),
        tags=tuple(name for name in (text(incident.get("slug")),) if name),
        timeline=timeline,
        finalized_at=instant(postmortem.get("published_at")),
        body_markdown=text(postmortem.get("content")),
        action_items=items or None,
        raw={"incident": incident, "post_mortem": postmortem, "action_items": list(found)},
    )


def _names(incident: Json, member_name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for each in members(incident, member_name) if (name := named(each))))


def _item(item: Json, settings: ToolSettings) -> DocumentItem | None:
    title, state = text(item.get("summary")), text(item.get("status")).casefold()
    kind = text(item.get("kind")).casefold()
    if not title or (settings.item_kinds and kind and kind not in settings.item_kinds):
        return None
    assigned = member(item, "assigned_to", "data", "attributes") or item.get("assigned_to")
    name = text(member(assigned, "full_name")) or text(member(assigned, "name"))
    owner = OwnerText(text(member(assigned, "email")) or None, name or None)
    return DocumentItem(
        id=text(item.get("id")) or None,
        title=title,
        description=text(item.get("description")),
        priority=settings.priority(text(item.get("priority"))),
        owner=owner if owner.email or owner.name else None,
        due_on=day(item.get("due_date")),
        done=state == "done",
        declined=state in ("cancelled", "canceled"),
        issue_url=next((url for name in ISSUES if (url := text(item.get(name)))), None),
    )
