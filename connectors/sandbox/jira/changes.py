"""Changes of an issue, with the changelog entries that Jira writes for them. Used by the API and by the board."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.sandbox.jira.markup import as_wiki
from connectors.sandbox.jira.model import RESOLUTIONS, Issue, Markup, Plain
from connectors.sandbox.jira.site import JiraSite
from connectors.sandbox.seed import Status

FIELD_NAMES = {"due": "duedate", "issue_type": "issuetype"}


def apply(site: JiraSite, issue: Issue, actor: str, values: Mapping[str, Any]) -> Issue:
    """Set fields; what already has its value leaves no trace, not even in `updated`."""
    with site.lock:
        current = site.find(str(issue.id)) or issue
        changed = {name: value for name, value in values.items() if getattr(current, name) != value}
        if not changed:
            return current
        items = [item for name, value in changed.items() for item in _items(site, current, name, value)]
        return site.edit(current.id, actor, changed, items)


def transition(site: JiraSite, issue: Issue, actor: str, status: Status, resolution: str | None = None) -> Issue:
    """Move an issue. Entering a done status resolves it; leaving one clears the resolution."""
    values: dict[str, Any] = {"status": status.name}
    if status.category == "done":
        values["resolution"] = resolution or status.resolution or RESOLUTIONS[0]
        values["resolved"] = int(site.now() * 1000)
    else:
        values["resolution"], values["resolved"] = None, None
    return apply(site, issue, actor, values)


def _items(site: JiraSite, issue: Issue, name: str, value: Any) -> list[Plain]:
    before = getattr(issue, name)
    if name in {"properties", "resolved"}:
        return []
    if name == "custom":
        keys = [key for key in {**before, **value} if before.get(key) != value.get(key)]
        return [_item(key, before.get(key), value.get(key)) for key in keys]
    if name in {"assignee", "reporter"}:
        return [_item(name, _name(site, before), _name(site, value), before, value)]
    return [_item(FIELD_NAMES.get(name, name), _text(before), _text(value))]


def _item(name: str, before: Any, after: Any, old_id: str | None = None, new_id: str | None = None) -> Plain:
    texts = {"fromString": _text(before), "toString": _text(after)}
    return {"field": name, "fieldtype": "jira", "fieldId": name, "from": old_id, "to": new_id, **texts}


def _name(site: JiraSite, account: str | None) -> str | None:
    user = site.users.get(account) if account else None
    return user.name if user else None


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Markup):
        return as_wiki(value)
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return str(value.get("value", value)) if isinstance(value, Mapping) else str(value)
