"""PagerDuty as a source: the post-incident review of an incident, by the incident's id.

https://developer.pagerduty.com/docs/incident-reviews-api
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from connectors.http import within
from connectors.pagerduty.hooks import PagerdutyHook, read_event
from connectors.pagerduty.mapping import Held, document_of, is_final
from connectors.payloads import instant, json_object, member, members, text
from connectors.rest import api_rest
from connectors.spi import (
    FetchById,
    Finalized,
    Finding,
    Hook,
    Ignored,
    ItemStatus,
    Missing,
    OwnerText,
    PostmortemDocument,
    Rejected,
    SourceCapabilities,
)
from connectors.tools import ToolSettings, hex_secret_findings

ACCEPT = "application/vnd.pagerduty+json;version=2"
# Reviews have no list of their own: the incidents of a quarter are gone through, with up to two requests for each.
PAGE = 20
LOOK_BACK = timedelta(days=90)
MOST_USERS = 20
MOST_OFFSET = 10_000  # PagerDuty refuses what lies beyond


class PagerdutySource:
    def __init__(self, name: str, settings: ToolSettings) -> None:
        self.capabilities = SourceCapabilities(fetches=True, lists=True, call_seconds=settings.call_seconds)
        self._name = name
        self._settings = settings
        self._api = api_rest("pagerduty", name, settings.reach, settings.token, scheme="Token token=", accept=ACCEPT)
        self.hook: Hook | None = PagerdutyHook(name, settings.secrets) if settings.secrets else None

    def check(self) -> Sequence[Finding]:
        with within(self._settings.call_seconds):
            findings = self._api.findings("list one incident", "/incidents", {"limit": 1})
        return [*hex_secret_findings("pagerduty", self._name, self._settings.secrets), *findings]

    def parse(self, headers: Mapping[str, str], body: bytes) -> PostmortemDocument | FetchById | Ignored:
        _ = headers
        return read_event(json_object("pagerduty", body))

    def fetch(self, source_id: str) -> PostmortemDocument:
        with within(self._settings.call_seconds):
            what = f"fetch the incident {source_id}"
            incident = member(self._api.get(what, _path(source_id)).data, "incident")
            if not text(member(incident, "id")):
                raise self._api.strange(what)
            return document_of(self._held(incident), self._settings)

    def finalized_since(self, cursor: str | None) -> Finalized | None:
        """The resolved incidents of the last quarter, oldest first; each sweep goes through all of them, because a
        review may be completed long after its incident.
        """
        since, _, begun = (cursor or "").partition(" ")
        since = since or (datetime.now(UTC) - LOOK_BACK).isoformat()
        offset = int(begun) if begun.isdigit() else 0
        with within(self._settings.call_seconds):
            what = "list the resolved incidents"
            query: dict[str, Any] = {"statuses[]": ["resolved"], "since": since, "sort_by": "created_at:asc"}
            query |= {"until": datetime.now(UTC).isoformat(), "limit": PAGE, "offset": offset}
            data = self._api.get(what, "/incidents", query, one=False).data
            if not isinstance(member(data, "incidents"), list):
                raise self._api.strange(what)
            final = [each for each in members(data, "incidents") if self._is_final(each)]
        cursor = _following(data, since, offset) if member(data, "more") is True else ""
        return Finalized(tuple(text(each.get("id")) for each in final), cursor, more=bool(cursor))

    def tell(self, status: ItemStatus) -> None:
        sentence = (
            f"{self._name} cannot be told of {status.title!r}, because PagerDuty lets nobody change action items."
        )
        raise Rejected("pagerduty.no_tell", sentence, "Configure an outgoing webhook to be told of item statuses.")

    def _is_final(self, incident: Mapping[str, Any]) -> bool:
        if self._settings.is_final("incident_status", text(incident.get("status"))):
            return True
        path = _path(text(incident.get("id")))
        return is_final(Held(incident, self._review(path), fields=self._fields(path)), self._settings)

    def _held(self, incident: Mapping[str, Any]) -> Held:
        path = _path(text(incident.get("id")))
        review = self._review(path)
        items = self._listed(f"{path}/review/action_items", "action_items") if review is not None else []
        notes = self._listed(f"{path}/notes", "notes") if review is None else []
        return Held(incident, review, items, self._fields(path), notes, self._users(items))

    def _review(self, path: str) -> Mapping[str, Any] | None:
        what = "fetch the incident's review"
        try:
            review = member(self._api.get(what, f"{path}/review").data, "incident_review")
        except Missing:
            return None
        if not isinstance(review, Mapping):
            raise self._api.strange(what)
        return review

    def _fields(self, path: str) -> list[Mapping[str, Any]]:
        """Custom fields, where the configuration asks for one."""
        if not self._settings.final_when["custom_field"]:
            return []
        return self._listed(f"{path}/custom_fields/values", "custom_fields")

    def _listed(self, path: str, name: str) -> list[Mapping[str, Any]]:
        what = f"fetch the incident's {name.replace('_', ' ')}"
        data = self._api.get(what, path).data
        if not isinstance(member(data, name), list):
            raise self._api.strange(what)
        return members(data, name)

    def _users(self, items: Sequence[Mapping[str, Any]]) -> dict[str, OwnerText]:
        """Who the assignees are: items carry only ids. Whoever is no longer there owns nothing any more."""
        found = {}
        assignees = dict.fromkeys(who for item in items if (who := text(item.get("assignee"))))
        for identity in list(assignees)[:MOST_USERS]:
            try:
                user = member(self._api.get("fetch an assignee", f"/users/{quote(identity, safe='')}").data, "user")
            except Missing:
                continue
            owner = OwnerText(text(member(user, "email")) or None, text(member(user, "name")) or None)
            if owner.email or owner.name:
                found[identity] = owner
        return found


def _following(data: Any, since: str, offset: int) -> str:
    """Where the next page begins. As far as PagerDuty counts, it is counted; then begun anew at the last incident."""
    if offset + PAGE < MOST_OFFSET:
        return f"{since} {offset + PAGE}"
    last = next((text(each.get("created_at")) for each in reversed(members(data, "incidents"))), "")
    return f"{last} 0" if last and instant(last) != instant(since) else ""


def _path(identity: str) -> str:
    return f"/incidents/{quote(identity, safe='')}"
