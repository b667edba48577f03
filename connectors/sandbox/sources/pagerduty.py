"""A stand-in of PagerDuty's REST API: incidents, their reviews, action items, notes, custom fields, and users."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from flask import Blueprint, Response, request

from connectors.sandbox.answers import Refusal, answer, number
from connectors.sandbox.sources.frame import Document, Shelves, Vendor, vendor_blueprint

TOKEN = "sandbox-pagerduty-token"  # noqa: S105 - it opens nothing but the stand-in
NAME = "pagerduty"


def refused(status: int, words: str) -> dict[str, Any]:
    return {"error": {"code": 2000 + status, "message": words, "errors": [words]}}


def api(shelves: Shelves) -> Blueprint:
    routes = vendor_blueprint(NAME, TOKEN, refused, scheme="Token token=")

    def held(kind: str, key: str) -> Document:
        found = shelves.get(kind, key)
        if found is None:
            raise Refusal(404, refused(404, "Not Found"))
        return found

    @routes.get("/incidents")
    def incidents() -> Response:
        limit, offset = number("limit", 25, 100), number("offset", 0, 10_000)
        wanted = request.args.getlist("statuses[]")
        since = request.args.get("since", "")
        found = [
            each
            for each in shelves.all("incidents")
            if (not wanted or each["status"] in wanted) and each["created_at"] >= since[:19]
        ]
        found.sort(key=lambda each: str(each["created_at"]))
        page = found[offset : offset + limit]
        more = offset + limit < len(found)
        return answer({"incidents": page, "limit": limit, "offset": offset, "more": more})

    @routes.get("/incidents/<key>")
    def incident(key: str) -> Response:
        return answer({"incident": held("incidents", key)})

    @routes.get("/incidents/<key>/review")
    def review(key: str) -> Response:
        return answer({"incident_review": held("reviews", key)})

    @routes.get("/incidents/<key>/review/action_items")
    def action_items(key: str) -> Response:
        held("reviews", key)
        mine = [each for each in shelves.all("action_items") if each["incident_id"] == key]
        return answer({"action_items": mine})

    @routes.get("/incidents/<key>/notes")
    def notes(key: str) -> Response:
        held("incidents", key)
        return answer({"notes": [each for each in shelves.all("notes") if each["incident_id"] == key]})

    @routes.get("/incidents/<key>/custom_fields/values")
    def fields(key: str) -> Response:
        held("incidents", key)
        return answer({"custom_fields": (shelves.get("custom_fields", key) or {"values": []})["values"]})

    @routes.get("/users/<key>")
    def user(key: str) -> Response:
        return answer({"user": held("users", key)})

    return routes


def sign(secret: str, raw: bytes, key: str, at: int) -> dict[str, str]:
    _ = at
    digest = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    return {"X-PagerDuty-Signature": f"v1={digest}", "X-Webhook-Id": key}


VENDOR = Vendor(NAME, api, sign)
