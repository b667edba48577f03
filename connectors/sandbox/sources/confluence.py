"""A stand-in of Confluence's REST API, Cloud's and Data Center's beside each other, over the same pages.

A page: id, title, status, storage, labels, state, version_at, readers (names of users who alone may read it), above
(the id of the page that it stands under).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import Any

from flask import Blueprint, Response, request

from connectors.sandbox.answers import Refusal, answer, number
from connectors.sandbox.sources.frame import Document, Shelves, Vendor

TOKEN = "sandbox-confluence-token"  # noqa: S105 - it opens nothing but the stand-in
USER = "afteraction@acme.example"
NAME = "confluence"
_LABEL = re.compile(r"label in \(([^)]*)\)")
_SPACE = re.compile(r"space in \(([^)]*)\)")


def refused(status: int, words: str) -> dict[str, Any]:
    return {"statusCode": status, "message": words}


def api(shelves: Shelves) -> Blueprint:
    routes = Blueprint(f"source-{NAME}", __name__)
    basic = "Basic " + base64.b64encode(f"{USER}:{TOKEN}".encode()).decode()

    @routes.before_request
    def enter() -> None:
        if request.headers.get("Authorization", "") not in (basic, f"Bearer {TOKEN}"):
            raise Refusal(401, refused(401, "Unauthorized"))

    @routes.errorhandler(Refusal)
    def refuse(found: Refusal) -> Response:
        return answer(found.body, found.status, found.headers)

    _cloud(routes, shelves)
    _data_center(routes, shelves)
    _both(routes, shelves)
    return routes


def _held(shelves: Shelves, key: str) -> Document:
    found = shelves.get("pages", key)
    if found is None:
        raise Refusal(404, refused(404, "Not Found"))
    return found


def _cloud(routes: Blueprint, shelves: Shelves) -> None:
    @routes.get("/api/v2/pages/<key>")
    def cloud_page(key: str) -> Response:
        page = _held(shelves, key)
        if page["status"] not in request.args.getlist("status"):
            raise Refusal(404, refused(404, "Not Found"))
        return answer(
            {
                "id": page["id"],
                "spaceId": f"id-of-{page.get('space', 'OPS')}",
                "status": page["status"],
                "title": page["title"],
                "version": {"number": 3, "createdAt": page["version_at"]},
                "body": {"storage": {"representation": "storage", "value": page["storage"]}},
                "labels": {"results": _labels(page)},
                "_links": {"webui": f"/spaces/OPS/pages/{page['id']}"},
            }
        )

    @routes.get("/api/v2/spaces/id-of-<key>")
    def cloud_space(key: str) -> Response:
        return answer({"id": f"id-of-{key}", "key": key, "type": "global", "status": "current"})

    @routes.get("/api/v2/pages/<key>/ancestors")
    def cloud_ancestors(key: str) -> Response:
        return answer({"results": [{"id": each, "type": "page"} for each in _above(shelves, _held(shelves, key))]})


def _data_center(routes: Blueprint, shelves: Shelves) -> None:
    @routes.get("/rest/api/content/<key>")
    def page(key: str) -> Response:
        page = _held(shelves, key)
        if page["status"] != "current" and request.args.get("status") not in ("any", page["status"]):
            raise Refusal(404, refused(404, "No content found"))
        return answer(
            {
                "id": page["id"],
                "type": "page",
                "space": {"key": page.get("space", "OPS"), "type": "global"},
                "status": page["status"],
                "title": page["title"],
                "version": {"number": 3, "when": page["version_at"]},
                "body": {"storage": {"representation": "storage", "value": page["storage"]}},
                "metadata": {"labels": {"results": _labels(page)}},
                "ancestors": [{"id": each, "type": "page"} for each in _above(shelves, page)],
                "_links": {"webui": f"/spaces/OPS/pages/{page['id']}"},
            }
        )


def _both(routes: Blueprint, shelves: Shelves) -> None:
    @routes.get("/rest/api/content/<key>/state")
    def state(key: str) -> Response:
        name = _held(shelves, key).get("state")
        return answer({"contentState": {"id": 1, "name": name, "color": "#57d9a3"} if name else None})

    @routes.get("/rest/api/content/<key>/restriction/byOperation/read")
    def readers(key: str) -> Response:
        users = [{"type": "known", "displayName": each} for each in _held(shelves, key).get("readers", [])]
        restrictions = {"user": {"results": users, "size": len(users)}, "group": {"results": [], "size": 0}}
        return answer({"operation": "read", "restrictions": restrictions})

    @routes.get("/rest/api/search")
    def search() -> Response:
        cql = request.args.get("cql", "")
        labels, spaces = _words(_LABEL, cql), _words(_SPACE, cql)
        found = [
            each
            for each in shelves.all("pages")
            if each["status"] == "current"
            and labels & set(each["labels"])
            and (not spaces or each.get("space", "OPS") in spaces)
        ]
        start, limit = number("start", 0, 100_000), number("limit", 25, 50)
        results = [
            {
                "content": {
                    "id": each["id"],
                    "type": "page",
                    "status": each["status"],
                    "title": each["title"],
                    "metadata": {"labels": {"results": _labels(each)}},
                    "version": {"number": each.get("version", 3)},
                }
            }
            for each in found[start : start + limit]
        ]
        after = start + limit
        links = {"next": f"/rest/api/search?limit={limit}&start={after}"} if after < len(found) else {}
        return answer({"results": results, "start": start, "limit": limit, "_links": {"base": "", **links}})

    @routes.get("/rest/api/user")
    def user() -> Response:
        found = shelves.get("users", request.args.get("accountId") or request.args.get("key") or "")
        if found is None:
            raise Refusal(404, refused(404, "No user found"))
        return answer(found)


def _labels(page: Document) -> list[Document]:
    return [{"prefix": "global", "name": name, "id": str(at)} for at, name in enumerate(page["labels"])]


def _above(shelves: Shelves, page: Document) -> list[str]:
    found: list[str] = []
    above = page.get("above")
    while above and above not in found:
        found.insert(0, above)
        above = (shelves.get("pages", above) or {}).get("above")
    return found


def _words(pattern: re.Pattern[str], cql: str) -> set[str]:
    found = pattern.search(cql)
    return set(re.findall(r'"([^"]*)"', found[1])) if found else set()


def sign(secret: str, raw: bytes, key: str, at: int) -> dict[str, str]:
    _ = at
    digest = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature": f"sha256={digest}", "X-Atlassian-Webhook-Identifier": key}


VENDOR = Vendor(NAME, api, sign)
