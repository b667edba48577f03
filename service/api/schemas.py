"""`GET /schemas/<name>`: the JSON Schemas that connectors publish. Open to everybody, like any format's description."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, abort


def schemas(published: Mapping[str, bytes]) -> Blueprint:
    """Serves each published schema under its file name."""
    blueprint = Blueprint("schemas", __name__)

    @blueprint.get("/schemas/<name>")
    def schema(name: str) -> Response:
        if name not in published:
            abort(404)
        return Response(
            published[name],
            mimetype="application/schema+json",
            headers={"Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff"},
        )

    return blueprint
