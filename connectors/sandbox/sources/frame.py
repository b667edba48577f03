"""What every stand-in of a source is made of: shelves of JSON documents, routes over them, and a way to sign."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request

from connectors.sandbox.answers import Refusal, answer, json_object
from connectors.sandbox.store import Store

Document = dict[str, Any]
# (secret, raw body, the delivery's id, Unix seconds) -> headers; the id stays the same over all attempts.
Sign = Callable[[str, bytes, str, int], dict[str, str]]


class Shelves:
    """What one vendor holds: JSON documents by kind and id, in the order in which they came. Thread-safe."""

    def __init__(self, store: Store, vendor: str) -> None:
        self._store, self._vendor = store, f"source-{vendor}"
        self._lock = threading.Lock()
        self._kinds: dict[str, dict[str, Document]] = {}
        for saved in store.load(self._vendor):
            if saved["document"] is not None:
                self._kinds.setdefault(saved["kind"], {})[saved["key"]] = saved["document"]

    def put(self, kind: str, key: str, document: Mapping[str, Any]) -> None:
        with self._lock:
            self._kinds.setdefault(kind, {})[key] = copy.deepcopy(dict(document))
            self._save(kind, key)

    def change(self, kind: str, key: str, **members: Any) -> Document:
        """Sets members of a document that is there."""
        with self._lock:
            self._kinds[kind][key].update(copy.deepcopy(members))
            self._save(kind, key)
            return copy.deepcopy(self._kinds[kind][key])

    def get(self, kind: str, key: str) -> Document | None:
        with self._lock:
            return copy.deepcopy(self._kinds.get(kind, {}).get(key))

    def all(self, kind: str) -> list[Document]:
        with self._lock:
            return copy.deepcopy(list(self._kinds.get(kind, {}).values()))

    def drop(self, kind: str, key: str) -> None:
        with self._lock:
            self._kinds.get(kind, {}).pop(key, None)
            self._save(kind, key)

    def clear(self) -> None:
        with self._lock:
            self._kinds.clear()
            self._store.clear(self._vendor)

    def dump(self) -> dict[str, dict[str, Document]]:
        with self._lock:
            return copy.deepcopy(self._kinds)

    def _save(self, kind: str, key: str) -> None:
        document = self._kinds.get(kind, {}).get(key)
        self._store.save(self._vendor, f"{kind}/{key}", {"kind": kind, "key": key, "document": document})


@dataclass(frozen=True)
class Vendor:
    """`api` gives the routes, without the prefix `/<name>`, over the shelves; `sign` is how its webhooks are signed."""

    name: str
    api: Callable[[Shelves], Blueprint]
    sign: Sign


def vendor_blueprint(
    name: str, token: str, refused: Callable[[int, str], Any], *, scheme: str = "Bearer "
) -> Blueprint:
    """A blueprint that asks for a token, and answers a Refusal; `refused` is the vendor's shape of an error."""
    api = Blueprint(f"source-{name}", __name__)

    @api.before_request
    def enter() -> None:
        if request.headers.get("Authorization", "") != scheme + token:
            raise Refusal(401, refused(401, "Unauthorized"))

    @api.errorhandler(Refusal)
    def refuse(found: Refusal) -> Response:
        return answer(found.body, found.status, found.headers)

    return api


def control(shelves: Mapping[str, Shelves], announce: Callable[[str, Document], None]) -> Blueprint:
    """`/_sandbox/sources/<vendor>`: what it holds, put or taken away one by one, and its webhooks sent on demand."""
    api = Blueprint("sources-control", __name__, url_prefix="/_sandbox/sources")

    def held(vendor: str) -> Shelves:
        if vendor not in shelves:
            raise Refusal(404, {"error": f"There is no source {vendor!r}; known are {', '.join(shelves)}."})
        return shelves[vendor]

    @api.errorhandler(Refusal)
    def refuse(found: Refusal) -> Response:
        return answer(found.body, found.status)

    @api.get("/<vendor>")
    def dump(vendor: str) -> Response:
        return answer(held(vendor).dump())

    @api.put("/<vendor>/<kind>/<path:key>")
    def put(vendor: str, kind: str, key: str) -> Response:
        held(vendor).put(kind, key, json_object(Refusal(400, {"error": "Send a JSON object."})))
        return answer(None, 204)

    @api.delete("/<vendor>/<kind>/<path:key>")
    def drop(vendor: str, kind: str, key: str) -> Response:
        held(vendor).drop(kind, key)
        return answer(None, 204)

    @api.post("/<vendor>/announce")
    def send(vendor: str) -> Response:
        held(vendor)
        announce(vendor, json_object(Refusal(400, {"error": "Send a JSON object."})))
        return answer(None, 202)

    return api
