"""A stand-in FireHydrant: incidents with their follow-ups, and retrospective reports. https://developers.firehydrant.com

Shelves: `incidents` (without their tickets), `tickets` (with `incident_id`), `reports` (with `reasons`). A change of a
ticket is counted on the shelf `updates`.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from flask import Blueprint, Response, request

from connectors.sandbox.answers import Refusal, answer, json_object
from connectors.sandbox.sources.frame import Document, Shelves, Vendor, vendor_blueprint

TOKEN = "sandbox-firehydrant-token"  # noqa: S105 - of a stand-in
STATES = ("open", "in_progress", "cancelled", "done")


def sign(secret: str, raw: bytes, key: str, at: int) -> dict[str, str]:
    """The body alone: neither the time nor the delivery is named."""
    _ = key, at
    return {"fh-signature": hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()}


def refused(status: int, words: str) -> dict[str, Any]:
    return {"detail": words, "messages": [words], "meta": {}, "code": str(status)}


def api(shelves: Shelves) -> Blueprint:
    routes = vendor_blueprint("firehydrant", TOKEN, refused)
    desk = _Desk(shelves)
    for rule, method, view in (
        ("/v1/current_user", "GET", desk.me),
        ("/v1/incidents", "GET", desk.incidents),
        ("/v1/incidents/<key>", "GET", desk.incident),
        ("/v1/post_mortems/reports/<key>", "GET", desk.report),
        ("/v1/post_mortems/reports/<key>/reasons", "GET", desk.reasons),
        ("/v1/ticketing/tickets/<key>", "GET", desk.ticket),
        ("/v1/ticketing/tickets/<key>", "PATCH", desk.update),
    ):
        routes.add_url_rule(rule, f"{method} {rule}", view, methods=[method])
    return routes


class _Desk:
    def __init__(self, shelves: Shelves) -> None:
        self._shelves = shelves

    def me(self) -> Response:
        return answer({"id": "bot", "name": "Afteraction", "email": "afteraction@acme.example"})

    def incident(self, key: str) -> Response:
        return answer(self._whole(self._one("incidents", key)))

    def incidents(self) -> Response:
        wanted = request.args.get("current_milestones", "")
        found = [each for each in self._shelves.all("incidents") if not each.get("discarded_at")]
        fitting = [each for each in found if not wanted or each.get("current_milestone") in wanted.split(",")]
        return _page([self._whole(each) for each in fitting])

    def report(self, key: str) -> Response:
        return answer({name: value for name, value in self._one("reports", key).items() if name != "reasons"})

    def reasons(self, key: str) -> Response:
        return _page(self._one("reports", key).get("reasons", []))

    def ticket(self, key: str) -> Response:
        return answer(self._one("tickets", key))

    def update(self, key: str) -> Response:
        self._one("tickets", key)
        sent = json_object(Refusal(400, refused(400, "Malformed JSON")))
        if sent.get("state", "open") not in STATES:
            raise Refusal(422, refused(422, "state does not have a valid value"))
        self._shelves.put("updates", str(len(self._shelves.all("updates")) + 1), {"ticket": key, **sent})
        return answer(self._shelves.change("tickets", key, **sent))

    def _one(self, kind: str, key: str) -> Document:
        found = self._shelves.get(kind, key)
        if found is None:
            raise Refusal(404, refused(404, "Couldn't find the resource"))
        return found

    def _whole(self, incident: Document) -> Document:
        tickets = [each for each in self._shelves.all("tickets") if each.get("incident_id") == incident["id"]]
        return {**incident, "incident_tickets": tickets}


def _page(found: list[Document]) -> Response:
    number, size = int(request.args.get("page", "1")), min(int(request.args.get("per_page", "20")), 100)
    pages = max(1, -(-len(found) // size))
    meta: dict[str, int | None] = {"count": len(found), "page": number, "items": size, "pages": pages, "last": pages}
    meta |= {"next": number + 1 if number < pages else None, "prev": number - 1 or None}
    return answer({"data": found[(number - 1) * size : number * size], "pagination": meta})


VENDOR = Vendor("firehydrant", api, sign)
