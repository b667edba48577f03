"""A stand-in Rootly: incidents, their postmortems and action items, as JSON:API. https://docs.rootly.com/api-reference

Shelves hold attributes by id: `incidents` (with `post_mortem`, the id of its postmortem), `post_mortems`,
`action_items` (with `incident_id`). A change of an action item is counted on the shelf `updates`.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from flask import Blueprint, Response, request

from connectors.sandbox.answers import Refusal, answer, json_object
from connectors.sandbox.sources.frame import Document, Shelves, Vendor, vendor_blueprint

TOKEN = "sandbox-rootly-token"  # noqa: S105 - of a stand-in
STATUSES = ("open", "in_progress", "cancelled", "done")
HIDDEN = ("post_mortem", "incident_id", "id")


def sign(secret: str, raw: bytes, key: str, at: int) -> dict[str, str]:
    """The digits of the time and the body, with nothing between them."""
    _ = key
    digest = hmac.new(secret.encode(), str(at).encode() + raw, hashlib.sha256).hexdigest()
    return {"X-Rootly-Signature": f"t={at},v1={digest}"}


def refused(status: int, words: str) -> dict[str, Any]:
    return {"errors": [{"title": words, "status": str(status), "code": None}]}


def api(shelves: Shelves) -> Blueprint:
    routes = vendor_blueprint("rootly", TOKEN, refused)
    desk = _Desk(shelves)
    for rule, method, view in (
        ("/v1/users/me", "GET", desk.me),
        ("/v1/incidents", "GET", desk.incidents),
        ("/v1/incidents/<key>", "GET", desk.incident),
        ("/v1/incidents/<key>/action_items", "GET", desk.action_items),
        ("/v1/action_items/<key>", "GET", desk.action_item),
        ("/v1/action_items/<key>", "PUT", desk.update),
    ):
        routes.add_url_rule(rule, f"{method} {rule}", view, methods=[method])
    return routes


class _Desk:
    def __init__(self, shelves: Shelves) -> None:
        self._shelves = shelves

    def me(self) -> Response:
        return _said({"data": {"id": "7", "type": "users", "attributes": {"email": "afteraction@acme.example"}}})

    def incident(self, key: str) -> Response:
        incident = self._one("incidents", key)
        return _said({"data": self._resource(key, incident), "included": self._included([incident])})

    def incidents(self) -> Response:
        found = sorted(self._shelves.all("incidents"), key=lambda each: str(each.get("created_at", "")))
        page, meta = _page(found)
        data = [self._resource(str(each["id"]), each) for each in page]
        return _said({"data": data, "included": self._included(page), **meta})

    def action_items(self, key: str) -> Response:
        self._one("incidents", key)
        found = [each for each in self._shelves.all("action_items") if each.get("incident_id") == key]
        page, meta = _page(found)
        return _said({"data": [_plain("incident_action_items", str(each["id"]), each) for each in page], **meta})

    def action_item(self, key: str) -> Response:
        return _said({"data": _plain("incident_action_items", key, self._one("action_items", key))})

    def update(self, key: str) -> Response:
        self._one("action_items", key)
        sent = json_object(Refusal(400, refused(400, "Malformed JSON"))).get("data") or {}
        changed = sent.get("attributes") or {}
        if sent.get("type") != "incident_action_items" or changed.get("status", "open") not in STATUSES:
            raise Refusal(422, refused(422, "Status is not included in the list"))
        self._shelves.put("updates", str(len(self._shelves.all("updates")) + 1), {"action_item": key, **changed})
        return _said(
            {"data": _plain("incident_action_items", key, self._shelves.change("action_items", key, **changed))}
        )

    def _one(self, kind: str, key: str) -> Document:
        found = self._shelves.get(kind, key)
        if found is None:
            raise Refusal(404, refused(404, "Not found or unauthorized"))
        return found

    def _resource(self, key: str, incident: Document) -> Document:
        found = incident.get("post_mortem")
        data = {"id": found, "type": "incident_post_mortems"} if found else None
        return {**_plain("incidents", key, incident), "relationships": {"incident_post_mortem": {"data": data}}}

    def _included(self, incidents: list[Document]) -> list[Document]:
        """What was asked for with `include`, and nothing else."""
        if "incident_post_mortem" not in request.args.get("include", "").split(","):
            return []
        wanted = [str(each["post_mortem"]) for each in incidents if each.get("post_mortem")]
        return [_plain("incident_post_mortems", key, self._one("post_mortems", key)) for key in wanted]


def _plain(kind: str, key: str, document: Document) -> Document:
    return {"id": key, "type": kind, "attributes": {n: v for n, v in document.items() if n not in HIDDEN}}


def _page(found: list[Document]) -> tuple[list[Document], Document]:
    number, size = int(request.args.get("page[number]", "1")), min(int(request.args.get("page[size]", "20")), 100)
    total = max(1, -(-len(found) // size))
    links = {"next": f"?page[number]={number + 1}" if number < total else None}
    meta = {"current_page": number, "total_count": len(found), "total_pages": total}
    return found[(number - 1) * size : number * size], {"links": links, "meta": meta}


def _said(body: Document) -> Response:
    response = answer(body)
    response.content_type = "application/vnd.api+json; charset=utf-8"
    return response


VENDOR = Vendor("rootly", api, sign)
