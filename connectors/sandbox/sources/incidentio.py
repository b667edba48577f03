"""A stand-in incident.io: incidents, post-mortem documents and follow-ups. https://api-docs.incident.io

Shelves: `incidents`, `postmortem_documents` (each with its `markdown`, which only its content route shows),
`follow_ups`. A change of a follow-up is counted on the shelf `updates`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

from flask import Blueprint, Response, request

from connectors.sandbox.answers import Refusal, answer, json_object
from connectors.sandbox.sources.frame import Document, Shelves, Vendor, vendor_blueprint

TOKEN = "sandbox-incidentio-token"  # noqa: S105 - of a stand-in
STATUSES = ("outstanding", "completed", "not_doing")


def sign(secret: str, raw: bytes, key: str, at: int) -> dict[str, str]:
    """As Svix signs: base64 of the HMAC over id, time and body, with the decoded part behind whsec_ as the key."""
    digest = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), f"{key}.{at}.".encode() + raw, hashlib.sha256)
    signature = f"v1,{base64.b64encode(digest.digest()).decode()}"
    return {"webhook-id": key, "webhook-timestamp": str(at), "webhook-signature": signature}


def refused(status: int, words: str) -> dict[str, Any]:
    kind = {401: "authentication_error", 404: "not_found"}.get(status, "validation_error")
    return {"type": kind, "status": status, "request_id": "sandbox", "errors": [{"code": kind, "message": words}]}


def api(shelves: Shelves) -> Blueprint:
    routes = vendor_blueprint("incidentio", TOKEN, refused)
    desk = _Desk(shelves)
    for rule, method, view in (
        ("/v1/identity", "GET", desk.identity),
        ("/v2/incidents", "GET", desk.incidents),
        ("/v2/incidents/<key>", "GET", desk.incident),
        ("/v1/postmortem_documents", "GET", desk.documents),
        ("/v1/postmortem_documents/<key>", "GET", desk.document),
        ("/v1/postmortem_documents/<key>/content", "GET", desk.content),
        ("/v3/follow_ups", "GET", desk.follow_ups),
        ("/v3/follow_ups/<key>", "GET", desk.follow_up),
        ("/v3/follow_ups/<key>", "PUT", desk.update),
    ):
        routes.add_url_rule(rule, f"{method} {rule}", view, methods=[method])
    return routes


class _Desk:
    def __init__(self, shelves: Shelves) -> None:
        self._shelves = shelves

    def identity(self) -> Response:
        return answer({"identity": {"name": "Afteraction", "roles": ["viewer", "incident_editor"]}})

    def incident(self, key: str) -> Response:
        return answer({"incident": self._one("incidents", key)})

    def incidents(self) -> Response:
        wanted = request.args.getlist("status_category[one_of]")
        found = self._shelves.all("incidents")
        return self._page("incidents", [each for each in found if not wanted or _category(each) in wanted])

    def document(self, key: str) -> Response:
        return answer({"postmortem_document": _without_text(self._one("postmortem_documents", key))})

    def documents(self) -> Response:
        found = sorted(self._shelves.all("postmortem_documents"), key=lambda each: str(each.get("created_at", "")))
        if request.args.get("sort_by", "created_at_newest_first") != "created_at_oldest_first":
            found.reverse()
        return self._page("postmortem_documents", [_without_text(each) for each in _of_incident(found)])

    def content(self, key: str) -> Response:
        document = self._one("postmortem_documents", key)
        if document.get("type") == "external":
            raise Refusal(422, refused(422, "The content of an external document cannot be shown"))
        return answer({"markdown": document.get("markdown", "")})

    def follow_up(self, key: str) -> Response:
        return answer({"follow_up": self._one("follow_ups", key)})

    def follow_ups(self) -> Response:
        return self._page("follow_ups", _of_incident(self._shelves.all("follow_ups")))

    def update(self, key: str) -> Response:
        """What is not sent is emptied: an update states the whole follow-up."""
        known = self._one("follow_ups", key)
        sent = json_object(Refusal(400, refused(400, "Malformed JSON")))
        if sent.get("status") not in STATUSES or not sent.get("title"):
            raise Refusal(422, refused(422, "status and title are required"))
        emptied = {
            name: known[name] if sent.get(written) == (known.get(name) or {}).get("id") else None
            for name, written in (
                ("assignee", "assignee_id"),
                ("assignee_team", "assignee_team_id"),
                ("category", "follow_up_category_id"),
                ("priority", "follow_up_priority_option_id"),
            )
            if known.get(name)
        }
        plain = {"description": sent.get("description"), "labels": sent.get("labels", [])}
        found = self._shelves.change("follow_ups", key, status=sent["status"], title=sent["title"], **plain, **emptied)
        self._shelves.put("updates", str(len(self._shelves.all("updates")) + 1), {"follow_up": key, **sent})
        return answer({"follow_up": found})

    def _one(self, kind: str, key: str) -> Document:
        found = self._shelves.get(kind, key)
        if found is None:
            raise Refusal(404, refused(404, "The resource was not found"))
        return found

    def _page(self, name: str, found: list[Document]) -> Response:
        after, size = request.args.get("after", ""), min(int(request.args.get("page_size", "25")), 250)
        keys = [str(each["id"]) for each in found]
        start = keys.index(after) + 1 if after in keys else 0
        page = found[start : start + size]
        meta: dict[str, Any] = {"page_size": size}
        if len(found) > start + size:
            meta["after"] = str(page[-1]["id"])
        return answer({name: page, "pagination_meta": meta})


def _of_incident(found: list[Document]) -> list[Document]:
    wanted = request.args.get("incident_id")
    return [each for each in found if wanted in (None, each.get("incident_id"))]


def _category(incident: Document) -> str:
    return str((incident.get("incident_status") or {}).get("category", ""))


def _without_text(document: Document) -> Document:
    return {name: value for name, value in document.items() if name != "markdown"}


VENDOR = Vendor("incidentio", api, sign)
