"""incident.io as a source. https://api-docs.incident.io

A postmortem is an incident's: its id is the incident's id, its promises are the incident's follow-ups, its text is that
of the post-mortem document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from connectors.http import within
from connectors.incidentio.hooks import DOCUMENT, FOLLOW_UP, read_event
from connectors.incidentio.mapping import chosen, document_of
from connectors.payloads import json_object, member, members, text
from connectors.rest import api_rest
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
)
from connectors.tools import ToolSettings, item_told

PAGE = 100
_INCIDENTS = "incidents:"
# What an update must send again, by the name under which it is read and the one under which it is written.
_KEPT = {"assignee": "assignee_id", "assignee_team": "assignee_team_id", "category": "follow_up_category_id"}
_KEPT |= {"priority": "follow_up_priority_option_id"}


class IncidentioSource:
    def __init__(self, name: str, settings: ToolSettings) -> None:
        self.capabilities = SourceCapabilities(fetches=True, lists=True, tells=True, call_seconds=settings.call_seconds)
        self._name = name
        self._settings = settings
        self._api = api_rest("incidentio", name, settings.reach, settings.token)
        hook = StandardHook("incidentio", name, settings.secrets, settings.tolerance_seconds)
        self.hook: Hook | None = hook if settings.secrets else None

    def check(self) -> Sequence[Finding]:
        with within(self._settings.call_seconds):
            findings = self._api.findings("read whose key ours is", "/v1/identity")
        return [*standard_secret_findings("incidentio", self._name, self._settings.secrets), *findings]

    def parse(self, headers: Mapping[str, str], body: bytes) -> PostmortemDocument | FetchById | Ignored:
        _ = headers
        by_status = bool(self._settings.final_when["incident_category"])
        return read_event(json_object("incidentio", body), by_status=by_status)

    def fetch(self, source_id: str) -> PostmortemDocument:
        with within(self._settings.call_seconds):
            incident_id = self._incident_id(source_id)
            what = f"fetch the incident {incident_id}"
            incident = member(self._api.get(what, f"/v2/incidents/{_part(incident_id)}").data, "incident")
            if not text(member(incident, "id")):
                raise self._api.strange(what)
            query = {"incident_id": incident_id, "page_size": PAGE}
            documents = self._all("/v1/postmortem_documents", "postmortem_documents", query)
            follow_ups = self._all("/v3/follow_ups", "follow_ups", query)
            document = chosen(documents, self._settings)
            return document_of(incident, document, self._content(document), follow_ups, self._settings)

    def finalized_since(self, cursor: str | None) -> Finalized | None:
        """All documents, oldest first: when one became final the list does not tell. Then, where an incident's status
        alone makes a postmortem final, all incidents of those.
        """
        with within(self._settings.call_seconds):
            if cursor and cursor.startswith(_INCIDENTS):
                return self._final_incidents(cursor.removeprefix(_INCIDENTS))
            query = {"page_size": PAGE, "sort_by": "created_at_oldest_first", "after": cursor or None}
            found, after = self._page("/v1/postmortem_documents", "postmortem_documents", query)
        final = [each for each in found if self._settings.is_final("document_status", text(each.get("status")))]
        ids = tuple(dict.fromkeys(text(each.get("incident_id")) for each in final if text(each.get("incident_id"))))
        if after:
            return Finalized(ids, after, more=True)
        if self._settings.final_when["incident_category"]:
            return Finalized(ids, _INCIDENTS, more=True)
        return Finalized(ids, "")

    def tell(self, status: ItemStatus) -> None:
        identity = item_told("incidentio", self._name, status)
        if status.state == "withdrawn":
            return  # incident.io itself no longer lists it
        path = f"/v3/follow_ups/{_part(identity)}"
        what = f"tell the follow-up {identity} how it is doing"
        with within(self._settings.call_seconds):
            follow_up = member(self._api.get(what, path).data, "follow_up") or {}
            current = text(follow_up.get("status"))
            if current == "deleted":
                sentence = f"{self._name}: could not {what}, because it was deleted."
                raise Missing("incidentio.missing", sentence, "Nothing to do: the issue stands by itself.")
            wanted = self._settings.told_as[status.category]
            if current != wanted:
                self._api.put(what, path, _update(follow_up, wanted))

    def _incident_id(self, source_id: str) -> str:
        for prefix, path, name in (
            (FOLLOW_UP, "/v3/follow_ups/", "follow_up"),
            (DOCUMENT, "/v1/postmortem_documents/", "postmortem_document"),
        ):
            if source_id.startswith(prefix):
                what = f"fetch the {name.replace('_', ' ')} {source_id.removeprefix(prefix)}"
                data = self._api.get(what, path + _part(source_id.removeprefix(prefix))).data
                found = text(member(data, name, "incident_id"))
                if not found:
                    raise self._api.strange(what)
                return found
        return source_id

    def _content(self, document: Mapping[str, Any] | None) -> str:
        """The document's text; a document that lives elsewhere (Google Docs, Notion) has none here."""
        if document is None or document.get("type") == "external":
            return ""
        identity = text(document.get("id"))
        try:
            reply = self._api.get(
                f"fetch the text of {identity}", f"/v1/postmortem_documents/{_part(identity)}/content"
            )
        except Rejected:
            return ""
        return text(member(reply.data, "markdown"))

    def _final_incidents(self, after: str) -> Finalized:
        categories = sorted(self._settings.final_when["incident_category"])
        query = {"page_size": PAGE, "status_category[one_of]": categories, "after": after or None}
        found, later = self._page("/v2/incidents", "incidents", query)
        ids = tuple(text(each.get("id")) for each in found)
        return Finalized(ids, _INCIDENTS + later if later else "", more=bool(later))

    def _all(self, path: str, name: str, query: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        found, after = self._page(path, name, query)
        while after:  # the deadline of the whole call ends it, if nothing else does
            more, after = self._page(path, name, {**query, "after": after})
            found += more
        return found

    def _page(self, path: str, name: str, query: Mapping[str, Any]) -> tuple[list[Mapping[str, Any]], str]:
        what = f"list {name.replace('_', ' ')}"
        data = self._api.get(what, path, query, one=False).data
        if not isinstance(member(data, name), list):
            raise self._api.strange(what)
        found = members(data, name)
        meta = member(data, "pagination_meta") or {}
        full = len(found) >= (meta.get("page_size") or PAGE)
        return found, text(meta.get("after")) if full and found else ""


def _part(identity: str) -> str:
    return quote(identity, safe="")


def _update(follow_up: Mapping[str, Any], wanted: str) -> dict[str, Any]:
    """A status cannot be set alone: what is left out would be emptied."""
    payload: dict[str, Any] = {"status": wanted, "title": text(follow_up.get("title"))}
    payload |= {name: follow_up[name] for name in ("description", "labels") if follow_up.get(name)}
    ids = {written: text(member(follow_up, read, "id")) for read, written in _KEPT.items()}
    return payload | {name: identity for name, identity in ids.items() if identity}
